"""The rule on schemas: what it says of a version beside the one that holds the stage."""

from __future__ import annotations

from typing import Any

import pytest

from cases import annotated, promotion, settings
from handmade import history
from mreg.annotations.entry import Annotation
from mreg.policy import gates
from mreg.policy.case import Case, Ruling
from mreg.policy.compatibility import MOST_CHANGES
from mreg.policy.model import Gate
from mreg.schemas.model import ModelSchema

GATE = Gate(schema="compatible")
HELD = history(("churn@v1.0.0", "a"), ("churn@v2.0.0", "b"), ("churn#prod#1", "b"))


def table(**columns: Any) -> Annotation:
    """Return an annotation whose input is a table; a column is required but for what ends in _."""
    properties = {name.rstrip("_"): it for name, it in columns.items()}
    required = [name for name in columns if not name.endswith("_")]
    rows = {"type": "object", "properties": properties, "required": required}
    return annotated(schema=ModelSchema({"type": "array", "items": rows}))


INT, TEXT = {"type": "integer", "format": "int64"}, {"type": "string"}


def judged(case: Case) -> list[Ruling]:
    return [it for it in gates.check(settings(GATE), case) if it.rule == "schema"]


def ruling(now: Annotation | None, before: Annotation | None, **changes: Any) -> Ruling:
    (found,) = judged(promotion(HELD, annotation=now, holder=before, **changes))
    return found


@pytest.mark.parametrize(
    ("now", "before", "passed", "reason"),
    [
        (table(age=INT), table(age=INT), True, "it is the same as that of v2.0.0"),
        (
            table(age=INT, plan_=TEXT),
            table(age=INT),
            True,
            "1 change against v2.0.0, and its callers keep working",
        ),
        (
            table(age=TEXT, plan=TEXT),
            table(age=INT, zip=TEXT),
            False,
            (
                "it would break callers of v2.0.0: input `age` was int64, is string; "
                "input `zip` is removed; input `plan` is new and required: string"
            ),
        ),
        (
            annotated(schema=ModelSchema(methods=("predict",))),
            annotated(schema=ModelSchema(methods=("predict", "transform"))),
            False,
            "it would break callers of v2.0.0: method `transform` is removed",
        ),
        (None, table(age=INT), False, "v1.0.0 has no schema, but v2.0.0 has one"),
        (annotated(), table(age=INT), False, "v1.0.0 has no schema, but v2.0.0 has one"),
        (
            annotated(schema=ModelSchema(example="rows.json")),
            table(age=INT),
            False,
            "v1.0.0 has no schema, but v2.0.0 has one",
        ),
        (table(age=INT), annotated(), True, "v2.0.0 has no schema to compare with"),
        (table(age=INT), None, True, "v2.0.0 has no schema to compare with"),
        (annotated(), annotated(), True, "v2.0.0 has no schema to compare with"),
        (
            annotated(unread={"schema": "input is a list"}),
            annotated(),
            False,
            "it cannot be read: input is a list",
        ),
        (
            table(age=INT),
            annotated(unread={"schema": "input is a list"}),
            False,
            "the schema of v2.0.0 to compare with cannot be read: input is a list",
        ),
    ],
)
def test_what_it_says(
    now: Annotation | None, before: Annotation | None, passed: bool, reason: str
) -> None:
    found = ruling(now, before)
    assert (found.passed, found.reason) == (passed, reason)
    assert bool(found.hint) != passed


def test_an_annotation_that_cannot_be_read_may_say_anything() -> None:
    assert ruling(None, annotated(), unreadable="line 1: no").reason == (
        "it cannot be read: line 1: no"
    )


def test_without_another_holder_it_passes_and_says_so() -> None:
    for past in (history(("churn@v1.0.0", "a")), HELD):
        version = "v1.0.0" if past is not HELD else "v2.0.0"
        (found,) = judged(promotion(past, version, annotation=table(age=INT)))
        assert (found.passed, found.reason) == (
            True,
            "there is no version to compare it with: no other version of churn is in prod",
        )


def test_what_is_no_promotion_and_what_takes_one_back_is_not_compared() -> None:
    assert (
        judged(promotion(HELD, annotation=annotated(), holder=table(age=INT), rollback=True)) == []
    )
    assert judged(promotion(HELD, action="demote")) == []
    assert judged(promotion(HELD, action="register", stage=None)) == []


def test_of_very_many_changes_some_are_named_and_the_others_counted() -> None:
    before = table(**{f"c{number}": INT for number in range(10_000)})
    found = ruling(table(age_=INT), before)
    assert found.reason.count(" is removed") == MOST_CHANGES
    assert found.reason.endswith("; and 9980 more")


def test_a_bare_commit_that_holds_the_stage_is_called_by_its_commit() -> None:
    past = history(("churn@v1.0.0", "a"), ("churn#prod#1", "b"))
    (found,) = judged(promotion(past, annotation=table(age=TEXT), holder=table(age=INT)))
    assert found.reason.startswith("it would break callers of bbbbbbbbbbbb: ")
    assert found.hint.startswith("run `mreg diff churn#prod churn@v1.0.0` to see the changes; ")
