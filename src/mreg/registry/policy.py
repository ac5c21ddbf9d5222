"""What the policy says, who approves of what, and whether what is recorded keeps to it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from mreg.core import kinds, names, queries, times
from mreg.core.events import Event
from mreg.core.queries import Version
from mreg.core.replay import History, State
from mreg.errors import NotFound, Refused, UsageError
from mreg.git.repository import Repository
from mreg.governance import settings, updates
from mreg.policy.model import Governing
from mreg.registry import read, record, requests

if TYPE_CHECKING:
    from mreg.core.diagnostics import Diagnostic
    from mreg.governance.audit import Progress
    from mreg.governance.evaluate import Check
    from mreg.governance.updates import Received, Update
    from mreg.policy.case import Approval, Verdict
    from mreg.policy.pending import Pending
    from mreg.policy.verdicts import Audited, Backers, Backing


def say(
    repo: Repository,
    verdict: Verdict,
    selector: str,
    stage: str,
    message: str = "",
    *,
    dry_run: bool = False,
    push: bool | None = None,
    remote: str | None = None,
    after: str | None = None,
) -> Approval:
    """Say that a version may go to a stage, or that it may not."""
    from mreg.governance.approve import ApprovalWish
    from mreg.governance.approve import say as say_
    from mreg.governance.trust import Trust

    artifact = queries.parse_selector(selector).artifact
    trust = Trust(repo, settings.governing(repo))
    place = names.stage(stage)

    def find() -> tuple[str, Event, History]:
        found = _registered(repo, selector)
        record.require_last(found[2], after)
        return found

    wish = ApprovalWish(verdict, artifact, place, message, find)
    return say_(repo, trust, wish, peer=record.target(repo, push, remote), dry_run=dry_run)


def approvals(repo: Repository, selector: str, stage: str | None) -> tuple[Approval, ...]:
    """Return what principals last said of a version: see `Registry.approvals`."""
    from mreg.governance.approve import read as read_approvals
    from mreg.governance.trust import Trust

    wanted = None if stage is None else names.stage(stage)
    version, _, history = _registered(repo, selector)
    trust = Trust(repo, settings.governing(repo))
    return read_approvals(repo, trust, history.artifact, version, wanted)


def _registered(repo: Repository, selector: str) -> tuple[str, Event, History]:
    """Return the version that a selector names, what registered it, and its history."""
    wanted = queries.parse_selector(selector)
    history = read.history(repo, wanted.artifact)
    found = queries.find(history, wanted)
    registration = history.standing.active.get(found.version or "")
    if found.version is None or registration is None:
        what = found.version or f"commit {found.commit[:12]}"
        raise Refused(
            f"{wanted.artifact} {what} is not registered, so it cannot be approved or rejected",
            hint=f"mreg register {wanted.artifact} {found.commit[:12]}",
        )
    return found.version, registration, history


def check(repo: Repository, selector: str, stage: str | None, *, new: bool) -> Check:
    """Return what the policy says of an event that may be wanted: see `Registry.check_policy`."""
    wanted = queries.parse_selector(selector)
    if stage is not None:
        request = requests.promote(repo, wanted, None, stage, force=True)
    elif wanted.plain:
        request = requests.register(repo, read.commit(repo, "HEAD"), force=True)
    else:
        raise UsageError(
            f"the stage is missing: to which stage would {selector} be promoted?",
            hint=f"add it after {selector}; to ask about a registration:"
            f" mreg policy check {wanted.artifact}",
        )
    found = record.judge(repo, wanted.artifact, request, new=new)
    if stage is not None and found.makes_stage and _is_commit(repo, stage):
        raise UsageError(
            f"{stage} is a commit, not a stage",
            hint=f"`mreg policy check {wanted.artifact}` checks a registration of HEAD, "
            f"`mreg policy check {selector} STAGE` a promotion",
        )
    return found


def pending(repo: Repository, name: str | None) -> tuple[Pending, ...]:
    """Return what waits for approvals: see `Registry.pending`."""
    from mreg.governance import prospects

    histories = [*read.state(repo)] if name is None else [read.history(repo, name)]
    return tuple(prospects.pending(repo, settings.governing(repo), histories))


def _is_commit(repo: Repository, word: str) -> bool:
    """Tell whether a word is HEAD or the id of a commit here."""
    if not re.fullmatch("HEAD|[0-9a-f]{4,64}", word):
        return False
    try:
        return bool(read.commit(repo, word))
    except NotFound:
        return False


def audit(
    repo: Repository,
    name: str | None = None,
    *,
    stage: str | None = None,
    since: datetime | str | None = None,
    until: datetime | str | None = None,
    policy: str | None = None,
    progress: Progress | None = None,
) -> tuple[Audited, ...]:
    """Judge recorded events: see `Registry.audit`."""
    state = read.state(repo)
    if name is not None:
        name = names.artifact(name)
        read.present(repo, state, name)
    if stage is not None:
        names.stage(stage)
    first, last = times.between(since, until)

    def wanted(event: Event) -> bool:
        return (
            name in (None, event.artifact)
            and stage in (None, event.stage)
            and (first is None or event.time >= first)
            and (last is None or event.time <= last)
        )

    found = _judged(repo, state, wanted, policy, progress)
    if first is None and last is None:
        found = [*_unreadable(state, name, stage), *found]
    return tuple(found)


def backers(repo: Repository, found: Version) -> Backers | None:
    """Return who signed the promotion of a version, and who had approved it.

    None where no stage was asked for. Where it is not signed, nobody approved, and no policy can
    have asked for it, that takes a few Git processes, and else those of an audit.
    """
    from mreg.git import refs, remote, tagobjects
    from mreg.policy import approvals as refs_of
    from mreg.policy import keyring
    from mreg.policy.verdicts import Backers

    if found.promotion is None:
        return None
    wanted = found.promotion.event.oid
    raw = next(tagobjects.read(repo, [wanted]))
    signed = not isinstance(raw, bytes) or keyring.is_signed(raw)
    said = refs_of.of_version(found.artifact, str(found.version))
    if not signed and not any(refs.list_names(repo, [said])) and not remote.settings(repo).remotes:
        return Backers("unsigned")
    state = read.state(repo, found.artifact)
    (it,) = _judged(repo, state, lambda event: event.oid == wanted, None, None)
    how = it.signature if signed else "unsigned"
    given = _given(repo, found, it.approved_by) if it.approved_by else ()
    return Backers(how, it.signer, it.key, it.approved_by, tuple(given))


def _given(repo: Repository, found: Version, approved_by: Sequence[str]) -> Iterator[Backing]:
    """Iterate over the approvals of a promotion that no later decision has replaced."""
    from mreg.policy.verdicts import Backing

    holder = found.promotion
    if holder is None or not found.active:
        return
    for it in approvals(repo, f"{found.artifact}@{found.version}", holder.event.stage):
        counted = it.principal in approved_by and it.verdict == "approve"
        if counted and it.time <= holder.event.time:
            yield Backing(it.principal, times.moment(it.time, it.zone), it.message)


def verify(
    repo: Repository,
    tags: Sequence[str],
    policy: str | None = None,
    progress: Progress | None = None,
) -> tuple[Audited, ...]:
    """Judge some registry tags: see `Registry.verify`."""
    state = read.state(repo)
    events = {dated.tag: dated.event for history in state for dated in history.timeline}
    broken = {it.tag: it for it in _unreadable(state)}
    tags = [it for tag in _tags(repo, state, tags) for it in _of_stage(events, tag)]
    for tag in tags:
        if tag not in events and tag not in broken:
            raise NotFound(
                f"there is no registry tag {tag}", hint="`mreg history` lists the events"
            )
    chosen = frozenset(tags)
    judged = _judged(repo, state, lambda event: event.tag in chosen, policy, progress)
    return (*(broken[tag] for tag in tags if tag in broken), *judged)


def _tags(repo: Repository, state: State, named: Sequence[str]) -> Iterator[str]:
    """Iterate over the tags that are named; the name of an artifact stands for all of its tags."""
    for it in named:
        if "@" in it or "#" in it:
            yield it
            continue
        name = names.artifact(it)
        unreadable = [found.tag for found in _unreadable(state, name)]
        yield from unreadable
        if not unreadable or name in state.histories:
            yield from (dated.tag for dated in read.present(repo, state, name).timeline)


def _of_stage(events: Mapping[str, Event], tag: str) -> Sequence[str]:
    """Return the tags of a stage's events where `churn#prod` was named; else what was named."""
    artifact, mark, stage = tag.partition("#")
    if tag in events or not mark:
        return [tag]
    within = [it.tag for it in events.values() if (it.artifact, it.stage) == (artifact, stage)]
    return within or [tag]


def _judged(
    repo: Repository,
    state: State,
    wanted: Callable[[Event], bool],
    policy: str | None,
    progress: Progress | None,
) -> list[Audited]:
    from mreg.governance.audit import judge, nobody

    if policy is None:
        policies = settings.over_time(repo)
    else:
        policies = settings.Policies.of_one(settings.governing(repo, policy))
    present = int(times.now().timestamp())
    found = judge(repo, state, policies, wanted, present=present, progress=progress or nobody)
    if any(rule.rule == "approvals" for it in found for rule in it.failed):
        from mreg.governance import evaluate

        evaluate.warn_if_never_fetched(repo)
    return found


def _unreadable(
    state: State, name: str | None = None, stage: str | None = None
) -> Iterator[Audited]:
    """Iterate over the verdicts on tags that are no events though they have the name of one."""
    from mreg.policy import verdicts

    for it in state.problems:
        found = kinds.parse(it.subject)
        if (
            found
            and verdicts.is_broken(it)
            and name in (None, found.artifact)
            and stage in (None, found.stage)
        ):
            yield verdicts.of_problem(found, it)


def verify_updates(repo: Repository, found: Iterable[Update], policy: str | None) -> Received:
    """Judge what a push would do to refs: see `Registry.verify_updates`."""
    ours = [it for it in found if updates.is_ours(it.ref)]
    if not ours:
        return updates.PASSED
    return _received(repo, ours, lambda: settings.governing(repo, policy, enforcing=True))


def verify_update_alone(repo: Repository, update: Update) -> Received:
    """Judge one update of a push: see `Registry.verify_update_alone`."""
    from mreg.governance import hooks

    if not updates.matters(update.ref):
        return updates.PASSED
    noted = hooks.recall(repo, lambda: noted_policy(repo))
    if not updates.is_ours(update.ref):
        return updates.PASSED
    return _received(repo, [update], lambda: _recalled(repo, noted), one=True)


def _received(
    repo: Repository, ours: list[Update], policy: Callable[[], Governing], *, one: bool = False
) -> Received:
    from mreg.governance import receive

    return receive.check(repo, ours, policy, present=int(times.now().timestamp()), one=one)


def noted_policy(repo: Repository) -> str:
    """Return the commit whose policy counts now; why it cannot be told, behind a mark.

    It is noted in a file for the calls of an update hook that are about the same push.
    """
    try:
        return settings.governing(repo, enforcing=True).commit
    except Refused as error:
        return f"!{error}".replace("\n", " ")


def _recalled(repo: Repository, noted: str) -> Governing:
    """Return the policy that was noted before anything was pushed."""
    if noted.startswith("!"):
        raise Refused(noted[1:], hint="fix the policy in a separate push")
    return settings.governing(repo, noted) if noted else Governing()


def tampering(repo: Repository, remote: str | None, *, offline: bool) -> tuple[Diagnostic, ...]:
    """Find traces of tags that were moved, removed or slipped in: see `Registry.tampering`."""
    from mreg.git import remote as remotes
    from mreg.governance import integrity
    from mreg.store.seen import Seen

    found = [*integrity.of_chain(read.state(repo))]
    known = remotes.settings(repo)
    if repo.mirror or (remote is None and not known.remotes):
        repo.network.notice(_NOTHING_EARLIER)
        return tuple(found)
    where = remotes.choose(known, remote)
    if not Seen(repo, where).read():
        repo.network.notice(_NOTHING_EARLIER)
    found += integrity.of_record(repo, where)
    if not offline:
        found += integrity.of_remote(repo, where)
    return tuple(found)


_NOTHING_EARLIER = (
    "note: mreg has no earlier state of a remote to compare the tags with, so it cannot find out "
    "whether the newest event of an artifact was moved or removed"
)
