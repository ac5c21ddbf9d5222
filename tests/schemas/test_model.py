"""The forms of JSON Schema that describe data for models, out of schemas made by hand."""

from __future__ import annotations

from typing import Any

import pytest

from mreg.schemas.model import Column, Scalar, Tensor, columns, scalar, tensor, tensors, words

INT64 = {"type": "integer", "format": "int64"}
TABLE = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            "age": INT64,
            "income": {"type": ["number", "null"], "format": "double"},
            "plan": {"type": "string", "enum": ["basic", "pro"]},
            "since": {"type": "string", "format": "date-time"},
            "photo": {"type": "string", "contentEncoding": "base64"},
            "scores": {"type": ["array", "null"], "items": INT64},
            "note": {},
        },
        "required": ["age", "income", "plan", "since"],
    },
}


def nested(inner: dict[str, Any], *sizes: int) -> dict[str, Any]:
    for size in reversed(sizes):
        fixed = {"minItems": size, "maxItems": size} if size >= 0 else {}
        inner = {"type": "array", **fixed, "items": inner}
    return inner


IMAGES = nested({"type": "number", "format": "float"}, -1, 3, 224, 224)


def test_values_that_no_scalar_has_are_none_of_an_enum() -> None:
    schema = {"type": "string", "enum": ["a", ["b"], {"c": 1}, None]}
    assert scalar(schema) == Scalar("string", enum=("a",))


def test_a_table_has_columns_in_order() -> None:
    assert columns(TABLE) == (
        Column("age", "integer", "int64"),
        Column("income", "number", "double", nullable=True),
        Column("plan", "string", enum=("basic", "pro")),
        Column("since", "string", "date-time"),
        Column("photo", "string", "binary", required=False),
        Column("scores", "array", required=False, nullable=True),
        Column("note", "any", required=False, nullable=True),
    )
    assert tensor(TABLE) is None
    assert tensors(TABLE) is None


def test_a_tensor_is_nested_arrays_of_one_type() -> None:
    assert tensor(IMAGES) == Tensor("number", "float", (-1, 3, 224, 224))
    assert tensor(nested(INT64, -1)) == Tensor("integer", "int64", (-1,))
    holes = {"type": ["number", "null"], "format": "double"}
    assert tensor(nested(holes, 0)) == Tensor("number", "double", (0,), nullable=True)
    assert columns(IMAGES) is None


def test_named_tensors_are_an_object_of_tensors() -> None:
    schema = {"type": "object", "properties": {"ids": nested(INT64, -1, 128), "pixels": IMAGES}}
    assert tensors(schema) == {
        "ids": Tensor("integer", "int64", (-1, 128)),
        "pixels": Tensor("number", "float", (-1, 3, 224, 224)),
    }
    assert tensor(schema) is None
    assert columns(schema) is None


RECORD = {"type": "object", "properties": {"age": INT64}}
OTHERS: list[Any] = [
    None, True, [], "array", 1, {}, INT64, RECORD,
    {"type": "array"}, {"type": "array", "items": True}, {"type": "array", "items": {"type": "x"}},
    {"type": "array", "items": {"type": "object"}},
    {"type": "array", "items": {"type": "object", "properties": []}},
    {"type": "array", "items": {"type": "object", "properties": {}, "required": True}},
    {"type": "array", "prefixItems": [INT64], "items": INT64},
    {"type": "object", "properties": {}}, {"type": "object", "properties": [INT64]},
    {"type": "object", "properties": {"a": IMAGES, "b": INT64}},
    {"type": ["array", "null"], "items": INT64}, {"type": [[]], "items": INT64},
    {"type": "array", "items": {"type": ["integer", "string"]}}, {"anyOf": [INT64]},
]  # fmt: skip


@pytest.mark.parametrize("schema", OTHERS, ids=str)
def test_any_other_schema_is_in_none_of_these_forms(schema: Any) -> None:
    assert (columns(schema), tensor(schema), tensors(schema)) == (None, None, None)


def test_a_schema_nested_without_end_is_no_tensor() -> None:
    endless: dict[str, Any] = {"type": "array"}
    endless["items"] = endless
    assert tensor(endless) is None
    assert tensor(nested(INT64, *[1] * 64)) is not None


def test_a_category_is_null_only_if_null_is_among_its_values() -> None:
    found = [
        scalar({"type": ["string", "null"], "enum": it}) for it in (["a"], ["a", None], "a", [])
    ]
    assert found == [
        Scalar("string", enum=("a",)),
        Scalar("string", nullable=True, enum=("a",)),
        Scalar("string", nullable=True),
        Scalar("string", enum=()),
    ]


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        (TABLE, "a table of 7 columns"),
        (IMAGES, "float [any, 3, 224, 224]"),
        ({"type": "object", "properties": {"ids": IMAGES}}, "1 named tensor"),
        (INT64, "int64"),
        ({"type": ["string", "null"]}, "string or null"),
        ({"type": "string", "enum": ["basic", "p" * 40]}, f"string, one of basic, {'p' * 21}..."),
        ({"type": "integer", "enum": list(range(9))}, "integer, one of 9 values"),
        ({"type": ["string", "integer"]}, "string or integer"),
        (RECORD, "object"),
        ({}, "anything"),
        (True, "anything"),
        ({"type": "text"}, "anything"),
    ],
)
def test_words(schema: Any, said: str) -> None:
    assert words(schema) == said
