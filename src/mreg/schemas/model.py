"""A model's schema as a value, and the forms of JSON Schema that describe data for models. Pure.

A table is an array of row objects; a tensor is nested arrays of one type of scalars, in which a
fixed dimension has `minItems` equal to `maxItems`; named tensors are an object of these. Any other
JSON Schema is legal, too, and is in none of these forms.

Sources: JSON Schema 2020-12 (https://json-schema.org/draft/2020-12); the formats of numbers are
those of OpenAPI's registry (https://spec.openapis.org/registry/format), besides float16 and
bfloat16.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mreg.tuples import NamedTuple

METHODS: Final = ("predict", "predict_proba", "transform", "__call__")
"""The methods of a model that its schema may name."""

INTEGERS: Final = {
    **{f"int{bits}": (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for bits in (8, 16, 32, 64)},
    **{f"uint{bits}": (0, 2**bits - 1) for bits in (8, 16, 32, 64)},
}
"""The formats of whole numbers, each with its least and its largest."""

FLOATS: Final = {
    "float16": ("float16", "float", "double"),
    "bfloat16": ("bfloat16", "float", "double"),
    "float": ("float", "double"),
    "double": ("double",),
}
"""The formats of numbers, each with those that hold every number of it."""

TEXTS: Final = ("date", "date-time", "duration")
"""The formats of texts that mreg writes."""

FORMATS: Final = {"integer": tuple(INTEGERS), "number": tuple(FLOATS), "string": TEXTS}
"""The formats that mreg writes and checks, by the type that they go with."""

ANY: Final = "any"
"""The type of a column whose schema names none, so that it may hold anything."""

NULL: Final = "null"
TYPES: Final = ("string", "number", "integer", "boolean", "array", "object", NULL)
SCALARS: Final = ("string", "number", "integer", "boolean")

MOST_DIMENSIONS: Final = 64
"""Of a tensor: NumPy has no more."""

OPEN: Final = -1
"""A dimension of any size."""


class ModelSchema(NamedTuple):
    """What goes into a model and what comes out.

    Attributes:
        input: the JSON Schema of the input.
        output: the JSON Schema of the output.
        methods: those of `METHODS` that the model has.
        example: the JSON file with an example of the input, of the output or of both: in an
            annotation, its path from the repository's root.
    """

    input: dict[str, Any] | None = None
    output: dict[str, Any] | None = None
    methods: tuple[str, ...] = ()
    example: str | None = None

    def plain(self) -> dict[str, Any]:
        """Return it as files and JSON have it, with keys only for what is said."""
        said = {**self._asdict(), "methods": list(self.methods) or None}
        return {key: it for key, it in said.items() if it is not None}


class Column(NamedTuple):
    """A column of a table.

    Attributes:
        type: string, number, integer, boolean, array or object; or `ANY`.
        format: int64, double, date-time, ...; "binary" for bytes in base64; None if none is named.
        required: whether a row must have it.
        nullable: whether it may be null.
        enum: the values that it may have, without null; None: any of its type.
    """

    name: str
    type: str
    format: str | None = None
    required: bool = True
    nullable: bool = False
    enum: tuple[Any, ...] | None = None


class Tensor(NamedTuple):
    """A tensor, or an array of any number of dimensions.

    Attributes:
        type: string, number, integer or boolean.
        format: int64, float, ...; None if none is named.
        shape: the sizes of its dimensions, from the outermost; `OPEN` for any size.
        nullable: whether its values may be null.
    """

    type: str
    format: str | None
    shape: tuple[int, ...]
    nullable: bool = False


class Scalar(NamedTuple):
    """A single value; the attributes are those of a column."""

    type: str
    format: str | None = None
    nullable: bool = False
    enum: tuple[Any, ...] | None = None


BINARY: Final = "binary"
"""Stands for `contentEncoding: base64` where a format is named, as OpenAPI had it."""


def scalar(schema: Any) -> Scalar | None:
    """Return the single value that a schema describes; None if it describes something else."""
    if not isinstance(schema, Mapping):
        return None
    types = types_of(schema)
    if types is None or len(named := [it for it in types if it != NULL]) != 1:
        return None
    if named[0] not in SCALARS:
        return None
    said, enum = schema.get("format"), schema.get("enum")
    kind = BINARY if schema.get("contentEncoding") == "base64" else said
    kind = kind if isinstance(kind, str) else None
    if not isinstance(enum, list):
        return Scalar(named[0], kind, NULL in types)
    values = tuple(it for it in enum if it is not None and not isinstance(it, (list, dict)))
    return Scalar(named[0], kind, NULL in types and None in enum, values)


def types_of(schema: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Return the types that a schema allows; None if it names none, or what is no type."""
    said = schema.get("type")
    types: list[Any] = said if isinstance(said, list) else [said]
    return tuple(types) if types and all(it in TYPES for it in types) else None


def columns(schema: Any) -> tuple[Column, ...] | None:
    """Return the columns of a table, in order; None if the schema describes something else."""
    rows = _items(schema)
    if not isinstance(rows, Mapping) or rows.get("type") != "object":
        return None
    properties = rows.get("properties")
    if not isinstance(properties, Mapping) or not isinstance(rows.get("required", []), list):
        return None
    needed = required(rows)
    return tuple(_column(name, it, name in needed) for name, it in properties.items())


def required(schema: Mapping[str, Any]) -> frozenset[str]:
    """Return the properties that an object must have."""
    return frozenset(it for it in schema.get("required", ()) if isinstance(it, str))


def _column(name: str, schema: Any, required: bool) -> Column:
    if found := scalar(schema):
        return Column(name, found.type, found.format, required, found.nullable, found.enum)
    types = types_of(schema) if isinstance(schema, Mapping) else None
    if types is None:  # whatever it is; null, too
        return Column(name, ANY, None, required, nullable=True)
    named = [it for it in types if it != NULL]
    kind = named[0] if len(named) == 1 else ANY
    return Column(name, kind, None, required, NULL in types)


def tensor(schema: Any) -> Tensor | None:
    """Return the tensor that a schema describes; None if it describes something else."""
    shape: list[int] = []
    while (inner := _items(schema)) is not None:
        least, most = schema.get("minItems"), schema.get("maxItems")
        shape.append(least if _is_size(least) and least == most else OPEN)
        schema = inner
        if len(shape) > MOST_DIMENSIONS:
            return None
    found = scalar(schema)
    if found is None or not shape:
        return None
    return Tensor(found.type, found.format, tuple(shape), found.nullable)


def tensors(schema: Any) -> dict[str, Tensor] | None:
    """Return the named tensors that a schema describes; None if it describes something else."""
    if not isinstance(schema, Mapping) or schema.get("type") != "object":
        return None
    properties = schema.get("properties")
    if not isinstance(properties, Mapping) or not properties:
        return None
    found = {name: tensor(it) for name, it in properties.items()}
    named = {name: it for name, it in found.items() if it is not None}
    return named if len(named) == len(found) else None


def _items(schema: Any) -> Any:
    """Return the schema of an array's items; None if the schema describes something else."""
    if not isinstance(schema, Mapping) or schema.get("type") != "array":
        return None
    return None if "prefixItems" in schema else schema.get("items")


def _is_size(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def words(schema: Any) -> str:
    """Return in a few words what a schema describes: "int64", "a table of 4 columns", ..."""
    if (table := columns(schema)) is not None:
        return f"a table of {_count(len(table), 'column')}"
    if (one := tensor(schema)) is not None:
        return tensor_words(one)
    if (several := tensors(schema)) is not None:
        return _count(len(several), "named tensor")
    if (value := scalar(schema)) is not None:
        return type_words(value)
    types = types_of(schema) if isinstance(schema, Mapping) else None
    return " or ".join(types) if types else "anything"


def type_words(it: Scalar | Column) -> str:
    """Return the type of a value as people write it: "int64", "string or null", ..."""
    name = it.format or it.type
    if it.enum is not None:
        shown = ", ".join(map(_shown, it.enum[:_MOST_SHOWN]))
        name = f"{name}, one of {shown}" if shown else f"{name}, one of none"
        if len(it.enum) > _MOST_SHOWN:
            name = f"{it.format or it.type}, one of {len(it.enum)} values"
    return f"{name} or null" if it.nullable and it.type != ANY else name


def tensor_words(it: Tensor) -> str:
    """Return what a tensor is as people write it: "float [any, 3, 224, 224]"."""
    sizes = ", ".join("any" if size == OPEN else str(size) for size in it.shape)
    return f"{it.format or it.type}{' or null' if it.nullable else ''} [{sizes}]"


_MOST_SHOWN = 6
_MOST_LETTERS = 24


def _shown(value: Any) -> str:
    text = str(value)
    return text if len(text) <= _MOST_LETTERS else f"{text[: _MOST_LETTERS - 3]}..."


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"
