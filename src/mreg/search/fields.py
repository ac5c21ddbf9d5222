"""What can be asked about: a closed set of fields, each with its kind and where its values are."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from mreg.annotations.entry import Annotation
from mreg.annotations.values import Unclear, Value, find
from mreg.search import inputs, values
from mreg.search.subject import Subject
from mreg.search.values import Maker, Used

Values = tuple[Any, ...] | Unclear | None
"""A field's values in a subject, of which one has to pass; None where the field is absent."""

Get = Callable[[Subject, tuple[str, ...]], Values]
"""Returns a field's values in a subject, given the names behind the field's own."""


class Field(NamedTuple):
    """A field.

    Attributes:
        get: what gets its values.
        kind: what a comparison with it means.
        annotated: the field of the annotation in which it stands; empty if it is in the tags.
        keyed: an example of what is within it; empty if it stands alone.
    """

    get: Get
    kind: Maker
    annotated: str = ""
    keyed: str = ""


def _of(get: Callable[[Subject], Any], kind: Maker) -> Field:
    """Return a field that the tags tell."""
    return Field(lambda subject, _: _one(get(subject)), kind)


def _several(get: Callable[[Subject], Iterable[Any]], kind: Maker) -> Field:
    """Return a field of the tags with several values; where there are none, it is still there."""
    return Field(lambda subject, _: tuple(get(subject)), kind)


def _noted(section: str, get: Callable[[Annotation], Any], kind: Maker = values.text) -> Field:
    """Return a field that the annotation tells."""

    def values_of(subject: Subject, _: tuple[str, ...]) -> Values:
        return None if subject.annotation is None else _one(get(subject.annotation))

    return Field(values_of, kind, section)


def _within(section: str, kind: Maker, example: str) -> Field:
    """Return a field of the annotation with values by name."""

    def values_of(subject: Subject, key: tuple[str, ...]) -> Values:
        if subject.annotation is None:
            return None
        return _several_or_one(looked_up(getattr(subject.annotation, section), key))

    return Field(values_of, kind, section, example)


def _valued(section: str, kind: Maker, example: str) -> Field:
    """Return the metrics or params of the annotation."""

    def values_of(subject: Subject, key: tuple[str, ...]) -> Values:
        if subject.annotation is None:
            return None
        found = find(subject.annotation, section, ".".join(key))
        if isinstance(found, Unclear):
            return None if found.blank else found
        return _several_or_one(found.value if isinstance(found, Value) else None)

    return Field(values_of, kind, section, example)


def _several_or_one(found: Any) -> Values:
    return tuple(found) if isinstance(found, list | tuple) else _one(found)


def _one(value: Any) -> Values:
    return None if value is None or isinstance(value, dict) else (value,)


def _framework(part: str) -> Callable[[Annotation], Any]:
    return lambda it: getattr(it.framework, part, None)


def _labels(subject: Subject, _: tuple[str, ...]) -> Values:
    return subject.annotation.labels if subject.annotation else ()


def _inputs(subject: Subject, _: tuple[str, ...]) -> Values:
    declared = subject.annotation.inputs if subject.annotation else ()
    meanings = subject.meanings
    return tuple(
        Used(tuple(inputs.names(it, subject.version, meanings)), meanings) for it in declared
    )


def _created(subject: Subject) -> int:
    return int(subject.version.created_at.timestamp())


FIELDS = {
    "artifact": _of(lambda it: it.version.artifact, values.text),
    "version": _of(lambda it: it.version.version, values.version),
    "stage": _several(lambda it: it.version.current, values.text),
    "assigned": _several(lambda it: it.version.stages, values.text),
    "latest": _of(lambda it: it.latest, values.truth),
    "deprecated": _of(lambda it: it.deprecated, values.truth),
    "created": _of(_created, values.moment),
    "age": _of(_created, values.age),
    "author": _several(lambda it: (it.version.author, it.version.author_email), values.text),
    "message": _of(lambda it: it.version.message, values.text),
    "commit": _of(lambda it: it.version.commit, values.commit),
    "type": _noted("type", lambda it: it.type),
    "path": _noted("path", lambda it: it.path),
    "description": _noted("description", lambda it: it.description),
    "label": Field(_labels, values.text, "labels"),
    "framework.name": _noted("framework", _framework("name")),
    "framework.version": _noted("framework", _framework("version"), values.release),
    "owner": _noted("owner", lambda it: it.owner),
    "license": _noted("license", lambda it: it.license),
    "metrics": _valued("metrics", values.number, "auc"),
    "params": _valued("params", values.anything, "depth"),
    "input": Field(_inputs, values.used, "inputs"),
    "custom": _within("custom", values.anything, "team"),
}
"""The fields, by name, in the order in which they are listed."""

NAMES = tuple(f"{name}.{field.keyed}" if field.keyed else name for name, field in FIELDS.items())
"""How the fields are written, with an example of what is within."""


def looked_up(value: Any, key: tuple[str, ...]) -> Any:
    """Return what stands at a path of names in nested mappings; None if nothing does.

    A name may hold dots itself, as that of a metric which is nested in its file does: the longest
    name that is there counts.
    """
    if not key:
        return value
    if not isinstance(value, dict):
        return None
    for length in range(len(key), 0, -1):
        name = ".".join(key[:length])
        if name in value:
            return looked_up(value[name], key[length:])
    return None
