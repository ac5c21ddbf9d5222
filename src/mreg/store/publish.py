"""The protocol of publishing, and what keeps two repositories in step.

What keeps two people from the same number: a tag's name is made create-only, and beside it, in the
same atomic push, `refs/mreg/last/ARTIFACT#` is moved from the event that its pusher knew as the
last to the new one. Whoever did not know the last event loses, fetches, and plans again
(docs/adr/0010-one-number-once.md).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from mreg.core import kinds
from mreg.core.events import Event
from mreg.core.replay import History, State, newest
from mreg.errors import MregError, NotFound, Refused, RemoteError
from mreg.git import refs, remote
from mreg.git.bundle import TRANSPORT
from mreg.git.repository import Repository
from mreg.net import backoff
from mreg.store import approvals, branches, complete
from mreg.store.branches import NONE
from mreg.store.read import read_state
from mreg.store.remote import Failure, Peer, RemoteRefs, Verdict, artifact_of, last_events
from mreg.tuples import NamedTuple

if TYPE_CHECKING:
    from mreg.store.write import Draft

T = TypeVar("T")

MOST_TAGS = 3
"""How many tags go out in one push: when more arrive at once, GitHub starts no workflow for any of
them (https://docs.github.com/actions/reference/events-that-trigger-workflows, "push")."""

_MOST_VANISHED = 3
"""How many pushes may be cut short before a network is taken to be broken."""


class Unpublished(Refused):
    """There are events here that a remote lacks, and that come before what is to be published."""


class Fetched(NamedTuple):
    """The result of a fetch: names of tags, and full refs of approvals.

    Attributes:
        tags: the new tags.
        approvals: the new or updated approvals.
        moved: tags with a different object at the remote; the local tags are not changed.
        lost: tags that the remote no longer has; the local tags are not removed.
        differing: tags with the same name that were made both here and at the remote.
    """

    tags: tuple[str, ...]
    approvals: tuple[str, ...]
    moved: tuple[str, ...]
    lost: tuple[str, ...]
    differing: tuple[str, ...]


def connect(repo: Repository, wanted: str | None) -> Peer:
    """Return the remote that a user names; without a name, the branch's, or `origin`.

    Raises:
        RemoteError: there is no such remote.
    """
    if own := repo.mirror:
        if own.url.transport == TRANSPORT:
            raise RemoteError(
                f"{own.url.shown} is a bundle, which is read-only",
                hint="run the command in a clone of the bundle: git clone FILE FOLDER",
            )
        own.begin()
        wanted = own.url.shown  # who named a URL knows of no `origin`
    return Peer(repo, remote.choose(remote.settings(repo), wanted))


def publish(
    peer: Peer, artifact: str, draft: Callable[[], Draft], carriers: Mapping[str, str] = NONE
) -> Draft:
    """Publish events of one artifact: at the remote first, then here; all of them or none.

    Branches that have their commits may go with them, by full ref.

    `draft` plans them on what is here and makes their tag objects; it is called again when others
    were quicker. The draft that was published is returned.

    Raises:
        MregError: the plan is refused, the remote refuses, or others were quicker every time.
        OutcomeUnknown: whether it was published is not known.
    """
    drafts = [_first(peer, artifact, draft)]
    outdated = False

    def attempt() -> Draft | Failure:
        nonlocal outdated
        if outdated:
            drafts.append(draft())
        if not drafts[-1].made:
            return drafts[-1]
        failure = peer.send(drafts[-1].tags, carriers)
        if failure is None:
            return _settle(peer, drafts[-1])
        # One that was thought lost may have arrived after all.
        if landed := next((it for it in drafts if failure.listed.holds(it.tags)), None):
            return _settle(peer, landed)
        news = catch_up(peer, failure.listed, artifact)
        outdated = news or failure.verdict is Verdict.LOST
        refused = failure.verdict is Verdict.REFUSED
        return failure._replace(verdict=Verdict.BUSY) if news and refused else failure

    return retried(peer, attempt)


def retried(peer: Peer, attempt: Callable[[], T | Failure]) -> T:
    """Return what an attempt to publish returns, once it is no failure, or there is no more hope.

    Raises:
        RemoteError: the remote refuses, is cut short again and again, or others were quicker every
            time.
    """
    cut_short, waits = 0, backoff.waits()
    while isinstance(found := attempt(), Failure):
        wait = next(waits, None)
        cut_short += found.verdict is Verdict.VANISHED
        if found.verdict is Verdict.REFUSED or wait is None or cut_short == _MOST_VANISHED:
            if found.verdict is not Verdict.LOST:
                raise found.error
            raise RemoteError(
                f"someone else published first {backoff.TRIES} times in a row; nothing was "
                "published",
                hint=f"run the command again when fewer people publish to {peer.name}",
            )
        time.sleep(wait)
    return found


def catch_up(peer: Peer, listed: RemoteRefs, artifact: str) -> bool:
    """Fetch what a remote has of an artifact and this repository lacks; tell if it was any.

    Raises:
        Refused: there are events here that the remote lacks.
        RemoteError: the remote cannot be reached.
    """
    seen = peer.seen()
    for tag, oid in listed.local.items():
        there = listed.tags.get(tag)
        # What the remote once had and has moved or lost since is `mreg fetch`'s to tell.
        if oid in (there, seen.get(tag)):
            continue
        if there is not None:
            raise _different(peer, artifact, tag, moved=False)
        raise Unpublished(
            f"{peer.name} lacks {tag}, which must be published first",
            hint=f"run `mreg push {artifact}`, then try again; if the push is refused, run "
            f"`mreg undo {artifact}` to remove the newest event here",
        )
    found = approvals.compare(peer, listed, artifact)
    peer.fetch(listed, found.fresh)
    approvals.advance(peer, found)
    peer.note(listed)
    return bool(listed.missing or found.fresh or found.ahead)


def bring(peer: Peer) -> bool:
    """Fetch the whole registry into a clone that was made before it; tell whether it is such a one.

    An event that was made there, or fetched, would be the only one it has, and hide the others:
    that a clone has none is how it is known to lack them.

    Raises:
        RemoteError: the remote cannot be reached.
    """
    repo = peer.repo
    # A clone that says that it lacks tags is read with its remote's as long as it says so.
    if repo.mirror or repo.shortage() or not complete.lacks_registry(repo):
        return False
    found = fetch(peer)
    if found.tags:
        tags = "1 tag" if len(found.tags) == 1 else f"{len(found.tags)} tags"
        peer.network.notice(f"there was no registry in this clone: fetched {tags} from {peer.name}")
    return True


def bring_here(repo: Repository) -> bool:
    """Fetch as `bring` does, where nothing is to be published: from the branch's remote.

    A remote that cannot be asked is left to who reads the registry next, and refuses or says so.
    """
    if not repo.has_remote():
        return False
    known = remote.settings(repo)
    if not known.remotes:
        return False
    try:
        return bring(Peer(repo, remote.choose(known, None)))
    except RemoteError:
        return False


def rehearse(peer: Peer, artifact: str, draft: Callable[[], Draft]) -> Draft:
    """Plan events of one artifact as `publish` does, on what the remote has; publish nothing.

    What this repository lacks of the artifact is fetched.

    Raises:
        MregError: the plan is refused, or the remote cannot be asked.
    """
    _survey(peer, artifact)
    return draft()


def _survey(peer: Peer, artifact: str) -> None:
    if not bring(peer):
        catch_up(peer, peer.look(artifact), artifact)


def _first(peer: Peer, artifact: str, draft: Callable[[], Draft]) -> Draft:
    """Return the first draft; before it is refused, what is here has to be what the remote has.

    That of its tags may be known without asking. What principals said is not: a rejection may be
    there that is not here. And what is so here already may not be so there any more.
    """
    if not peer.is_current(artifact):
        _survey(peer, artifact)
        return draft()
    try:
        first = draft()
    except (NotFound, Refused):
        if not catch_up(peer, peer.look(artifact), artifact):
            raise
    else:
        if not (first.heard or not first.made) or not catch_up(peer, peer.look(artifact), artifact):
            return first
    return draft()


def _settle(peer: Peer, draft: Draft) -> Draft:
    """Make the local refs of what is published."""
    from mreg.store import write

    peer.network.reached("create")
    try:
        write.publish(peer.repo, draft.made)
    except MregError as error:
        # Another process may have fetched them between.
        if not draft.tags.items() <= dict(refs.list_refs(peer.repo)).items():
            raise type(error)(
                f"{peer.name} has {' and '.join(draft.tags)} now, but this clone has {error}",
                hint="mreg fetch",
            ) from error
    peer.network.reached("note")
    peer.note_pushed(draft.tags)
    peer.network.reached("done")
    return draft


def push(
    peer: Peer,
    artifact: str | None = None,
    *,
    prepare: Callable[[Peer, Sequence[Event]], None],
    carriers: Mapping[str, str] = NONE,
) -> tuple[str, ...]:
    """Push the registry tags that a remote lacks, in the order of their events; then approvals.

    Before that, `prepare` is called with the events that it lacks. Branches that have their commits
    may go with the first of them, by full ref.

    Returns:
        The tags that were pushed, and the full refs of approvals.

    Raises:
        Refused: the remote has another tag of such a name, or another event of such a number.
        RemoteError: the remote cannot be reached, or refuses.
    """
    done: list[str] = []

    def attempt() -> tuple[str, ...] | Failure:
        listed = peer.look(artifact)
        state = read_state(peer.repo, artifact)
        events = _unpublished(peer, state, listed)
        branches.require_on(peer.repo, carriers, {it.commit for it in events})
        prepare(peer, events)
        failure = _send_all(peer, [(it.tag, it.oid) for it in events], listed, done, carriers)
        failure = failure or _send_approvals(peer, artifact, listed, done)
        if failure is None and not carriers:
            branches.warn(peer, branches.registrations(peer.repo, state))
        return failure or tuple(done)

    return retried(peer, attempt)


def pending(
    peer: Peer, artifact: str | None = None, *, carriers: Mapping[str, str] = NONE
) -> tuple[str, ...]:
    """Return what `push` would push; nothing is.

    Raises:
        Refused: as for `push`.
        RemoteError: the remote cannot be reached.
    """
    listed = peer.look(artifact)
    events = _unpublished(peer, read_state(peer.repo, artifact), listed)
    branches.require_on(peer.repo, carriers, {it.commit for it in events})
    found = approvals.compare(peer, listed, artifact)
    return (*(it.tag for it in events), *found.waiting)


def _send_all(
    peer: Peer,
    waiting: Sequence[tuple[str, str]],
    listed: RemoteRefs,
    done: list[str],
    carriers: Mapping[str, str],
) -> Failure | None:
    """Push tags a few at a time, noting in `done` those that have arrived."""
    if carriers and not waiting and not peer.send_branches(carriers).landed(carriers):
        raise RemoteError(f"{peer.name} did not take the branch", hint="run `git push` to see why")
    for start in range(0, len(waiting), MOST_TAGS):
        portion = waiting[start : start + MOST_TAGS]
        if failure := _send(peer, dict(portion), listed, done, NONE if start else carriers):
            rest = waiting[start:]
            alone = failure.verdict is not Verdict.REFUSED or len(rest) == 1 or carriers
            return failure if alone else _send_singly(peer, rest, listed, done)
    return None


def _send(
    peer: Peer,
    portion: dict[str, str],
    listed: RemoteRefs,
    done: list[str],
    carriers: Mapping[str, str] = NONE,
) -> Failure | None:
    """Push some tags together."""
    if failure := peer.send(portion, carriers):
        return failure
    behind = {artifact_of(tag) for tag in listed.missing}
    peer.note_pushed(portion, complete=not behind & last_events(portion).keys())
    done += portion
    peer.network.reached("pushed")
    return None


def _send_singly(
    peer: Peer, waiting: Sequence[tuple[str, str]], listed: RemoteRefs, done: list[str]
) -> Failure | None:
    """Push tags one by one, as an `update` hook wants them, which sees each of a push alone.

    What is refused may lack another artifact's event that comes behind it; so it is tried again as
    long as anything is taken.
    """
    while waiting:
        refused: dict[str, Failure] = {}
        left: list[tuple[str, str]] = []
        for tag, oid in waiting:
            failure = refused.get(artifact_of(tag)) or _send(peer, {tag: oid}, listed, done)
            if failure is None:
                continue
            if failure.verdict is not Verdict.REFUSED:
                return failure
            refused[artifact_of(tag)] = failure
            left.append((tag, oid))
        if len(left) == len(waiting):
            return next(iter(refused.values()))
        waiting = left
    return None


def _send_approvals(
    peer: Peer, artifact: str | None, listed: RemoteRefs, done: list[str]
) -> Failure | None:
    """Push approvals, noting in `done` those that have arrived."""
    found = approvals.compare(peer, listed, artifact)
    for ref in found.differing:
        peer.network.notice(
            f"warning: {peer.name} has another {ref} than the one that was made here; record it "
            "again with --push"
        )
    if found.waiting and (failure := approvals.send(peer, found.waiting, listed)):
        return failure
    done += found.waiting
    return None


def _unpublished(peer: Peer, state: State, listed: RemoteRefs) -> list[Event]:
    """Return the events that the remote lacks, in order, if all of them can still be published."""
    every = sorted(dated for history in state for dated in history.timeline)
    waiting = [dated.event for dated in every if listed.tags.get(dated.tag) != dated.event.oid]
    seen = peer.seen()
    numbers = {_number(tag): tag for tag in listed.missing}
    for event in waiting:
        if event.tag in listed.tags:
            moved = seen.get(event.tag) == event.oid
            raise _different(peer, event.artifact, event.tag, moved=moved)
        if event.number and (other := numbers.get((event.artifact, event.number))):
            raise Refused(
                f"{peer.name} already has the number {event.number} of {event.artifact}: "
                f"{other}; this clone has {event.tag}",
                hint=_start_over(event.artifact),
            )
    return waiting


def _number(tag: str) -> tuple[str, int]:
    name = kinds.parse(tag)
    return (name.artifact, name.number) if name else ("", 0)


def _different(peer: Peer, artifact: str, tag: str, *, moved: bool) -> Refused:
    if moved:
        return Refused(
            f"{peer.name} has moved the tag {tag}: it is not the one that was published",
            hint="run `mreg fetch` to list moved and lost tags, then ask who moved them",
        )
    return Refused(
        f"{peer.name} has a different tag {tag} than this clone",
        hint=_start_over(artifact),
    )


def _start_over(artifact: str) -> str:
    return (
        f"run `mreg undo {artifact}` to remove yours (the newest first), then `mreg fetch`, "
        "and try again"
    )


def fetch(peer: Peer) -> Fetched:
    """Fetch the registry's tags and approvals; what is here stays as it is.

    Raises:
        RemoteError: the remote cannot be reached.
    """
    seen = peer.seen()
    listed = peer.look()
    found = approvals.compare(peer, listed)
    peer.fetch(listed, found.fresh)
    approvals.advance(peer, found)
    other = [tag for tag, oid in listed.local.items() if listed.tags.get(tag, oid) != oid]
    gone = [tag for tag in listed.local if tag not in listed.tags]
    # What the remote moved or lost stays in the record as it is here: it is told again each time
    # until it is mended.
    kept = {tag: seen[tag] for tag in (*other, *gone) if seen.get(tag) == listed.local[tag]}
    noted = peer.record.read()
    before = {ref: noted[ref] for ref in (*found.moved, *found.lost)}
    held = {ref: oid for ref, oid in listed.approvals.items() if ref not in found.differing}
    peer.replace_record(listed, kept, held | before)
    return Fetched(
        tuple(listed.missing),
        (*found.fresh, *found.ahead),
        (*(tag for tag in other if tag in kept), *found.moved),
        (*(tag for tag in gone if tag in kept), *found.lost),
        (*(tag for tag in other if tag not in kept), *found.differing),
    )


def undo(repo: Repository, history: History, *, dry_run: bool = False) -> Event:
    """Remove the newest event of an artifact that no remote has, unless for a dry run; return it.

    Raises:
        Refused: a remote has every event, or had it.
        RemoteError: a remote cannot be asked.
    """
    from mreg.store import write

    events = [dated.event for dated in history.timeline]
    published = _published(repo, history.artifact)
    own = [event for event in events if (event.tag, event.oid) not in published]
    if not own:
        last = events[-1]
        raise Refused(
            f"{published[last.tag, last.oid]} has {last.tag}, and a published event cannot be "
            "undone",
            hint=f"record the opposite event: see `mreg {kinds.KINDS[last.action].opposite} "
            "--help`",
        )
    gone = newest(own)
    if not dry_run:
        repo.network.reached("delete")
        write.delete(repo, gone.tag, gone.oid)
    return gone


def _published(repo: Repository, artifact: str) -> dict[tuple[str, str], str]:
    """Return the tags, with their objects, that a remote has or had, each with that remote."""
    found: dict[tuple[str, str], str] = {}
    for name in remote.settings(repo).remotes:
        peer = connect(repo, name)
        held = (*peer.look(artifact).tags.items(), *peer.seen().items())
        found |= dict.fromkeys(held, peer.name)
    return found
