"""docs/reference/settings.md: every key and every code, with examples that are good."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

import json_schemas
from commandline import CommandLine
from mreg.annotations import document
from mreg.annotations.findings import CODES
from mreg.policy import model
from mreg.policy.file import read, schema

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "reference" / "settings.md").read_text()
EXAMPLES = re.findall(r"(?ms)^```yaml\n(.*?)^```$", PAGE)


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples_are_good(example: str) -> None:
    assert read.read(example.encode()).findings == ()
    content = document.load(example.encode())
    assert list(json_schemas.validator(schema.json_schema()).iter_errors(content)) == []


def test_the_long_example_has_every_key_of_the_top() -> None:
    assert document.load(EXAMPLES[-1].encode()).keys() == _keys(schema.SettingsFile)


def _keys(model: type[BaseModel]) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}


def test_every_key_has_its_row() -> None:
    known: list[type[BaseModel]] = [schema.SettingsFile, schema.Principal, schema.Stage]
    known += [schema.StageRequirements, schema.Tolerance, schema.Endpoint]
    rows = re.findall(r"(?m)^\| `(\w+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", PAGE)
    assert sorted(key for key, *_ in rows) == sorted(key for it in known for key in _keys(it))


@pytest.mark.parametrize(
    ("shape", "value"),
    [
        (schema.SettingsFile, model.Settings),
        (schema.Stage, model.Gate),
        (schema.StageRequirements, model.Requirements),
        (schema.Endpoint, model.Endpoint),
    ],
)
def test_every_setting_becomes_the_value_of_its_name(
    shape: type[BaseModel], value: type[tuple[object, ...]]
) -> None:
    settings = {name.rstrip("_") for name in shape.model_fields}
    assert settings == set(value._fields)  # type: ignore[attr-defined] # it is a NamedTuple


def test_every_code_is_explained() -> None:
    rows = re.findall(r"(?m)^\| (MS\d+) \| (\w+) \| ([^|]+) \| [^|]+ \|$", PAGE)
    own = {code: tuple(kind[:2]) for code, kind in CODES.items() if code.startswith("MS")}
    assert {code: (severity, title) for code, severity, title in rows} == own
    assert len(rows) == len(own)


def test_the_schema_under_docs_is_the_one_that_is_printed(mreg: CommandLine) -> None:
    """To write it anew: mreg schema --settings > docs/reference/mreg.schema.json."""
    assert (
        mreg.ok("schema", "--settings").out == (DOCS / "reference" / "mreg.schema.json").read_text()
    )


def test_it_is_a_schema_of_its_draft() -> None:
    json_schemas.validator(schema.json_schema())  # raises if it is none
