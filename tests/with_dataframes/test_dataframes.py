"""Schemas and examples of data of Polars, SciPy and JAX, and of pandas before 3: the real ones."""

from __future__ import annotations

import json
import math
from datetime import date, datetime, time, timedelta
from typing import Any

import jax.numpy as jnp
import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse

from mreg.schemas import capture, check, model
from mreg.schemas.capture import CannotCapture

NOON = datetime(2024, 1, 1, 12)


def held(value: Any) -> tuple[dict[str, Any], Any]:
    """Return schema and example of a value, which fit, and are JSON."""
    schema = capture.of(value)
    assert list(check.legal(schema)) == []
    rows = json.loads(json.dumps(capture.example(value), allow_nan=False))
    assert check.misfits(schema, rows) == []
    return schema, rows


COLUMNS: list[tuple[Any, str, list[Any]]] = [
    (pl.Series([1, 2]), "int64", [1, 2]),
    (pl.Series([1, None], dtype=pl.UInt8), "uint8 or null", [1, None]),
    (pl.Series([0.5, 1], dtype=pl.Float32), "float", [0.5, 1]),
    (pl.Series([0.5, math.nan]), "double or null", [0.5, None]),
    (pl.Series([True, None]), "boolean or null", [True, None]),
    (pl.Series(["a", None]), "string or null", ["a", None]),
    (pl.Series(["a"], dtype=pl.Enum(["a", "b"])), "string, one of a, b", ["a"]),
    (pl.Series(["a"], dtype=pl.Categorical), "string", ["a"]),
    (pl.Series([b"ab"]), "binary", ["YWI="]),
    (pl.Series([NOON]), "date-time", ["2024-01-01T12:00:00"]),
    (pl.Series([NOON]).dt.replace_time_zone("UTC"), "date-time", ["2024-01-01T12:00:00+00:00"]),
    (pl.Series([date(2024, 1, 1)]), "date", ["2024-01-01"]),
    (pl.Series([timedelta(days=1)]), "duration", ["P1D"]),
    (pl.Series([time(12, 30)]), "string", ["12:30:00"]),
    (pl.Series(["1.5"]).str.to_decimal(scale=1), "double", [1.5]),
    (pl.Series([[1, 2], [3], None]), "array or null", [[1, 2], [3], None]),
    (pl.Series([[1.0, 2.0]], dtype=pl.Array(pl.Float64, 2)), "array", [[1, 2]]),
    (pl.Series([{"a": 1}]), "object", [{"a": 1}]),
    (pl.Series([None, None]), "any", [None, None]),
]


@pytest.mark.parametrize(("series", "said", "rows"), COLUMNS, ids=lambda it: str(it)[:40])
def test_columns_of_polars(series: pl.Series, said: str, rows: list[Any]) -> None:
    schema, found = held(pl.DataFrame({"x": series}))
    (column,) = model.columns(schema) or ()
    assert (model.type_words(column), [it["x"] for it in found]) == (said, rows)
    assert held(series)[1] == rows


def test_a_lazy_frame_is_not_run() -> None:
    with pytest.raises(CannotCapture, match=r"pass the result of \.head\(100\)\.collect\(\)"):
        capture.of(pl.LazyFrame({"x": [1]}))


def test_frames_of_polars_and_pandas_are_described_alike() -> None:
    said = {"age": [1, 2], "income": [0.5, 1.5], "plan": ["a", "b"], "since": [NOON, NOON]}
    assert pd.__version__.startswith("2.")
    assert held(pl.DataFrame(said)) == held(pd.DataFrame(said))


def test_object_columns_of_pandas_before_3() -> None:
    frame = pd.DataFrame({"a": ["x", None], "b": [b"y", b"z"], "c": [1, "x"]})
    assert set(map(str, frame.dtypes)) == {"object"}
    schema, _ = held(frame)
    found = [model.type_words(it) for it in model.columns(schema) or ()]
    assert found == ["string or null", "binary", "any"]


ARRAYS: list[tuple[Any, str, Any]] = [
    (jnp.zeros((1, 2)), "float [any, 2]", [[0, 0]]),
    (jnp.ones(1, dtype=jnp.bfloat16), "bfloat16 [any]", [1]),
    (np.asarray(jnp.ones(1, dtype=jnp.bfloat16)), "bfloat16 [any]", [1]),
    (jnp.array([1, 2], dtype="int8"), "int8 [any]", [1, 2]),
    (jnp.array([0.5, jnp.nan]), "float or null [any]", [0.5, None]),
    (jnp.array(True), "boolean", True),
    (scipy.sparse.csr_matrix([[0.5, 0]]), "double [any, 2]", [[0.5, 0]]),
    (scipy.sparse.coo_array([[1, 0], [0, math.nan]]), "double or null [any, 2]",
     [[1, 0], [0, None]]),
]  # fmt: skip


@pytest.mark.parametrize(("value", "said", "rows"), ARRAYS, ids=lambda it: str(it)[:40])
def test_arrays_of_jax_and_scipy(value: Any, said: str, rows: Any) -> None:
    schema, found = held(value)
    assert (model.words(schema), found) == (said, rows)


def test_a_traced_array_of_jax_has_no_values() -> None:
    import jax

    def traced(value: Any) -> Any:
        with pytest.raises(CannotCapture):
            capture.of(value)
        return value

    jax.jit(traced)(jnp.zeros(2))


def test_a_sparse_matrix_that_would_be_huge_is_not_made_dense() -> None:
    huge = scipy.sparse.csr_matrix((10**6, 10**6))
    assert model.words(capture.of(huge)) == "double [any, 1000000]"
    with pytest.raises(CannotCapture, match="a single row"):
        capture.example(huge)
