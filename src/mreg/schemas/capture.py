"""From data at hand to the JSON Schema that describes it, and to a few rows of it as JSON. Pure.

Nothing is imported for it. What a value is, the names of its classes say: where pandas was not
imported, nothing is a DataFrame. A new kind of data is a row of `_KINDS`.

What schemas cannot tell from an example: sizes. The outermost dimension is taken for that of the
rows, and may be any; the others are fixed, but for the tokens of a text.
"""

from __future__ import annotations

import base64
import datetime
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from enum import Enum
from typing import Any, Final
from uuid import UUID

from mreg.schemas import merge
from mreg.schemas.examples import LIMIT, is_unicode, text
from mreg.schemas.merge import ANYTHING, NULL_ALONE, Json, or_null
from mreg.schemas.model import INTEGERS
from mreg.tuples import NamedTuple

MOST_ROWS: Final = 100
"""An example has so many rows at most."""

MOST_COLUMNS: Final = 2_000
MOST_LETTERS: Final = 400
"""Of a column's name: YAML has no keys of more than 1,024, with quotes and escapes."""

MOST_VALUES: Final = 100
"""A column of more categories is described by its type alone."""

MOST_LEVELS: Final = 12
"""Data may be nested so deep: annotations are nested 20 deep at most."""

SEEN_ROWS: Final = 100_000
"""In so many rows it is looked for what is missing."""

SEEN_VALUES: Final = 10_000
"""So many values are looked at where nothing else says what they are."""


class CannotCapture(ValueError):
    """Data is of no kind that can be described, or no example of it can be written."""


class _TooLarge(CannotCapture):
    """An example does not fit; one of fewer rows may."""


class _Data(NamedTuple):
    """Data of a kind that can be described.

    Attributes:
        schema: returns its JSON Schema. It is told whether the outermost size is fixed, too.
        head: returns its first rows as JSON; all of it, where it has no rows.
        rows: how many rows there are; None for what has none, such as a single value.
    """

    schema: Callable[[bool], Json]
    head: Callable[[int, _Room], Any]
    rows: int | None = None


class _Room:
    """How much may still be looked at or written; it stops what would go on for long."""

    def __init__(self, left: int) -> None:
        self.left = left

    def take(self, size: int = 1) -> None:
        self.left -= size
        if self.left < 0:
            raise _TooLarge("it is too large")


def of(value: Any) -> Json:
    """Return the JSON Schema that describes data.

    Args:
        value: a DataFrame or Series of pandas or Polars, a table or array of Arrow, an array of
            NumPy, JAX or SciPy, a tensor of PyTorch or TensorFlow; a dict of these, of lists or of
            single values; a list of dicts, of lists or of single values; or a single value.

    Raises:
        CannotCapture: it is nothing of that, or cannot be described.
    """
    found = merge.settled(_as_data(value).schema(False))
    if merge.depth(found) > MOST_LEVELS:
        raise CannotCapture(_TOO_DEEP)
    return found


def example(value: Any, limit: int = LIMIT) -> Any:
    """Return the first rows of data as JSON values: so many as fit.

    NaN and infinite numbers are None, since JSON has none; dates are texts as ISO 8601 has them,
    bytes are in base64.

    Args:
        value: what `of` takes.
        limit: how many bytes it may have as JSON.

    Raises:
        CannotCapture: a single row does not fit, or JSON has no form for what is in it.
    """
    return examples({"input": value}, limit)["input"]


def examples(values: Mapping[str, Any], limit: int = LIMIT) -> dict[str, Any]:
    """Return the first rows of several data as JSON values, as many of each, likewise.

    Args:
        values: data by what it is: "input" or "output".
        limit: how many bytes all of it may have as a file has it.
    """
    parts = {name: _as_data(it) for name, it in values.items()}
    counts = [it.rows for it in parts.values() if it.rows is not None]
    count = min([*counts, MOST_ROWS]) if counts else 1
    while True:
        try:
            room = _Room(limit)
            found = {name: it.head(count, room) for name, it in parts.items()}
            if len(text(found)) <= limit:
                return found
        except _TooLarge:
            pass
        if count <= 1:
            what = "a single row of it" if counts else "it"
            raise CannotCapture(f"{what} has more than {limit:,} bytes as JSON")
        count //= 2


# What data is


def _as_data(value: Any, level: int = 0, seen: _Room | None = None) -> _Data:
    """Return data as something that can be described; `seen` bounds how much is looked at.

    Raises:
        CannotCapture: it is of no kind that can be.
    """
    if level > MOST_LEVELS:
        raise CannotCapture(_TOO_DEEP)
    if known := _known(value):
        return known(value)
    if isinstance(value, Mapping):
        return _mapping(value, level, seen or _Room(SEEN_VALUES))
    if isinstance(value, (list, tuple)):
        return _list(value, level, seen or _Room(SEEN_VALUES))
    single = _single(value)
    return _Data(lambda _: single, lambda _, room: _plain(value, room))


_TOO_DEEP = "it is nested too deeply"


def _known(value: Any) -> Callable[[Any], _Data] | None:
    """Return what reads data of a kind that a library has, by the names of its classes."""
    for kind in type(value).__mro__:
        module = kind.__module__
        if isinstance(module, str):
            found = _KINDS.get((module.partition(".")[0], kind.__name__))
            if found:
                return found
    return None


def _type_name(value: Any) -> str:
    kind = type(value)
    root = str(kind.__module__).partition(".")[0]
    return kind.__qualname__ if root == "builtins" else f"{root}.{kind.__qualname__}"


# Tables


class _TableColumn(NamedTuple):
    """A column of a table: its schema, and its first values as they are."""

    schema: Json
    values: Callable[[int], Iterable[Any]]


def _table(columns: Mapping[str, _TableColumn], rows: int) -> _Data:
    def head(count: int, room: _Room) -> list[Json]:
        taken = [[*it.values(min(count, rows))] for it in columns.values()]
        return [
            {name: _plain(it, room) for name, it in zip(columns, row, strict=True)}
            for row in zip(*taken, strict=True)
        ]

    schema = {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {name: it.schema for name, it in columns.items()},
            "required": list(columns),
        },
    }
    return _Data(lambda _: schema, head, rows)


def _columns(
    names: Iterable[Any], column: Callable[[int], _TableColumn]
) -> dict[str, _TableColumn]:
    """Return the columns of a table by their names.

    Raises:
        CannotCapture: one of them cannot be described.
    """
    found = {}
    for at, name in enumerate(_checked_names(names)):
        try:
            found[name] = column(at)
        except CannotCapture as error:
            raise CannotCapture(f"column {name!r}: {error}") from None
    return found


def _checked_names(names: Iterable[Any]) -> list[str]:
    """Return the names of columns.

    Raises:
        CannotCapture: a row of JSON cannot have them.
    """
    found = list(names)
    if not found:
        raise CannotCapture("it has no columns, or no keys")
    if len(found) > MOST_COLUMNS:
        raise CannotCapture(f"it has {len(found):,} columns, more than {MOST_COLUMNS:,}")
    for it in found:
        if isinstance(it, tuple):
            raise CannotCapture("its columns have names of several levels; give each one name")
        if not isinstance(it, str):
            message = f"the name of a column is {_type_name(it)}, not a string"
            raise CannotCapture(f"{message}; name the columns, or give the values as an array")
        if len(it) > MOST_LETTERS or not is_unicode(it):
            raise CannotCapture("the name of a column is too long, or not valid Unicode")
    if len(set(found)) < len(found):
        raise CannotCapture("two of its columns have the same name")
    return [str(it) for it in found]


def _pandas_frame(frame: Any) -> _Data:
    def column(at: int) -> _TableColumn:
        schema = _pandas_values(frame.iloc[:SEEN_ROWS, at])
        return _TableColumn(schema, lambda count: frame.iloc[:count, at].tolist())

    return _table(_columns(frame.columns, column), len(frame))


def _pandas_series(series: Any) -> _Data:
    inner = _pandas_values(series.iloc[:SEEN_ROWS])
    return _array(inner, (len(series),), lambda count: series.iloc[:count].tolist())


def _pandas_values(series: Any) -> Json:
    """Return what describes the values of a Series, in which something may be missing."""
    dtype, name = series.dtype, type(series.dtype).__name__
    found: Json | None
    if name == "CategoricalDtype":
        found = _categories(dtype.categories.tolist())
    elif name in ("StringDtype", "PeriodDtype", "IntervalDtype"):
        found = dict(_TEXT)
    else:
        found = _of_dtype(getattr(dtype, "subtype", dtype))  # that of a sparse column
    if found is None:
        found = _merged(series.iloc[:SEEN_VALUES].tolist())
    misses = name in _MASKED or _misses(series, is_number=found.get("type") == "number")
    return or_null(found) if misses else found


_MASKED = frozenset(
    f"{name}Dtype"
    for size in (8, 16, 32, 64)
    for name in ("Boolean", f"Int{size}", f"UInt{size}", f"Float{size}")
)
"""Types of pandas that are chosen for the sake of what may be missing, even where nothing is."""


def _misses(series: Any, *, is_number: bool) -> bool:
    """Tell whether something is missing in a Series, or is infinite, for which JSON has no form."""
    infinite = (math.inf, -math.inf)
    return bool(series.isna().any() or (is_number and series.isin(infinite).any()))


def _categories(values: Sequence[Any]) -> Json:
    """Return what describes one of some values: by all of them, if they are few and short."""
    found = _merged(values)
    kind = found.get("type")
    if kind not in ("string", "integer", "boolean") or len(values) > MOST_VALUES:
        return found
    if any(len(text := str(it)) > MOST_LETTERS or not is_unicode(text) for it in values):
        return found
    return {"type": kind, "enum": list(values)}


def _polars_frame(frame: Any) -> _Data:
    def column(at: int) -> _TableColumn:
        series = frame.to_series(at)
        return _TableColumn(_polars_values(series), lambda count: series[:count].to_list())

    return _table(_columns(frame.columns, column), len(frame))


def _polars_series(series: Any) -> _Data:
    return _array(_polars_values(series), (len(series),), lambda count: series[:count].to_list())


def _polars_values(series: Any) -> Json:
    seen, dtype = series[:SEEN_ROWS], series.dtype
    if (name := str(dtype).partition("(")[0]) == "Enum":
        found = _categories(dtype.categories.to_list())
    else:
        found = _named(name.lower()) or _merged(seen[:SEEN_VALUES].to_list())
    is_number = found.get("type") == "number" and dtype.is_float()
    misses = seen.null_count() or (is_number and not seen.is_finite().all())
    return or_null(found) if misses else found


def _arrow_table(table: Any) -> _Data:
    def column(at: int) -> _TableColumn:
        array = table.column(at)
        return _TableColumn(_arrow_values(array), lambda count: array[:count].to_pylist())

    return _table(_columns(table.schema.names, column), table.num_rows)


def _arrow_array(array: Any) -> _Data:
    return _array(_arrow_values(array), (len(array),), lambda count: array[:count].to_pylist())


def _arrow_values(array: Any) -> Json:
    seen, kind = array[:SEEN_ROWS], array.type
    kind = kind.value_type if str(kind).startswith("dictionary") else kind
    found = _named(str(kind).partition("[")[0]) or _merged(seen[:SEEN_VALUES].to_pylist())
    is_number = found.get("type") == "number"
    misses = seen.null_count or (is_number and _has_nan(seen.to_pylist()))
    return or_null(found) if misses else found


# Arrays and tensors


def _array(inner: Json, shape: Sequence[int], head: Callable[[int], Any]) -> _Data:
    """Return an array of values that a schema describes, whose first rows a function returns."""
    if len(shape) > MOST_LEVELS:
        raise CannotCapture(_TOO_DEEP)
    if not shape:
        return _Data(lambda _: inner, lambda _, room: _plain(head(1), room))

    def schema(fixed: bool) -> Json:
        return merge.nested(inner, (shape[0] if fixed else None, *shape[1:]))

    def rows(count: int, room: _Room) -> Any:
        # Each value takes a character and a comma at least: what cannot fit is not asked for.
        if 2 * min(count, shape[0]) * math.prod(shape[1:]) > room.left:
            raise _TooLarge("it is too large")
        return _plain(head(count), room)

    return _Data(schema, rows, shape[0])


def _numpy_array(array: Any) -> _Data:
    dtype, shape = array.dtype, tuple(array.shape)
    if dtype.names:
        raise CannotCapture("it is an array of records; give a table or a dict of arrays")
    seen = array[_corner(shape, SEEN_ROWS)] if shape else array
    inner = _of_dtype(dtype)
    if inner is None:
        inner = _merged(seen.reshape(-1)[:SEEN_VALUES].tolist())
    elif _numpy_misses(seen):
        inner = or_null(inner)
    return _array(inner, shape, lambda count: _numpy_values(array[:count] if shape else array))


def _numpy_misses(array: Any) -> bool:
    """Tell whether something in an array has no form in JSON: NaN, infinity, NaT, or is masked."""
    if hasattr(array, "mask") and bool(array.mask.any()):
        return True
    if array.dtype.kind in "Mm":
        return bool((array != array).any())  # noqa: PLR0124 - NaT alone does not equal itself
    is_number = array.dtype.kind == "f" or str(array.dtype) == _BFLOAT16
    return is_number and not _are_finite(array)


def _corner(shape: Sequence[int], values: int) -> tuple[slice, ...]:
    """Return where an array has its first rows, of so many values together at most.

    Of a row that has more, only a part is there.
    """
    found = []
    for size in reversed(shape):
        count = max(1, min(size, values))
        found.append(slice(count))
        values //= count
    return tuple(reversed(found))


def _are_finite(array: Any) -> bool:
    """Tell whether all numbers of an array are finite, without NumPy's functions at hand."""
    return bool((abs(array) < math.inf).all())


def _numpy_values(array: Any) -> Any:
    kind = array.dtype.kind
    if kind == "M":
        return _without_nat(array.astype("U").tolist())
    if kind == "m":
        return array.astype("m8[us]").tolist()
    # Python has numbers of 64 bits; NumPy makes none of those that are longer, or are not its own.
    longer = kind == "f" and array.dtype.itemsize > 8  # noqa: PLR2004
    return (array.astype("f8") if longer or str(array.dtype) == _BFLOAT16 else array).tolist()


_BFLOAT16 = "bfloat16"


def _without_nat(value: Any) -> Any:
    """Return dates as texts, and None for what is no date."""
    if isinstance(value, list):
        return [_without_nat(it) for it in value]
    return None if value == "NaT" else value


def _sparse_array(array: Any) -> _Data:
    rows = array.tocsr()
    inner = _of_dtype(array.dtype) or ANYTHING
    inner = or_null(inner) if _numpy_misses(rows.data) else inner
    return _array(inner, tuple(array.shape), lambda count: rows[:count].toarray().tolist())


def _torch_tensor(tensor: Any) -> _Data:
    return _tensor(tensor, str(tensor.dtype), lambda it: it.detach().cpu().tolist())


def _tensorflow_tensor(tensor: Any) -> _Data:
    return _tensor(tensor, tensor.dtype.name, lambda it: _decoded(it.numpy().tolist()))


def _decoded(value: Any) -> Any:
    """Return TensorFlow's texts, which are bytes there, as texts."""
    if isinstance(value, list):
        return [_decoded(it) for it in value]
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _jax_array(array: Any) -> _Data:
    return _tensor(array, str(array.dtype), lambda it: it.tolist())


def _tensor(tensor: Any, dtype: str, values: Callable[[Any], Any]) -> _Data:
    shape = tuple(map(int, tensor.shape))
    inner = _named(dtype.removeprefix("torch."))
    if inner is None:
        raise CannotCapture(f"its values have the type {dtype}, which JSON cannot represent")

    def head(count: int) -> Any:
        return values(tensor[:count] if shape else tensor)

    if inner["type"] == "number":
        # No example has more values: each takes a character and a comma.
        seen = tensor[_corner(shape, LIMIT // 2)] if shape else tensor
        inner = or_null(inner) if _has_nan(values(seen)) else inner
    return _array(inner, shape, head)


def _has_nan(value: Any) -> bool:
    if isinstance(value, list):
        return any(map(_has_nan, value))
    return value is not None and not math.isfinite(value)


# Types


def _of_dtype(dtype: Any) -> Json | None:
    """Return what describes the values of a type of NumPy, or of one of pandas that is like it.

    None if they have to be looked at.

    Raises:
        CannotCapture: JSON has no form for them.
    """
    kind, size = getattr(dtype, "kind", "O"), getattr(dtype, "itemsize", 8)
    if named := _named(str(dtype)):  # bfloat16 is of no kind that NumPy knows
        return named
    if kind in "cV":
        raise CannotCapture(f"its values have the type {dtype}, which JSON cannot represent")
    if kind in "iuf":
        words = {"i": "int", "u": "uint", "f": "float"}
        return _named(f"{words[kind]}{8 * size}") or dict(_DOUBLE)  # of 80 or 128 bits
    return dict(_BY_KIND[kind]) if kind in _BY_KIND else None


def _named(name: str) -> Json | None:
    found = _NAMED.get(name)
    return None if found is None else dict(found)


_TEXT: Json = {"type": "string"}
_DATE: Json = {"type": "string", "format": "date"}
_TIME: Json = {"type": "string", "format": "date-time"}
_LENGTH: Json = {"type": "string", "format": "duration"}
_BYTES: Json = {"type": "string", "contentEncoding": "base64"}
_DOUBLE: Json = {"type": "number", "format": "double"}
_FLOAT: Json = {"type": "number", "format": "float"}
_HALF: Json = {"type": "number", "format": "float16"}
_BOOLEAN: Json = {"type": "boolean"}

_BY_KIND: dict[str, Json] = {
    "b": _BOOLEAN, "U": _TEXT, "T": _TEXT, "S": _BYTES, "M": _TIME, "m": _LENGTH,
}  # fmt: skip

_NAMED: dict[str, Json] = {
    **{it: {"type": "integer", "format": it} for it in INTEGERS},
    **dict.fromkeys(("float16", "half", "halffloat"), _HALF),
    _BFLOAT16: {"type": "number", "format": _BFLOAT16},
    **dict.fromkeys(("float32", "float"), _FLOAT),
    **dict.fromkeys(("float64", "double"), _DOUBLE),
    **dict.fromkeys(("bool", "boolean"), _BOOLEAN),
    **dict.fromkeys(("string", "large_string", "string_view", "utf8", "categorical"), _TEXT),
    **dict.fromkeys(("binary", "large_binary", "binary_view"), _BYTES),
    **dict.fromkeys(("date", "date32", "date64", "datetime64[D]"), _DATE),
    **dict.fromkeys(("datetime", "timestamp"), _TIME),
    "duration": _LENGTH,
}
"""Types by the names that NumPy, PyTorch, TensorFlow, JAX, Polars and Arrow have for them."""


# Python's own values


def _mapping(value: Mapping[Any, Any], level: int, seen: _Room) -> _Data:
    names = _checked_names(value)
    parts = {}
    for name in names:
        try:
            parts[name] = _as_data(value[name], level + 1, seen)
        except CannotCapture as error:
            raise CannotCapture(f"{name!r}: {error}" if level == 0 else str(error)) from None
    counts = [it.rows for it in parts.values() if it.rows is not None]

    def schema(fixed: bool) -> Json:
        found = {name: it.schema(fixed) for name, it in parts.items()}
        if _TOKENS in found:  # every text has another number of them
            found = {name: merge.without_sizes(it) for name, it in found.items()}
        return {"type": "object", "properties": found, "required": names}

    def head(count: int, room: _Room) -> Json:
        return {name: it.head(count, room) for name, it in parts.items()}

    return _Data(schema, head, min(counts) if len(counts) == len(parts) else None)


_TOKENS = "input_ids"
"""What tokenizers of texts call the tokens' numbers."""


def _list(value: Sequence[Any], level: int, seen: _Room) -> _Data:
    def schema(fixed: bool) -> Json:
        if not value:
            return {"type": "array"}
        inner = _merged(value[:SEEN_VALUES], level + 1, seen)
        numbers = inner.get("type") in ("number", "integer", "array")
        return merge.nested(inner, (len(value) if fixed and numbers else None,))

    def head(count: int, room: _Room) -> list[Any]:
        return [_plain(it, room, level + 1) for it in value[:count]]

    return _Data(schema, head, len(value))


def _merged(values: Iterable[Any], level: int = 1, seen: _Room | None = None) -> Json:
    """Return what describes each of some values, which are looked at one by one while `seen` lasts.

    The first one is looked at in any case.
    """
    seen = seen or _Room(SEEN_VALUES)
    found: Json | None = None
    for it in values:
        if found is not None and seen.left <= 0:
            break
        seen.left -= 1
        one = NULL_ALONE if _is_missing(it) else _as_data(it, level, seen).schema(True)
        found = one if found is None else merge.of(found, one)
    return ANYTHING if found is None else found


def _is_missing(value: Any) -> bool:
    return value is None or type(value).__name__ in ("NAType", "NaTType")


def _single(value: Any) -> Json:
    """Return what describes a single value.

    Raises:
        CannotCapture: JSON has no form for it.
    """
    if _is_missing(value):
        return dict(NULL_ALONE)
    if isinstance(value, bool):
        return dict(_BOOLEAN)
    if isinstance(value, int):
        least, most = INTEGERS["int64"]
        inside = least <= value <= most
        return {"type": "integer", "format": "int64"} if inside else {"type": "integer"}
    if isinstance(value, (float, Decimal)):
        return dict(_DOUBLE) if math.isfinite(value) else or_null(_DOUBLE)
    for kind, schema in _SINGLE:
        if isinstance(value, kind):
            return dict(schema)
    if isinstance(value, Enum):
        return _single(value.value)
    raise _no_form(value)


_SINGLE: tuple[tuple[type | tuple[type, ...], Json], ...] = (
    (str, _TEXT),
    ((bytes, bytearray), _BYTES),
    (datetime.datetime, _TIME),
    (datetime.date, _DATE),
    (datetime.time, _TEXT),
    (datetime.timedelta, _LENGTH),
    (UUID, _TEXT),
)


def _no_form(value: Any) -> CannotCapture:
    return CannotCapture(f"JSON cannot represent a value of the type {_type_name(value)}")


def _numpy_single(value: Any) -> _Data:
    found = _of_dtype(value.dtype) or ANYTHING
    found = or_null(found) if _numpy_misses(value) else found
    return _Data(lambda _: found, lambda _, room: _plain(_numpy_values(value), room))


def _plain(value: Any, room: _Room, level: int = 0) -> Any:
    """Return a value as JSON has it.

    Raises:
        CannotCapture: JSON has no form for it.
    """
    room.take()
    if level > MOST_LEVELS:
        raise CannotCapture(_TOO_DEEP)
    if _is_missing(value):
        return None
    if type(value) is list:
        return [_plain(it, room, level + 1) for it in value]
    if isinstance(value, Mapping) and not _known(value):  # a record: lists in it are no rows
        return {name: _plain(value[name], room, level + 1) for name in _checked_names(value)}
    if _known(value) or isinstance(value, (list, tuple)):
        found = _as_data(value, level + 1)
        return found.head(found.rows or 1, room)
    return _plain_single(value, room)


def _plain_single(value: Any, room: _Room) -> Any:
    if isinstance(value, bool):
        return bool(value)
    if isinstance(value, int):
        if abs(value) >= _LARGEST:
            raise CannotCapture("it holds a number of more than 300 digits")
        return int(value)
    if isinstance(value, (float, Decimal)):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Enum):
        return _plain_single(value.value, room)
    found = _as_text(value)
    room.take(len(found))
    return found


_LARGEST = 10**300


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode()
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return _duration(value)
    if isinstance(value, UUID):
        return str(value)
    raise _no_form(value)


def _duration(value: datetime.timedelta) -> str:
    """Return a length of time as ISO 8601 has it: P3DT4H5M6.5S."""
    sign, left = ("-", -value) if value < datetime.timedelta(0) else ("", value)
    parts = [f"P{left.days}D"] if left.days else ["P"]
    minutes, seconds = divmod(left.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    fraction = f".{left.microseconds:06}".rstrip("0") if left.microseconds else ""
    times = [(hours, "H"), (minutes, "M"), (f"{seconds}{fraction}", "S")]
    said = "".join(f"{it}{unit}" for it, unit in times if it not in (0, "0"))
    found = f"{parts[0]}T{said}" if said else parts[0]
    return f"{sign}{found}" if found != "P" else "PT0S"


def _period(value: Any) -> _Data:
    return _Data(lambda _: dict(_TEXT), lambda _, room: _plain(str(value), room))


def _unread(why: str) -> Callable[[Any], _Data]:
    def refuse(value: Any) -> _Data:
        raise CannotCapture(f"it is a {_type_name(value)}: {why}")

    return refuse


_KINDS: dict[tuple[str, str], Callable[[Any], _Data]] = {
    ("pandas", "DataFrame"): _pandas_frame,
    ("pandas", "Series"): _pandas_series,
    ("pandas", "Period"): _period,
    ("pandas", "Interval"): _period,
    ("polars", "DataFrame"): _polars_frame,
    ("polars", "LazyFrame"): _unread("pass the result of .head(100).collect()"),
    ("polars", "Series"): _polars_series,
    ("pyarrow", "Table"): _arrow_table,
    ("pyarrow", "RecordBatch"): _arrow_table,
    ("pyarrow", "Array"): _arrow_array,
    ("pyarrow", "ChunkedArray"): _arrow_array,
    ("numpy", "ndarray"): _numpy_array,
    ("numpy", "generic"): _numpy_single,
    ("scipy", "_spbase"): _sparse_array,
    ("torch", "Tensor"): _torch_tensor,
    ("tensorflow", "Tensor"): _tensorflow_tensor,
    ("jaxlib", "ArrayImpl"): _jax_array,
    ("jax", "ArrayImpl"): _jax_array,
}
"""What reads data of other libraries, by the module at its class's root and the class's name."""
