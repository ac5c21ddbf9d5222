"""From a tag's bytes to an event, or to the problem that keeps it from being one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import TypeAlias

from mreg.core import tagobject
from mreg.core.diagnostics import Diagnostic, problem
from mreg.core.events import TRAILERS, VERSION_TRAILER, Event
from mreg.core.kinds import TagName
from mreg.core.times import EARLIEST, LATEST
from mreg.tuples import NamedTuple

DAMAGED = "the tag object is damaged: Git cannot read it"
"""What is said of an object that Git cannot read, as against one whose bytes are no tag."""

_VERSION = VERSION_TRAILER.encode()

PLAIN = re.compile(
    rb"""
    \x01 tag \x20 [^\n]*+ \n
    object \x20 (?P<target> [^\n]++ ) \n
    type \x20 commit \n
    tag \x20 (?P<name> [^\n]+ ) \n
    tagger \x20 (?P<tagger> [^>]*+ > ) \x20
    (?P<time> [0-9]{1,10} ) \x20 (?P<zone> [+-] [0-9]{4} ) \n
    \n
    (?P<text>
        \S [^\n]*+ \n
        (?> (?: \n (?! %b: ) [^\n]++ \n )? )
        \n %b: \x20 (?P<version> [!-~]++ ) \n
        (?> (?: (?: %b ) : \x20 [^\n]++ (?<= [!-~] ) \n )* )
        (?= \n (?: \x01 | \Z ) )
    |
        [^\x01]*
    )
    \n (?= \x01 | \Z )
    """
    % (_VERSION, _VERSION, b"|".join(it.encode() for it in TRAILERS)),
    re.VERBOSE,
)
"""A tag object as mreg, GTO and `git tag -a` make it, between a line of its size and a line feed,
as `git cat-file` hands out many. Whatever else a tag object may be is left to `read`."""

_SIGNED = b"-----BEGIN "
_HEXADECIMAL = b"0123456789abcdef"
_ID_LENGTHS = {40, 64}


class TagColumns(NamedTuple):
    """Some tags of the registry; each attribute has as many values as there are tags.

    Attributes:
        artifacts: the artifacts of the tags.
        tags: their names.
        tails: what each name says behind the artifact (`kinds.parse_tail`).
        oids: the ids of the objects that they hold.
    """

    artifacts: list[str]
    tags: list[str]
    tails: list[TagName]
    oids: list[str]

    def parts(self, most: int) -> Iterator[TagColumns]:
        """Iterate over parts of so many tags."""
        artifacts, tags, tails, oids = self
        for start in range(0, len(tags), most):
            of = slice(start, start + most)
            yield TagColumns(artifacts[of], tags[of], tails[of], oids[of])


class Nested(NamedTuple):
    """An event whose tag points to another tag; until the commit is known, that one's id stands."""

    event: Event


def read(tag: str, name: TagName, oid: str, raw: bytes) -> Event | Nested | Diagnostic:
    """Read one registry tag's object, the ref of which has that name."""
    try:
        target, kind, own_name, tagger, time, zone, text = tagobject.parse(raw)
    except tagobject.MalformedTag as error:
        return problem("MR004", tag, f"the tag object cannot be read: {error}")
    if tagger is None:
        return problem("MR006", tag, "it does not record its author and date")
    if not EARLIEST <= time <= LATEST:
        return problem("MR007", tag, f"its date, {time} seconds since 1970, is out of range")
    if own_name != tag.encode("utf-8", "surrogateescape"):
        return problem("MR008", tag, f"the tag object belongs to {tagobject.decode(own_name)!r}")
    action, artifact, version, stage, number = name
    if stage:
        version = tagobject.trailer(text, _VERSION)
    commit, offset = target.decode(), zone.decode()
    event = Event(
        action, artifact, version, stage, number, tag, oid, commit, time, offset, tagger, text
    )
    if kind == b"commit":
        return event
    return Nested(event) if kind == b"tag" else not_a_commit(tag, kind.decode())


Reading: TypeAlias = Event | Nested | Diagnostic


def read_all(listed: TagColumns, raw: bytes) -> list[Reading] | None:
    """Read many registry tags' objects at once; each says the same as by `read`.

    Args:
        listed: the tags.
        raw: what each holds, in that order: `tagobject.MARK`, "tag SIZE ID", a line feed, the
            object, and another line feed.

    Returns:
        What they say; None if one holds that mark, so that nobody can tell where each begins.
    """
    if raw.count(tagobject.MARK) != len(listed.tags):
        return None
    found = PLAIN.findall(raw)
    if found and len(found) == len(listed.tags) and (events := _plain(listed, found, raw)):
        return events
    readings: list[Reading] = []
    for artifact, tag, tail, oid, piece in zip(*listed, raw.split(tagobject.MARK)[1:], strict=True):
        one = TagColumns([artifact], [tag], [tail], [oid])
        found = PLAIN.findall(tagobject.MARK + piece)
        name = tail._replace(artifact=artifact)
        readings += (found and _plain(one, found, piece)) or [
            read(tag, name, oid, piece[piece.index(b"\n") + 1 : -1])
        ]
    return readings


def _plain(
    listed: TagColumns, found: Sequence[tuple[bytes, ...]], raw: bytes
) -> list[Reading] | None:
    """Return the events that tag objects are which `PLAIN` has taken apart, out of all in `raw`.

    It is None if not all of them are events. Whole columns are dealt with at once, since this is
    done for every tag of a registry.
    """
    targets, own_names, taggers, times, zones, texts, versions = zip(*found, strict=True)
    if any(b"\n" in it for it in {*taggers}) or not are_ids(targets):
        return None
    if b"\n".join(own_names) != "\n".join(listed.tags).encode("utf-8", "surrogateescape"):
        return None
    actions, _, named, stages, numbers = zip(*listed.tails, strict=True)
    said = b"\n".join(versions).decode().split("\n")
    if _SIGNED in raw:
        said = [""] * len(said)
    abouts = [
        about if stage is None else one or tagobject.trailer(text, _VERSION)
        for about, stage, one, text in zip(named, stages, said, texts, strict=True)
    ]
    rows = zip(
        actions,
        listed.artifacts,
        abouts,
        stages,
        numbers,
        listed.tags,
        listed.oids,
        b"\n".join(targets).decode().split("\n"),
        map(int, times),
        b"\n".join(zones).decode().split("\n"),
        taggers,
        texts,
        strict=True,
    )
    return [*map(partial(tuple.__new__, Event), rows)]


def are_ids(texts: Sequence[bytes]) -> bool:
    """Tell whether all texts are ids of objects."""
    odd = b"".join(texts).translate(None, _HEXADECIMAL)
    return not odd and {*map(len, texts)} <= _ID_LENGTHS


def not_a_tag(tag: str, kind: str) -> Diagnostic:
    """Return the problem of a ref that holds no tag object: of what kind, `NotATag` says."""
    if kind == "commit":
        return problem("MR002", tag, "it is a lightweight tag, which records no author and no date")
    return not_a_commit(tag, kind)


def not_a_commit(tag: str, kind: str) -> Diagnostic:
    """Return the problem of a tag that does not lead to a commit; as `not_a_tag`."""
    code, message = _NOT_A_COMMIT.get(kind, ("MR003", f"it points to a {kind}, not to a commit"))
    return problem(code, tag, message)


_NOT_A_COMMIT = {
    "missing": ("MR005", "the object that it points to is missing from this repository"),
    "damaged": ("MR004", DAMAGED),
    "large": (
        "MR024",
        f"the tag object has more than {tagobject.LARGEST} bytes, and mreg does not read it",
    ),
    "misnamed": ("MR003", "it leads to an object whose type is not the one that a tag records"),
    "deep": ("MR003", "it leads to too many nested tags"),
}
