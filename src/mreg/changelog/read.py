"""Reading what release notes are made of: what versions say, and the commits between them."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple

from mreg.annotations.entry import Annotation, is_url
from mreg.annotations.sources import Wanted
from mreg.changelog import changelog
from mreg.changelog.ancestry import Ancestry
from mreg.changelog.changelog import Changelog, Release, Touched
from mreg.compare.diff import Side
from mreg.core import queries
from mreg.core.diagnostics import Diagnostic, problem
from mreg.core.directions import Directions
from mreg.core.queries import Version
from mreg.core.replay import History
from mreg.dvc import pointers
from mreg.dvc.lockfile import LOCK
from mreg.git import changes, files, log
from mreg.git.changes import Changed
from mreg.git.repository import Repository

ReadAnnotations = Callable[[Sequence[Wanted]], Sequence[Annotation | Diagnostic | None]]


def answer(
    repo: Repository,
    history: History,
    read: ReadAnnotations,
    ends: tuple[str | None, str | None],
    *,
    limit: int | None,
    commits: int,
    told: Directions,
) -> Changelog:
    """Return an artifact's release notes, after one version and up to another.

    At most so many versions, the newest, and so many commits of each are in them. The number of Git
    processes does not grow with them.

    Raises:
        UsageError: they would end before they begin.
        Refused: it is a shallow clone, and its remote cannot be asked about commits.
    """
    since, until = ends
    found = changelog.span(history, since, until)[:limit]
    known = {it.version: it for it in queries.find_all(history, ended=True)}
    follows = changelog.predecessors(history)
    before = {it.version: known.get(follows[str(it.version)]) for it in found}
    sides = _sides([*found, *filter(None, before.values())], read)
    between = _commits(repo, found, before, sides, commits)
    events = changelog.events(history)
    releases = []
    for it in found:
        other = before[it.version]
        first = sides[other.version] if other else None
        metrics = changelog.compare(first, sides[it.version], told)
        listed = between.get(it.version) or Touched()
        releases.append(Release(it, other, tuple(events[str(it.version)]), metrics, *listed))
    problems = [why for side in sides.values() for why in side.problems]
    message = (
        "cannot list the commits between it and the version before: one is not in this repository"
    )
    problems += [
        problem("MR017", known[it].tag, message, hint=known[it].commit)
        for it, listed in between.items()
        if listed is None
    ]
    return Changelog(history.artifact, since, until, tuple(releases), tuple(problems))


def _sides(versions: Iterable[Version], read: ReadAnnotations) -> dict[str | None, Side]:
    """Return what the commits of versions say of them, by version."""
    known = {it.version: it for it in versions}
    said = read([Wanted(it.artifact, it.commit, it.tag) for it in known.values()])
    return dict(zip(known, map(Side.of, known.values(), said), strict=True))


def _commits(
    repo: Repository,
    versions: Iterable[Version],
    before: Mapping[str | None, Version | None],
    sides: Mapping[str | None, Side],
    limit: int,
) -> dict[str | None, Touched | None]:
    """Return the commits between each version and the one before, where these differ."""
    followed = {it: other for it in versions if (other := before[it.version])}
    pairs = {it: other for it, other in followed.items() if other.commit != it.commit and limit}
    files = paths(repo, {it.commit: sides[it.version].annotation for it in pairs})
    spans = [Span(other.commit, it.commit, files[it.commit]) for it, other in pairs.items()]
    return dict(zip((it.version for it in pairs), touched(repo, spans, limit=limit), strict=True))


class Span(NamedTuple):
    """The commits of two versions, and the files and folders that count of the second."""

    since: str
    until: str
    paths: frozenset[str]


def touched(repo: Repository, spans: Sequence[Span], *, limit: int) -> list[Touched | None]:
    """Return the commits of each span that changed one of its paths; four Git processes at most.

    The spans come the newest first. Of one with an end that is not here there is None.

    Raises:
        Refused: it is a shallow clone, and its remote cannot be asked.
    """
    if not spans:
        return []
    whole = log.with_history(repo, [end for it in spans for end in (it.since, it.until)])
    history = _history(whole, spans)
    between = [
        history.between(it.since, it.until) if it.since in history and it.until in history else None
        for it in spans
    ]
    wanted = dict.fromkeys(commit for listed in between for commit in listed or ())
    every = frozenset(path for it in spans for path in it.paths)
    changed = changes.to_paths(whole, {it: history.parents[it] for it in wanted}, every)
    around = {commit: _around(it, every) for commit, it in changed.items()}
    found: list[Touched | None] = []
    for span, listed in zip(spans, between, strict=True):
        if listed is None:
            found.append(None)
            continue
        counted = [it for it in listed if not span.paths.isdisjoint(around.get(it, ()))]
        commits = tuple(changed[it].commit for it in counted[:limit])
        found.append(Touched(commits, len(counted[limit:])))
    return found


def _history(repo: Repository, spans: Sequence[Span]) -> Ancestry:
    """Return the history that spans lie in, without what is older than the first of them.

    That the last span's first commit leads to all the others is the rule. Where it does not, as
    with branches that never met, the whole history is read.
    """
    ends = dict.fromkeys(end for it in spans for end in (it.since, it.until))
    first = spans[-1].since
    history = Ancestry(changes.parents(repo, ends, above=first))
    if history.leads_to_all(first, ends):
        return history
    return Ancestry(changes.parents(repo, ends))


def _around(changed: Changed, every: frozenset[str]) -> frozenset[str]:
    """Return those of some paths that a commit changed: files, and the folders around them."""
    return every.intersection(
        it for path in changed.paths for it in (".", *accumulate(path.split("/"), posixpath.join))
    )


def paths(repo: Repository, read: Mapping[str, Annotation | None]) -> dict[str, frozenset[str]]:
    """Return the files in Git that say what an artifact is and what went into it, by commit.

    They are the path of the artifact and those of its inputs. Of what is not in Git, they are the
    files by which DVC knows it.
    """
    named = {commit: set(_named(said)) for commit, said in read.items()}
    with files.Files(repo) as reader:
        located = reader.locate(
            (commit, it) for commit, paths in named.items() for path in paths
            for it in (path, *_of_dvc(path))
        )  # fmt: skip
    return {
        commit: frozenset(it for path in paths for it in _watched(commit, path, located))
        for commit, paths in named.items()
    }


def _named(said: Annotation | None) -> Iterator[str]:
    """Iterate over the paths in the repository that an annotation names."""
    for path in (said.path, *(it.path for it in said.inputs)) if said else ():
        if path and not is_url(path) and not path.startswith(("/", "../")) and path != "..":
            yield path


def _watched(
    commit: str, path: str, located: Mapping[tuple[str, str], str | None]
) -> Iterable[str]:
    if path == "." or located.get((commit, path)):
        return (path,)
    return [it for it in _of_dvc(path) if located.get((commit, it))] or (path,)


def _of_dvc(path: str) -> list[str]:
    """Return the files of DVC that may speak of a path."""
    locks = (posixpath.join(folder, LOCK) for folder in pointers.folders(path))
    return [*pointers.candidates(path), *locks]
