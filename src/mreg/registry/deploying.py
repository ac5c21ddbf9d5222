"""Deploying: what a pushed tag says, for whoever acts on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mreg.core import times
from mreg.git import refs
from mreg.registry.opened import Opened

if TYPE_CHECKING:  # what judges an event is loaded when one is asked about
    from mreg.deploy.deployment import Deployment
    from mreg.deploy.summary import Report


class Deploying(Opened):
    """The question what a tag means for a deployment."""

    def deployment(
        self,
        tag: str,
        *,
        expect_oid: str | None = None,
        require_current: bool = False,
        repository: str | None = None,
        offline: bool = False,
    ) -> Deployment:
        """Return what a tag says, as the remote has it, if the policy allows it.

        Args:
            tag: its name, or its full ref.
            expect_oid: the id of the tag object that it has to be: an event that a CI system
                reports carries it.
            require_current: refuse one that a later event has taken back or gone beyond.
            repository: the repository's URL, to be handed on.
            offline: ask no remote; what is here counts.

        Returns:
            The event; of a tag that is not the registry's, one whose `event` is "none".

        Raises:
            NotFound: there is no such tag, or it is there no longer.
            Refused: the policy does not allow the event, or it is not the one that was expected;
                or the tag is no event.
            GitError: Git could not do it, or the remote cannot be asked.
        """
        from mreg.deploy import trigger

        report = self.deployment_report(
            tag, expect_oid=expect_oid, repository=repository, offline=offline, detailed=False
        )
        return trigger.accepted(report, require_current=require_current)

    def deployment_report(
        self,
        tag: str,
        *,
        expect_oid: str | None = None,
        repository: str | None = None,
        offline: bool = False,
        detailed: bool = True,
    ) -> Report:
        """Return what a tag says, with what the policy says of it, what changes and its lineage.

        An event that the policy does not allow is no error here; `refused` of the report tells.
        Otherwise as `deployment`.

        Args:
            tag: as for `deployment`.
            expect_oid: likewise.
            repository: likewise.
            offline: likewise.
            detailed: whether to look up what changes, and the lineage.
        """
        from mreg.deploy import trigger

        question = trigger.Question(
            tag.removeprefix(refs.PREFIX),
            expect_oid,
            repository,
            detailed,
            offline,
            int(times.now().timestamp()),
        )
        return trigger.answer(self.repository, question)
