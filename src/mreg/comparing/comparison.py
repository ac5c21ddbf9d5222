"""An artifact's versions against their metrics and params, and the best of them by one metric."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, NamedTuple

from mreg import directions, figures, versions
from mreg.annotations.entry import Annotation
from mreg.directions import Direction, Directions
from mreg.errors import NotFound, UsageError
from mreg.figures import Number
from mreg.problems import Problem
from mreg.queries import Version, suggestion

if TYPE_CHECKING:
    from pandas import DataFrame

METRIC, PARAM = "metrics.", "params."
"""What may stand before the name of a metric or param, to tell one from the other."""


class Row(NamedTuple):
    """One version, with what its commit says in numbers.

    Attributes:
        version: the version.
        metrics: its metrics, by name.
        params: its params, by name; what is nested has a name joined by dots.
        problems: what of its annotation could not be read; its metrics and params may lack that.
        annotated: whether its commit says anything of it that can be read.
    """

    version: Version
    metrics: dict[str, Number]
    params: dict[str, Any]
    problems: tuple[Problem, ...] = ()
    annotated: bool = True


class Metric(NamedTuple):
    """A metric, over all versions that are compared.

    Attributes:
        name: its name.
        direction: which values are better; None if that is not known.
        best: the versions with the best value, as the rows have them; empty if no version has a
            value, or the direction is not known.
    """

    name: str
    direction: Direction | None
    best: tuple[str, ...] = ()


class Comparison(NamedTuple):
    """An artifact's versions against metrics and params.

    Attributes:
        artifact: the artifact.
        metrics: the metrics, by name, or in the order in which they were asked for.
        params: the params' names, likewise.
        rows: the versions, newest first by SemVer, or in the order that was asked for.
    """

    artifact: str
    metrics: tuple[Metric, ...]
    params: tuple[str, ...]
    rows: tuple[Row, ...]

    def to_pandas(self) -> DataFrame:
        """Return it as a DataFrame: a row a version.

        The columns are `version`, `tag`, `commit`, `created_at`, `author`, `stages`, and one for
        each metric and param: `metrics.auc`, `params.depth`.

        Raises:
            UsageError: pandas is not installed.
        """
        from mreg import frames

        fields = ("version", "tag", "commit", "created_at", "author", "stages")
        rows = [
            {**{key: getattr(it.version, key) for key in fields}, **_prefixed(it)}
            for it in self.rows
        ]
        names = [
            *(f"{METRIC}{it.name}" for it in self.metrics),
            *(PARAM + it for it in self.params),
        ]
        return frames.frame(rows, (*fields, *names))


class Best(NamedTuple):
    """The best version of an artifact by one metric.

    Attributes:
        version: the version; of several with the same value, the highest by SemVer.
        metric: the metric's name.
        value: its value.
        direction: which values were taken for better.
        tied: the other versions with the same value, the highest first.
        compared: how many versions have the metric.
        problems: what could not be read of others, which may be better.
    """

    version: Version
    metric: str
    value: Number
    direction: Direction
    tied: tuple[Version, ...]
    compared: int
    problems: tuple[Problem, ...]


def row(version: Version, annotation: Annotation | Problem | None) -> Row:
    """Return a version's row, from what `Registry.annotations` returns for it."""
    if isinstance(annotation, Problem):
        return Row(version, {}, {}, (annotation,), annotated=False)
    if annotation is None:
        return Row(version, {}, {}, annotated=False)
    params = figures.flat(annotation.params)
    return Row(version, annotation.metrics, params, annotation.problems)


def compare(
    artifact: str,
    rows: Sequence[Row],
    *,
    metrics: Sequence[str] | None = None,
    params: Sequence[str] | None = None,
    sort: str | None = None,
    told: Directions = Directions(),  # noqa: B008 - an immutable value
) -> Comparison:
    """Hold versions against each other.

    Args:
        artifact: the artifact.
        rows: its versions, newest first by SemVer.
        metrics: which metrics; each a name, or a pattern such as "eval.*". None: all, or none if
            params are asked for.
        params: which params, likewise.
        sort: a metric or a param, or "version"; with "-" before it, the highest first. Versions
            that do not have it come last.
        told: what was said of which way metrics are better.

    Raises:
        NotFound: no version has a metric or param of such a name.
    """
    known_metrics = _names(it.metrics for it in rows)
    known_params = _names(it.params for it in rows)
    everything = metrics is None and params is None
    chosen = _chosen("metric", metrics, known_metrics, everything=everything)
    return Comparison(
        artifact,
        tuple(_metric(name, rows, told) for name in chosen),
        _chosen("param", params, known_params, everything=everything),
        tuple(_sorted(rows, sort, known_metrics, known_params) if sort else rows),
    )


def best(
    rows: Sequence[Row],
    metric: str,
    direction: Direction | None = None,
    told: Directions = Directions(),  # noqa: B008 - an immutable value
) -> Best:
    """Return the best version by a metric.

    Args:
        rows: the versions, newest first by SemVer.
        metric: the metric's name.
        direction: which values are better; None: as was told, or as the name says.
        told: what was said of which way metrics are better.

    Raises:
        NotFound: no version has a value of the metric that can be compared.
        UsageError: nobody knows which values are better.
    """
    valued = [it for it in rows if metric in it.metrics and not figures.is_nan(it.metrics[metric])]
    if not valued:
        known = _names(it.metrics for it in rows)
        raise NotFound(f"no version has the metric {metric!r}", hint=_known_hint(metric, known))
    direction = direction or told.of(metric)
    if direction is None:
        raise UsageError(
            f"whether {metric} is better higher or lower is not known",
            hint="say it: --max or --min",
        )
    first, *rest = _best(valued, metric, direction)
    return Best(
        first.version,
        metric,
        first.metrics[metric],
        direction,
        tuple(it.version for it in rest),
        len(valued),
        tuple(problem for it in rows for problem in it.problems),
    )


def differing(found: Comparison) -> tuple[str, ...]:
    """Return the params that are not the same in all versions that can be read."""
    read = [it.params for it in found.rows if it.annotated]
    return tuple(name for name in found.params if _differs(read, name))


def _differs(values: Sequence[dict[str, Any]], name: str) -> bool:
    first = values[0]
    return any(
        (name in it) != (name in first) or not figures.same(it.get(name), first.get(name))
        for it in values
    )


def _best(rows: Iterable[Row], metric: str, direction: Direction) -> list[Row]:
    """Return the rows with the best value, in their order."""
    found: list[Row] = []
    for it in rows:
        value = it.metrics.get(metric)
        if value is None or figures.is_nan(value):
            continue
        if not found or directions.better(value, found[0].metrics[metric], direction):
            found = [it]
        elif value == found[0].metrics[metric]:
            found.append(it)
    return found


def _metric(name: str, rows: Sequence[Row], told: Directions) -> Metric:
    direction = told.of(name)
    found = _best(rows, name, direction) if direction else ()
    return Metric(name, direction, tuple(str(it.version.version) for it in found))


def _names(mappings: Iterable[dict[str, Any]]) -> tuple[str, ...]:
    return tuple(sorted({name for it in mappings for name in it}))


def _chosen(
    kind: str, wanted: Sequence[str] | None, known: Sequence[str], *, everything: bool
) -> tuple[str, ...]:
    """Return the names that are wanted, in the order in which they were asked for."""
    if wanted is None:
        return tuple(known) if everything else ()
    found: dict[str, None] = {}
    for pattern in wanted:
        fitting = [it for it in known if it == pattern or fnmatchcase(it, pattern)]
        if not fitting:
            raise NotFound(
                f"no version has the {kind} {pattern!r}", hint=_known_hint(pattern, known)
            )
        found.update(dict.fromkeys(fitting))
    return tuple(found)


_MOST_NAMED = 10


def _known_hint(wanted: str, known: Sequence[str]) -> str:
    if not known:
        return "no version that can be read has any; see `mreg annotate --help`"
    more = ", ..." if len(known) > _MOST_NAMED else ""
    return suggestion(wanted, known) or f"there are {', '.join(known[:_MOST_NAMED])}{more}"


def _sorted(
    rows: Sequence[Row], sort: str, metrics: Sequence[str], params: Sequence[str]
) -> list[Row]:
    key = sort.removeprefix("-")
    value = _getter(key, metrics, params)
    having = [it for it in rows if not _is_absent(value(it))]
    lacking = [it for it in rows if _is_absent(value(it))]
    having.sort(key=lambda it: _order(value(it)), reverse=sort.startswith("-"))
    return having + lacking


def _getter(key: str, metrics: Sequence[str], params: Sequence[str]) -> Callable[[Row], Any]:
    if key in metrics or key.removeprefix(METRIC) in metrics:
        name = key if key in metrics else key.removeprefix(METRIC)
        return lambda it: it.metrics.get(name)
    if key in params or key.removeprefix(PARAM) in params:
        name = key if key in params else key.removeprefix(PARAM)
        return lambda it: it.params.get(name)
    if key == "version":
        return lambda it: versions.precedence(str(it.version.version))
    known = ("version", *metrics, *params)
    raise NotFound(f"there is nothing to sort by called {key!r}", hint=_known_hint(key, known))


def _is_absent(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _order(value: Any) -> tuple[int, Any]:
    """Return a key by which numbers, texts and other values sort, each among their own."""
    if isinstance(value, int | float):
        return 0, value
    return (1, value) if isinstance(value, tuple | str) else (2, figures.shown(value))


def _prefixed(it: Row) -> dict[str, Any]:
    metrics = {METRIC + name: value for name, value in it.metrics.items()}
    return {**metrics, **{PARAM + name: value for name, value in it.params.items()}}
