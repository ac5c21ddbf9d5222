"""From values of a request to arrays as models take them, each held against its type.

Values come from JSON, as a flat list, or as an array out of a request's binary part. What is wrong
is a `WrongValue` with the number of the value, which whoever asked puts into words of the request.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import Any, Final

import numpy as np
import pandas as pd

from mreg.schemas.model import ANY, BINARY
from mreg.serve.refusals import WrongValue
from mreg.tuples import NamedTuple

_INTEGERS: Final = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
_EXTENSIONS: Final = {it: it.replace("i", "I").replace("u", "U") for it in _INTEGERS}
"""The types of pandas that know a missing value, by those of NumPy."""

_FLOATS: Final = {"float16": "float16", "bfloat16": "float32", "float": "float32"}

DATATYPES: Final = {
    **{it: it.upper() for it in _INTEGERS},
    "float16": "FP16",
    "bfloat16": "FP32",
    "float": "FP32",
    "double": "FP64",
}
"""The datatypes of V2 by the formats of numbers."""

OF_V2: Final = {
    "BOOL": "boolean",
    "BYTES": "string",
    **{it.upper(): "integer" for it in _INTEGERS},
    "FP16": "number",
    "FP32": "number",
    "FP64": "number",
}
"""The type of JSON Schema that values of each datatype have."""

_NUMPY: Final = {
    "BOOL": "bool",
    "FP16": "float16",
    "FP32": "float32",
    "FP64": "float64",
    **{it.upper(): it for it in _INTEGERS},
}

_WORDS: Final[dict[type, str]] = {
    int: "a number",
    float: "a number",
    str: "a string",
    bool: "a boolean",
    list: "a list",
    dict: "an object",
    type(None): "null",
    bytes: "bytes",
}


class CellType(NamedTuple):
    """What the values of a column or a tensor are.

    Attributes:
        type: string, number, integer, boolean, array, object or any.
        format: int64, double, date-time, ...; None if none is named.
        nullable: whether they may be null.
        enum: the values that there are; None: any of the type.
    """

    type: str
    format: str | None = None
    nullable: bool = False
    enum: tuple[Any, ...] | None = None

    @property
    def datatype(self) -> str:
        """The datatype that V2 has for them."""
        usual = {"integer": "INT64", "number": "FP64", "boolean": "BOOL"}
        return DATATYPES.get(self.format or "", usual.get(self.type, "BYTES"))

    @property
    def words(self) -> str:
        """What errors call such a value."""
        name = f"a {self.type}" if self.type[0] not in "aeio" else f"an {self.type}"
        if self.type == ANY:
            return "a value"
        return f"{name} ({self.format})" if self.format else name


def accepts(cell: CellType, datatype: str) -> bool:
    """Tell whether values of a datatype of V2 can be those of a type."""
    given = OF_V2[datatype]
    if cell.type in (ANY, "array", "object") or given == cell.type:
        return True
    return given == "integer" and cell.type == "number"


def flatten(values: list[Any]) -> tuple[list[int], list[Any]]:
    """Return the shape of nested lists, and their values in one list.

    Raises:
        WrongValue: they are not of one length, or stand beside values.
    """
    shape, flat = [len(values)], values
    while flat and list in (types := set(map(type, flat))):
        lengths = set(map(len, flat)) if len(types) == 1 else set()
        if len(lengths) != 1:
            raise WrongValue(
                "its lists are of different lengths"
                if len(types) == 1
                else "lists are mixed with values"
            )
        if len(shape) == _MOST_DIMENSIONS:
            raise WrongValue("its lists are nested too deeply")
        shape.append(lengths.pop())
        flat = list(chain.from_iterable(flat))
    return shape, flat


_MOST_DIMENSIONS = 32


def column(cell: CellType, values: Sequence[Any]) -> Any:
    """Return the values of a column of a table, as pandas has them.

    Raises:
        WrongValue: one of them is not of the type.
    """
    missing = _check(cell, values)
    if cell.enum is not None:
        return _categorical(cell, cell.enum, values)
    if missing or cell.nullable:
        if cell.type == "integer":
            kind = _dtype(cell)
            return pd.array(_whole(values, kind), dtype=_EXTENSIONS[kind])
        if cell.type == "boolean":
            return pd.array(list(values), dtype="boolean")
    return _plain(cell, values)


def tensor(cell: CellType, values: Sequence[Any]) -> Any:
    """Return the values of a tensor as an array of one dimension.

    Raises:
        WrongValue: one of them is not of the type.
    """
    missing = _check(cell, values)
    if cell.enum is not None:
        _among(cell.enum, values)
    if missing and cell.type in ("integer", "boolean"):
        return np.array(list(values), dtype=object)
    return _plain(cell, values)


def decode_binary(datatype: str, raw: memoryview, count: int) -> Any:
    """Return the values of the binary part of a request: an array, or a list of bytes.

    Source: the binary tensor data extension of V2,
    https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/
    extension_binary_data.md

    Raises:
        WrongValue: there are not so many.
    """
    if datatype == "BYTES":
        return _texts_of(raw, count)
    dtype = np.dtype(_NUMPY[datatype]).newbyteorder("<")
    if len(raw) != dtype.itemsize * count:
        raise WrongValue(
            f"it has {len(raw)} bytes, but {count} values of {datatype} take "
            f"{dtype.itemsize * count}"
        )
    return np.frombuffer(raw, dtype=dtype)


def _texts_of(raw: memoryview, count: int) -> list[bytes]:
    found: list[bytes] = []
    at = 0
    while at < len(raw):
        size = int.from_bytes(raw[at : at + 4], "little")
        end = at + 4 + size
        if at + 4 > len(raw) or end > len(raw):
            raise WrongValue("it ends in the middle of a value", len(found))
        found.append(bytes(raw[at + 4 : end]))
        at = end
    if len(found) != count:
        raise WrongValue(f"it has {len(found)} values, but its shape requires {count}")
    return found


# What a value may be


def _check(cell: CellType, values: Sequence[Any]) -> bool:
    """Hold values against a type; tell whether null is among them."""
    if isinstance(values, np.ndarray):
        return False  # of a datatype that was accepted; it has no null
    types = set(map(type, values))
    missing = type(None) in types
    if missing and not cell.nullable and cell.type != ANY:
        raise WrongValue("null, which is not allowed", _first(values, lambda it: it is None))
    allowed = _ALLOWED.get(cell.type)
    if allowed is not None and not types <= allowed:
        index = _first(values, lambda it: type(it) not in allowed)
        found = _WORDS.get(type(values[index]), "an unsupported value")
        raise WrongValue(f"{found}, but {cell.words} is expected", index)
    return missing


_NONE = type(None)
_ALLOWED: Final[dict[str, set[type]]] = {
    "integer": {int, float, _NONE},
    "number": {int, float, _NONE},
    "boolean": {bool, _NONE},
    "string": {str, bytes, _NONE},
    "array": {list, _NONE},
    "object": {dict, _NONE},
}


def _first(values: Sequence[Any], wrong: Callable[[Any], bool]) -> int:
    return next(place for place, it in enumerate(values) if wrong(it))


def _among(enum: tuple[Any, ...], values: Iterable[Any]) -> None:
    allowed = {*enum, None}
    if isinstance(values, np.ndarray):
        values = values.tolist()
    for place, it in enumerate(values):
        if it not in allowed:
            raise WrongValue(f"{_shown(it)} is not an allowed value", place)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}..."


_MOST_SHOWN = 60


# Making arrays


def _categorical(cell: CellType, enum: tuple[Any, ...], values: Sequence[Any]) -> Any:
    if cell.type == "string":
        values = _decoded(values)
    _among(enum, values)
    return pd.Categorical(values, categories=list(dict.fromkeys(enum)))


def _plain(cell: CellType, values: Sequence[Any]) -> Any:
    if cell.type == "integer":
        return _whole(values, _dtype(cell))
    if cell.type == "number":
        return _numbers(cell, values)
    if cell.type == "boolean":
        return np.array(values, dtype=bool)
    if cell.type == "string":
        return _of_texts(cell, values)
    return _objects(values)


def _dtype(cell: CellType) -> str:
    if cell.type == "integer":
        return cell.format if cell.format in _INTEGERS else "int64"
    return _FLOATS.get(cell.format or "", "float64")


def _whole(values: Sequence[Any], dtype: str) -> Any:
    if isinstance(values, np.ndarray):
        bounds = np.iinfo(dtype)
        wrong = (values < bounds.min) | (values > bounds.max)
        if wrong.any():
            index = int(wrong.argmax())
            raise WrongValue(f"{values[index]} is not a valid {dtype}", index)
        return values.astype(dtype)
    if float in set(map(type, values)):
        values = [_as_integer(it, place) for place, it in enumerate(values)]
    if None in values:
        whole = [it for it in values if it is not None]
        _fits(whole, dtype, values)
        return list(values)
    return _fits(values, dtype, values)


def _fits(values: Sequence[int], dtype: str, among: Sequence[Any]) -> Any:
    try:
        return np.array(values, dtype=dtype)
    except OverflowError:
        low, high = int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)
        index = _first(among, lambda it: it is not None and not low <= it <= high)
        raise WrongValue(f"{_shown(among[index])} is not a valid {dtype}", index) from None


def _as_integer(value: Any, place: int) -> Any:
    if isinstance(value, float):
        if not value.is_integer():
            raise WrongValue(f"{value!r} is not an integer", place)
        return int(value)
    return value


def _numbers(cell: CellType, values: Any) -> Any:
    dtype = _dtype(cell)
    try:
        with np.errstate(over="ignore"):
            found = np.asarray(values, dtype=dtype)
    except OverflowError:
        raise WrongValue(f"one of its numbers is not a valid {cell.format or 'double'}") from None
    if not isinstance(values, np.ndarray) and np.isinf(found).any():
        raise WrongValue(
            f"it is not a valid {cell.format or 'double'}", int(np.isinf(found).argmax())
        )
    return found


def _of_texts(cell: CellType, values: Sequence[Any]) -> Any:
    if cell.format == BINARY:
        return _objects([_bytes(it, place) for place, it in enumerate(values)])
    texts = _decoded(values)
    if cell.format in _TIMES:
        return _TIMES[cell.format](texts)
    return _objects(texts)


def _decoded(values: Sequence[Any]) -> list[Any]:
    """Return texts; those of the binary part of a request are bytes."""
    if bytes not in set(map(type, values)):
        return list(values)
    found = []
    for place, it in enumerate(values):
        try:
            found.append(it.decode() if isinstance(it, bytes) else it)
        except UnicodeDecodeError:
            raise WrongValue("bytes that are not UTF-8", place) from None
    return found


def _bytes(value: Any, place: int) -> bytes | None:
    if not isinstance(value, str):
        known: bytes | None = value
        return known
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise WrongValue("a string that is not Base64", place) from None


def _objects(values: Any) -> Any:
    found = np.empty(len(values), dtype=object)
    found[:] = values if isinstance(values, np.ndarray) else list(values)
    return found


def _moments(texts: list[Any]) -> Any:
    def parse(some: list[Any]) -> Any:
        parsed = pd.to_datetime(some, format="ISO8601", utc=True)
        return parsed.tz_localize(None).as_unit("ns").to_numpy()

    return _parsed(texts, parse, "time such as 2026-03-03T14:30:00Z")


def _durations(texts: list[Any]) -> Any:
    def parse(some: list[Any]) -> Any:
        if any(it is not None and it[:1] != "P" and it[:2] != "-P" for it in some):
            raise ValueError
        return pd.to_timedelta(some).as_unit("ns").to_numpy()

    return _parsed(texts, parse, "duration such as P1DT2H")


def _parsed(texts: list[Any], parse: Callable[[list[Any]], Any], what: str) -> Any:
    """Parse texts all at once; if that fails, say which of them is wrong.

    That is looked for by halves: to parse millions one by one would take minutes.
    """

    def parsed(some: list[Any]) -> Any:
        try:
            return parse(some)
        except (ValueError, OverflowError):
            return None

    found = parsed(texts)
    if found is not None:
        return found
    first, end = 0, len(texts)
    while end - first > 1:
        middle = (first + end) // 2
        if parsed(texts[first:middle]) is None:
            end = middle
        else:
            first = middle
    raise WrongValue(f"{_shown(texts[first])} is not a {what}", first)


_TIMES: Final[dict[str | None, Callable[[list[Any]], Any]]] = {
    "date-time": _moments,
    "date": _moments,
    "duration": _durations,
}
