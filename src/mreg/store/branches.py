"""Whether what is published can be reached: a version's commit belongs on a branch of the remote.

A tag carries its commit along. But where no branch of the remote has it, a colleague's checkout and
the next clone's files do not, and neither does what is built upon them.
"""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType

from mreg.core import kinds, names
from mreg.core.events import Event
from mreg.core.replay import State
from mreg.errors import Refused, RemoteError
from mreg.git import commits, reach, refs, remote
from mreg.git.branches import LOCAL, REMOTE
from mreg.git.repository import Repository
from mreg.store.remote import Peer
from mreg.tuples import NamedTuple

NONE: Mapping[str, str] = MappingProxyType({})
"""No branch."""


def current(peer: Peer) -> dict[str, str]:
    """Return the tip of the current branch, by the full ref that it has at a remote.

    Raises:
        Refused: HEAD is on no branch, or nothing is committed there.
    """
    known = remote.settings(peer.repo)
    tip = dict(refs.list_names(peer.repo, [f"{LOCAL}{known.branch}"])).get(f"{LOCAL}{known.branch}")
    if not known.branch or tip is None:
        raise Refused(
            "HEAD is detached, so there is no branch to publish with the tag",
            hint="switch to a branch (git switch BRANCH), or omit --with-branch",
        )
    follows = known.last(f"branch.{known.branch}.remote") == peer.target
    ref = known.last(f"branch.{known.branch}.merge") if follows else ""
    return {ref or f"{LOCAL}{known.branch}": tip}


def require_on(repo: Repository, branches: Mapping[str, str], wanted: Collection[str]) -> None:
    """Refuse to publish branches with tags of whose commits they do not have all.

    Raises:
        Refused: one is on none of them.
    """
    if branches and (outside := reach.outside(repo, wanted, branches.values())):
        raise Refused(
            f"the commit {min(outside)[:12]} is not on the current branch",
            hint="switch to a branch that contains it (git switch BRANCH), or omit --with-branch",
        )


class Stray(NamedTuple):
    """A version that a remote has, and whose commit is on none of its branches.

    Attributes:
        event: its registration.
        here: whether a branch here has the commit.
    """

    event: Event
    here: bool

    def cure(self, name: str) -> str:
        """Return what to do about it at a remote of that name."""
        commit = self.event.commit[:12]
        if self.here:
            return f"push a branch that contains it: `git branch --contains {commit}` lists them"
        own = f"{names.in_tag(self.event.artifact)}-{self.event.version}"
        return f"to keep it, run git push {name} {self.event.commit}:{LOCAL}{own}"


def registrations(repo: Repository, state: State) -> list[Event]:
    """Return what registered the active versions whose commits are here."""
    found = [event for history in state for event in history.standing.active.values()]
    absent = set(commits.missing(repo, [it.commit for it in found])) if found else ()
    return [it for it in found if it.commit not in absent]


def strays(peer: Peer, events: Iterable[Event]) -> list[Stray]:
    """Return those of some registrations that a remote has, and of whose commits no branch.

    The remote is asked only about those that none of its branches has, as far as they were fetched.

    Raises:
        RemoteError: it cannot be asked.
    """
    wanted = [it for it in events if kinds.KINDS[it.action].registers]
    if peer.repo.mirror or peer.repo.shortage() or not wanted:
        return []
    fetched = [oid for _, oid in refs.list_names(peer.repo, [f"{REMOTE}{peer.target}/"])]
    outside = reach.outside(peer.repo, {it.commit for it in wanted}, fetched)
    if not outside:
        return []
    patterns = [f"{LOCAL}*", *(f"{refs.PREFIX}{it.tag}" for it in wanted if it.commit in outside)]
    there = remote.list_refs(peer.repo, peer.where, patterns)
    own = dict(refs.list_names(peer.repo, [LOCAL]))
    tips = {oid for ref, oid in there.items() if ref.startswith(LOCAL)}
    # A tip that is not here was made by others, who would have had to get the commit first.
    outside = reach.outside(peer.repo, outside, tips & {*own.values(), *outside, *fetched})
    absent = reach.outside(peer.repo, outside, own.values())
    return [
        Stray(it, it.commit not in absent)
        for it in wanted
        if it.commit in outside and there.get(f"{refs.PREFIX}{it.tag}") == it.oid
    ]


def warn(peer: Peer, events: Iterable[Event]) -> None:
    """Say of which published versions the commits are on no branch of the remote."""
    try:
        found = strays(peer, events)
    except RemoteError as error:  # what was to be published is
        peer.network.notice(
            f"warning: cannot determine whether a branch contains the published commit: {error}"
        )
        return
    if here := [it.event for it in found if it.here]:
        next_time = "next time, --with-branch publishes both together"
        peer.network.notice(f"{_on_no_branch(peer, here)}: {_to_push(peer, here)}; {next_time}")
    for it in found:
        if not it.here:
            peer.network.notice(f"{_on_no_branch(peer, [it.event])}: {it.cure(peer.target)}")


_MOST_NAMED = 3


def _on_no_branch(peer: Peer, events: Sequence[Event]) -> str:
    """Return the warning that a remote has events and no branch with their commits."""
    tags = [it.tag for it in events[:_MOST_NAMED]]
    if len(events) > _MOST_NAMED:
        tags.append(f"{len(events) - _MOST_NAMED} more")
    *first, last = tags
    named = f"{', '.join(first)} and {last} are" if first else f"{last} is"
    oids = sorted({it.commit[:12] for it in events})
    whose = "its" if len(events) == 1 else "their"
    commits_ = f"commit {oids[0]}" if len(oids) == 1 else "commits"
    return f"warning: {named} published, but no branch of {peer.name} contains {whose} {commits_}"


def _to_push(peer: Peer, events: Sequence[Event]) -> str:
    """Return how to publish a branch with the commits of events: the current one, if it has all."""
    known = remote.settings(peer.repo)
    wanted = {it.commit for it in events}
    tips = dict(refs.list_names(peer.repo, [f"{LOCAL}{known.branch}"])) if known.branch else {}
    tip = tips.get(f"{LOCAL}{known.branch}")
    if tip and not reach.outside(peer.repo, wanted, [tip]):
        first = "" if known.last(f"branch.{known.branch}.remote") else "-u "
        return f"run `git push {first}{shlex.join([peer.target, known.branch])}`"
    it = f"it: `git branch --contains {events[0].commit[:12]}` lists them"
    return f"push a branch that contains {it if len(wanted) == 1 else 'them'}"
