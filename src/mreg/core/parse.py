"""From a tag's bytes to an event, or to the problem that keeps it from being one."""

from __future__ import annotations

from typing import NamedTuple

from mreg.core import tagobject
from mreg.core.diagnostics import Diagnostic, problem
from mreg.core.events import VERSION_TRAILER, Event
from mreg.core.kinds import TagName
from mreg.core.times import EARLIEST, LATEST

DAMAGED = "the tag object is damaged: Git cannot read it"
"""What is said of an object that Git cannot read, as against one whose bytes are no tag."""

_VERSION = VERSION_TRAILER.encode()


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
        return problem("MR006", tag, "it does not say who made it and when")
    if not EARLIEST <= time <= LATEST:
        return problem("MR007", tag, f"its date, {time} seconds since 1970, is in no calendar")
    if own_name != tag.encode("utf-8", "surrogateescape"):
        return problem("MR008", tag, f"the tag object is that of {tagobject.decode(own_name)!r}")
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


def not_a_tag(tag: str, kind: str) -> Diagnostic:
    """Return the problem of a ref that holds no tag object: of what kind, `NotATag` says."""
    if kind == "commit":
        return problem("MR002", tag, "it is a lightweight tag, which says nothing of who and when")
    return not_a_commit(tag, kind)


def not_a_commit(tag: str, kind: str) -> Diagnostic:
    """Return the problem of a tag that does not lead to a commit; as `not_a_tag`."""
    code, message = _NOT_A_COMMIT.get(kind, ("MR003", f"it points to a {kind}, not to a commit"))
    return problem(code, tag, message)


_NOT_A_COMMIT = {
    "missing": ("MR005", "the object that it points to is not in this repository"),
    "damaged": ("MR004", DAMAGED),
    "large": ("MR024", f"the tag object has more than {tagobject.LARGEST} bytes, and is not read"),
    "misnamed": ("MR003", "it leads to an object of another type than a tag says that it is"),
    "deep": ("MR003", "it leads to too many tags, one upon another"),
}
