"""The chain of an artifact's events: what the tag of one has to say of those before it.

Each event names the one that was made before it (`Previous:`, docs/reference/format.md), so that a
tag that was removed, moved or written anew leaves a gap. Two events may name the same one: they
were made in two clones that did not know of each other. So a fork proves nothing, and is no fault
of a recorded event. Where events *arrive*, at a server, each has to follow the last one there, and
no fork comes to be. A tag without the trailer, such as GTO writes, follows nothing; it is a fault
only where the policy has a registry's id, which such a tag does not bear either.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from heapq import heappop, heappush
from typing import TYPE_CHECKING

from mreg.core.events import NO_PREVIOUS, REGISTRATION_TRAILER, REGISTRY_TRAILER, Event
from mreg.core.kinds import KINDS
from mreg.core.replay import Dated, History, ordered
from mreg.core.times import LATEST, moment, span
from mreg.render.moments import second
from mreg.tuples import NamedTuple

if TYPE_CHECKING:
    from mreg.policy.model import Settings

SKEW = 300
"""By how many seconds two people's clocks may differ before a date is taken for a wrong one."""

LEAP = 1000
"""By how much a number may pass over those that are not given out; tags that are no events may
have some. Without a limit one event could take the last number that there is."""


class Circumstances(NamedTuple):
    """What is asked about an event, beside the chain.

    Attributes:
        registration: the registration of the version at that point; None if there is none.
        committed: the committer's time of the event's commit; None where it is not here.
        now: the present, in seconds since 1970.
    """

    registration: Event | None
    committed: int | None
    now: int


class Chain:
    """The chain of one artifact's recorded events."""

    def __init__(self, history: History) -> None:
        self._dated = {it.event.oid: it for it in history.timeline}
        self._known: dict[str, int] = {}

    def faults(self, event: Event, settings: Settings, around: Circumstances) -> dict[str, str]:
        """Return what is wrong with a recorded event, by rule; it is one of the chain's."""
        named = event.previous or NO_PREVIOUS
        before = self._dated.get(named)
        found: dict[str, str] = {}
        if event.previous is None and settings.registry:
            found["previous"] = _NAMES_NOTHING
        elif named != NO_PREVIOUS and before is None:
            gone = f"the event before it was {named[:12]}, which was removed or rewritten"
            found["previous"] = gone
        elif before and before.effective > self._dated[event.oid].effective:
            found["previous"] = f"it follows {before.tag}, which is dated after it"
        if event.number and (known := self._highest(before)) >= event.number:
            found["number"] = f"the events before it already had {known}"
        floor = before.effective if before else None
        # What follows an event of the future bears its date, and is not to blame for it.
        latest = max(around.now + SKEW, floor or 0)
        return found | _own_faults(event, settings, around, floor, latest)

    def _highest(self, last: Dated | None) -> int:
        """Return the highest number that who made an event knew of: among those before it."""
        path = []
        while last and last.event.oid not in self._known:
            path.append(last.event)
            last = self._dated.get(last.event.previous or "")
        highest = self._known[last.event.oid] if last else 0
        for event in reversed(path):
            highest = self._known[event.oid] = max(highest, event.number)
        return highest


def faults_on_arrival(
    event: Event, history: History, settings: Settings, around: Circumstances
) -> dict[str, str]:
    """Return what is wrong with an event that is to follow a history, by rule."""
    found: dict[str, str] = {}
    last, newest = history.last, history.newest
    wanted = newest.oid if newest else NO_PREVIOUS
    if event.previous is None and settings.registry:
        found["previous"] = _NAMES_NOTHING
    elif event.previous not in (None, wanted):
        follows = newest.tag if newest else "nothing"
        found["previous"] = f"it must follow {follows}, but does not"
    highest = history.highest
    if event.number and event.number <= highest:
        found["number"] = f"the number {highest} is already used"
    elif event.number > highest + LEAP:
        found["number"] = (
            f"it jumps from {highest} to {event.number}, which would use up the numbers"
        )
    # Who names the event before it knew its date; who names none may have had another clock.
    floor = last.effective - (SKEW if event.previous is None else 0) if last else None
    latest = around.now + SKEW
    found |= _own_faults(event, settings, around, floor, latest)
    if last and last.effective > latest:
        ahead = span(last.effective - around.now)
        follows = f"it follows {last.tag}, which is dated {ahead} in the future"
        then = _moment(last.effective - SKEW)
        found["date"] = f"{follows}, until {then}: no event can follow it before then"
    return found


_NAMES_NOTHING = "it does not name the event before it"


def _own_faults(
    event: Event, settings: Settings, around: Circumstances, floor: int | None, latest: int
) -> dict[str, str]:
    """Return what is wrong with an event's date, from the floor to the latest, and its bindings."""
    found: dict[str, str] = {}
    # mreg dates no event before the one that it follows, even where that lies in the future.
    if floor is not None and event.time < floor:
        found["date"] = f"it is dated {span(floor - event.time)} before the event that it follows"
    elif fault := before_commit(event.time, around.committed):
        found["date"] = fault
    elif event.time > latest:
        found["date"] = f"it is dated {span(event.time - around.now)} in the future"
    trailers = event.trailers
    registry = trailers.get(REGISTRY_TRAILER)
    if settings.registry and registry != settings.registry:
        whose = f"for {registry}" if registry else "for no particular registry"
        found["registry"] = f"it was made {whose}, but this registry is {settings.registry}"
    if KINDS[event.action].registers and around.registration:
        tag = around.registration.tag
        found["registration"] = f"{event.version} is already registered, by {tag}"
    if KINDS[event.action].enters_stage and (
        fault := _binding(event, trailers.get(REGISTRATION_TRAILER), settings, around)
    ):
        found["registration"] = fault
    return found


def before_commit(time: int, committed: int | None) -> str:
    """Say what is wrong with an event's time by its committer's; nothing if that is not here."""
    if committed is None or time >= committed - SKEW:
        return ""
    early = span(committed - time)
    return f"it is dated {early} before its commit, which has the date {_moment(committed)}"


def cure(committed: int | None, now: int) -> str:
    """Return what to do about a commit of the future; nothing if it is none, or is not here."""
    if committed is None or committed - SKEW <= now:
        return ""
    again = "run `git commit --allow-empty -m 'Update the date'`, and register that commit"
    return f"{again}; or wait until {_moment(committed - SKEW)}"


def _moment(time: int) -> str:
    return second(moment(min(time, LATEST)))


def _binding(event: Event, named: str | None, settings: Settings, around: Circumstances) -> str:
    """Say why a promotion is not that of the version's registration.

    What it points to counts as well: a deployment may take the commit from the tag.
    """
    registration = around.registration
    if registration is None:  # the rule `registered` tells, where it matters
        return f"{event.version} is not registered at that time" if named else ""
    if named is None and settings.registry:
        return "it does not name its registration"
    if named not in (None, registration.oid):
        return (
            f"it refers to another registration of {registration.version} than {registration.tag}"
        )
    if event.commit != registration.commit:
        where = f"{registration.version} is registered at {registration.commit[:12]}"
        return f"it points to commit {event.commit[:12]}, but {where}"
    return ""


def in_order_of_making(events: Iterable[Event]) -> Iterator[Event]:
    """Iterate over new events of one artifact, each after the one that it names.

    A push lists them in any order.
    """
    order = [dated.event for dated in ordered(events)]
    oids = {it.oid for it in order}
    followers: dict[str, list[int]] = {}
    for place, event in enumerate(order):
        named = event.previous or ""
        followers.setdefault(named if named in oids else "", []).append(place)
    ready = followers.pop("", [])
    while ready:
        event = order[heappop(ready)]
        yield event
        for place in followers.pop(event.oid, ()):
            heappush(ready, place)


def forks(history: History) -> Iterator[tuple[Event, Event]]:
    """Iterate over pairs of events that follow the same one, the second made without the first.

    They were made in two clones that did not know of each other; or one was slipped in later.
    """
    following: dict[str, Event] = {}
    for dated in history.timeline:
        named = dated.event.previous
        if named in following:
            yield following[named], dated.event
        elif named is not None:
            following[named] = dated.event
