"""The facade: a registry opened at a path, asked and written through one object."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal, Self, TypeAlias, Unpack, overload

from mreg.core import names, queries, times
from mreg.errors import Refused, RepositoryError
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

    Every question reads the repository anew: the answer is what Git says at that moment. In a
    `with` block they share one Git process, and Git's settings are those of its first question.

    >>> import mreg
    >>> registry = mreg.Registry.open(".")
    >>> registry.register("churn", message="first try")
    >>> registry.promote("churn@latest", "prod")
    >>> registry.resolve("churn#prod").version
    'v0.0.1'

    Of all methods: `name` is an artifact's name, `selector` names a version (see `resolve`),
    `stage` is a stage's name, `message` what to say of an event. With `at`, the answer is that of
    the registry as it stood then. What is malformed (`InvalidName`, `InvalidTime`,
    `UsageError`), absent (`NotFound`) or not allowed (`Refused`), and what Git or a remote could
    not do (`GitError`), is raised as such a `mreg.MregError`.

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
        """Open the registry of the repository at or around a path.

        Nothing is read yet; the first question tells whether there is a repository. Which one is
        meant is settled here: neither the current folder nor GIT_DIR and its kin count later.

        Args:
            path: the path, or that of a bundle; or the URL of a repository. Of a URL only what a
                question needs is fetched, into a cache (mreg.system.cache).
            network: how to behave towards the network: time limits, and whether Git may ask for a
                password.
            around: whether the repository around the folder is meant where the folder is none.

        Raises:
            RepositoryError: there is no such folder.
            UsageError: mreg does not read from such a URL.
        """
        folder = Path(path)
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
                "the current folder is gone", hint="go into one that is there"
            ) from None

    def __enter__(self) -> Self:
        """Let one Git process answer for all that is asked until the block ends."""
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
        """Whether it is read by URL or from a bundle, so that each question asks there."""
        return self.repository.mirror is not None

    @property
    def network(self) -> Network:
        """How to behave towards the network."""
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
        """Return the artifacts' names, sorted; only the tags' names are read."""
        return read.artifacts(self.repository)

    def artifacts(
        self, *, deprecated: bool = False, at: Time | None = None
    ) -> tuple[Artifact, ...]:
        """Return the artifacts that are registered or annotated, by name.

        Args:
            deprecated: include those that are deprecated.
            at: as the registry stood then.
        """
        return self.overview(deprecated=deprecated, at=at)[0]

    def overview(
        self, *, deprecated: bool = False, at: Time | None = None
    ) -> tuple[tuple[Artifact, ...], tuple[Diagnostic, ...]]:
        """Return what `artifacts` returns, and the problems met on the way."""
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
        """Return what `overview` does as table and JSON, of any number of artifacts, and quickly.

        Each artifact's tags are read once, and then again when they change.

        Args:
            deprecated: include those that are deprecated.
            at: as the registry stood then.
            only: a pattern such as "teams/*", or a folder such as "teams/"; None: all.
        """
        from mreg.registry import overview

        return overview.artifacts(self.repository, at, deprecated=deprecated, only=only)

    def artifact(self, name: str, *, at: Time | None = None) -> Artifact:
        """Return one artifact; only its own tags are read."""
        from mreg.registry import artifact

        history = read.history(self.repository, name, at)
        at_head = read.at_head(self.repository)
        return artifact.describe(self.repository, [history], at_head)[0]

    def details(self, name: str, *, ended: bool = False, at: Time | None = None) -> Details:
        """Return an artifact with its versions, newest first by SemVer.

        Args:
            name: the artifact.
            ended: include the versions that were deregistered.
            at: as they stood then.
        """
        from mreg.registry import artifact

        name = names.artifact(name)
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
        """Return an artifact's versions, as `details` does."""
        return queries.find_all(read.history(self.repository, name, at), ended=ended)

    def resolve(self, selector: str, *, at: Time | None = None) -> Version:
        """Return the version that a selector names.

        Args:
            selector: `churn` or `churn@latest` (the highest active version), `churn@release` (the
                highest that is no prerelease), `churn@v1.2.0`, or `churn#prod` (the stage's current
                holder).
            at: as the registry stood then.

        Raises:
            InvalidName: it is no selector.
            NotFound: there is no such artifact or version, or the stage is empty.
        """
        return read.version(self.repository, selector, at)

    def history(self, name: str | None = None, **filters: Unpack[Filters]) -> tuple[Record, ...]:
        """Return the events, newest first.

        >>> registry.history("churn", stage="prod", since="30d", limit=3)

        Args:
            name: of this artifact alone.
            filters: which of them; see `mreg.core.queries.Filters`: `stage`, `action`,
                `author`, `since`, `until`, `limit`, `reverse`.
        """
        return self.events(name, **filters).events

    def events(
        self, name: str | None = None, *, version: str | None = None, **filters: Unpack[Filters]
    ) -> Events:
        """Return what `history` returns, and the problems met on the way.

        Args:
            name: of this artifact alone.
            version: of this version of it alone; "latest" and "release" stand for one.
            filters: as for `history`.
        """
        from mreg.registry import history

        return history.events(self.repository, name, version, **filters)

    def stages(self) -> tuple[StageSummary, ...]:
        """Return every stage that was ever used, by name, and who holds it."""
        return self.all_stages().stages

    def all_stages(self) -> Stages:
        """Return what `stages` returns, and the problems met on the way."""
        from mreg.registry import overview

        return overview.stages(self.repository)

    def check_ref(self, ref: str) -> Record:
        """Return the event that a tag stands for, by its name or its full ref.

        Raises:
            InvalidName: it is not the name of a registry tag.
            NotFound: there is no such tag, or it cannot be read; the message says why.
        """
        from mreg.registry import history

        return history.event(self.repository, ref)

    def doctor(self) -> tuple[Diagnostic, ...]:
        """Return everything that is wrong with the registry, the worst first."""
        from mreg.registry import doctor

        return doctor.problems(self.repository)

    problems = doctor

    # What versions are

    def annotation(
        self, selector: str, *, rev: str | None = None, fetch: Fetch = False
    ) -> Annotation:
        """Return what a version is, as its own commit says.

        Args:
            selector: the version; of an artifact that has none yet, HEAD counts.
            rev: the commit at which to read, instead of a version's own.
            fetch: as for `compare`.

        Raises:
            NotFound: there is no such version, or its commit does not annotate it, or not so that
                it can be read.
        """
        return self.describe(selector, rev=rev, fetch=fetch).annotation

    def describe(self, selector: str, *, rev: str | None = None, fetch: Fetch = False) -> Described:
        """Return what `annotation` returns, and where it was read."""
        from mreg.registry import artifact

        return artifact.described(self.repository, selector, rev, self._fetcher(fetch))

    def _fetcher(self, fetch: Fetch) -> Fetcher | None:
        return read.fetcher(self.repository, fetch)

    def annotations(
        self, versions: Sequence[Version]
    ) -> tuple[Annotation | Diagnostic | None, ...]:
        """Return what versions are, each as its own commit says.

        However many there are, two Git processes read them, and equal files are parsed once.

        Returns:
            For each version its annotation; None where there is none; a problem where it cannot
            be read.
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
        """Return what differs between two versions, of one artifact or of two.

        Args:
            before: a selector.
            after: another.
            lower_better: metrics that are better the lower they are, where their name does not
                tell (mreg.core.directions), or tells otherwise.
            higher_better: metrics that are better the higher they are.
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
        """Return an artifact's versions against their metrics and params.

        Args:
            name: the artifact.
            versions: selectors of those to compare; none: all.
            metrics: which metrics: names, or patterns such as "eval.*". None: all, or none if
                params are named.
            params: which params, likewise.
            stage: of the versions that are assigned in this stage alone.
            sort: a metric or a param, with "-" before it for the highest first; what has none
                comes last. None: newest first by SemVer.
            limit: of so many versions at most, the newest.
            ended: include the versions that were deregistered.
            lower_better: as for `diff`.
            higher_better: as for `diff`.
            fetch: whether metric and param files that DVC keeps, and its cache on this machine
                lacks, are fetched from its remote into mreg's own cache: 256 MiB at the most. What
                cannot be had is a problem of its version.
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
            name: of this artifact; None: of the first thirty.
        """
        from mreg.registry.value_names import value_names

        return value_names(self.repository, name)

    def plots(self, *selectors: str, fetch: Fetch = False) -> Plots:
        """Return the plots of versions, one over the other: what DVC and DVCLive know of them.

        They are those that the `plots:` of a dvc.yaml define at a version's own commit, there or in
        one of its stages, and what DVCLive logged. Their data are read from that commit, or out of
        DVC's cache on this machine.

        >>> registry.plots("churn@v1.1.0", "churn#prod")

        Args:
            selectors: the versions; how a plot looks is what the first one says that has it.
            fetch: as for `compare`, of the plots' data, too.

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
            direction: which values are better, "higher" or "lower"; None: as its name says.
            where: an expression that a version has to match, as for `search`.
            stage: of the versions that are assigned in this stage alone.
            zone: in which times without an offset in the expression are meant; None is the time
                zone of this machine.
            fetch: as for `compare`.

        Raises:
            NotFound: no version matches, or none has the metric.
            UsageError: the metric's name does not say which values are better, and nobody does.
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
        """Return what could become a version: commits of branches, and DVC's experiments.

        A candidate is a commit that leads to no version, and whose model, metrics or params differ
        from the newest version, and from every other commit's (docs/how-to/compare.md).

        Args:
            name: the artifact, which need not have a version yet, nor be annotated at HEAD.
            branches: of these branches alone, or patterns of them such as "feature/*".
            experiments: whether DVC's experiments count; None: those that are here, unless
                branches are named or the repository is read by URL.
            sort: the metric of which the best come first, or "date"; None: the first one that the
                policy asks about and whose direction is known, else "date".
            limit: at most so many.
            lower_better: as for `diff`.
            higher_better: as for `diff`.

        Raises:
            NotFound: there is no such artifact, or no candidate has the metric.
            UsageError: nobody knows which values of the metric are better.
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
        """Return the texts that a field of `search` has in latest versions, for completion.

        Args:
            field: "artifact", "stage", "assigned", "label", "tag", "type", "owner" or "license";
                of any other, nothing.
        """
        from mreg.registry.value_names import field_values

        return field_values(self.repository, field)

    def branches(self) -> tuple[str, ...]:
        """Return the names of the branches that are here, those of remotes with the remote's."""
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
        """Return the versions that an expression is true of, each with its annotation.

        They come by artifact, newest first by SemVer.

        Args:
            expression: such as "stage=prod and metrics.auc>=0.9" (docs/reference/search.md).
            ended: include versions that were deregistered, and artifacts that are deprecated.
            latest: of each artifact its highest active version alone.
            at: as the registry stood then.
            fetch: as for `compare`, of the versions whose annotations the expression asks for.

        Raises:
            InvalidQuery: it is no expression; the message shows the place.
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
        """Return what `search` returns, and the problems met on the way.

        Unless they are wanted (`annotated`), annotations are read only where the expression needs
        them. Times without an offset in the expression are meant in the zone, or in this machine's.
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
        """Return what a version was made from, or what was made from it (docs/how-to/lineage.md).

        It is a graph of nodes and typed edges; an edge leads from what went in to what came out.

        Args:
            selector: the version.
            path: a file or folder, from the repository's root, instead of a version: with any
                content that versions were made from.
            down: what was made from it, over all versions of all artifacts; else what it was
                made from.
            depth: at most so many edges away.
            limit: at most so many nodes, the nearest.
            also: whether what made equal contents in other commits is wanted as well, and the
                versions that these are registered as besides; its edges are marked.

        Raises:
            UsageError: neither of selector and path is given, or both are.
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
            since: begin after this version: "v1.0.0", or a selector of it; None for the first.
            until: end with this one; None for the last.
            limit: of so many versions at most, the newest.
            commits: at most so many commits of each version.
            lower_better: as for `diff`.
            higher_better: as for `diff`.

        Raises:
            Refused: it is a shallow clone, and its remote cannot be asked about commits.
            UsageError: an end is of another artifact, or the ends are the wrong way round.
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
            format: "model-card" of the Hugging Face Hub, or "cyclonedx": a bill of materials.
            task: what the model is for, such as "tabular-classification"; None: as a label says.
            dataset: of a card, what the metrics were measured on, an id on the Hub or a name; None:
                as the input for validation says.

        Raises:
            NotFound: nothing that can be read is said of the version.
            Refused: a model card is asked for, and it is no model.
        """
        from mreg.registry import export

        return export.export(self.repository, selector, format, task, dataset)

    # Pages

    @property
    def address(self) -> str:
        """The URL of the remote that it is from, without secrets; empty if it has none."""
        from mreg.registry import profile

        return profile.address(self.repository)

    def fingerprints(self, *, candidates: bool = False) -> dict[str, str]:
        """Return for each artifact, registered or annotated, a text that stands for its profile.

        Where it is the same as before, so is what `profiles` says of the artifact, unless that of
        an artifact among its inputs changed.
        """
        from mreg.registry import fingerprint

        return fingerprint.of_artifacts(self.repository, candidates=candidates)

    def fingerprint(self) -> str | None:
        """Return a text that stands for all that pages show of the registry; cheap at any size.

        Where it is the same as before, so are `fingerprints`, `policy` and `address`, and no
        profile is another one, but of an artifact that has problems: what could not be read may be
        there by now. It may change where they do not.

        Returns:
            None where only reading can tell: of a clone that lacks tags, for which its remote is
            asked.
        """
        from mreg.registry import fingerprint

        return fingerprint.whole(self.repository)

    def contents(self, known: str = "") -> RegistryContents | None:
        """Return all of the registry at one moment: artifacts, events, versions, annotations.

        Args:
            known: the `mark` of what is known already.

        Returns:
            None where the registry is still that: of one that is read by URL its remote is asked
            for its refs, and nothing more.
        """
        from mreg.registry import contents

        return contents.contents(self.repository, known)

    def tags_fingerprint(self, name: str | None = None) -> str | None:
        """Return a text that stands for the events of an artifact, or of all; cheaper to get.

        Where it is the same as before, so are the answers to what was asked of its events and
        versions; what the commits of these say never changes. What HEAD, branches and the policy
        say is not in it.

        Returns:
            None where only reading can tell, as with `fingerprint`.
        """
        from mreg.registry import fingerprint

        return fingerprint.of_tags(self.repository, name if name is None else names.artifact(name))

    def tags_fingerprints(self) -> dict[str, str] | None:
        """Return what `tags_fingerprint` does, of each registered artifact."""
        from mreg.registry import fingerprint

        return fingerprint.of_tags_of_each(self.repository)

    def contents_of(self, names: Collection[str] | None = None) -> Iterator[ArtifactContents]:
        """Iterate over all that is recorded of registered artifacts, by name.

        A part of the registry is held at a time, however large it is.

        Args:
            names: of these artifacts, those that are registered; None: of all.
        """
        from mreg.registry import profile

        return profile.contents(self.repository, names)

    def profiles(
        self, names: Collection[str] | None = None, *, at: Time | None = None
    ) -> Iterator[Profile]:
        """Iterate over all that a page shows of artifacts, by name, also deprecated ones.

        A part of the registry is held at a time, however large it is.

        Args:
            names: of these artifacts; None: of all that are registered, or annotated at HEAD.
            at: as they stood then; what the policy says of what could come next is left out.
        """
        from mreg.registry import profile

        return profile.profiles(self.repository, names, None if at is None else times.meant(at))

    def cards(self, wanted: Sequence[tuple[Version, Annotation | None]]) -> tuple[str, ...]:
        """Return the Markdown that describes versions at length, each as at its own commit.

        It is the file that `card` of the annotation's `custom` names; else MODEL_CARD.md or
        README.md beside the artifact, or MODEL_CARD.md at the root; empty where there is none.

        Args:
            wanted: versions, with what their commits say of them.
        """
        from mreg.registry import profile

        return profile.cards(self.repository, wanted)

    def examples(self, wanted: Sequence[tuple[Version, Annotation | None]]) -> tuple[str, ...]:
        """Return the examples of versions' inputs and outputs, each as at its own commit.

        It is the text of the file that `example` of the annotation's `schema` names, which ought to
        be JSON; empty where there is none, or it has more than 100 kB.

        Args:
            wanted: versions, with what their commits say of them.
        """
        from mreg.registry import profile

        return profile.examples(self.repository, wanted)

    def plots_of(self, said: Sequence[tuple[Version, Said]]) -> Plots:
        """Return what `plots` returns, of versions with what their commits say of them."""
        from mreg.registry import comparison

        return comparison.plots_of(self.repository, [it for it, _ in said], [it for _, it in said])

    def have_plots(self, said: Sequence[tuple[Version, Said]]) -> list[bool]:
        """Tell of such versions whether there may be plots of them, without reading any."""
        from mreg.registry import comparison

        return comparison.have_plots(self.repository, said)

    def steps_of(self, said: Sequence[tuple[Version, Said]]) -> list[tuple[LockedStage, ...]]:
        """Return the steps of DVC's pipelines that made versions, each as at its own commit.

        It is what `lineage` says of steps, for any number of versions at once.

        Args:
            said: versions, with what their commits say of them.

        Returns:
            Of each version its steps, the first step first; none of one that no pipeline made.
        """
        from mreg.lineage.read import steps

        return steps(self.repository, [it for it, _ in said], [it for _, it in said])

    def sides(
        self,
        said: Sequence[tuple[Version, Said]],
        wanted: Callable[[Version], bool] = lambda _: True,
    ) -> list[Side]:
        """Return versions with what stands at their commits: contents, digests, requirements.

        It is what `diff` holds against each other, for any number of versions at once.

        Args:
            said: versions, with what their commits say of them, as a profile has it.
            wanted: whether it is looked what stands at the commit of a version; of others there is
                what their commits say alone.
        """
        from mreg.registry import comparison

        return comparison.sides(self.repository, said, wanted)

    def site(self, folder: str | os.PathLike[str], **options: Unpack[SiteOptions]) -> SiteReport:
        """Write the registry as pages into a folder, or bring the pages there up to date.

        `mreg.web.site.build` does it for several registries. What is as it was is not written.

        Args:
            folder: the folder; it is made if it is not there.
            options: see `mreg.web.options.SiteOptions`: `title`, `base_url`, `at`, `emails`,
                `only`, `exclude`.

        Raises:
            Refused: the folder holds something else than a site.
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
        """Return where the bytes of a version are, fetched if they have to be (docs/how-to/get.md).

        Args:
            selector: the version.
            output: where to put the file or folder: its path, or a folder that is there, into which
                it goes. Without it, it stays in the cache, to be read there.
            link: make it a link to the cache's own file, which takes no room and is read-only;
                who writes to it nevertheless, changes all links to it.
            force: replace what is at `output`.
            path: where it is in its own commit, from the repository's root, or its URL, if its
                annotation there does not say so.
            rev: the commit whose annotation says so, if its own does not.
            include: of a folder, the files alone that match this pattern, or one of several: a
                shell's, of the path within the folder, where `*` takes "/", too; or a folder in it.
            follow: return an object that can be refreshed when the stage has moved.

        Raises:
            NotFound: there is no such version, nothing says where its bytes are, or no file of it
                matches.
            Mismatch: the bytes are not those that were recorded.
            Refused: something is at `output`, a path is not safe, or its own annotation says
                another one.
        """
        get = partial(self.got, selector, output, link=link, path=path, rev=rev, include=include)
        if not follow:
            return Path(get(force=force).path)
        from mreg.registry.content import Followed

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
        """Do what `get` does, and return what there is to say of it.

        Args:
            selector: as for `get`.
            output: as for `get`.
            link: as for `get`.
            force: as for `get`.
            sha256: the digest that the bytes must have, where none is recorded of them.
            report: told how far a fetch is, from any thread.
            into_current: put it into the current folder where no `output` says otherwise.
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
        """Return what was fetched and is kept on this machine, of whatever repository."""
        from mreg.registry import cache

        return cache.cached()

    @staticmethod
    def clear_cache(url: str | None = None, *, network: Network = QUIET) -> Cleared:
        """Remove all that is kept, or the mirror of one URL; it is fetched anew when needed.

        Args:
            url: of which repository.
            network: how long to wait for whoever uses a mirror.

        Raises:
            NotFound: there is no mirror of that URL.
            GitError: somebody uses it for longer than that.
        """
        from mreg.registry import cache

        return cache.clear(url, seconds=network.seconds)

    @staticmethod
    def prune_cache(limit: int | None = None) -> Pruned:
        """Remove the contents that were not used for the longest time, until the others fit.

        Args:
            limit: how many bytes may stay; None: as many as the cache may have.
        """
        from mreg.registry import cache

        return cache.prune(limit)

    def open_file(self, selector: str) -> BinaryIO:
        """Open a version that is one file, for reading.

        Raises:
            Refused: it is a folder.
        """
        path = self.get(selector)
        if path.is_dir():
            raise Refused(f"{selector} is a folder", hint="`get` returns its path")
        return path.open("rb")

    def committed_file(self, version: Version, path: str, most: int) -> bytes:
        """Return a small file of a version's commit, such as the example of its schema.

        Args:
            version: the version.
            path: where the file is, from the repository's root.
            most: how many bytes it may have.

        Raises:
            NotFound: its commit does not have it.
            Refused: it has more bytes.
        """
        from mreg.registry import content

        return content.committed_file(self.repository, version, path, most)

    def environment(self, selector: str) -> Environment:
        """Return what a version was made to run with.

        Raises:
            NotFound: nothing of that is recorded.
        """
        from mreg.registry import content

        return content.environment(self.repository, selector)

    # What is recorded

    def identity(self) -> Actor:
        """Return who the user is to whoever reads what is recorded, and where it would go.

        Raises:
            Refused: Git knows no name or e-mail address.
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
            rev: the commit, as Git names it.
            version: the version; without it, it follows from the highest active one among the
                commit's ancestors, or the highest of all if there is none.
            bump: how it follows; a patch up if that is not said.
            message: what to say of it.
            force: allow a second version at a commit that has one, and an annotation there that
                cannot be read.
            digest: record the SHA-256 of its file, which is read for it wherever it is.
            allow_dirty: register HEAD though its files are not on disk as they were committed.
            report: told how far the reading of the file is.
            publication: see `mreg.registry.record.EventPublication`: `dry_run`, `push`,
                `remote`, `new`, `with_branch`.

        Returns:
            The event that was made, or that had made it so before; after a dry run, the one that
            would be made.

        Raises:
            NotFound, Refused, Mismatch: its file cannot be had, or is not what is annotated.
        """
        from mreg.registry import record, requests

        commit = read.commit(self.repository, rev)
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
            selector: the version; `churn#staging` is what staging holds.
            stage: the stage.
            rev: the version at this commit, instead of one that the selector names.
            message: what to say of it.
            force: promote what holds the stage already, or was rolled back from and is not named.
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
        """Promote the version at a commit to a stage, registering one there first if there is none.

        Both tags appear at once, or neither; the arguments are those of `register` and `promote`.

        Returns:
            The events made: registration and promotion, or the promotion alone.
        """
        from mreg.registry import record, requests

        name = names.artifact(name)
        commit = read.commit(self.repository, rev)
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
        """Take a version out of a stage; what held it before, if still there, takes over."""
        from mreg.registry import record, requests

        wanted = queries.parse_selector(selector)
        wish = requests.demote(self.repository, wanted, stage, message)
        return record.record(self.repository, wanted.artifact, [wish], **publication)[0]

    def demote_all(
        self, name: str, stage: str, *, message: str = "", **publication: Unpack[Recording]
    ) -> tuple[Outcome, ...]:
        """Take everything of an artifact out of a stage: a demotion each, the holder's last."""
        from mreg.registry import record, requests

        wishes = requests.demote_all(self.repository, names.artifact(name), stage, message)
        return record.record(self.repository, name, wishes, **publication)

    def rollback(
        self, name: str, stage: str, *, message: str = "", **publication: Unpack[Recording]
    ) -> Outcome:
        """Put back the version that held a stage before its current holder did."""
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
        """End a version and its places in stages; by force, of one that holds a stage.

        Raises:
            UsageError: the selector is just an artifact's name.
        """
        from mreg.registry import record, requests

        wanted = queries.parse_selector(selector)
        wish = requests.deregister(self.repository, wanted, message, force=force)
        return record.record(self.repository, wanted.artifact, [wish], **publication)[0]

    def deprecate(
        self, name: str, *, message: str = "", **publication: Unpack[Recording]
    ) -> Outcome:
        """Mark an artifact as no longer in use; any later event of it takes the mark away."""
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
        """Record what another registry has had of an artifact: all of it, or nothing.

        Versions are registered at their own times, in the order given, each at a commit that is
        made for it; what they are is that commit's annotation. Promotions are made now. Nothing is
        published: `push` does that.

        Args:
            name: the artifact.
            versions: the versions; each is asked for when the commit before it is made.
            promotions: which of them, or of those that are there, hold stages.
            branch: the branch that the commits are on; it is made, or moved on.
            keep: what keeps the files of the versions.

        Raises:
            Refused: a version is taken, or the policy does not allow an event.
        """
        from mreg.registry import past

        return past.record_past(self.repository, name, versions, promotions, branch, keep)

    def unsaid(self, made: Record | Outcome, *, forced: bool = True) -> tuple[Diagnostic, ...]:
        """Return what the commit of a registration does not say, or not so that it can be read.

        Of any other event there is nothing; nor of a repository that is read by URL, from which
        files would have to be fetched for it.

        Args:
            made: the registration.
            forced: whether it may have been made by force: what `get` refuses is not looked for
                where it was not, since `register` refused it.
        """
        from mreg.registry import unsaid

        return unsaid.problems(self.repository, made, forced=forced)

    # What goes to a remote, and what comes from it

    def push(
        self, name: str | None = None, *, remote: str | None = None, with_branch: bool = False
    ) -> tuple[str, ...]:
        """Publish the registry tags that a remote lacks, in the order of their events.

        Args:
            name: of this artifact alone.
            remote: the remote; None: the branch's, or origin.
            with_branch: publish the current branch with them, all or none.

        Returns:
            The tags that were published.

        Raises:
            Refused: the remote has another tag of such a name, or another event of such a number.
        """
        from mreg.governance.branches import push_required
        from mreg.store import branches, publish

        wanted = None if name is None else read.history(self.repository, name).artifact
        peer = publish.connect(self.repository, remote)
        carriers = branches.current(peer) if with_branch else branches.NONE
        return publish.push(peer, wanted, prepare=push_required, carriers=carriers)

    def fetch(self, *, remote: str | None = None) -> Fetched:
        """Fetch the registry's tags and approvals; what is here stays as it is."""
        from mreg.store import publish

        return publish.fetch(publish.connect(self.repository, remote))

    def undo(self, name: str, *, dry_run: bool = False) -> Record:
        """Remove the newest event of an artifact that no remote has, and return it.

        With `dry_run`, it is found out which one that is, and it stays.

        Raises:
            Refused: a remote has every event, or had it.
        """
        from mreg.store import publish

        history = read.history(self.repository, name)
        gone = publish.undo(self.repository, history, dry_run=dry_run)
        return next(it for it in queries.records([history]) if it.tag == gone.tag)

    # The files of the work tree

    def init(self, pipeline: Pipeline | None = None) -> tuple[Step, ...]:
        """Make the files of the work tree that mreg reads; none that is there is overwritten.

        Args:
            pipeline: also make a pipeline for this service: "github" or "gitlab".
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
        """Say what an artifact is, in the annotations file of the work tree.

        >>> registry.annotate("churn", type="model", metrics={"accuracy": 0.93}, commit=True)

        Args:
            name: the artifact.
            commit: commit the file, and it alone: whatever else is staged stays staged.
            message: the commit's message; of no use without `commit`.
            dry_run: decide everything, and leave the file as it is.
            example: a JSON, CSV or Parquet file of data that the model takes: its schema is
                recorded, and its first rows are written beside the model.
            wishes: what to say; see `mreg.annotations.changes.Wishes`.
        """
        from mreg.worktree import edit

        why = edit.commit_message(message, f"Annotate {name}", commit=commit)
        if example is not None:
            of_file = (self.repository, name, wishes, Path(example))
            return edit.annotate_by_example(*of_file, commit=why, dry_run=dry_run)
        return edit.annotate(self.repository, name, wishes, commit=why, dry_run=dry_run)

    def remove(self, name: str, *, commit: bool = False, message: str = "") -> Edited:
        """Take an artifact's annotation out of the file; its tags and its past stay.

        `commit` and `message` are those of `annotate`.
        """
        from mreg.worktree import edit

        why = edit.commit_message(message, f"Remove the annotation of {name}", commit=commit)
        return edit.remove(self.repository, name, commit=why)

    def validate(
        self, files: Sequence[str] = (), *, progress: Callable[[int, int], None] | None = None
    ) -> Validation:
        """Find everything that is wrong with annotation files and settings.

        Args:
            files: the files, from the current folder; without any, all of the work tree.
            progress: is told how many of how many entries were checked.
        """
        from mreg.registry import validation

        return validation.validate(self.repository, files, progress)

    # What the policy says

    def policy(self) -> Governing:
        """Return the policy that counts, and where it stands."""
        from mreg.governance import settings

        return settings.governing(self.repository)

    def differing_policy(self, counts: Governing) -> str:
        """Return the name of the work tree's file whose policy is not the one that counts.

        It is empty where there is none, or it says the same.
        """
        from mreg.worktree import settings

        return settings.differs(self.repository, counts.settings)

    def check_policy(self, selector: str, stage: str | None = None) -> Check:
        """Return what the policy says of a promotion, or of a registration; nothing is made.

        Args:
            selector: the version.
            stage: the stage; without it, it is the registration of HEAD that is asked about, and
                the selector is the artifact's name.
        """
        from mreg.registry import policy

        return policy.check(self.repository, selector, stage)

    def approve(
        self, selector: str, stage: str, *, message: str = "", **publication: Unpack[Publication]
    ) -> Approval:
        """Say that a version may go to a stage; what was said already, and stands, is not repeated.

        Raises:
            Refused: the version is not registered, the policy has no such stage, or does not know
                the user.
        """
        from mreg.registry import policy

        return policy.say(self.repository, "approve", selector, stage, message, **publication)

    def reject(
        self, selector: str, stage: str, *, message: str = "", **publication: Unpack[Publication]
    ) -> Approval:
        """Say that a version may not go to a stage; otherwise as `approve`, which it takes back."""
        from mreg.registry import policy

        return policy.say(self.repository, "reject", selector, stage, message, **publication)

    def approvals(self, selector: str, stage: str | None = None) -> tuple[Approval, ...]:
        """Return what principals last said of a version, by stage and principal.

        With a stage, what they said of that one alone.
        """
        from mreg.registry import policy

        return policy.approvals(self.repository, selector, stage)

    def pending(self, name: str | None = None) -> tuple[Pending, ...]:
        """Return the versions that wait for approvals, and for whose; those of one artifact."""
        from mreg.governance import evaluate

        repo = self.repository
        histories = [*read.state(repo)] if name is None else [read.history(repo, name)]
        return tuple(evaluate.pending(repo, self.policy(), histories))

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
        """Return what stages hold, what their endpoints say really runs, and what still waits.

        The endpoints are those of `.mreg.yaml` where the policy counts. They are asked side by
        side, each once; what one does not say is a part of the answer, and no error.

        >>> registry.status("churn").agrees

        Args:
            name: of this artifact alone.
            stage: of this stage alone.
            policy: take the endpoints and the policy of this commit instead.
            secrets: the values of the variables `MREG_ENDPOINT_...` that headers are made of; no
                environment is read here.
            seconds: how long one endpoint may take to answer.
            waiting: look what waits, too.
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
        """Iterate over what `status` returns, asked again until everything agrees.

        That is so once it agreed three times one after the other: replicas behind one address may
        run two versions for a while. The last answer is that, or the one when the time was over.

        Args:
            name: as for `status`.
            wait: how many seconds to go on.
            asked: as for `status`: `stage`, `policy`, `secrets`, `seconds`, `waiting`.

        Raises:
            Refused: there is no endpoint to be asked.
        """
        from mreg.registry import status

        return status.wait(lambda: self.status(name, **asked), wait)

    def backers(self, version: Version) -> Backers | None:
        """Return who stands behind a promotion: who signed it, and who had approved it by then.

        Args:
            version: what `resolve` returned for a stage's holder, such as that of `churn#prod`.

        Returns:
            Who, as `audit` says of the event; None where no stage was asked for.

        Raises:
            Refused: this clone lacks some of what tells it.
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
        """Judge some registry tags, or all those of an artifact that is named; else as `audit`."""
        from mreg.registry import policy as policies

        return policies.verify(self.repository, tags, policy, progress)

    def verify_updates(self, updates: Iterable[Update], *, policy: str | None = None) -> Received:
        """Judge what a push would do to the registry's refs, by the policy that counts now.

        Args:
            updates: what is to become of each ref; those that are not the registry's pass.
            policy: judge by the policy of this commit.
        """
        from mreg.registry import policy as policies

        return policies.verify_updates(self.repository, updates, policy)

    def verify_update_alone(self, update: Update) -> Received:
        """Judge one update of a push, as an update hook sees it; otherwise as `verify_updates`.

        Other refs of the same push may have been moved already. So the policy is the one that
        counted when the hook was first called for this push.

        Raises:
            Refused: which push it is cannot be told.
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
        """Return together what `verify`, `verify_updates` and `tampering` find.

        Args:
            tags: the registry tags to judge, an artifact's name for all of its; None: every one,
                as `audit` does.
            updates: of a push, what is to become of each ref.
            tampering: look for traces of tampering, too.
            remote: as for `tampering`.
            offline: as for `tampering`.
            policy: judge by the policy of this commit.
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
        """Find traces of tags that were moved, removed or slipped in.

        Args:
            remote: the remote; None: the branch's, or origin. Without any, the chain of events is
                all there is to look at.
            offline: do not ask it, but compare what is here with what it was last seen to hold.
        """
        from mreg.registry import policy

        return policy.tampering(self.repository, remote, offline=offline)

    def install_hook(self, name: Hook, *, force: bool = False) -> Path:
        """Let a hook refuse what the policy does not allow, and return its file.

        Args:
            name: "pre-receive" or "update" on a server, "pre-push" in a clone.
            force: put it in place of a hook that somebody else made.

        Raises:
            Refused: there is another hook, or this machine cannot run such a hook soundly.
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
        Unless it is to be `detailed`, what changes and the lineage are not looked up. Otherwise as
        `deployment`.
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
        """Tell webhooks of an event; of a tag that is not the registry's nobody is told.

        Args:
            tag: its name, or its full ref.
            webhooks: their URLs.
            expect_oid: as for `deployment`.
            post: how they are told; see `mreg.deploy.notify.Post`: `form`, `secret`, `seconds`,
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
        """Tell webhooks where something else runs than a stage holds, each difference once.

        Args:
            found: what `status` answered.
            webhooks: their URLs.
            state: the file that says what was told; None: one of the user's own.
            post: how they are told; see `mreg.deploy.drift.DriftPost`: `form`, `secret`, `seconds`,
                `repository`.

        Returns:
            The differences, as each is told.

        Raises:
            Refused: the file is another one, or cannot be read or written.
        """
        from mreg.deploy import drift

        return drift.notify(self.repository, found, webhooks, state, **post)

    def notify_push(
        self, updates: Iterable[Update], webhooks: Sequence[str], **post: Unpack[Post]
    ) -> Iterator[Notice]:
        """Tell webhooks of the events of a push, in their order; otherwise as `notify`.

        A post-receive hook is told what became of each ref: those are the `updates`.
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
        """Act upon each new event at the remote once, in the order of its artifact, for ever.

        What is killed while it acts finds that event in doubt when it begins again, and acts upon
        it once more. Nothing happens before the first result is asked for.

        Args:
            act: acts upon an event, and returns why that failed; nothing if it did not. It is told
                whether the event may have been acted upon before.
            remote: one of the repository's remotes; None: the one that it came from.
            state: the file that says what became of each event; None: one of the user's own.
            manner: how to watch; None: every 30 seconds, upon all that is new from now on.
            stop: set by whoever wants it to end; what is being done is finished first.

        Returns:
            What becomes of events, as it does.

        Raises:
            Refused: another watcher is at work on the file, or it is not that of such a watch.
            MregError: the remote cannot be asked, where that is to be done once.
        """
        from threading import Event

        from mreg.deploy import journal, watch
        from mreg.deploy.follow import WatchedSource

        source = WatchedSource(self.repository, remote=remote)
        return watch.watch(
            source,
            (state or journal.default(source.name)).absolute(),
            act,
            manner or watch.WatchOptions(),
            stop=stop or Event(),
            network=self.network,
        )


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
    """Return where the bytes of a version are: `Registry.open(repo).get(selector, ...)`.

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
