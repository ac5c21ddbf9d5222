"""`mreg describe`: what a version is, as its own commit says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from mreg.annotations import entry, values
from mreg.annotations.entry import Described
from mreg.cli import online, options, output, view
from mreg.registry import documents

if TYPE_CHECKING:
    from mreg.schemas.model import ModelSchema


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
        lines = _schema(found.annotation.schema) if field == "schema" else _lines(said[field])
        text = "\n".join(lines)
        yield (
            field,
            f"{text}  ({', '.join(files)})"
            if "\n" not in text
            else (f"({', '.join(files)})\n{text}"),
        )


def _schema(said: ModelSchema | None) -> Iterator[str]:
    """Return a schema as lines: a table of the columns or tensors that go in and come out."""
    from mreg.render import text
    from mreg.render.table import Table
    from mreg.schemas import listing, model

    for side, found in listing.of_model(said).items() if said else ():
        yield f"{side}: {model.words(getattr(said, side))}"
        if [it for it in found if it.name]:
            rows: list[tuple[str, ...]] = [
                (it.name, it.type, _YES_NO[it.nullable], _YES_NO[it.required]) for it in found
            ]
            shown = text.table(Table(("name", "type", "nullable", "required"), rows))
            yield from (f"  {it}" for it in shown.splitlines())
    if said and said.methods:
        yield f"methods: {', '.join(said.methods)}"
    if said and said.example:
        yield f"example: {said.example}"


_YES_NO = {True: "yes", False: "no"}


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
