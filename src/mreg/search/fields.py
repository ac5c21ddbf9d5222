"""What can be asked about: a closed set of fields, each with its kind and where its values are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from mreg.annotations.entry import TABLE, AnnotationField
from mreg.annotations.values import Unclear, Value, find
from mreg.search import inputs, values
from mreg.search.subject import SearchedVersion
from mreg.search.values import Maker, Used
from mreg.tuples import NamedTuple

Values = tuple[Any, ...] | Unclear | None
"""A field's values in a subject, of which one has to pass; None where the field is absent."""

Get = Callable[[SearchedVersion, tuple[str, ...]], Values]
"""Returns a field's values in a subject, given the names behind the field's own."""


class Field(NamedTuple):
    """A field.

    Attributes:
        get: what gets its values.
        kind: what a comparison with it means.
        annotated: the field of the annotation in which it stands; empty if it is in the tags.
        keyed: an example of what is within it; empty if it stands alone.
        parts: what stands directly within it, where that is a closed set.
    """

    get: Get
    kind: Maker
    annotated: str = ""
    keyed: str = ""
    parts: tuple[str, ...] = ()


def _of(get: Callable[[SearchedVersion], Any], kind: Maker) -> Field:
    """Return a field that the tags tell."""
    return Field(lambda subject, _: _one(get(subject)), kind)


def _several(get: Callable[[SearchedVersion], Iterable[Any]], kind: Maker) -> Field:
    """Return a field of the tags with several values; where there are none, it is still there."""
    return Field(lambda subject, _: tuple(get(subject)), kind)


def _noted(section: str, kind: Maker = values.text, *, part: str = "", example: str = "") -> Field:
    """Return a field that the annotation tells: a part of one, or what is within it by names."""

    def values_of(subject: SearchedVersion, key: tuple[str, ...]) -> Values:
        found = getattr(subject.annotation, section, None)
        return _several_or_one(looked_up(getattr(found, part, None) if part else found, key))

    return Field(values_of, kind, section, example)


def _valued(section: str, kind: Maker, example: str) -> Field:
    """Return the metrics or params of the annotation."""

    def values_of(subject: SearchedVersion, key: tuple[str, ...]) -> Values:
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


def _labels(section: str) -> Field:
    """Return a field of the annotation with several texts; it is there where there are none."""
    return Field(
        lambda subject, _: getattr(subject.annotation, section) if subject.annotation else (),
        values.text,
        section,
    )


def _inputs(subject: SearchedVersion, _: tuple[str, ...]) -> Values:
    declared = subject.annotation.inputs if subject.annotation else ()
    meanings = subject.meanings
    return tuple(
        Used(tuple(inputs.names(it, subject.version, meanings)), meanings) for it in declared
    )


SCHEMA_PARTS = ("input", "output", "methods")


def _schema(subject: SearchedVersion, key: tuple[str, ...]) -> Values:
    """Return the type of a column or tensor, and whether it may be null; or the methods."""
    said = subject.annotation.schema if subject.annotation else None
    if said is None:
        return None
    side, *name = key
    if side == "methods":
        return said.methods
    from mreg.schemas import listing

    parts = listing.of_model(said).get(side, ())
    found = next((it for it in parts if it.name == ".".join(name)), None)
    if found is None:
        return None
    return (found.kind or "any", "null") if found.nullable else (found.kind or "any",)


def _annotated(row: AnnotationField) -> Iterator[tuple[str, Field]]:
    """Iterate over what queries can ask of a field of annotations, by name."""
    name, asked = row.name, row.asked
    if row.shape == "tool":
        for part, kind in (("name", values.text), ("version", values.release)):
            yield f"{asked}.{part}", _noted(name, kind, part=part)
    elif row.shape == "texts":
        yield asked, _labels(name)
    elif row.shape == "inputs":
        yield asked, Field(_inputs, values.used, name)
    elif row.shape == "numbers":
        yield asked, _valued(name, values.number, row.example)
    elif row.shape == "values":
        yield asked, _valued(name, values.anything, row.example)
    elif row.shape == "schema":
        yield asked, Field(_schema, values.text, name, row.example, SCHEMA_PARTS)
    elif row.shape == "anything":
        yield asked, _noted(name, values.anything, example=row.example)
    else:
        yield asked, _noted(name)


def _created(subject: SearchedVersion) -> int:
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
    **{name: it for row in TABLE if row.asked for name, it in _annotated(row)},
}
"""The fields, by name, in the order in which they are listed."""

OTHER_NAMES = {"tag": "label", "tags": "label", "labels": "label", "name": "artifact"}
"""What else people call fields."""

WORDS = ("artifact", "description", "label")
"""The fields that a word by itself is looked for in."""

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
