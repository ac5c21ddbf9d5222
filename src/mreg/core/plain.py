"""Artifacts whose tags are all as mreg makes them: how they stand, without a value for each event.

A large registry is hardly anything else. Where anything is otherwise the answer is None: the
general way (`parse`, `replay`, `answers`) says the same of any tags, and takes three times as long.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from mreg.core import answers, tagobject, times, versions
from mreg.core.events import (
    DIGEST_TRAILER,
    IMPORT_TRAILER,
    PREVIOUS_TRAILER,
    REGISTRATION_TRAILER,
    REGISTRY_TRAILER,
    VERSION_TRAILER,
    Action,
)
from mreg.core.kinds import KINDS
from mreg.core.parse import TagColumns, are_ids
from mreg.core.queries import Version
from mreg.tuples import NamedTuple

_MORE = "|".join((REGISTRATION_TRAILER, REGISTRY_TRAILER, DIGEST_TRAILER, IMPORT_TRAILER))

_TAG = re.compile(
    rf"""
    \x01 tag \x20 [^\n]*+ \n
    object \x20 (?P<target> [^\n]++ ) \n
    type \x20 commit \n
    tag \x20 (?P<name> [^\n]++ ) \n
    tagger \x20 (?P<tagger> [^>]*+ > ) \x20
    (?P<time> [0-9]{{1,10}} ) \x20 (?P<zone> [+-] [0-9]{{4}} ) \n
    \n
    (?P<subject> \S [^\n]*+ ) \n
    (?> (?: \n (?! (?: {VERSION_TRAILER} | {PREVIOUS_TRAILER} ) : )
        (?P<body> [^\n]++ ) \n (?= \n [A-Z] )
    )? )
    \n (?> (?: {VERSION_TRAILER} : \x20 (?P<version> [!-~]++ ) \n )? )
    (?> (?: (?: {_MORE} ) : \x20 [!-~]++ \n )* )
    {PREVIOUS_TRAILER} : \x20 [!-~] [^\n]*+ \n
    (?> (?: (?: {_MORE} ) : \x20 [!-~]++ \n )* )
    \n (?= \x01 | \Z )
    """.encode(),
    re.VERBOSE,
)
"""A tag object, between a line of its size and a line feed."""


class PlainTag(NamedTuple):
    """What one tag says; those of an artifact sort into its order, if the clocks agree.

    Attributes:
        time: when it was made, in seconds since 1970.
        number: its number; 0 where it has none.
        tag: its name.
        action: what kind of event it is.
        version: the version that it is about; empty if it says none.
        stage: its stage, if it has one.
        commit: the id of the commit.
        zone: the tagger's offset from UTC.
        tagger: "Name <email>", undecoded.
        said: the event's message.
    """

    time: int
    number: int
    tag: str
    action: Action
    version: str
    stage: str | None
    commit: str
    zone: str
    tagger: bytes
    said: str


def read(listed: TagColumns, raw: bytes) -> list[PlainTag] | None:
    """Read tag objects as `parse.read_all` does."""
    found = _TAG.findall(raw)
    if not found or len(found) != len(listed.tags) or b"-----BEGIN " in raw or b"\r" in raw:
        return None
    targets, own, taggers, seconds, zones, subjects, bodies, named = zip(*found, strict=True)
    if b"\n".join(own) != "\n".join(listed.tags).encode("utf-8", "surrogateescape"):
        return None
    said = tagobject.decode(
        b"\n".join([body or subject for subject, body in zip(subjects, bodies, strict=True)])
    ).split("\n")
    if not are_ids(targets) or [*map(str.strip, said)] != said:
        return None
    if any(b"\n" in it for it in {*taggers}):
        return None
    actions, _, about, stages, numbers = zip(*listed.tails, strict=True)
    trailers = b"\n".join(named).decode().split("\n")
    rows = zip(
        map(int, seconds),
        numbers,
        listed.tags,
        actions,
        [one or other for one, other in zip(about, trailers, strict=True)],
        stages,
        b"\n".join(targets).decode().split("\n"),
        b"\n".join(zones).decode().split("\n"),
        taggers,
        said,
        strict=True,
    )
    return [*map(partial(tuple.__new__, PlainTag), rows)]  # done for every tag of a registry


class PlainStanding(NamedTuple):
    """How an artifact stands.

    Attributes:
        active: the registration of each active version, in the order of registration.
        stages: of each stage that was ever used, who was promoted to it, the current holder last.
        deprecated: whether it is deprecated.
    """

    active: dict[str, PlainTag]
    stages: dict[str, dict[str, PlainTag]]
    deprecated: bool

    @property
    def latest(self) -> str | None:
        """The highest active version, as `queries.latest` has it."""
        return max(reversed(self.active), key=versions.precedence, default=None)

    def text(self, artifact: str) -> str:
        """Return what `answers.text` does."""
        version = self.latest
        latest = self._version(artifact, version) if version else None
        held = (
            (stage, _holders([*reversed(rows.values())])) for stage, rows in self.stages.items()
        )
        return answers.composed(True, self.deprecated, latest, held)

    def _version(self, artifact: str, version: str) -> Version:
        event = self.active[version]
        assigned = sorted(stage for stage, rows in self.stages.items() if version in rows)
        current = [it for it in assigned if next(reversed(self.stages[it])) == version]
        who = tagobject.identity(event.tagger)
        return Version(
            artifact,
            version,
            event.tag,
            event.commit,
            times.moment(event.time, event.zone),
            who.name,
            who.email,
            event.said,
            active=True,
            stages=tuple(assigned),
            current=tuple(current),
        )


def replay(rows: Iterable[PlainTag]) -> PlainStanding | None:
    """Return how an artifact stands after what its tags say; None where they say more than that.

    What an event about an active version does is read out of its kind's row. What is about a
    version that is not active, or is one already, is left to `Kind.effect`.
    """
    active: dict[str, PlainTag] = {}
    stages: dict[str, dict[str, PlainTag]] = {}
    effects = {
        action: (kind.is_of_artifact, kind.registers, kind.enters_stage)
        for action, kind in KINDS.items()
    }
    highest, is_of_artifact = 0, False
    for row in sorted(rows):
        _, number, _, action, version, stage, _, _, _, _ = row
        is_of_artifact, registers, enters_stage = effects[action]
        if number:
            if number < highest:  # an event was made by a clock that was late
                return None
            highest = number
        if is_of_artifact:
            continue
        if not version or (version in active) == registers:
            return None
        if registers:
            active[version] = row
        elif enters_stage and stage:
            holders = stages.setdefault(stage, {})
            holders.pop(version, None)
            holders[version] = row
        elif stage:
            stages.get(stage, {}).pop(version, None)
        else:
            del active[version]
            for holders in stages.values():
                holders.pop(version, None)
    return PlainStanding(active, stages, deprecated=is_of_artifact)


def _holders(rows: Sequence[PlainTag]) -> Iterator[str]:
    """Return the JSON of holders of a stage."""
    if not rows:
        return iter(())
    seconds, _, tags, _, named, _, commits, zones, taggers, said = zip(*rows, strict=True)
    return answers.holders(named, tags, commits, seconds, zones, taggers, said)
