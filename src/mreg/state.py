"""Replay: from events to state.

An artifact's numbers are a logical clock. Going up through its numbered events, each one's
effective time is the later of its own time and the effective time of the number before it; the
others have their own time. The order is (effective time, number, tag name): total, and the same
however the refs were listed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile
from typing import NamedTuple

from mreg.events import Event
from mreg.kinds import KINDS
from mreg.problems import Problem
from mreg.standing import Standing


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
    plain: list[Event] = []
    numbered: list[Event] = []
    for event in events:
        (numbered if event.number else plain).append(event)
    numbered.sort(key=lambda event: (event.number, event.time))
    dated = [Dated(event.time, 0, event.tag, event) for event in plain]
    clock = numbered[0].time if numbered else 0
    for event in numbered:
        clock = max(clock, event.time)
        dated.append(Dated(clock, event.number, event.tag, event))
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
    """Return how the artifact stands after the events of its timeline.

    Args:
        timeline: the artifact's events, as `ordered` returns them.
        until: leave out what took effect after this time, in seconds since 1970.
    """
    standing = Standing()
    for dated in timeline:
        if until is not None and dated.effective > until:
            break
        KINDS[dated.event.action].effect(standing, dated.event)
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
            KINDS[dated.event.action].effect(past.standing, dated.event)
            past.timeline.append(dated)

    @property
    def last(self) -> Dated | None:
        """The last event; None where there is none."""
        return self.timeline[-1] if self.timeline else None

    @property
    def newest(self) -> Event | None:
        """The event that was made last, which the next one follows; None where there is none."""
        if self.last is None:
            return None
        second = self.last.effective  # each is made at the time of the one before it, or later
        group = takewhile(lambda dated: dated.effective == second, reversed(self.timeline))
        return newest([dated.event for dated in group][::-1])


class State:
    """All artifacts' histories, and the problems met on the way.

    Attributes:
        histories: each artifact's history, by name, sorted.
        problems: what could not be read.
    """

    __slots__ = ("histories", "problems")

    def __init__(self, histories: dict[str, History], problems: tuple[Problem, ...] = ()) -> None:
        self.histories = histories
        self.problems = problems

    @classmethod
    def of(cls, events: Iterable[Event], problems: Iterable[Problem] = ()) -> State:
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
