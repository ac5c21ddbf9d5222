"""Policing: what the policy says, who approves of what, and what waits for whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mreg import names, plans, queries, recording
from mreg.errors import Refused, UsageError
from mreg.events import Event
from mreg.plans import Ground, Plan
from mreg.registry.opened import Opened
from mreg.registry.writing import version_to_promote

if TYPE_CHECKING:
    from mreg.policing import Check
    from mreg.policy.case import Approval, Verdict
    from mreg.policy.settings import Governing
    from mreg.policy.waiting import Pending


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
        from mreg import approving, settings
        from mreg.trust import Trust

        wanted = None if stage is None else names.stage(stage)
        version, _ = self._registered(selector)
        artifact = queries.parse_selector(selector).artifact
        trust = Trust(self.path, settings.governing(self.path, network=self.network))
        return approving.read(self.path, trust, artifact, version, wanted)

    def policy(self) -> Governing:
        """Return the policy that counts, and where it stands.

        Raises:
            Refused: it cannot be read.
            GitError: there is no usable repository.
        """
        from mreg import settings

        return settings.governing(self.path, network=self.network)

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

        return recording.judge(self.path, wanted.artifact, request, self.network)

    def pending(self, name: str | None = None) -> tuple[Pending, ...]:
        """Return the versions that wait for approvals, and for whose.

        Args:
            name: of this artifact alone.

        Raises:
            InvalidName, NotFound: as for `artifact`.
            Refused: the policy cannot be read.
            GitError: Git could not do it, or cannot verify a signature here.
        """
        from mreg import policing

        histories = [*self._state()] if name is None else [self._history(name)]
        return tuple(policing.pending(self.path, self.policy(), histories, self.network))

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
        from mreg import approving, settings
        from mreg.trust import Trust

        artifact = queries.parse_selector(selector).artifact
        trust = Trust(self.path, settings.governing(self.path, network=self.network))
        wish = approving.Wish(
            verdict, artifact, names.stage(stage), message, lambda: self._registered(selector)
        )
        return approving.say(
            self.path,
            trust,
            wish,
            peer=self._peer(push, remote),
            dry_run=dry_run,
            network=self.network,
        )

    def _registered(self, selector: str) -> tuple[str, Event]:
        """Return the version that a selector names, and the event that registered it."""
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
        return found.version, registration
