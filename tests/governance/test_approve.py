"""What a principal last said, of words made by hand and signers that are simply believed."""

from __future__ import annotations

from typing import cast

import pytest

from cases import settings, signer
from mreg.git import tagobjects
from mreg.governance import approve
from mreg.governance.trust import Trust
from mreg.policy import approvals
from mreg.policy.approvals import Place
from mreg.policy.case import Approval, Signer, Verdict

PLACE = Place("churn", "v1.0.0", "prod", "carol")
REGISTRATION = "1" * 40


class Believed:
    """Takes the name of the tagger for the signer's: in place of `Trust`."""

    settings = settings()

    def signer(self, _: str, raw: bytes) -> Signer:
        return signer(raw.partition(b"\ntagger ")[2].split(b" ")[0].decode())

    def principal(self, found: Signer) -> str | None:
        return found.principal


def word(time: int, verdict: Verdict = "approve", by: str = "carol") -> tuple[str, bytes]:
    draft = approvals.draft(
        PLACE, verdict, REGISTRATION, None, registry="models", message="", now=time
    )
    head = f"object {draft.target}\ntype tag\ntag {draft.name}\n"
    tagger = f"tagger {by} <{by}@example.com> {draft.time} +0000"
    return f"{time:040x}", f"{head}{tagger}\n\n{draft.text}".encode()


def last(*words: tuple[str, bytes], until: int | None = None) -> Approval | None:
    return approve.last(cast(Trust, Believed()), PLACE, words, until)


def test_nobody_said_anything() -> None:
    assert last() is None


@pytest.mark.parametrize("verdict", ["approve", "reject"])
def test_the_last_word_counts(verdict: Verdict) -> None:
    found = last(word(200, verdict), word(100, "approve"))
    assert found
    assert (found.verdict, found.time, found.fault) == (verdict, 200, "")


def test_a_stranger_on_top_does_not_lift_a_rejection() -> None:
    found = last(word(200, by="mallory"), word(100, "reject"))
    assert found
    assert (found.verdict, found.time) == ("reject", 100)


def test_an_approval_below_a_stranger_does_not_come_back() -> None:
    found = last(word(200, by="mallory"), word(100))
    assert found
    assert "mallory" in found.fault


def test_what_was_said_later_does_not_bear_on_it() -> None:
    found = last(word(20_000, "reject"), word(100), until=1000)
    assert found
    assert (found.verdict, found.time) == ("approve", 100)


def test_what_is_no_tag_object_says_nothing() -> None:
    found = approve.last(cast(Trust, Believed()), PLACE, [("2" * 40, tagobjects.MISSING)])
    assert found
    assert found.fault.startswith("the ref holds no tag object")
