"""Whose word counts, on cases made by hand."""

from __future__ import annotations

from typing import Any

import pytest

from cases import promotion, settings, signer, word
from mreg.policy.model import Gate
from mreg.policy.tally import Tally, stranger, tally

GATE = Gate(approvals=1, approvers=("reviewers",))


def counted(*words: Any, gate: Gate = GATE, **case: Any) -> Tally:
    return tally(settings(gate), gate, promotion(approvals=words, **case))


def test_who_has_approved_and_who_still_could() -> None:
    found = counted(word("carol"), word("dan", "reject"))
    assert (found.approved, found.rejected, found.discounted) == (("carol",), ("dan",), ())
    assert found.open == ("dan",)  # Bob promotes it
    assert not found.anybody


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (word("carol", version="v2.0.0"), "it is for churn v2.0.0 and prod"),
        (word("carol", stage="dev"), "it is for churn v1.0.0 and dev"),
        (word("carol", registration="0" * 40), "it is for another registration of v1.0.0"),
        (word("carol", fault="it has no verdict"), "it has no verdict"),
        (word("ann"), "not among the approvers"),
        (word("bob"), "promotes it"),
        (word("carol", signer=signer("dan")), "made by dan"),
        (
            word("carol", signer=signer("carol", "unsigned")),
            "not signed with one of their keys: the key is unsigned",
        ),
    ],
)
def test_what_counts_for_nothing_and_why(said: Any, why: str) -> None:
    found = counted(said)
    assert found.approved == ()
    assert found.discounted == ((said.principal, why),)


def test_who_wants_it_there_may_stop_it() -> None:
    assert counted(word("bob", "reject")).rejected == ("bob",)


def test_who_registered_it_may_approve_where_the_gate_says_so() -> None:
    gate = Gate(approvals=1)
    assert counted(word("ann"), gate=gate).discounted == (("ann", "registered the version"),)
    assert counted(word("ann"), gate=gate._replace(self_approval=True)).approved == ("ann",)


def test_a_ref_that_a_stranger_wrote_hides_what_its_principal_said() -> None:
    found = counted(word("carol", signer=signer("mallory")), word("ann", signer=signer("mallory")))
    assert found.unknown == (("carol", "made by mallory"),)  # Ann's word would not count


def test_without_principals_anybody_goes_by_their_address() -> None:
    known = settings(GATE, principals={}, roles={}, signatures="optional")
    gate = Gate(approvals=1)
    mine = word("carol@example.com", signer=signer("carol", principal=None))
    assert stranger(known, mine) == ""
    assert (
        stranger(known, mine._replace(principal="dan@example.com")) == "made by carol@example.com"
    )
    assert tally(known, gate, promotion(approvals=(mine,))).anybody
