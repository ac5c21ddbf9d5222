"""What mreg says of attempts on values made by hand: no Git, no keys, no files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from model import plain as model
from model.plain import Attempt, State, subject
from model.policies import FACTS, Policy
from mreg.annotations.entry import Annotation, Input
from mreg.annotations.sources import Wanted
from mreg.core import plans
from mreg.core.events import NO_PREVIOUS, Event
from mreg.core.plans import Ground, Plan
from mreg.core.replay import History, ordered
from mreg.core.tag_names import TagNames
from mreg.errors import NotFound, Refused
from mreg.governance.audit import about
from mreg.governance.evaluate import PolicyEvaluator, Wish
from mreg.policy import gates, verdicts
from mreg.policy.case import Approval, Case, Ruling, Signer, Verdict
from mreg.policy.chain import Chain, Circumstances, faults_on_arrival
from mreg.policy.file import read as reading
from mreg.policy.model import Governing
from mreg.schemas.model import ModelSchema
from repositories import START, opened

ARTIFACT = "churn"
COMMITS = {"v1.0.0": "1" * 40, "v2.0.0": "2" * 40}


def file_of(policy: Policy, keys: Mapping[str, str] | None = None) -> bytes:
    """Return a policy as `.mreg.yaml` has it: JSON is YAML, too."""
    known = {
        who: {"emails": [f"{who}@example.com"], **({"keys": keys[who]} if keys else {})}
        for who in policy["principals"]
    }
    return json.dumps({**policy, "principals": known}, indent=1).encode()


_KEYS = {
    "ann": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHxYT0XLSe9cRrRVIIwY1NPTvWcLuzNeAUAQrU+8PR5A",
    "bob": "0123456789ABCDEF0123456789ABCDEF01234567",
}
"""Keys that sign nothing here: the policy has to name some."""


def table(columns: Iterable[str]) -> dict[str, Any]:
    """Return the JSON Schema of a table with columns of numbers, of which none has to be there."""
    properties = {it: {"type": "number"} for it in columns}
    return {"type": "array", "items": {"type": "object", "properties": properties}}


_ANNOTATIONS = {
    COMMITS[version]: Annotation(
        type=facts["type"],
        owner=facts["owner"],
        metrics={"auc": facts["auc"]},
        inputs=tuple(Input(artifact=f"{ARTIFACT}@{it}") for it in facts["inputs"]),
        schema=ModelSchema(table(facts["takes"])),
    )
    for version, facts in FACTS.items()
}
_BRANCHES = {COMMITS[version]: facts["branch"] for version, facts in FACTS.items()}


def message(it: Attempt, now: State, registration: str, previous: str) -> str:
    """Return what the tag of an attempt says.

    Args:
        it: the attempt; no word.
        now: what was taken before it.
        registration: the id of the registration of the version that it is about; "" without one.
        previous: the id of the event before it.
    """
    lines = {"Version": subject(now, it)} if it.stage else {}
    if registration and it.action in ("promote", "roll back"):
        lines["Registration"] = registration
    if it.action == "roll back" and now.holder(it.stage):
        lines["Rollback"] = now.holder(it.stage)
    lines |= {"Previous": previous, "Registry": "acme"}
    return "An event\n\n" + "".join(f"{key}: {value}\n" for key, value in lines.items())


def tag_of(artifact: str, it: Attempt, version: str, number: int) -> str:
    """Return the name of an event's tag."""
    mark = "!" if it.action == "demote" else ""
    plain = f"{artifact}#{it.stage}{mark}" if it.stage else f"{artifact}@{version}"
    return f"{plain}#{number}" if number else plain


class Node(NamedTuple):
    """What was taken so far.

    Attributes:
        taken: the attempts.
        state: what they amount to, as the model sees it.
        events: the events among them.
        words: what each person last said of a version and a stage.
    """

    taken: tuple[Attempt, ...] = ()
    state: State = State()
    events: tuple[Event, ...] = ()
    words: Mapping[tuple[str, str, str], Approval] = MappingProxyType({})

    @property
    def key(self) -> tuple[str, frozenset[tuple[str, str, str, str]]]:
        """What two nodes have in common of which nothing that is asked can differ."""
        last = self.events[-1].oid if self.events else ""  # names the one before it, and so on
        return last, frozenset((*place, it.verdict) for place, it in self.words.items())


class Said(NamedTuple):
    """What the rules say of an event.

    Attributes:
        kept: those that are kept.
        broken: those that are not.
    """

    kept: set[str]
    broken: set[str]

    @classmethod
    def of(cls, rulings: Iterable[Ruling]) -> Said:
        """Return what rulings say; a rule that is broken in one point is not kept."""
        found = [*rulings]
        broken = {it.rule for it in found if not it.passed}
        return cls({it.rule for it in found} - broken, broken)


class Rules(PolicyEvaluator):
    """A policy that is asked about values made by hand."""

    def __init__(self, policy: Policy) -> None:
        read = reading.read(file_of(policy, _KEYS))
        super().__init__(
            opened(Path("/nowhere")), Governing(read.settings, "refs/heads/main", "c", "b")
        )
        self.signed = read.settings.signatures == "required"
        self.node = Node()
        self._history = History(ARTIFACT, [])

    def at(self, node: Node) -> None:
        """Go to a node: what is asked from now on is asked there."""
        self.node = node
        self._history = History(ARTIFACT, ordered(node.events))

    # What each of the three that judge an event says of it: the rules that it breaks

    def arriving(self, event: Event) -> Said:
        """As a hook judges it."""
        case = self._case_of(event)
        around = Circumstances(case.registration, None, event.time)
        faults = faults_on_arrival(event, self._history, self.settings, around)
        return self._said(event, case._replace(faults=faults))

    def recorded(self, event: Event) -> Said:
        """As `verify`, `ci` and `watch` judge it."""
        case = self._case_of(event)
        chain = Chain(History(ARTIFACT, [*self._history.timeline, *ordered([event])]))
        around = Circumstances(case.registration, None, event.time)
        faults = chain.faults(event, self.settings, around)
        return self._said(event, case._replace(faults=faults))

    def wished(self, it: Attempt) -> Said | None:
        """As a command, and `policy check`, judge it; None if there is no such event to be made."""
        try:
            plan = self._plan(it)
        except (Refused, NotFound):
            return None
        case = self.case(Wish.of_plan(plan), self._history, self._presumed(it.who))
        return Said.of(gates.check(self.settings, case))

    def _case_of(self, event: Event) -> Case:
        wish = Wish.of_event(event, about(event, self._history.standing))
        return self.case(wish, self._history, next(self.signers([event])))._replace(event=event)

    def _said(self, event: Event, case: Case) -> Said:
        return Said.of(verdicts.of_event(event, self.governing, case).rulings)

    def _plan(self, it: Attempt) -> Plan:
        ground = Ground(self._history, TagNames(), self._now(), self.settings.registry)
        if it.action == "register":
            commit = COMMITS[it.version]
            return plans.register(ground, commit, version=it.version, force=True)
        if it.action == "promote":
            return plans.promote(ground, it.version, it.stage, force=True)
        if it.action == "demote":
            return plans.demote(ground, it.version, it.stage)
        return plans.rollback(ground, it.stage)

    # The facts

    def signer(self, who: str) -> Signer:
        """Return who made an object of somebody's."""
        claimed = Signer(who.title(), f"{who}@example.com")
        known = who in self.settings.principals
        if not self.signed:
            return claimed._replace(principal=who if known else None)
        if known:
            return claimed._replace(signature="good", principal=who, key=who)
        return claimed._replace(signature="untrusted", key=who, why="nobody's")

    def _presumed(self, who: str) -> Signer:
        found = self.signer(who)
        return found._replace(signature="unchecked") if found.signature == "good" else found

    def signers(self, events: Sequence[Event]) -> Iterator[Signer]:
        """Iterate over who made events."""
        return (self.signer(it.author.lower()) for it in events)

    def approvals(self, case: Case) -> tuple[Approval, ...]:
        """Return what was said of a version and a stage."""
        wanted = (case.version, case.stage)
        return tuple(it for place, it in self.node.words.items() if place[:2] == wanted)

    def read(self, wanted: Sequence[Wanted]) -> list[Annotation]:
        """Return what versions are."""
        return [_ANNOTATIONS[it.commit] for it in wanted]

    def history(self, artifact: str) -> History:
        """Return the history of the one artifact that there is."""
        assert artifact == ARTIFACT
        return self._history

    def reachable(self, patterns: Sequence[str], commit: str) -> dict[str, bool]:
        """Return which branches have a commit."""
        return {it: _BRANCHES[commit] == it for it in patterns}

    # Making what is taken

    def after(self, it: Attempt) -> Node:
        """Return the node that an attempt leads to, which was taken."""
        now = self.node
        state = model.state((*now.taken, it))
        if it.action in ("approve", "reject"):
            place = (it.version, it.stage, it.who)
            words = {**now.words, place: self._word(it)}
            return Node((*now.taken, it), state, now.events, words)
        return Node((*now.taken, it), state, (*now.events, self.event(it)), now.words)

    def _word(self, it: Attempt) -> Approval:
        registration = self._history.standing.active[it.version].oid
        signer = self.signer(it.who)
        who = signer.principal or signer.email
        verdict: Verdict = "approve" if it.action == "approve" else "reject"
        place = (ARTIFACT, it.version, it.stage, who)
        return Approval(verdict, *place, signer, registration, self._now(), "+0000", "", "word")

    def event(self, it: Attempt) -> Event:
        """Return the event of an attempt that is no word, as mreg would make it."""
        now = self.node
        version = subject(now.state, it)
        action = "promote" if it.action == "roll back" else it.action
        number = len(now.events) + 1 if it.stage or version in now.state.registered else 0
        tag = tag_of(ARTIFACT, it, version, number)
        previous = now.events[-1].oid if now.events else NO_PREVIOUS
        text = message(it, now.state, self._registration(version), previous)
        oid = hashlib.sha1(f"{tag} {it.who} {text}".encode()).hexdigest()
        person = f"{it.who.title()} <{it.who}@example.com>".encode()
        return Event(
            action,  # type: ignore[arg-type]
            ARTIFACT,
            version,
            it.stage or None,
            number,
            tag,
            oid,
            COMMITS[version],
            self._now(),
            "+0000",
            person,
            text.encode(),
        )

    def _registration(self, version: str) -> str:
        found = self._history.standing.active.get(version)
        return found.oid if found else ""

    def _now(self) -> int:
        return START + 60 * len(self.node.events)
