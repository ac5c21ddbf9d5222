"""Reading: what the registry holds, each question answered from Git anew."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice

from mreg.annotations import sources
from mreg.annotations.entry import Annotation, Described
from mreg.annotations.sources import Wanted
from mreg.core import doctor, kinds, names, queries
from mreg.core.diagnostics import Diagnostic, problem
from mreg.core.events import Action
from mreg.core.kinds import KINDS
from mreg.core.queries import Events, Filter, Record, Stages, StageSummary, Version
from mreg.core.replay import State
from mreg.errors import InvalidName, NotFound, UsageError
from mreg.git import commits, files, refs
from mreg.registry import artifact
from mreg.registry.artifact import Artifact, Details
from mreg.registry.opened import Opened, seconds
from mreg.store import complete


class Reading(Opened):
    """The questions that read."""

    def _repr_html_(self) -> str:
        from mreg.render import html

        return html.table(artifact.overview(self.artifacts()))

    def artifacts(
        self, *, deprecated: bool = False, at: datetime | str | None = None
    ) -> tuple[Artifact, ...]:
        """Return the artifacts that are registered or annotated, by name.

        Args:
            deprecated: include those that are deprecated.
            at: as the registry stood then: an aware datetime, or a text such as "2026-03-03" or
                "30d" (mreg.core.times).

        Raises:
            RepositoryError: there is no usable repository.
            InvalidTime: `at` is no time.
        """
        return self.overview(deprecated=deprecated, at=at)[0]

    def overview(
        self, *, deprecated: bool = False, at: datetime | str | None = None
    ) -> tuple[tuple[Artifact, ...], tuple[Diagnostic, ...]]:
        """Return what `artifacts` returns, and the problems met on the way."""
        state = self._state(None, at)
        annotated, unreadable = self._at_head()
        known = sorted({*state.histories, *annotated}) if at is None else list(state.histories)
        found = (artifact.describe(state.history(name), annotated.get(name)) for name in known)
        shown = tuple(it for it in found if deprecated or not it.deprecated)
        return shown, (*state.problems, *unreadable)

    def artifact(self, name: str, *, at: datetime | str | None = None) -> Artifact:
        """Return one artifact; only its own tags are read.

        Raises:
            InvalidName: the name is malformed.
            NotFound: there is no such artifact (at that time).
        """
        return artifact.describe(self._history(name, at), self._at_head()[0].get(name))

    def details(
        self, name: str, *, ended: bool = False, at: datetime | str | None = None
    ) -> Details:
        """Return an artifact with its versions, newest first by SemVer.

        Args:
            name: the artifact.
            ended: include the versions that were deregistered.
            at: as they stood then.

        Raises:
            InvalidName, NotFound: as for `artifact`.
        """
        state = self._state(names.artifact(name), at)
        annotated, unreadable = self._at_head()
        # An artifact may be annotated before any version of it is registered.
        early = at is None and name in annotated
        history = state.history(name) if early else self._present(state, name, at)
        return Details(
            artifact.describe(history, annotated.get(name)),
            queries.find_all(history, ended=ended),
            (*state.problems, *unreadable),
        )

    def versions(
        self, name: str, *, ended: bool = False, at: datetime | str | None = None
    ) -> tuple[Version, ...]:
        """Return an artifact's versions, as `details` does."""
        return queries.find_all(self._history(name, at), ended=ended)

    def resolve(self, selector: str, *, at: datetime | str | None = None) -> Version:
        """Return the version that a selector names.

        Args:
            selector: `churn` or `churn@latest` (the highest active version), `churn@v1.2.0`, or
                `churn#prod` (the stage's current holder).
            at: as the registry stood then.

        Raises:
            InvalidName: it is no selector.
            NotFound: there is no such artifact or version, or the stage is empty.
        """
        wanted = queries.parse_selector(selector)
        return queries.find(self._history(wanted.artifact, at), wanted)

    def history(
        self,
        name: str | None = None,
        *,
        stage: str | None = None,
        action: Action | None = None,
        author: str | None = None,
        since: datetime | str | None = None,
        until: datetime | str | None = None,
        limit: int | None = None,
        reverse: bool = False,
    ) -> tuple[Record, ...]:
        """Return the events, newest first: those of `events`, whose arguments these are."""
        return self.events(
            name,
            stage=stage,
            action=action,
            author=author,
            since=since,
            until=until,
            limit=limit,
            reverse=reverse,
        ).events

    def events(
        self,
        name: str | None = None,
        *,
        stage: str | None = None,
        action: Action | None = None,
        author: str | None = None,
        since: datetime | str | None = None,
        until: datetime | str | None = None,
        limit: int | None = None,
        reverse: bool = False,
    ) -> Events:
        """Return the events, newest first, and the problems met on the way.

        Args:
            name: of this artifact alone.
            stage: of this stage alone.
            action: of this action alone.
            author: whose author's name or e-mail address holds this text.
            since: that took effect then or later; a bare date means the start of that day.
            until: that took effect then or earlier; a bare date means the end of that day.
            limit: at most so many, the newest.
            reverse: oldest first.

        Raises:
            InvalidName, NotFound: as for `artifact`.
            InvalidTime: a time is malformed.
        """
        if action is not None and action not in KINDS:
            raise UsageError(f"{action!r} is no action", hint=f"take one of {(*KINDS,)}")
        if limit is not None and limit < 0:
            raise UsageError(f"a limit of {limit} is less than nothing")
        wanted = Filter(
            None if stage is None else names.stage(stage),
            action,
            author,
            None if since is None else seconds(since, edge="start"),
            None if until is None else seconds(until),
        )
        state = self._state(None if name is None else names.artifact(name))
        histories = list(state) if name is None else [self._present(state, name, None)]
        most = None if limit is None else min(limit, sys.maxsize)  # islice takes no more
        found = tuple(islice(queries.records(histories, wanted), most))
        return Events(found[::-1] if reverse else found, state.problems)

    def annotation(self, selector: str, *, rev: str | None = None) -> Annotation:
        """Return what a version is, as its own commit says.

        Args:
            selector: as for `resolve`; of an artifact that has no version yet, HEAD counts.
            rev: the commit at which to read, instead of a version's own.

        Raises:
            InvalidName: it is no selector.
            NotFound: there is no such version, or its commit does not annotate it, or not so that
                it can be read.
        """
        return self.describe(selector, rev=rev).annotation

    def describe(self, selector: str, *, rev: str | None = None) -> Described:
        """Return what `annotation` returns, and where it was read."""
        wanted = queries.parse_selector(selector)
        version, commit = None, ""
        if rev is None:
            history = self._state(wanted.artifact).history(wanted.artifact)
            if not wanted.plain or queries.latest(history):
                found_version = queries.find(self._known(history), wanted)
                version, commit = found_version.version, found_version.commit
        commit = commit or self._commit(rev or "HEAD")
        where = f"{wanted.artifact} {version}" if version else f"{wanted.artifact} at {commit[:12]}"
        found = self._read_annotations([Wanted(wanted.artifact, commit, where)])[0]
        if isinstance(found, Diagnostic):
            raise NotFound(f"{where}: {found.message}", hint=found.remedy)
        if found is None:
            raise NotFound(
                f"{where} is not annotated",
                hint=f"mreg annotate {wanted.artifact}, commit the file and register a version",
            )
        return Described(wanted.artifact, version, commit, found)

    def annotations(
        self, versions: Sequence[Version]
    ) -> tuple[Annotation | Diagnostic | None, ...]:
        """Return what versions are, each as its own commit says.

        However many there are, two Git processes read them, and equal files are parsed once.

        Returns:
            For each version its annotation; None where there is none; a problem where it cannot
            be read.
        """
        return tuple(
            self._read_annotations([Wanted(it.artifact, it.commit, it.tag) for it in versions])
        )

    def stages(self) -> tuple[StageSummary, ...]:
        """Return every stage that was ever used, by name, and who holds it."""
        return self.all_stages().stages

    def all_stages(self) -> Stages:
        """Return what `stages` returns, and the problems met on the way."""
        state = self._state()
        return Stages(queries.stages(state), state.problems)

    def check_ref(self, ref: str) -> Record:
        """Return the event that a tag stands for.

        Args:
            ref: a tag's name, or its full ref.

        Raises:
            InvalidName: it is not the name of a registry tag.
            NotFound: there is no such tag, or it cannot be read; the message says why.
        """
        tag = ref.removeprefix(refs.PREFIX)
        name = kinds.parse(tag)
        if name is None:
            near = " (it is almost one)" if kinds.is_near_miss(tag) else ""
            raise InvalidName(
                f"{tag!r} is not the name of a registry tag{near}",
                hint="registry tags look like churn@v1.2.0 and churn#prod#3; see docs/format.md",
            )
        state = self._state(name.artifact)
        history = state.history(name.artifact)
        for dated, version in zip(history.timeline, queries.subjects(history), strict=True):
            if dated.tag == tag:
                return queries.record(dated.event, version)
        for found in state.problems:
            if found.subject == tag:
                raise NotFound(f"{tag} is no event: {found.message}", hint=found.remedy)
        raise NotFound(
            f"there is no tag {tag}", hint=f"git fetch origin 'refs/tags/{tag}:refs/tags/{tag}'"
        )

    def problems(self) -> tuple[Diagnostic, ...]:
        """Return everything that is wrong with the registry, the worst first."""
        state = self._state()
        found = [*doctor.of_state(state), *self._at_head().problems]
        found += self._annotation_problems(state)
        found += self._approval_problems()
        if commits.is_shallow(self.repository):
            found.append(problem("MR018", ".", "the clone is shallow: it lacks older commits"))
        tag_of = {dated.event.commit: dated.tag for history in state for dated in history.timeline}
        for oid in complete.missing(self.repository, list(tag_of)):
            message = f"the commit {oid[:12]} that it points to is not in this repository"
            found.append(problem("MR017", tag_of[oid], message, hint=oid))
        return tuple(doctor.worst_first(found))

    def _approval_problems(self) -> Iterator[Diagnostic]:
        """Iterate over the refs of approvals that hold what is not their principal's."""
        from mreg.governance import approve, settings
        from mreg.governance.trust import Trust

        def trust() -> Trust:
            return Trust(self.repository, settings.governing(self.repository))

        return approve.problems(self.repository, trust)

    def _annotation_problems(self, state: State) -> Iterator[Diagnostic]:
        """Iterate over what cannot be read of the active versions' annotations."""
        wanted = [
            Wanted(history.artifact, event.commit, event.tag)
            for history in state
            for event in history.standing.active.values()
        ]
        from mreg.content import damages

        with files.Files(self.repository) as contents:
            read = sources.read(wanted, contents)
            for found in read:
                if isinstance(found, Diagnostic):
                    yield found
                elif found is not None:
                    yield from found.problems
            yield from damages.find(wanted, read, contents)
