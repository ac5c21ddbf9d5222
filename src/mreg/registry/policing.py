"""Policing: what the policy says, who approves of what, and what waits for whom."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from mreg.core import kinds, names, plans, queries, times
from mreg.core.events import Event
from mreg.core.plans import Ground, Plan
from mreg.core.replay import History, State
from mreg.errors import NotFound, Refused, UsageError
from mreg.registry import record
from mreg.registry.opened import Opened, seconds
from mreg.registry.writing import version_to_promote

if TYPE_CHECKING:
    from mreg.core.diagnostics import Diagnostic
    from mreg.governance.audit import Progress
    from mreg.governance.evaluate import Check
    from mreg.governance.updates import Received, Update
    from mreg.policy.case import Approval, Verdict
    from mreg.policy.model import Governing
    from mreg.policy.pending import Pending
    from mreg.policy.verdicts import Audited


class Policing(Opened):
    """The requests that bear on the policy."""

    def approve(
        self,
        selector: str,
        stage: str,
        *,
        message: str = "",
        dry_run: bool = False,
        push: bool | None = None,
        remote: str | None = None,
    ) -> Approval:
        """Say that a version may go to a stage.

        What was said already, and stands, is not said again.

        Args:
            selector: the version, as for `resolve`.
            stage: the stage.
            message: why.
            dry_run: decide everything and write nothing.
            push: publish it to a remote, before it is recorded here; None: as `.mreg.yaml` says.
            remote: the remote; None: the branch's, or origin.

        Raises:
            InvalidName, NotFound: as for `resolve`.
            Refused: the version is not registered, the policy has no such stage, or does not know
                the user.
            GitError: Git could not do it.
        """
        return self._say("approve", selector, stage, message, dry_run, push, remote)

    def reject(
        self,
        selector: str,
        stage: str,
        *,
        message: str = "",
        dry_run: bool = False,
        push: bool | None = None,
        remote: str | None = None,
    ) -> Approval:
        """Say that a version may not go to a stage; otherwise as `approve`, which it takes back."""
        return self._say("reject", selector, stage, message, dry_run, push, remote)

    def approvals(self, selector: str, stage: str | None = None) -> tuple[Approval, ...]:
        """Return what principals last said of a version, by stage and principal.

        Args:
            selector: the version, as for `resolve`.
            stage: of this stage alone.

        Raises:
            InvalidName, NotFound: as for `resolve`.
            Refused: the version is not registered, or the policy cannot be read.
            GitError: Git could not do it, or cannot verify a signature here.
        """
        from mreg.governance import settings
        from mreg.governance.approve import read
        from mreg.governance.trust import Trust

        wanted = None if stage is None else names.stage(stage)
        version, *_ = self._registered(selector)
        artifact = queries.parse_selector(selector).artifact
        trust = Trust(self.repository, settings.governing(self.repository))
        return read(self.repository, trust, artifact, version, wanted)

    def policy(self) -> Governing:
        """Return the policy that counts, and where it stands.

        Raises:
            Refused: it cannot be read.
            GitError: there is no usable repository.
        """
        from mreg.governance import settings

        return settings.governing(self.repository)

    def check_policy(self, selector: str, stage: str | None = None) -> Check:
        """Return what the policy says of a promotion, or of a registration; nothing is made.

        Args:
            selector: the version, as for `resolve`.
            stage: the stage; without it, it is the registration of HEAD that is asked about, and
                the selector is the artifact's name.

        Raises:
            InvalidName, NotFound: as for `resolve`.
            Refused: there is no such version to promote, or the policy cannot be read.
            GitError: Git could not do it.
        """
        wanted = queries.parse_selector(selector)
        if stage is None and not wanted.plain:
            raise UsageError(
                f"to which stage should {selector} go?",
                hint=f"name it behind {selector}; or ask about a registration:"
                f" mreg policy check {wanted.artifact}",
            )
        commit = self._commit("HEAD") if stage is None else ""

        def request(ground: Ground) -> Plan:
            if stage is None:
                return plans.register(ground, commit, force=True)
            version = version_to_promote(self._known(ground.history), wanted, None)
            return plans.promote(ground, version, stage, force=True)

        return record.judge(self.repository, wanted.artifact, request)

    def pending(self, name: str | None = None) -> tuple[Pending, ...]:
        """Return the versions that wait for approvals, and for whose.

        Args:
            name: of this artifact alone.

        Raises:
            InvalidName, NotFound: as for `artifact`.
            Refused: the policy cannot be read.
            GitError: Git could not do it, or cannot verify a signature here.
        """
        from mreg.governance import evaluate

        histories = [*self._state()] if name is None else [self._history(name)]
        return tuple(evaluate.pending(self.repository, self.policy(), histories))

    def audit(
        self,
        name: str | None = None,
        *,
        stage: str | None = None,
        since: datetime | str | None = None,
        until: datetime | str | None = None,
        policy: str | None = None,
        progress: Progress | None = None,
    ) -> tuple[Audited, ...]:
        """Judge recorded events, each by the policy that was in force when it was made.

        Args:
            name: of this artifact alone.
            stage: of this stage alone.
            since: from this time on.
            until: up to this time.
            policy: judge all by the policy of this commit.
            progress: is told how many of how many events are judged.

        Returns:
            The verdicts in the order of the events; first the tags that cannot be read.

        Raises:
            InvalidName, InvalidTime, NotFound: as for `history`.
            Refused: the policy that counts now cannot be read.
            GitError: Git could not do it, or cannot verify a signature here.
        """
        state = self._state()
        if name is not None:
            self._present(state, names.artifact(name), None)
        if stage is not None:
            names.stage(stage)
        first = None if since is None else seconds(since, edge="start")
        last = None if until is None else seconds(until)

        def wanted(event: Event) -> bool:
            return (
                name in (None, event.artifact)
                and stage in (None, event.stage)
                and (first is None or event.time >= first)
                and (last is None or event.time <= last)
            )

        found = self._judged(state, wanted, policy, progress)
        if first is None and last is None:
            found = [*_unreadable(state, name, stage), *found]
        return tuple(found)

    def verify(
        self,
        tags: Sequence[str],
        *,
        policy: str | None = None,
        progress: Progress | None = None,
    ) -> tuple[Audited, ...]:
        """Judge some registry tags; otherwise as `audit`.

        Raises:
            NotFound: there is no such tag, or it is no registry tag.
        """
        state = self._state()
        events = {dated.tag for history in state for dated in history.timeline}
        broken = {it.tag: it for it in _unreadable(state)}
        for tag in tags:
            if tag not in events and tag not in broken:
                raise NotFound(
                    f"there is no registry tag {tag}", hint="`mreg history` lists the events"
                )
        judged = self._judged(state, lambda event: event.tag in tags, policy, progress)
        return (*(broken[tag] for tag in tags if tag in broken), *judged)

    def verify_updates(self, updates: Iterable[Update], *, policy: str | None = None) -> Received:
        """Judge what a push would do to the registry's refs, by the policy that counts now.

        Args:
            updates: what is to become of each ref; those that are not the registry's pass.
            policy: judge by the policy of this commit.

        Raises:
            Refused: the policy cannot be read.
            GitError: Git could not do it, or cannot verify a signature here.
        """
        from mreg.governance.updates import PASSED, is_ours

        ours = [it for it in updates if is_ours(it.ref)]
        if not ours:
            return PASSED
        from mreg.governance import receive

        return receive.check(
            self.repository,
            ours,
            lambda: self._governing(policy, enforcing=True),
            present=int(times.now().timestamp()),
        )

    def verify_update_alone(self, update: Update) -> Received:
        """Judge one update of a push, as an update hook sees it; otherwise as `verify_updates`.

        Other refs of the same push may have been moved already. So the policy is the one that
        counted when the hook was first called for this push.

        Raises:
            Refused: besides, which push it is cannot be told.
        """
        from mreg.git import hooks
        from mreg.governance import updates

        if not updates.matters(update.ref):
            return updates.PASSED
        noted = hooks.recall(self.repository, self._commit_of_policy)
        if not updates.is_ours(update.ref):
            return updates.PASSED
        from mreg.governance import receive

        return receive.check(
            self.repository,
            [update],
            lambda: self._noted(noted),
            present=int(times.now().timestamp()),
            one=True,
        )

    def _commit_of_policy(self) -> str:
        """Return the commit whose policy counts now; why it cannot be told, behind a mark."""
        try:
            return self._governing(None, enforcing=True).commit
        except Refused as error:
            return f"!{error}".replace("\n", " ")

    def _noted(self, commit: str) -> Governing:
        """Return the policy that was noted before anything was pushed."""
        from mreg.policy.model import Governing

        if commit.startswith("!"):
            raise Refused(commit[1:], hint="mend the policy in a push of its own")
        return self._governing(commit) if commit else Governing()

    def tampering(
        self, *, remote: str | None = None, offline: bool = False
    ) -> tuple[Diagnostic, ...]:
        """Find traces of tags that were moved, removed or slipped in.

        Args:
            remote: the remote; None: the branch's, or origin. Without any, the chain of events is
                all there is to look at.
            offline: do not ask it, but compare what is here with what it was last seen to hold.

        Raises:
            RemoteError: it cannot be asked.
        """
        from mreg.git import remote as remotes
        from mreg.governance import integrity

        found = [*integrity.of_chain(self._state())]
        known = remotes.settings(self.repository)
        if self.repository.mirror or (remote is None and not known.remotes):
            return tuple(found)
        where = remotes.choose(known, remote)
        found += integrity.of_record(self.repository, where)
        if not offline:
            found += integrity.of_remote(self.repository, where)
        return tuple(found)

    def _judged(
        self,
        state: State,
        wanted: Callable[[Event], bool],
        policy: str | None,
        progress: Progress | None,
    ) -> list[Audited]:
        from mreg.governance import settings
        from mreg.governance.audit import judge, nobody

        if policy is None:
            policies = settings.over_time(self.repository)
        else:
            policies = settings.Policies.of_one(self._governing(policy))
        found = judge(
            self.repository,
            state,
            policies,
            wanted,
            present=int(times.now().timestamp()),
            progress=progress or nobody,
        )
        if any(rule.rule == "approvals" for it in found for rule in it.failed):
            from mreg.governance import evaluate

            evaluate.warn_if_never_fetched(self.repository)
        return found

    def _governing(self, rev: str | None, *, enforcing: bool = False) -> Governing:
        from mreg.governance import settings

        return settings.governing(self.repository, rev, enforcing=enforcing)

    def _say(
        self,
        verdict: Verdict,
        selector: str,
        stage: str,
        message: str,
        dry_run: bool,
        push: bool | None,
        remote: str | None,
    ) -> Approval:
        from mreg.governance import settings
        from mreg.governance.approve import ApprovalWish, say
        from mreg.governance.trust import Trust

        artifact = queries.parse_selector(selector).artifact
        trust = Trust(self.repository, settings.governing(self.repository))
        wish = ApprovalWish(
            verdict, artifact, names.stage(stage), message, lambda: self._registered(selector)
        )
        return say(
            self.repository,
            trust,
            wish,
            peer=self._peer(push, remote),
            dry_run=dry_run,
        )

    def _registered(self, selector: str) -> tuple[str, Event, History]:
        """Return the version that a selector names, what registered it, and its history."""
        wanted = queries.parse_selector(selector)
        history = self._history(wanted.artifact)
        found = queries.find(history, wanted)
        registration = history.standing.active.get(found.version or "")
        if found.version is None or registration is None:
            what = found.version or f"commit {found.commit[:12]}"
            raise Refused(
                f"{wanted.artifact} {what} is not registered, so nobody can say anything of it",
                hint=f"mreg register {wanted.artifact} {found.commit[:12]}",
            )
        return found.version, registration, history


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
