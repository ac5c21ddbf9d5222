"""What a policy means, said once more in the plainest way: the sentences of docs/how-to/policy.md
and docs/reference/settings.md over lists and dicts.

Nothing of mreg is imported here. What mreg says is held against it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import NamedTuple

from model.policies import FACTS, PEOPLE, STAGES, VERSIONS, Policy


class Attempt(NamedTuple):
    """What somebody tries to do.

    Attributes:
        action: register, promote, demote, approve, reject or roll back.
        who: the person.
        version: the version; of a rollback "", as the stage says which.
        stage: the stage; of a registration "".
    """

    action: str
    who: str
    version: str = ""
    stage: str = ""


ATTEMPTS: tuple[Attempt, ...] = (
    *(Attempt("register", *it) for it in product(PEOPLE, VERSIONS)),
    *(
        Attempt(action, *it)
        for action in ("promote", "demote", "approve", "reject")
        for it in product(PEOPLE, VERSIONS, STAGES)
    ),
    *(Attempt("roll back", who, "", stage) for who, stage in product(PEOPLE, STAGES)),
)
"""All that can be tried: four registrations, eight each of four, and four rollbacks."""


WORDS = ("approve", "reject")


@dataclass
class State:
    """What was taken so far amounts to.

    Attributes:
        registered: who registered each version.
        held: the versions in each stage, the holder last.
        passed: the stages that each version was promoted to since it was registered.
        words: whether each person last approved of a version for a stage.
    """

    registered: dict[str, str] = field(default_factory=dict)
    held: dict[str, list[str]] = field(default_factory=lambda: {it: [] for it in STAGES})
    passed: set[tuple[str, str]] = field(default_factory=set)
    words: dict[tuple[str, str, str], bool] = field(default_factory=dict)

    def holder(self, stage: str) -> str:
        """Return the version that holds a stage; nothing if none does."""
        return self.held[stage][-1] if self.held[stage] else ""


def state(taken: Iterable[Attempt]) -> State:
    """Return what attempts amount to that were all taken."""
    found = State()
    for it in taken:
        _take(found, it)
    return found


def _take(now: State, it: Attempt) -> None:
    version, stage = subject(now, it), it.stage
    if it.action == "register":
        now.registered[version] = it.who
    elif it.action in WORDS:
        now.words[version, stage, it.who] = it.action == "approve"
    elif it.action == "demote":
        now.held[stage] = [other for other in now.held[stage] if other != version]
    else:
        if it.action == "roll back":  # what was rolled back from does not take over later
            now.held[stage] = now.held[stage][:-1]
        now.held[stage] = [*(other for other in now.held[stage] if other != version), version]
        if version in now.registered:
            now.passed.add((version, stage))


def subject(now: State, it: Attempt) -> str:
    """Return the version that an attempt is about: a rollback is to the other of the two."""
    if it.action != "roll back":
        return it.version
    return VERSIONS[1] if now.holder(it.stage) == VERSIONS[0] else VERSIONS[0]


def is_rollback(now: State, it: Attempt) -> bool:
    """Tell whether an attempt takes back a stage's holder for the version that held it before."""
    if it.action != "roll back":
        return False
    other = subject(now, it)
    return other in now.held[it.stage] and other in now.registered


def can_be_wished(now: State, it: Attempt) -> bool:
    """Tell whether there is such an event to be made; else no policy has to be asked."""
    if it.action == "roll back":
        return is_rollback(now, it)
    if it.action == "demote":
        return it.version in now.held[it.stage]
    return (it.version in now.registered) == (it.action == "promote")


def broken(policy: Policy, now: State, it: Attempt) -> set[str]:
    """Return the rules that an attempt breaks; it is taken if there is none."""
    if it.action in WORDS:
        return set(_broken_by_a_word(policy, now, it))
    return set(_broken(policy, now, it))


def _broken_by_a_word(policy: Policy, now: State, it: Attempt) -> Iterator[str]:
    """A word is on a stage that there is; the principal's own, signed where that is required, and
    on a registration."""
    if "stages" in policy and it.stage not in policy["stages"]:
        yield "stage"
    elif it.version not in now.registered or not _is_known(policy, it.who):
        yield "approvals"


def _broken(policy: Policy, now: State, it: Attempt) -> Iterator[str]:
    version = subject(now, it)
    gate = policy.get("register", {}) if it.action == "register" else _gate(policy, it.stage)
    if not _is_known(policy, it.who):
        yield "signature"
    if "by" in gate and it.who not in _members(policy, gate["by"]):
        yield "by"
    if it.action == "demote":  # nothing else of a gate bears on it
        return
    if it.action == "register" and version in now.registered:
        yield "registration"
    if "types" in policy and FACTS[version]["type"] not in policy["types"]:
        yield "type"
    if "branches" in gate and FACTS[version]["branch"] not in gate["branches"]:
        yield "branches"
    yield from _broken_by_what_it_is(gate.get("requires", {}), now, it)
    if it.action != "register":
        yield from _broken_by_a_promotion(policy, gate, now, it)


def _broken_by_what_it_is(requires: Policy, now: State, it: Attempt) -> Iterator[str]:
    facts = FACTS[subject(now, it)]
    if not all(facts[name.removeprefix("metrics.")] for name in requires.get("fields", [])):
        yield "fields"
    for name, bound in requires.get("metrics", {}).items():
        if facts[name] < float(bound.removeprefix(">= ")):
            yield "metrics"
    if "inputs" in requires and any(
        it not in now.held[requires["inputs"]] for it in facts["inputs"]
    ):
        yield "inputs"
    against = FACTS.get(now.holder(it.stage)) if it.stage and not is_rollback(now, it) else None
    for name in requires.get("no_regression", []):
        if against and facts[name] < against[name]:
            yield "no_regression"


def _broken_by_a_promotion(policy: Policy, gate: Policy, now: State, it: Attempt) -> Iterator[str]:
    version, stage = subject(now, it), it.stage
    if "stages" in policy and stage not in policy["stages"]:
        yield "stage"
    if gate and version not in now.registered:
        yield "registered"
    if "from" in gate and not any(
        version in now.registered and ((version, it) in now.passed or version in now.held[it])
        for it in gate["from"]
    ):
        yield "from"
    stays = now.held[stage][:-1] if is_rollback(now, it) else now.held[stage]
    if gate.get("schema") and _breaks_callers(now, it):
        yield "schema"
    if gate.get("exclusive") and any(other != version for other in stays):
        yield "exclusive"
    if not {"approvals", "approvers"} & gate.keys():
        return
    words = {who: now.words.get((version, stage, who)) for who in PEOPLE}
    counted = {who: it for who, it in words.items() if who in _approvers(policy, gate)}
    own = set() if gate.get("self_approval") else {it.who, now.registered.get(version)}
    if False in counted.values():
        yield "reject"
    if sum(said is True and who not in own for who, said in counted.items()) < gate.get(
        "approvals", 0
    ):
        yield "approvals"


def _breaks_callers(now: State, it: Attempt) -> bool:
    """Tell whether the version lacks something that the holder takes, which may be sent to it."""
    held = now.holder(it.stage)
    if not held or is_rollback(now, it):
        return False
    return not set(FACTS[held]["takes"]) <= set(FACTS[subject(now, it)]["takes"])


def _gate(policy: Policy, stage: str) -> Policy:
    found: Policy = policy.get("stages", {}).get(stage, {})
    return found


def _is_known(policy: Policy, who: str) -> bool:
    """Tell whether an event of somebody may count: anybody's, where it need not be signed."""
    return policy.get("signatures") != "required" or who in policy["principals"]


def _members(policy: Policy, names: list[str]) -> set[str]:
    roles = policy.get("roles", {})
    return {who for name in names for who in roles.get(name, [name])}


def _approvers(policy: Policy, gate: Policy) -> set[str]:
    return _members(policy, gate["approvers"]) if "approvers" in gate else set(PEOPLE)
