"""The table of fields: what a type checker wants to see of a field stands beside its row."""

from __future__ import annotations

import inspect
from typing import Any

import mreg
from mreg.annotations import changes, entry, schema
from mreg.annotations.changes import Wishes
from mreg.annotations.entry import FIELDS, TABLE, Annotation
from mreg.cli import parameters
from mreg.cli.annotate import annotate
from mreg.search import fields


def test_every_field_is_an_attribute_and_a_wish() -> None:
    assert tuple(FIELDS) == Annotation._fields[: len(FIELDS)]
    assert set(Wishes.__annotations__) == {*FIELDS, "unset"}


def test_every_shape_can_be_read_set_and_checked() -> None:
    shapes = {it.shape for it in TABLE}
    for known in (entry._READERS, schema._TYPES):
        assert set(known) == shapes
    values: dict[str, Any] = {it: {"a": 1} for it in ("numbers", "values", "anything")}
    said = {
        "tool": ("a", None),
        "texts": ["a"],
        "inputs": ["a"],
        "schema": {"methods": []},
        **values,
    }
    assert all(changes._edits(it, said.get(it, "a"), ("churn", "field"), "") for it in shapes)


def test_every_field_that_is_typed_is_an_option() -> None:
    options = {it.name for it in parameters.of(annotate)}
    assert options >= {it.name for it in TABLE if it.typed}


def test_a_training_run_can_say_all_that_is_of_a_run() -> None:
    parameters = inspect.signature(mreg.log_artifact).parameters
    assert {it.name for it in TABLE if it.of_run} <= set(parameters)


def test_every_field_that_queries_ask_about_is_one_of_theirs() -> None:
    asked = {it.annotated for it in fields.FIELDS.values() if it.annotated}
    assert asked == {it.name for it in TABLE if it.asked}
