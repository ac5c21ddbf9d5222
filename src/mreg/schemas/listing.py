"""A schema as a list for readers: the columns, tensors or values that it describes. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mreg.schemas import model
from mreg.tuples import NamedTuple


class Part(NamedTuple):
    """A column, a tensor or a value that a schema describes.

    Attributes:
        name: its name; empty for the whole of what has no named parts.
        type: what it is, in words: "int64", "string, one of basic, pro", "float [any, 3]".
        nullable: whether it may be null.
        required: whether it has to be there.
        kind: the type alone, of a tensor that of its values: "int64", "string", "float"; empty
            where it may be of several, or is nothing of that.
    """

    name: str
    type: str
    nullable: bool = False
    required: bool = True
    kind: str = ""

    @property
    def words(self) -> str:
        """All this but the name: "int64 or null, may be left out"."""
        null = " or null" if self.nullable else ""
        return f"{self.type}{null}{'' if self.required else ', optional'}"


_Typed = model.Column | model.Scalar | model.Tensor


def parts(schema: Any) -> tuple[Part, ...]:
    """Return the columns of a table, the named parts of an object, or the whole as one part."""
    if (table := model.columns(schema)) is not None:
        return tuple(_of_column(it) for it in table)
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    if isinstance(properties, Mapping) and isinstance(schema.get("required", []), list):
        needed = model.required(schema)
        return tuple(
            _part(name, it)._replace(required=name in needed) for name, it in properties.items()
        )
    return (_part("", schema),)


def of_model(said: model.ModelSchema) -> dict[str, tuple[Part, ...]]:
    """Return the parts of a model's input and output, as far as it says these."""
    sides = {"input": said.input, "output": said.output}
    return {side: parts(it) for side, it in sides.items() if it is not None}


def _of_column(it: model.Column) -> Part:
    return _named(it.name, it, model.type_words(it._replace(nullable=False)), it.required)


def _part(name: str, schema: Any) -> Part:
    if (one := model.tensor(schema)) is not None:
        return _named(name, one, model.tensor_words(one._replace(nullable=False)))
    if (value := model.scalar(schema)) is not None:
        return _named(name, value, model.type_words(value._replace(nullable=False)))
    return Part(name, model.words(schema))


def _named(name: str, it: _Typed, words: str, required: bool = True) -> Part:
    if it.type == model.ANY:
        return Part(name, words, required=required)
    return Part(name, words, it.nullable, required, it.format or it.type)
