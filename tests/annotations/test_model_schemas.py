"""The field `schema`: read leniently, kept, written as people write it."""

from __future__ import annotations

from typing import Any

import pytest

from mreg.annotations import changes, document, edit, entry, packed, values
from mreg.annotations.entry import Annotation
from mreg.schemas.model import ModelSchema

COUNTS = {"type": "array", "items": {"type": "integer", "format": "int64"}}
TABLE: dict[str, Any] = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            "age": {"type": "integer", "format": "int64"},
            "income": {"type": ["number", "null"], "format": "double"},
            "plan": {"type": "string", "enum": ["basic", "no"]},
            'a "b"\nc': {"type": "string", "contentEncoding": "base64"},
        },
        "required": ["age"],
    },
}


def read(value: Any, folder: str = "") -> entry.Entry:
    return entry.read({"schema": value}, folder)


def test_a_schema_is_read_with_its_example_seen_from_the_root() -> None:
    said = {"input": TABLE, "output": COUNTS, "methods": ["predict"], "example": "x.example.json"}
    found = read(said, "models")
    assert found.fields == {
        "schema": ModelSchema(TABLE, COUNTS, ("predict",), "models/x.example.json")
    }
    assert found.complaints == ()
    assert found.fields["schema"].input is not TABLE


@pytest.mark.parametrize(
    ("value", "rest", "why"),
    [
        ([], None, "schema is not a mapping"),
        (
            {"input": [1], "output": COUNTS},
            ModelSchema(output=COUNTS),
            "schema cannot be read completely: input is not a mapping",
        ),
        (
            {"methods": "predict", "example": 5},
            ModelSchema(),
            (
                "schema cannot be read completely: methods is not a list;"
                " example is 5, not a string; put it in quotes"
            ),
        ),
    ],
)
def test_what_cannot_be_read_is_left_out(value: Any, rest: ModelSchema | None, why: str) -> None:
    found = read(value)
    assert found.fields.get("schema") == rest
    assert found.unread == {"schema": why}


def test_what_is_said_of_nothing_is_no_fault() -> None:
    found = read({"input": None, "mine": 1})
    assert (found.fields["schema"], found.unread) == (ModelSchema(), {})


def test_it_is_kept_and_is_json_with_what_is_said_alone() -> None:
    said = Annotation(schema=ModelSchema(TABLE, methods=("predict",)))
    assert packed.unpack(packed.pack(said)) == said
    assert entry.as_dict(said)["schema"] == {"input": TABLE, "methods": ["predict"]}
    assert values.look_up(said, "schema.methods", of="churn") == ["predict"]
    assert entry.as_dict(Annotation())["schema"] is None


def test_it_is_written_as_people_write_it_and_read_again() -> None:
    wanted = changes.of(
        {"schema": {"input": TABLE, "output": COUNTS, "example": "models/x.example.json"}},
        "churn",
        "models",
    )
    text = edit.apply("churn:\n  type: model\n", wanted)
    assert text == (
        """\
churn:
  type: model
  schema:
    input:
      type: array
      items:
        type: object
        properties:
          age: {type: integer, format: int64}
          income:
            type: [number, "null"]
            format: double
          plan:
            type: string
            enum: [basic, "no"]
          "a \\"b\\"\\nc": {type: string, contentEncoding: base64}
        required: [age]
    output:
      type: array
      items: {type: integer, format: int64}
    example: x.example.json
"""
    )
    found = entry.read(document.load(text.encode())["churn"], "models")
    assert found.fields["schema"] == ModelSchema(TABLE, COUNTS, (), "models/x.example.json")


def test_a_part_is_replaced_or_taken_away_and_the_others_stay() -> None:
    before = "churn:\n  schema:\n    input: {type: array}\n    output: {type: array} # hand-made\n"
    said = changes.of({"schema": {"input": COUNTS, "example": None}}, "churn", "")
    text = edit.apply(before, said)
    assert "{type: array} # hand-made" in text
    assert entry.read(document.load(text.encode())["churn"], "").fields["schema"].input == COUNTS
    gone = edit.apply(text, changes.of({"schema": {"input": None}}, "churn", ""))
    assert gone == "churn:\n  schema:\n    output: {type: array} # hand-made\n"
