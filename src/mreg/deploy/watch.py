"""The watch: follows a remote and acts upon each new event once, in the order of its artifact.

The remote is asked at an interval which tags it has; only what is new is fetched. What became of
each event stands in a ledger. That an event is begun is written there before anything is done, and
that it is done afterwards: who is killed in between finds one event in doubt, and acts upon it
again, saying so. No event is missed, and none but that one is acted upon twice.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Literal, NamedTuple, Protocol, TypeAlias

from mreg.core import kinds, times
from mreg.core.events import Action
from mreg.core.kinds import TagName
from mreg.core.replay import Dated
from mreg.deploy.deployment import Deployment
from mreg.deploy.follow import WatchedSource
from mreg.deploy.journal import JournalEntry, Ledger, Outcome
from mreg.deploy.notify import why_refused
from mreg.errors import MregError, Refused, RemoteError
from mreg.net.network import QUIET, Network
from mreg.policy import verdicts
from mreg.system import locks

INTERVAL = 30.0
JITTER = 0.1
TRIES = 5
"""How often a failing event is tried before its artifact is held."""

LONGEST = 600.0
"""The longest wait after failures, in seconds, where the interval itself is not longer."""

_MOST_DOUBLED = 30

Act: TypeAlias = Callable[[Deployment, bool], str]
"""Acts upon an event, and returns why that failed; nothing if it did not. It is told whether the
event may have been acted upon before."""


class Stop(Protocol):
    """Says when to end; a `threading.Event` is one."""

    def is_set(self) -> bool:
        """Tell whether it is time to end."""

    def wait(self, seconds: float, /) -> bool:
        """Wait until then, or for some seconds; tell whether it is time to end."""


class EventFilter(NamedTuple):
    """Which events are acted upon: of an artifact, a stage, an action; None means any."""

    artifact: str | None = None
    stage: str | None = None
    action: Action | None = None

    def takes(self, name: TagName) -> bool:
        """Tell whether the event of a tag of such a name is wanted."""
        return (
            self.artifact in (None, name.artifact)
            and self.stage in (None, name.stage)
            and self.action in (None, name.action)
        )


class WatchOptions(NamedTuple):
    """The options of a watch.

    Attributes:
        wanted: the events to act on.
        interval: the time between two requests to the remote, in seconds.
        jitter: the random part that is added, so that several watchers do not ask at the same time.
        from_start: where there is no state yet, whether to act upon what is there already, too;
            None: no. Where there is one, the watch goes on from there, and either is refused.
        once: ask once, act on new events, and stop.
        most: stop after this number of events; None: never.
        tries: the number of attempts for an event that fails; None: 5, or with `once` 1, since
            whoever starts such a watch starts it again.
        policy: do not act on events that the policy does not allow.
        skip: the tags of events to skip.
    """

    wanted: EventFilter = EventFilter()
    interval: float = INTERVAL
    jitter: float = JITTER
    from_start: bool | None = None
    once: bool = False
    most: int | None = None
    tries: int | None = None
    policy: bool = True
    skip: tuple[str, ...] = ()

    @property
    def attempts(self) -> int:
        """The number of attempts for an event that fails."""
        return self.tries or (1 if self.once else TRIES)


class Handled(NamedTuple):
    """The outcome of an event.

    Attributes:
        outcome: done; refused: the policy does not allow it; held: it failed every time, and
            nothing is done for its artifact any more.
        event: the event.
        tries: how often it was tried.
        in_doubt: whether it may have been acted upon before this watch began.
        reason: why it is refused or held; empty if it is done.
    """

    outcome: Literal["done", "refused", "held"]
    event: Deployment
    tries: int
    in_doubt: bool
    reason: str


@dataclass
class _Queue:
    """The events of one artifact that are not done, in order."""

    events: list[Dated] = field(default_factory=list)
    due: float = 0.0  # when the first of them is to be tried, by the monotonic clock
    tries: int = 0  # how often it has failed
    troubles: int = 0  # how often in a row it could not be told what it says
    held: bool = False  # whether nothing is done any more, as it failed every time

    def advance(self) -> None:
        """Go on to the next event."""
        del self.events[0]
        self.due, self.tries = 0.0, 0


def watch(
    source: WatchedSource,
    file: Path,
    act: Act,
    manner: WatchOptions,
    *,
    stop: Stop,
    network: Network = QUIET,
) -> Iterator[Handled]:
    """Watch, and iterate over what becomes of events.

    Args:
        source: what is watched.
        file: the ledger's file; it is made where there is none.
        act: acts upon an event.
        manner: how to watch.
        stop: set by whoever wants it to end; what is being done is finished first.
        network: is told of troubles, and of each step.

    Raises:
        Refused: another watcher is at work on the file, or it is not that of such a watch.
        MregError: with `once`, the remote cannot be asked; or an event cannot be judged, once the
            other artifacts' events are done.
        OSError: the file cannot be written.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        with locks.held(file.with_name(f"{file.name}.lock"), seconds=0):
            yield from _Watch(source, file, act, manner, stop, network).run()
    except locks.Taken:
        raise Refused(
            f"another watcher is already using {file}",
            hint="stop that watcher, or choose another file with --state",
        ) from None


@dataclass(eq=False)
class _Watch:
    """A watch that is under way."""

    _source: WatchedSource
    _file: Path
    _act: Act
    _manner: WatchOptions
    _stop: Stop
    _network: Network
    _queues: dict[str, _Queue] = field(default_factory=dict)
    _unreadable: dict[str, str] = field(default_factory=dict)
    _told: set[str] = field(default_factory=set)
    _away: bool = False
    _done: int = 0
    _fault: MregError | None = None

    def __post_init__(self) -> None:
        self._random = Random()  # noqa: S311 - it is about crowds, not secrets
        self._ledger = Ledger(self._file, self._source.name) if self._file.exists() else None
        if self._ledger and self._manner.from_start is not None:
            option = "--from-start" if self._manner.from_start else "--from-now"
            raise Refused(
                f"{option} applies only to a new watch, and this watch already has state in "
                f"{self._file}",
                hint=f"omit {option} to continue, or start a new watch with --state OTHER_FILE",
            )
        self._counts: Counter[str] = Counter()
        self._in_doubt = {tag for tag in self._outcomes() if self._is_begun(tag)}

    def run(self) -> Iterator[Handled]:
        """Watch until the end; where it asks but once, say what came of it."""
        if self._ledger and not self._manner.once:
            self._network.notice(f"following {self._source.name} (state: {self._file})")
        for it in self._handled():
            self._counts[it.outcome] += 1
            yield it
        if self._manner.once:
            what = ", ".join(f"{count} {outcome}" for outcome, count in self._counts.items())
            self._network.notice(f"checked {self._source.name} once: {what or 'nothing new'}")

    def _handled(self) -> Iterator[Handled]:
        next_question, failures = 0.0, 0
        while not self._stop.is_set() and self._done != self._manner.most:
            if time.monotonic() >= next_question:
                failures = 0 if self._look() else failures + 1
                next_question = float("inf") if self._manner.once else self._after(failures)
            queue = self._next()
            if queue and queue.due <= time.monotonic():
                yield from self._handle(queue)
            elif queue is None and self._manner.once:
                if self._fault:
                    raise self._fault
                return
            else:
                until = min(next_question, queue.due) if queue else next_question
                self._stop.wait(max(0.0, until - time.monotonic()))

    def _after(self, failures: int) -> float:
        """Return when to ask or try again: the later, the more often it has failed."""
        interval = self._manner.interval
        wait = min(interval * 2.0 ** min(failures, _MOST_DOUBLED), max(interval, LONGEST))
        return time.monotonic() + wait * (1 + self._random.uniform(0, self._manner.jitter))

    # What there is to do

    def _look(self) -> bool:
        """Ask which events there are; tell whether there was an answer."""
        try:
            listed = self._source.listing()
            self._begin(listed)
            self._forget_what_is_gone(listed)
            self._queue_up(self._new(listed))
        except MregError as error:
            if self._manner.once:
                raise
            if not self._away:
                self._network.notice(f"{error}; trying {self._source.name} again")
            self._away = True
            return False
        if self._away:
            self._network.notice(f"{self._source.name} is reachable again")
        self._away = False
        return True

    def _begin(self, listed: Mapping[str, str]) -> None:
        """Make the ledger, if there is none; note what a person wants to be left out."""
        if self._ledger is None:
            there = () if self._manner.from_start else listed.items()
            passed = [JournalEntry(tag, oid, "passed") for tag, oid in there]
            self._ledger = Ledger.create(self._file, self._source.name, passed)
            self._tell_where_it_begins(len(listed))
        wanted, self._manner = self._manner.skip, self._manner._replace(skip=())
        for tag in wanted:
            if tag not in listed:
                self._tell(f"cannot skip {tag}: there is no such registry tag")
        self._ledger.note(
            JournalEntry(tag, listed[tag], "skipped") for tag in wanted if tag in listed
        )

    def _tell_where_it_begins(self, count: int) -> None:
        events = f"{count or 'no'} existing event{'s' * (count != 1)}"
        if self._manner.from_start:
            begin = f"from the start: {events}"
        elif count:
            included = "to include them, use --from-start and another --state"
            begin = f"from now on, without {events}; {included}"
        else:
            begin = f"from now on: {events}"
        self._network.notice(f"following {self._source.name} {begin} (state: {self._file})")

    def _new(self, listed: Mapping[str, str]) -> dict[str, str]:
        """Return the tags, with their objects, of which nothing is known yet."""
        queued = {dated.tag for queue in self._queues.values() for dated in queue.events}
        found = {}
        for tag, oid in listed.items():
            entry = self._outcomes().get(tag)
            if entry and entry.oid != oid:
                self._tell(
                    f"{tag} was moved at {self._source.name}, which must not happen to a "
                    "registry tag; it is not processed again"
                )
            elif tag not in queued and (entry is None or entry.outcome == "begun"):
                found[tag] = oid
        return {tag: oid for tag, oid in found.items() if self._unreadable.get(tag) != oid}

    def _forget_what_is_gone(self, listed: Mapping[str, str]) -> None:
        for queue in self._queues.values():
            queue.events = [it for it in queue.events if listed.get(it.tag) == it.event.oid]
        for tag in self._in_doubt - listed.keys():
            self._tell(f"{tag} was in progress, but is no longer at {self._source.name}")

    def _queue_up(self, new: Mapping[str, str]) -> None:
        """Put new events where they belong; note those that nobody wants."""
        if not new:
            return
        names = {tag: name for tag in new if (name := kinds.parse(tag))}
        state = self._source.state({it.artifact for it in names.values()})
        events = [it for history in state for it in history.timeline]
        found = [it for it in events if new.get(it.tag) == it.event.oid]
        begun = self._is_begun
        wanted = {
            it.tag for it in found if begun(it.tag) or self._manner.wanted.takes(names[it.tag])
        }
        self._note("passed", *(it for it in found if it.tag not in wanted))
        for dated in found:
            if dated.tag in wanted:
                self._queues.setdefault(dated.event.artifact, _Queue()).events.append(dated)
        for queue in self._queues.values():
            queue.events.sort(key=lambda it: (not self._is_begun(it.tag), it[:3]))
        for problem in state.problems:
            if problem.subject in new and verdicts.is_broken(problem):
                self._unreadable[problem.subject] = new[problem.subject]
                self._tell(f"{problem.subject} is not an event: {problem.message}")

    def _next(self) -> _Queue | None:
        """Return the queue whose first event is due first; of several, the one with the oldest."""
        now = time.monotonic()
        ready = (it for it in self._queues.values() if it.events and not it.held)
        return min(ready, key=lambda it: (max(it.due, now), it.events[0][:3]), default=None)

    # Doing it

    def _handle(self, queue: _Queue) -> Iterator[Handled]:
        """Act upon the first event of a queue, if the policy allows it."""
        dated = queue.events[0]
        try:
            report = self._source.report(dated.tag, dated.event.oid, int(times.now().timestamp()))
        except MregError as error:
            if self._manner.once:
                if isinstance(error, RemoteError):  # which keeps all artifacts
                    raise
                # The other artifacts go on; what keeps this one is raised when they are done.
                queue.held = True
                self._fault = self._fault or error
                return
            queue.troubles += 1
            queue.due = self._after(queue.troubles)
            self._tell(f"{dated.tag}: {error}; trying again")
            return
        queue.troubles = 0
        if self._manner.policy and report.refused:
            self._note("refused", dated)
            queue.advance()
            yield Handled("refused", report.deployment, 0, False, why_refused(report))
            return
        failed = self._tried(dated, report.deployment)
        if failed is not None:
            yield from self._concluded(queue, report.deployment, failed)

    def _tried(self, dated: Dated, found: Deployment) -> str | None:
        """Act upon an event, and note it; return why it failed, nothing if it did not.

        None: we were told to end while it was failing, and it stays in doubt.
        """
        again = self._is_begun(dated.tag)
        if not again:
            self._network.reached("begin")
            self._note("begun", dated)
        self._network.reached("act")
        failed = self._act(found, again)
        self._network.reached("done")
        if not failed:
            self._note("done", dated)
        return None if failed and self._stop.is_set() else failed

    def _concluded(self, queue: _Queue, found: Deployment, failed: str) -> Iterator[Handled]:
        queue.tries += 1
        in_doubt = found.tag in self._in_doubt
        if not failed:
            handled = Handled("done", found, queue.tries, in_doubt, "")
            self._done += 1
            queue.advance()
            yield handled
        elif queue.tries >= self._manner.attempts:
            queue.held = True
            yield Handled("held", found, queue.tries, in_doubt, failed)
        else:
            queue.due = self._after(queue.tries)
            next_try = f"attempt {queue.tries + 1} of {self._manner.attempts}"
            wait = times.span(round(queue.due - time.monotonic()))
            self._network.notice(f"{found.tag}: {failed}; {next_try} in {wait}")

    # What is known

    def _outcomes(self) -> Mapping[str, JournalEntry]:
        return self._ledger.entries if self._ledger else {}

    def _is_begun(self, tag: str) -> bool:
        entry = self._outcomes().get(tag)
        return entry is not None and entry.outcome == "begun"

    def _note(self, outcome: Outcome, *events: Dated) -> None:
        assert self._ledger is not None  # it is made before there is anything to note
        self._ledger.note(JournalEntry(it.tag, it.event.oid, outcome) for it in events)

    def _tell(self, text: str) -> None:
        """Say something, once."""
        if text not in self._told:
            self._told.add(text)
            self._network.notice(text)
