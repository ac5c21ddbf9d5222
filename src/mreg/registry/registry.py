"""The facade: a registry at a path or URL, queried and changed through one object."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal, Self, TypeAlias, Unpack, overload

from mreg.core import names, queries, times
from mreg.errors import InvalidName, Refused, RepositoryError
from mreg.git import refs
from mreg.git.repository import Repository
from mreg.net import urls
from mreg.net.network import QUIET, Network
from mreg.registry import read

if TYPE_CHECKING:  # what only some questions need is loaded when one of them is asked
    from mreg.annotations.changes import Wishes
    from mreg.annotations.entry import Annotation, Described
    from mreg.annotations.packed import Said
    from mreg.candidates.candidate import Candidates
    from mreg.changelog.changelog import Changelog
    from mreg.compare.comparison import Best, Comparison
    from mreg.compare.diff import Diff, Side
    from mreg.content.deposit import Keeper
    from mreg.content.fetch import Progress
    from mreg.content.prune import Pruned
    from mreg.core.diagnostics import Diagnostic
    from mreg.core.directions import Direction
    from mreg.core.outcomes import Outcome
    from mreg.core.queries import Events, Filters, Record, Stages, StageSummary, Version
    from mreg.core.versions import Bump
    from mreg.deploy.deployment import Deployment
    from mreg.deploy.drift import DriftNotice, DriftPost
    from mreg.deploy.notify import Notice, Post
    from mreg.deploy.running import Status
    from mreg.deploy.summary import Report
    from mreg.deploy.watch import Act, Handled, Stop, WatchOptions
    from mreg.dvc.lockfile import LockedStage
    from mreg.export.material import Exported, Format
    from mreg.governance.audit import Progress as Judged
    from mreg.governance.evaluate import Check
    from mreg.governance.hooks import Hook
    from mreg.governance.updates import Received, Update
    from mreg.lineage.graph import Lineage
    from mreg.plots.values import Plots
    from mreg.policy.case import Approval
    from mreg.policy.model import Governing
    from mreg.policy.pending import Pending
    from mreg.policy.verdicts import Audited, Backers
    from mreg.registry.artifact import Artifact, Details
    from mreg.registry.cache import Cached, Cleared
    from mreg.registry.content import Environment, Followed, Got
    from mreg.registry.contents import RegistryContents
    from mreg.registry.identity import Actor
    from mreg.registry.overview import ArtifactList
    from mreg.registry.past import PastPromotion, PastVersion
    from mreg.registry.profile import ArtifactContents, Profile
    from mreg.registry.record import Creation, EventPublication, Publication, Recording
    from mreg.registry.status import Asking
    from mreg.registry.validation import Validation
    from mreg.registry.verification import Verification
    from mreg.search.found import Found, Results
    from mreg.store.publish import Fetched
    from mreg.store.versioned_files import Fetcher
    from mreg.web.options import SiteOptions, SiteReport
    from mreg.worktree.edit import Edited
    from mreg.worktree.init import Pipeline, Step

MOST_COMMITS = 20
"""At most so many commits of each version are in release notes, unless others are asked for."""
MOST_NODES = 1000
"""At most so many things are in a lineage, unless another number is asked for."""
Time: TypeAlias = datetime | str
"""An aware datetime, or a text such as "2026-03-03" or "30d" (mreg.core.times)."""
Fetch: TypeAlias = "bool | Callable[[Progress], None]"
"""Whether to fetch; or yes, and what hears, from any thread, how far that is."""


class Registry:
    """The model registry in a Git repository.

    Every query reads the repository again, so an answer is always current. In a `with` block, all
    queries share one Git process, and Git's settings are read once.

    >>> import mreg
    >>> registry = mreg.Registry.open(".")
    >>> registry.register("churn", message="first try")
    >>> registry.promote("churn@latest", "prod")
    >>> registry.resolve("churn#prod").version
    'v0.0.1'

    In all methods, `name` is the name of an artifact, `selector` names a version (see `resolve`),
    `stage` is the name of a stage, and `message` is the message of an event. With `at`, the answer
    describes the registry as of that time. Errors are subclasses of `mreg.MregError`: malformed
    arguments (`InvalidName`, `InvalidTime`, `UsageError`), missing items (`NotFound`), requests
    that are not allowed (`Refused`), and failures of Git or a remote (`GitError`).

    Attributes:
        repository: the repository.
    """

    def __init__(self, repository: Repository) -> None:
        self.repository = repository
        self._session = repository.session

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str] = ".",
        *,
        network: Network = QUIET,
        around: bool = True,
    ) -> Self:
        """Open the registry of the repository that a path is in.

        This reads nothing; the first query fails if there is no repository. The repository is fixed
        here: later changes of the current folder, GIT_DIR and similar variables have no effect.

        Args:
            path: the path of a folder or of a bundle, in which `~` is your home folder, or the URL
                of a repository. From a URL, each query fetches only the data that it needs, into a
                cache (mreg.system.cache).
            network: settings for the network: time limits, and whether Git may ask for a password.
            around: whether the folder may be inside the repository; otherwise it must be the
                repository's own folder.

        Raises:
            RepositoryError: there is no such folder.
            UsageError: mreg does not read from such a URL.
        """
        folder = Path(os.path.expanduser(path))  # noqa: PTH111 - a user that is unknown is no error
        if not folder.is_dir():
            if urls.looks_like(str(path)):
                from mreg.git.mirror import Mirror

                return cls(Mirror(urls.parse(str(path)), network).repository)
            if folder.is_file():
                from mreg.git import bundle
                from mreg.git.mirror import Mirror

                if whole := bundle.address(folder):
                    return cls(Mirror(whole, network).repository)
            hint = (
                "name a folder inside a Git repository" if around else "name a repository's folder"
            )
            raise RepositoryError(f"there is no folder {path}", hint=hint)
        try:
            return cls(Repository.at(folder, network, around=around))
        except FileNotFoundError:
            raise RepositoryError(
                "the current folder no longer exists", hint="change to an existing folder"
            ) from None

    def __enter__(self) -> Self:
        """Use one Git process for all queries until the block ends."""
        self._session.here.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._session.here.__exit__()

    @property
    def path(self) -> Path:
        """A folder in the repository."""
        return self.repository.path

    @property
    def by_url(self) -> bool:
        """Whether it is read by URL or from a bundle, so that each query contacts the source."""
        return self.repository.mirror is not None

    @property
    def network(self) -> Network:
        """The settings for the network."""
        return self.repository.network

    @network.setter
    def network(self, network: Network) -> None:
        if own := self.repository.mirror:
            from mreg.git.mirror import Mirror

            self.repository = Mirror(own.url, network).repository
        else:
            self.repository = self.repository._replace(network=network)

    def __repr__(self) -> str:
        return f"Registry.open({str(self.path)!r})"

    def _repr_html_(self) -> str:
        from mreg.registry import artifact
        from mreg.render import html

        return html.table(artifact.overview(self.artifacts()))

    # What is registered

    def names(self) -> tuple[str, ...]:
        """Return the names of the artifacts, sorted; reads only the names of tags."""
        return read.artifacts(self.repository)

    def artifacts(
        self, *, deprecated: bool = False, at: Time | None = None
    ) -> tuple[Artifact, ...]:
        """Return the artifacts that are registered or annotated, by name.

        Args:
            deprecated: include those that are deprecated.
            at: as of this time.
        """
        return self.overview(deprecated=deprecated, at=at)[0]

    def overview(
        self, *, deprecated: bool = False, at: Time | None = None
    ) -> tuple[tuple[Artifact, ...], tuple[Diagnostic, ...]]:
        """Return what `artifacts` returns, and the problems found while reading."""
        from mreg.registry import artifact

        state = read.state(self.repository, None, at)
        at_head = read.at_head(self.repository)
        annotated = at_head.annotations
        known = sorted({*state.histories, *annotated}) if at is None else list(state.histories)
        histories = [state.history(name) for name in known]
        shown = [it for it in histories if deprecated or not it.standing.deprecated]
        found = tuple(artifact.describe(self.repository, shown, at_head, head_first=True))
        return found, (*state.problems, *at_head.problems)

    def listed(
        self, *, deprecated: bool = False, at: Time | None = None, only: str | None = None
    ) -> ArtifactList:
        """Return the same as `overview`, as a table and JSON, fast for any number of artifacts.

        The tags of each artifact are read once, and again when they change.

        Args:
            deprecated: include those that are deprecated.
            at: as of this time.
            only: a pattern such as "teams/*", or a folder such as "teams/"; None: all.
        """
        from mreg.registry import overview

        return overview.artifacts(self.repository, at, deprecated=deprecated, only=only)

    def artifact(self, name: str, *, at: Time | None = None) -> Artifact:
        """Return one artifact; reads only its own tags."""
        from mreg.registry import artifact

        history = read.history(self.repository, name, at)
        at_head = read.at_head(self.repository)
        return artifact.describe(self.repository, [history], at_head)[0]

    def details(self, name: str, *, ended: bool = False, at: Time | None = None) -> Details:
        """Return an artifact with its versions, newest first by SemVer.

        Args:
            name: the artifact.
            ended: include the versions that were deregistered.
            at: as of this time.

        Raises:
            InvalidName: the text is not an artifact's name.
            NotFound: there is no such artifact.
        """
        from mreg.registry import artifact

        name = _artifact_alone(name)
        state = read.state(self.repository, name, at)
        versions = queries.find_all(state.history(name), ended=ended)
        read.supply(self.repository, versions)
        at_head = read.at_head(self.repository)
        # An artifact may be annotated before any version of it is registered.
        early = at is None and name in at_head.annotations
        history = state.history(name) if early else read.present(self.repository, state, name, at)
        return artifact.Details(
            artifact.describe(self.repository, [history], at_head)[0],
            versions,
            (*state.problems, *at_head.problems),
            read.unannotated(self.repository, versions, at_head) if early else (),
        )

    def versions(
        self, name: str, *, ended: bool = False, at: Time | None = None
    ) -> tuple[Version, ...]:
        """Return the versions of an artifact, in the same order as `details`."""
        return queries.find_all(read.history(self.repository, name, at), ended=ended)

    def resolve(self, selector: str, *, at: Time | None = None) -> Version:
        """Return the version that a selector names.

        Args:
            selector: `churn` or `churn@latest` (the highest active version), `churn@release` (the
                highest one that is not a prerelease), `churn@v1.2.0`, or `churn#prod` (the version
                that holds the stage).
            at: as of this time.

        Raises:
            InvalidName: the text is not a selector.
            NotFound: there is no such artifact or version, or the stage is empty.
        """
        return read.version(self.repository, selector, at)

    def history(self, name: str | None = None, **filters: Unpack[Filters]) -> tuple[Record, ...]:
        """Return the events, newest first.

        >>> registry.history("churn", stage="prod", since="30d", limit=3)

        Args:
            name: only the events of this artifact.
            filters: see `mreg.core.queries.Filters`: `stage`, `action`, `author`, `since`,
                `until`, `limit`, `reverse`.
        """
        return self.events(name, **filters).events

    def events(
        self, name: str | None = None, *, version: str | None = None, **filters: Unpack[Filters]
    ) -> Events:
        """Return what `history` returns, and the problems found while reading.

        Args:
            name: only the events of this artifact.
            version: only the events of this version; "latest" and "release" are allowed.
            filters: as for `history`.
        """
        from mreg.registry import history

        return history.events(self.repository, name, version, **filters)

    def stages(self, name: str | None = None) -> tuple[StageSummary, ...]:
        """Return every stage that was ever used, by name, and the versions that hold it.

        Args:
            name: only the stages of this artifact.
        """
        return self.all_stages(name).stages

    def all_stages(self, name: str | None = None) -> Stages:
        """Return what `stages` returns, and the problems found while reading."""
        from mreg.registry import overview

        return overview.stages(self.repository, name)

    def check_ref(self, ref: str) -> Record:
        """Return the event that a tag records, by the tag's name or full ref.

        Raises:
            InvalidName: it is not the name of a registry tag.
            NotFound: there is no such tag, or it cannot be read; the message gives the reason.
        """
        from mreg.registry import history

        return history.event(self.repository, ref)

    def doctor(self) -> tuple[Diagnostic, ...]:
        """Return all problems of the registry, the worst first."""
        from mreg.registry import doctor

        return doctor.problems(self.repository)

    problems = doctor

    # What versions are

    def annotation(
        self, selector: str, *, rev: str | None = None, fetch: Fetch = False
    ) -> Annotation:
        """Return the annotation of a version in its own commit.

        Args:
            selector: the version; for an artifact without versions, the annotation at HEAD.
            rev: read the annotation at this commit instead of the version's own.
            fetch: as for `compare`.

        Raises:
            NotFound: there is no such version, or its commit has no annotation for it, or one that
                cannot be read.
        """
        return self.describe(selector, rev=rev, fetch=fetch).annotation

    def describe(self, selector: str, *, rev: str | None = None, fetch: Fetch = False) -> Described:
        """Return what `annotation` returns, and the place where it was read."""
        from mreg.registry import artifact

        return artifact.described(self.repository, selector, rev, self._fetcher(fetch))

    def _fetcher(self, fetch: Fetch) -> Fetcher | None:
        return read.fetcher(self.repository, fetch)

    def annotations(
        self, versions: Sequence[Version]
    ) -> tuple[Annotation | Diagnostic | None, ...]:
        """Return the annotations of versions, each from the version's own commit.

        Two Git processes read any number of them, and files with equal content are parsed once.

        Returns:
            For each version its annotation, None if there is none, or a problem if it cannot be
            read.
        """
        return tuple(read.of_versions(self.repository, versions))

    def diff(
        self,
        before: str,
        after: str,
        *,
        lower_better: Iterable[str] = (),
        higher_better: Iterable[str] = (),
        fetch: Fetch = False,
    ) -> Diff:
        """Return the differences between two versions, of one artifact or of two.

        Args:
            before: the selector of the first version.
            after: the selector of the second version.
            lower_better: metrics for which lower values are better, if their name does not show
                this (mreg.core.directions), or shows the opposite.
            higher_better: metrics for which higher values are better.
            fetch: as for `compare`.
        """
        from mreg.registry import comparison

        fetcher = self._fetcher(fetch)
        pair = before, after
        return comparison.diff(self.repository, pair, lower_better, higher_better, fetcher)

    def compare(
        self,
        name: str,
        *versions: str,
        metrics: Sequence[str] | None = None,
        params: Sequence[str] | None = None,
        stage: str | None = None,
        sort: str | None = None,
        limit: int | None = None,
        ended: bool = False,
        lower_better: Iterable[str] = (),
        higher_better: Iterable[str] = (),
        fetch: Fetch = False,
    ) -> Comparison:
        """Return the versions of an artifact with their metrics and params.

        Args:
            name: the artifact.
            versions: selectors of the versions to compare; without any, all versions.
            metrics: the metrics to return: names, or patterns such as "eval.*". None: all, or none
                if `params` is given.
            params: the params to return, in the same form.
            stage: only the versions that are assigned in this stage.
            sort: a metric or a param; with "-" before it, the highest comes first. Versions without
                a value come last. None: newest first by SemVer.
            limit: at most this number of versions, the newest.
            ended: include the versions that were deregistered.
            lower_better: as for `diff`.
            higher_better: as for `diff`.
            fetch: whether to download metric and param files that DVC tracks and that its cache on
                this machine lacks, from DVC's remote into mreg's own cache: 256 MiB at most. A file
                that is not available is a problem of its version.
        """
        from mreg.compare.comparison import compare
        from mreg.core import directions
        from mreg.registry import comparison

        told = directions.told(lower_better, higher_better)
        fetcher = self._fetcher(fetch)
        rows, _ = comparison.rows(
            self.repository,
            name,
            stage=stage,
            limit=limit,
            ended=ended,
            fetcher=fetcher,
            selectors=versions,
        )
        return compare(name, rows, metrics=metrics, params=params, sort=sort, told=told)

    def value_names(self, name: str | None = None) -> tuple[str, ...]:
        """Return the metrics and params of latest versions, such as "metrics.auc", sorted.

        Args:
            name: the artifact; None: the first thirty artifacts.
        """
        from mreg.registry.value_names import value_names

        return value_names(self.repository, name)

    def plots(self, *selectors: str, fetch: Fetch = False) -> Plots:
        """Return the plots of versions, overlaid.

        These are the plots that `plots:` defines in the dvc.yaml of a version's own commit, at the
        top level or in a stage, and those that DVCLive logged. The data are read from that commit,
        or from DVC's cache on this machine.

        >>> registry.plots("churn@v1.1.0", "churn#prod")

        Args:
            selectors: the versions; the first one that has a plot determines its appearance.
            fetch: as for `compare`, and also for the data of plots.

        Raises:
            UsageError: no version is named.
        """
        from mreg.registry import comparison

        return comparison.plots(self.repository, selectors, self._fetcher(fetch))

    def best(
        self,
        name: str,
        metric: str,
        *,
        direction: Direction | None = None,
        where: str | None = None,
        stage: str | None = None,
        zone: tzinfo | None = None,
        fetch: Fetch = False,
    ) -> Best:
        """Return an artifact's best version by a metric, among the active ones.

        Args:
            name: the artifact.
            metric: the metric.
            direction: the better values, "higher" or "lower"; None: derived from the name.
            where: only versions that match this expression, as for `search`.
            stage: only the versions that are assigned in this stage.
            zone: the time zone of times without an offset in the expression; None: that of this
                machine.
            fetch: as for `compare`.

        Raises:
            NotFound: no version matches, or none has the metric.
            UsageError: it is not known whether higher or lower values are better.
        """
        from mreg.registry import comparison

        query = (
            None if where is None else read.query(self.repository, where, zone, self.value_names)
        )
        fetcher = self._fetcher(fetch)
        return comparison.best(self.repository, name, metric, direction, query, stage, fetcher)

    def candidates(
        self,
        name: str,
        *,
        branches: Sequence[str] = (),
        experiments: bool | None = None,
        sort: str | None = None,
        limit: int | None = None,
        lower_better: Iterable[str] = (),
        higher_better: Iterable[str] = (),
    ) -> Candidates:
        """Return the commits of branches, and DVC experiments, that could become a version.

        A candidate is a commit that no version contains, and whose model, metrics or params differ
        from the newest version and from every other commit (docs/how-to/compare.md).

        Args:
            name: the artifact; it may have no version yet, and no annotation at HEAD.
            branches: only these branches, or patterns such as "feature/*".
            experiments: whether to include DVC experiments; None: those in this repository, unless
                branches are named or the repository is read by URL.
            sort: sort by this metric, the best first, or by "date"; None: the first metric that the
                policy checks and whose direction is known, otherwise "date".
            limit: at most this number of candidates.
            lower_better: as for `diff`.
            higher_better: as for `diff`.

        Raises:
            NotFound: there is no such artifact, or no candidate has the metric.
            UsageError: it is not known whether higher or lower values of the metric are better.
        """
        from mreg.registry import candidates

        wanted = candidates.CandidateFilters(
            branches, experiments, sort, limit, lower_better, higher_better
        )
        return candidates.candidates(self.repository, name, wanted)

    def remotes(self) -> tuple[str, ...]:
        """Return the names of the remotes."""
        from mreg.git import remote

        return tuple(remote.settings(self.repository).remotes)

    def field_values(self, field: str) -> tuple[str, ...]:
        """Return the values of a field of `search` in latest versions, for shell completion.

        Args:
            field: "artifact", "stage", "assigned", "label", "tag", "type", "owner" or "license";
                for any other field, nothing is returned.
        """
        from mreg.registry.value_names import field_values

        return field_values(self.repository, field)

    def branches(self) -> tuple[str, ...]:
        """Return the names of local branches, and of remote ones with the name of the remote."""
        from mreg.registry import candidates

        return candidates.branches(self.repository)

    def search(
        self,
        expression: str,
        *,
        ended: bool = False,
        latest: bool = False,
        at: Time | None = None,
        fetch: Fetch = False,
    ) -> tuple[Found, ...]:
        """Return the versions that match an expression, each with its annotation.

        They are sorted by artifact, then newest first by SemVer.

        Args:
            expression: such as "stage=prod and metrics.auc>=0.9" (docs/reference/search.md).
            ended: include versions that were deregistered, and artifacts that are deprecated.
            latest: only the latest version of each artifact.
            at: as of this time.
            fetch: as for `compare`, for the versions whose annotations the expression needs.

        Raises:
            InvalidQuery: the expression is not valid; the message shows the place.
        """
        return self.results(expression, ended=ended, latest=latest, at=at, fetch=fetch).found

    def results(
        self,
        expression: str,
        *,
        ended: bool = False,
        latest: bool = False,
        at: Time | None = None,
        annotated: bool = True,
        zone: tzinfo | None = None,
        fetch: Fetch = False,
    ) -> Results:
        """Return what `search` returns, and the problems found while reading.

        Without `annotated`, annotations are read only if the expression needs them. `zone` is the
        time zone of times without an offset in the expression; by default, that of this machine.
        """
        from mreg.registry import search

        return search.results(
            self.repository,
            read.query(self.repository, expression, zone, self.value_names),
            ended=ended,
            latest=latest,
            at=at,
            annotated=annotated,
            fetcher=self._fetcher(fetch),
        )

    def lineage(
        self,
        selector: str | None = None,
        *,
        path: str | None = None,
        down: bool = False,
        depth: int | None = None,
        limit: int = MOST_NODES,
        also: bool = False,
    ) -> Lineage:
        """Return the sources of a version, or what was made from it (docs/how-to/lineage.md).

        The result is a graph of nodes and typed edges; an edge leads from a source to its result.

        Args:
            selector: the version.
            path: a file or folder, from the repository's root, instead of a version: in all
                contents from which versions were made.
            down: return what was made from it, over all versions of all artifacts, instead of its
                sources.
            depth: at most this number of edges away.
            limit: at most this number of nodes, the nearest.
            also: include steps that made equal contents in other commits, and other versions that
                have these contents; their edges are marked.

        Raises:
            UsageError: neither `selector` nor `path` is given, or both are.
        """
        from mreg.registry import lineage

        return lineage.trace(
            self.repository, selector, path, down=down, depth=depth, limit=limit, also=also
        )

    def changelog(
        self,
        name: str,
        since: str | None = None,
        until: str | None = None,
        *,
        limit: int | None = None,
        commits: int = MOST_COMMITS,
        lower_better: Iterable[str] = (),
        higher_better: Iterable[str] = (),
    ) -> Changelog:
        """Return an artifact's release notes, newest first by SemVer.

        Args:
            name: the artifact.
            since: begin after this version: "v1.0.0", or a selector; None: begin with the first.
            until: end with this version; None: end with the last.
            limit: at most this number of versions, the newest.
            commits: at most this number of commits for each version.
            lower_better: as for `diff`.
            higher_better: as for `diff`.

        Raises:
            Refused: the clone is shallow, and its remote cannot provide the commits.
            UsageError: `since` or `until` is of another artifact, or they are in reverse order.
        """
        from mreg.core import directions
        from mreg.registry import changelog

        told = directions.told(lower_better, higher_better)
        ends = (since, until)
        return changelog.changelog(self.repository, name, ends, limit, commits, told)

    def export(
        self,
        selector: str,
        format: Format,
        *,
        task: str | None = None,
        dataset: str | None = None,
    ) -> Exported:
        """Return a document about a version for another tool (docs/how-to/export.md).

        Args:
            selector: the version.
            format: "model-card" for the Hugging Face Hub, or "cyclonedx" for a bill of materials.
            task: the task of the model, such as "tabular-classification"; None: from its labels.
            dataset: for a card, the dataset on which the metrics were measured: an id on the Hub or
                a name; None: from the input for validation.

        Raises:
            NotFound: the version has no annotation that can be read.
            Refused: a model card was requested for an artifact that is not a model.
        """
        from mreg.registry import export

        return export.export(self.repository, selector, format, task, dataset)

    # Pages

    @property
    def address(self) -> str:
        """The URL of the registry's remote, without secrets; empty if there is none."""
        from mreg.registry import profile

        return profile.address(self.repository)

    def fingerprints(self, *, candidates: bool = False) -> dict[str, str]:
        """Return a text for each artifact, registered or annotated, that identifies its profile.

        If the text is unchanged, so is the artifact's result of `profiles`, unless an artifact
        among its inputs changed.
        """
        from mreg.registry import fingerprint

        return fingerprint.of_artifacts(self.repository, candidates=candidates)

    def fingerprint(self) -> str | None:
        """Return a text that identifies all data that pages show; fast for any registry.

        If it is unchanged, so are `fingerprints`, `policy`, `address` and all profiles, except for
        artifacts with problems: data that could not be read may be available now. The text can
        change even if they do not.

        Returns:
            None if this cannot be known without reading: for a clone that lacks tags, whose remote
            provides them.
        """
        from mreg.registry import fingerprint

        return fingerprint.whole(self.repository)

    def contents(self, known: str = "") -> RegistryContents | None:
        """Return the whole registry at one moment: artifacts, events, versions, annotations.

        Args:
            known: the `mark` of an earlier result.

        Returns:
            None if the registry has not changed since that result. By URL, finding this out only
            lists the refs of the remote.
        """
        from mreg.registry import contents

        return contents.contents(self.repository, known)

    def tags_fingerprint(self, name: str | None = None) -> str | None:
        """Return a text that identifies the events of an artifact, or of all; faster to compute.

        If it is unchanged, so are the answers to all queries about events and versions; the content
        of their commits never changes. It does not cover HEAD, branches and the policy.

        Returns:
            None if this cannot be known without reading, as with `fingerprint`.
        """
        from mreg.registry import fingerprint

        return fingerprint.of_tags(self.repository, name if name is None else names.artifact(name))

    def tags_fingerprints(self) -> dict[str, str] | None:
        """Return the `tags_fingerprint` of each registered artifact."""
        from mreg.registry import fingerprint

        return fingerprint.of_tags_of_each(self.repository)

    def contents_of(self, names: Collection[str] | None = None) -> Iterator[ArtifactContents]:
        """Iterate over all recorded data of registered artifacts, by name.

        Only a part of the registry is in memory at a time, whatever its size.

        Args:
            names: only these artifacts, if they are registered; None: all.
        """
        from mreg.registry import profile

        return profile.contents(self.repository, names)

    def profiles(
        self, names: Collection[str] | None = None, *, at: Time | None = None
    ) -> Iterator[Profile]:
        """Iterate over the data of artifacts' pages, by name, including deprecated artifacts.

        Only a part of the registry is in memory at a time, whatever its size.

        Args:
            names: only these artifacts; None: all that are registered, or annotated at HEAD.
            at: as of this time, without the policy's results for possible promotions.
        """
        from mreg.registry import profile

        return profile.profiles(self.repository, names, None if at is None else times.meant(at))

    def cards(self, wanted: Sequence[tuple[Version, Annotation | None]]) -> tuple[str, ...]:
        """Return the Markdown that describes versions in detail, each from its own commit.

        It is the file that `card` in the annotation's `custom` names; otherwise MODEL_CARD.md or
        README.md beside the artifact, or MODEL_CARD.md at the root; empty if there is none.

        Args:
            wanted: pairs of a version and its annotation.
        """
        from mreg.registry import profile

        return profile.cards(self.repository, wanted)

    def examples(self, wanted: Sequence[tuple[Version, Annotation | None]]) -> tuple[str, ...]:
        """Return the examples of versions' inputs and outputs, each from its own commit.

        It is the text of the file that `example` in the annotation's `schema` names, which should
        be JSON; empty if there is none, or if it is larger than 100 kB.

        Args:
            wanted: pairs of a version and its annotation.
        """
        from mreg.registry import profile

        return profile.examples(self.repository, wanted)

    def plots_of(self, said: Sequence[tuple[Version, Said]]) -> Plots:
        """Return what `plots` returns, for pairs of a version and its annotation."""
        from mreg.registry import comparison

        return comparison.plots_of(self.repository, [it for it, _ in said], [it for _, it in said])

    def have_plots(self, said: Sequence[tuple[Version, Said]]) -> list[bool]:
        """Return for each pair whether the version may have plots, without reading them."""
        from mreg.registry import comparison

        return comparison.have_plots(self.repository, said)

    def steps_of(self, said: Sequence[tuple[Version, Said]]) -> list[tuple[LockedStage, ...]]:
        """Return the steps of DVC pipelines that made versions, each from its own commit.

        These are the steps in `lineage`, for any number of versions at a time.

        Args:
            said: pairs of a version and its annotation.

        Returns:
            The steps of each version, in order; none if it was not made by a pipeline.
        """
        from mreg.lineage.read import steps

        return steps(self.repository, [it for it, _ in said], [it for _, it in said])

    def sides(
        self,
        said: Sequence[tuple[Version, Said]],
        wanted: Callable[[Version], bool] = lambda _: True,
    ) -> list[Side]:
        """Return versions with the data in their commits: contents, digests, requirements.

        This is the data that `diff` compares, for any number of versions at a time.

        Args:
            said: pairs of a version and its annotation, as in a profile.
            wanted: returns whether to read the commit of a version; for others, the result has only
                the annotation.
        """
        from mreg.registry import comparison

        return comparison.sides(self.repository, said, wanted)

    def site(self, folder: str | os.PathLike[str], **options: Unpack[SiteOptions]) -> SiteReport:
        """Write the registry as web pages into a folder, or update the pages there.

        `mreg.web.site.build` does this for several registries. Unchanged files are not written.

        Args:
            folder: the folder; it is created if it does not exist.
            options: see `mreg.web.options.SiteOptions`: `title`, `base_url`, `at`, `emails`,
                `only`, `exclude`.

        Raises:
            Refused: the folder is neither empty nor a site.
        """
        from mreg.web import site

        return site.build(folder, [self], **options)

    # Their bytes

    @overload
    def get(
        self,
        selector: str,
        output: str | os.PathLike[str] | None = None,
        *,
        link: bool = False,
        force: bool = False,
        path: str | None = None,
        rev: str | None = None,
        include: str | Sequence[str] = (),
        follow: Literal[False] = False,
    ) -> Path: ...

    @overload
    def get(
        self,
        selector: str,
        output: str | os.PathLike[str] | None = None,
        *,
        link: bool = False,
        force: bool = False,
        path: str | None = None,
        rev: str | None = None,
        include: str | Sequence[str] = (),
        follow: Literal[True],
    ) -> Followed: ...

    def get(
        self,
        selector: str,
        output: str | os.PathLike[str] | None = None,
        *,
        link: bool = False,
        force: bool = False,
        path: str | None = None,
        rev: str | None = None,
        include: str | Sequence[str] = (),
        follow: bool = False,
    ) -> Path | Followed:
        """Download the file or folder of a version, and return its path (docs/how-to/get.md).

        Args:
            selector: the version.
            output: the path for the file or folder, or an existing folder to put it in. Without it,
                the result is a path in the cache, for reading only.
            link: create a read-only link to the file in the cache, which needs no disk space.
                Writing to it anyway changes all links to the file.
            force: replace an existing file or folder at `output`.
            path: the path in the version's own commit, from the repository's root, or a URL, if its
                annotation does not contain one.
            rev: use the path in the annotation at this commit, if the version's own has none.
            include: for a folder, only the files that match this pattern, or one of several. Shell
                patterns are matched against the path within the folder, and `*` also matches "/";
                or a folder in it.
            follow: return an object that you can refresh when another version holds the stage.

        Raises:
            NotFound: there is no such version, its location is not recorded, or none of its files
                matches.
            Mismatch: the bytes differ from the recorded digest.
            Refused: `output` exists, a path is not safe, or the version's own annotation contains
                a different path.
        """
        from mreg.registry.content import Followed, check_output

        if isinstance(output, str):
            check_output(self.repository, selector, output)
        get = partial(self.got, selector, output, link=link, path=path, rev=rev, include=include)
        if not follow:
            return Path(get(force=force).path)
        return Followed(partial(get, force=True), get(force=force))  # it replaces what is its own

    def got(
        self,
        selector: str,
        output: str | os.PathLike[str] | None = None,
        *,
        link: bool = False,
        force: bool = False,
        sha256: str | None = None,
        report: Callable[[Progress], None] | None = None,
        into_current: bool = False,
        path: str | None = None,
        rev: str | None = None,
        include: str | Sequence[str] = (),
    ) -> Got:
        """Do the same as `get`, and return the details.

        Args:
            selector: as for `get`.
            output: as for `get`.
            link: as for `get`.
            force: as for `get`.
            sha256: the required digest of the bytes, if none is recorded.
            report: called with the progress of a download, from any thread.
            into_current: without an `output`, put it into the current folder.
            path: as for `get`.
            rev: as for `get`.
            include: as for `get`.
        """
        from mreg.registry import content

        patterns = (include,) if isinstance(include, str) else tuple(include)
        return content.got(
            self.repository,
            selector,
            output,
            link=link,
            force=force,
            report=report,
            into_current=into_current,
            named=content.Named(path, rev, sha256, patterns),
        )

    @staticmethod
    def cache() -> Cached:
        """Return the contents of the cache on this machine, for all repositories."""
        from mreg.registry import cache

        return cache.cached()

    @staticmethod
    def clear_cache(url: str | None = None, *, network: Network = QUIET) -> Cleared:
        """Clear the cache, or remove the mirror of one URL; data are downloaded again when needed.

        Args:
            url: the URL of the repository.
            network: how long to wait for another process that uses a mirror.

        Raises:
            NotFound: there is no mirror of that URL.
            GitError: another process uses the mirror for longer than that.
        """
        from mreg.registry import cache

        return cache.clear(url, seconds=network.seconds)

    @staticmethod
    def prune_cache(limit: int | None = None) -> Pruned:
        """Remove the least recently used contents from the cache, down to a limit.

        Args:
            limit: the limit in bytes; None: the limit of the cache.
        """
        from mreg.registry import cache

        return cache.prune(limit)

    def open_file(self, selector: str) -> BinaryIO:
        """Open the file of a version for reading.

        Raises:
            Refused: the version is a folder.
        """
        path = self.get(selector)
        if path.is_dir():
            raise Refused(f"{selector} is a folder", hint="`get` returns its path")
        return path.open("rb")

    def committed_file(self, version: Version, path: str, most: int) -> bytes:
        """Return a small file in a version's commit, such as the example of its schema.

        Args:
            version: the version.
            path: the path of the file, from the repository's root.
            most: its maximum size in bytes.

        Raises:
            NotFound: the commit does not contain the file.
            Refused: the file is larger.
        """
        from mreg.registry import content

        return content.committed_file(self.repository, version, path, most)

    def environment(self, selector: str) -> Environment:
        """Return the Python version and the requirements of a version.

        Raises:
            NotFound: none are recorded.
        """
        from mreg.registry import content

        return content.environment(self.repository, selector)

    # What is recorded

    def identity(self) -> Actor:
        """Return the author of the events that you record, and where they would be published.

        Raises:
            Refused: Git has no name or email address for you.
        """
        from mreg.registry import identity

        return identity.of(self.repository)

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
        allow_dirty: bool = False,
        report: Callable[[Progress], None] | None = None,
        **publication: Unpack[EventPublication],
    ) -> Outcome:
        """Register a version of an artifact at a commit.

        Args:
            name: the artifact.
            rev: the commit, as a Git revision.
            version: the version; by default, it is derived from the highest active version among
                the commit's ancestors or, without one there, from the highest of all.
            bump: the part of the version to increment; by default the patch number.
            message: the message of the event.
            force: allow a second version at the same commit, and an annotation there that cannot be
                read.
            digest: record the SHA-256 of the version's file, which mreg reads from its location.
            allow_dirty: register HEAD even if its files on disk differ from the commit.
            report: called with the progress of reading the file.
            publication: see `mreg.registry.record.EventPublication`: `dry_run`, `push`,
                `remote`, `new`, `with_branch`.

        Returns:
            The recorded event, or the earlier event if the version is already registered; after a
            dry run, the event that would be recorded.

        Raises:
            NotFound, Refused, Mismatch: the file is not available, or differs from the annotation.
        """
        from mreg.registry import record, requests

        commit = requests.commit_to_register(self.repository, name, rev)
        artifact = names.artifact(name)
        asked = (self.repository, artifact, rev, commit)
        requests.check_commit(*asked, digest=digest, allow_dirty=allow_dirty, force=force)
        known = requests.digest(self.repository, artifact, commit, report) if digest else None
        wish = requests.register(
            self.repository, commit, version, bump, message, force=force, digest=known
        )
        return record.record(self.repository, artifact, [wish], **publication)[0]

    def promote(
        self,
        selector: str,
        stage: str,
        *,
        rev: str | None = None,
        message: str = "",
        force: bool = False,
        **publication: Unpack[Creation],
    ) -> Outcome:
        """Promote a version to a stage.

        Args:
            selector: the version; `churn#staging` is the version that holds staging.
            stage: the stage.
            rev: promote the version at this commit; the selector is then the artifact's name.
            message: the message of the event.
            force: promote a version that already holds the stage, or one that was rolled back from
                and that the selector does not name explicitly.
            publication: as for `register`.
        """
        from mreg.registry import record, requests

        wanted = queries.parse_selector(selector)
        commit = requests.commit_of(self.repository, wanted, rev)
        wish = requests.promote(self.repository, wanted, commit, stage, message, force=force)
        return record.record(self.repository, wanted.artifact, [wish], **publication)[0]

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
        allow_dirty: bool = False,
        report: Callable[[Progress], None] | None = None,
        **publication: Unpack[EventPublication],
    ) -> tuple[Outcome, ...]:
        """Promote the version at a commit to a stage; if there is none, register one first.

        Both tags are created, or neither. The arguments are those of `register` and `promote`.

        Returns:
            The recorded events: registration and promotion, or only the promotion.
        """
        from mreg.registry import record, requests

        name = names.artifact(name)
        commit = requests.commit_to_register(self.repository, name, rev)
        known = partial(requests.digest, self.repository, name, commit, report) if digest else None
        asked = (self.repository, name, rev, commit)
        check = partial(requests.check_commit, *asked, digest=digest, allow_dirty=allow_dirty)
        wishes = requests.register_and_promote(
            self.repository,
            name,
            commit,
            stage,
            version,
            bump,
            message,
            force=force,
            digest=known,
            check=check,
        )
        return record.record(self.repository, name, wishes, **publication)

    def demote(
        self, selector: str, stage: str, *, message: str = "", **publication: Unpack[Recording]
    ) -> Outcome:
        """Demote a version from a stage; an earlier holder that is still in it takes over.

        A selector that is only the name of an artifact means the version that holds the stage.
        """
        from mreg.registry import record, requests

        wanted = queries.parse_selector(selector)
        wish = requests.demote(self.repository, wanted, stage, message)
        return record.record(self.repository, wanted.artifact, [wish], **publication)[0]

    def demote_all(
        self, name: str, stage: str, *, message: str = "", **publication: Unpack[Recording]
    ) -> tuple[Outcome, ...]:
        """Demote all versions of an artifact from a stage, one event for each, the holder last."""
        from mreg.registry import record, requests

        wishes = requests.demote_all(self.repository, names.artifact(name), stage, message)
        return record.record(self.repository, name, wishes, **publication)

    def rollback(
        self, name: str, stage: str, *, message: str = "", **publication: Unpack[Recording]
    ) -> Outcome:
        """Return a stage to the version that held it before the current holder."""
        from mreg.registry import record, requests

        wish = requests.rollback(self.repository, stage, message)
        return record.record(self.repository, names.artifact(name), [wish], **publication)[0]

    def deregister(
        self,
        selector: str,
        *,
        message: str = "",
        force: bool = False,
        **publication: Unpack[Recording],
    ) -> Outcome:
        """Deregister a version; with `force`, also one that holds a stage.

        Raises:
            UsageError: the selector is only the name of an artifact.
        """
        from mreg.registry import record, requests

        wanted = queries.parse_selector(selector)
        wish = requests.deregister(self.repository, wanted, message, force=force)
        return record.record(self.repository, wanted.artifact, [wish], **publication)[0]

    def deprecate(
        self, name: str, *, message: str = "", **publication: Unpack[Recording]
    ) -> Outcome:
        """Mark an artifact as deprecated; any later event of the artifact ends this."""
        from mreg.registry import record, requests

        wish = requests.deprecate(self.repository, message)
        return record.record(self.repository, names.artifact(name), [wish], **publication)[0]

    def record_past(
        self,
        name: str,
        versions: Iterable[PastVersion],
        promotions: Sequence[PastPromotion] = (),
        *,
        branch: str,
        keep: Keeper = "git",
    ) -> tuple[Outcome, ...]:
        """Record an artifact's history from another registry, as a whole or not at all.

        Versions are registered with their own times, in the given order, each at a new commit that
        contains its annotation. Promotions have the current time. Nothing is published: use `push`.

        Args:
            name: the artifact.
            versions: the versions; each is requested after the commit before it is created.
            promotions: the versions, new or existing, that hold stages.
            branch: the branch for the commits; it is created, or moved forward.
            keep: where the files of the versions are stored.

        Raises:
            Refused: a version already exists, or the policy does not allow an event.
        """
        from mreg.registry import past

        return past.record_past(self.repository, name, versions, promotions, branch, keep)

    def unsaid(self, made: Record | Outcome, *, forced: bool = True) -> tuple[Diagnostic, ...]:
        """Return the metadata that the commit of a registration lacks, or that cannot be read.

        For any other event, nothing is returned; nor for a repository that is read by URL, because
        files would have to be downloaded.

        Args:
            made: the registration.
            forced: whether it may have been made with `force`. Without it, `register` has already
                refused a version that `get` would refuse, so this is not checked again.
        """
        from mreg.registry import unsaid

        return unsaid.problems(self.repository, made, forced=forced)

    # What goes to a remote, and what comes from it

    def push(
        self,
        name: str | None = None,
        *,
        remote: str | None = None,
        with_branch: bool = False,
        dry_run: bool = False,
    ) -> tuple[str, ...]:
        """Publish the registry tags that a remote lacks, in the order of their events.

        Args:
            name: only the tags of this artifact.
            remote: the remote; None: that of the current branch, or origin.
            with_branch: publish the current branch with them, all or none.
            dry_run: return what would be published, and publish nothing.

        Returns:
            The published tags, then the full refs of approvals.

        Raises:
            Refused: the remote has a different tag with the same name, or a different event with
                the same number.
        """
        from mreg.governance.branches import push_required
        from mreg.store import branches, publish

        wanted = None if name is None else read.history(self.repository, name).artifact
        peer = publish.connect(self.repository, remote)
        carriers = branches.current(peer) if with_branch else branches.NONE
        if dry_run:
            return publish.pending(peer, wanted, carriers=carriers)
        return publish.push(peer, wanted, prepare=push_required, carriers=carriers)

    def fetch(self, *, remote: str | None = None) -> Fetched:
        """Fetch the registry's tags and approvals; existing ones do not change."""
        from mreg.store import publish

        return publish.fetch(publish.connect(self.repository, remote))

    def undo(self, name: str, *, dry_run: bool = False) -> Record:
        """Remove the newest event of an artifact that no remote has, and return it.

        With `dry_run`, return the event without removing it.

        Raises:
            Refused: a remote has, or had, every event.
        """
        from mreg.store import publish

        history = read.history(self.repository, name)
        gone = publish.undo(self.repository, history, dry_run=dry_run)
        return next(it for it in queries.records([history]) if it.tag == gone.tag)

    # The files of the work tree

    def init(self, pipeline: Pipeline | None = None) -> tuple[Step, ...]:
        """Create the files that mreg reads in the work tree; existing files are not overwritten.

        Args:
            pipeline: also create a pipeline for this service: "github" or "gitlab".
        """
        from mreg.worktree import init

        return init.start(self.repository, pipeline)

    def annotate(
        self,
        name: str,
        *,
        commit: bool = False,
        message: str = "",
        dry_run: bool = False,
        example: str | Path | None = None,
        **wishes: Unpack[Wishes],
    ) -> Edited:
        """Write the metadata of an artifact to the annotation file of the work tree.

        >>> registry.annotate("churn", type="model", metrics={"accuracy": 0.93}, commit=True)

        Args:
            name: the artifact.
            commit: commit only this file; other staged changes stay staged.
            message: the message of the commit; only with `commit`.
            dry_run: return the result without changing the file.
            example: a JSON, CSV or Parquet file with input data of the model: its schema is
                recorded, and its first rows are written beside the model.
            wishes: the metadata; see `mreg.annotations.changes.Wishes`.
        """
        from mreg.worktree import edit

        why = edit.commit_message(message, f"Annotate {name}", commit=commit)
        if example is not None:
            of_file = (self.repository, name, wishes, Path(example))
            return edit.annotate_by_example(*of_file, commit=why, dry_run=dry_run)
        return edit.annotate(self.repository, name, wishes, commit=why, dry_run=dry_run)

    def remove(self, name: str, *, commit: bool = False, message: str = "") -> Edited:
        """Remove the annotation of an artifact from the file; its tags and its history stay.

        `commit` and `message` are the same as for `annotate`.
        """
        from mreg.worktree import edit

        why = edit.commit_message(message, f"Remove the annotation of {name}", commit=commit)
        return edit.remove(self.repository, name, commit=why)

    def validate(
        self, files: Sequence[str] = (), *, progress: Callable[[int, int], None] | None = None
    ) -> Validation:
        """Check annotation files and settings.

        Args:
            files: the files, relative to the current folder; by default, all in the work tree.
            progress: called with the number of checked entries and of all entries.
        """
        from mreg.registry import validation

        return validation.validate(self.repository, files, progress)

    # What the policy says

    def policy(self) -> Governing:
        """Return the policy in force, and its location."""
        from mreg.governance import settings

        return settings.governing(self.repository)

    def differing_policy(self, counts: Governing) -> str:
        """Return the name of the file in the work tree whose policy differs from the one in force.

        It is empty if there is no such file, or if its policy is the same.
        """
        from mreg.worktree import settings

        return settings.differs(self.repository, counts.settings)

    def check_policy(self, selector: str, stage: str | None = None, *, new: bool = False) -> Check:
        """Return the policy's result for a promotion or a registration, without recording it.

        Args:
            selector: the version.
            stage: the stage; without it, check the registration of HEAD, and the selector is the
                artifact's name.
            new: accept a new name that is similar to an existing one.

        Raises:
            Refused: the stage or the artifact is new, and its name is probably mistyped.
            UsageError: a commit is given in place of a stage.
        """
        from mreg.registry import policy

        return policy.check(self.repository, selector, stage, new=new)

    def approve(
        self, selector: str, stage: str, *, message: str = "", **publication: Unpack[Publication]
    ) -> Approval:
        """Approve a version for a stage; an approval that is already in force is not repeated.

        Raises:
            Refused: the version is not registered, or the policy does not name the stage or the
                user.
        """
        from mreg.registry import policy

        return policy.say(self.repository, "approve", selector, stage, message, **publication)

    def reject(
        self, selector: str, stage: str, *, message: str = "", **publication: Unpack[Publication]
    ) -> Approval:
        """Reject a version for a stage, or withdraw an approval; otherwise as `approve`."""
        from mreg.registry import policy

        return policy.say(self.repository, "reject", selector, stage, message, **publication)

    def approvals(self, selector: str, stage: str | None = None) -> tuple[Approval, ...]:
        """Return the last approval or rejection of each principal for a version.

        They are sorted by stage and principal. With `stage`, only those for that stage.
        """
        from mreg.registry import policy

        return policy.approvals(self.repository, selector, stage)

    def pending(self, name: str | None = None) -> tuple[Pending, ...]:
        """Return the versions that wait for approvals, the missing approvals, and unmet rules."""
        from mreg.registry import policy

        return policy.pending(self.repository, name)

    def status(
        self,
        name: str | None = None,
        *,
        stage: str | None = None,
        policy: str | None = None,
        secrets: Mapping[str, str] | None = None,
        seconds: float = 10,
        waiting: bool = True,
    ) -> Status:
        """Return the holders of stages, the versions that endpoints report, and pending promotions.

        The endpoints are those in `.mreg.yaml` at the commit of the policy in force. They are
        queried in parallel, each once. A missing answer is part of the result and not an error.

        >>> registry.status("churn").agrees

        Args:
            name: only this artifact.
            stage: only this stage.
            policy: use the endpoints and the policy of this commit instead.
            secrets: the values of the variables `MREG_ENDPOINT_...` in headers; the environment is
                not read.
            seconds: the time limit for the answer of one endpoint.
            waiting: include pending promotions.
        """
        from mreg.registry import status

        return status.status(
            self.repository,
            name,
            stage=stage,
            policy=policy,
            secrets=status.NO_SECRETS if secrets is None else secrets,
            seconds=seconds,
            waiting=waiting,
        )

    def await_status(
        self, name: str | None = None, *, wait: float = 300, **asked: Unpack[Asking]
    ) -> Iterator[Status]:
        """Repeat `status` until all versions agree, and iterate over the results.

        They must agree three times in a row, because replicas behind one address may run two
        versions for some time. The last result is the one that agrees, or that at the time limit.

        Args:
            name: as for `status`.
            wait: the time limit in seconds.
            asked: as for `status`: `stage`, `policy`, `secrets`, `seconds`, `waiting`.

        Raises:
            Refused: there is no endpoint.
        """
        from mreg.registry import status

        return status.wait(lambda: self.status(name, **asked), wait)

    def backers(self, version: Version) -> Backers | None:
        """Return the signer of a promotion, and the principals who had approved it by then.

        Args:
            version: the result of `resolve` for the holder of a stage, such as `churn#prod`.

        Returns:
            The same as in `audit`; None if the version was not resolved from a stage.

        Raises:
            Refused: this clone lacks some of the necessary data.
        """
        from mreg.registry import policy as policies

        return policies.backers(self.repository, version)

    def audit(
        self,
        name: str | None = None,
        *,
        stage: str | None = None,
        since: Time | None = None,
        until: Time | None = None,
        policy: str | None = None,
        progress: Judged | None = None,
    ) -> tuple[Audited, ...]:
        """Check recorded events, each against the policy that was in force when it was made.

        Args:
            name: only the events of this artifact.
            stage: only the events of this stage.
            since: only events from this time on.
            until: only events up to this time.
            policy: check all events against the policy of this commit.
            progress: called with the number of checked events and of all events.

        Returns:
            The verdicts in the order of the events, after the tags that cannot be read.
        """
        from mreg.registry import policy as policies

        return policies.audit(
            self.repository,
            name,
            stage=stage,
            since=since,
            until=until,
            policy=policy,
            progress=progress,
        )

    def verify(
        self, tags: Sequence[str], *, policy: str | None = None, progress: Judged | None = None
    ) -> tuple[Audited, ...]:
        """Check some registry tags, or all of a named artifact or stage; otherwise as `audit`."""
        from mreg.registry import policy as policies

        return policies.verify(self.repository, tags, policy, progress)

    def verify_updates(self, updates: Iterable[Update], *, policy: str | None = None) -> Received:
        """Check the updates of a push to the registry's refs against the policy in force now.

        Args:
            updates: the update of each ref; refs that do not belong to the registry are accepted.
            policy: check against the policy of this commit.
        """
        from mreg.registry import policy as policies

        return policies.verify_updates(self.repository, updates, policy)

    def verify_update_alone(self, update: Update) -> Received:
        """Check one update of a push, as an update hook sees it; otherwise as `verify_updates`.

        Other refs of the same push may already have been moved, so the policy is the one that was
        in force when the hook was first called for this push.

        Raises:
            Refused: the push cannot be identified.
        """
        from mreg.registry import policy

        return policy.verify_update_alone(self.repository, update)

    def verification(
        self,
        tags: Sequence[str] | None = (),
        *,
        updates: Sequence[Update] = (),
        tampering: bool = False,
        remote: str | None = None,
        offline: bool = False,
        policy: str | None = None,
        progress: Judged | None = None,
    ) -> Verification:
        """Return the combined results of `verify`, `verify_updates` and `tampering`.

        Args:
            tags: the registry tags to check, or an artifact or a stage (`churn#prod`), for all of
                its tags; None: all events, as in `audit`.
            updates: the update of each ref in a push.
            tampering: also look for traces of tampering.
            remote: as for `tampering`.
            offline: as for `tampering`.
            policy: check against the policy of this commit.
            progress: as for `audit`.
        """
        from mreg.registry.verification import Verification

        recorded: tuple[Audited, ...] = ()
        if tags is None:
            recorded = self.audit(policy=policy, progress=progress)
        elif tags:
            recorded = self.verify(tags, policy=policy, progress=progress)
        received = self.verify_updates(updates, policy=policy)
        traces = self.tampering(remote=remote, offline=offline) if tampering else ()
        return Verification(recorded, received, traces)

    def tampering(
        self, *, remote: str | None = None, offline: bool = False
    ) -> tuple[Diagnostic, ...]:
        """Find traces of tags that were moved, removed or inserted.

        Args:
            remote: the remote; None: that of the current branch, or origin. Without a remote, only
                the chain of events is checked.
            offline: do not ask the remote, but compare with its last known state.
        """
        from mreg.registry import policy

        return policy.tampering(self.repository, remote, offline=offline)

    def install_hook(self, name: Hook, *, force: bool = False) -> Path:
        """Install a hook that refuses what the policy does not allow, and return its file.

        Args:
            name: "pre-receive" or "update" on a server, "pre-push" in a clone.
            force: replace an existing hook that mreg did not install.

        Raises:
            Refused: there is another hook, or this machine cannot run such a hook reliably.
        """
        from mreg.governance import hooks

        return hooks.install(self.repository, name, force=force)

    # What a tag means to machines

    def deployment(
        self,
        tag: str,
        *,
        expect_oid: str | None = None,
        require_current: bool = False,
        repository: str | None = None,
        offline: bool = False,
    ) -> Deployment:
        """Return the event of a tag, as on the remote, if the policy allows it.

        Args:
            tag: the name of the tag, or its full ref.
            expect_oid: the required id of the tag object, as in the event of a CI system.
            require_current: refuse an event that a later one has reversed or superseded.
            repository: the repository's URL, to be included in the result.
            offline: do not ask the remote; use the local data.

        Returns:
            The event; if the tag is not a registry tag, its `event` is "none".

        Raises:
            NotFound: there is no such tag, or it was deleted.
            Refused: the policy does not allow the event, the tag object is not the expected one, or
                the tag is not an event.
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
        """Return the event of a tag, with the policy's result, the changes and the lineage.

        An event that the policy does not allow is not an error here; see `refused` in the report.
        Without `detailed`, changes and lineage are left out. Otherwise the same as `deployment`.
        """
        from mreg.deploy import trigger

        return trigger.answer(
            self.repository,
            trigger.EventQuestion(
                tag.removeprefix(refs.PREFIX),
                expect_oid,
                repository,
                detailed,
                offline,
                int(times.now().timestamp()),
            ),
        )

    def notify(
        self,
        tag: str,
        webhooks: Iterable[str],
        *,
        expect_oid: str | None = None,
        **post: Unpack[Post],
    ) -> Notice:
        """Post an event to webhooks; a tag that is not a registry tag is ignored.

        Args:
            tag: the name of the tag, or its full ref.
            webhooks: the URLs.
            expect_oid: as for `deployment`.
            post: the options of a post; see `mreg.deploy.notify.Post`: `form`, `secret`, `seconds`,
                `repository`, `policy`.
        """
        from mreg.deploy import notify

        return notify.tell(
            self.repository, tag.removeprefix(refs.PREFIX), webhooks, expect_oid, **post
        )

    def notify_status(
        self,
        found: Status,
        webhooks: Iterable[str],
        *,
        state: Path | None = None,
        **post: Unpack[DriftPost],
    ) -> Iterator[DriftNotice]:
        """Post differences between stages and running versions to webhooks, each once.

        Args:
            found: the result of `status`.
            webhooks: the URLs.
            state: the file that records what was sent; None: a file in the user's state folder.
            post: the options of a post; see `mreg.deploy.drift.DriftPost`: `form`, `secret`,
                `seconds`, `repository`.

        Returns:
            The differences, as each is sent.

        Raises:
            Refused: the file has another purpose, or cannot be read or written.
        """
        from mreg.deploy import drift

        return drift.notify(self.repository, found, webhooks, state, **post)

    def notify_push(
        self, updates: Iterable[Update], webhooks: Sequence[str], **post: Unpack[Post]
    ) -> Iterator[Notice]:
        """Post the events of a push to webhooks, in order; otherwise as `notify`.

        `updates` are the updates of refs that Git passes to a post-receive hook.
        """
        from mreg.deploy import notify

        for update in notify.announced(self.repository, [*updates]):
            yield self.notify(update.ref, webhooks, expect_oid=update.new, **post)

    def watch(
        self,
        act: Act,
        *,
        remote: str | None = None,
        state: Path | None = None,
        manner: WatchOptions | None = None,
        stop: Stop | None = None,
    ) -> Iterator[Handled]:
        """Call a function for each new event at the remote, once and in order, without end.

        If the process is killed during a call, it calls the function for that event again after the
        restart. Nothing happens before you request the first result.

        Args:
            act: handles an event, and returns the reason of a failure, or nothing. Its arguments
                include whether the event may have been handled before.
            remote: one of the repository's remotes; None: the default one.
            state: the file that records the outcome of each event; None: a file in the user's state
                folder.
            manner: the options; None: every 30 seconds, for events from now on.
            stop: set this to stop watching; the current call finishes first.

        Returns:
            The outcomes of events, as they occur.

        Raises:
            Refused: another watcher uses the file, or the file belongs to another watch.
            MregError: with `once`, the remote cannot be reached.
        """
        from threading import Event

        from mreg.deploy import journal, watch
        from mreg.deploy.follow import WatchedSource

        source = WatchedSource(self.repository, remote=remote)
        return watch.watch(
            source,
            (state or journal.default(source.name)).resolve(),
            act,
            manner or watch.WatchOptions(),
            stop=stop or Event(),
            network=self.network,
        )


def _artifact_alone(text: str) -> str:
    """Return an artifact's name.

    Raises:
        InvalidName: it is none; the hint says which methods take the selector that it is.
    """
    try:
        return names.artifact(text)
    except InvalidName as error:
        if not {"@", "#"} & set(text):
            raise
        hint = (
            f"{error.hint}; in Python, resolve({text!r}) returns that version, and "
            f"annotation({text!r}) its metadata"
        )
        raise InvalidName(str(error), hint=hint) from None


@overload
def get(
    selector: str,
    output: str | os.PathLike[str] | None = None,
    *,
    repo: str | os.PathLike[str] = ".",
    link: bool = False,
    force: bool = False,
    path: str | None = None,
    rev: str | None = None,
    include: str | Sequence[str] = (),
    follow: Literal[False] = False,
) -> Path: ...


@overload
def get(
    selector: str,
    output: str | os.PathLike[str] | None = None,
    *,
    repo: str | os.PathLike[str] = ".",
    link: bool = False,
    force: bool = False,
    path: str | None = None,
    rev: str | None = None,
    include: str | Sequence[str] = (),
    follow: Literal[True],
) -> Followed: ...


def get(
    selector: str,
    output: str | os.PathLike[str] | None = None,
    *,
    repo: str | os.PathLike[str] = ".",
    link: bool = False,
    force: bool = False,
    path: str | None = None,
    rev: str | None = None,
    include: str | Sequence[str] = (),
    follow: bool = False,
) -> Path | Followed:
    """Download a version and return its path, as `Registry.open(repo).get(selector, ...)`.

    >>> import mreg
    >>> mreg.get("churn#prod", repo="https://github.com/example/models.git")
    """
    get = partial(
        Registry.open(repo).get,
        selector,
        output,
        link=link,
        force=force,
        path=path,
        rev=rev,
        include=include,
    )
    return get(follow=True) if follow else get()
