"""Integrity: what the chain of events, and what a remote was last seen to hold, tell of its tags.

A tag that was moved or removed is told by the events that name it, by the record of the remote
(`mreg.store.seen`), and by the remote's own note of each artifact's last event. One that appears
behind events which were there before it was made offline and published late, or slipped in: the
two look the same, so it is named, with both.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from mreg.core import kinds
from mreg.core.diagnostics import Diagnostic, Location, Severity
from mreg.core.events import NO_PREVIOUS, Event
from mreg.core.replay import State
from mreg.git import remote, tagobjects
from mreg.git.refs import PREFIX, list_refs
from mreg.git.repository import Repository
from mreg.policy import chain
from mreg.store import approvals
from mreg.store.read import read_events
from mreg.store.remote import Peer
from mreg.store.seen import Seen

Trace = Literal["moved", "removed", "late", "fork"]
"""moved: it held another object before; removed: it was there before; late: it appeared behind
events that were there before it; fork: two events follow the same one."""


def _trace(
    kind: Trace, tag: str, remote: str, message: str, severity: Severity = "error"
) -> Diagnostic:
    """Return a trace of tampering: an error where somebody has to look, info if it proves nothing.

    Without a remote it is of this repository. Of a tag that is gone without a name left, the id of
    its object stands for the name.
    """
    return Diagnostic(kind, severity, tag, message, location=Location(remote=remote))


def of_chain(state: State) -> Iterator[Diagnostic]:
    """Find what the events themselves tell."""
    for history in state:
        oids = {dated.event.oid for dated in history.timeline}
        for dated in history.timeline:
            named = dated.event.previous
            if named not in (None, NO_PREVIOUS) and named not in oids:
                message = f"{dated.tag} was recorded after it, but no tag contains it any longer"
                yield _trace("removed", str(named), "", message)
        for first, second in chain.forks(history):
            message = (
                f"it follows the same event as {first.tag}: they were recorded in two "
                "clones independently, or one was inserted"
            )
            yield _trace("fork", second.tag, "", message, "info")


def of_remote(repo: Repository, where: remote.Remote) -> Iterator[Diagnostic]:
    """Find what a remote holds otherwise than when it was last seen.

    Raises:
        RemoteError: it cannot be asked.
    """
    peer = Peer(repo, where)
    seen = peer.seen()
    listed = peer.look()
    yield from _changed(seen, listed.tags, peer.name)
    held = set(listed.tags.values())
    for artifact, oid in listed.last.items():
        if oid not in held:
            message = f"it was the last event of {artifact}, but no tag contains it any longer"
            name = next((tag for tag, known in seen.items() if known == oid), oid)
            yield _trace("removed", name, peer.name, message)
    found = approvals.compare(peer, listed)
    for trace, gone in zip(_TRACES, (found.moved, found.lost), strict=True):
        for ref in gone:
            message = "it no longer contains the approval that mreg saw there, or a later one"
            yield _trace(trace, ref, peer.name, message)
    fresh = {it: listed.tags[it] for it in listed.missing if it not in seen}
    if fresh and seen:
        refs = {f"{PREFIX}{tag}": oid for tag, oid in fresh.items()}
        remote.fetch_objects(repo, where, refs)
        yield from _late(repo, seen, fresh, peer.name)


def of_record(repo: Repository, where: remote.Remote) -> Iterator[Diagnostic]:
    """Find the tags that a remote was last seen to hold, and that are not here, or not as such."""
    seen = {
        tag: oid
        for ref, oid in Seen(repo, where).read().items()
        if kinds.parse(tag := ref.removeprefix(PREFIX)) and tag != ref
    }
    yield from _changed(seen, dict(list_refs(repo)), "")


_TRACES: tuple[Trace, ...] = ("moved", "removed")


def _changed(seen: dict[str, str], now: dict[str, str], where: str) -> Iterator[Diagnostic]:
    for tag, oid in sorted(seen.items()):
        held = now.get(tag)
        if held is None:
            yield _trace("removed", tag, where, f"it contained {oid[:12]}, and was deleted")
        elif held != oid:
            message = f"it contained {oid[:12]}, and now contains {held[:12]}"
            yield _trace("moved", tag, where, message)


def _late(
    repo: Repository, seen: dict[str, str], fresh: dict[str, str], where: str
) -> Iterator[Diagnostic]:
    """Find the new tags that lie before others which were there already."""
    for history in State.of(_events(repo, {**seen, **fresh})):
        after = ""
        for dated in reversed(history.timeline):
            if dated.tag not in fresh:
                after = dated.tag
            elif after:
                message = (
                    f"it is new, but comes before {after}, which already existed: it was "
                    "recorded offline and published late, or inserted; run `mreg fetch` to "
                    "accept it"
                )
                yield _trace("late", dated.tag, where, message)


def _events(repo: Repository, held: dict[str, str]) -> Iterator[Event]:
    """Iterate over the events that tags hold."""
    parsed = ((tag, kinds.parse(tag), oid) for tag, oid in held.items())
    named = [(tag, name, oid) for tag, name, oid in parsed if name]
    with tagobjects.reading(repo) as objects:
        raws = objects.read([oid for _, _, oid in named])
        for found in read_events(objects, named, raws):
            if isinstance(found, Event):
                yield found
