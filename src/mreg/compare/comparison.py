"""An artifact's versions against their metrics and params, and the best of them by one metric."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from mreg.annotations import values
from mreg.annotations.entry import Annotation
from mreg.annotations.values import FIELDS, Meaning, Unclear, Value, ValueColumn, columns
from mreg.core import directions, versions
from mreg.core.diagnostics import NOT_IN_DVCS_CACHE, Diagnostic
from mreg.core.directions import Direction, Directions
from mreg.core.queries import Version, some, suggestion
from mreg.errors import NotFound, UsageError
from mreg.render import numbers
from mreg.render.numbers import Number
from mreg.tuples import NamedTuple

if TYPE_CHECKING:
    from pandas import DataFrame

METRIC, PARAM = "metrics.", "params."
"""What may stand before the name of a metric or param, to tell one from the other."""


class Row(NamedTuple):
    """One version, with what its commit says in numbers.

    Attributes:
        version: the version.
        metrics: its metrics, by the names that say in this version which are meant.
        params: its params, likewise; what is nested has a name joined by dots.
        problems: what of its annotation could not be read; its metrics and params may lack that.
        annotated: whether its commit says anything of it that can be read.
        files: of metrics and params that stand in files, what each holds, as an annotation has it.
        unread: why metrics or params could not be read.
    """

    version: Version
    metrics: dict[str, Number]
    params: dict[str, Any]
    problems: tuple[Diagnostic, ...] = ()
    annotated: bool = True
    files: dict[str, dict[str, Mapping[str, Any] | None]] = {}  # noqa: RUF012 - nobody changes it
    unread: dict[str, str] = {}  # noqa: RUF012


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
    """The versions of an artifact with their metrics and params.

    Attributes:
        artifact: the artifact.
        metrics: the names of the metrics, sorted, or in the requested order.
        params: the names of the params, in the same order.
        rows: the versions, newest first by SemVer, or in the requested order.
        columns: the place of each metric and param, by field and name.
        problems: the versions for which a name is ambiguous.
    """

    artifact: str
    metrics: tuple[Metric, ...]
    params: tuple[str, ...]
    rows: tuple[Row, ...]
    columns: Mapping[str, Mapping[str, ValueColumn]] = {}
    problems: tuple[Diagnostic, ...] = ()

    @property
    def every_problem(self) -> tuple[Diagnostic, ...]:
        """The problems of each version, and those of the comparison."""
        return (*(it for row in self.rows for it in row.problems), *self.problems)

    def meaning(self, row: Row, field: str, name: str) -> Meaning:
        """Return the value of a metric or param in a version."""
        return self.columns[field][name].of(row, field)

    def values(self, row: Row, field: str) -> dict[str, Any]:
        """Return the metrics or params that a version has, by the names that they have here."""
        found = {name: it.of(row, field) for name, it in self.columns.get(field, {}).items()}
        return {name: it.value for name, it in found.items() if isinstance(it, Value)}

    def table(self, field: str) -> dict[str, list[Any]]:
        """Return the metrics or params of all versions, by name: a value a row, None for none."""
        return {
            name: [*it.each(self.rows, field)] for name, it in self.columns.get(field, {}).items()
        }

    @property
    def full_names(self) -> dict[str, dict[str, list[str]]]:
        """What each name stands for: full names, the same in every version."""
        return {
            field: {name: sorted(_full_names(it, field, self.rows)) for name, it in named.items()}
            for field, named in self.columns.items()
        }

    def to_pandas(self) -> DataFrame:
        """Return the comparison as a DataFrame with a row for each version.

        The columns are `version`, `tag`, `commit`, `created_at`, `author`, `stages`, and one for
        each metric and param: `metrics.auc`, `params.depth`.

        Raises:
            UsageError: pandas is not installed.
        """
        from mreg.render import frames

        fields = ("version", "tag", "commit", "created_at", "author", "stages")
        rows = []
        for it in self.rows:
            row = {key: getattr(it.version, key) for key in fields}
            row |= {METRIC + name: value for name, value in self.values(it, "metrics").items()}
            row |= {PARAM + name: value for name, value in self.values(it, "params").items()}
            rows.append(row)
        names = [*(METRIC + it.name for it in self.metrics), *(PARAM + it for it in self.params)]
        return frames.frame(rows, (*fields, *names))


class Best(NamedTuple):
    """The best version of an artifact by one metric.

    Attributes:
        version: the version; of several with the same value, the highest by SemVer.
        metric: the metric's name.
        value: its value.
        direction: which values count as better.
        tied: the other versions with the same value, the highest first.
        compared: how many versions have the metric.
        problems: other versions that could not be read or whose value is ambiguous; they may be
            better.
        full_name: the metric's name with its file, which is the same in every version.
    """

    version: Version
    metric: str
    value: Number
    direction: Direction
    tied: tuple[Version, ...]
    compared: int
    problems: tuple[Diagnostic, ...]
    full_name: str = ""


def row(version: Version, annotation: Annotation | Diagnostic | None) -> Row:
    """Return a version's row, from what `Registry.annotations` returns for it."""
    if isinstance(annotation, Diagnostic):
        unread = dict.fromkeys(FIELDS, annotation.message)
        return Row(version, {}, {}, (annotation,), annotated=False, unread=unread)
    if annotation is None:
        return Row(version, {}, {}, annotated=False)
    return Row(
        version,
        annotation.metrics,
        numbers.flat(annotation.params),
        annotation.problems,
        files=annotation.files,
        unread={it: why for it, why in annotation.unread.items() if it in FIELDS},
    )


def compare(
    artifact: str,
    rows: Sequence[Row],
    *,
    metrics: Sequence[str] | None = None,
    params: Sequence[str] | None = None,
    sort: str | None = None,
    told: Directions = Directions(),  # noqa: B008 - an immutable value
) -> Comparison:
    """Hold versions against each other: see `Registry.compare`.

    The rows are newest first by SemVer; `told` is what was said of which way metrics are better.

    Raises:
        NotFound: no version has a metric or param of such a name.
    """
    asked = {"metrics": metrics, "params": params}
    if metrics is None and params is None:
        asked = {"metrics": ["*"], "params": ["*"]}
    known = {field: columns(rows, field) for field in FIELDS}
    chosen = {it: _chosen(it, asked[it] or (), known[it], rows) for it in FIELDS}
    order, by = _sorted(rows, sort, known) if sort else (rows, {})
    return Comparison(
        artifact,
        tuple(_metric(it, rows, told) for it in chosen["metrics"].values()),
        tuple(chosen["params"]),
        tuple(order),
        chosen,
        tuple(_doubts(rows, chosen, by)),
    )


def best(
    rows: Sequence[Row],
    metric: str,
    direction: Direction | None = None,
    told: Directions = Directions(),  # noqa: B008 - an immutable value
) -> Best:
    """Return the best version by a metric, of those newest first by SemVer.

    Which values are better, the direction says; else what was told, or the metric's name.

    Raises:
        NotFound: no version has a value of the metric that can be compared.
        UsageError: nobody knows which values are better.
    """
    meant = [(it, values.find(it, "metrics", metric)) for it in rows]
    valued = [
        (it, found)
        for it, found in meant
        if isinstance(found, Value) and numbers.is_finite(found.value)
    ]
    if not valued:
        raise _absent("metrics", metric, columns(rows, "metrics"), rows)
    direction = direction or told.of(metric)
    if direction is None:
        raise UsageError(
            f"cannot determine whether higher or lower values of {metric} are better",
            hint="pass --max or --min",
        )
    (first, found), *rest = _best(valued, direction)
    doubts = (values.doubt(it.version.tag, metric, found) for it, found in meant)
    return Best(
        first.version,
        metric,
        found.value,
        direction,
        tuple(it.version for it, _ in rest),
        len(valued),
        (*(problem for it in rows for problem in it.problems), *filter(None, doubts)),
        found.name,
    )


def differing(found: Comparison) -> tuple[str, ...]:
    """Return the params that are not the same in all versions that can be read."""
    read = [found.values(it, "params") for it in found.rows if it.annotated]
    return tuple(name for name in found.params if _differs(read, name))


def _differs(values: Sequence[dict[str, Any]], name: str) -> bool:
    first = values[0]
    return any(
        (name in it) != (name in first) or not numbers.same(it.get(name), first.get(name))
        for it in values
    )


def _best(valued: Iterable[tuple[Row, Value]], direction: Direction) -> list[tuple[Row, Value]]:
    """Return the rows with the best value, in their order."""
    found: list[tuple[Row, Value]] = []
    for row, it in valued:
        if not numbers.is_finite(it.value):
            continue
        if not found or directions.better(it.value, found[0][1].value, direction):
            found = [(row, it)]
        elif it.value == found[0][1].value:
            found.append((row, it))
    return found


def _metric(column: ValueColumn, rows: Sequence[Row], told: Directions) -> Metric:
    direction = told.of(column.name)
    having = ((it, found) for it in rows if isinstance(found := column.of(it, "metrics"), Value))
    best = _best(having, direction) if direction else ()
    return Metric(column.name, direction, tuple(str(it.version.version) for it, _ in best))


def _full_names(column: ValueColumn, field: str, rows: Sequence[Row]) -> set[str]:
    if not column.alias:
        return {column.full_name}
    return {found.name for it in rows if isinstance(found := column.of(it, field), Value)}


def _doubts(
    rows: Sequence[Row], *chosen: Mapping[str, Mapping[str, ValueColumn]]
) -> Iterator[Diagnostic]:
    """Iterate over the versions that cannot be judged by a name, for each name."""
    asked = {(field, it) for by in chosen for field, named in by.items() for it in named.values()}
    for field, column in sorted(asked):
        for it in rows:
            # Only a value in a file has a name that may mean others.
            meant = column.of(it, field) if it.files.get(field) else None
            if found := values.doubt(it.version.tag, column.name, meant):
                yield found


def _chosen(
    field: str, wanted: Sequence[str], known: Sequence[ValueColumn], rows: Sequence[Row]
) -> dict[str, ValueColumn]:
    """Return what is wanted, by name, in the order in which it was asked for."""
    found: dict[str, ValueColumn] = {}
    for pattern in wanted:
        if named := _named(field, pattern, known, rows):
            found[pattern] = named
            continue
        fitting = [
            it
            for it in known
            if any(fnmatchcase(name, pattern) for name in (it.name, it.key, it.full_name))
        ]
        if not fitting and pattern != "*":
            raise _absent(field, pattern, known, rows)
        found.update({it.name: it for it in fitting})
    return found


def _named(
    field: str, name: str, known: Sequence[ValueColumn], rows: Sequence[Row]
) -> ValueColumn | None:
    """Return the column of a name that somebody typed; None if no version has anything so named."""
    if column := next((it for it in known if it.name == name), None):
        return column._replace(alias=not column.file or column.name == column.key)
    column = ValueColumn(name, alias=True)
    meant = (column.of(it, field) for it in rows)
    there = any(isinstance(it, Value) or (isinstance(it, Unclear) and it.names) for it in meant)
    return column if there else None


def _absent(field: str, name: str, known: Sequence[ValueColumn], rows: Sequence[Row]) -> NotFound:
    """Return the error for a name that no version has, or none of which that can be told."""
    kind = field.removesuffix("s")
    meant = [(it, values.find(it, field, name)) for it in rows]
    unclear = [(it, found.why) for it, found in meant if isinstance(found, Unclear)]
    blank = [(it, found.value) for it, found in meant if isinstance(found, Value)]
    if blank:  # it was asked for the best, and these never are
        it, value = blank[0]
        hint = f"it is {value} in {it.version.version}: find out what went wrong in that run"
        return NotFound(f"{name} is not a number in any version", hint=hint)
    if not unclear:
        names = [it.name for it in known]
        return NotFound(f"no version has the {kind} {name!r}", hint=_known_hint(name, names))
    it, why = unclear[0]
    more = f", and {len(unclear) - 1} more versions" if len(unclear) > 1 else ""
    hint = f"cannot read it for {it.version.version} ({why}){more}"
    told = (problem.message for it, _ in unclear for problem in it.problems)
    if any(it.endswith(NOT_IN_DVCS_CACHE) for it in told):
        hint += (
            "; pass `--fetch` to fetch files that DVC tracks, or run `dvc fetch --all-tags` "
            "to fetch all of them"
        )
    return NotFound(f"no version has the {kind} {name!r} for certain", hint=hint)


def _known_hint(wanted: str, known: Sequence[str]) -> str:
    if not known:
        return "no readable version has any; see `mreg annotate --help`"
    return suggestion(wanted, known) or f"choose one of {some(known)}"


def _sorted(
    rows: Sequence[Row], sort: str, known: Mapping[str, Sequence[ValueColumn]]
) -> tuple[list[Row], dict[str, dict[str, ValueColumn]]]:
    """Return the rows in order, and the column by which they are sorted."""
    key = sort.removeprefix("-")
    by = _sort_column(key, known, rows)
    if not by and key != "version":
        names = ("version", *(it.name for field in FIELDS for it in known[field]))
        hint = _known_hint(key, names)
        raise NotFound(f"{key!r} is not a column to sort by", hint=hint)

    def value(it: Row) -> Any:
        for field, named in by.items():
            found = next(iter(named.values())).of(it, field)
            return found.value if isinstance(found, Value) else None
        return versions.precedence(str(it.version.version))

    having = [it for it in rows if not _is_absent(value(it))]
    lacking = [it for it in rows if _is_absent(value(it))]
    having.sort(key=lambda it: _order(value(it)), reverse=sort.startswith("-"))
    return having + lacking, by


def _sort_column(
    key: str, known: Mapping[str, Sequence[ValueColumn]], rows: Sequence[Row]
) -> dict[str, dict[str, ValueColumn]]:
    """Return what a name to sort by stands for: a metric, else a param; empty if neither."""
    for field, prefix in zip(FIELDS, (METRIC, PARAM), strict=True):
        for name in dict.fromkeys((key, key.removeprefix(prefix))):
            if found := _named(field, name, known[field], rows):
                return {field: {name: found}}
    return {}


def _is_absent(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _order(value: Any) -> tuple[int, Any]:
    """Return a key by which numbers, texts and other values sort, each among their own."""
    if isinstance(value, int | float):
        return 0, value
    return (1, value) if isinstance(value, tuple | str) else (2, numbers.shown(value))
