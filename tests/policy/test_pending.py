"""What waits for approvals, as a table says it."""

from __future__ import annotations

from typing import Any

import pytest

from mreg.policy.model import Gate, Settings, table
from mreg.policy.pending import Pending
from mreg.policy.pending import table as pending_table

NOBODY = ("ann", "no reason")


def pending(**more: Any) -> Pending:
    empty: tuple[str, ...] = ()
    found = Pending("churn", "v1.0.0", "prod", 0, 2, empty, empty, (), (), ("ann", "bob"), None)
    return found._replace(**more)


@pytest.mark.parametrize(
    ("more", "move"),
    [
        ({}, "approval by ann or bob"),
        ({"approvers": None}, "approval by anyone"),
        ({"approvers": ()}, "approval by no one: too few approvers"),
        ({"unknown": (NOBODY,)}, "ann, to record it again"),
        ({"unknown": (NOBODY,), "rejected": ("bob",), "have": 2}, "bob, who rejected it"),
        ({"have": 2}, "promotion by anybody"),
        ({"have": 2, "promoters": ("carl", "dan")}, "promotion by carl or dan"),
    ],
)
def test_whose_move_it_is(more: dict[str, Any], move: str) -> None:
    found = pending_table([pending(**more)])
    have = more.get("have", 0)
    assert found.rows == [("churn@v1.0.0", "prod", f"{have} of 2", "-", move)]


def test_nothing_waits() -> None:
    assert (pending_table([]).rows, pending_table([]).empty[:7]) == ([], "Nothing")


def test_gates_begin_with_that_of_registrations() -> None:
    settings = Settings(register=Gate(by=("ann",)), stages={"prod": Gate(after=("dev", "test"))})
    found = table(settings)
    assert found.header == ("stage", "from", "by", "approvals", "branches", "requires")
    assert found.rows == [
        ("(register)", "-", "ann", "-", "-", "-"),
        ("prod", "dev, test", "-", "-", "-", "-"),
    ]
