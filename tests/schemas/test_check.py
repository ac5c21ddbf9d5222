"""Whether schemas are JSON Schema, and whether data fits them, held against a real validator."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from mreg.schemas.check import MOST, Misfit, SchemaFault, legal, misfits

INT64 = {"type": "integer", "format": "int64"}
ROW = {"type": "object", "properties": {"age": INT64}, "required": ["age"]}
TABLE = {"type": "array", "items": ROW}


@pytest.mark.parametrize(
    ("schema", "faults"),
    [
        ({}, []),
        (True, []),
        (TABLE, []),
        ({"type": "text"}, [(("type",), "not a type")]),
        ({"type": []}, [(("type",), "an array is not a type")]),
        ({"type": ["integer", 5]}, [(("type",), "not a type")]),
        (5, [((), "it is 5, not a schema")]),
        ({"items": [INT64]}, [(("items",), "items is an array, not a schema")]),
        ({"properties": [ROW]}, [(("properties",), "not a mapping of schemas by name")]),
        ({"properties": {"a": 5}}, [(("properties", "a"), "is 5, not a schema")]),
        ({"anyOf": [{}, {"type": 1}]}, [(("anyOf", 1, "type"), "1 is not a type")]),
        ({"required": "age"}, [(("required",), 'required is "age", not a list of names')]),
        ({"enum": "a"}, [(("enum",), "not a list of values")]),
        ({"minItems": -1, "maxItems": True}, [(("minItems",), "-1"), (("maxItems",), "true")]),
        ({"minimum": "a"}, [(("minimum",), "not a number")]),
        ({"format": 5}, [(("format",), "not a text")]),
    ],
)
def test_what_is_no_schema(schema: Any, faults: list[tuple[Any, str]]) -> None:
    found = list(legal(schema))
    assert [it.keys for it in found] == [keys for keys, _ in faults]
    for it, (_, said) in zip(found, faults, strict=True):
        assert said in it.message
        assert not it.is_format


def test_formats_that_go_with_another_type() -> None:
    said = "int64 is a format of the type integer, not of string or null"
    schema = {"items": {"type": ["string", "null"], "format": "int64"}}
    assert list(legal(schema)) == [SchemaFault(("items", "format"), said, is_format=True)]
    for good in ({"type": "string", "format": "email"}, {"format": "int64"}, INT64):
        assert list(legal(good)) == []


@pytest.mark.parametrize(
    ("schema", "value", "said"),
    [
        (TABLE, [{"age": 5}, {"age": "x"}], [("[1].age", 'is "x", not integer')]),
        (TABLE, [{}], [("[0]", "has no `age`")]),
        (TABLE, {"age": 5}, [("", "is an object, not array")]),
        ({**ROW, "additionalProperties": False}, {"age": 1, "b": 2}, [("", "has `b`, which")]),
        (INT64, 2**63, [("", "which is not a valid int64")]),
        ({"type": "integer", "format": "uint8"}, -1, [("", "which is not a valid uint8")]),
        (INT64, True, [("", "is true, not integer")]),
        (INT64, 1.5, [("", "is 1.5, not integer")]),
        ({"type": "array", "minItems": 2, "maxItems": 2}, [1], [("", "has 1 items, not 2")]),
        ({"type": "array", "minItems": 2}, [1], [("", "not 2 to any number")]),
        ({"enum": ["a", None]}, "b", [("", 'is "b", which is not among')]),
        ({"enum": [1]}, True, [("", "is true, which is not among")]),
        ({"const": 1}, 2, [("", "is 2, not 1")]),
        ({"format": "date"}, "2024-13-01", [("", 'is "2024-13-01", which is not a valid date')]),
        ({"format": "date-time"}, "noon", [("", "not a valid date-time")]),
        ({"format": "duration"}, "P", [("", "not a valid duration")]),
        ({"contentEncoding": "base64"}, "a", [("", "not valid base64")]),
        ({"minLength": 2}, "a", [("", "too short or too long")]),
        ({"minimum": 2}, 1, [("", "violates its minimum 2")]),
        ({"exclusiveMaximum": 2}, 2, [("", "violates its exclusiveMaximum 2")]),
        (False, 1, [("", "is not allowed")]),
        ({"type": "string"}, 5, [("", "is 5, not string")]),
        ({"type": "string"}, {"a": 1}, [("", "is an object, not string")]),
        ({"type": "integer"}, "x" * 99, [("", f'is "{"x" * 36}..., not integer')]),
    ],
)
def test_what_does_not_fit(schema: Any, value: Any, said: list[tuple[str, str]]) -> None:
    found = misfits(schema, value)
    assert [it.place for it in found] == [place for place, _ in said]
    assert all(words in it.message for it, (_, words) in zip(found, said, strict=True)), found


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({}, None),
        (True, 1),
        (INT64, 3.0),
        ({"enum": [1]}, 1.0),
        ({"type": ["number", "null"]}, None),
        ({"type": "number"}, 1),
        ({"format": "date-time"}, "2024-01-01T00:00:00.123456789"),
        ({"format": "date-time"}, "2024-01-01T00:00:00Z"),
        ({"format": "duration"}, "-P1DT2H3M4.5S"),
        ({"format": "email"}, "none"),
        ({"prefixItems": [INT64], "items": False}, [1]),
        ({"patternProperties": {"x": {}}, "additionalProperties": False}, {"x": 1}),
        ({"anyOf": [INT64]}, "x"),  # which is not looked at
    ],
)
def test_what_fits(schema: Any, value: Any) -> None:
    assert misfits(schema, value) == []


def test_the_first_few_faults_are_told() -> None:
    assert misfits(TABLE, [{}] * 99) == [Misfit(f"[{at}]", "has no `age`") for at in range(MOST)]


names = st.sampled_from("ab")
scalars = st.none() | st.booleans() | st.integers(-3, 3) | st.floats(-3, 3) | st.sampled_from("xy")
data = st.recursive(
    scalars,
    lambda it: st.lists(it, max_size=3) | st.dictionaries(names, it, max_size=2),
    max_leaves=6,
)
types = st.sampled_from(["string", "number", "integer", "boolean", "array", "object", "null"])
schemas = st.recursive(
    st.fixed_dictionaries(
        {},
        optional={
            "type": types | st.lists(types, min_size=1, max_size=2, unique=True),
            "enum": st.lists(scalars, max_size=2),
            "minimum": st.integers(-2, 2),
            "minLength": st.integers(0, 2),
        },
    ),
    lambda it: st.fixed_dictionaries(
        {},
        optional={
            "type": types,
            "items": it,
            "minItems": st.integers(0, 2),
            "properties": st.dictionaries(names, it, max_size=2),
            "required": st.lists(names, max_size=2, unique=True),
            "additionalProperties": st.booleans(),
        },
    ),
    max_leaves=4,
)


@given(schemas, data)
def test_it_agrees_with_a_validator_of_json_schema(schema: Any, value: Any) -> None:
    assert (misfits(schema, value) == []) == Draft202012Validator(schema).is_valid(value)


broken = st.dictionaries(
    st.sampled_from(["type", "items", "properties", "required", "enum", "minItems", "minimum"]),
    data,
    max_size=3,
)


@given(broken)
def test_what_is_legal_is_so_for_a_validator(schema: Any) -> None:
    if list(legal(schema)) == []:
        Draft202012Validator.check_schema(schema)
