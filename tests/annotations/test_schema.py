"""The JSON Schema says what the models say, and is the one under docs/."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import json_schemas
from commandline import CommandLine
from mreg.annotations import document, entry, schema
from mreg.core import names
from mreg.errors import InvalidName
from mreg.schemas import model
from yaml_texts import FULL, keys, nested, numbers, words

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

KEPT = Path(__file__).parents[2] / "docs" / "reference" / "artifacts.schema.json"


@cache
def validator() -> Draft202012Validator:
    return json_schemas.validator(schema.json_schema())


texts = words | st.none() | st.just(5)
files = st.lists(words, max_size=2)
values = st.dictionaries(keys, numbers | st.just("high"), max_size=2)
frameworks = st.fixed_dictionaries(
    {}, optional={"name": texts, "version": texts | st.just(1.1), "extra": texts}
)
# A field that is null counts as left out, which JSON Schema cannot say of "one of the three".
inputs = st.fixed_dictionaries(
    {},
    optional={
        "path": words | st.just(5),
        "artifact": words,
        "url": words,
        "sha256": st.just("a" * 64) | st.just("short"),
        "role": st.sampled_from(["training", "base", "other"]),
    },
).filter(lambda it: "sha256" not in it or "url" in it)
entries = st.fixed_dictionaries(
    {},
    optional={
        "type": texts,
        "path": texts,
        "sha256": st.just("A" * 64) | st.just("short"),
        "labels": st.lists(texts, max_size=2) | texts,
        "framework": frameworks | texts,
        "metrics": values | files | texts,
        "params": values | files | texts,
        "inputs": st.lists(inputs, max_size=2) | texts,
        "signature": st.fixed_dictionaries({}, optional={"input": values, "other": texts}),
        "schema": nested(words | numbers) | st.just({"input": {}, "methods": ["predict"]}),
        "requirements": files | texts,
        "custom": nested(words | numbers),
        "virtual": st.booleans() | st.just("yes"),
        "unknown": texts,
    },
).filter(lambda it: "sha256" not in it or it.get("path") is not None)


def test_the_schema_under_docs_is_the_one_that_is_printed(mreg: CommandLine) -> None:
    """To write it anew: mreg schema > docs/reference/artifacts.schema.json."""
    assert mreg.ok("schema").out == KEPT.read_text()


def test_it_is_a_schema_of_its_draft() -> None:
    validator()  # raises if it is none
    assert schema.json_schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_the_models_have_the_fields_that_are_read() -> None:
    read = {*entry.FIELDS, *entry.OLD_NAMES} - {"meta"}  # which is DVC's
    own = {it.alias or name for name, it in schema.Entry.model_fields.items()}
    assert own == {*read, "virtual"}
    assert set(schema.ModelSchema.model_fields) == set(model.ModelSchema._fields)
    assert get_args(schema.Method) == model.METHODS
    assert set(schema.Input.model_fields) == set(entry.Input._fields)
    assert set(schema.Framework.model_fields) == set(entry.Framework._fields)
    assert {entry.OLD_NAMES.get(it, it) for it in schema.DvcEntry.model_fields} <= {*entry.FIELDS}


@settings(max_examples=400)
@given(entries)
def test_schema_and_models_agree(value: dict[str, Any]) -> None:
    by_models = not list(schema.check_entry("a", value))
    assert validator().is_valid({"a": value}) == by_models


@settings(max_examples=300)
@given(st.text(st.sampled_from("aA0_-/.:="), max_size=8))
def test_schema_and_grammar_agree_on_names(name: str) -> None:
    try:
        names.artifact(name)
    except InvalidName as error:
        # What Git's own rules forbid (a part that begins with a dot) is beyond the pattern.
        if "Git cannot hold" in str(error):
            return
        assert not validator().is_valid({name: {}})
    else:
        assert validator().is_valid({name: {}})


@pytest.mark.parametrize(
    ("source", "message", "hint"),
    [
        (
            {"url": "u", "sha256": "short"},
            "inputs[1].sha256 is the string 'short', not 64 hexadecimal digits",
            "",
        ),
        (
            {"path": "x", "role": "trainin"},
            "inputs[1].role is the string 'trainin', not one of training, validation, base, code",
            "did you mean training?",
        ),
        ({"role": "base"}, "inputs[1] has no path, artifact or url", ""),
    ],
)
def test_what_is_wrong_is_said_in_our_words(
    source: dict[str, Any], message: str, hint: str
) -> None:
    (fault,) = schema.check_entry("a", {"inputs": [{"path": "x"}, source]})
    assert (fault.message, fault.hint) == (message, hint)


def test_what_is_good_is_read_without_complaint() -> None:
    content = document.load(FULL.replace("'0123'", "'" + "a" * 64 + "'").encode())
    assert validator().is_valid(content)
    for name, value in content.items():
        assert list(schema.check_entry(name, value)) == []
        assert entry.read(value, "").complaints == ()
