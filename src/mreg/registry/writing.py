"""Writing: recording events, and saying what an artifact is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Unpack

from mreg.annotations.entry import Annotation
from mreg.annotations.sources import Wanted
from mreg.core import names, plans, queries, versions
from mreg.core.plans import Ground, Plan
from mreg.core.queries import Record, Selector
from mreg.core.replay import History
from mreg.core.standing import Holder
from mreg.core.versions import Bump
from mreg.errors import NotFound, Refused, UsageError
from mreg.registry import record
from mreg.registry.opened import Opened

if TYPE_CHECKING:
    from mreg.annotations.changes import Wishes
    from mreg.content.fetch import Progress
    from mreg.registry.validation import Validation
    from mreg.worktree.edit import Edited
    from mreg.worktree.init import Pipeline, Step


class Writing(Opened):
    """The requests that write: events as tags, annotations in their file."""

    def register(
        self,
        name: str,
        rev: str = "HEAD",
        *,
        version: str | None = None,
        bump: Bump | None = None,
        message: str = "",
        force: bool = False,
        digest: bool = False,
        dry_run: bool = False,
        push: bool | None = None,
        remote: str | None = None,
        report: Callable[[Progress], None] | None = None,
    ) -> Record:
        """Register a version of an artifact at a commit.

        Args:
            name: the artifact.
            rev: the commit, as Git names it.
            version: the version; without it, it follows from the latest active one.
            bump: how it follows; a patch up if that is not said.
            message: what to say of it.
            force: allow a second version at a commit that has one.
            digest: record the SHA-256 of its file, which is read for it wherever it is.
            dry_run: decide everything and write nothing.
            push: publish it to a remote, before it is recorded here; None: as `.mreg.yaml` says.
            remote: the remote; None: the branch's, or origin.
            report: told how far the reading of the file is.

        Returns:
            The event that was made; after a dry run, the one that would be.

        Raises:
            InvalidName, NotFound, Refused, UsageError: see `mreg.core.plans.register`.
            NotFound, Refused, Mismatch: its file cannot be had, or is not what is annotated.
            GitError: Git could not do it.
        """
        commit = self._commit(rev)
        known = self._digest(names.artifact(name), commit, report) if digest else None
        request = _register(commit, version, bump, message, force=force, digest=known)
        return record.record(
            self.repository,
            names.artifact(name),
            [request],
            dry_run=dry_run,
            peer=self._peer(push, remote),
        )[0]

    def promote(
        self,
        selector: str,
        stage: str,
        *,
        rev: str | None = None,
        message: str = "",
        force: bool = False,
        dry_run: bool = False,
        push: bool | None = None,
        remote: str | None = None,
    ) -> Record:
        """Promote a version to a stage.

        Args:
            selector: the version; `churn#staging` is what staging holds.
            stage: the stage.
            rev: the version at this commit, instead of one that the selector names.
            message: what to say of it.
            force: promote what holds the stage already.
            dry_run: decide everything and write nothing.
            push: publish it to a remote, before it is recorded here; None: as `.mreg.yaml` says.
            remote: the remote; None: the branch's, or origin.

        Raises:
            InvalidName, NotFound, Refused, UsageError: see `mreg.core.plans.promote`.
            GitError: Git could not do it.
        """
        wanted = queries.parse_selector(selector)
        if rev is not None and not wanted.plain:
            raise UsageError(
                f"{selector} and --rev both say which version",
                hint=f"write {wanted.artifact} alone, or leave --rev out",
            )
        commit = None if rev is None else self._commit(rev)

        def request(ground: Ground) -> Plan:
            version = version_to_promote(self._known(ground.history), wanted, commit)
            return plans.promote(ground, version, stage, message=message, force=force)

        return record.record(
            self.repository,
            wanted.artifact,
            [request],
            dry_run=dry_run,
            peer=self._peer(push, remote),
        )[0]

    def register_and_promote(
        self,
        name: str,
        stage: str,
        *,
        rev: str = "HEAD",
        version: str | None = None,
        bump: Bump | None = None,
        message: str = "",
        force: bool = False,
        digest: bool = False,
        dry_run: bool = False,
        push: bool | None = None,
        remote: str | None = None,
        report: Callable[[Progress], None] | None = None,
    ) -> tuple[Record, ...]:
        """Promote the version at a commit to a stage, registering one there first if there is none.

        Both tags appear at once, or neither.

        Returns:
            The events made: registration and promotion, or the promotion alone.

        Raises:
            As `register` and `promote`.
        """
        names.artifact(name)
        commit = self._commit(rev)

        @cache
        def known() -> str | None:
            return self._digest(name, commit, report) if digest else None

        def registration(ground: Ground) -> Plan | None:
            present = ground.history.standing.version_at(commit)
            if present is None:
                return _register(commit, version, bump, message, digest=known())(ground)
            if bump or (version and versions.normalized(version) != present):
                raise UsageError(
                    f"commit {commit[:12]} is {name} {present} already, and needs no other version",
                    hint="leave --version and --bump out, or register it first",
                )
            return None

        def promotion(ground: Ground) -> Plan:
            found = ground.history.standing.version_at(commit)
            return plans.promote(ground, str(found), stage, message=message, force=force)

        return record.record(
            self.repository,
            name,
            [registration, promotion],
            dry_run=dry_run,
            peer=self._peer(push, remote),
        )

    def demote(
        self,
        selector: str,
        stage: str,
        *,
        message: str = "",
        dry_run: bool = False,
        push: bool | None = None,
        remote: str | None = None,
    ) -> Record:
        """Take a version out of a stage; the one that held it before, if still there, takes over.

        Raises:
            InvalidName, NotFound, Refused: see `mreg.core.plans.demote`.
            GitError: Git could not do it.
        """
        wanted = queries.parse_selector(selector)

        def request(ground: Ground) -> Plan:
            history = self._known(ground.history)
            # What a tag promoted without its being registered can be taken out all the same.
            key = wanted.version or ""
            if key not in history.standing.stages.get(stage, {}):
                found = queries.find(history, wanted)
                key = found.version or found.commit
            return plans.demote(ground, key, stage, message=message)

        return record.record(
            self.repository,
            wanted.artifact,
            [request],
            dry_run=dry_run,
            peer=self._peer(push, remote),
        )[0]

    def rollback(
        self,
        name: str,
        stage: str,
        *,
        message: str = "",
        dry_run: bool = False,
        push: bool | None = None,
        remote: str | None = None,
    ) -> Record:
        """Put back the version that held a stage before its current holder did.

        Raises:
            InvalidName, NotFound, Refused: see `mreg.core.plans.rollback`.
            GitError: Git could not do it.
        """
        first: list[Holder | None] = []

        def request(ground: Ground) -> Plan:
            held = self._known(ground.history).standing.current(stage)
            first.append(held)
            # Planned again because others were quicker: what is to be taken back must not change.
            if held and first[0] and held.key != first[0].key:
                raise Refused(
                    f"{stage} holds {held.version or held.commit[:12]} by now, promoted by"
                    f" {held.author} at {held.created_at:%Y-%m-%d %H:%M}",
                    hint="look at it, and roll back again if you still want to",
                )
            return plans.rollback(ground, stage, message=message)

        return record.record(
            self.repository,
            names.artifact(name),
            [request],
            dry_run=dry_run,
            peer=self._peer(push, remote),
        )[0]

    def deregister(
        self,
        selector: str,
        *,
        message: str = "",
        dry_run: bool = False,
        push: bool | None = None,
        remote: str | None = None,
    ) -> Record:
        """End a version and its places in stages.

        Raises:
            UsageError: the selector is just an artifact's name.
            InvalidName, NotFound, Refused: see `mreg.core.plans.deregister`.
            GitError: Git could not do it.
        """
        wanted = queries.parse_selector(selector)
        if wanted.plain:
            raise UsageError(
                f"{selector} does not say which version",
                hint=f"name it: {selector}@v1.2.0; to retire all of it: mreg deprecate {selector}",
            )

        def request(ground: Ground) -> Plan:
            found = queries.find(self._known(ground.history), wanted)
            return plans.deregister(ground, str(found.version), message=message)

        return record.record(
            self.repository,
            wanted.artifact,
            [request],
            dry_run=dry_run,
            peer=self._peer(push, remote),
        )[0]

    def deprecate(
        self,
        name: str,
        *,
        message: str = "",
        dry_run: bool = False,
        push: bool | None = None,
        remote: str | None = None,
    ) -> Record:
        """Mark an artifact as no longer in use; any later event of it takes the mark away.

        Raises:
            InvalidName, NotFound, Refused: see `mreg.core.plans.deprecate`.
            GitError: Git could not do it.
        """

        def request(ground: Ground) -> Plan:
            last = self._known(ground.history).timeline[-1].event
            return plans.deprecate(ground, last.commit, message=message)

        return record.record(
            self.repository,
            names.artifact(name),
            [request],
            dry_run=dry_run,
            peer=self._peer(push, remote),
        )[0]

    def init(self, pipeline: Pipeline | None = None) -> tuple[Step, ...]:
        """Make the files of the work tree that mreg reads; none that is there is overwritten.

        Args:
            pipeline: also make a pipeline for this service: "github" or "gitlab".

        Raises:
            Refused: the repository has no work tree.
        """
        from mreg.worktree import init

        return tuple(init.start(self.repository, pipeline))

    def validate(self, files: Sequence[str] = ()) -> Validation:
        """Find everything that is wrong with annotation files and settings.

        Args:
            files: the files, from the current folder; without any, all of the work tree.

        Raises:
            Refused: no file is named, and the repository has no work tree.
        """
        from mreg.registry import validation

        return validation.validate(self.repository, files)

    def annotate(
        self,
        name: str,
        *,
        commit: bool = False,
        message: str = "",
        **wishes: Unpack[Wishes],
    ) -> Edited:
        """Say what an artifact is, in the annotations file of the work tree.

        >>> registry.annotate("churn", type="model", metrics={"accuracy": 0.93}, commit=True)

        Args:
            name: the artifact.
            commit: commit the file, and it alone: whatever else is staged stays staged.
            message: the commit's message; of no use without `commit`.
            wishes: what to say; see `mreg.annotations.changes.Wishes`.

        Raises:
            InvalidName, NotFound, Refused, UsageError, GitError: see `mreg.worktree.edit.annotate`.
        """
        from mreg.worktree import edit

        why = _commit_message(message, f"Annotate {name}", commit=commit)
        return edit.annotate(self.repository, name, wishes, commit=why)

    def remove(self, name: str, *, commit: bool = False, message: str = "") -> Edited:
        """Take an artifact's annotation out of the file; its tags and its past stay.

        Args:
            name: the artifact.
            commit: commit the file, and it alone.
            message: the commit's message.

        Raises:
            UsageError: there is a message, and no commit to make.
            InvalidName, NotFound, Refused, GitError: see `mreg.worktree.edit.remove`.
        """
        from mreg.worktree import edit

        why = _commit_message(message, f"Remove the annotation of {name}", commit=commit)
        return edit.remove(self.repository, name, commit=why)

    def _digest(self, name: str, commit: str, report: Callable[[Progress], None] | None) -> str:
        """Return the digest of what an artifact is at a commit."""
        from mreg.content import hash
        from mreg.content.sources import Origin

        where = f"{name} at {commit[:12]}"
        found = self._read_annotations([Wanted(name, commit, where)])[0]
        if not isinstance(found, Annotation):
            why = f": {found.message}" if found else " is not annotated"
            raise NotFound(
                f"{where}{why}",
                hint=f"mreg annotate {name} --path models/..., commit the file, and register that;"
                " or leave --digest out",
            )
        return hash.digest(name, found, Origin(self.repository, commit), report)


def _register(
    commit: str,
    version: str | None,
    bump: Bump | None,
    message: str,
    *,
    force: bool = False,
    digest: str | None = None,
) -> Callable[[Ground], Plan]:
    def request(ground: Ground) -> Plan:
        return plans.register(
            ground, commit, version=version, bump=bump, message=message, force=force, digest=digest
        )

    return request


def _commit_message(message: str, default: str, *, commit: bool) -> str | None:
    """Return the message of the commit of an annotations file; None if none is wanted."""
    if message and not commit:
        raise UsageError(
            "a message is that of a commit, and none is made",
            hint="add --commit, or leave the message out",
        )
    return (message or default) if commit else None


def version_to_promote(history: History, wanted: Selector, commit: str | None) -> str:
    """Return the version that a promotion is about: at a commit, or as the selector says."""
    name = history.artifact
    if commit is None:
        found = queries.find(history, wanted)
        if found.version is None:
            raise Refused(
                f"{wanted} is a commit that is no registered version",
                hint=f"mreg register {name} {found.commit[:12]}",
            )
        return found.version
    version = history.standing.version_at(commit)
    if version is None:
        raise NotFound(
            f"commit {commit[:12]} is no version of {name}",
            hint="add --register to register it first",
        )
    return version
