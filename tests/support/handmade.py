"""Events and histories made by hand: for the pure core, without Git."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from mreg.core import kinds, tagobject
from mreg.core.events import Event
from mreg.core.plans import Ground
from mreg.core.replay import History, State, ordered
from mreg.core.tag_names import TagNames
from repositories import ANN, START


def commit(letter: str) -> str:
    """Return the id of a commit, for a letter that stands for it."""
    return letter * 40


def event(
    tag: str,
    at: int = 0,
    on: str = "a",
    *,
    version: str | None = None,
    message: str = "A tag.",
    trailers: dict[str, str] | None = None,
    tagger: str = ANN,
    zone: str = "+0000",
) -> Event:
    """Return the event that a tag stands for.

    Args:
        tag: the tag's name.
        at: when, in seconds since `START`.
        on: the letter of the commit.
        version: the version that its trailer names.
        message: its message, without trailers.
        trailers: its other trailers.
        tagger: "Name <email>".
        zone: the tagger's offset from UTC.
    """
    name = kinds.parse(tag)
    assert name is not None, tag
    lines = {**({"Version": version} if version else {}), **(trailers or {})}
    text = tagobject.compose(message, "", lines)
    return Event(
        name.action,
        name.artifact,
        name.version or version,
        name.stage,
        name.number,
        tag,
        hashlib.sha1(f"{tag} {at} {on}".encode()).hexdigest(),
        commit(on),
        START + at,
        zone,
        tagger.encode(),
        text.encode(),
    )


def events(*tags: str | tuple[str, str]) -> list[Event]:
    """Return events a second apart; a pair is a tag's name and the letter of its commit."""
    pairs = [(it, "a") if isinstance(it, str) else it for it in tags]
    return [event(tag, at, on) for at, (tag, on) in enumerate(pairs)]


def history(*found: Event | str | tuple[str, str]) -> History:
    """Return the history of one artifact, from events or from what `events` takes."""
    made = [it for it in found if isinstance(it, Event)]
    made += events(*(it for it in found if not isinstance(it, Event)))
    artifact = made[0].artifact if made else "churn"
    return History(artifact, ordered(made))


def state(found: Sequence[Event]) -> State:
    """Return the state that events amount to."""
    return State.of(found)


def ground(past: History, *tags: str, now: int = 100) -> Ground:
    """Return what a plan is made on: a history, further tags, and the present since `START`."""
    return Ground(past, tag_names([*(it.tag for it in past.timeline), *tags]), START + now)


def tag_names(tags: Iterable[str]) -> TagNames:
    """Return the names of some tags, as the listing of a repository that has them."""
    raw = sorted({it.encode("utf-8", "surrogateescape") for it in tags})
    return TagNames(b"".join(b"%040x %b\n" % (number + 1, it) for number, it in enumerate(raw)))
