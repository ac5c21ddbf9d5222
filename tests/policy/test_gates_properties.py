"""The rules against a small model of them, written another way: from plain facts, without cases.

The model knows who is who, what was done and what was said as plain texts and numbers. It answers
one question alone: which rules fail.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases import PEOPLE, annotated, principal, signer
from handmade import event, history
from mreg.annotations.entry import Annotation
from mreg.core.events import Event
from mreg.policy import gates
from mreg.policy.case import Approval, Case, InputFact
from mreg.policy.model import Bound, Gate, NoRegression, Requirements, Settings

VERSIONS = ("v1.0.0", "v2.0.0")
STAGES = ("dev", "staging", "prod")
ROLES = {"team": ("ann", "bob"), "leads": ("carol",)}


class Step(NamedTuple):
    """One event of the past, in plain words."""

    action: str
    version: str
    stage: str


class Said(NamedTuple):
    """What somebody said: of the promotion that is asked about, or of something else."""

    who: str
    verdict: str
    signature: str
    by: str
    astray: dict[str, str]
    fault: bool


class World(NamedTuple):
    """All the facts of one promotion, or demotion, of v1.0.0, which Ann or another registered."""

    action: str
    stage: str
    required: bool
    actor: str
    actor_signature: str
    registrant: str
    by: tuple[str, ...] | None
    approvals: int
    approvers: tuple[str, ...] | None
    self_approval: bool
    exclusive: bool
    after: tuple[str, ...]
    rollback: bool
    past: tuple[Step, ...]
    said: tuple[Said, ...]
    bound: tuple[str, int] | None
    tolerance: int | None
    better: str
    now: int | None
    before: int | None
    branch: bool | None
    inputs: str | None


PLAIN = World(
    action="promote",
    stage="prod",
    required=True,
    actor="dan",
    actor_signature="good",
    registrant="ann",
    by=None,
    approvals=0,
    approvers=None,
    self_approval=False,
    exclusive=False,
    after=(),
    rollback=False,
    past=(),
    said=(),
    bound=None,
    tolerance=None,
    better="higher",
    now=None,
    before=None,
    branch=None,
    inputs=None,
)
"""A promotion that nothing is asked of."""


def rarely(value: Any, usual: Any) -> st.SearchStrategy[Any]:
    """Draw one of two values, the second most of the time."""
    return st.sampled_from([value, usual, usual])


@st.composite
def words(draw: st.DrawFn) -> tuple[Said, ...]:
    """Draw what some principals said last: approvals, of which some have one flaw."""
    found = []
    for who in draw(st.sets(people, min_size=1)):
        word = Said(who, "approve", "good", who, {}, fault=False)
        flaw = draw(st.none() | st.sampled_from(Said._fields[1:]))
        found.append(word._replace(**{flaw: draw(FLAWS[flaw])}) if flaw else word)
    return tuple(found)


people = st.sampled_from(PEOPLE)
groups = st.none() | st.lists(st.sampled_from([*PEOPLE, *ROLES]), max_size=2).map(tuple)
proofs = st.sampled_from(["good", "unsigned", "bad", "untrusted", "revoked"])
FLAWS: dict[str, st.SearchStrategy[Any]] = {
    "verdict": st.just("reject"),
    "signature": proofs,
    "by": people,
    "astray": st.sampled_from(
        [
            {"stage": "elsewhere"},
            {"registration": "0" * 40},
            {"version": "v2.0.0"},
            {"artifact": "fraud"},
        ]
    ),
    "fault": st.just(True),
}
stages = st.sampled_from([*STAGES, *STAGES, "nowhere"])
steps = st.builds(
    Step,
    st.sampled_from(["promote", "promote", "demote", "again"]),
    st.sampled_from([*VERSIONS, "v1.0.0"]),
    st.sampled_from(STAGES),
)
OF_PERSONS = {
    "action": st.sampled_from(["promote", "demote"]),
    "stage": stages,
    "required": st.booleans(),
    "actor": people,
    "actor_signature": proofs,
    "by": groups,
}
OF_WORDS = {
    "required": st.booleans(),
    "actor": people,
    "registrant": people,
    "approvals": st.integers(0, 2),
    "approvers": groups,
    "self_approval": st.booleans(),
    "said": words(),
}
OF_THE_PAST = {
    "stage": stages,
    "exclusive": st.booleans(),
    "after": st.lists(st.sampled_from(STAGES), min_size=1, max_size=2).map(tuple),
    "past": st.lists(steps, max_size=6).map(tuple),
    "branch": st.none() | st.booleans(),
    "inputs": st.none() | st.sampled_from(STAGES),
}
OF_METRICS = {
    "rollback": rarely(True, False),
    "past": rarely((), (Step("promote", "v2.0.0", "prod"),)),
    "bound": st.none()
    | st.tuples(st.sampled_from([">=", ">", "<=", "<", "=="]), st.integers(0, 3)),
    "tolerance": st.sampled_from([None, 0, 1, 1, 2]),
    "better": st.sampled_from(["higher", "lower"]),
    "now": st.sampled_from([None, *range(4)]),
    "before": st.sampled_from([None, *range(4)]),
}


def about(facts: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[World]:
    """Draw worlds that differ from `PLAIN` in some facts."""
    return st.fixed_dictionaries(facts).map(lambda found: PLAIN._replace(**found))


# One group of facts at a time, which lets each rule decide often; and all of them together.
GROUPS = {
    "persons": about(OF_PERSONS),
    "words": about(OF_WORDS),
    "the past": about(OF_THE_PAST),
    "metrics": about(OF_METRICS),
    "all": about({**OF_PERSONS, **OF_WORDS, **OF_METRICS, **OF_THE_PAST}),
}
worlds = st.one_of(*GROUPS.values())


def failing(world: World) -> set[str]:
    """Say which rules fail, in the model."""
    fails = set()
    worthless = world.actor_signature in ("bad", "revoked")
    if worthless or (world.required and world.actor_signature != "good"):
        fails.add("signature")
    known = world.actor_signature == "good" or not (world.required or worthless)
    named = world.stage in STAGES
    if named and world.by is not None and not (known and among(world.actor, world.by)):
        fails.add("by")
    if world.action == "demote":
        return fails
    if not named:
        return fails | {"stage"}
    return fails | failing_of_version(world) | failing_of_words(world)


def failing_of_version(world: World) -> set[str]:
    fails = set()
    holders, held = replayed(world.past)
    if world.after and not any("v1.0.0" in holders[it] or it in held for it in world.after):
        fails.add("from")
    stays = holders[world.stage][1:] if world.rollback else holders[world.stage]
    if world.exclusive and "v2.0.0" in stays:
        fails.add("exclusive")
    if world.branch is not None and not world.branch:
        fails.add("branches")
    if world.inputs == "staging":  # what the input of this world does not hold
        fails.add("inputs")
    if world.bound:
        sign, limit = world.bound
        now = world.now
        keeps = (
            now is not None
            and {
                ">=": not now < limit,
                ">": limit < now,
                "<=": not now > limit,
                "<": limit > now,
                "==": now - limit == 0,
            }[sign]
        )
        if not keeps:
            fails.add("metrics")
    if (
        world.tolerance is not None
        and not world.rollback
        and holders[world.stage][:1] == ["v2.0.0"]
    ):
        if world.now is None:
            fails.add("no_regression")
        elif world.before is not None:
            gain = Fraction(world.now - world.before, 10)
            if world.better == "lower":
                gain = -gain
            if gain + Fraction(world.tolerance, 10) < 0:
                fails.add("no_regression")
    return fails


def failing_of_words(world: World) -> set[str]:
    counting = [it for it in world.said if counts(world, it)]
    fails = set()
    rejected = any(it.verdict == "reject" for it in counting)
    hidden = any(is_anothers(world, it) for it in world.said)
    if (world.approvals or world.approvers is not None) and (rejected or hidden):
        fails.add("reject")
    own = set() if world.self_approval else {world.registrant, world.actor}
    if len([it for it in counting if it.verdict == "approve" and it.who not in own]) < (
        world.approvals
    ):
        fails.add("approvals")
    return fails


def counts(world: World, it: Said) -> bool:
    return may_speak(world, it) and is_theirs(world, it) and not it.astray and not it.fault


def is_anothers(world: World, it: Said) -> bool:
    """Tell whether it is not known what somebody said whose word would count.

    Their own word that was not made for its ref hides what they said there as well.
    """
    return may_speak(world, it) and (it.fault or not is_theirs(world, it))


def may_speak(world: World, it: Said) -> bool:
    return world.approvers is None or among(it.who, world.approvers)


def is_theirs(world: World, it: Said) -> bool:
    proven = it.signature == "good" if world.required else it.signature not in ("bad", "revoked")
    return proven and it.who == it.by


def among(who: str, allowed: tuple[str, ...]) -> bool:
    return who in allowed or any(who in ROLES.get(it, ()) for it in allowed)


def replayed(past: tuple[Step, ...]) -> tuple[dict[str, list[str]], set[str]]:
    """Return each stage's holders, the current one first, and the stages that v1.0.0 has held."""
    holders: dict[str, list[str]] = {it: [] for it in (*STAGES, "nowhere")}
    held: set[str] = set()
    for step in past:
        if step.action == "again":  # deregistered, and registered anew
            for versions in holders.values():
                versions[:] = [it for it in versions if it != step.version]
            held = held if step.version == "v2.0.0" else set()
            continue
        versions = holders[step.stage]
        versions[:] = [it for it in versions if it != step.version]
        if step.action == "promote":
            versions.insert(0, step.version)
            held |= {step.stage} if step.version == "v1.0.0" else set()
    return holders, held


def events(past: tuple[Step, ...]) -> list[Event]:
    """Return the events of a past: both versions are registered, at commits of their own."""
    on = {"v1.0.0": "a", "v2.0.0": "b"}
    found = [event(f"churn@{it}", at, on[it]) for at, it in enumerate(VERSIONS)]
    for number, step in enumerate(past, start=2):
        at, where = number * 10, on[step.version]
        if step.action == "again":
            found.append(event(f"churn@{step.version}!#{2 * number}", at, where))
            found.append(event(f"churn@{step.version}#{2 * number + 1}", at + 1, where))
        else:
            mark = "!" if step.action == "demote" else ""
            tag = f"churn#{step.stage}{mark}#{2 * number}"
            found.append(event(tag, at, where, version=step.version))
    return found


def settings_of(world: World) -> Settings:
    requires = Requirements(
        (),
        (Bound("auc", world.bound[0], world.bound[1] / 10),) if world.bound else (),  # type: ignore[arg-type]
        (NoRegression("auc", world.tolerance / 10, world.better),)  # type: ignore[arg-type]
        if world.tolerance is not None
        else (),
        world.inputs,
    )
    gate = Gate(
        world.by,
        requires,
        ("main",) if world.branch is not None else (),
        world.after,
        world.approvals,
        world.approvers,
        world.self_approval,
        world.exclusive,
    )
    return Settings(
        signatures="required" if world.required else "optional",
        principals={name: principal(name) for name in PEOPLE},
        roles=ROLES,
        stages=dict.fromkeys(STAGES, gate),
    )


def case_of(world: World) -> Case:
    past = history(*events(world.past))
    registration = past.standing.active["v1.0.0"]
    held = past.standing.current(world.stage)
    return Case(
        world.action,  # type: ignore[arg-type]
        past,
        "v1.0.0",
        world.stage,
        registration.commit,
        signer(world.actor, world.actor_signature),
        rollback=world.rollback,
        registration=registration,
        registrant=signer(world.registrant),
        annotation=auc(world.now),
        holder=auc(world.before) if held else None,
        inputs=(InputFact("data@v1.0.0", frozenset({"dev", "prod"})),),
        branches={"main": bool(world.branch)},
        approvals=tuple(approval(it, registration.oid) for it in world.said),
        event=event("churn#prod#99", 999),
    )


def auc(value: int | None) -> Annotation:
    return annotated(metrics={} if value is None else {"auc": value / 10})


def approval(it: Said, registration: str) -> Approval:
    return Approval(
        it.verdict,  # type: ignore[arg-type]
        "churn",
        "v1.0.0",
        "",
        it.who,
        signer(it.by, it.signature),
        registration,
        0,
        "+0000",
        "",
        it.who,
        fault="its chain is broken" if it.fault else "",
    )._replace(**it.astray)  # type: ignore[arg-type]


@pytest.mark.parametrize("group", GROUPS)
@settings(max_examples=max(500, settings().max_examples))
@given(st.data())
def test_the_rules_fail_where_those_of_the_model_do(group: str, data: st.DataObject) -> None:
    world = data.draw(GROUPS[group])
    assert failed(world) == failing(world)


def failed(world: World) -> set[str]:
    """Say which rules fail, in mreg."""
    case = case_of(world)
    words = [it._replace(stage=it.stage or world.stage) for it in case.approvals]
    found = gates.check(settings_of(world), case._replace(approvals=tuple(words)))
    return {it.rule for it in found if not it.passed}


@given(worlds)
def test_what_fails_says_what_to_do(world: World) -> None:
    for it in gates.check(settings_of(world), case_of(world)):
        assert it.reason
        assert bool(it.hint) != it.passed


@given(worlds, people)
def test_one_more_approval_never_hurts(world: World, who: str) -> None:
    before = failing(world)
    more = Said(who, "approve", "good", who, {}, fault=False)
    said = (*(it for it in world.said if it.who != who), more)
    assert failed(world._replace(said=said)) <= before
