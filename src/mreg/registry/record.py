"""The one transaction that records events: plan them on what is there, make their tags, publish."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import zip_longest
from types import MappingProxyType
from typing import TYPE_CHECKING, TypedDict

from mreg.core import kinds, outcomes, parse, typos
from mreg.core.events import NO_PREVIOUS, Event
from mreg.core.outcomes import Existing, Outcome
from mreg.core.plans import Ground, Plan
from mreg.core.replay import History, ordered
from mreg.core.tag_names import TagNames
from mreg.core.times import moment
from mreg.errors import Outdated, Refused, RemoteError, UsageError
from mreg.git import refs
from mreg.git.repository import Repository
from mreg.render.moments import second
from mreg.store import complete

if TYPE_CHECKING:
    from mreg.governance.evaluate import Check, Decision, PolicyEvaluator
    from mreg.policy.case import Signer
    from mreg.store.remote import Peer
    from mreg.store.write import Basis, Draft, Made, Move, Tagger

_NONE: Mapping[str, str] = MappingProxyType({})

Request = Callable[[Ground], Plan | None]
"""What somebody wants, as a plan for whatever is there when it is carried out; None if what is
there is what they want. It raises `Existing` where that is worth saying."""


class Publication(TypedDict, total=False):
    """How an event, an approval or a rejection is recorded.

    Attributes:
        dry_run: make all decisions and write nothing; the result is the expected one.
        push: publish it to a remote before it is recorded here; None: the setting in `.mreg.yaml`.
        remote: the remote; None: that of the current branch, or origin.
        after: the id of the artifact's newest event that the caller knows, `NOTHING_YET` if there
            is none; if there is a newer event, `Outdated` is raised.
    """

    dry_run: bool
    push: bool | None
    remote: str | None
    after: str | None


class Recording(Publication, total=False):
    """How an event is recorded.

    Attributes:
        judged: in a dry run, called with the policy's result for each event, also if it refuses.
    """

    judged: Callable[[Check], None] | None


class Creation(Recording, total=False):
    """How an event that may be the first of an artifact or a stage is recorded.

    Attributes:
        new: create the artifact or stage even if its name is similar to an existing one.
    """

    new: bool


class EventPublication(Creation, total=False):
    """How a registration is recorded.

    Attributes:
        with_branch: publish the current branch with the event, both or neither.
    """

    with_branch: bool


def record(
    repo: Repository,
    artifact: str,
    requests: Sequence[Request],
    *,
    new: bool = False,
    dry_run: bool = False,
    push: bool | None = None,
    remote: str | None = None,
    with_branch: bool = False,
    after: str | None = None,
    judged: Callable[[Check], None] | None = None,
) -> tuple[Outcome, ...]:
    """Record events of one artifact: all of them or none.

    With a remote, it has what is there already from then on as well.

    Args:
        repo: the repository.
        artifact: the artifact's name.
        requests: what is wanted; each is planned on the ground that the ones before it leave.
        new: as for `Creation`.
        dry_run: decide everything and make no tag; what the remote has is fetched first.
        push: as for `Publication`.
        remote: as for `Publication`.
        with_branch: as for `EventPublication`.
        after: as for `Publication`.
        judged: as for `Recording`.

    Raises:
        MregError: a plan, or the policy, refuses, or Git or the remote could not do it.
    """
    from mreg.store import write

    peer = target(repo, push, remote)
    carriers = _carriers(peer) if with_branch else _NONE
    who = write.tagger(repo)
    if not new:
        requests = [_unless_mistyped(repo, request) for request in requests]
    transaction = _Transaction(repo, artifact, requests, who, alone=peer is None, after=after)
    if dry_run:
        found = _rehearsed(peer, transaction, carriers, judged).outcomes
        return tuple(it._replace(dry_run=True) for it in found)
    if peer:
        return _published(peer, artifact, transaction, carriers).outcomes
    return _recorded(transaction)


def _recorded(transaction: _Transaction) -> tuple[Outcome, ...]:
    """Make what is wanted in this repository; plan again where others were quicker.

    Raises:
        TagTaken: they were so every time.
    """
    from mreg.store import write

    waits: Iterator[float] | None = None
    while True:
        draft = transaction.draft()
        if not draft.made:
            return draft.outcomes
        try:
            write.publish(transaction.repo, draft.made, planned_on=transaction.basis)
        except write.TagTaken:
            from mreg.net import backoff  # which nobody needs who is alone

            waits = backoff.waits(_TRIES) if waits is None else waits
            wait = next(waits, None)
            if wait is None:
                raise
            time.sleep(wait)
        else:
            return draft.outcomes


_TRIES = 6
"""How often events are planned in one clone: three seconds at the most, where a killed process left
its lock behind."""


def record_here(
    repo: Repository, artifact: str, requests: Sequence[Request], moves: Sequence[Move]
) -> tuple[Outcome, ...]:
    """Record events of one artifact here alone, and move branches in the same step.

    All of it is done, or nothing: not even the branches, where there is no event to record.

    Raises:
        MregError: as for `record`.
    """
    from mreg.store import write

    transaction = _Transaction(repo, artifact, requests, write.tagger(repo), alone=True)
    draft = transaction.draft()
    if draft.made:
        write.publish(repo, draft.made, moves, transaction.basis)
    return draft.outcomes


def _unless_mistyped(repo: Repository, request: Request) -> Request:
    """Return a wish that is refused where what it would make new is probably a name mistyped."""

    def checked(ground: Ground) -> Plan | None:
        plan = request(ground)
        if plan is None:
            return None
        if not ground.history.timeline:
            if meant := _meant(repo, plan, ground.tags):
                raise _mistyped("artifact", plan.artifact, meant)
        elif plan.stage and not (ground.has_stages or plan.stage in ground.history.standing.stages):
            meant = typos.meant(plan.stage, ground.tags.stages())
            if meant:
                raise _mistyped("stage", plan.stage, meant)
        return plan

    return checked


def _meant(repo: Repository, plan: Plan, tags: TagNames) -> str | None:
    """Return the artifact, registered or annotated there, that a new one is probably meant for."""
    known = tags.artifacts()
    meant = typos.meant(plan.artifact, known)
    if repo.mirror and not meant:  # the files would have to be fetched for it
        return None
    from mreg.store.entries import annotated

    return typos.meant(plan.artifact, known | annotated(repo, plan.commit))


def _mistyped(what: str, name: str, meant: str) -> Refused:
    return Refused(
        f"there is no {what} {name!r} yet: did you mean {meant}?",
        hint=f"add --new to create the {what} {name} anyway",
    )


def _published(
    peer: Peer, artifact: str, transaction: _Transaction, carriers: Mapping[str, str]
) -> Draft:
    """Publish what is wanted; where it is here alone already, what the remote lacks of it all.

    Where the remote has it, too, what else was recorded here alone waits for `mreg push`.
    """
    from mreg.store import branches, publish

    try:
        draft = publish.publish(peer, artifact, partial(transaction.draft, carriers), carriers)
    except publish.Unpublished:
        draft = transaction.draft(carriers, dry_run=True)
        if draft.made:
            raise
    if not draft.made:
        there = {it.tag: it.oid for it in draft.outcomes}
        if carriers or not peer.look(artifact).holds(there):
            from mreg.governance.branches import push_required

            pushed = publish.push(peer, artifact, prepare=push_required, carriers=carriers)
            for tag in pushed:
                peer.network.notice(f"Pushed {tag}")
    if not carriers:
        branches.warn(peer, [_event(it) for it in draft.made])
    return draft


def _rehearsed(
    peer: Peer | None,
    transaction: _Transaction,
    carriers: Mapping[str, str],
    judged: Callable[[Check], None] | None,
) -> Draft:
    """Return what would be made; with a remote, planned on what that has."""
    draft = partial(transaction.draft, carriers, dry_run=True)
    try:
        if peer is None:
            found = draft()
        else:
            from mreg.store import publish

            found = publish.rehearse(peer, transaction.artifact, draft)
    finally:
        if judged:
            for it in transaction.checks():
                judged(it)
    for said in () if judged else transaction.decisions:
        transaction.repo.network.notice(said.summary)
    return found


NOTHING_YET = NO_PREVIOUS
"""What stands for the newest event of an artifact that has none."""


def require_last(history: History, oid: str | None) -> None:
    """Refuse to go on where an artifact's newest event is not the one that was known.

    Raises:
        Outdated: it is another.
    """
    last = history.last
    if oid is None or oid == (last.event.oid if last else NOTHING_YET):
        return
    what = (
        f"{outcomes.happened(last.event)}, by {last.event.author}"
        if last
        else "it no longer exists"
    )
    raise Outdated(
        f"{history.artifact} has changed since: {what}", hint="check its current state, then decide"
    )


def _carriers(peer: Peer | None) -> Mapping[str, str]:
    """Return the branch that is to be published with a tag."""
    from mreg.store import branches

    if peer is None or peer.repo.mirror:
        raise UsageError(
            "--with-branch requires --push, in a clone", hint="add --push, or omit --with-branch"
        )
    return branches.current(peer)


def target(repo: Repository, push: bool | None, remote: str | None) -> Peer | None:
    """Return the remote to publish to; None if nothing is to be published."""
    if repo.mirror:
        if push is False or remote is not None:
            raise UsageError(
                "events recorded by URL are always published to that URL",
                hint="omit --no-push and --remote, or work in a clone",
            )
        push = True
    if push is None and remote is None:
        return _target_of_settings(repo)
    if push is False:
        return None
    from mreg.store import publish

    return publish.connect(repo, remote)


def _target_of_settings(repo: Repository) -> Peer | None:
    """Return the remote to publish to where only the settings say whether to publish."""
    from mreg.worktree import settings

    if not settings.read(repo).push:
        return None
    from mreg.policy.conveniences import FILE
    from mreg.store import publish

    try:
        return publish.connect(repo, None)
    except RemoteError as error:
        raise RemoteError(
            f"{FILE} requires publishing, but {error}",
            hint=f"{error.hint}; or record it only here: --no-push",
        ) from None


def judge(repo: Repository, artifact: str, request: Request, *, new: bool) -> Check:
    """Return what the policy says of an event that somebody may want; nothing is made.

    Args:
        repo: the repository.
        artifact: the artifact's name.
        request: what would be wanted.
        new: as for `Creation`.

    Raises:
        MregError: the plan is refused, or the policy cannot be read.
    """
    from mreg.store import write

    who = write.tagger(repo)
    if not new:
        request = _unless_mistyped(repo, request)
    transaction = _Transaction(repo, artifact, [request], who, alone=True, enforce=False)
    found = transaction.draft(dry_run=True).outcomes[-1]
    return [*transaction.checks()][-1]._replace(new=found.new)


class _Transaction:
    """Plans events and makes their tag objects; once more, when others were quicker."""

    def __init__(
        self,
        repo: Repository,
        artifact: str,
        requests: Sequence[Request],
        who: Tagger,
        *,
        alone: bool,
        enforce: bool = True,
        after: str | None = None,
    ) -> None:
        self.repo = repo
        self.artifact = artifact
        self.plans: list[Plan] = []
        self.decisions: list[Decision] = []
        self.basis: Basis | None = None
        self._after = after
        self._requests = requests
        self._who = who
        self._alone = alone
        self._policy = _evaluator(repo, alone=alone)
        self._enforce = enforce
        self._known: set[str] | None = None
        self._planned: set[tuple[str | None, ...]] = set()
        self._signers: dict[str, Signer] = {}

    def draft(self, carriers: Mapping[str, str] = _NONE, *, dry_run: bool = False) -> Draft:
        """Plan the events on what is here now, and make their tag objects.

        Branches that are to be published with them have to have their commits.

        Raises:
            MregError: a plan is refused.
        """
        from mreg.store.write import Draft, basis

        # First the names, then the history: a tag that comes in between is in both. The other way
        # round the plan would take its number for given out, and know nothing of what it says.
        taken = self._tags()
        if self._alone and not dry_run and not any(map(kinds.parse, taken)):
            from mreg.store.publish import bring_here

            taken = self._tags() if bring_here(self.repo) else taken
        self.basis = basis(self.repo, self.artifact) if self._alone else None
        history = complete.read_state(self.repo, self.artifact).history(self.artifact)
        if done := self._done_since(history):
            return Draft((), tuple(done))
        require_last(history, self._after)
        # In a clone that lacks tags, the history was read from its remote.
        taken |= [dated.tag for dated in history.timeline]
        made, found = [], []
        self.plans, self.decisions, self._signers = [], [], {}
        policy = self._policy.settings if self._policy else None
        registry = policy.registry if policy else None
        has_stages = policy is not None and policy.stages is not None
        for request in self._requests:
            try:
                plan = request(Ground(history, taken, self._who.now, registry, has_stages))
            except Existing as existing:
                found.append(outcomes.of_existing(history, existing))
                continue
            if plan is None:
                continue
            self.plans.append(plan)
            if self._enforce:
                self._tell_if_ahead(plan, history)
            tag = self._make(plan, history, dry_run=dry_run)
            event = _event(tag)
            timeline = ordered([*(it.event for it in history.timeline), event])
            before, history = history, History(self.artifact, timeline)
            outcome = outcomes.of_event(before, history, event, plan.version, taken)
            found.append(outcome._replace(warnings=(*plan.warnings, *outcome.warnings)))
            taken |= [tag.tag]
            made.append(tag)
            self._planned.add(_gist(event))
        if carriers:
            from mreg.store.branches import require_on

            require_on(self.repo, carriers, {it.commit for it in self.plans})
        heard = self._policy is not None and self._policy.heard
        return Draft(tuple(made), tuple(found), heard)

    def checks(self) -> Iterator[Check]:
        """Iterate over what the policy said of each plan of the last dry draft."""
        from mreg.governance.evaluate import checked

        for plan, decision in zip_longest(self.plans, self.decisions):
            yield checked(plan, decision)

    def _tags(self) -> TagNames:
        return TagNames(refs.listing(self.repo, (refs.PREFIX,), refs.TAGS))

    def _make(self, plan: Plan, history: History, *, dry_run: bool) -> Made:
        """Make a tag object, if the policy allows it.

        Before it is made, it is judged by who the user seems to be; after, by who signed it.
        """
        from mreg.store import write

        if self._policy is None:
            return write.make(self.repo, plan, self._who, dry_run=dry_run)
        from mreg.governance.evaluate import Wish

        actor = self._policy.trust.presumed(self._who.who)
        case = self._policy.case(Wish.of_plan(plan), history, actor, self._signers)
        case = self._policy.with_date(case, plan.time, self._who.now)
        self._decide(self._policy.judge(case))
        must_sign = self._policy.settings.signatures == "required"
        tag = write.make(self.repo, plan, self._who, dry_run=dry_run, must_sign=must_sign)
        if not dry_run:
            actor = self._policy.trust.signer(tag.oid, tag.raw)
            self._decide(self._policy.judge(case._replace(actor=actor)))
        self._signers[tag.oid] = actor
        return tag

    def _tell_if_ahead(self, plan: Plan, history: History) -> None:
        """Say that the event bears a date of the future, as the one before it does."""
        last = history.last
        if last is None or plan.time <= self._who.now:
            return
        from mreg.policy.chain import SKEW

        if plan.time > self._who.now + SKEW:
            self.repo.network.notice(
                f"warning: {last.tag} is dated {second(moment(plan.time))}, in the"
                f" future, and so is {plan.tag}, which follows it; a server with mreg's hook takes"
                f" nothing that is dated more than {SKEW} seconds ahead"
            )

    def _decide(self, decision: Decision) -> None:
        self.decisions.append(decision)
        if self._enforce and not decision.allowed:
            raise decision.refusal

    def _done_since(self, history: History) -> list[Outcome]:
        """Return what turns out to be done since the first plan, by the same person.

        That may be an earlier run of the command, which was killed before it could say so.
        """
        events = [dated.event for dated in history.timeline]
        if self._known is None:
            self._known = {event.oid for event in events}
        return [
            outcomes.of_existing(history, Existing(it, it.version, outcomes.happened(it)))
            for it in events
            if it.oid not in self._known and _gist(it) in self._planned
            if f"{it.author} <{it.author_email}>" == self._who.who
        ]


def _evaluator(repo: Repository, *, alone: bool) -> PolicyEvaluator | None:
    """Return who asks the policy that counts; None where there is none, which loads nothing."""
    from mreg.governance import settings

    governing = settings.existing(repo)
    if governing is None:
        return None
    from mreg.governance.evaluate import PolicyEvaluator

    return PolicyEvaluator(repo, governing, alone=alone)


def _gist(event: Event) -> tuple[str | None, ...]:
    """Return what makes two events the same wish."""
    subject = event.commit if kinds.KINDS[event.action].registers else event.version
    return event.action, event.stage, subject


def _event(made: Made) -> Event:
    """Read back a tag that was just made."""
    name = kinds.parse(made.tag)
    found = parse.read(made.tag, name, made.oid, made.raw) if name else None
    if not isinstance(found, Event):
        raise AssertionError(f"mreg made a tag that it cannot read: {made.tag}")  # noqa: TRY004
    return found
