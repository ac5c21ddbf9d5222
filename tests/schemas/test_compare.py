"""What became of a schema, and whom it breaks: pairs of schemas made by hand, and at random."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mreg.schemas.check import misfits
from mreg.schemas.compare import SchemaChange, changes
from mreg.schemas.model import ModelSchema

JSON = dict[str, Any]
INT64: JSON = {"type": "integer", "format": "int64"}
DOUBLE: JSON = {"type": "number", "format": "double"}
TEXT: JSON = {"type": "string"}


def table(required: list[str] | None = None, **properties: JSON) -> JSON:
    needed = list(properties) if required is None else required
    row = {"type": "object", "properties": properties, "required": needed}
    return {"type": "array", "items": row}


def nested(inner: JSON, *sizes: int) -> JSON:
    for size in reversed(sizes):
        fixed = {"minItems": size, "maxItems": size} if size >= 0 else {}
        inner = {"type": "array", **fixed, "items": inner}
    return inner


def texts(was: Any, now: Any) -> list[str]:
    """Return what is said of an input that changed; and make sure of the output's mirror image."""
    found = changes(ModelSchema(input=was), ModelSchema(input=now))
    back = changes(ModelSchema(output=now), ModelSchema(output=was))
    if was is not None and now is not None:
        known = {it.place: it.breaks for it in found if it.was and it.now}
        assert {it.place: it.breaks for it in back if it.was and it.now} == known
    return [it.text for it in found]


def test_the_same_schema_has_no_changes() -> None:
    one = ModelSchema(table(age=INT64), nested(INT64, -1), ("predict",), "x.json")
    assert changes(one, one) == ()
    assert changes(one, one._replace(example="y.json")) == ()
    assert changes(ModelSchema(), ModelSchema()) == ()


def test_a_column_of_another_kind() -> None:
    found = changes(
        ModelSchema(table(age=INT64, plan=TEXT)), ModelSchema(table(age=DOUBLE, plan=TEXT))
    )
    said = "input `age` was int64, is double: breaks callers"
    assert found == (SchemaChange("input", "age", "int64", "double", True, said),)


WIDER = [
    ({"type": "integer", "format": "int32"}, INT64),
    ({"type": "integer", "format": "uint8"}, {"type": "integer", "format": "int16"}),
    (INT64, {"type": "integer"}),
    ({"type": "number", "format": "float16"}, {"type": "number", "format": "float"}),
    ({"type": "number", "format": "bfloat16"}, DOUBLE),
    (DOUBLE, {"type": "number"}),
    ({"type": "number"}, DOUBLE),
    (INT64, {"type": ["integer", "null"], "format": "int64"}),
    ({"type": "string", "enum": ["a"]}, {"type": "string", "enum": ["b", "a"]}),
    ({"type": "string", "enum": ["a"]}, TEXT),
    ({"type": "string", "format": "date"}, TEXT),
    (INT64, {}),
    (TEXT, {"type": ["string", "integer"]}),
    ({"type": "integer", "minimum": 5}, {"type": "integer", "minimum": 4}),
    ({"type": "integer", "maximum": 5}, {"type": "integer"}),
    (nested(INT64, 3), nested(INT64, -1)),
    (nested({"type": "number", "format": "float"}, 3), nested(DOUBLE, 3)),
]
NARROWER = [(now, was) for was, now in WIDER if "number" not in (was.get("type"), now.get("type"))]
OTHER = [
    (INT64, DOUBLE),
    (INT64, TEXT),
    (INT64, {"type": "integer", "format": "uint64"}),
    (
        {"type": "number", "format": "float16"},
        {"type": "number", "format": "bfloat16"},
    ),
    ({"type": "string", "enum": ["a", "b"]}, {"type": "string", "enum": ["a", "c"]}),
    ({"type": "integer", "enum": [1]}, {"type": "integer", "enum": [True]}),
    ({"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}),
    ({"type": "string", "contentEncoding": "base64"}, TEXT),
    (nested(INT64, 3), nested(INT64, 4)),
    (nested(INT64, -1), nested(INT64, -1, -1)),
    (nested(INT64, -1), table(a=INT64)),
    ({"type": "string", "pattern": "a"}, {"type": "string", "pattern": "b"}),
    (TEXT, {"anyOf": [TEXT]}),
    ({"type": "array", "items": TEXT}, {"type": "array", "items": TEXT, "minItems": 1}),
]


@pytest.mark.parametrize(("was", "now"), WIDER, ids=str)
def test_what_takes_more_does_not_break_callers(was: JSON, now: JSON) -> None:
    (said,) = texts(table(x=was), table(x=now))
    assert said.startswith("input `x` was ")
    assert "breaks" not in said


@pytest.mark.parametrize(("was", "now"), NARROWER + OTHER, ids=str)
def test_what_takes_less_or_another_kind_breaks_callers(was: JSON, now: JSON) -> None:
    (said,) = texts(table(x=was), table(x=now))
    assert said.startswith("input `x` was ")
    assert said.endswith(": breaks callers")


def test_columns_that_come_go_and_are_needed() -> None:
    was = table(["age", "plan"], age=INT64, plan=TEXT, note=TEXT)
    now = table(["age", "note", "zip"], age=INT64, note=TEXT, zip=TEXT, hint=TEXT, plan=TEXT)
    assert texts(was, now) == [
        "input `plan` was required, is optional",
        "input `note` was optional, is required: breaks callers",
        "input `zip` is new and required: string: breaks callers",
        "input `hint` is new: string",
    ]
    assert texts(was, table(["age"], age=INT64, plan=TEXT)) == [
        "input `plan` was required, is optional",
        "input `note` is removed: breaks callers",
    ]


def test_what_is_required_and_described_nowhere() -> None:
    one, other = (
        {**TEXT, "type": "object", "properties": {}, "required": it} for it in ([], ["a"])
    )
    assert texts(one, other) == ["input `a` was optional, is required: breaks callers"]
    assert texts(other, one) == ["input `a` was required, is optional"]


def test_an_output_may_promise_more_and_not_less() -> None:
    was, now = table(label=TEXT, score=DOUBLE), table(["label"], label=TEXT, why=TEXT)
    found = changes(ModelSchema(output=was), ModelSchema(output=now))
    assert [it.text for it in found] == [
        "output `score` is removed: breaks callers",
        "output `why` is new: string",
    ]
    optional = table(["label"], label=TEXT, score=DOUBLE)
    (one,) = changes(ModelSchema(output=was), ModelSchema(output=optional))
    assert one.text == "output `score` was required, is optional: breaks callers"


def test_tensors_are_compared_whole() -> None:
    was, now = nested(DOUBLE, -1, 3), nested(DOUBLE, -1, 4)
    assert texts(was, now) == ["input was double [any, 3], is double [any, 4]: breaks callers"]
    named = [{"type": "object", "properties": {"ids": it, "mask": was}} for it in (was, now)]
    (said,) = texts(*named)
    assert said == "input `ids` was double [any, 3], is double [any, 4]: breaks callers"


def test_a_record_within_a_record() -> None:
    def record(zip_code: JSON) -> JSON:
        address = {"type": "object", "properties": {"zip": zip_code}}
        return {"type": "object", "properties": {"address": address}}

    (said,) = texts(record(TEXT), record(INT64))
    assert said == "input `address.zip` was string, is int64: breaks callers"


def test_what_only_explains_makes_no_difference() -> None:
    assert texts(table(x=INT64), table(x={**INT64, "description": "in years"})) == []


def test_whether_other_columns_are_let_through() -> None:
    def closed(*, more: bool | None) -> JSON:
        found = table(x=INT64)
        if more is not None:
            found["items"]["additionalProperties"] = more
        return found

    assert texts(closed(more=False), closed(more=None)) == [
        "input was with additionalProperties false, is without additionalProperties"
    ]
    (said,) = texts(closed(more=True), closed(more=False))
    assert said.endswith("is with additionalProperties false: breaks callers")


def test_a_side_that_is_said_for_the_first_time_or_no_more() -> None:
    assert texts(None, table(x=INT64)) == ["input is new: a table of 1 column"]
    assert texts(table(x=INT64), None) == ["input is removed: breaks callers"]


def test_methods() -> None:
    one, two = ModelSchema(methods=("predict", "transform")), ModelSchema(methods=("predict",))
    assert [it.text for it in changes(one, two)] == [
        "method `transform` is removed: breaks callers"
    ]
    assert [it.text for it in changes(two, one)] == ["method `transform` is new"]
    assert changes(ModelSchema(), two) == ()


def test_a_schema_nested_deeper_than_is_looked_into_breaks_if_it_differs() -> None:
    def deep(inner: JSON) -> JSON:
        for _ in range(90):
            inner = {"type": "object", "properties": {"a": inner}}
        return inner

    (said,) = texts(deep(INT64), deep({"type": "integer"}))
    assert said.endswith("was object, is object: breaks callers")


NAMES = st.sampled_from(["a", "b"])
TYPES = st.sampled_from(["string", "number", "integer", "boolean", "null"])
SCALARS = (
    st.none() | st.booleans() | st.integers(-3, 300) | st.floats(-3, 3) | st.sampled_from("xy")
)
SIZES = st.integers(0, 2)
KEYWORDS: dict[str, st.SearchStrategy[Any]] = {
    "type": TYPES | st.lists(TYPES, min_size=1, max_size=2, unique=True),
    "format": st.sampled_from(["int8", "uint8", "int64", "float", "double"]),
    "enum": st.lists(SCALARS, max_size=3),
    "minimum": st.integers(-2, 2),
    "exclusiveMaximum": st.integers(-2, 2),
    "minLength": SIZES,
    "minItems": SIZES,
    "maxItems": SIZES,
    "required": st.lists(NAMES, max_size=2, unique=True),
    "minProperties": SIZES,
}
OF_LEAVES = ("type", "format", "enum", "minimum", "exclusiveMaximum", "minLength")
LEAVES = st.fixed_dictionaries({"type": TYPES}, optional={it: KEYWORDS[it] for it in OF_LEAVES[1:]})


def wholes(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Make schemas of a value, of an array and of a record."""
    sizes = {it: KEYWORDS[it] for it in ("minItems", "maxItems")}
    needs = {it: KEYWORDS[it] for it in ("required", "minProperties")}
    properties = st.dictionaries(NAMES, leaves, max_size=2)
    return (
        leaves
        | st.fixed_dictionaries({"type": st.just("array"), "items": leaves}, optional=sizes)
        | st.fixed_dictionaries(
            {"type": st.just("object"), "properties": properties}, optional=needs
        )
    )


@st.composite
def edited(draw: st.DrawFn, schema: JSON) -> JSON:
    """Make of a schema one of which some keywords are gone, are others, or are new."""
    found: JSON = {}
    for keyword, it in schema.items():
        if keyword == "properties":
            found[keyword] = {name: draw(edited(leaf)) for name, leaf in it.items()}
        elif keyword == "items":
            found[keyword] = draw(edited(it))
        elif keyword == "type" or draw(st.booleans()):
            found[keyword] = it
    more = draw(st.none() | st.sampled_from(list(KEYWORDS)))
    if more and not (more == "type" and found["type"] in ("array", "object")):
        found[more] = draw(KEYWORDS[more])
    return found


def knows(schema: JSON, value: Any) -> bool:
    """Tell whether a schema says something of all that is in a value."""
    return not isinstance(value, dict) or value.keys() <= schema.get("properties", {}).keys()


@given(st.data())
def test_what_breaks_no_callers_takes_all_that_was_taken(data: st.DataObject) -> None:
    was = data.draw(wholes(LEAVES))
    now = data.draw(edited(was))
    value = data.draw(
        SCALARS | st.lists(SCALARS, max_size=2) | st.dictionaries(NAMES, SCALARS, max_size=2)
    )
    if misfits(was, value) or not knows(was, value):
        return
    found = changes(ModelSchema(input=was), ModelSchema(input=now))
    assert not misfits(now, value) or any(it.breaks for it in found)
    back = changes(ModelSchema(output=now), ModelSchema(output=was))
    assert not misfits(now, value) or any(it.breaks for it in back)
