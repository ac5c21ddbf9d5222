"""What is wrong is one kind of value, whoever finds it."""

from __future__ import annotations

import json

import pytest

import mreg
from mreg import Registry
from mreg.annotations import findings
from mreg.core.diagnostics import Diagnostic, Location, problem
from mreg.governance.updates import Update
from mreg.render.json import dumps
from repositories import Lightweight, Maker, Tag

FOUND = problem("MR002", "churn@v1.0.0", "it is a lightweight tag")


def test_json_has_what_it_is_about_and_what_mends_it() -> None:
    assert list(json.loads(dumps(FOUND))) == ["code", "severity", "subject", "message", "remedy"]
    assert FOUND.remedy == FOUND.hint


def test_programs_find_it_under_its_name_of_before() -> None:
    assert mreg.Problem is mreg.Diagnostic is Diagnostic


def test_a_data_frame_has_the_columns_that_json_has() -> None:
    pytest.importorskip("pandas")
    assert [*mreg.to_pandas([FOUND]).columns] == [*Diagnostic.shown()]


def test_where_a_fault_of_a_value_is_in_the_text_is_found() -> None:
    wrong = findings.fault("MA021", ("churn", "path"), "it is a number", "put it in quotes")
    assert wrong == Diagnostic(
        *("MA021", "error", "", "it is a number", "put it in quotes"),
        Location(("churn", "path")),
    )
    [found] = findings.of_faults("artifacts.yaml", "churn:\n  path: 7\n", [wrong])
    assert found._replace(location=Location()) == wrong._replace(
        subject="artifacts.yaml", location=Location()
    )
    at = found.location
    assert (at.line, at.column, at.end_column, at.source) == (2, 9, 10, "  path: 7")


def test_every_check_gives_the_same_kind_of_list(make_repository: Maker) -> None:
    tags = (
        Lightweight("churn@v1.0.0"),
        Tag("churn@v1.1.0", 0, 0, "Register.\n\nPrevious: " + "f" * 40),
    )
    path = make_repository(tags).path
    (path / "artifacts.yaml").write_text("churn: {type: model, path: gone}\n")
    registry = Registry.open(path)
    [verdict] = registry.verify(["churn@v1.0.0"])
    gone = Update("a" * 40, "", "refs/tags/churn@v1.1.0")
    lists = {
        "doctor": registry.problems(),
        "validate": registry.validate([str(path / "artifacts.yaml")]).findings,
        "verify": verdict.diagnostics,
        "tampering": registry.tampering(),
        "push": registry.verify_updates([gone]).refused,
    }
    assert {type(it) for found in lists.values() for it in found} == {Diagnostic}
    assert {name: [it.code for it in found] for name, found in lists.items()} == {
        "doctor": ["MR013", "MR002"],
        "validate": ["MA050"],
        "verify": ["kind"],
        "tampering": ["removed"],
        "push": ["delete"],
    }
