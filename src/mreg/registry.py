"""The facade: a registry opened at a path, asked and written through one object."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Unpack, get_args

from mreg import artifact, findings, kinds, names, plans, queries, recording, times, urls
from mreg.annotations import sources
from mreg.annotations.entry import Annotation, Described
from mreg.annotations.sources import Wanted
from mreg.artifact import Artifact, Details
from mreg.errors import (
    InvalidName,
    InvalidTime,
    NotFound,
    Refused,
    RepositoryError,
    UsageError,
)
from mreg.events import Action
from mreg.git import commits, files, place, tags, whole
from mreg.network import QUIET, Network
from mreg.plans import Ground, Plan
from mreg.problems import Problem, problem
from mreg.queries import Filter, Record, Selector, StageSummary, Version
from mreg.recording import Request
from mreg.standing import Holder
from mreg.state import History, State
from mreg.versions import Bump

if TYPE_CHECKING:
    from mreg.annotating import Edited
    from mreg.annotations.changes import Wishes
    from mreg.peer import Peer
    from mreg.sharing import Fetched


class Registry:
    """The model registry in a Git repository.

    Every question reads the repository anew: the answer is what Git says at that moment.

    >>> import mreg
    >>> registry = mreg.Registry.open(".")
    >>> registry.register("churn", message="first try")
    >>> registry.promote("churn@latest", "prod")
    >>> registry.resolve("churn#prod").version
    'v0.0.1'

    Attributes:
        path: a folder in the repository.
        network: how it behaves towards the network.
    """

    def __init__(self, path: Path, network: Network = QUIET) -> None:
        self.path = path
        self.network = network

    @classmethod
    def open(cls, path: str | os.PathLike[str] = ".", *, network: Network = QUIET) -> Registry:
        """Open the registry of the repository at or around a path.

        Nothing is read yet; the first question tells whether there is a repository.

        Args:
            path: the path; or the URL of a repository, of which only what a question needs is
                fetched, into a cache (mreg.cache).
            network: how to behave towards the network: time limits, and whether Git may ask for a
                password.

        Raises:
            RepositoryError: there is no such folder.
            UsageError: mreg does not read from such a URL.
        """
        folder = Path(path)
        if not folder.is_dir():
            if urls.looks_like(str(path)):
                from mreg.git import mirror

                return cls(mirror.open_(urls.parse(str(path)), network).path, network)
            raise RepositoryError(
                f"there is no folder {path}", hint="name a folder inside a Git repository"
            )
        return cls(folder, network)

    def __repr__(self) -> str:
        return f"Registry.open({str(self.path)!r})"

    def _repr_html_(self) -> str:
        from mreg.render import html

        return html.table(artifact.overview(self.artifacts()))

    # Reading

    def artifacts(
        self, *, deprecated: bool = False, at: datetime | str | None = None
    ) -> tuple[Artifact, ...]:
        """Return the artifacts that are registered or annotated, by name.

        Args:
            deprecated: include those that are deprecated.
            at: as the registry stood then: an aware datetime, or a text such as "2026-03-03" or
                "30d" (mreg.times).

        Raises:
            RepositoryError: there is no usable repository.
            InvalidTime: `at` is no time.
        """
        return self.overview(deprecated=deprecated, at=at)[0]

    def overview(
        self, *, deprecated: bool = False, at: datetime | str | None = None
    ) -> tuple[tuple[Artifact, ...], tuple[Problem, ...]]:
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
        """Return the events, newest first.

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
        if action is not None and action not in get_args(Action):
            raise UsageError(f"{action!r} is no action", hint=f"take one of {get_args(Action)}")
        if limit is not None and limit < 0:
            raise UsageError(f"a limit of {limit} is less than nothing")
        wanted = Filter(
            None if stage is None else names.stage(stage),
            action,
            author,
            None if since is None else _seconds(since, edge="start"),
            None if until is None else _seconds(until),
        )
        histories = list(self._state()) if name is None else [self._history(name)]
        most = None if limit is None else min(limit, sys.maxsize)  # islice takes no more
        found = tuple(islice(queries.records(histories, wanted), most))
        return found[::-1] if reverse else found

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
        if isinstance(found, Problem):
            raise NotFound(f"{where}: {found.message}", hint=found.remedy)
        if found is None:
            raise NotFound(
                f"{where} is not annotated",
                hint=f"mreg annotate {wanted.artifact}, commit the file and register a version",
            )
        return Described(wanted.artifact, version, commit, found)

    def annotations(self, versions: Sequence[Version]) -> tuple[Annotation | Problem | None, ...]:
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
        return queries.stages(self._state())

    def check_ref(self, ref: str) -> Record:
        """Return the event that a tag stands for.

        Args:
            ref: a tag's name, or its full ref.

        Raises:
            InvalidName: it is not the name of a registry tag.
            NotFound: there is no such tag, or it cannot be read; the message says why.
        """
        tag = ref.removeprefix(tags.PREFIX)
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

    def problems(self) -> tuple[Problem, ...]:
        """Return everything that is wrong with the registry, the worst first."""
        state = self._state()
        found = [*findings.of_state(state), *self._at_head().problems]
        found += self._annotation_problems(state)
        if commits.is_shallow(self.path):
            found.append(problem("MR018", ".", "the clone is shallow: it lacks older commits"))
        tag_of = {dated.event.commit: dated.tag for history in state for dated in history.timeline}
        for oid in whole.missing(self.path, list(tag_of), self.network):
            message = f"the commit {oid[:12]} that it points to is not in this repository"
            found.append(problem("MR017", tag_of[oid], message, hint=oid))
        return tuple(findings.worst_first(found))

    # Writing

    def register(
        self,
        name: str,
        rev: str = "HEAD",
        *,
        version: str | None = None,
        bump: Bump | None = None,
        message: str = "",
        force: bool = False,
        dry_run: bool = False,
        push: bool | None = None,
        remote: str | None = None,
    ) -> Record:
        """Register a version of an artifact at a commit.

        Args:
            name: the artifact.
            rev: the commit, as Git names it.
            version: the version; without it, it follows from the latest active one.
            bump: how it follows; a patch up if that is not said.
            message: what to say of it.
            force: allow a second version at a commit that has one.
            dry_run: decide everything and write nothing.
            push: publish it to a remote, before it is recorded here; None: as `.mreg.yaml` says.
            remote: the remote; None: the branch's, or origin.

        Returns:
            The event that was made; after a dry run, the one that would be.

        Raises:
            InvalidName, NotFound, Refused, UsageError: see `mreg.plans.register`.
            GitError: Git could not do it.
        """
        commit = self._commit(rev)
        request = _register(commit, version, bump, message, force=force)
        return recording.record(
            self.path,
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
            InvalidName, NotFound, Refused, UsageError: see `mreg.plans.promote`.
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
            version = _version_to_promote(self._known(ground.history), wanted, commit)
            return plans.promote(ground, version, stage, message=message, force=force)

        return recording.record(
            self.path, wanted.artifact, [request], dry_run=dry_run, peer=self._peer(push, remote)
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
        dry_run: bool = False,
        push: bool | None = None,
        remote: str | None = None,
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

        def promotion(ground: Ground) -> Plan:
            found = ground.history.standing.version_at(commit)
            return plans.promote(ground, str(found), stage, message=message, force=force)

        requests: list[Request] = [promotion]
        present = self._state(name).history(name).standing.version_at(commit)
        if present is None:
            requests.insert(0, _register(commit, version, bump, message))
        elif bump or (version and version.removeprefix("v") != present.removeprefix("v")):
            raise UsageError(
                f"commit {commit[:12]} is {name} {present} already, and needs no other version",
                hint="leave --version and --bump out, or register it first",
            )
        return recording.record(
            self.path, name, requests, dry_run=dry_run, peer=self._peer(push, remote)
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
            InvalidName, NotFound, Refused: see `mreg.plans.demote`.
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

        return recording.record(
            self.path, wanted.artifact, [request], dry_run=dry_run, peer=self._peer(push, remote)
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
            InvalidName, NotFound, Refused: see `mreg.plans.rollback`.
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

        return recording.record(
            self.path,
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
            InvalidName, NotFound, Refused: see `mreg.plans.deregister`.
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

        return recording.record(
            self.path, wanted.artifact, [request], dry_run=dry_run, peer=self._peer(push, remote)
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
            InvalidName, NotFound, Refused: see `mreg.plans.deprecate`.
            GitError: Git could not do it.
        """

        def request(ground: Ground) -> Plan:
            last = self._known(ground.history).timeline[-1].event
            return plans.deprecate(ground, last.commit, message=message)

        return recording.record(
            self.path,
            names.artifact(name),
            [request],
            dry_run=dry_run,
            peer=self._peer(push, remote),
        )[0]

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
            InvalidName, NotFound, Refused, UsageError, GitError: see `mreg.annotating.annotate`.
        """
        from mreg import annotating

        why = _commit_message(message, f"Annotate {name}", commit=commit)
        return annotating.annotate(self.path, name, wishes, commit=why)

    def remove(self, name: str, *, commit: bool = False, message: str = "") -> Edited:
        """Take an artifact's annotation out of the file; its tags and its past stay.

        Args:
            name: the artifact.
            commit: commit the file, and it alone.
            message: the commit's message.

        Raises:
            UsageError: there is a message, and no commit to make.
            InvalidName, NotFound, Refused, GitError: see `mreg.annotating.remove`.
        """
        from mreg import annotating

        why = _commit_message(message, f"Remove the annotation of {name}", commit=commit)
        return annotating.remove(self.path, name, commit=why)

    # Sharing

    def push(self, name: str | None = None, *, remote: str | None = None) -> tuple[str, ...]:
        """Publish the registry tags that a remote lacks, in the order of their events.

        Args:
            name: of this artifact alone.
            remote: the remote; None: the branch's, or origin.

        Returns:
            The tags that were published.

        Raises:
            InvalidName: the name is malformed.
            Refused: the remote has another tag of such a name, or another event of such a number.
            RemoteError: the remote cannot be reached, or refuses.
        """
        from mreg import sharing

        wanted = None if name is None else self._history(name).artifact
        return sharing.push(sharing.connect(self.path, remote, self.network), wanted)

    def fetch(self, *, remote: str | None = None) -> Fetched:
        """Fetch the registry's tags and approvals; what is here stays as it is.

        Args:
            remote: the remote; None: the branch's, or origin.

        Raises:
            RemoteError: the remote cannot be reached.
        """
        from mreg import sharing

        return sharing.fetch(sharing.connect(self.path, remote, self.network))

    def undo(self, name: str, *, dry_run: bool = False) -> Record:
        """Remove the latest event of an artifact, if no remote has it.

        Args:
            name: the artifact.
            dry_run: find out whether it may be removed, and leave it.

        Returns:
            The event that is gone.

        Raises:
            InvalidName, NotFound: as for `artifact`.
            Refused: a remote has it, or had it.
            RemoteError: a remote cannot be asked.
        """
        from mreg import sharing

        last = next(queries.records([self._history(name)]))
        sharing.undo(self.path, last, self.network, dry_run=dry_run)
        return last

    # How the above is done

    def _peer(self, push: bool | None, remote: str | None) -> Peer | None:
        """Return the remote to publish to; None if nothing is to be published."""
        from mreg import settings, sharing

        if self.path in place.mirrors:
            if push is False or remote is not None:
                raise UsageError(
                    "what is recorded by URL is published to that URL",
                    hint="leave --no-push and --remote out, or work in a clone",
                )
            push = True
        if push is None:
            push = settings.read(self.path).push or remote is not None
        return sharing.connect(self.path, remote, self.network) if push else None

    def _state(self, name: str | None = None, at: datetime | str | None = None) -> State:
        state = whole.read_state(self.path, name, self.network)
        return state if at is None else state.at(_seconds(at))

    def _commit(self, rev: str) -> str:
        """Return the id of the commit that a rev stands for."""
        whole.refresh(self.path, () if rev == "HEAD" else (whole.BRANCHES, whole.TAGS))
        return commits.resolve(self.path, rev)

    def _history(self, name: str, at: datetime | str | None = None) -> History:
        """Return an artifact's history, of at least one event."""
        return self._present(self._state(names.artifact(name), at), name, at)

    def _present(self, state: State, name: str, at: datetime | str | None) -> History:
        """Return the history of an artifact that the state has."""
        if at is not None and name not in state.histories and name in self.names():
            raise NotFound(f"the artifact {name!r} had no event yet at that time")
        return self._known(state.history(name))

    def names(self) -> tuple[str, ...]:
        """Return the artifacts' names, sorted; only the tags' names are read."""
        whole.refresh(self.path)
        found = (kinds.parse(tag) for tag, _ in tags.list_refs(self.path))
        return tuple(sorted({name.artifact for name in found if name}))

    def _annotation_problems(self, state: State) -> Iterator[Problem]:
        """Iterate over what cannot be read of the active versions' annotations."""
        wanted = [
            Wanted(history.artifact, event.commit, event.tag)
            for history in state
            for event in history.standing.active.values()
        ]
        for found in self._read_annotations(wanted):
            if isinstance(found, Problem):
                yield found
            elif found is not None:
                yield from found.problems

    def _read_annotations(self, wanted: Sequence[Wanted]) -> list[Annotation | Problem | None]:
        with files.Files(self.path) as contents:
            return sources.read(wanted, contents)

    def _at_head(self) -> sources.Overview:
        """Return the annotations at HEAD."""
        with files.Files(self.path) as contents:
            return sources.overview(files.list_tree(self.path), contents)

    def _known(self, history: History) -> History:
        """Return a history if it has any event."""
        if not history.timeline:
            raise queries.unknown_artifact(history.artifact, self.names())
        return history


def _register(
    commit: str, version: str | None, bump: Bump | None, message: str, *, force: bool = False
) -> Request:
    def request(ground: Ground) -> Plan:
        return plans.register(
            ground, commit, version=version, bump=bump, message=message, force=force
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


def _version_to_promote(history: History, wanted: Selector, commit: str | None) -> str:
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


def _seconds(at: datetime | str, *, edge: times.Edge = "end") -> int:
    """Return a time that the library's user named, in seconds since 1970."""
    if isinstance(at, str):
        return times.parse(at, now=times.now(), edge=edge)
    if at.tzinfo is None:
        raise InvalidTime(
            f"{at.isoformat()} has no time zone", hint="use an aware datetime, or a text"
        )
    return int(at.timestamp())
