"""Approvals as values: refs, objects, and what makes one count for nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mreg.errors import Refused
from mreg.policy import approvals
from mreg.policy.approvals import ApprovalDraft, Place
from mreg.policy.case import Approval, Signer, Verdict

PLACE = Place("models:churn", "v1.2.0-rc.1+build", "eu/prod", "ann@example.com")
REF = "refs/mreg/approvals/models=churn@v1.2.0-rc.1+build/eu/prod/ann@example.com"
REGISTRATION, FIRST = "1" * 40, "2" * 40
ANN = Signer("Ann", "ann@example.com", "good", "ann@example.com", "SHA256:x")


def draft(
    last: Approval | None = None,
    *,
    verdict: Verdict = "approve",
    registry: str | None = "acme",
    message: str = "",
    now: int = 100,
) -> ApprovalDraft:
    return approvals.draft(
        PLACE, verdict, REGISTRATION, last, registry=registry, message=message, now=now
    )


def raw(wanted: ApprovalDraft) -> bytes:
    headers = f"object {wanted.target}\ntype tag\ntag {wanted.name}\n"
    return f"{headers}tagger Ann <ann@example.com> {wanted.time} +0100\n\n{wanted.text}".encode()


def read(content: bytes, registry: str | None = "acme") -> Approval:
    return approvals.read(PLACE, FIRST, content, ANN, registry)


def test_a_ref_says_whose_word_it_is_and_on_what() -> None:
    assert PLACE.ref == REF
    assert approvals.parse_ref(REF) == PLACE


@pytest.mark.parametrize(
    "ref",
    [
        "refs/mreg/approvals/churn@v1.0.0/prod",
        "refs/mreg/approvals/churn@v1.0.0//ann",
        "refs/mreg/approvals/churn@v1.0/prod/ann",
        "refs/mreg/approvals/churn@v1.0.0!/prod/ann",
        "refs/mreg/approvals/churn@v1.0.0#2/prod/ann",
        "refs/mreg/approvals/churn@deprecated/prod/ann",
        "refs/mreg/approvals/churn#prod#1",
        "refs/mreg/approvals/@v1.0.0/prod/ann",
        "refs/tags/churn@v1.0.0",
    ],
)
def test_another_ref_is_no_approvals(ref: str) -> None:
    assert approvals.parse_ref(ref) is None


@given(
    st.sampled_from(["churn", "nlp/churn", "models:churn", "a/b:c/d"]),
    st.sampled_from(["v1.0.0", "v1.0.0-rc.1", "v1.0.0-x-y+z.1"]),
    st.sampled_from(["prod", "eu/prod", "a-b_c"]),
    st.sampled_from(["ann", "ann@example.com", "a+b@c", "x=y"]),
)
def test_every_ref_is_read_back(artifact: str, version: str, stage: str, who: str) -> None:
    place = Place(artifact, version, stage, who)
    assert approvals.parse_ref(place.ref) == place


def test_a_first_word_points_to_the_registration() -> None:
    wanted = draft(message="fine\n\nNote: indeed")
    assert (wanted.target, wanted.name) == (REGISTRATION, REF.removeprefix("refs/"))
    assert wanted.text == (
        "Approve models:churn v1.2.0-rc.1+build for eu/prod\n\nfine\n\nNote: indeed\n\n"
        f"Verdict: approve\nRegistration: {REGISTRATION}\nRegistry: acme\nPrevious: none\n"
    )
    found = read(raw(wanted))
    assert found == Approval(
        "approve", *PLACE, ANN, REGISTRATION, 100, "+0100", "fine\n\nNote: indeed", FIRST
    )


def test_a_further_word_points_to_the_one_before_it() -> None:
    first = read(raw(draft()))
    wanted = draft(first, verdict="reject", now=50)
    assert (wanted.target, wanted.time) == (FIRST, 100)  # no earlier than what it replaces
    found = read(raw(wanted))
    assert (found.verdict, found.previous, found.fault) == ("reject", FIRST, "")
    assert approvals.before(raw(wanted)) == FIRST
    assert approvals.before(raw(draft())) is None


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        (b"tag mreg/", b"tag other/", "it is the tag object of 'other/approvals"),
        (b"/ann@example.com\n", b"/bob\n", "it is the tag object of"),
        (b"/eu/prod/", b"/prod/", "it is the tag object of"),
        (b"Verdict: approve", b"Verdict: maybe", "no verdict"),
        (b"Verdict: approve\n", b"", "no verdict"),
        (b"Registry: acme", b"Registry: other", "made for other, not for acme"),
        (b"Registry: acme\n", b"", "made for no registry, not for acme"),
        (b"Previous: none", b"Previous: " + b"3" * 40, "does not point to"),
        (b"Previous: none\n", b"", "does not point to"),
        (b"Registration: 1", b"Registration: 4", "does not point to"),
        (b"type tag", b"type commit", "does not point to"),
        (b"tagger Ann <ann@example.com> 100 +0100\n", b"", "record its author and date"),
        (b" 100 +0100", b" 99999999999999 +0100", "record its author and date"),
        (b"object ", b"objekt ", "cannot be read"),
    ],
)
def test_a_word_that_mreg_would_not_have_made_counts_for_nothing(
    before: bytes, after: bytes, fault: str
) -> None:
    content = raw(draft())
    assert before in content
    assert fault in read(content.replace(before, after)).fault


def test_a_registry_without_an_id_asks_for_none() -> None:
    assert read(raw(draft(registry=None)), registry=None).fault == ""
    assert read(raw(draft()), registry=None).fault == ""


@pytest.mark.parametrize("message", ["-----BEGIN SSH SIGNATURE-----", "\ud800", "a\0b"])
def test_a_message_that_would_not_come_out_again_is_refused(message: str) -> None:
    with pytest.raises(Refused):
        draft(message=message)


@pytest.mark.parametrize("who", ["a b", "a..b", "x" * 300, "a.lock", "a/../b"])
def test_a_ref_that_git_cannot_hold_is_refused(who: str) -> None:
    with pytest.raises(Refused):
        approvals.draft(
            PLACE._replace(principal=who), "approve", "1", None, registry=None, message="", now=1
        )


def test_what_stands_is_not_said_again() -> None:
    last = read(raw(draft(message="fine")))

    def stands(
        wanted: ApprovalDraft, word: Approval | None = last, *, signatures: bool = True
    ) -> bool:
        return approvals.stands(word, wanted, signer=ANN, signatures=signatures)

    assert stands(draft())
    assert stands(draft(message="fine"))
    assert not stands(draft(message="better"))
    assert not stands(draft(verdict="reject"))
    assert not stands(draft()._replace(registration="9" * 40))
    assert not stands(draft(), None)
    assert not stands(draft(), last._replace(fault="it is another's"))
    unsigned = ANN._replace(signature="unsigned")
    assert not stands(draft(), last._replace(signer=unsigned), signatures=False)
    assert not stands(draft(), last._replace(signer=ANN._replace(principal="bob")))
