"""A push: judges what it would do to the registry's refs, before it is done.

Tags are created and never moved or deleted. Each new event is judged by the policy that counts, on
what is there and what the events before it in the same push add to it, in the order in which they
were made. Approvals move forward only. A push that touches nothing of the registry costs nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import accumulate

from mreg.core import kinds, names, parse, tagobject
from mreg.core.diagnostics import Diagnostic
from mreg.core.events import NO_PREVIOUS, Event
from mreg.core.replay import GrowingHistory, History, State
from mreg.core.times import moment
from mreg.errors import Refused
from mreg.git import refs, tagobjects
from mreg.git.repository import Repository
from mreg.git.tagobjects import NotATag
from mreg.governance import approve, audit, evaluate
from mreg.governance.audit import Reviewer
from mreg.governance.facts import Facts
from mreg.governance.settings import Policies
from mreg.governance.trust import Trust
from mreg.governance.updates import (
    OURS,
    PASSED,
    Received,
    Update,
    is_ours,
    name_of,
    obstacle,
    twins,
)
from mreg.policy import approvals, gates
from mreg.policy.case import Case
from mreg.policy.chain import SKEW, Circumstances, cure, faults_on_arrival, in_order_of_making
from mreg.policy.model import Governing
from mreg.policy.verdicts import Audited, of_event, of_problem
from mreg.render.moments import second
from mreg.store.read import read_events, read_state
from mreg.store.remote import APPROVALS, LAST, NOT_LAST, guard

PolicyOf = Callable[[], Governing]
"""Finds the policy that counts, once something of the registry is touched."""


def check(
    repo: Repository,
    updates: Iterable[Update],
    policy_of: PolicyOf,
    *,
    present: int,
    one: bool = False,
) -> Received:
    """Judge the updates of a push.

    The policy that counts is the one before the push. `one` says that this is one update of a push
    whose others are not known.

    Raises:
        GitError: Git could not do it, or a signature cannot be verified here.
        Refused: the policy cannot be followed.
    """
    ours = [it for it in updates if is_ours(it.ref)]
    known = [it for it in ours if _is_known(it)]
    others = [it for it in ours if it.new and not _is_known(it)]
    blocking = tuple(_blocks(it.ref, why) for it in others if (why := obstacle(it.ref)))
    found = _PushCheck(repo, known, policy_of(), present, one=one).received() if known else PASSED
    almost = [it.ref.removeprefix(refs.PREFIX) for it in others if not obstacle(it.ref)]
    warnings = tuple(_near_miss(_heeded(almost, policy_of))) if almost else ()
    return found._replace(refused=(*blocking, *found.refused), warnings=warnings)


def _is_known(update: Update) -> bool:
    return name_of(update.ref) is not None or update.ref.startswith(OURS)


def _heeded(tags: Sequence[str], policy_of: PolicyOf) -> list[str]:
    """Return the tags among some that are almost the registry's which no settings pass over."""
    try:
        patterns = policy_of().settings.ignore_tags
    except Refused:  # it cannot be followed, which is no reason to refuse another tool's tag
        patterns = ()
    return [it for it in tags if not kinds.is_ignored(it, patterns)]


def _near_miss(tags: Sequence[str]) -> Iterator[str]:
    if len(tags) > 1:
        yield (
            f"{tags[0]} and {len(tags) - 1} more look almost like names of registry tags; mreg "
            "ignores them"
        )
    elif tags:
        words = "looks almost like the name of a registry tag; mreg ignores it"
        yield f"{tags[0]} {words}"


def _blocks(ref: str, why: str) -> Diagnostic:
    return _refusal(ref, "name", why, "choose a name without @ and #")


def _refusal(ref: str, rule: str, reason: str, hint: str) -> Diagnostic:
    return Diagnostic(rule, "error", ref.removeprefix(refs.PREFIX), reason, hint)


class _PushCheck:
    """One push: all that is known of it, and what is found wrong with it."""

    def __init__(
        self,
        repo: Repository,
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
        self._refused: list[Diagnostic] = []
        self._verdicts: list[Audited] = []
        self._newest: dict[str, str] = {}
        self._trust = Trust(repo, governing)
        created = [it for it in updates if it.new and not it.old]
        self._tags = [(name, it) for it in created if (name := name_of(it.ref))]
        self._approvals = [it for it in updates if it.new and it.ref.startswith(APPROVALS)]
        self._guards = [it for it in updates if it.new and it.ref.startswith(LAST)]
        wanted = [it.new for it in (*(it for _, it in self._tags), *self._approvals, *self._guards)]
        self._objects = dict(zip(wanted, tagobjects.read(repo, wanted), strict=True))
        self._state = self._read_state()

    def received(self) -> Received:
        """Judge the push."""
        self._refuse_what_never_happens()
        self._refuse_large_ones()
        self._refuse_obstacles()
        self._judge_events([*self._new_events()])
        for update in self._approvals:
            self._judge_approval(update)
        for update in self._guards:
            self._judge_guard(update)
        return Received(
            tuple(self._refused), events=tuple(self._verdicts), governing=self._governing
        )

    def _read_state(self) -> State:
        """Read what is there: of one artifact, if the push and the policy bear on no other."""
        found = {name.artifact for name, _ in self._tags}
        found |= {_artifact_of(it.ref) for it in (*self._approvals, *self._guards)}
        settings = self._governing.settings
        gates = (settings.register, *(settings.stages or {}).values())
        alone = len(found) == 1 and not any(it.requires.inputs for it in gates)
        return read_state(self._repo, found.pop() if alone else None)

    def _refuse(self, ref: str, rule: str, reason: str, hint: str) -> None:
        self._refused.append(_refusal(ref, rule, reason, hint))

    def _refuse_what_never_happens(self) -> None:
        known = {it.ref for it in (*self._approvals, *self._guards)}
        for it in self._updates:
            what = "a registry tag" if name_of(it.ref) else "a ref of the registry"
            if not it.new:
                hint = "record the opposite event: mreg demote, mreg deregister or mreg deprecate"
                self._refuse(it.ref, "delete", f"{what} must not be deleted", hint)
            elif it.old and name_of(it.ref):
                hint = "record a new event: mreg assigns its number"
                self._refuse(it.ref, "move", "a registry tag must not be moved", hint)
            elif it.ref.startswith(OURS) and it.ref not in known:
                self._refuse(it.ref, "name", "mreg does not use such refs", "leave it out")

    def _refuse_large_ones(self) -> None:
        """Refuse objects that are too large, and judge them no further."""
        large = {oid for oid, it in self._objects.items() if it == tagobjects.LARGE}
        for it in self._updates:
            if it.new in large:
                reason = f"the tag object has more than {tagobject.LARGEST} bytes"
                self._refuse(it.ref, "size", reason, "move long text into a file of the commit")
        self._tags = [(name, it) for name, it in self._tags if it.new not in large]
        self._approvals = [it for it in self._approvals if it.new not in large]
        self._guards = [it for it in self._guards if it.new not in large]

    def _refuse_obstacles(self) -> None:
        """Refuse tags that could be in the way of others, though each is one of the registry's."""
        if not self._tags:
            return
        there = (tag for tag, _ in refs.list_refs(self._repo))
        created = [it.ref.removeprefix(refs.PREFIX) for _, it in self._tags]
        for tag, other in twins(there, created):
            why = f"it, or its artifact, differs from {other} only in case"
            self._refuse(tag, "name", why, "choose another name")
        for tag in created:
            _, _, stage = tag.partition("#")
            for other in self._governing.settings.stages or ():
                if stage and other.startswith(f"{stage}/"):
                    why = f"no version could be promoted to {other} together with it"
                    self._refuse(tag, "name", why, "record it with mreg, which assigns the number")

    # Events

    def _new_events(self) -> Iterator[Event]:
        """Iterate over the new events; what is none, though it has the name of one, is refused."""
        named = [(it.ref.removeprefix(refs.PREFIX), name, it.new) for name, it in self._tags]
        held = [self._objects[it.new] for _, it in self._tags]
        with tagobjects.reading(self._repo) as objects:
            events = read_events(objects, named, held)
        for (name, _), found in zip(self._tags, events, strict=True):
            if isinstance(found, Event):
                yield found
            else:
                verdict = of_problem(name, found)
                self._verdicts.append(verdict)
                (ruling,) = verdict.rulings
                self._refuse(found.subject, ruling.rule, found.message, "record it with mreg")

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
                late = (rule.rule, rule.hint) in _OVERTAKEN and verdict.oid not in recorded
                hint = _MAKE_AGAIN.format(verdict.artifact) if late else rule.hint
                self._refuse(verdict.tag, rule.rule, rule.reason, hint)

    def _judge_recorded(self, oids: set[str]) -> list[Audited]:
        return audit.judge(
            self._repo,
            self._state,
            Policies.of_one(self._governing),
            lambda event: event.oid in oids,
            present=self._present,
        )

    def _judge_arriving(self, arriving: Mapping[str, Sequence[Event]]) -> list[Audited]:
        """Judge new events: the first time blindly, as `mreg.governance.facts` says."""
        pushed = {it.ref: it.new for it in self._approvals}
        prefix = evaluate.branch_prefix(self._repo, self._governing)
        facts = Facts(self._repo, prefix, approvals=pushed)
        [*self._arrivals(facts, arriving).verdicts()]
        facts.read()
        arrivals = self._arrivals(facts, arriving)
        verdicts = [*arrivals.verdicts()]
        self._newest = arrivals.newest()
        return verdicts

    def _arrivals(self, facts: Facts, arriving: Mapping[str, Sequence[Event]]) -> _Arrivals:
        receiver = _Receiver(self._repo, self._governing, facts, self._state, arriving)
        return _Arrivals(receiver, facts, arriving, self._present)

    # Other refs

    def _judge_approval(self, update: Update) -> None:
        """Judge an approval or rejection: one's own word, after the one that was there."""
        place = approvals.parse_ref(update.ref)
        if place is None:
            self._refuse(update.ref, "name", "it is not the name of an approval", _SAY_IT)
            return
        settings = self._trust.settings
        if settings.stages is not None and place.stage not in settings.stages:
            why = f"{place.stage} is not one of the stages: {', '.join(settings.stages) or 'none'}"
            self._refuse(update.ref, "stage", why, "choose one of them")
            return
        if why := approvals.obstacle(place, settings.stages, settings.principals):
            self._refuse(update.ref, "name", why, "rename the stage or the principal")
            return
        word = approve.approval(self._trust, place, update.new, self._objects[update.new])
        fault = word.fault
        if not fault and word.previous != update.old:
            before = "your word before it" if update.old else "nothing"
            fault = f"it must follow {before}, which the ref contains"
        known = self._registrations.get((place.artifact, place.version), ())
        if not fault and word.registration not in known:
            fault = (
                f"it refers to a registration of {place.artifact} {place.version} that is "
                "not in this repository"
            )
        if not fault and word.time > self._present + SKEW:
            fault = "it is dated in the future"
        after = self._promoted.get(place[:3], 0)
        if not fault and word.verdict == "reject" and word.time < after:
            when = second(moment(after))
            fault = f"it is dated before an existing promotion, of {when}"
        if not fault and self._trust.settings.signatures == "required" and not word.signer.verified:
            fault = f"it must be signed: {word.signer.why or word.signer.signature}"
        if fault:
            # A clone from before the policy, or with an older one, calls its author otherwise.
            stale = self._trust.principal(word.signer) not in (None, place.principal)
            again = f"run `git fetch` to fetch the policy, then {_SAY_IT}" if stale else _SAY_IT
            self._refuse(update.ref, "approvals", fault, again)

    @cached_property
    def _promoted(self) -> Mapping[tuple[str, str, str], int]:
        """When each version was last promoted to each stage, before this push."""
        return {
            (name, str(it.event.version), str(it.event.stage)): it.effective
            for name in {_artifact_of(it.ref) for it in self._approvals}
            for it in self._state.history(name).timeline
            if kinds.KINDS[it.event.action].enters_stage
        }

    @cached_property
    def _registrations(self) -> Mapping[tuple[str, str], set[str]]:
        """The tag objects that registered each version, here or in this push."""
        found: dict[tuple[str, str], set[str]] = {}
        pushed = [(*name[:3], it.new) for name, it in self._tags]
        here = [
            (*dated.event[:3], dated.event.oid)
            for name in {_artifact_of(it.ref) for it in self._approvals}
            for dated in self._state.history(name).timeline
        ]
        for action, artifact, version, oid in (*here, *pushed):
            if kinds.KINDS[action].registers:
                found.setdefault((artifact, str(version)), set()).add(oid)
        return found

    def _judge_guard(self, update: Update) -> None:
        """Judge the ref that holds an artifact's last event: it holds that, once all is done."""
        artifact = _artifact_of(update.ref)
        if guard(artifact) != update.ref:
            self._refuse(update.ref, "name", "mreg does not use such refs", "leave it out")
            return
        history = self._state.history(artifact)
        newest = self._newest.get(artifact) or (history.newest.oid if history.newest else "")
        if update.new == newest or (self._one and self._follows(update.new, artifact, newest)):
            return
        self._refuse(
            update.ref,
            "previous",
            f"it {NOT_LAST} of {artifact}",
            "run `mreg fetch`, then try again",
        )

    def _follows(self, oid: str, artifact: str, newest: str) -> bool:
        """Tell whether an object is an event that may be the next, in a push seen ref by ref."""
        raw = self._objects[oid]
        if isinstance(raw, NotATag):
            return False
        try:
            tag = tagobject.decode(tagobject.parse(raw).name)
        except tagobject.MalformedTag:
            return False
        name = kinds.parse(tag)
        found = parse.read(tag, name, oid, raw) if name else None
        wanted = (artifact, newest or NO_PREVIOUS)
        return isinstance(found, Event) and (found.artifact, found.previous) == wanted


class _Receiver(Reviewer):
    """One policy, asked about what arrives: what was taken before it in the same push counts.

    Attributes:
        grown: the history of each artifact that has new events, up to the one under review.
        taken: the same, without those that are refused.
        asked: the artifacts among the inputs whose histories were asked for.
    """

    def __init__(
        self,
        repo: Repository,
        governing: Governing,
        facts: Facts,
        state: State,
        arriving: Iterable[str],
    ) -> None:
        super().__init__(repo, governing, facts, state)
        past = {it: state.history(it).timeline for it in arriving}
        self.grown = {name: GrowingHistory(name, it) for name, it in past.items()}
        self.taken = {name: GrowingHistory(name, it) for name, it in past.items()}
        self.asked: dict[str, None] = {}

    def history(self, artifact: str) -> History:
        """Return the history of an artifact among the inputs, up to the event under review."""
        self.asked[artifact] = None
        return self.taken.get(artifact) or super().history(artifact)

    def note(self, event: Event, *, passed: bool) -> None:
        """Take in an event that was judged."""
        self.grown[event.artifact].add(event)
        if passed:
            self.taken[event.artifact].add(event)


_DEEPEST = 50
"""How many artifacts of one push may wait for each other's events: a version for those among its
inputs, these for theirs."""


class _Arrivals:
    """The new events of a push, judged in an order in which they can have been made.

    Those of one artifact follow each other; beyond that their dates decide. A promotion that lacks
    an input is judged after the input's events, as far as two clocks may differ.
    """

    def __init__(
        self,
        receiver: _Receiver,
        facts: Facts,
        arriving: Mapping[str, Sequence[Event]],
        present: int,
    ) -> None:
        self._receiver = receiver
        self._facts = facts
        self._present = present
        self._waiting = {name: deque(in_order_of_making(it)) for name, it in arriving.items()}
        self._busy: set[str] = set()

    def verdicts(self) -> Iterator[Audited]:
        """Iterate over the verdicts."""
        turns = [
            (time, artifact, place)
            for artifact, events in self._waiting.items()
            for place, time in enumerate(accumulate((it.time for it in events), max))
        ]
        sizes = {artifact: len(events) for artifact, events in self._waiting.items()}
        for _, artifact, place in sorted(turns):
            if sizes[artifact] - len(self._waiting[artifact]) <= place:
                yield from self._next(artifact)

    def newest(self) -> dict[str, str]:
        """Return the object of the newest event of each artifact, once all are judged."""
        grown = self._receiver.grown.items()
        return {name: it.newest.oid for name, it in grown if it.newest}

    def _next(self, artifact: str) -> Iterator[Audited]:
        """Iterate over the verdicts on the next event of an artifact, and on those before it."""
        event = self._waiting[artifact].popleft()
        verdict = self._judged(event)
        self._busy.add(artifact)
        needed = [*self._receiver.asked] if "inputs" in {it.rule for it in verdict.failed} else []
        if due := [it for it in needed if self._is_due(it, event)]:
            for it in due:
                while self._is_due(it, event):
                    yield from self._next(it)
            verdict = self._judged(event)
        self._busy.remove(artifact)
        self._receiver.note(event, passed=verdict.passed)
        yield verdict

    def _is_due(self, artifact: str, event: Event) -> bool:
        """Tell whether an artifact's next event may have been made before an event."""
        if artifact in self._busy or len(self._busy) > _DEEPEST:
            return False
        waiting = self._waiting.get(artifact)
        return waiting is not None and len(waiting) > 0 and waiting[0].time <= event.time + SKEW

    def _judged(self, event: Event) -> Audited:
        receiver = self._receiver
        receiver.asked.clear()
        past = receiver.grown[event.artifact]
        case = receiver.case_of(event, past)
        around = Circumstances(
            case.registration, self._facts.committed(event.commit), self._present
        )
        faults = faults_on_arrival(event, past, receiver.settings, around)
        case = case._replace(faults=faults, cure=cure(around.committed, self._present))
        found = of_event(event, receiver.governing, case)
        return (
            self._as_of_its_date(found, event, case) if found.passed and case.approvals else found
        )

    def _as_of_its_date(self, found: Audited, event: Event, case: Case) -> Audited:
        """Judge by what had been said when the event is dated: later on only that bears on it."""
        receiver = self._receiver
        receiver.until = event.time
        then = case._replace(approvals=receiver.approvals(case))
        receiver.until = None
        verdict = of_event(event, receiver.governing, then)
        if verdict.passed:
            return found
        again = _MAKE_AGAIN.format(event.artifact)
        rulings = (
            it if it.passed else it._replace(reason=f"{it.reason} at its date", hint=again)
            for it in verdict.rulings
        )
        return verdict._replace(rulings=tuple(rulings))


_OVERTAKEN = [(it, gates.TAG_RULES[it].hint) for it in ("previous", "number", "date")]
"""The rules that an honest event breaks when others were quicker, where nothing better is known."""

_MAKE_AGAIN = "run `mreg undo {0}` and `mreg fetch`, then record it again"

_SAY_IT = "mreg approve or mreg reject, with --push"


def _artifact_of(ref: str) -> str:
    """Return the artifact that a ref of the registry is about; nothing if it cannot be told."""
    if ref.startswith(LAST):
        return names.from_tag(ref.removeprefix(LAST).removesuffix("#"))
    place = approvals.parse_ref(ref)
    return place.artifact if place else ""
