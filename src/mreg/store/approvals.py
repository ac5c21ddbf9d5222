"""The refs of approvals here and at a remote: how they differ, and what becomes of a push."""

from __future__ import annotations

from collections.abc import Mapping

from mreg.git import refs, remote, tagobjects
from mreg.git.pushed import Pushed
from mreg.git.repository import Repository
from mreg.policy import approvals
from mreg.store.remote import Failure, Peer, RemoteRefs, Verdict, reason
from mreg.tuples import NamedTuple


class ApprovalRefs(NamedTuple):
    """How the refs of approvals here and at a remote differ.

    Attributes:
        fresh: those that are not here.
        ahead: those that have moved on at the remote, with what they hold there.
        waiting: those that the remote lacks, or that have moved on here, with what they hold here.
        moved: those that the remote has set back, or to something else, after they were published.
        lost: those that the remote does not have any more.
        differing: those to which something was added both here and there.
    """

    fresh: tuple[str, ...]
    ahead: dict[str, str]
    waiting: dict[str, str]
    moved: tuple[str, ...]
    lost: tuple[str, ...]
    differing: tuple[str, ...]


def compare(peer: Peer, listed: RemoteRefs, artifact: str | None = None) -> ApprovalRefs:
    """Compare the refs of approvals on both sides.

    What has another object at the remote is fetched, to know which came first.

    Raises:
        RemoteError: the remote cannot be reached.
    """
    here = dict(refs.list_names(peer.repo, [approvals.pattern(artifact)]))
    there = listed.approvals
    seen = peer.record.read()
    other = {ref: oid for ref, oid in here.items() if there.get(ref, oid) != oid}
    if other:
        peer.network.reached("fetch")
        wanted = {ref: there[ref] for ref in other}
        remote.fetch_objects(peer.repo, peer.where, wanted)
    ahead = [ref for ref, oid in other.items() if _leads(peer.repo, there[ref], oid)]
    rest = [ref for ref in other if ref not in ahead]
    known = [ref for ref, oid in here.items() if seen.get(ref) == oid]
    behind = [ref for ref in rest if ref not in known and _leads(peer.repo, here[ref], there[ref])]
    absent = [ref for ref in here if ref not in there]
    return ApprovalRefs(
        fresh=tuple(ref for ref in there if ref not in here),
        ahead={ref: there[ref] for ref in ahead},
        waiting={ref: here[ref] for ref in (*absent, *behind)},
        moved=tuple(ref for ref in rest if ref in known),
        lost=tuple(ref for ref in absent if ref in known),
        differing=tuple(ref for ref in rest if ref not in known and ref not in behind),
    )


def _leads(repo: Repository, last: str, wanted: str) -> bool:
    return tagobjects.contains(repo, last, wanted, approvals.before)


def advance(peer: Peer, found: ApprovalRefs) -> None:
    """Let refs of approvals hold here what they hold at the remote, where that comes later.

    Raises:
        GitError: Git could not do it.
    """
    if not found.ahead:
        return
    from mreg.store import write

    here = dict(refs.list_names(peer.repo, found.ahead))
    for ref, oid in found.ahead.items():
        if here.get(ref) != oid:  # of a mirror, the refs are the remote's by now
            write.move(peer.repo, ref, oid, here.get(ref, ""))


def send(peer: Peer, wanted: Mapping[str, str], listed: RemoteRefs) -> Failure | None:
    """Push approvals, each to its ref in place of what the remote was seen to hold there.

    Returns:
        Nothing if the remote holds them now; else why not.

    Raises:
        RemoteError: the remote cannot be reached or written to; nothing was published.
        OutcomeUnknown: it cannot be asked any more, after something was sent.
    """
    expected = {ref: listed.approvals.get(ref, "") for ref in wanted}
    peer.network.reached("push")
    pushed = remote.push(peer.repo, peer.where, wanted, expected, atomic=False)
    failure = None if pushed.landed(wanted) else _judged(peer, wanted, expected, pushed)
    if failure is None:
        peer.record.add(wanted)
    return failure


def _judged(
    peer: Peer, wanted: Mapping[str, str], expected: Mapping[str, str], pushed: Pushed
) -> Failure | None:
    """Ask which approvals the remote holds after a push that did not simply succeed."""
    artifacts = {it.artifact if it else "" for it in map(approvals.parse_ref, wanted)}
    listed, error = peer.look_after(pushed, wanted, artifacts)
    left = [ref for ref, oid in wanted.items() if listed.approvals.get(ref) != oid]
    if not left:
        return None
    if any(listed.approvals.get(ref, "") != expected[ref] for ref in left):
        return Failure(Verdict.LOST, listed, error)
    if pushed.locked or any(reason(pushed, ref) == "stale info" for ref in left):
        return Failure(Verdict.BUSY, listed, error)
    return Failure(Verdict.REFUSED if pushed.refused else Verdict.VANISHED, listed, error)
