"""Replay: from events to state.

An artifact's numbers are a logical clock. Going up through its numbered events, each one's
effective time is the later of its own time and the effective time of the number before it; the
others have their own time. The order is (effective time, number, tag name): total, and the same
however the refs were listed.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile

from mreg.core import kinds
from mreg.core.diagnostics import Diagnostic
from mreg.core.events import Event
from mreg.core.standing import Standing
from mreg.core.times import EARLIEST
from mreg.tuples import NamedTuple


class Dated(NamedTuple):
    """An event with its place in the order; a tuple of these sorts into it.

    Attributes:
        effective: the effective time, in seconds since 1970.
        number: the event's number; 0 where it has none.
        tag: the tag's name.
        event: the event.
    """

    effective: int
    number: int
    tag: str
    event: Event


def ordered(events: Iterable[Event]) -> list[Dated]:
    """Put the events of one artifact in order."""
    new = tuple.__new__  # done for every tag of a registry
    dated: list[Dated] = []
    numbered: list[tuple[int, int, str, Event]] = []
    for event in events:
        if number := event.number:
            numbered.append((number, event.time, event.tag, event))
        else:
            dated.append(new(Dated, (event.time, 0, event.tag, event)))
    numbered.sort()
    clock = numbered[0][1] if numbered else 0
    for number, time, tag, event in numbered:
        if time > clock:  # noqa: PLR1730 - a call of max() costs as much as all the rest
            clock = time
        dated.append(new(Dated, (clock, number, tag, event)))
    dated.sort()
    return dated


def newest(events: Sequence[Event]) -> Event:
    """Return the event that was made last, of some events in order.

    Those of one second may be ordered otherwise than they were made. What each says of the event
    before it tells: the newest is the last one that none of the others names.
    """
    named = {event.previous for event in events}
    return next(event for event in reversed(events) if event.oid not in named)


def replay(timeline: Iterable[Dated], *, until: int | None = None) -> Standing:
    """Return how an artifact stands after its events in order; up to a time, if one is given."""
    standing = Standing()
    if until is not None:
        timeline = takewhile(lambda it: it.effective <= until, timeline)
    kinds.apply_all(standing, [it[3] for it in timeline])
    return standing


class History:
    """The events of one artifact, in order, and how it stands after them.

    Attributes:
        artifact: the artifact's name.
        timeline: its events in order, the oldest first.
        standing: how it stands after the last of them.
    """

    __slots__ = ("_standing", "artifact", "timeline")

    def __init__(self, artifact: str, timeline: list[Dated]) -> None:
        self.artifact = artifact
        self.timeline = timeline
        self._standing: Standing | None = None

    @property
    def standing(self) -> Standing:
        """How the artifact stands after the last event."""
        if self._standing is None:
            self._standing = replay(self.timeline)
        return self._standing

    def at(self, time: int) -> History:
        """Return the history as it was at a time, in seconds since 1970."""
        return History(self.artifact, [dated for dated in self.timeline if dated.effective <= time])

    def steps(self) -> Iterator[tuple[History, Dated]]:
        """Iterate over the events, each with the history before it.

        The history before an event is built up on the way: it is to be looked at before the next
        event is asked for.
        """
        past = History(self.artifact, [])
        for dated in self.timeline:
            yield past, dated
            kinds.apply(past.standing, dated.event)
            past.timeline.append(dated)

    @property
    def last(self) -> Dated | None:
        """The last event; None where there is none."""
        return self.timeline[-1] if self.timeline else None

    @property
    def highest(self) -> int:
        """The highest number of an event; 0 where none has one."""
        return max((dated.number for dated in self.timeline), default=0)

    @property
    def newest(self) -> Event | None:
        """The event that was made last, which the next one follows; None where there is none."""
        return newest([it.event for it in self._last_second()]) if self.timeline else None

    def _last_second(self) -> list[Dated]:
        """Return the events of the last second; each is made in that of the one before or later."""
        second = self.timeline[-1].effective
        group = takewhile(lambda dated: dated.effective == second, reversed(self.timeline))
        return [*group][::-1]


class GrowingHistory(History):
    """A history that takes in one event after the other, each in about the time of one replay step.

    It says the same as a `History` of the same events, but for the order of versions that were
    registered in one second. What comes in out of order may cost a replay of all.
    """

    __slots__ = ("_clock", "_highest", "_mentioned", "_named", "_unnamed")

    def __init__(self, artifact: str, timeline: Iterable[Dated] = ()) -> None:
        super().__init__(artifact, list(timeline))
        self._highest = self._clock = 0
        self._mentioned: set[str] | None = None
        self._unnamed: list[Dated] = []
        self._named: set[str] = set()
        self._recount()

    @property
    def highest(self) -> int:
        """The highest number of an event; 0 where none has one."""
        return self._highest

    @property
    def newest(self) -> Event | None:
        """The event that was made last, which the next one follows; None where there is none."""
        return self._unnamed[-1].event if self._unnamed else None

    def add(self, event: Event) -> None:
        """Take in an event."""
        if event.number and event.number <= self._highest:  # it may move those with higher numbers
            self.timeline = ordered([*(dated.event for dated in self.timeline), event])
            self._standing = self._mentioned = None
            self._recount()
            return
        dated = self._dated(event)
        if not self.timeline or dated > self.timeline[-1]:
            kinds.apply(self.standing, event)
            self.timeline.append(dated)
        else:
            self._insert(dated)
        self._follow(dated)
        if self._mentioned is not None:
            self._mentioned.update(_mentions(event))

    def _dated(self, event: Event) -> Dated:
        """Return the place of an event whose number, if it has one, is the highest."""
        if not event.number:
            return Dated(event.time, 0, event.tag, event)
        self._highest = event.number
        self._clock = max(self._clock, event.time)
        return Dated(self._clock, event.number, event.tag, event)

    def _insert(self, dated: Dated) -> None:
        """Take in an event that does not come last.

        A registration of a version and a commit that nothing else is about may as well come last:
        mreg leaves the number out of those of one second.
        """
        if self._mentioned is None:
            self._mentioned = {it for dated in self.timeline for it in _mentions(dated.event)}
        event, standing = dated.event, self.standing
        insort(self.timeline, dated)
        if (
            kinds.KINDS[event.action].registers
            and self._mentioned.isdisjoint(_mentions(event))
            and not standing.deprecated
        ):
            kinds.apply(standing, event)
        else:
            self._standing = None

    def _follow(self, dated: Dated) -> None:
        """Note an event as one of the last second, if it is, and which of those others name."""
        if not self._unnamed or dated.effective > self._unnamed[-1].effective:
            self._unnamed, self._named = [], set()
        elif dated.effective < self._unnamed[-1].effective:
            return
        named = dated.event.previous
        if named:
            self._named.add(named)
            self._unnamed = [it for it in self._unnamed if it.event.oid != named]
        if dated.event.oid not in self._named:
            insort(self._unnamed, dated)

    def _recount(self) -> None:
        numbered = [dated for dated in self.timeline if dated.number]
        self._highest = max((dated.number for dated in numbered), default=0)
        self._clock = max((dated.effective for dated in numbered), default=EARLIEST)
        self._unnamed = []
        for dated in self._last_second() if self.timeline else ():
            self._follow(dated)


def _mentions(event: Event) -> tuple[str, ...]:
    """Return what an event is about: its commit, and its version if it says one."""
    return (event.commit, event.version) if event.version else (event.commit,)


class State:
    """All artifacts' histories, and the problems met on the way.

    Attributes:
        histories: each artifact's history, by name, sorted.
        problems: what could not be read.
    """

    __slots__ = ("histories", "problems")

    def __init__(
        self, histories: dict[str, History], problems: tuple[Diagnostic, ...] = ()
    ) -> None:
        self.histories = histories
        self.problems = problems

    @classmethod
    def of(cls, events: Iterable[Event], problems: Iterable[Diagnostic] = ()) -> State:
        """Return the state that the events amount to."""
        by_artifact: dict[str, list[Event]] = {}
        for event in events:
            by_artifact.setdefault(event.artifact, []).append(event)
        return cls(
            {name: History(name, ordered(by_artifact[name])) for name in sorted(by_artifact)},
            tuple(problems),
        )

    def history(self, artifact: str) -> History:
        """Return an artifact's history; an empty one if it has none."""
        return self.histories.get(artifact) or History(artifact, [])

    def at(self, time: int) -> State:
        """Return the state as it was at a time, in seconds since 1970."""
        past = {name: history.at(time) for name, history in self.histories.items()}
        return State({name: h for name, h in past.items() if h.timeline}, self.problems)

    def __iter__(self) -> Iterator[History]:
        """Iterate over the histories, by artifact name."""
        return iter(self.histories.values())
