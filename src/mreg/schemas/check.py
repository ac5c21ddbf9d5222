"""Whether a schema is JSON Schema, and whether data fits it. Pure.

Only keywords that describe data in the forms of `mreg.schemas.model` are looked at, and those that
people add to them by hand; what others say (`$ref`, `anyOf`, `pattern`, ...), a validator of JSON
Schema can check. Data fits as long as nothing that is looked at forbids it.
"""

from __future__ import annotations

import binascii
import datetime
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

from mreg.core.diagnostics import Keys
from mreg.schemas.model import FORMATS, INTEGERS, NULL, TYPES, types_of
from mreg.tuples import NamedTuple

MOST: Final = 5
"""So many faults are told of data."""


class SchemaFault(NamedTuple):
    """What is wrong with a schema.

    Attributes:
        keys: the keys and positions within it that lead to the fault.
        message: what is wrong, in one line.
        is_format: whether a format goes with no type, or with another: JSON Schema allows that.
    """

    keys: Keys
    message: str
    is_format: bool = False


def legal(schema: Any, at: Keys = ()) -> Iterator[SchemaFault]:
    """Iterate over what is wrong with a schema."""
    if isinstance(schema, bool):  # which lets all through, or nothing
        return
    if not isinstance(schema, Mapping):
        yield SchemaFault(at, f"{_named(at)} is {_shown(schema)}, not a schema")
        return
    if "type" in schema and types_of(schema) is None:
        known = ", ".join(TYPES)
        yield SchemaFault((*at, "type"), f"{_shown(schema['type'])} is not a type: {known}")
    for keyword, (holds, wanted) in _WANTED.items():
        if keyword in schema and not holds(schema[keyword]):
            said = f"{keyword} is {_shown(schema[keyword])}, not {wanted}"
            yield SchemaFault((*at, keyword), said)
    if (misplaced := _misplaced(schema)) is not None:
        yield SchemaFault((*at, "format"), misplaced, is_format=True)
    for keys, inner in _inside(schema):
        yield from legal(inner, (*at, *keys))


def _inside(schema: Mapping[str, Any]) -> Iterator[tuple[Keys, Any]]:
    """Iterate over the schemas in a schema, and where each is."""
    for keyword in _SCHEMAS:
        if keyword in schema:
            yield (keyword,), schema[keyword]
    for keyword in _BY_NAME:
        if isinstance(schema.get(keyword), Mapping):
            yield from (((keyword, name), it) for name, it in schema[keyword].items())
    for keyword in _LISTED:
        if isinstance(schema.get(keyword), list):
            yield from (((keyword, at), it) for at, it in enumerate(schema[keyword]))


def _is_size(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(it, str) for it in value)


def _is_mapping(value: Any) -> bool:
    return isinstance(value, Mapping)


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_true_or_false(value: Any) -> bool:
    return isinstance(value, bool)


_SCHEMAS = ("items", "additionalProperties", "contains", "propertyNames", "not")
_BY_NAME = ("properties", "patternProperties", "$defs", "dependentSchemas")
_LISTED = ("prefixItems", "allOf", "anyOf", "oneOf")
_SIZES = ("minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties")
_BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
_TEXTS = (
    "format",
    "pattern",
    "contentEncoding",
    "contentMediaType",
    "title",
    "description",
    "$ref",
)

_WANTED: Final[dict[str, tuple[Callable[[Any], bool], str]]] = {
    **dict.fromkeys(_BY_NAME, (_is_mapping, "a mapping of schemas by name")),
    **dict.fromkeys(_LISTED, (_is_list, "a list of schemas")),
    **dict.fromkeys(_SIZES, (_is_size, "a whole number from 0")),
    **dict.fromkeys(_BOUNDS, (_is_number, "a number")),
    **dict.fromkeys(_TEXTS, (_is_text, "a text")),
    "required": (_is_texts, "a list of names"),
    "enum": (_is_list, "a list of values"),
    "uniqueItems": (_is_true_or_false, "true or false"),
}


def _misplaced(schema: Mapping[str, Any]) -> str | None:
    """Say that the format of numbers or texts goes with no type of a schema."""
    said, types = schema.get("format"), types_of(schema)
    if types is None or not isinstance(said, str):
        return None
    of = [it for it, formats in FORMATS.items() if said in formats]
    if not of or set(of) & set(types):
        return None
    return f"{said} is a format of the type {of[0]}, not of {' or '.join(types)}"


class Misfit(NamedTuple):
    """Where data does not fit its schema.

    Attributes:
        place: where in the data, as people write it: "[0].age"; empty for all of it.
        message: what is wrong there, without the place.
    """

    place: str
    message: str


def misfits(schema: Any, value: Any) -> list[Misfit]:
    """Return where data, as JSON has it, does not fit a legal schema: the first few places."""
    return list(islice(_misfits(schema, value, ""), MOST))


def _misfits(schema: Any, value: Any, at: str) -> Iterator[Misfit]:
    if schema is False:
        yield Misfit(at, "is not allowed")
    if not isinstance(schema, Mapping):
        return
    types = types_of(schema)
    if types is not None and not any(_IS[it](value) for it in types):
        yield Misfit(at, f"is {_shown(value)}, not {_or(types)}")
        return
    if isinstance(schema.get("enum"), list) and _text(value) not in map(_text, schema["enum"]):
        yield Misfit(at, f"is {_shown(value)}, which is not among the values of its enum")
    if "const" in schema and _text(value) != _text(schema["const"]):
        yield Misfit(at, f"is {_shown(value)}, not {_shown(schema['const'])}")
    if isinstance(value, dict):
        yield from _object_misfits(schema, value, at)
    elif isinstance(value, list):
        yield from _array_misfits(schema, value, at)
    elif value is not None and not isinstance(value, bool):
        yield from (Misfit(at, said) for said in _single_misfits(schema, value))


def _object_misfits(schema: Mapping[str, Any], value: dict[str, Any], at: str) -> Iterator[Misfit]:
    properties = schema.get("properties")
    known = properties if isinstance(properties, Mapping) else {}
    for name in schema.get("required", ()):
        if name not in value:
            yield Misfit(at, f"has no {_quoted(name)}")
    for name, it in value.items():
        if name in known:
            yield from _misfits(known[name], it, f"{at}.{name}" if at else name)
        elif schema.get("additionalProperties") is False and "patternProperties" not in schema:
            yield Misfit(at, f"has {_quoted(name)}, which is not in its schema")


def _array_misfits(schema: Mapping[str, Any], value: Sequence[Any], at: str) -> Iterator[Misfit]:
    least, most = schema.get("minItems", 0), schema.get("maxItems", math.inf)
    if not least <= len(value) <= most:
        wanted = f"{least}" if least == most else f"{least} to {_most(most)}"
        yield Misfit(at, f"has {len(value)} items, not {wanted}")
    if "prefixItems" in schema or "items" not in schema:
        return
    for number, it in enumerate(value):
        yield from _misfits(schema["items"], it, f"{at}[{number}]")


def _most(value: float) -> str:
    return "any number" if value == math.inf else str(value)


def _single_misfits(schema: Mapping[str, Any], value: Any) -> Iterator[str]:
    kind = schema.get("format")
    if isinstance(value, str):
        if kind in _TEXT_FORMATS and not _TEXT_FORMATS[kind](value):
            yield f"is {_shown(value)}, which is not a valid {kind}"
        if schema.get("contentEncoding") == "base64" and not _is_base64(value):
            yield f"is {_shown(value)}, which is not valid base64"
        if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", math.inf):
            yield f"is {_shown(value)}, which is too short or too long"
        return
    least, most = INTEGERS.get(kind if isinstance(kind, str) else "", (-math.inf, math.inf))
    if not least <= value <= most:
        yield f"is {_shown(value)}, which is not a valid {kind}"
    for keyword, outside in _OUTSIDE.items():
        if keyword in schema and outside(value, schema[keyword]):
            yield f"is {_shown(value)}, which violates its {keyword} {schema[keyword]}"


_OUTSIDE: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "minimum": lambda value, bound: value < bound,
    "maximum": lambda value, bound: value > bound,
    "exclusiveMinimum": lambda value, bound: value <= bound,
    "exclusiveMaximum": lambda value, bound: value >= bound,
}

_IS: Final[dict[str, Callable[[Any], bool]]] = {
    "string": _is_text,
    "number": _is_number,
    "integer": lambda value: _is_number(value) and value % 1 == 0,
    "boolean": _is_true_or_false,
    "array": _is_list,
    "object": lambda value: isinstance(value, dict),
    NULL: lambda value: value is None,
}

_DURATION = re.compile(
    r"-?P(?=[0-9T])(?:\d+Y)?(?:\d+M)?(?:\d+W)?(?:\d+D)?"
    r"(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d+)?S)?)?",
    re.ASCII,
)


def _parses(read: Callable[[str], object]) -> Callable[[str], bool]:
    def parses(value: str) -> bool:
        try:
            read(value)
        except ValueError:
            return False
        return True

    return parses


_TEXT_FORMATS: Final[dict[str, Callable[[str], bool]]] = {
    "date": _parses(datetime.date.fromisoformat),
    # Without an offset, too: tables have such times.
    "date-time": _parses(datetime.datetime.fromisoformat),
    "duration": lambda value: _DURATION.fullmatch(value) is not None,
}

_is_base64 = _parses(lambda value: binascii.a2b_base64(value.encode(), strict_mode=True))


def _or(types: Sequence[str]) -> str:
    return " or ".join(types)


def _text(value: Any) -> str:
    """Return a value as JSON: true is not 1 there, as it is in Python, and 1.0 is."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps(value, sort_keys=True, default=str)


def _named(at: Keys) -> str:
    return ".".join(map(str, at)) or "it"


def _quoted(name: str) -> str:
    return f"`{name}`"


_MOST_LETTERS = 40


def _shown(value: Any) -> str:
    """Return a value as a message names it: large ones by their form alone."""
    if isinstance(value, (Mapping, list)):
        return "an object" if isinstance(value, Mapping) else "an array"
    found = _text(value)
    return found if len(found) <= _MOST_LETTERS else f"{found[: _MOST_LETTERS - 3]}..."
