"""Which versions of the whole registry an expression is true of."""

from __future__ import annotations

import marshal
from collections.abc import Iterable
from datetime import datetime
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from mreg.annotations import entry
from mreg.annotations.entry import Annotation
from mreg.core import queries, times
from mreg.core.diagnostics import Diagnostic
from mreg.core.queries import Version
from mreg.core.replay import History
from mreg.git.repository import Repository
from mreg.registry import read
from mreg.search import Query, SearchedVersion
from mreg.search.found import Found, Results
from mreg.search.inputs import Meanings
from mreg.search.subject import NOTHING_MEANT
from mreg.store.answers import AnswerKind
from mreg.tuples import NamedTuple

if TYPE_CHECKING:
    from mreg.store.versioned_files import Fetcher


def results(
    repo: Repository,
    query: Query,
    *,
    ended: bool,
    latest: bool,
    at: datetime | str | None,
    annotated: bool,
    fetcher: Fetcher | None = None,
) -> Results:
    """Return the versions that a query is true of: see `Registry.results`."""
    compared = {it.field for it in query.comparisons()}
    meanings = NOTHING_MEANT
    known: Iterable[_Artifact]
    if at is None and "input" not in compared:
        answers = read.answers(repo, _VERSIONS)
        known, problems = map(_unpacked, answers.each()), answers.problems
    else:
        state = read.state(repo, None, at)
        meanings, problems = Meanings(state.history), state.problems
        known = (_Artifact(it.artifact, *_versions(it)) for it in state)
    whole = ended or "deprecated" in compared
    subjects = (
        SearchedVersion(it, it.version == of.latest, of.deprecated, meanings=meanings)
        for of in known
        if whole or not of.deprecated
        for it in of.versions
        if (ended or it.active) and (not latest or it.version == of.latest)
    )
    with repo.session.here:
        found = _sift(repo, query, subjects, fetcher, annotated=annotated)
    return found._replace(problems=(*problems, *found.problems))


def hint(repo: Repository, query: Query) -> str:
    """Return what a query that matches nothing may have meant; empty if nothing is like it."""
    from mreg.registry.value_names import field_values, value_names
    from mreg.search import meant

    return meant.hint(query, partial(value_names, repo), partial(field_values, repo))


class _Artifact(NamedTuple):
    """An artifact, with what its tags tell of it.

    Attributes:
        artifact: its name.
        latest: its latest version; None if it has none.
        deprecated: whether it is deprecated.
        versions: its versions, newest first by SemVer, with those that ended.
    """

    artifact: str
    latest: str | None
    deprecated: bool
    versions: Iterable[Version]


def _versions(history: History) -> tuple[str | None, bool, tuple[Version, ...]]:
    known = queries.find_all(history, ended=True)
    return queries.latest(history), history.standing.deprecated, known


def _packed(history: History) -> tuple[Any, bytes]:
    """Return what is kept of an artifact's versions, as plain values: of a time two."""
    *row, versions = _versions(history)
    zones = {it.event.tag: it.event.zone for it in history.timeline}
    plain = [
        (*it[1:_CREATED], int(it.created_at.timestamp()), zones[it.tag], *it[_CREATED + 1 :])
        for it in versions
    ]
    return tuple(row), marshal.dumps(plain)


def _unpacked(kept: tuple[str, Any, bytes]) -> _Artifact:
    artifact, (latest, deprecated), body = kept
    plain = marshal.loads(body)  # noqa: S302 - see `mreg.store.answers`
    versions = (
        Version(artifact, version, tag, commit, times.moment(seconds, zone), *others)
        for version, tag, commit, seconds, zone, *others in plain
    )
    return _Artifact(artifact, latest, deprecated, versions)


_CREATED = Version._fields.index("created_at")
_VERSIONS = AnswerKind("versions", ",".join(Version._fields), _packed)


def _sift(
    repo: Repository,
    query: Query,
    subjects: Iterable[SearchedVersion],
    fetcher: Fetcher | None,
    *,
    annotated: bool,
) -> Results:
    """Return the subjects that match.

    What the tags tell is asked first: of what they rule out, no annotation is read.
    """
    foreseen = query.foresee if query.asks_tags else (lambda _: None)
    possible = (it for it in subjects if foreseen(it) is not False)
    if not annotated and not query.asks_annotations:
        return Results(query, tuple(Found(it.version, None) for it in possible), ())
    found: list[Found] = []
    problems: list[Diagnostic] = []
    while some := list(islice(possible, _AT_ONCE)):
        said = read.of_versions(repo, [it.version for it in some], fetcher)
        for subject, content in zip(some, said, strict=True):
            problems += entry.problems(content)
            known = subject._replace(annotation=entry.readable(content))
            judged = query.judge(known)
            if judged is None:
                problems += query.doubts(known)
            if judged:
                noted = content if isinstance(content, Annotation) else None
                found.append(Found(subject.version, noted))
    return Results(query, tuple(found), tuple(problems))


_AT_ONCE = 20_000
"""What so many versions are is in memory at once."""
