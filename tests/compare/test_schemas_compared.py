"""What a diff, and the compare page, say of the schemas of two versions."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from commandline import CommandLine
from mreg.annotations.entry import Annotation
from mreg.compare import diff, layout
from mreg.compare.diff import Diff, Side
from mreg.compare.layout import BREAKS, MOST_SCHEMA_CHANGES
from mreg.core.queries import Version
from mreg.schemas.model import ModelSchema
from repositories import Maker, Tag

WHEN = datetime(2026, 3, 3, 12, tzinfo=UTC)
INT, DOUBLE = {"type": "integer", "format": "int64"}, {"type": "number", "format": "double"}
TEXT = {"type": "string"}


def side(name: str, **said: Any) -> Side:
    by = ("Ann", "ann@example.com", "m")
    version = Version("churn", name, f"churn@{name}", f"{name}-commit", WHEN, *by, True, (), ())
    return Side(version, Annotation(**said))


def compared(before: dict[str, Any], after: dict[str, Any]) -> Diff:
    return diff.compare(side("v1.0.0", **before), side("v2.0.0", **after))


def table(*required: str, **columns: Any) -> dict[str, Any]:
    rows = {"type": "object", "properties": columns, "required": [*required]}
    return {"type": "array", "items": rows}


OLD = ModelSchema(table("age", "plan", age=INT, plan=TEXT), table("p", p=DOUBLE), ("predict",))
NEW = ModelSchema(table("age", age=DOUBLE, since=TEXT), table("p", p=INT), ("predict", "transform"))


def test_each_change_is_told_and_what_breaks_callers_is_marked_and_first() -> None:
    found = compared({"schema": OLD}, {"schema": NEW})
    assert found.changed
    assert found.fields == ()
    assert [it.text for it in found.schema] == [
        "input `age` was int64, is double: breaks callers",
        "input `plan` is removed: breaks callers",
        "input `since` is new: string",
        "output `p` was double, is int64: breaks callers",
        "method `transform` is new",
    ]
    [section] = layout.sections(found)
    assert section.title == "Schema"
    assert section.header == ("schema", "v1.0.0", "v2.0.0", "")
    assert section.rows == [
        ("input age", "int64", "double", BREAKS),
        ("input plan", "string", "-", BREAKS),
        ("output p", "double", "int64", BREAKS),
        ("input since", "-", "string", ""),
        ("method transform", "-", "there", ""),
    ]


def test_a_schema_that_only_one_of_them_has() -> None:
    [first, *_] = compared({}, {"schema": OLD}).schema
    assert (first.text, first.breaks) == ("input is new: a table of 2 columns", False)
    assert {it.breaks for it in compared({"schema": OLD}, {}).schema} == {True}


def test_nothing_is_said_where_one_of_them_could_not_be_read() -> None:
    unread = {"schema": "input is a list"}
    assert compared({"schema": OLD}, {"unread": unread}).schema == ()
    assert compared({"schema": OLD}, {"schema": NEW, "unread": unread}).schema == ()


def test_where_the_example_is_says_nothing_of_callers() -> None:
    found = compared({"schema": OLD}, {"schema": OLD._replace(example="rows.json")})
    assert found.schema == ()
    assert [(it.name, it.after) for it in found.fields] == [("schema.example", "rows.json")]


def test_of_very_many_changes_some_are_shown() -> None:
    wide = {f"c{number}": INT for number in range(10_000)}
    found = compared({"schema": ModelSchema(table(**wide))}, {"schema": ModelSchema(table())})
    assert len(found.schema) == 10_000
    [section] = layout.sections(found)
    assert len(section.rows) == MOST_SCHEMA_CHANGES + 1
    assert section.rows[-1] == ("...", "", "and 9,960 more", "")


def test_as_a_dataframe() -> None:
    frame = compared({"schema": OLD}, {"schema": NEW}).to_pandas()
    assert list(frame["name"])[:2] == ["input age", "input plan"]
    assert list(frame["verdict"] == "breaks callers") == [True, True, False, True, False]


HOSTILE = "\x1b[31mred\x1b[0m\n::set-output name=x::y | <b>@ann</b> `x`"


@pytest.fixture
def asked(make_repository: Maker, mreg: CommandLine) -> Any:
    """Return what asks about two versions, of which the second lacks a hostile column."""
    files = [
        {"artifacts.yaml": json.dumps({"churn": {"schema": it.plain()}}).encode()}
        for it in (ModelSchema(table(**{HOSTILE: INT})), ModelSchema(table()))
    ]
    repo = make_repository([Tag("churn@v1.0.0"), Tag("churn@v2.0.0", 1, 1)], commits=files)
    return lambda *words: mreg.ok("diff", "churn@v1.0.0", "churn@v2.0.0", *words, repo=repo)


def test_a_hostile_name_reaches_no_terminal_and_no_markup(asked: Any) -> None:
    shown = asked().out
    assert "input \\x1b[31mred" in shown
    assert "\x1b" not in shown
    assert "\n::set" not in shown
    assert "<b>" not in asked("--md").out
    [change] = asked("--json").json["schema"]
    assert (change["place"], change["breaks"]) == (HOSTILE, True)
    assert set(change) == {"side", "place", "was", "now", "breaks", "text"}
