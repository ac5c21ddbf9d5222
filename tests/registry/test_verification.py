"""What was found of events, of a push and of tampering, in a sentence."""

from __future__ import annotations

from typing import Any

import pytest

from mreg.core.diagnostics import Diagnostic
from mreg.governance.updates import Received
from mreg.policy.case import Ruling
from mreg.policy.verdicts import Audited
from mreg.registry.verification import Verification

GOOD = Audited("churn@v1.0.0", "1" * 40, "register", "churn", "v1.0.0", None, passed=True)
BAD = GOOD._replace(passed=False, rulings=(Ruling("by", False, "nobody may"),))
REFUSED = Diagnostic("branch", "error", "refs/heads/main", "it may not move")
TRACE = Diagnostic("moved", "error", "churn@v1.0.0", "it was moved")
DOUBT = TRACE._replace(severity="warning")


@pytest.mark.parametrize(
    ("found", "passed", "wrong", "summary"),
    [
        ({}, True, 0, "Nothing is wrong."),
        ({"recorded": (GOOD,)}, True, 0, "1 event verified: it is allowed."),
        ({"recorded": (GOOD, BAD)}, False, 1, "2 events verified, 1 of them not allowed."),
        ({"received": Received((), events=(GOOD,))}, True, 0,
         "1 event verified: it is allowed."),
        ({"received": Received((REFUSED,), events=(BAD,))}, False, 1,
         "1 event verified: it is not allowed."),
        ({"received": Received((REFUSED,))}, False, 1, "refs/heads/main would be refused."),
        ({"traces": (TRACE, DOUBT)}, False, 2, "1 trace of tampering."),
        ({"traces": (DOUBT,)}, True, 1, "0 traces of tampering."),
        ({"recorded": (GOOD,), "traces": (TRACE, TRACE)}, False, 2,
         "1 event verified: it is allowed; 2 traces of tampering."),
    ],
)  # fmt: skip
def test_in_a_sentence(found: dict[str, Any], passed: bool, wrong: int, summary: str) -> None:
    verification = Verification(**found)
    assert verification.passed is passed
    assert len(verification.diagnostics) == wrong
    assert verification.summary == summary
