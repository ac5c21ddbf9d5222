"""Receiving: judges what a push would do to the registry's refs, before it is done.

Tags are created and never moved or deleted. Each new event is judged by the policy that counts, on
what is there and what the events before it in the same push add to it, in the order in which they
were made. Approvals move forward only. A push that touches nothing of the registry costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from mreg import approving, auditing, kinds, names, policing, reading, tagobject
from mreg.auditing import Reviewer
from mreg.events import NO_PREVIOUS, Event
from mreg.facts import Facts
from mreg.git import tagobjects, tags
from mreg.git.tagobjects import NotATag
from mreg.kinds import TagName
from mreg.peer import APPROVALS, LAST, NOT_LAST, guard
from mreg.policy import approvals, audited
from mreg.policy.approvals import Place
from mreg.policy.audited import Audited
from mreg.policy.chain import SKEW, Circumstances, faults_on_arrival, in_order_of_making
from mreg.policy.settings import Governing
from mreg.problems import Problem
from mreg.settings import Policies
from mreg.state import History, State, ordered
from mreg.trust import Trust
from mreg.updates import (
    OURS,
    PASSED,
    Complaint,
    Received,
    Update,
    is_in_the_way,
    is_ours,
    name_of,
)

PolicyOf = Callable[[], Governing]
"""Finds the policy that counts, once something of the registry is touched."""


def check(
    repo: Path, updates: Iterable[Update], policy_of: PolicyOf, *, present: int, one: bool = False
) -> Received:
    """Judge the updates of a push.

    Args:
        repo: a folder in the repository that receives it.
        updates: what becomes of each ref.
        policy_of: finds the policy that counts: the one before the push.
        present: the present, in seconds since 1970.
        one: whether this is one update of a push whose others are not known.

    Raises:
        GitError: Git could not do it, or a signature cannot be verified here.
        Refused: the policy cannot be followed.
    """
    ours = [it for it in updates if is_ours(it.ref)]
    known = [it for it in ours if name_of(it.ref) or it.ref.startswith(OURS)]
    others = [it for it in ours if it.new and it not in known]
    blocking = tuple(_blocks(it.ref) for it in others if is_in_the_way(it.ref))
    warnings = tuple(_near_miss(it.ref) for it in others if not is_in_the_way(it.ref))
    found = _Desk(repo, known, policy_of(), present, one=one).received() if known else PASSED
    return found._replace(complaints=(*blocking, *found.complaints), warnings=warnings)


def _near_miss(ref: str) -> str:
    tag = ref.removeprefix(tags.PREFIX)
    return f"{tag} is almost the name of a registry tag, but not quite; it counts for nothing"


def _blocks(ref: str) -> Complaint:
    reason = "it lies beneath the name of a registry tag, which could then never be made"
    return Complaint(ref.removeprefix(tags.PREFIX), "name", reason, "take a name without @ and #")


class _Desk:
    """One push: all that is known of it, and what is found wrong with it."""

    def __init__(
        self,
        repo: Path,
        updates: Sequence[Update],
        governing: Governing,
        present: int,
        *,
        one: bool,
    ) -> None:
        self._repo = repo
        self._updates = updates
        self._governing = governing
        self._present = present
        self._one = one
        self._complaints: list[Complaint] = []
        self._verdicts: list[Audited] = []
        self._newest: dict[str, str] = {}
        self._trust = Trust(repo, governing)
        created = [it for it in updates if it.new and not it.old]
        self._tags = [(name, it) for it in created if (name := name_of(it.ref))]
        self._words = [it for it in updates if it.new and it.ref.startswith(APPROVALS)]
        self._guards = [it for it in updates if it.new and it.ref.startswith(LAST)]
        wanted = [it.new for it in (*(it for _, it in self._tags), *self._words, *self._guards)]
        self._objects = dict(zip(wanted, tagobjects.read(repo, wanted), strict=True))
        self._state = self._read_state()

    def received(self) -> Received:
        """Judge the push."""
        self._refuse_what_never_happens()
        self._refuse_large_ones()
        self._judge_events([*self._new_events()])
        for update in self._words:
            self._judge_word(update)
        for update in self._guards:
            self._judge_guard(update)
        return Received(
            tuple(self._complaints), events=tuple(self._verdicts), governing=self._governing
        )

    def _read_state(self) -> State:
        """Read what is there: of one artifact, if the push and the policy bear on no other."""
        found = {name.artifact for name, _ in self._tags}
        found |= {_artifact_of(it.ref) for it in (*self._words, *self._guards)}
        settings = self._governing.settings
        gates = (settings.register, *(settings.stages or {}).values())
        alone = len(found) == 1 and not any(it.requires.inputs for it in gates)
        return tags.read_state(self._repo, found.pop() if alone else None)

    def _refuse(self, ref: str, rule: str, reason: str, hint: str) -> None:
        self._complaints.append(Complaint(ref.removeprefix(tags.PREFIX), rule, reason, hint))

    def _refuse_what_never_happens(self) -> None:
        known = {it.ref for it in (*self._words, *self._guards)}
        for it in self._updates:
            what = "a registry tag" if name_of(it.ref) else "a ref of the registry"
            if not it.new:
                hint = "record the opposite: mreg demote, mreg deregister or mreg deprecate"
                self._refuse(it.ref, "delete", f"{what} is never deleted", hint)
            elif it.old and name_of(it.ref):
                hint = "make a new event: mreg numbers it"
                self._refuse(it.ref, "move", "a registry tag is never moved", hint)
            elif it.ref.startswith(OURS) and it.ref not in known:
                self._refuse(it.ref, "name", "mreg has no such refs", "leave it out")

    def _refuse_large_ones(self) -> None:
        """Refuse objects that are too large, and judge them no further."""
        large = {oid for oid, it in self._objects.items() if it == tagobjects.LARGE}
        for it in self._updates:
            if it.new in large:
                reason = f"the tag object has more than {tagobject.LARGEST} bytes"
                self._refuse(it.ref, "size", reason, "put what is long into a file of the commit")
        self._tags = [(name, it) for name, it in self._tags if it.new not in large]
        self._words = [it for it in self._words if it.new not in large]
        self._guards = [it for it in self._guards if it.new not in large]

    # Events

    def _new_events(self) -> Iterator[Event]:
        """Iterate over the new events; what is none, though it has the name of one, is refused."""
        named = [(it.ref.removeprefix(tags.PREFIX), name, it.new) for name, it in self._tags]
        held = [self._objects[it.new] for _, it in self._tags]
        with tagobjects.reading(self._repo) as objects:
            events = tags.read_events(objects, named, held)
        for (name, _), found in zip(self._tags, events, strict=True):
            if isinstance(found, Event):
                yield found
            else:
                self._refuse_tag(name, found)

    def _refuse_tag(self, name: TagName, found: Problem) -> None:
        verdict = audited.of_problem(name, found)
        self._verdicts.append(verdict)
        (ruling,) = verdict.rulings
        self._refuse(found.subject, ruling.rule, found.message, "make it with mreg")

    def _judge_events(self, events: Sequence[Event]) -> None:
        """Judge new events: those that are here already as recorded ones, the others on arrival."""
        here = {dated.event.oid for history in self._state for dated in history.timeline}
        recorded = {it.oid for it in events if it.oid in here}
        verdicts = [*self._judge_recorded(recorded)] if recorded else []
        arriving: dict[str, list[Event]] = {}
        for event in events:
            if event.oid not in recorded:
                arriving.setdefault(event.artifact, []).append(event)
        verdicts += self._judge_arriving(arriving)
        for verdict in verdicts:
            self._verdicts.append(verdict)
            for rule in verdict.failed:
                late = rule.rule in _OVERTAKEN and verdict.oid not in recorded
                hint = _MAKE_AGAIN.format(verdict.artifact) if late else rule.hint
                self._refuse(verdict.tag, rule.rule, rule.reason, hint)

    def _judge_recorded(self, oids: set[str]) -> list[Audited]:
        return auditing.judge(
            self._repo,
            self._state,
            Policies.of_one(self._governing),
            lambda event: event.oid in oids,
            present=self._present,
        )

    def _judge_arriving(self, arriving: Mapping[str, Sequence[Event]]) -> list[Audited]:
        pushed = {it.ref: it.new for it in self._words}
        prefix = policing.branch_prefix(self._repo, self._governing)
        facts = Facts(self._repo, prefix, approvals=pushed)
        reviewer = Reviewer(self._repo, self._governing, facts, self._state)
        [*self._hearings(reviewer, facts, arriving)]
        facts.read()
        return [*self._hearings(reviewer, facts, arriving)]

    def _hearings(
        self, reviewer: Reviewer, facts: Facts, arriving: Mapping[str, Sequence[Event]]
    ) -> Iterator[Audited]:
        """Iterate over the verdicts on arriving events; the first time blindly, as `mreg.facts`."""
        for artifact, events in arriving.items():
            past = self._state.history(artifact)
            for event in in_order_of_making(events):
                case = reviewer.case_of(event, past)
                committed = facts.committed(event.commit)
                around = Circumstances(case.registration, committed, self._present)
                faults = faults_on_arrival(event, past, self._governing.settings, around)
                yield audited.of_event(event, self._governing, case._replace(faults=faults))
                past = History(artifact, ordered([*(it.event for it in past.timeline), event]))
            self._newest[artifact] = past.newest.oid if past.newest else ""

    # Other refs

    def _judge_word(self, update: Update) -> None:
        """Judge an approval or rejection: one's own word, after the one that was there."""
        place = approvals.parse_ref(update.ref)
        if place is None:
            self._refuse(update.ref, "name", "it is no name of an approval", _SAY_IT)
            return
        word = approving.word(self._trust, place, update.new, self._objects[update.new])
        fault = word.fault
        if not fault and word.previous != update.old:
            before = "your word before it" if update.old else "nothing"
            fault = f"it has to follow {before}, which is what the ref holds"
        if not fault and word.registration not in self._registrations(place):
            fault = f"it means no registration of {place.artifact} {place.version} that is here"
        if not fault and word.time > self._present + SKEW:
            fault = "it is dated in the future"
        if not fault and self._trust.settings.signatures == "required" and not word.signer.verified:
            fault = f"it has to be signed: {word.signer.why or word.signer.signature}"
        if fault:
            self._refuse(update.ref, "approvals", fault, _SAY_IT)

    def _registrations(self, place: Place) -> set[str]:
        """Return the tag objects that registered a version, here or in this push."""
        history = self._state.history(place.artifact)
        here = {
            it.event.oid
            for it in history.timeline
            if it.event.action == "register" and it.event.version == place.version
        }
        pushed = {
            it.new
            for name, it in self._tags
            if (name.action, name.artifact, name.version)
            == ("register", place.artifact, place.version)
        }
        return here | pushed

    def _judge_guard(self, update: Update) -> None:
        """Judge the ref that holds an artifact's last event: it holds that, once all is done."""
        artifact = _artifact_of(update.ref)
        if guard(artifact) != update.ref:
            self._refuse(update.ref, "name", "mreg has no such refs", "leave it out")
            return
        history = self._state.history(artifact)
        newest = self._newest.get(artifact) or (history.newest.oid if history.newest else "")
        if update.new == newest or (self._one and self._follows(update.new, artifact, newest)):
            return
        self._refuse(
            update.ref,
            "previous",
            f"it {NOT_LAST} of {artifact}",
            "mreg fetch, then repeat",
        )

    def _follows(self, oid: str, artifact: str, newest: str) -> bool:
        """Tell whether an object is an event that may be the next, in a push seen ref by ref."""
        raw = self._objects[oid]
        if isinstance(raw, NotATag):
            return False
        try:
            tag = tagobject.decode(tagobject.parse(raw).name)
        except tagobject.Unreadable:
            return False
        name = kinds.parse(tag)
        found = reading.read(tag, name, oid, raw) if name else None
        wanted = (artifact, newest or NO_PREVIOUS)
        return isinstance(found, Event) and (found.artifact, found.previous) == wanted


_OVERTAKEN = ("previous", "number", "date")
"""The rules that an honest event breaks when others were quicker."""

_MAKE_AGAIN = "mreg undo {0}, mreg fetch, and make it again"

_SAY_IT = "mreg approve or mreg reject, with --push"


def _artifact_of(ref: str) -> str:
    """Return the artifact that a ref of the registry is about; nothing if it cannot be told."""
    if ref.startswith(LAST):
        return names.from_tag(ref.removeprefix(LAST).removesuffix("#"))
    place = approvals.parse_ref(ref)
    return place.artifact if place else ""
