"""What became of a push, told from what Git said and from what the remote holds."""

from __future__ import annotations

import pytest

from mreg.git.pushed import Pushed, Result
from mreg.store.remote import Offer, RemoteRefs, Verdict, guard, judge, refuses_guards

TAG, GUARD = "churn#prod#2", guard("churn")
OLD, NEW, OTHER = "a" * 40, "b" * 40, "c" * 40
WANTED = {TAG: NEW}


def offer(expected: str = OLD) -> Offer:
    return Offer({f"refs/tags/{TAG}": NEW}, {GUARD: NEW}, {GUARD: expected})


def sight(last: str = OLD, **tags: str) -> RemoteRefs:
    return RemoteRefs({}, tags, {"churn": last} if last else {}, {})


def said(tag: str, last: str, text: str = "") -> Pushed:
    """Return a push in which each ref was refused for a reason."""
    summary = "[remote rejected]"
    results = {
        f"refs/tags/{TAG}": Result("!", f"{summary} ({tag})"),
        GUARD: Result("!", f"{summary} ({last})"),
    }
    return Pushed(1, results, text)


CUT_SHORT = Pushed(128, {}, "fatal: the remote end hung up unexpectedly")
LOCKED = "remote: error: cannot lock ref 'x': Unable to create '/r/x.lock': File exists."
STALE = said("atomic push failed", "stale info")
IN_TRANSACTION = said("atomic transaction failed", "atomic transaction failed", "in another tongue")


@pytest.mark.parametrize(
    ("pushed", "seen", "expected"),
    [
        (STALE, sight(OTHER), Verdict.LOST),
        (CUT_SHORT, sight(OTHER), Verdict.LOST),
        (said("already exists", "atomic push failed"), sight(**{TAG: OTHER}), Verdict.LOST),
        (STALE, sight(), Verdict.BUSY),
        (said("atomic transaction failed", "x", LOCKED), sight(), Verdict.BUSY),
        (CUT_SHORT, sight(), Verdict.VANISHED),
        (Pushed(None, {}, ""), sight(), Verdict.VANISHED),
        (said("hook declined", "atomic push failure"), sight(), Verdict.REFUSED),
        (IN_TRANSACTION, sight(), Verdict.REFUSED),
    ],
)
def test_verdict(pushed: Pushed, seen: RemoteRefs, expected: Verdict) -> None:
    assert judge(WANTED, offer(), pushed, seen) is expected


def test_guard_that_can_be_pushed_and_not_listed() -> None:
    """It is refused as stale, and nothing is to be seen of it: that will not change."""
    assert judge(WANTED, offer(""), STALE, sight("")) is Verdict.REFUSED
    assert refuses_guards(offer(""), STALE)


@pytest.mark.parametrize(
    ("pushed", "expected"),
    [
        (said("atomic push failure", "hook declined"), True),
        (said("pre-receive hook declined", "pre-receive hook declined"), True),
        (said("x", "deny updating a hidden ref"), True),
        (Pushed(1, {}, "not today"), True),
        (said("hook declined", "atomic push failure"), False),
        (said("x", "x", "remote: it does not hold the last event of churn"), False),
        (CUT_SHORT, False),
        (IN_TRANSACTION, False),
        (said("failed to update ref", "failed to update ref"), False),
    ],
)
def test_guard_is_left_out_only_if_it_may_be_what_was_refused(
    pushed: Pushed, expected: bool
) -> None:
    assert refuses_guards(offer(), pushed) is expected


def test_without_a_guard_there_is_none_to_leave_out() -> None:
    plain = Offer({f"refs/tags/{TAG}": NEW}, {}, {})
    assert not refuses_guards(plain, said("hook declined", "x"))
