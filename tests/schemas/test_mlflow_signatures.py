"""Signatures as MLflow has them, and schemas; tests/with_mlflow holds both against MLflow."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mreg.schemas import capture, mlflow
from mreg.schemas.model import ModelSchema

ROWS: dict[str, Any] = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            "age": {"type": "integer", "format": "int8"},
            "income": {"type": ["number", "null"], "format": "double"},
            "plan": {"type": "string", "enum": ["basic", "pro"]},
            "day": {"type": "string", "format": "date"},
            "raw": {"type": "string", "contentEncoding": "base64"},
            "id": {"type": "integer", "format": "uint64"},
            "took": {"type": "string", "format": "duration"},
            "tags": {"type": "array", "items": {"type": "string"}},
            "by": {"type": "object", "properties": {"a": {"type": "boolean"}}, "required": ["a"]},
            "more": {"type": "object", "additionalProperties": {"type": "number"}},
            "either": {"type": ["string", "integer"]},
            "left": {"type": "boolean"},
        },
        "required": [
            *("age", "income", "plan", "day", "raw", "id", "took", "tags", "by", "more", "either")
        ],
    },
}
TYPES: dict[str, dict[str, Any]] = {
    "age": {"type": "integer"},
    "income": {"type": "double"},
    "plan": {"type": "string"},
    "day": {"type": "datetime"},
    "raw": {"type": "binary"},
    "id": {"type": "any"},
    "took": {"type": "any"},
    "tags": {"type": "array", "items": {"type": "string"}},
    "by": {"type": "object", "properties": {"a": {"type": "boolean", "required": True}}},
    "more": {"type": "map", "values": {"type": "double"}},
    "either": {"type": "any"},
    "left": {"type": "boolean"},
}


def test_a_table_becomes_columns() -> None:
    found = mlflow.signature(ModelSchema(ROWS))
    assert found == {
        "inputs": [
            {**it, "name": name, "required": name not in ("income", "left")}
            for name, it in TYPES.items()
        ]
    }


def test_one_record_becomes_columns_too() -> None:
    assert mlflow.signature(ModelSchema(ROWS["items"])) == mlflow.signature(ModelSchema(ROWS))


def tensor(inner: Any, *sizes: int) -> Any:
    for size in reversed(sizes):
        fixed = {} if size < 0 else {"minItems": size, "maxItems": size}
        inner = {"type": "array", **fixed, "items": inner}
    return inner


@pytest.mark.parametrize(
    ("inner", "dtype"),
    [
        ({"type": "number", "format": "float"}, "float32"),
        ({"type": "number", "format": "double"}, "float64"),
        ({"type": "number", "format": "float16"}, "float16"),
        ({"type": "integer", "format": "uint8"}, "uint8"),
        ({"type": "boolean"}, "bool"),
        ({"type": "string"}, "str"),
    ],
)
def test_tensors_go_there_and_back(inner: Any, dtype: str) -> None:
    one = tensor(inner, -1, 3)
    spec = {"type": "tensor", "tensor-spec": {"dtype": dtype, "shape": [-1, 3]}}
    several = {"type": "object", "properties": {"a": one, "b": one}, "required": ["a", "b"]}
    said = ModelSchema(one, several)
    found = mlflow.signature(said)
    assert found == {"inputs": [spec], "outputs": [{**spec, "name": "a"}, {**spec, "name": "b"}]}
    assert mlflow.schema(found["inputs"], found["outputs"]) == said


@pytest.mark.parametrize(
    ("schema", "specs"),
    [
        (tensor({"type": "string"}, -1), [{"type": "string", "required": True}]),
        ({"type": "string"}, [{"type": "string", "required": True}]),
        ({"type": "integer"}, [{"type": "long", "required": True}]),
        ({}, [{"type": "any", "required": True}]),
        ({"anyOf": []}, [{"type": "any", "required": True}]),
        (
            tensor({"type": "number", "format": "bfloat16"}, 2),
            [{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [2]}}],
        ),
    ],
)
def test_other_forms(schema: Any, specs: Any) -> None:
    assert mlflow.signature(ModelSchema(None, schema)) == {"outputs": specs}


def test_what_says_nothing_has_no_signature() -> None:
    assert mlflow.signature(ModelSchema(methods=("predict",))) == {}
    empty = {"type": "array", "items": {"type": "object", "properties": {}}}
    assert mlflow.signature(ModelSchema(empty)) == {}


def test_what_is_not_required_may_be_left_out_or_null() -> None:
    found = mlflow.schema(
        [
            {"type": "long", "name": "age", "required": True},
            {"type": "string", "name": "plan", "required": False},
            {"type": "any", "name": "x", "required": False},
            {"type": "datetime", "name": "since"},
        ],
        None,
    )
    assert found
    assert found.output is None
    assert found.input == {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {
                "age": {"type": "integer", "format": "int64"},
                "plan": {"type": ["string", "null"]},
                "x": {},
                "since": {"type": "string", "format": "date-time"},
            },
            "required": ["age", "since"],
        },
    }


NAMED = {"type": "long", "name": "a"}


@pytest.mark.parametrize(
    "specs",
    [
        *(None, 3, "x", {}, [], ["x"], [{}, {}], [NAMED, NAMED], [NAMED, {"type": "long"}]),
        [{"type": "tensor"}],
        [{"type": "tensor", "tensor-spec": {"dtype": "int64", "shape": ["x"]}}],
        [{"type": "tensor", "tensor-spec": {"dtype": "int64", "shape": [1] * 100}}],
        [{**NAMED, "name": "x" * 1000}],
        [{**NAMED, "name": str(number)} for number in range(capture.MOST_COLUMNS + 1)],
    ],
)
def test_what_is_no_signature_of_mlflows_says_nothing(specs: Any) -> None:
    assert mlflow.schema(specs, None) is None


def test_what_nests_very_deep_may_be_anything() -> None:
    spec: Any = {"type": "long"}
    for _ in range(500):
        spec = {"type": "object", "properties": {"x": spec}}
    found = mlflow.schema([{**spec, "name": "x"}], None)
    assert found
    assert json.dumps(found.input).count("properties") == 1 + mlflow.MOST_LEVELS


WORDS = (
    *("type", "name", "items", "properties", "values", "required", "tensor-spec", "dtype", "shape"),
    *("format", "additionalProperties", "minItems", "array", "object"),
)
KINDS = ("array", "object", "tensor", "map", "long", "string")
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.sampled_from(KINDS),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(values, values)
def test_nothing_that_somebody_may_write_is_a_fault(one: Any, other: Any) -> None:
    mlflow.schema(one, other)
    for it in (one, other):
        if isinstance(it, dict):
            json.dumps(mlflow.signature(ModelSchema(it, it)))
