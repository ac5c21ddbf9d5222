"""What became of a schema between two versions, and whether it breaks those who use it. Pure.

Whoever calls a model sends what its input allowed, and reads what its output promised. So an input
that takes less than before, or something of another kind, breaks its callers; and so does an output
that may be more than before. A whole number is of another kind than a number with a fraction, and
so is a tensor with another number of dimensions, though JSON has the same form for both.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Literal

from mreg.schemas import model
from mreg.schemas.model import ModelSchema, Scalar, Tensor
from mreg.tuples import NamedTuple

Side = Literal["input", "output", "methods"]


class SchemaChange(NamedTuple):
    """One thing that differs between two schemas.

    Attributes:
        side: whether it is of the input, of the output or of the methods.
        place: the column, the tensor or the value within it ("address.street"); empty: the whole.
        was: what it was in words, such as "int64"; None if it was not there.
        now: what it is; None if it is not there any more.
        breaks: whether whoever relies on what it was may fail now.
        text: all this as a sentence without its full stop.
    """

    side: Side
    place: str
    was: str | None
    now: str | None
    breaks: bool
    text: str

    @property
    def name(self) -> str:
        """What changed, in a few words: "input age", "method transform", "output"."""
        side = "method" if self.side == "methods" else self.side
        return f"{side} {self.place}".rstrip()

    @property
    def what(self) -> str:
        """What changed, without that it breaks callers."""
        return self.text.removesuffix(_BREAKS)


def changes(old: ModelSchema, new: ModelSchema) -> tuple[SchemaChange, ...]:
    """Return what differs between two schemas of a model: of its input, output and methods."""
    return (
        *_of_side("input", old.input, new.input),
        *_of_side("output", old.output, new.output),
        *_of_methods(old.methods, new.methods),
    )


def _of_side(side: Side, was: Any, now: Any) -> Iterator[SchemaChange]:
    if was is None and now is not None:
        yield _change(side, "", None, model.words(now), breaks=False)
    elif was is not None and now is None:  # nobody can say that it still takes what it took
        yield _change(side, "", model.words(was), None, breaks=True)
    elif was is not None:
        yield from _of_node(side, "", was, now, MOST_LEVELS)


def _of_methods(old: Sequence[str], new: Sequence[str]) -> Iterator[SchemaChange]:
    for name in old:
        if name not in new and new:
            yield _change("methods", name, "there", None, breaks=True)
    for name in new:
        if name not in old and old:
            yield _change("methods", name, None, "there", breaks=False)


MOST_LEVELS: Final = 64
"""Schemas are compared so deep; what differs below that is said to break callers."""


def _of_node(side: Side, at: str, was: Any, now: Any, left: int) -> Iterator[SchemaChange]:
    """Iterate over what differs in what two schemas describe at a place."""
    if _plain(was) == _plain(now):
        return
    one, other = model.tensor(was), model.tensor(now)
    if one and other and _is_only(was, now):
        if one != other:
            shown = model.tensor_words(one), model.tensor_words(other)
            yield _change(side, at, *shown, breaks=not _holds(side, one, other, _tensor_holds))
        return
    kinds = _kind(was), _kind(now)
    if left and kinds == ("object", "object"):
        yield from _of_object(side, at, was, now, left - 1)
    elif left and kinds == ("array", "array"):
        yield from _of_array(side, at, was, now, left - 1)
    else:
        yield from _of_value(side, at, was, now)


def _of_object(side: Side, at: str, was: Any, now: Any, left: int) -> Iterator[SchemaChange]:
    old, new = was["properties"], now["properties"]
    needed_before, needed = model.required(was), model.required(now)
    for name, it in old.items():
        place = f"{at}.{name}" if at else name
        if name not in new:
            yield _change(side, place, model.words(it), None, breaks=True)
            continue
        yield from _of_node(side, place, it, new[name], left)
        if (name in needed_before) != (name in needed):
            yield _of_need(side, place, name in needed)
    for name, it in new.items():
        if name not in old:
            place = f"{at}.{name}" if at else name
            required = name in needed
            breaks = side == "input" and required
            yield _change(side, place, None, model.words(it), breaks=breaks, required=required)
    for name in sorted((needed_before ^ needed) - {*old, *new}):  # nothing else is said of it
        yield _of_need(side, f"{at}.{name}" if at else name, name in needed)
    yield from _of_rest(side, at, was, now, ("properties", "required"))


def _of_need(side: Side, place: str, required: bool) -> SchemaChange:
    was, now = ("optional", "required") if required else ("required", "optional")
    return _change(side, place, was, now, breaks=required == (side == "input"))


def _of_array(side: Side, at: str, was: Any, now: Any, left: int) -> Iterator[SchemaChange]:
    yield from _of_node(side, at, was["items"], now["items"], left)
    yield from _of_rest(side, at, was, now, ("items",))


def _of_value(side: Side, at: str, was: Any, now: Any) -> Iterator[SchemaChange]:
    """Yield what became of a single value, or of what cannot be looked into any further."""
    one, other = model.scalar(was), model.scalar(now)
    if one is None or other is None:
        breaks = not _holds(side, was, now, _any_holds)
        yield _change(side, at, model.words(was), model.words(now), breaks=breaks)
        return
    if _plain(one) != _plain(other):
        shown = model.type_words(one), model.type_words(other)
        yield _change(side, at, *shown, breaks=not _holds(side, one, other, _scalar_holds))
    yield from _of_rest(side, at, was, now, _OF_SCALARS)


def _of_rest(
    side: Side, at: str, was: Any, now: Any, known: Sequence[str]
) -> Iterator[SchemaChange]:
    """Iterate over what became of the other keywords; of most of them nobody can say what it means.

    Those that only explain make no difference.
    """
    for keyword in dict.fromkeys((*was, *now)):
        old, new = was.get(keyword), now.get(keyword)
        if keyword in known or keyword in _EXPLAINING or _plain(old) == _plain(new):
            continue
        wide, narrow = (new, old) if side == "input" else (old, new)
        breaks = not _allows(keyword, wide, narrow)
        shown = [f"with {keyword} {_brief(it)}" if it is not None else None for it in (old, new)]
        yield _change(side, at, shown[0] or f"without {keyword}", shown[1] or f"without {keyword}",
                      breaks=breaks)  # fmt: skip


_OF_SCALARS = ("type", "format", "enum", "contentEncoding")
_EXPLAINING = frozenset(
    ("$comment", "$id", "$schema", "default", "deprecated", "description", "examples", "title")
)
_LEAST = frozenset(("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"))
_MOST = frozenset(("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"))


def _allows(keyword: str, wide: Any, narrow: Any) -> bool:
    """Tell whether a keyword's one value lets through all that the other lets through."""
    if keyword == "additionalProperties":
        return wide in (None, True) or narrow is False
    if keyword not in _LEAST | _MOST:
        return False
    if wide is None:
        return True
    if not all(isinstance(it, (int, float)) for it in (wide, narrow)):
        return False
    return bool(wide <= narrow if keyword in _LEAST else wide >= narrow)


def _holds(side: Side, was: Any, now: Any, holds: Any) -> bool:
    """Tell whether a new input takes all that the old one took; of an output, the reverse."""
    return bool(holds(now, was) if side == "input" else holds(was, now))


def _tensor_holds(wide: Tensor, narrow: Tensor) -> bool:
    if len(wide.shape) != len(narrow.shape) or (narrow.nullable and not wide.nullable):
        return False
    sizes = zip(wide.shape, narrow.shape, strict=True)
    return _format_holds(wide, narrow) and all(it in (model.OPEN, other) for it, other in sizes)


def _scalar_holds(wide: Scalar, narrow: Scalar) -> bool:
    if narrow.nullable and not wide.nullable:
        return False
    if wide.enum is not None:
        if narrow.enum is None:
            return False
        if not {_plain(it) for it in narrow.enum} <= {_plain(it) for it in wide.enum}:
            return False
    return _format_holds(wide, narrow)


def _any_holds(wide: Any, narrow: Any) -> bool:
    """Tell it of schemas in no form known here, as far as it can be told by their types alone."""
    if wide is True or (isinstance(wide, Mapping) and _EXPLAINING.issuperset(wide)):
        return True
    if not (isinstance(wide, Mapping) and isinstance(narrow, Mapping)):
        return False
    some, few = model.types_of(wide), model.types_of(narrow)
    rest = [{key: it for key, it in one.items() if key != "type"} for one in (wide, narrow)]
    return bool(some and few and set(few) <= set(some) and _plain(rest[0]) == _plain(rest[1]))


def _format_holds(wide: Scalar | Tensor, narrow: Scalar | Tensor) -> bool:
    """Tell whether values of one type and format are all of another, and of the same kind."""
    if wide.type != narrow.type or wide.format == narrow.format:
        return wide.type == narrow.type
    if wide.type == "integer":
        (least, most), (low, high) = _limits(wide.format), _limits(narrow.format)
        return least <= low and high <= most
    if wide.type == "number":
        return (wide.format or "double") in model.FLOATS.get(narrow.format or "double", ())
    return wide.format is None and narrow.format != model.BINARY


def _limits(name: str | None) -> tuple[float, float]:
    return model.INTEGERS.get(name or "", (-float("inf"), float("inf")))


def _kind(schema: Any) -> str:
    """Return "object" or "array" if a schema is one whose parts it describes."""
    if not isinstance(schema, Mapping):
        return ""
    if schema.get("type") == "object" and isinstance(schema.get("properties"), Mapping):
        return "object" if isinstance(schema.get("required", []), list) else ""
    is_array = schema.get("type") == "array" and isinstance(schema.get("items"), Mapping)
    return "array" if is_array else ""


def _is_only(*schemas: Any) -> bool:
    """Tell whether schemas of tensors say nothing beside type, format and fixed sizes."""
    known = {"type", "items", "minItems", "maxItems", "format", *_EXPLAINING}
    for it in schemas:
        while isinstance(it, Mapping):
            if not known.issuperset(it) or it.get("minItems") != it.get("maxItems"):
                return False
            it = it.get("items")  # noqa: PLW2901 - one level down
    return True


def _plain(value: Any) -> str:
    """Return a value as JSON: true is not 1 there, as it is in Python."""
    return json.dumps(value, sort_keys=True, default=str)


def _brief(value: Any) -> str:
    text = _plain(value)
    return text if len(text) <= _MOST_LETTERS else f"{text[: _MOST_LETTERS - 3]}..."


_MOST_LETTERS = 60


def _change(
    side: Side,
    place: str,
    was: str | None,
    now: str | None,
    *,
    breaks: bool,
    required: bool = False,
) -> SchemaChange:
    what = f"{side} `{place}`" if place else side
    if side == "methods":
        what = f"method `{place}`"
    if was is None:
        said = f"is new{' and required' if required else ''}"
        said += f": {now}" if side != "methods" else ""
    elif now is None:
        said = "is removed"
    else:
        said = f"was {was}, is {now}"
    return SchemaChange(side, place, was, now, breaks, f"{what} {said}{_BREAKS * breaks}")


_BREAKS = ": breaks callers"
