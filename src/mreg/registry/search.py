"""Which versions of the whole registry an expression is true of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from mreg.annotations import entry
from mreg.annotations.entry import Annotation
from mreg.core import queries
from mreg.core.diagnostics import Diagnostic
from mreg.core.replay import History
from mreg.git.repository import Repository
from mreg.registry import read
from mreg.search import Query, SearchedVersion
from mreg.search.found import Found, Results
from mreg.search.inputs import Meanings


def results(
    repo: Repository,
    query: Query,
    *,
    ended: bool,
    latest: bool,
    at: datetime | str | None,
    annotated: bool,
) -> Results:
    """Return the versions that a query is true of: see `Registry.results`."""
    state = read.state(repo, None, at)
    meanings = Meanings(state.history)
    whole = ended or any(it.field == "deprecated" for it in query.comparisons())
    subjects = (
        it
        for history in state
        if whole or not history.standing.deprecated
        for it in _subjects(history, meanings, ended=ended)
        if it.latest or not latest
    )
    found = _sift(repo, query, subjects, annotated=annotated)
    return found._replace(problems=(*state.problems, *found.problems))


def _subjects(history: History, meanings: Meanings, *, ended: bool) -> Iterator[SearchedVersion]:
    """Iterate over an artifact's versions, newest first by SemVer."""
    latest, deprecated = queries.latest(history), history.standing.deprecated
    for version in queries.find_all(history, ended=ended):
        yield SearchedVersion(version, version.version == latest, deprecated, meanings=meanings)


def _sift(
    repo: Repository, query: Query, subjects: Iterable[SearchedVersion], *, annotated: bool
) -> Results:
    """Return the subjects that match.

    What the tags tell is asked first: of what they rule out, no annotation is read.
    """
    possible = [it for it in subjects if query.foresee(it) is not False]
    if not annotated and not query.asks_annotations:
        return Results(query, tuple(Found(it.version, None) for it in possible), ())
    found: list[Found] = []
    problems: list[Diagnostic] = []
    read_ = read.of_versions(repo, [it.version for it in possible]) if possible else []
    for subject, content in zip(possible, read_, strict=True):
        problems += entry.problems(content)
        known = subject._replace(annotation=entry.readable(content))
        judged = query.judge(known)
        if judged is None:
            problems += query.doubts(known)
        if judged:
            said = content if isinstance(content, Annotation) else None
            found.append(Found(subject.version, said))
    return Results(query, tuple(found), tuple(problems))
