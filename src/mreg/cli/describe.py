"""`mreg describe`: what a version is, as its own commit says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mreg.annotations import entry, values
from mreg.annotations.entry import Described
from mreg.cli import online, options, output, view
from mreg.registry import documents


@view.shows_text
def describe(
    selector: options.Selector,
    repo: options.Repo = ".",
    rev: options.Rev = None,
    field: options.Field = None,
    fetch: options.Fetch = False,
    json: options.Json = False,
) -> None:
    """Show what a version is, as annotated at its own commit.

    `mreg show NAME@VERSION` prints the same. Here NAME alone means the latest version; where there
    is none yet, HEAD. A FIELD is type, path, metrics, metrics.accuracy, framework.name, ...

    Examples:
        mreg describe churn@v1.0.0
        mreg describe churn --field metrics.accuracy
    """
    registry = online.registry(repo)
    with online.fetching(wanted=fetch) as fetched:
        found = registry.describe(selector, rev=rev or None, fetch=fetched)
    if field:
        output.data(output.bare(values.look_up(found.annotation, field, of=selector)))
    elif json:
        output.as_json(documents.description(found))
    else:
        output.pairs(list(_pairs(found)))
    output.mention(found.annotation.problems, fetched=fetch)


def _pairs(found: Described) -> Iterator[tuple[str, str]]:
    yield "artifact", found.artifact
    if found.version:
        yield "version", found.version
    yield "commit", found.commit
    said = entry.as_dict(found.annotation)
    for field, files in found.annotation.sources.items():
        text = "\n".join(_lines(said[field]))
        yield (
            field,
            f"{text}  ({', '.join(files)})"
            if "\n" not in text
            else (f"({', '.join(files)})\n{text}"),
        )


def _lines(value: Any) -> Iterator[str]:
    """Return a value as lines for a person to read."""
    if isinstance(value, dict):
        for key, it in value.items():
            if it is not None:
                yield f"{key}: {_text(it)}"
    elif isinstance(value, list) and any(isinstance(it, dict) for it in value):
        for it in value:
            yield ", ".join(_lines(it)) if isinstance(it, dict) else output.bare(it)
    elif isinstance(value, list):
        yield ", ".join(map(str, value))
    else:
        yield _text(value)


def _text(value: Any) -> str:
    from mreg.render import json

    return value if isinstance(value, str) else json.dumps(value)
