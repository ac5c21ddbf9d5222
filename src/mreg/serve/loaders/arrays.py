"""Tables, arrays and named arrays: what a server hands on, and what libraries take and give."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mreg.serve.loaders.model import FormatInput

_NAN = float("nan")


def is_table(data: Any) -> bool:
    """Tell whether it is a pandas DataFrame, without loading pandas."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(data, pandas.DataFrame)


def in_order(table: Any, names: Sequence[str] | None) -> Any:
    """Return a table with the columns that a model names, in its order; what else it has is left.

    Libraries go by position where they do not compare names (LightGBM, CatBoost).

    Raises:
        ValueError: it lacks one.
    """
    if not names:
        return table
    columns = [str(it) for it in table.columns]
    if columns == list(names):
        return table
    lacking = [it for it in names if it not in columns]
    if lacking:
        raise ValueError(
            f"the model has an input {_listed(lacking)}; columns are {_listed(columns)}"
        )
    return table.iloc[:, [columns.index(it) for it in names]]


def named(data: Any, inputs: Sequence[FormatInput], types: Mapping[str, Any]) -> dict[str, Any]:
    """Return an array for each input of a model.

    Of a table each column is an input of its name; or all of it is the only input there is.

    Args:
        data: what the server hands on.
        inputs: those of the model.
        types: NumPy's type for each, by its name; what is not among them stays as it is.

    Raises:
        ValueError, TypeError: something is lacking, is too much, or has no such type.
    """
    names = [it.name for it in inputs]
    parts: Mapping[Any, Any]
    if is_table(data):
        parts = _of_table(data, inputs)
    elif isinstance(data, Mapping):
        parts = data
    elif len(inputs) == 1:
        parts = {names[0]: data}
    else:
        raise ValueError(f"the model has the inputs {_listed(names)}; name each")
    if set(parts) != set(names):
        raise ValueError(f"the model has the inputs {_listed(names)}, not {_listed(parts)}")
    return {it: _as(parts[it], types.get(it)) for it in names}


def _of_table(table: Any, inputs: Sequence[FormatInput]) -> dict[str, Any]:
    columns = {str(it): number for number, it in enumerate(table.columns)}
    if all(it.name in columns for it in inputs):
        found = {it.name: _values(table.iloc[:, columns[it.name]]) for it in inputs}
        two = {it.name for it in inputs if it.shape is None or len(it.shape) > 1}
        return {name: it.reshape(-1, 1) if name in two else it for name, it in found.items()}
    if len(inputs) == 1:
        return {inputs[0].name: table.to_numpy(na_value=_NAN)}
    lacking = [it.name for it in inputs if it.name not in columns]
    raise ValueError(f"the model has an input {_listed(lacking)}; columns are {_listed(columns)}")


def _values(column: Any) -> Any:
    """Return a column as an array; in pandas' own types of numbers what is missing becomes NaN."""
    if column.hasnans and getattr(column.dtype, "na_value", None) is not None:
        return column.to_numpy("float64" if column.dtype.kind in "iufb" else None, na_value=_NAN)
    return column.to_numpy()


def _as(value: Any, dtype: Any) -> Any:
    import numpy as np

    array = np.asarray(value)
    if dtype is None or array.dtype == dtype:
        return array
    if array.dtype == object and np.dtype(dtype).kind in "fiub":  # a table of mixed columns
        return array.astype(dtype)
    return array.astype(dtype, casting="same_kind")


def plain(result: Any) -> Any:
    """Return a result as arrays, tables, dicts and lists: no tensors, no sparse matrices."""
    if result is None or isinstance(result, (str, bytes, int, float)):
        return result
    if hasattr(result, "detach"):  # PyTorch, which has a type that NumPy has not
        result = result.detach().cpu()
        return (result.float() if str(result.dtype) == "torch.bfloat16" else result).numpy()
    if hasattr(result, "toarray"):
        return result.toarray()
    if isinstance(result, Mapping):
        return {str(name): plain(it) for name, it in result.items() if it is not None}
    if isinstance(result, (list, tuple)):
        return [plain(it) for it in result]
    if hasattr(result, "__array__") and not hasattr(result, "iloc"):
        import numpy as np

        return np.asarray(result)
    return result


def _listed(names: Iterable[object]) -> str:
    return ", ".join(str(it) for it in names) or "none"
