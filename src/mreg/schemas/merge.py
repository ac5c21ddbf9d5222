"""One JSON Schema for what several describe, in the keywords that data is described by. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, TypeAlias

from mreg.schemas.model import NULL

Json: TypeAlias = dict[str, Any]

ANYTHING: Final[Json] = {}
"""Describes any value."""

NULL_ALONE: Final[Json] = {"type": NULL}
"""Describes null, of which nobody can tell what it stands for."""


def or_null(schema: Json) -> Json:
    """Return a schema that lets null through, too."""
    types = _types(schema)
    if not types or NULL in types:
        return schema
    found = {**schema, "type": [*types, NULL]}
    return {**found, "enum": [*schema["enum"], None]} if "enum" in schema else found


def nested(inner: Json, sizes: Iterable[int | None]) -> Json:
    """Return the schema of nested arrays of these sizes, from the outermost; None for any size."""
    for size in reversed([*sizes]):
        fixed = {} if size is None else {"minItems": size, "maxItems": size}
        inner = {"type": "array", **fixed, "items": inner}
    return inner


def without_sizes(schema: Json) -> Json:
    """Return the schema of an array, and of the arrays in it, of any size."""
    found = {key: it for key, it in schema.items() if key not in ("minItems", "maxItems")}
    return {**found, "items": without_sizes(found["items"])} if "items" in found else found


def settled(schema: Json) -> Json:
    """Return a schema that lets anything through where nothing but null was seen."""
    if schema == NULL_ALONE:
        return ANYTHING
    found = dict(schema)
    if "items" in found:
        found["items"] = settled(found["items"])
    if "properties" in found:
        found["properties"] = {name: settled(it) for name, it in found["properties"].items()}
    return found


def depth(schema: Any) -> int:
    """Return how many arrays and objects are in one another."""
    inner = [schema["items"]] if "items" in schema else [*schema.get("properties", {}).values()]
    return 1 + max(map(depth, inner)) if inner else 0


def of(one: Json, other: Json) -> Json:
    """Return a schema that describes what either of two describes."""
    if one == other:
        return one
    if NULL_ALONE in (one, other):
        return or_null(other if one == NULL_ALONE else one)
    types, others = _types(one), _types(other)
    if not types or not others:
        return ANYTHING
    if NULL in types or NULL in others:
        return or_null(of(_without_null(one), _without_null(other)))
    if types == others == ["array"]:
        return _arrays(one, other)
    if types == others == ["object"]:
        return _objects(one, other)
    if {*types, *others} & {"array", "object"}:
        return ANYTHING
    return _scalars(one, other, [*dict.fromkeys((*types, *others))])


def _types(schema: Json) -> list[str]:
    said = schema.get("type", [])
    return said if isinstance(said, list) else [said]


def _without_null(schema: Json) -> Json:
    types = [it for it in _types(schema) if it != NULL]
    found = {**schema, "type": types[0] if len(types) == 1 else types}
    return (
        {**found, "enum": [it for it in schema["enum"] if it is not None]}
        if "enum" in schema
        else found
    )


def _arrays(one: Json, other: Json) -> Json:
    """Return it of arrays; what has no items was empty, and tells nothing of them."""
    inner = [it["items"] for it in (one, other) if "items" in it]
    same = {it: one[it] for it in ("minItems", "maxItems") if one.get(it, -1) == other.get(it)}
    return {"type": "array", **same, "items": of(inner[0], inner[-1])}


def _objects(one: Json, other: Json) -> Json:
    old, new = one["properties"], other["properties"]
    found = {**old, **{name: of(old[name], it) if name in old else it for name, it in new.items()}}
    needed = set(other.get("required", ()))
    required = [name for name in one.get("required", ()) if name in needed]
    return {"type": "object", "properties": found, "required": required}


def _scalars(one: Json, other: Json, types: Sequence[str]) -> Json:
    if set(types) == {"integer", "number"}:
        return {"type": "number", "format": "double"}
    same = "format" in one and one["format"] == other.get("format")
    binary = one.get("contentEncoding"), other.get("contentEncoding")
    if len(types) > 1 or binary == (None, None):
        kind = types[0] if len(types) == 1 else list(types)
        return {"type": kind, "format": one["format"]} if same else {"type": kind}
    return ANYTHING if binary[0] != binary[1] else one
