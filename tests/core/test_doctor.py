"""What is wrong with a registry as a whole: each finding by its code, and nothing else."""

from __future__ import annotations

import pytest

from handmade import event, events, state
from mreg.core import doctor
from mreg.core.diagnostics import CATALOGUE, problem
from mreg.core.events import Event

FIRST = event("a@v1.0.0")

FINDINGS: dict[str, tuple[list[Event], list[tuple[str, str]]]] = {
    "one number on two events": (
        [FIRST, event("a#p#1", 1), event("a#q#1", 2), event("a#r#1", 3)],
        [("MR010", "a#q#1"), ("MR010", "a#r#1")],
    ),
    "a promoted version that is not registered": (
        [FIRST, event("a#p#1", 1, version="v9.0.0")],
        [("MR011", "a#p#1")],
    ),
    "a promoted version that is not registered yet": (
        [event("a#p#1", 0, version="v1.0.0"), event("a@v1.0.0", 1)],
        [("MR011", "a#p#1")],
    ),
    "a promotion that names a version of another commit": (
        [FIRST, event("a#p#1", 1, "b", version="v1.0.0")],
        [("MR012", "a#p#1")],
    ),
    "an event before this one is gone": (
        [FIRST, event("a#p#1", 1, trailers={"Previous": "f" * 40})],
        [("MR013", "a#p#1")],
    ),
    "an event follows one that is dated after it": (
        [
            event("a@v1.0.0", 1, trailers={"Previous": event("a@v2.0.0", 5, "b").oid}),
            event("a@v2.0.0", 5, "b"),
        ],
        [("MR013", "a@v1.0.0")],
    ),
    "names that differ only in case": (
        events("Churn@v1.0.0", "churn@v1.0.0"),
        [("MR014", "churn")],
    ),
    "a clock that was behind": (
        [event("a@v1.0.0", 0), event("a#p#1", 60), event("a#q#2", 50)],
        [("MR015", "a#q#2")],
    ),
    "registered already": (events("a@v1.0.0", ("a@v1.0.0#1", "b")), [("MR016", "a@v1.0.0#1")]),
    "deregistered without being registered": ([event("a@v1.0.0!")], [("MR016", "a@v1.0.0!")]),
    "demoted without being there": (
        [FIRST, event("a#p!#1", 1)],
        [("MR016", "a#p!#1")],
    ),
    "not UTF-8": ([FIRST._replace(text=b"caf\xe9\n")], [("MR009", "a@v1.0.0")]),
    "a tagger that is not UTF-8": (
        [FIRST._replace(tagger=b"Zo\xeb <z@example.com>")],
        [("MR009", "a@v1.0.0")],
    ),
    "nothing": (
        [
            *events("a@v1.0.0", ("b@v1.0.0", "b"), "a#p#1", "a#p!#2", "a@v1.0.0!", "a@deprecated"),
            event("a@v1.1.0", 9, trailers={"Previous": "none"}),
        ],
        [],
    ),
    "a chain that holds": (
        [FIRST, event("a#p#1", 1, version="v1.0.0", trailers={"Previous": FIRST.oid})],
        [],
    ),
    "a bare commit that is promoted": ([event("a#p#1")], []),
}


@pytest.mark.parametrize(("found", "expected"), FINDINGS.values(), ids=FINDINGS)
def test_finding(found: list[Event], expected: list[tuple[str, str]]) -> None:
    problems = list(doctor.of_state(state(found)))
    assert [(it.code, it.subject) for it in problems] == expected
    assert all(it.message and it.remedy for it in problems)
    assert all("{" not in it.remedy for it in problems)


def test_problems_met_in_reading_come_first() -> None:
    met = problem("MR002", "a@v9.0.0", "it is a lightweight tag")
    found = state(events("a@v1.0.0!"))
    found.problems = (met,)
    assert [it.code for it in doctor.of_state(found)] == ["MR002", "MR016"]


def test_the_worst_come_first() -> None:
    mixed = [
        problem("MR015", "x", "m"),
        problem("MR002", "z", "m"),
        problem("MR002", "y", "m"),
        problem("MR001", "z", "m"),
        problem("MR003", "x", "m"),
    ]
    assert [(it.code, it.subject) for it in doctor.worst_first(mixed)] == [
        ("MR003", "x"),
        ("MR001", "z"),
        ("MR002", "y"),
        ("MR002", "z"),
        ("MR015", "x"),
    ]


@pytest.mark.parametrize("code", CATALOGUE)
def test_each_kind_of_problem_says_what_it_is_and_what_mends_it(code: str) -> None:
    found = problem(code, "churn@v1.0.0", "something is wrong", hint="do this")
    assert found.severity in ("error", "warning", "info")
    assert CATALOGUE[code].title
    assert found.remedy
    assert "{" not in found.remedy


PROMOTED = [FIRST, event("a@v2.0.0", 1, "b"), event("a#p#1", 2), event("a#p#2", 3, "b")]


@pytest.mark.parametrize(
    ("then", "found"),
    [
        ([], []),
        ([event("a#p#3", 4)], []),
        ([event("a#p!#3", 4, "b")], [("a#p!#3", "downloads v2.0.0; p holds v1.0.0")]),
        (
            [event("a#p!#3", 4, "b"), event("a#p!#4", 5)],
            [("a#p!#4", "downloads v1.0.0; p holds nothing")],
        ),
        (
            [event("a@v2.0.0!", 4, "b")],
            [
                ("a#p#2", "downloads v2.0.0; p holds v1.0.0"),
                ("a@v2.0.0!", "downloads v2.0.0, which is deregistered"),
            ],
        ),
        (
            [event("a@v1.0.0!", 4), event("a@v2.0.0!", 5, "b"), event("a#p!#3", 6, "b")],
            [
                ("a#p!#3", "downloads v2.0.0; p holds nothing"),
                ("a@v2.0.0!", "downloads v2.0.0 and 1 more that are deregistered"),
            ],
        ),
        ([event("a@v2.0.0!", 4, "b"), event("a@v2.0.0#2", 5, "b"), event("a#p#3", 6, "b")], []),
    ],
)
def test_what_dvc_hands_out_that_was_taken_back(
    then: list[Event], found: list[tuple[str, str]]
) -> None:
    [history] = state([*PROMOTED, *then])
    said = [(it.subject, it.message) for it in doctor.unlike_dvc(history)]
    assert [subject for subject, _ in said] == [subject for subject, _ in found]
    assert all(it.endswith(end) for (_, it), (_, end) in zip(said, found, strict=True)), said
