"""Searching: which versions of the whole registry an expression is true of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from mreg.annotations import entry
from mreg.annotations.sources import Wanted
from mreg.core import queries, times
from mreg.core.diagnostics import Diagnostic
from mreg.core.queries import Version
from mreg.core.replay import History
from mreg.registry.opened import Opened

if TYPE_CHECKING:  # what a search needs is loaded by a search
    from mreg.search import Query, SearchedVersion
    from mreg.search.found import Found, Results
    from mreg.search.inputs import Meanings


class Searching(Opened):
    """The question that goes over all versions and what they are."""

    def search(
        self,
        expression: str,
        *,
        ended: bool = False,
        latest: bool = False,
        at: datetime | str | None = None,
    ) -> tuple[Found, ...]:
        """Return the versions that an expression is true of.

        Args:
            expression: such as "stage=prod and metrics.auc>=0.9" (docs/search.md).
            ended: include versions that were deregistered, and artifacts that are deprecated.
            latest: of each artifact its highest active version alone.
            at: as the registry stood then.

        Returns:
            By artifact, newest first by SemVer, each with its annotation.

        Raises:
            InvalidQuery: it is no expression; the message shows the place.
            InvalidTime: `at` is no time.
        """
        return self.results(expression, ended=ended, latest=latest, at=at).found

    def results(
        self,
        expression: str,
        *,
        ended: bool = False,
        latest: bool = False,
        at: datetime | str | None = None,
        annotated: bool = True,
    ) -> Results:
        """Return what `search` returns, and the problems met on the way.

        Args:
            expression: as for `search`.
            ended: as for `search`.
            latest: as for `search`.
            at: as for `search`.
            annotated: whether annotations are wanted with what is found; without, they are read
                where the expression needs them alone.
        """
        from mreg import search
        from mreg.search.inputs import Meanings

        query = search.parse(expression, now=times.now())
        state = self._state(None, at)
        meanings = Meanings(state.history)
        whole = ended or any(it.field == "deprecated" for it in query.comparisons())
        subjects = (
            it
            for history in state
            if whole or not history.standing.deprecated
            for it in _subjects(history, meanings, ended=ended)
            if it.latest or not latest
        )
        found = self._sift(query, subjects, annotated=annotated)
        return found._replace(problems=(*state.problems, *found.problems))

    def _sift(
        self, query: Query, subjects: Iterable[SearchedVersion], *, annotated: bool
    ) -> Results:
        """Return the subjects that match.

        What the tags tell is asked first: of what they rule out, no annotation is read.
        """
        from mreg.search.found import Found, Results

        possible = [it for it in subjects if query.foresee(it) is not False]
        if not annotated and not query.asks_annotations:
            return Results(query, tuple(Found(it.version, None) for it in possible), ())
        found: list[Found] = []
        problems: list[Diagnostic] = []
        wanted = [_wanted(it.version) for it in possible]
        read = self._read_annotations(wanted) if wanted else []
        for subject, content in zip(possible, read, strict=True):
            broken = isinstance(content, Diagnostic)
            said = entry.unreadable(content.message) if isinstance(content, Diagnostic) else content
            if isinstance(content, Diagnostic):
                problems.append(content)
            elif content is not None:
                problems += content.problems
            judged = subject._replace(annotation=said)
            problems += query.doubts(judged)
            if query.matches(judged):
                found.append(Found(subject.version, None if broken else said))
        return Results(query, tuple(found), tuple(problems))


def _wanted(version: Version) -> Wanted:
    return Wanted(version.artifact, version.commit, version.tag)


def _subjects(history: History, meanings: Meanings, *, ended: bool) -> Iterator[SearchedVersion]:
    """Iterate over an artifact's versions, newest first by SemVer."""
    from mreg.search import SearchedVersion

    latest, deprecated = queries.latest(history), history.standing.deprecated
    for version in queries.find_all(history, ended=ended):
        yield SearchedVersion(version, version.version == latest, deprecated, meanings=meanings)
