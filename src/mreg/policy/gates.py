"""The gates: the rules that decide a case, each a small function in one closed table.

Everything that a rule asks about stands in the case; `mreg.governance.evaluate` gathers it. A rule
says nothing where the policy does not ask for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Final

from mreg.core.events import Action
from mreg.core.kinds import KINDS
from mreg.core.queries import predecessor, suggestion
from mreg.core.replay import History
from mreg.policy import compatibility, requirements
from mreg.policy.case import Case, Ruling
from mreg.policy.conveniences import FILE
from mreg.policy.model import Gate, Settings
from mreg.policy.tally import Tally, by_promoter, tally
from mreg.tuples import NamedTuple

NO_GATE = Gate()
"""What is asked of a stage that the policy does not name, beside its name: nothing."""


def check(settings: Settings, case: Case) -> tuple[Ruling, ...]:
    """Return what every rule that applies to a case says of it, in the order of the rules."""
    gate = gate_of(settings, case)
    return tuple(ruling for rule in _RULES for ruling in rule(settings, gate, case))


def gate_of(settings: Settings, case: Case) -> Gate:
    """Return the gate that a case has to pass.

    Who may promote to a stage may demote from it, and who may register may deregister and
    deprecate; nothing else of a gate bears on those.
    """
    return gate_at(settings, case.action, case.stage)


def gate_at(settings: Settings, action: Action, stage: str | None) -> Gate:
    """Return the gate of an action; its stage is that of a promote or demote, else None."""
    gate = settings.register if stage is None else (settings.stages or {}).get(stage, NO_GATE)
    return gate if KINDS[action].gate == "whole" else Gate(by=gate.by)


def asks_for_annotation(settings: Settings, gate: Gate, case: Case) -> bool:
    """Tell whether what the version is bears on a case."""
    typed = settings.types is not None and case.kind.gate == "whole"
    return typed or looks_at_version(gate)


def looks_at_version(gate: Gate) -> bool:
    """Tell whether what the version is bears on a gate."""
    return gate.requires != NO_GATE.requires or gate.schema is not None


def compares(gate: Gate) -> bool:
    """Tell whether a gate holds the version against the one that has the stage."""
    return bool(gate.requires.no_regression) or gate.schema is not None


def takes_back(history: History, version: str | None, stage: str | None, claim: str | None) -> bool:
    """Tell whether a promotion is the rollback that it claims to be.

    The claim alone would be a way around `no_regression` and `schema`: the stage has to hold what
    is taken back, and the version has to be the one that held it before.
    """
    held = history.standing.current(stage) if stage else None
    if claim is None or stage is None or held is None or claim != held.key:
        return False
    return version is not None and version == predecessor(history, stage)


def matches(pattern: str, branch: str) -> bool:
    """Tell whether a branch is meant by a pattern: `*` is any text, as in Git's refspecs."""
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), branch) is not None


def label(case: Case) -> str:
    """Return the version of a case as a selector; the artifact's name where there is none."""
    return f"{case.history.artifact}@{case.version}" if case.version else case.history.artifact


def wish(case: Case) -> str:
    """Return what an event does, in words: "promoting churn v1.0.0 to prod"."""
    version = case.version or f"commit {case.commit[:12]}"
    return case.kind.phrase(case.kind.gerund, case.history.artifact, version, case.stage)


def command(case: Case) -> str:
    """Return the command that asks the policy about the same; else the one that shows it."""
    if case.kind.gate != "whole":
        return "mreg policy show"
    if case.stage and case.version:
        return f"mreg policy check {label(case)} {case.stage}"
    return f"mreg policy check {case.history.artifact}"


def _signature(settings: Settings, _: Gate, case: Case) -> Iterator[Ruling]:
    """The event is signed by a principal, where it has to be; no signature is a bad one."""
    signer = case.actor
    found = signer.signature
    why = signer.why or f"the signature is {found}"
    if found == "good":
        yield Ruling("signature", True, f"signed by {signer.principal} with {signer.key}")
    elif found in ("bad", "revoked"):
        yield Ruling("signature", False, why, _SIGN)
    elif settings.signatures == "optional":
        words = {
            "unsigned": "unsigned, which the policy allows",
            "untrusted": f"{why}; the policy does not require a signature",
            "unchecked": "not checked: the policy does not require a signature",
        }
        yield Ruling("signature", True, words[found])
    elif found == "unchecked" and case.event is None:
        yield Ruling("signature", True, "is checked when the tag is signed")
    else:
        words = {"unsigned": "it is not signed", "unchecked": "the signature was not checked"}
        yield Ruling("signature", False, words.get(found, why), _SIGN)


_SIGN = (
    "sign with a key in the policy: git config tag.gpgSign true; git config gpg.format ssh; "
    "git config user.signingKey KEY.pub"
)


def _stage(settings: Settings, _: Gate, case: Case) -> Iterator[Ruling]:
    """A promotion is to one of the policy's stages."""
    if settings.stages is None or not case.kind.enters_stage:
        return
    stages = ", ".join(settings.stages) or "none"
    if case.stage in settings.stages:
        yield Ruling("stage", True, f"{case.stage} is one of {stages}")
    else:
        hint = suggestion(str(case.stage), settings.stages) or f"add it to `stages` in {FILE}"
        yield Ruling("stage", False, f"{case.stage} is not one of the stages: {stages}", hint)


def _registered(_: Settings, gate: Gate, case: Case) -> Iterator[Ruling]:
    """Where the gate asks anything, a promotion is that of a registered version."""
    if not case.kind.enters_stage or gate == NO_GATE:
        return
    if case.registration is not None:
        yield Ruling("registered", True, f"{case.version} is registered: {case.registration.tag}")
    else:
        what = case.version or f"commit {case.commit[:12]}"
        hint = f"mreg register {case.history.artifact} {case.commit[:12]}"
        yield Ruling("registered", False, f"{what} is not a registered version", hint)


def _from(_: Settings, gate: Gate, case: Case) -> Iterator[Ruling]:
    """The version holds one of the stages before it, or has held one since it was registered."""
    if not gate.after:
        return
    wanted = " or ".join(gate.after)
    if stage := passed_through(gate, case):
        yield Ruling("from", True, f"{case.version} is or was in {stage}")
    else:
        reason = f"{case.version} was not in {wanted} since it was registered"
        hint = f"mreg promote {label(case)} {gate.after[0]}"
        if case.registration is None:
            reason = f"it was not in {wanted} as a registered version"
            hint = f"register it, then promote it to {gate.after[0]} first"
        yield Ruling("from", False, reason, hint)


def passed_through(gate: Gate, case: Case) -> str | None:
    """Return the last of the stages that the version has held since its current registration."""
    if case.registration is None or case.version is None:
        return None
    standing = case.history.standing
    passed = (it for it in reversed(standing.passed(case.version)) if it in gate.after)
    # A commit that was promoted before it became a version holds its stage as that version.
    held = (it for it in gate.after if case.version in standing.stages.get(it, {}))
    return next(chain(passed, held), None)


def _by(settings: Settings, gate: Gate, case: Case) -> Iterator[Ruling]:
    """Who does it may do it; to deregister a version ends its places in stages, too."""
    if gate.by is not None:
        where = case.kind.place(case.stage) or f" {case.history.artifact}"
        yield _may(settings, gate.by, case, where)
    if case.stage is not None or not case.kind.leaves_stage:
        return
    for stage, places in case.history.standing.stages.items():
        by = (settings.stages or {}).get(stage, NO_GATE).by
        if by is not None and case.version in places:
            yield _may(settings, by, case, f" what holds {stage}")


def _may(settings: Settings, by: tuple[str, ...], case: Case, what: str) -> Ruling:
    """Judge whether who acts in a case is among some principals and roles."""
    allowed = settings.members(by)
    either = _either(sorted(allowed))
    who = case.actor.principal if _is_believed(settings, case) else None
    if who is None and case.event is None and case.actor.signature == "unchecked":
        return Ruling("by", True, f"is checked when the tag is signed: {either} may")
    if who in allowed:
        how = "" if case.actor.verified or case.event is None else " (unverified)"
        return Ruling("by", True, f"{who}{how} may {case.action}{what}")
    stranger = f"{case.actor.name} <{case.actor.email}>, who is not in the policy,"
    hint = f"ask {either}" if allowed else f"add who may to {FILE}"
    return Ruling("by", False, f"{who or stranger} may not {case.action}{what}", hint)


def _is_believed(settings: Settings, case: Case) -> bool:
    """Tell whether the policy takes the word of who acts in a case for who they are."""
    if case.actor.verified:
        return True
    if settings.signatures == "optional":
        return case.actor.signature not in ("bad", "revoked")
    # What is only wished for is signed, and checked, when it is made.
    return case.actor.signature == "unchecked" and case.event is None


def _approvals(settings: Settings, gate: Gate, case: Case) -> Iterator[Ruling]:
    """Enough different principals approve the version for the stage."""
    if not gate.approvals:
        return
    found = tally(settings, gate, case)
    have = len(found.approved)
    claimed = {it.principal for it in case.approvals if not it.signer.verified}
    who = [f"{it} (unverified)" if it in claimed else it for it in found.approved]
    words = [f"{have} of {gate.approvals}", *([", ".join(who)] if have else [])]
    words += [f"{who} does not count ({why})" for who, why in found.discounted]
    reason = "; ".join(words)
    enough = have >= gate.approvals
    hint = "" if enough else _ask_for_approval(settings, gate, found, case)
    if hint and (instead := _demotion(settings, gate, case)):
        hint = f"{hint}; or {instead}, which needs no approval"
    yield Ruling("approvals", enough, reason, hint)


def _ask_for_approval(settings: Settings, gate: Gate, found: Tally, case: Case) -> str:
    """Return who has to approve, and where that cannot be enough, who has to promote instead."""
    if case.version is None:
        return (
            f"register the commit first: mreg register {case.history.artifact} {case.commit[:12]}"
        )
    how = f"mreg approve {label(case)} {case.stage}"
    if found.anybody:
        return how if gate.self_approval else f"{how}, by anyone else"
    again = f"promote {label(case)} {case.stage}"
    if case.rollback:
        again = f"rollback {case.history.artifact} {case.stage}"
    others = by_promoter(settings, gate, case)
    may = gate.by is None or case.actor.principal in others
    alike = len({(it.approved, it.open) for it in others.values()}) == 1
    # Who else is to promote it, the rule `by` says; here it matters where some of them approve.
    for who, it in [("", found)] * may + sorted(others.items(), key=lambda it: _lacks(gate, it[1])):
        if (lacking := _lacks(gate, it)) <= len(it.open):
            first = f"{how}, by {_so_many(lacking, it.open)}" if lacking else ""
            promoted = f"mreg {again}, by {who}"
            plain = not who or (lacking and alike and not may)
            return first if plain else "; then ".join(filter(None, (first, promoted)))
    few = f"only {', '.join(found.open)} may" if found.open else "no one else may"
    return f"{how}: {few}; add more in {FILE}"


def _demotion(settings: Settings, gate: Gate, case: Case) -> str:
    """Return the demotion that has the effect of a rollback; empty where there is none.

    A demotion needs no approvals, only somebody whom `by` names.
    """
    if not case.rollback or case.event is not None:
        return ""
    held, *others = case.history.standing.holders(str(case.stage))
    if not held.version or not others or others[0].version != case.version:
        return ""
    if gate.by is not None and case.actor.principal not in settings.members(gate.by):
        return ""
    return f"mreg demote {case.history.artifact}@{held.version} {case.stage}"


def _lacks(gate: Gate, found: Tally) -> int:
    """Return how many approvals are missing."""
    return max(gate.approvals - len(found.approved), 0)


def _so_many(count: int, people: tuple[str, ...]) -> str:
    """Return so many of some people, in words."""
    if count == 1:
        return _either(people)
    return " and ".join(people) if count == len(people) else f"{count} of {', '.join(people)}"


def _reject(settings: Settings, gate: Gate, case: Case) -> Iterator[Ruling]:
    """No approver rejects the version for the stage."""
    if not asks_for_approvals(gate):
        return
    found = tally(settings, gate, case)
    if not (found.rejected or found.unknown):
        yield Ruling("reject", True, "no one rejects it")
        return
    how = f"mreg approve {label(case)} {case.stage}"
    hints = (
        [f"{how}, by {' and '.join(found.rejected)}, withdraws the rejection"]
        if found.rejected
        else []
    )
    reasons = []
    for it in case.approvals:
        if it.verdict == "reject" and it.principal in found.rejected:
            said = it.message.strip().partition("\n")[0]
            reasons.append(f"{it.principal} rejects it{said and f': {said}'}")
    reasons += (
        f"the last verdict of {who} is unknown, because their ref does not contain one by them: "
        f"{why}"
        for who, why in found.unknown
    )
    hints += (f"{how}, or mreg reject, by {who}, records it again" for who, _ in found.unknown)
    yield Ruling("reject", False, "; ".join(reasons), "; ".join(hints))


def asks_for_approvals(gate: Gate) -> bool:
    """Tell whether approvals and rejections bear on a gate."""
    return gate.approvals > 0 or gate.approvers is not None


def _exclusive(_: Settings, gate: Gate, case: Case) -> Iterator[Ruling]:
    """No other version holds a stage that has room for one."""
    if not gate.exclusive:
        return
    holders = case.history.standing.holders(str(case.stage))
    if case.rollback:
        holders = holders[1:]  # the current one leaves
    others = [it for it in holders if it.key != (case.version or case.commit)]
    if not others:
        yield Ruling("exclusive", True, f"no other version is in {case.stage}")
        return
    name, stage = case.history.artifact, case.stage
    if all(it.version for it in others):
        hint = "; ".join(f"mreg demote {name}@{it.version} {stage}" for it in others)
    else:  # a bare commit has no name by which it could be demoted
        then = f"@{case.version}" if case.version else ""
        hint = f"mreg demote {name} {stage} --all; mreg promote {name}{then} {stage}"
    held = ", ".join(it.version or it.commit[:12] for it in others)
    reason = f"{stage} allows only one version, and has {held}"
    yield Ruling("exclusive", False, reason, hint)


def _branches(_: Settings, gate: Gate, case: Case) -> Iterator[Ruling]:
    """The commit is in one of the branches that the gate names."""
    if not gate.branches:
        return
    found = next((it for it in gate.branches if case.branches.get(it)), None)
    if found:
        yield Ruling("branches", True, f"commit {case.commit[:12]} is in {found}")
        return
    absent = [it for it in gate.branches if it not in case.branches]
    gone = f" (there is no branch {' or '.join(absent)} here)" if absent else ""
    either, then = _either(gate.branches), "the tag" if case.event else "git fetch"
    hint = f"merge it into {either} and push that branch first; then {then}"
    if case.as_fetched:
        hint = f"git fetch, if {either} has changed since the last fetch; otherwise {hint}"
    yield Ruling("branches", False, f"commit {case.commit[:12]} is not in {either}{gone}", hint)


class _Mark(NamedTuple):
    """A rule on a recorded tag itself, whose faults are found where its bytes are read."""

    kept: str
    hint: str


_REMAKE = "delete the tag if it is not published, and create it with mreg"

TAG_RULES: Final[dict[str, _Mark]] = {
    "kind": _Mark("it is an annotated tag on a commit", _REMAKE),
    "name": _Mark("the tag object names the ref that holds it", _REMAKE),
    "registry": _Mark("it was made for this registry", _REMAKE),
    "registration": _Mark("it names its registration", _REMAKE),
    "previous": _Mark(
        "it names the event before it",
        f"run `mreg verify --tampering` to list missing tags; otherwise {_REMAKE}",
    ),
    "number": _Mark("its number follows the one before it", _REMAKE),
    "date": _Mark("its date is not before the date of the event before it", _REMAKE),
}
"""The rules on the tag of a recorded event. Of one that is only wished for, mreg makes the tag."""


def _tag(settings: Settings, _: Gate, case: Case) -> Iterator[Ruling]:
    """The tag of a recorded event is one that mreg would have made."""
    if case.event is None and not case.faults:
        return
    for rule, (kept, hint) in TAG_RULES.items():
        if fault := case.faults.get(rule):
            yield Ruling(rule, False, fault, (rule == "date" and case.cure) or hint)
        elif (
            case.event
            and (rule != "registry" or settings.registry)
            and (rule != "registration" or (case.kind.enters_stage and case.version))
        ):
            yield Ruling(rule, True, kept)


_Rule = Callable[[Settings, Gate, Case], Iterable[Ruling]]

_RULES: Final[tuple[_Rule, ...]] = (
    _signature,
    _by,
    _stage,
    _tag,
    _registered,
    _from,
    requirements.of_type,
    requirements.fields,
    requirements.metrics,
    requirements.no_regression,
    requirements.inputs,
    compatibility.schema,
    _branches,
    _exclusive,
    _reject,
    _approvals,
)
"""Every rule, in the order in which a person would mend what they find: who may do it comes first,
because nothing else matters to those who may not, and approvals come last, because they are asked
for when all else is well."""


def _either(found: Iterable[str]) -> str:
    return " or ".join(found) or "no one: the policy names no one"
