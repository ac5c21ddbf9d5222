"""An artifact: its history and its annotation together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from mreg.core import queries, tables
from mreg.core.diagnostics import Diagnostic
from mreg.core.queries import Version
from mreg.core.replay import History
from mreg.core.standing import Holder
from mreg.core.tables import ArtifactRow
from mreg.errors import NotFound
from mreg.git.files import Files
from mreg.git.repository import Repository
from mreg.registry import read
from mreg.render.table import Table
from mreg.tuples import NamedTuple

if TYPE_CHECKING:
    from mreg.annotations.entry import Annotation, Described
    from mreg.annotations.outline import Outline, Overview
    from mreg.store.versioned_files import Fetcher


class Artifact(NamedTuple):
    """The current state of an artifact.

    Attributes:
        name: its name.
        type: its type (model, dataset, ...) in the commit of the latest version or, without one
            there, at HEAD; None if neither has one. For several artifacts, HEAD is read first.
        path: its location, from the same place.
        annotated: whether artifacts.yaml at HEAD has an entry for it.
        registered: whether it has any registry tag.
        deprecated: whether it is deprecated.
        latest: its highest active version by SemVer.
        stages: the holders of each stage that has any, the current one first.
    """

    name: str
    type: str | None
    path: str | None
    annotated: bool
    registered: bool
    deprecated: bool
    latest: Version | None
    stages: dict[str, tuple[Holder, ...]]

    def _repr_html_(self) -> str:
        from mreg.render import html

        return html.table(overview([self]))


class Details(NamedTuple):
    """An artifact with its versions.

    Attributes:
        artifact: the current state of the artifact.
        versions: its versions, newest first by SemVer.
        problems: the data that could not be read.
        unannotated: the versions without an annotation in their own commits, if HEAD has one.
    """

    artifact: Artifact
    versions: tuple[Version, ...]
    problems: tuple[Diagnostic, ...]
    unannotated: tuple[str, ...] = ()

    @property
    def table(self) -> Table:
        """The versions as a table, a row each."""
        name, early = self.artifact.name, not self.artifact.registered
        empty = f"{name} is annotated, but has no version: mreg register {name}" if early else ""
        return tables.versions(name, self.versions, self.unannotated, empty=empty)

    def _repr_html_(self) -> str:
        from mreg.render import html

        return html.table(self.table.in_zone(None))


def described(
    repo: Repository, selector: str, rev: str | None = None, fetcher: Fetcher | None = None
) -> Described:
    """Return what a version is, as its own commit says: see `Registry.describe`."""
    from mreg.annotations.entry import Described
    from mreg.annotations.sources import Wanted

    wanted = queries.parse_selector(selector)
    version, commit = None, ""
    if rev is None:
        history = read.state(repo, wanted.artifact).history(wanted.artifact)
        if not wanted.plain or queries.latest(history):
            found_version = queries.find(read.known(repo, history), wanted)
            version, commit = found_version.version, found_version.commit
    commit = commit or read.commit(repo, rev or "HEAD")
    where = f"{wanted.artifact} {version}" if version else f"{wanted.artifact} at {commit[:12]}"
    found = read.entries(repo, [Wanted(wanted.artifact, commit, where)], fetcher=fetcher)[0]
    if isinstance(found, Diagnostic):
        raise NotFound(f"{where}: {found.message}", hint=found.hint)
    if found is None:
        raise NotFound(
            f"{where} is not annotated",
            hint=f"mreg annotate {wanted.artifact}, commit the file and register a version",
        )
    return Described(wanted.artifact, version, commit, found)


def describe(
    repo: Repository,
    histories: Sequence[History],
    at_head: Overview,
    *,
    head_first: bool = False,
) -> list[Artifact]:
    """Return artifacts, from their histories and what their latest versions' commits say of them.

    Of what these say nothing, the annotations at HEAD do; or the other way round: to read a file of
    all annotations for each of a thousand artifacts would take seconds.
    """
    latest = {it.artifact: _latest(it) for it in histories}
    outlines = at_head.annotations
    asked = [it for it in latest.values() if it and not (head_first and it.artifact in outlines)]
    with Files(repo) as files:
        asked = read.unlike_head(asked, at_head, files)
    said = zip(asked, read.of_versions(repo, asked) if asked else (), strict=True)
    own = {it.artifact: found for it, found in said if found and not isinstance(found, Diagnostic)}
    return [_described(it, latest[it.artifact], own, outlines) for it in histories]


def described_as(
    history: History, own: Mapping[str, Annotation], at_head: Mapping[str, Outline]
) -> Artifact:
    """Return an artifact, from what its latest version's commit says (`own`), else HEAD."""
    return _described(history, _latest(history), own, at_head)


def _latest(history: History) -> Version | None:
    version = queries.latest(history)
    return queries.describe(history, version) if version else None


def _described(
    history: History,
    latest: Version | None,
    own: Mapping[str, Annotation],
    at_head: Mapping[str, Outline],
) -> Artifact:
    name = history.artifact
    annotation = own.get(name) or at_head.get(name)
    return Artifact(
        name,
        annotation.type if annotation else None,
        annotation.path if annotation else None,
        name in at_head,
        bool(history.timeline),
        history.standing.deprecated,
        latest,
        queries.holders(history),
    )


def overview(artifacts: Iterable[Artifact]) -> Table:
    """Return artifacts as a table: a row each, a column a stage with its current holder."""
    return tables.artifacts([_row(it) for it in artifacts])


def _row(it: Artifact) -> ArtifactRow:
    held = {stage: tables.holder_label(holders) for stage, holders in it.stages.items()}
    latest = it.latest and it.latest.version
    return ArtifactRow(it.name, it.type, it.deprecated, latest, held)
