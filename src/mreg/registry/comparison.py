"""Versions against each other: what differs, how they compare, and which is the best."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING

from mreg.annotations import entry
from mreg.annotations.packed import Said
from mreg.compare import comparison, tensors
from mreg.compare import diff as differences
from mreg.compare.comparison import Best, Row
from mreg.compare.diff import Diff, Side
from mreg.compare.tensors import TensorFile, Tensors
from mreg.core import directions, names, queries
from mreg.core.diagnostics import Diagnostic
from mreg.core.queries import Version
from mreg.core.replay import History
from mreg.errors import MregError, NotFound, UsageError
from mreg.git.repository import Repository
from mreg.registry import read

if TYPE_CHECKING:
    from mreg.core.directions import Direction
    from mreg.plots.values import Plots
    from mreg.search import Query
    from mreg.store.versioned_files import Fetcher


def diff(
    repo: Repository,
    selectors: Sequence[str],
    lower: Iterable[str],
    higher: Iterable[str],
    fetcher: Fetcher | None = None,
) -> Diff:
    """Return what differs between two versions: see `Registry.diff`."""
    from mreg.compare.read import between, sides

    told = directions.told(lower, higher)
    wanted = [queries.parse_selector(it) for it in selectors]
    # The tags are read once if both are of one artifact.
    names_ = dict.fromkeys(it.artifact for it in wanted)
    histories = {it: read.history(repo, it) for it in names_}
    versions = [queries.find(histories[it.artifact], it) for it in wanted]
    first, second = sides(repo, versions, read.of_versions(repo, versions, fetcher))
    if first.version.commit == second.version.commit:
        found = differences.compare(first, second, told=told)
    else:
        commits, lost, problems = between(repo, *versions)
        found = differences.compare(first, second, commits, lost, told)
        found = found._replace(problems=(*found.problems, *problems))
    return found._replace(tensors=_tensors(repo, found, first, second))


def sides(
    repo: Repository,
    said: Sequence[tuple[Version, Said]],
    wanted: Callable[[Version], bool] = lambda _: True,
) -> list[Side]:
    """Return what stands at the commits of versions: see `Registry.sides`."""
    from mreg.compare.read import sides

    asked = [pair for pair in said if wanted(pair[0])]
    found = iter(sides(repo, [version for version, _ in asked], [it for _, it in asked]))
    return [next(found) if wanted(version) else Side.of(version, it) for version, it in said]


def _tensors(repo: Repository, found: Diff, *sides: Side) -> Tensors | None:
    """Return how tensors compare whose files differ; None if these are no files of tensors."""
    paths = [it.annotation.path or "" if it.annotation else "" for it in sides]
    differs = found.artifact or any(it.name == "sha256" for it in found.fields)
    if not differs or not all(it.lower().endswith(tensors.SUFFIX) for it in paths):
        return None
    read = []
    for side in sides:
        label = f"{side.version.artifact} {side.version.version or side.version.commit[:12]}"
        try:
            held = _tensor_file(repo, side, label)
        except MregError as error:
            return Tensors(unread=f"of {label}: {error}")
        if held is None:
            return Tensors(unread=f"the file of {label} is not on this machine")
        read.append(held)
    return tensors.compare(*read)


def _tensor_file(repo: Repository, side: Side, label: str) -> TensorFile | None:
    from mreg.content import local, locate
    from mreg.content.locate import Sought
    from mreg.content.location import File
    from mreg.content.sources import Origin

    said = side.annotation
    if repo.mirror or said is None or said.path is None:
        return None
    digest = f"sha256:{said.sha256}" if said.sha256 else None
    origin = Origin(repo, side.version.commit)
    place = locate.find(Sought(label, "artifact", said.path, digest), origin)
    return local.read(place, said.path, origin, tensors.read) if isinstance(place, File) else None


def plots(repo: Repository, selectors: Sequence[str], fetcher: Fetcher | None = None) -> Plots:
    """Return the plots of versions: see `Registry.plots`."""
    if not selectors:
        raise UsageError("no version is given", hint="use NAME, NAME@v1.2.0 or NAME#STAGE")
    versions = [read.version(repo, it) for it in selectors]
    return plots_of(repo, versions, read.of_versions(repo, versions, fetcher), fetcher)


def plots_of(
    repo: Repository,
    versions: Sequence[Version],
    said: Sequence[Said],
    fetcher: Fetcher | None = None,
) -> Plots:
    """Return the plots of versions that are known, with what their commits say of them."""
    from mreg.plots.read import plots

    return plots(repo, versions, said, fetcher)


def have_plots(repo: Repository, said: Sequence[tuple[Version, Said]]) -> list[bool]:
    """Tell of versions whether there may be plots of them: see `Registry.have_plots`."""
    from mreg.plots.read import have_some

    return have_some(repo, [it for it, _ in said], [it for _, it in said])


def best(
    repo: Repository,
    name: str,
    metric: str,
    direction: Direction | None,
    where: Query | None,
    stage: str | None,
    fetcher: Fetcher | None = None,
) -> Best:
    """Return an artifact's best version by a metric: see `Registry.best`."""
    found, problems = rows(repo, name, stage=stage, where=where, fetcher=fetcher)
    if not found:
        doubtful = "".join(f" that can be read ({it.subject}: {it.message})" for it in problems[:1])
        hint = f"`mreg show {name}` lists them"
        raise NotFound(f"{name} has no such version{doubtful}", hint=hint)
    chosen = comparison.best(found, metric, direction)
    return chosen._replace(problems=(*chosen.problems, *problems))


def rows(
    repo: Repository,
    name: str,
    *,
    stage: str | None = None,
    limit: int | None = None,
    ended: bool = False,
    where: Query | None = None,
    fetcher: Fetcher | None = None,
    selectors: Sequence[str] = (),
) -> tuple[list[Row], list[Diagnostic]]:
    """Return an artifact's versions with what their commits say, newest first by SemVer.

    Beside them, why it cannot be told whether others match a query.
    """
    queries.refuse_negative(limit, f"a limit of {limit}")
    history = read.history(repo, name)
    place = None if stage is None else names.stage(stage)
    known = queries.find_all(history, ended=ended)
    if selectors:
        known = _named(history, selectors)
    asked = [it for it in known if place is None or place in it.stages][:limit]
    pairs = list(zip(asked, read.of_versions(repo, asked, fetcher), strict=True))
    problems: list[Diagnostic] = []
    if where is not None:
        doubts = _condition(repo, where, history)
        judged = [(it, doubts(*it)) for it in pairs]
        pairs = [it for it, found in judged if found is None]
        problems = [why for _, found in judged for why in found or ()]
    return [comparison.row(*it) for it in pairs], problems


def _named(history: History, selectors: Sequence[str]) -> tuple[Version, ...]:
    """Return the versions of an artifact that selectors name, each once, in their order."""
    wanted = [queries.parse_selector(it) for it in selectors]
    if others := [it.artifact for it in wanted if it.artifact != history.artifact]:
        raise UsageError(
            f"{others[0]} is not {history.artifact}; only versions of one artifact can be compared"
        )
    found = {(it.version or it.commit): it for one in wanted for it in [queries.find(history, one)]}
    return tuple(it._replace(promotion=None) for it in found.values())


def _condition(
    repo: Repository, query: Query, history: History
) -> Callable[[Version, Said], Sequence[Diagnostic] | None]:
    """Return what tells whether a version of an artifact matches a query.

    It returns None for one that does, and for another why that cannot be told, if it cannot.
    """
    from mreg import search
    from mreg.search.inputs import Meanings

    state = cache(partial(read.state, repo))  # which only an expression about inputs needs
    meanings = Meanings(lambda artifact: state().history(artifact))
    latest, deprecated = queries.latest(history), history.standing.deprecated

    def judged(version: Version, said: Said) -> Sequence[Diagnostic] | None:
        is_latest, annotation = version.version == latest, entry.readable(said)
        subject = search.SearchedVersion(version, is_latest, deprecated, annotation, meanings)
        if query.matches(subject):
            return None
        broken = [said] if isinstance(said, Diagnostic) and query.is_open(subject) else []
        return [*broken, *query.doubts(subject)]

    return judged
