"""Counting the words of principals: whose approval of a version counts, and whose does not."""

from __future__ import annotations

from mreg.policy.case import Approval, Case, Signer
from mreg.policy.model import Gate, Principal, Settings
from mreg.tuples import NamedTuple


class Tally(NamedTuple):
    """What the words on a version and a stage amount to.

    Attributes:
        approved: the principals whose approval counts, sorted.
        rejected: the principals whose rejection stands, sorted.
        discounted: whose word does not count, and why, in the order in which they were found.
        unknown: of the principals whose word would count, those of whom it is not known what they
            last said, since their ref holds what is not theirs; and why.
        open: the principals whose approval would count, and who have not approved; sorted.
        anybody: whether anybody's approval counts, and not only that of some principals.
    """

    approved: tuple[str, ...]
    rejected: tuple[str, ...]
    discounted: tuple[tuple[str, str], ...]
    unknown: tuple[tuple[str, str], ...]
    open: tuple[str, ...]
    anybody: bool


def tally(settings: Settings, gate: Gate, case: Case) -> Tally:
    """Count the words that were said of the version and stage of a case.

    A principal counts once, however many keys and words are theirs.
    """
    judged = [(it, _fault(settings, gate, case, it)) for it in case.approvals]
    counting = {(it.verdict, it.principal) for it, why in judged if not why}
    approved = {principal for verdict, principal in counting if verdict == "approve"}
    everybody = frozenset(settings.principals)
    known = everybody if gate.approvers is None else settings.members(gate.approvers)
    anybody = gate.approvers is None and not settings.principals
    return Tally(
        tuple(sorted(approved)),
        tuple(sorted(principal for verdict, principal in counting if verdict == "reject")),
        tuple((it.principal, why) for it, why in judged if why),
        tuple(
            (it.principal, why)
            for it in case.approvals
            if (anybody or it.principal in known) and (why := stranger(settings, it))
        ),
        tuple(sorted(it for it in known - approved if not _own(settings, gate, case, it))),
        anybody=anybody,
    )


def by_promoter(settings: Settings, gate: Gate, case: Case) -> dict[str, Tally]:
    """Return what the words amount to if another principal promotes, for each who may.

    Who promotes a version does not approve it: with another promoter other words count.
    """
    allowed = settings.principals if gate.by is None else settings.members(gate.by)
    found: dict[str, Tally] = {}
    for who in sorted(allowed):
        known = settings.principals.get(who, Principal(who))
        actor = Signer(who, next(iter(known.emails), ""), "good", who)
        found[who] = tally(settings, gate, case._replace(actor=actor))
    return found


def _fault(settings: Settings, gate: Gate, case: Case, word: Approval) -> str:
    """Return why a word counts for nothing; nothing if it counts."""
    if word.fault:
        return word.fault
    about = (case.history.artifact, case.version, case.stage)
    if (word.artifact, word.version, word.stage) != about:
        return f"it is for {word.artifact} {word.version} and {word.stage}"
    if case.registration is None or word.registration != case.registration.oid:
        return f"it is for another registration of {word.version}"
    if who := stranger(settings, word):
        return who
    if gate.approvers is not None and word.principal not in settings.members(gate.approvers):
        return "not among the approvers"
    # Who made a version, or wants it in the stage, may stop it, but not wave it through.
    if word.verdict == "approve" and not gate.self_approval:
        if case.registrant and _same_person(word, case.registrant):
            return "registered the version"
        return "promotes it" if _same_person(word, case.actor) else ""
    return ""


def stranger(settings: Settings, word: Approval) -> str:
    """Return why a ref does not hold a word of its own principal, made for it; empty if it does.

    What the principal had said before is hidden then: it may have been a rejection. Nor does it
    help that they did make what is there: whoever can write the ref has all that they ever said of
    other versions to choose from.
    """
    signer = word.signer
    if not signer.email and not signer.key:  # no tag object, or one that nobody made
        return word.fault or "it has no author"
    if settings.signatures == "required" and not signer.verified:
        return f"not signed with one of their keys: {signer.why or signer.signature}"
    if signer.signature in ("bad", "revoked"):
        return signer.why or f"the signature is {signer.signature}"
    # Where the policy names no principals, everybody goes by their address.
    named = settings.principals or settings.signatures == "required"
    if (signer.principal if named else signer.email.lower()) == word.principal:
        return word.fault
    return f"made by {signer.principal or signer.email}"


def _same_person(word: Approval, other: Signer) -> bool:
    """Tell whether a word is that of whoever made something else.

    Where both are proven, the principals say so. Where one is merely claimed, its address may be
    anybody's: then it is enough that either is the same.
    """
    if word.principal == other.principal:
        return True
    proven = word.signer.verified and other.verified
    return not proven and word.signer.email.lower() == other.email.lower()


def _own(settings: Settings, gate: Gate, case: Case, principal: str) -> bool:
    """Tell whether a principal's approval would be one of their own doing."""
    if gate.self_approval:
        return False
    return any(
        principal == who.principal
        or (not who.verified and principal == settings.by_email(who.email))
        for who in (case.registrant, case.actor)
        if who is not None
    )
