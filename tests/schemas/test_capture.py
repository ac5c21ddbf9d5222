"""Schemas and examples of data at hand: each kind, what is missing in it, and what is hostile."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections import UserDict
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mreg.schemas import capture, check, examples, model
from mreg.schemas.capture import CannotCapture
from mreg.schemas.examples import LIMIT

INT64 = {"type": "integer", "format": "int64"}
DOUBLE = {"type": "number", "format": "double"}


def held(value: Any) -> tuple[dict[str, Any], Any]:
    """Return schema and example of a value, which fit, and are JSON."""
    schema = capture.of(value)
    assert list(check.legal(schema)) == []
    rows = json.loads(json.dumps(capture.example(value), allow_nan=False))
    assert check.misfits(schema, rows) == []
    return schema, rows


def column(values: Any) -> tuple[str, list[Any]]:
    """Return the type of a column of pandas in words, and its values as JSON."""
    schema, rows = held(pd.DataFrame({"x": values}))
    (found,) = model.columns(schema) or ()
    return model.type_words(found), [it["x"] for it in rows]


NOON = datetime(2024, 1, 1, 12, 30, 5)
WITH_MISSING: list[tuple[Any, str, list[Any]]] = [
    ([1, 2], "int64", [1, 2]),
    (np.array([1, 2], dtype="uint8"), "uint8", [1, 2]),
    (np.array([0.5, 2], dtype="float16"), "float16", [0.5, 2]),
    (np.array([0.5, 2], dtype="float32"), "float", [0.5, 2]),
    ([0.5, None], "double or null", [0.5, None]),
    ([0.5, math.inf], "double or null", [0.5, None]),
    ([True, False], "boolean", [True, False]),
    ([True, None], "boolean or null", [True, None]),
    (["a", "b"], "string", ["a", "b"]),
    (["a", None], "string or null", ["a", None]),
    (pd.array(["a", None], dtype="string"), "string or null", ["a", None]),
    (pd.array([1, None], dtype="Int64"), "int64 or null", [1, None]),
    (pd.array([1, 2], dtype="UInt16"), "uint16 or null", [1, 2]),
    (pd.array([1.5, 2], dtype="Float32"), "float or null", [1.5, 2]),
    (pd.array([True], dtype="boolean"), "boolean or null", [True]),
    (pd.array([1, 2], dtype="int8[pyarrow]"), "int8", [1, 2]),
    (pd.array(["a", None], dtype="string[pyarrow]"), "string or null", ["a", None]),
    (pd.array([NOON], dtype=pd.ArrowDtype(pa.timestamp("us"))), "date-time", [NOON.isoformat()]),
    (pd.Categorical(["a", "b", "a"]), "string, one of a, b", ["a", "b", "a"]),
    (pd.Categorical([2, None], [3, 2]), "integer, one of 3, 2 or null", [2, None]),
    (pd.Categorical([0.5]), "double", [0.5]),
    (pd.Categorical([f"v{at}" for at in range(101)])[:1], "string", ["v0"]),
    (pd.Categorical([None, None]), "any", [None, None]),
    ([NOON, None], "date-time or null", ["2024-01-01T12:30:05", None]),
    ([NOON.replace(tzinfo=UTC)], "date-time", ["2024-01-01T12:30:05+00:00"]),
    ([date(2024, 1, 1)], "date", ["2024-01-01"]),
    ([timedelta(days=1, seconds=3), None], "duration or null", ["P1DT3S", None]),
    (pd.period_range("2024-01", periods=1, freq="M"), "string", ["2024-01"]),
    (pd.arrays.SparseArray([0, 1]), "int64", [0, 1]),
    ([b"ab", None], "binary or null", ["YWI=", None]),
    ([Decimal("1.5"), Decimal("nan")], "double or null", [1.5, None]),
    ([[1, 2], [3, 4]], "array", [[1, 2], [3, 4]]),
    ([np.zeros(2), None], "array or null", [[0, 0], None]),
    ([{"a": 1}, {"a": None}], "object", [{"a": 1}, {"a": None}]),
    ([1, "a", None], "any", [1, "a", None]),
    ([None, None], "any", [None, None]),
]


@pytest.mark.parametrize(("values", "said", "rows"), WITH_MISSING, ids=str)
def test_columns_of_pandas(values: Any, said: str, rows: list[Any]) -> None:
    assert column(values) == (said, rows)


def test_object_columns_of_an_array_of_nested_arrays() -> None:
    schema, _ = held(pd.DataFrame({"x": [[1.5, 2], [3, 4]], "y": [[1], []], "z": [["a"], ["b"]]}))
    found = [schema["items"]["properties"][it] for it in "xyz"]
    assert [model.tensor_words(it) for it in map(model.tensor, found) if it] == [
        "double [2]",
        "int64 [any]",
        "string [any]",
    ]


def test_a_series_is_an_array() -> None:
    assert held(pd.Series([1, 2], index=[7, 9])) == ({"type": "array", "items": INT64}, [1, 2])
    schema, rows = held(pd.Series(["a", "b"], dtype="category"))
    assert schema["items"] == {"type": "string", "enum": ["a", "b"]}
    assert rows == ["a", "b"]


def test_a_table_of_arrow_is_like_that_of_pandas() -> None:
    frame = pd.DataFrame(
        {
            "age": [1, 2],
            "income": [0.5, None],
            "plan": ["a", "b"],
            "since": [NOON, NOON],
            "photo": [b"a", b"b"],
        }
    )
    table = pa.Table.from_pandas(frame)
    assert held(table) == held(frame)
    assert held(table.to_batches()[0]) == held(frame)
    words = [
        model.type_words(it)
        for it in model.columns(
            capture.of(
                pa.table(
                    {
                        "a": pa.array([1, None], pa.int8()),
                        "b": pa.array(["x", "y"]).dictionary_encode(),
                        "c": pa.array([date(2024, 1, 1)] * 2),
                        "d": pa.array([[1], [2]]),
                        "e": pa.array([1.5, math.nan], pa.float32()),
                        "f": pa.array([timedelta(1)] * 2),
                    }
                )
            )
        )
        or ()
    ]
    assert words == ["int8 or null", "string", "date", "array", "float or null", "duration"]
    assert held(pa.chunked_array([[1], [2]])) == ({"type": "array", "items": INT64}, [1, 2])


ARRAYS: list[tuple[Any, str, Any]] = [
    (np.zeros((2, 3)), "double [any, 3]", [[0, 0, 0]] * 2),
    (np.zeros((1, 2, 2), "float32"), "float [any, 2, 2]", [[[0, 0]] * 2]),
    (np.array([1, 2], "int8"), "int8 [any]", [1, 2]),
    (np.array([1.5, math.nan]), "double or null [any]", [1.5, None]),
    (np.array([1, 2], dtype=">i4"), "int32 [any]", [1, 2]),
    (np.array(["a", "b"]), "string [any]", ["a", "b"]),
    (np.array([b"a"]), "binary [any]", ["YQ=="]),
    (np.array([True]), "boolean [any]", [True]),
    (np.array(["2024-01-01"], "M8[D]"), "date [any]", ["2024-01-01"]),
    (np.array(["2024-01-01", "NaT"], "M8[s]"), "date-time or null [any]",
     ["2024-01-01T00:00:00", None]),
    (np.array([90, "NaT"], "m8[m]"), "duration or null [any]", ["PT1H30M", None]),
    (np.ma.masked_array([1, 2], [False, True]), "int64 or null [any]", [1, None]),
    (np.array([1, None], dtype=object), "int64 or null [any]", [1, None]),
    (np.array([]), "double [any]", []),
    (np.zeros((3, 0)), "double [any, 0]", [[], [], []]),
    (np.array([1.5], "longdouble"), "double [any]", [1.5]),
    (np.array(5), "int64", 5),
    (np.float32(0.5), "float", 0.5),
    (np.float64(0.5), "double", 0.5),
    (np.datetime64("2024-01-01"), "date", "2024-01-01"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "said", "rows"), ARRAYS, ids=str)
def test_arrays_of_numpy(value: Any, said: str, rows: Any) -> None:
    schema, found = held(value)
    assert (model.words(schema), found) == (said, rows)


class Colour(Enum):
    RED = "red"


PYTHON: list[tuple[Any, str, Any]] = [
    (None, "anything", None),
    (True, "boolean", True),
    (5, "int64", 5),
    (2**64, "integer", 2**64),
    (0.5, "double", 0.5),
    (math.nan, "double or null", None),
    ("text", "string", "text"),
    (b"ab", "binary", "YWI="),
    (NOON, "date-time", "2024-01-01T12:30:05"),
    (date(2024, 1, 1), "date", "2024-01-01"),
    (time(12, 30), "string", "12:30:00"),
    (timedelta(hours=-1), "duration", "-PT1H"),
    (timedelta(0), "duration", "PT0S"),
    (Decimal("1.5"), "double", 1.5),
    (UUID(int=1), "string", "00000000-0000-0000-0000-000000000001"),
    (Colour.RED, "string", "red"),
    ([1, 2], "int64 [any]", [1, 2]),
    ((1, 2.5), "double [any]", [1, 2.5]),
    ([1, None], "int64 or null [any]", [1, None]),
    ([1, "a"], "array", [1, "a"]),
    ([[1, 2], [3, 4]], "int64 [any, 2]", [[1, 2], [3, 4]]),
    ([[1, 2], [3]], "int64 [any, any]", [[1, 2], [3]]),
    ([["a"], ["b"]], "string [any, any]", [["a"], ["b"]]),
    ([np.zeros(2), np.ones(2)], "double [any, 2]", [[0, 0], [1, 1]]),
    ([], "array", []),
    ([None], "array", [None]),
    ({"a": 1, "b": "x", "c": None}, "object", {"a": 1, "b": "x", "c": None}),
    ({"a": [1], "b": np.zeros((1, 2))}, "2 named tensors", {"a": [1], "b": [[0, 0]]}),
    (UserDict({"a": [1]}), "1 named tensor", {"a": [1]}),
    ([{"a": 1}, {"a": 0.5, "b": None}], "a table of 2 columns", [{"a": 1}, {"a": 0.5, "b": None}]),
]


@pytest.mark.parametrize(("value", "said", "rows"), PYTHON, ids=str)
def test_python_values(value: Any, said: str, rows: Any) -> None:
    schema, found = held(value)
    assert (model.words(schema), found) == (said, rows)


def test_rows_need_not_have_all_that_others_have() -> None:
    schema = capture.of([{"a": 1, "b": 2}, {"a": None}])
    assert schema["items"]["required"] == ["a"]
    assert schema["items"]["properties"]["a"] == {"type": ["integer", "null"], "format": "int64"}


def test_tokens_are_as_many_as_a_text_has() -> None:
    found = capture.of({"input_ids": np.zeros((1, 7), int), "attention_mask": np.ones((1, 7), int)})
    assert [it.shape for it in (model.tensors(found) or {}).values()] == [(-1, -1), (-1, -1)]


def refusal(call: Callable[[Any], Any], value: Any) -> str:
    with pytest.raises(CannotCapture) as refused:
        call(value)
    return str(refused.value)


CYCLE: dict[str, Any] = {}
CYCLE["a"] = [CYCLE]
REFUSED: list[tuple[Any, str]] = [
    (pd.DataFrame({("a", "b"): [1]}), "names of several levels"),
    (pd.DataFrame([[1, 2]]), "int, not a string; name the columns"),
    (pd.DataFrame([[1, 2]], columns=["a", "a"]), "two of its columns have the same name"),
    (pd.DataFrame({"x" * 401: [1]}), "too long"),
    ({"a\ud800": [1]}, "not valid Unicode"),
    (pd.DataFrame(np.zeros((1, 2001))).rename(columns=str), "2,001 columns, more than 2,000"),
    (pd.DataFrame(), "no columns"),
    ({}, "no keys"),
    ({1: 2}, "int, not a string"),
    (np.array([1j]), "complex128, which JSON cannot represent"),
    (np.zeros(1, [("a", int)]), "an array of records"),
    (np.zeros((1,) * 13), "nested too deep"),
    ([object()], "JSON cannot represent a value of the type object"),
    ({1, 2}, "the type set"),
    (CYCLE, "nested too deep"),
    ({"a": lambda: 0}, "'a': JSON cannot represent a value of the type function"),
    (pd.DataFrame({"a": [1], "b": [object()]}), "column 'b': JSON cannot represent a value"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "said"), REFUSED, ids=lambda it: type(it).__name__)
def test_what_cannot_be_described(value: Any, said: str) -> None:
    assert said in refusal(capture.of, value)


def test_column_names_may_hold_anything_else() -> None:
    names = ['a "b"', "c\nd", "e\x07\x00", "'", "{x}: [", "ünï", "", " ", "x" * 400, "<<", "yes"]
    schema, rows = held(pd.DataFrame([range(len(names))], columns=names))
    assert [it.name for it in model.columns(schema) or ()] == names
    assert list(rows[0]) == names


def test_an_example_has_as_many_rows_as_fit() -> None:
    frame = pd.DataFrame({"text": ["x" * 5_000] * 200})
    rows = capture.example(frame)
    assert len(rows) == 12  # of 100, halved until they fit
    assert len(examples.text({"input": rows})) <= LIMIT
    assert len(capture.example(pd.DataFrame({"a": range(5000)}))) == capture.MOST_ROWS
    assert capture.example(frame, limit=11_000) == rows[:1]
    assert len(capture.example(["x" * 5_000] * 200)) == 12
    assert len(capture.example({"a": ["x" * 5_000] * 200})["a"]) == 12


@pytest.mark.parametrize(
    "value",
    [
        "x" * LIMIT,
        [["x" * LIMIT]],
        {"a": "x" * LIMIT},
        np.zeros((5, 3, 224, 224)),
        pd.DataFrame({"a": [np.zeros(LIMIT)]}),
        [range(2), [0] * LIMIT],
        "ü" * (LIMIT // 2),
    ],
    ids=lambda it: type(it).__name__,
)
def test_what_is_too_large_is_no_example(value: Any) -> None:
    said = refusal(capture.example, value)
    assert "more than 100,000 bytes as JSON" in said or "cannot represent" in said


def test_huge_arrays_are_looked_at_in_part() -> None:
    """They are views of one number: whatever made them whole would need terabytes."""
    huge = np.broadcast_to(np.float32(1), (10**7, 10, 100))
    assert model.words(capture.of(huge)) == "float [any, 10, 100]"
    assert len(capture.example(huge)) == 12
    assert (
        model.words(capture.of(np.broadcast_to(1.0, (1, 10**12)))) == "double [any, 1000000000000]"
    )


def test_two_examples_have_as_many_rows() -> None:
    found = capture.examples({"input": pd.DataFrame({"a": range(9)}), "output": np.zeros(4)})
    assert {name: len(it) for name, it in found.items()} == {"input": 4, "output": 4}
    found = capture.examples({"input": {"a": 1}, "output": np.zeros(4)})
    assert found == {"input": {"a": 1}, "output": [0] * 4}


def test_an_example_is_written_a_row_a_line() -> None:
    found = examples.text({"input": [{"a": "ü"}, {"a": "\ud800"}], "output": [1, 2]})
    assert found.decode() == (
        '{\n  "input": [\n    {"a": "ü"},\n    {"a": "\\ud800"}\n  ],\n  "output": [1, 2]\n}\n'
    )
    assert json.loads(found)["output"] == [1, 2]
    assert json.loads(examples.text({"input": {"a": 1}})) == {"input": {"a": 1}}


def test_texts_of_half_a_character_fit_a_file() -> None:
    assert held(["\ud800"])[1] == ["\ud800"]
    assert len(examples.text({"input": capture.example(["\ud800" * 9_000] * 2)})) <= LIMIT


class Hostile:
    """Raises at whatever is asked of it."""

    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError(name)

    def __repr__(self) -> str:
        raise RuntimeError

    def __len__(self) -> int:
        raise RuntimeError


class Endless(list[int]):
    def __len__(self) -> int:
        raise RuntimeError


def test_hostile_objects_are_no_endless_work() -> None:
    """What they raise themselves goes on: who calls this knows to warn of anything."""
    for value in (Hostile(), [Hostile()], {"a": Hostile()}, Endless([1])):
        with pytest.raises((CannotCapture, RuntimeError)):
            capture.of(value)


def test_wide_and_deep_data_takes_a_while_at_most() -> None:
    wide = [[[[1] * 100] * 100] * 100] * 100  # a hundred million numbers
    assert model.words(capture.of(wide)) == "int64 [any, 100, 100, 100]"
    assert "a single row" in refusal(capture.example, wide)
    cycle: list[Any] = []
    cycle += [cycle] * 100
    assert refusal(capture.of, cycle) == "it is nested too deeply"


def test_a_number_of_many_digits_is_no_example() -> None:
    assert "300 digits" in refusal(capture.example, 10**5000)


@pytest.mark.parametrize(
    "rows",
    [
        [{"age": 41, "embedding": [0.5, 1.5, 2.5]}],
        [{"a": [1, 2, 3], "b": [1]}],
        [{"a": {"b": [1, 2]}, "c": None}] * 2,
    ],
    ids=str,
)
def test_a_list_in_a_record_is_no_list_of_rows(rows: Any) -> None:
    assert held(rows)[1] == rows


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary()
    | st.datetimes() | st.timedeltas(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)  # fmt: skip


@given(values)
def test_whatever_is_captured_fits_its_schema(value: Any) -> None:
    try:
        held(value)
    except CannotCapture:
        return


_PROBE = """
import sys
from mreg.schemas import capture, examples
before = set(sys.modules)
rows = [{"age": 1, "plan": "a", "photo": b"x"}]
capture.of(rows), examples.text({"input": capture.example(rows)})
for it in (object(), {1}, lambda: 0):
    try:
        capture.of(it)
    except capture.CannotCapture:
        pass
print(sorted(set(sys.modules) - before))
"""


def test_nothing_is_imported() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PROBE], check=False, capture_output=True, text=True
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")
