"""From what a model says to an answer in V2 or V1, whatever types it says it in.

A missing value is null: NaN, NaT, None and pandas' NA alike. Times are texts in ISO 8601; bytes
that are no UTF-8 are base64.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import orjson
import pandas as pd

from mreg.serve.refusals import RequestRefused, quoted
from mreg.tuples import NamedTuple

OUTPUT: Final = "output-0"
"""What an output is called that has no name of its own."""

_DATATYPES: Final = {
    **{f"int{bits}": f"INT{bits}" for bits in (8, 16, 32, 64)},
    **{f"uint{bits}": f"UINT{bits}" for bits in (8, 16, 32, 64)},
    "bool": "BOOL",
    "float16": "FP16",
    "float32": "FP32",
    "float64": "FP64",
}


class CannotEncode(Exception):
    """What a model says cannot be said in an answer."""


class TensorOutput(NamedTuple):
    """An output of an answer.

    Attributes:
        values: an array of numbers or booleans, without missing ones; else a list of what JSON can
            say, in row-major order.
    """

    name: str
    datatype: str
    shape: tuple[int, ...]
    values: Any

    def listed(self) -> Any:
        """Return the values as JSON has them, in one list."""
        if isinstance(self.values, list):
            return self.values
        if self.datatype == "FP16":  # of which orjson knows nothing
            return self.values.astype(np.float32).ravel()
        return np.ascontiguousarray(self.values).ravel()


def outputs(result: Any) -> list[TensorOutput]:
    """Return what a model says as outputs of V2.

    Raises:
        CannotEncode: it is of a type that no answer can have.
    """
    if isinstance(result, pd.DataFrame):
        _check_names(list(result.columns))
        return [_output(str(name), it) for name, it in result.items()]
    if isinstance(result, pd.Series):
        return [_output(OUTPUT if result.name is None else str(result.name), result)]
    if isinstance(result, Mapping) and _holds_arrays(result):
        return [_output(str(name), it) for name, it in result.items()]
    if isinstance(result, (np.ndarray, pd.api.extensions.ExtensionArray, np.generic)):
        return [_output(OUTPUT, result)]
    return [_of_json(result)]


def predictions(result: Any) -> Any:
    """Return what a model says as predictions of V1: a value or a list for each instance.

    Raises:
        CannotEncode: it is of a type that no answer can have.
    """
    if isinstance(result, pd.DataFrame):
        _check_names(list(result.columns))
        return _rows({str(name): _listed(it) for name, it in result.items()})
    if isinstance(result, Mapping) and _holds_arrays(result):
        columns = {str(name): _listed(it) for name, it in result.items()}
        lengths = {len(it) if isinstance(it, list) else -1 for it in columns.values()}
        return _rows(columns) if len(lengths) == 1 and -1 not in lengths else columns
    if isinstance(result, (np.ndarray, pd.Series, pd.api.extensions.ExtensionArray, np.generic)):
        return _listed(result)
    return _jsonable(result)


def _check_names(names: Sequence[Any]) -> None:
    if len({str(it) for it in names}) != len(names):
        raise CannotEncode("two of its columns have the same name")


def _holds_arrays(result: Mapping[Any, Any]) -> bool:
    kinds = (np.ndarray, pd.Series, pd.api.extensions.ExtensionArray)
    return bool(result) and all(isinstance(it, kinds) for it in result.values())


def _rows(columns: Mapping[str, list[Any]]) -> list[dict[str, Any]]:
    names = list(columns)
    return [dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _listed(values: Any) -> Any:
    it = _output("", values)
    if isinstance(it.values, list):
        return _nested(it.values, it.shape)
    found = it.values.astype(np.float32) if it.datatype == "FP16" else it.values
    return found.reshape(it.shape).tolist()


def _nested(flat: list[Any], shape: Sequence[int]) -> Any:
    """Return a flat list as nested ones of a shape."""
    if not shape:
        return flat[0]
    for size in reversed(shape[1:]):
        count = len(flat) // size if size else 0
        flat = [flat[at * size : (at + 1) * size] for at in range(count)]
    return flat


def _output(name: str, values: Any) -> TensorOutput:
    """Return an array of whatever type as an output."""
    kind = values.dtype
    if isinstance(kind, pd.CategoricalDtype):
        return _of_categories(name, pd.Series(values), kind)
    if isinstance(kind, pd.api.extensions.ExtensionDtype):
        return _of_extension(name, pd.Series(values))
    found = np.asarray(values)
    if known := _DATATYPES.get(kind.name):
        return TensorOutput(name, known, found.shape, found)
    if kind.kind == "f":  # of more bits than V2 knows
        return TensorOutput(name, "FP64", found.shape, found.astype(np.float64))
    if kind.kind in "mM":
        return TensorOutput(name, "BYTES", found.shape, _times(found))
    if kind.kind in "OUS":
        return _of_objects(name, found.ravel().tolist(), found.shape)
    raise CannotEncode(f"its answer has the type {kind}, which is not supported")


def _of_categories(name: str, values: Any, kind: Any) -> TensorOutput:
    """Return categories as values of the type that all of them have."""
    return _of_objects(
        name, values.astype(object).tolist(), values.shape, kind.categories.dtype.name
    )


def _of_extension(name: str, values: Any) -> TensorOutput:
    kind = str(values.dtype).lower()
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        return TensorOutput(name, "BYTES", values.shape, _times(_utc(values), zone="Z"))
    usual = {"boolean": "bool", "double": "float64", "float": "float32"}
    kind = kind.split("[")[0]
    return _of_objects(name, values.astype(object).tolist(), values.shape, usual.get(kind, kind))


def _utc(values: Any) -> Any:
    return values.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy()


def _of_objects(name: str, flat: list[Any], shape: tuple[int, ...], kind: str = "") -> TensorOutput:
    """Return Python's own values; if all of them, or the type, are numbers, as numbers."""
    plain = [None if _is_missing(it) else it for it in flat]
    datatype = _DATATYPES.get(kind) or _datatype_of(plain)
    if datatype is None:
        return TensorOutput(name, "BYTES", shape, [_text(it) for it in plain])
    found = [it.item() if isinstance(it, np.generic) else it for it in plain]
    return TensorOutput(name, datatype, shape, found)


_MOST_INTEGER = 2**63


def _datatype_of(plain: Sequence[Any]) -> str | None:
    """Return the datatype that Python's values have in common; None for texts and all others."""
    types = {type(it) for it in plain if it is not None}
    if types and types <= {bool, np.bool_}:
        return "BOOL"
    if types and types <= {int}:
        inside = all(it is None or -_MOST_INTEGER <= it < _MOST_INTEGER for it in plain)
        return "INT64" if inside else None
    return "FP64" if types and types <= {int, float, np.float64} else None


def _is_missing(value: Any) -> bool:
    return (
        value is None
        or value is pd.NA
        or value is pd.NaT
        or (isinstance(value, float) and math.isnan(value))
    )


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return base64.b64encode(value).decode()
    if isinstance(value, (list, dict, tuple, np.ndarray, bool)):
        return json.dumps(_jsonable(value), ensure_ascii=False)
    if hasattr(value, "isoformat"):
        text: str = value.isoformat()
        return text
    return str(value)


def _times(values: Any, zone: str = "") -> list[str | None]:
    flat = values.ravel()
    if flat.dtype.kind == "m":
        return [None if it is pd.NaT else it.isoformat() for it in pd.to_timedelta(flat)]
    texts = np.datetime_as_string(flat, timezone="naive").tolist()
    return [None if it == "NaT" else f"{_short(it)}{zone}" for it in texts]


def _short(text: str) -> str:
    """Return a time without a fraction of a second that is none."""
    whole, dot, fraction = text.partition(".")
    rest = fraction.rstrip("0")
    return f"{whole}{dot}{rest}" if rest else whole


def _of_json(result: Any) -> TensorOutput:
    """Return what JSON can say as one output: a list of values, else its text."""
    if isinstance(result, list) and result:
        shape, flat = _shape_of(result)
        if {type(it) for it in flat} <= {str, int, float, bool, type(None)}:
            return _of_objects(OUTPUT, flat, tuple(shape))
    text = result if isinstance(result, str) else json.dumps(_jsonable(result), ensure_ascii=False)
    return TensorOutput(OUTPUT, "BYTES", (1,), [text])


def _shape_of(values: list[Any]) -> tuple[list[int], list[Any]]:
    from mreg.serve import cells
    from mreg.serve.refusals import WrongValue

    try:
        return cells.flatten(values)
    except WrongValue:
        return [len(values)], values


def _jsonable(value: Any) -> Any:
    """Return a value as JSON can say it, whatever types of NumPy and pandas it holds."""
    if isinstance(value, Mapping):
        return {str(key): _jsonable(it) for key, it in value.items()}
    if isinstance(value, (list, tuple)):
        return [_jsonable(it) for it in value]
    if isinstance(value, (np.ndarray, pd.Series, pd.DataFrame, np.generic)):
        return predictions(value)
    if _is_missing(value):
        return None
    if isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, bytes) or hasattr(value, "isoformat"):
        return _text(value)
    raise CannotEncode(f"its answer contains a {type(value).__name__}, which is not supported")


# As bytes


def as_json(value: Any) -> bytes:
    """Return JSON; NaN and infinite numbers are null there.

    Raises:
        CannotEncode: there is an integer in it that has more than 64 bits, or a text that is none.
    """
    try:
        return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS)
    except (TypeError, orjson.JSONEncodeError) as error:
        raise CannotEncode(f"its answer cannot be written as JSON: {error}") from None


def as_binary(it: TensorOutput) -> bytes:
    """Return an output's values as bytes, as V2's binary extension has them.

    Raises:
        RequestRefused: one is missing, for which there are no bytes.
    """
    if not isinstance(it.values, list):
        little = it.values.astype(it.values.dtype.newbyteorder("<"), copy=False)
        return bytes(little.tobytes())
    if None in it.values:
        raise RequestRefused(f"output {quoted(it.name)} has missing values: request it as JSON")
    if it.datatype != "BYTES":
        kind = next(name for name, known in _DATATYPES.items() if known == it.datatype)
        return np.array(it.values, dtype=np.dtype(kind).newbyteorder("<")).tobytes()
    raw = [text.encode() for text in it.values]
    return b"".join(len(text).to_bytes(4, "little") + text for text in raw)
