"""The branches in which the policy wants the commits of events, before the events are published."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from mreg.core.events import Event
from mreg.errors import Refused
from mreg.git import branches, reach
from mreg.git.branches import LOCAL, REMOTE
from mreg.git.repository import Repository
from mreg.governance import settings
from mreg.policy import gates
from mreg.store.remote import Peer

if TYPE_CHECKING:
    from mreg.git.branches import Branches
    from mreg.policy.model import Settings


def push_required(peer: Peer, events: Sequence[Event]) -> None:
    """Push the branches in which the policy wants the events' commits, where the remote lacks them.

    A branch that comes in the same push as a tag does not count for it.
    """
    if not events or peer.repo.mirror:
        return
    try:
        governing = settings.governing(peer.repo)
    except Refused as error:  # the remote decides by its own
        peer.network.notice(f"warning: {error}")
        return
    if not governing.blob:
        return
    wanted = _branches_to_push(peer.repo, governing.settings, events, peer.target)
    if not wanted:
        return
    pushed = peer.send_branches(wanted)
    for ref in wanted:
        branch = ref.removeprefix(LOCAL)
        if not pushed.landed([ref]):
            peer.network.notice(
                f"warning: {peer.name} did not accept the branch {branch}, which must contain "
                f"the commits of the tags: run git push {peer.name} {branch}"
            )
        elif pushed.results[ref].flag != "=":
            peer.network.notice(f"Pushed the branch {branch} first, as the policy requires")


def _branches_to_push(
    repo: Repository, rules: Settings, events: Iterable[Event], name: str
) -> dict[str, str]:
    """Return the tips, by full ref, of branches here with commits that a remote's are to have."""
    commits: dict[tuple[str, ...], set[str]] = {}
    for event in events:
        gate = gates.gate_at(rules, event.action, event.stage)
        if gate.branches:
            commits.setdefault(gate.branches, set()).add(event.commit)
    if not commits:
        return {}
    known = branches.read(repo)
    found = {}
    for patterns, wanted in commits.items():
        theirs = _matching(known, f"{REMOTE}{name}/", patterns)
        lacking = reach.outside(repo, wanted, theirs.values())
        for ref, tip in _matching(known, LOCAL, patterns).items():
            rest = reach.outside(repo, lacking, [tip])
            if rest != lacking:
                found[ref] = tip
            lacking = rest
    return found


def _matching(known: Branches, prefix: str, patterns: Iterable[str]) -> dict[str, str]:
    """Return the branches under a prefix that a pattern means, in the order of the patterns."""
    return {
        ref: known.tips[ref]
        for it in patterns
        for ref in known.under(prefix)
        if gates.matches(it, ref.removeprefix(prefix))
    }
