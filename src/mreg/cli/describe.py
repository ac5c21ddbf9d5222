"""`mreg describe`: what a version is, as its own commit says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mreg.annotations import entry
from mreg.annotations import values as meaning
from mreg.annotations.entry import Annotation, Described
from mreg.cli import online, options, output
from mreg.core.queries import suggestion
from mreg.errors import NotFound
from mreg.registry import documents
from mreg.render import numbers
from mreg.render.escape import line


def describe(
    selector: options.Selector,
    repo: options.Repo = ".",
    rev: options.Rev = None,
    field: options.Field = None,
    json: options.Json = False,
) -> None:
    """Tell what a version is, as its own commit says.

    NAME means the latest version; where there is none yet, HEAD. The file that each field came from
    stands in parentheses. A FIELD is type, path, metrics, metrics.accuracy, framework.name, ...
    """
    found = online.registry(repo).describe(selector, rev=rev or None)
    values = entry.as_dict(found.annotation)
    if field:
        named = _named(selector, field, found.annotation)
        value = numbers.plain(named.value) if named else _value(selector, field, values)
        output.data(_bare(value))
    elif json:
        output.as_json(documents.description(found))
    else:
        output.pairs(list(_pairs(found)))
    output.mention(found.annotation.problems)


def _named(selector: str, field: str, annotation: Annotation) -> meaning.Value | None:
    """Return the metric or param that a field is; None if it is neither.

    Raises:
        NotFound: its name may mean several values, or one that cannot be read.
    """
    section, _, name = field.partition(".")
    found = meaning.find(annotation, section, name) if section in meaning.FIELDS and name else None
    if isinstance(found, meaning.Unclear):
        hint = f"name the file, too: {section}.{f' or {section}.'.join(found.names)}"
        raise NotFound(
            f"which {field} of {selector} is meant cannot be told: {found.why}",
            hint=hint if found.names else f"`mreg describe {selector}` lists what it has",
        )
    return found


def _value(selector: str, field: str, values: dict[str, Any]) -> Any:
    """Return the value at a dotted path.

    Raises:
        NotFound: the annotation does not have it.
    """
    name, _, rest = field.partition(".")
    name = entry.OLD_NAMES.get(name, name)
    value = values.get(name)
    # The name of a metric may hold dots itself: what is nested in a file is joined by them.
    while rest and isinstance(value, dict) and rest not in value:
        key, _, rest = rest.partition(".")
        value = value.get(key)
    if rest:
        value = value.get(rest) if isinstance(value, dict) else None
    if value is None or value in ([], {}):
        known = "" if name in values else suggestion(name, values)
        raise NotFound(
            f"{selector} has no {field}",
            hint=known or f"`mreg describe {selector}` lists what it has",
        )
    return value


def _bare(value: Any) -> str:
    """Return a value as scripts want it: a line, a line for each of several texts, or JSON."""
    if isinstance(value, list) and all(isinstance(it, str) for it in value):
        return "\n".join(line(it) for it in value)
    return line(value) if isinstance(value, str) else _json(value)


def _json(value: Any) -> str:
    from mreg.render import json

    return json.dumps(value)


def _pairs(found: Described) -> Iterator[tuple[str, str]]:
    yield "artifact", found.artifact
    if found.version:
        yield "version", found.version
    yield "commit", found.commit
    values = entry.as_dict(found.annotation)
    for field, files in found.annotation.sources.items():
        text = "\n".join(_lines(values[field]))
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
                yield f"{key}: {it if isinstance(it, str) else _json(it)}"
    elif isinstance(value, list) and any(isinstance(it, dict) for it in value):
        for it in value:
            yield ", ".join(_lines(it)) if isinstance(it, dict) else _bare(it)
    elif isinstance(value, list):
        yield ", ".join(map(str, value))
    else:
        yield value if isinstance(value, str) else _json(value)
