"""Comparing: what differs between versions, how they compare, and which is the best."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING

from mreg.annotations import entry
from mreg.annotations.entry import Annotation
from mreg.annotations.sources import Wanted
from mreg.core import names, queries, times
from mreg.core.diagnostics import Diagnostic
from mreg.core.queries import Version
from mreg.core.replay import History
from mreg.errors import NotFound, UsageError
from mreg.registry.opened import Opened

if TYPE_CHECKING:  # what a comparison needs is loaded by a comparison
    from mreg.compare.comparison import Best, Comparison, Row
    from mreg.compare.diff import Diff
    from mreg.core.directions import Direction


class Comparing(Opened):
    """The questions that hold versions against each other."""

    def diff(
        self,
        before: str,
        after: str,
        *,
        lower_better: Iterable[str] = (),
        higher_better: Iterable[str] = (),
    ) -> Diff:
        """Return what differs between two versions, of one artifact or of two.

        Args:
            before: a selector, as for `resolve`.
            after: another.
            lower_better: metrics that are better the lower they are, where their name does not
                tell (mreg.core.directions), or tells otherwise.
            higher_better: metrics that are better the higher they are.

        Raises:
            InvalidName: one is no selector.
            NotFound: there is no such version.
            UsageError: a metric is named both ways.
        """
        from mreg.compare import diff
        from mreg.compare import read as differences
        from mreg.core import directions

        told = directions.told(lower_better, higher_better)
        versions = self._resolve_both(before, after)
        read = self._read_annotations_of(versions)
        first, second = differences.sides(self.repository, versions, read)
        if first.version.commit == second.version.commit:
            return diff.compare(first, second, told=told)
        between = differences.between(self.repository, *versions)
        found = diff.compare(first, second, between.commits, between.lost, told)
        return found._replace(problems=(*found.problems, *between.problems))

    def compare(
        self,
        name: str,
        *,
        metrics: Sequence[str] | None = None,
        params: Sequence[str] | None = None,
        stage: str | None = None,
        sort: str | None = None,
        limit: int | None = None,
        ended: bool = False,
        lower_better: Iterable[str] = (),
        higher_better: Iterable[str] = (),
    ) -> Comparison:
        """Return an artifact's versions against their metrics and params.

        Args:
            name: the artifact.
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

        Raises:
            InvalidName: the artifact's name or the stage's is malformed.
            NotFound: there is no such artifact, or no version has such a metric or param.
            UsageError: a metric is named both ways.
        """
        from mreg.compare import comparison
        from mreg.core import directions

        told = directions.told(lower_better, higher_better)
        rows, _ = self._rows(name, stage=stage, limit=limit, ended=ended)
        return comparison.compare(name, rows, metrics=metrics, params=params, sort=sort, told=told)

    def best(
        self,
        name: str,
        metric: str,
        *,
        direction: Direction | None = None,
        where: str | None = None,
        stage: str | None = None,
    ) -> Best:
        """Return an artifact's best version by a metric, among the active ones.

        Args:
            name: the artifact.
            metric: the metric.
            direction: which values are better, "higher" or "lower"; None: as its name says.
            where: an expression that a version has to match, as for `search`.
            stage: of the versions that are assigned in this stage alone.

        Raises:
            InvalidName: the artifact's name or the stage's is malformed.
            InvalidQuery: `where` is no expression.
            NotFound: there is no such artifact, no version matches, or none has the metric.
            UsageError: the metric's name does not say which values are better, and nobody does.
        """
        from mreg.compare import comparison

        rows, problems = self._rows(name, stage=stage, where=where)
        if not rows:
            doubtful = "".join(f" for certain ({it.subject}: {it.message})" for it in problems[:1])
            hint = f"`mreg show {name}` lists them"
            raise NotFound(f"{name} has no such version{doubtful}", hint=hint)
        found = comparison.best(rows, metric, direction)
        return found._replace(problems=(*found.problems, *problems))

    def _rows(
        self,
        name: str,
        *,
        stage: str | None = None,
        limit: int | None = None,
        ended: bool = False,
        where: str | None = None,
    ) -> tuple[list[Row], list[Diagnostic]]:
        """Return an artifact's versions with what their commits say, newest first by SemVer.

        Beside them, why it cannot be told whether others match an expression.
        """
        from mreg.compare import comparison

        if limit is not None and limit < 0:
            raise UsageError(f"a limit of {limit} is less than nothing")
        history = self._history(name)
        place = None if stage is None else names.stage(stage)
        known = queries.find_all(history, ended=ended)
        asked = [it for it in known if place is None or place in it.stages][:limit]
        read = self._read_annotations_of(asked)
        pairs = list(zip(asked, read, strict=True))
        problems: list[Diagnostic] = []
        if where is not None:
            doubts = self._condition(where, history)
            judged = [(it, doubts(*it)) for it in pairs]
            pairs = [it for it, found in judged if found is None]
            problems = [why for _, found in judged for why in found or ()]
        return [comparison.row(*it) for it in pairs], problems

    def _condition(
        self, where: str, history: History
    ) -> Callable[[Version, Annotation | Diagnostic | None], Sequence[Diagnostic] | None]:
        """Return what tells whether a version of an artifact matches an expression.

        It returns None for one that does, and for another why that cannot be told, if it cannot.
        """
        from mreg import search
        from mreg.search.inputs import Meanings

        query = search.parse(where, now=times.now())
        state = cache(self._state)  # which no expression needs that is not about inputs
        meanings = Meanings(lambda artifact: state().history(artifact))
        latest, deprecated = queries.latest(history), history.standing.deprecated

        def judged(
            version: Version, read: Annotation | Diagnostic | None
        ) -> Sequence[Diagnostic] | None:
            annotation = entry.unreadable(read.message) if isinstance(read, Diagnostic) else read
            is_latest = version.version == latest
            subject = search.SearchedVersion(version, is_latest, deprecated, annotation, meanings)
            if query.matches(subject):
                return None
            broken = [read] if isinstance(read, Diagnostic) and query.is_open(subject) else []
            return [*broken, *query.doubts(subject)]

        return judged

    def _read_annotations_of(
        self, versions: Sequence[Version]
    ) -> list[Annotation | Diagnostic | None]:
        return self._read_annotations([Wanted(it.artifact, it.commit, it.tag) for it in versions])

    def _resolve_both(self, *selectors: str) -> list[Version]:
        """Return the versions that selectors name; the tags are read once if they are of one."""
        wanted = [queries.parse_selector(it) for it in selectors]
        histories = {it: self._history(it) for it in dict.fromkeys(it.artifact for it in wanted)}
        return [queries.find(histories[it.artifact], it) for it in wanted]
