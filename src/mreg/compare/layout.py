"""Diffs and comparisons as tables: which rows and columns, in which words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from mreg.annotations.values import Meaning, Unclear, Value
from mreg.compare import tensors
from mreg.compare.comparison import METRIC, PARAM, Best, Comparison, Metric, Row
from mreg.compare.diff import Change, Diff, MetricChange
from mreg.compare.tensors import TensorChange, Tensors
from mreg.core import kinds, tables, versions
from mreg.core.commits import Committed
from mreg.core.tables import NOTHING, UNCLEAR
from mreg.dvc.pointers import KEEPERS
from mreg.dvc.whereabouts import Kept
from mreg.render import numbers, sizes
from mreg.render.cell import Cell, Tone
from mreg.render.moments import Moment
from mreg.render.numbers import Number
from mreg.render.table import Table

if TYPE_CHECKING:
    from mreg.schemas.compare import SchemaChange

MOST_TENSORS = 20
"""How many tensors that differ a diff shows a reader; `--json` has all."""

MOST_SCHEMA_CHANGES = 40
"""How many changes of a schema a diff shows a reader, those that break callers first; `--json` has
all."""

MOST_COMMITS = 20
"""How many commits a diff shows a reader; `--json` has all."""

BEST = " *"
"""What stands behind the best value of a metric."""

BREAKS = "breaks callers"
"""What stands behind a change of a schema after which callers may fail."""

_SHORT_DIGEST = 12


# Diff


def names(found: Diff) -> tuple[str, str]:
    """Return how the two versions are called in a diff: without the artifact, if it is one."""
    before, after = found.before, found.after
    labels = [kinds.held_label(it.version, it.commit) for it in (before, after)]
    if before.artifact != after.artifact:
        labels = [f"{before.artifact} {labels[0]}", f"{after.artifact} {labels[1]}"]
    return labels[0], labels[1]


def heading(found: Diff) -> str:
    """Return what a diff is of, in a line."""
    first, second = names(found)
    same = found.before.artifact == found.after.artifact
    return f"{found.before.artifact}: {first} to {second}" if same else f"{first} to {second}"


def nothing(found: Diff) -> str:
    """Say that two versions do not differ, or in nothing but the commits that they are of."""
    if found.problems:
        return "No differences in what mreg can read."
    same = found.before.commit == found.after.commit
    return "No differences." if same else "Only the commits differ."


def sections(found: Diff, *, short: bool = False) -> list[Table]:
    """Return what differs as tables, each with its title; those without a row are left out.

    In `short` a metric has no more digits than tell its two values apart.
    """
    sides = names(found)
    both = frozenset(sides)
    changed = {"Param": found.params, "Field": found.fields}
    listed = [
        metrics(found.metrics, sides, short=short),
        *(
            Table((kind.lower(), *sides), _changes(rows), title=f"{kind}s", wraps=both)
            for kind, rows in changed.items()
        ),
        _schema(found.schema, sides),
        Table(
            ("artifact", *sides),
            _artifact(found.artifact) + _tensors(found.tensors),
            title="Artifact",
            wraps=both,
        ),
        _changed_tensors(found.tensors, sides),
        Table(("input", *sides), _changes(found.inputs, _input), title="Inputs", wraps=both),
        Table(
            ("requirement", *sides),
            _changes(found.requirements, _requirement),
            title="Requirements",
            wraps=both,
        ),
        _commits(found.commits, f"Commits in {sides[1]} that are not in {sides[0]}"),
        _commits(found.lost, f"Commits in {sides[0]} that are not in {sides[1]}"),
    ]
    return [it for it in listed if it.rows]


def metrics(changed: Iterable[MetricChange], sides: tuple[str, str], *, short: bool) -> Table:
    """Return metrics that differ as a table; the sides are what the two versions are called."""
    rows = [_metric(it, short=short) for it in changed]
    return Table(
        ("metric", *sides, "change", ""), rows, title="Metrics", wraps=frozenset(("metric",))
    )


def _metric(it: MetricChange, *, short: bool) -> tuple[str, ...]:
    digits = numbers.digits_for((it.before, it.after)) if short else numbers.MOST_DIGITS
    values = (
        NOTHING if value is None else numbers.shown(value, digits=digits)
        for value in (it.before, it.after)
    )
    tone = _TONES.get(it.verdict or "", "")
    return (it.name, *values, Cell.of(_change(it, digits), tone), Cell.of(it.verdict or "", tone))


_TONES: dict[str, Tone] = {"better": "good", "worse": "bad"}


def _change(it: MetricChange, digits: int) -> str:
    if it.before is None or it.after is None:
        return "removed" if it.after is None else "added"
    part = numbers.percent(numbers.ratio(it.before, it.delta))
    difference = numbers.signed(it.delta, digits=digits)
    return f"{difference} ({part})" if part else difference


def _changes(
    changed: Iterable[Change], text: Callable[[Any], str] = numbers.shown
) -> list[tuple[str, ...]]:
    return [
        (
            it.name,
            NOTHING if it.kind == "added" else text(it.before),
            NOTHING if it.kind == "removed" else text(it.after),
        )
        for it in changed
    ]


def _schema(changed: Sequence[SchemaChange], sides: tuple[str, str]) -> Table:
    """Return what differs of a schema as a table, what breaks callers marked and first."""
    found = sorted(changed, key=lambda it: not it.breaks)
    rows: list[tuple[str, ...]] = [
        (it.name, it.was or NOTHING, it.now or NOTHING, BREAKS if it.breaks else "")
        for it in found[:MOST_SCHEMA_CHANGES]
    ]
    if len(found) > MOST_SCHEMA_CHANGES:
        rows.append(("...", "", f"and {len(found) - MOST_SCHEMA_CHANGES:,} more", ""))
    return Table(("schema", *sides, ""), rows, title="Schema", wraps=frozenset(("schema", *sides)))


def _artifact(changed: Change | None) -> list[tuple[str, ...]]:
    """Return a row for each thing that differs of the artifact's content."""
    if changed is None:
        return []
    before, after = (it._asdict() if it else {} for it in (changed.before, changed.after))
    words = [it for it in Kept._fields if before.get(it) != after.get(it)]
    return [("kept" if it == "place" else it, _part(it, before), _part(it, after)) for it in words]


def _tensors(found: Tensors | None) -> list[tuple[str, ...]]:
    """Return the row that says whether the tensors in two files are the same."""
    if found is None or found.unread:
        return []
    before, after = (
        found.same + sum(it[side] is not None for it in found.changes) for side in (1, 2)
    )
    same = "all the same" if found.equal else f"{found.same:,} the same"
    metadata = ", other metadata" if found.metadata else ""
    return [("tensors", f"{before:,}", f"{after:,} ({same}{metadata})")]


def _changed_tensors(found: Tensors | None, sides: tuple[str, str]) -> Table:
    changes = found.changes if found else ()
    rows: list[tuple[str, ...]] = [
        (it.name, tensors.described(it.before), tensors.described(it.after) + _other_values(it))
        for it in changes[:MOST_TENSORS]
    ]
    if len(changes) > MOST_TENSORS:
        rows.append(("...", "", f"and {len(changes) - MOST_TENSORS:,} more"))
    return Table(("tensor", *sides), rows, title="Tensors", wraps=frozenset(("tensor",)))


def _other_values(it: TensorChange) -> str:
    return ", other values" if it.before and it.after and it.before[:2] == it.after[:2] else ""


_KEPT = {
    "git": "in Git",
    **{name: f"by {it.title}" for name, it in KEEPERS.items()},
    "outside": "outside the repository",
    "damaged": "unknown: its pointer is damaged",
    "absent": "not in the commit",
}


def _part(word: str, content: dict[str, Any]) -> str:
    """Return one thing that is known of a content."""
    value = content.get(word)
    if value is None:
        return NOTHING
    if word == "place":
        return _KEPT[value]
    if word == "digest":
        return short_digest(value)
    return sizes.exact(value) if word == "size" else str(value)


def _input(value: dict[str, Any]) -> str:
    """Return what tells an input from another one of that name."""
    content = value.get("content")
    which = short_digest(content["digest"]) if content else NOTHING
    shown = [str(value["artifact"])] if "artifact" in value else []
    shown += [which] if which != NOTHING else []
    shown += [f"{key} {value[key][:_SHORT_DIGEST]}" for key in ("sha256",) if key in value]
    shown += [f"as {value['role']}"] if "role" in value else []
    return ", ".join(shown) or str(value.get("path") or value.get("url") or NOTHING)


def _requirement(value: Any) -> str:
    return short_digest(value["digest"]) if isinstance(value, dict) else str(value)


def _commits(found: Sequence[Committed], title: str) -> Table:
    columns: dict[str, Callable[[Committed], str]] = {
        "commit": lambda it: tables.commit_cell(it.commit),
        "date": lambda it: Moment.of(it.date),
        "author": lambda it: it.author,
        "subject": lambda it: it.subject,
    }
    shown = Table.of(columns, found[:MOST_COMMITS], title=title, wraps=("author", "subject"))
    if len(found) > MOST_COMMITS:
        shown.rows.append(("...", "", "", f"and {len(found) - MOST_COMMITS} more"))
    return shown


def short_digest(digest: str | None) -> str:
    """Return a digest cut for a reader: "sha256:4f5a...", with the mark of a DVC folder."""
    if digest is None:
        return NOTHING
    kind, _, value = digest.partition(":")
    folder = ".dir" if value.endswith(".dir") else ""
    return f"{kind}:{value.removesuffix('.dir')[:_SHORT_DIGEST]}{folder}"


# Best


def best(found: Best) -> list[tuple[str, str]]:
    """Return the best version in full, as pairs of a word and a text."""
    edge = "highest" if found.direction == "higher" else "lowest"
    value = f"{numbers.shown(found.value)}  ({edge} of {found.compared})"
    tied = ", ".join(tables.version_label(it) for it in found.tied)
    first, second, *rest = tables.version(found.version)
    return [first, second, (found.metric, value), *([("tied", tied)] if tied else []), *rest]


# Comparison


def comparison(
    found: Comparison, *, short: bool = False, cut: bool = False, trends: Sequence[str] = ()
) -> Table:
    """Return a comparison as a table: a row a version, the best value of each metric marked.

    In `short` no more digits are shown than tell the values of a column apart; `cut` shows no more
    of a long list than its beginning; the last row shows the trends, if there are any.
    """
    columns = [
        _column(_meanings(found, "metrics", metric.name), short, _is_best(metric, found))
        for metric in found.metrics
    ]
    columns += [_column(_meanings(found, "params", name), short, cut=cut) for name in found.params]
    header = _header(found)
    stages = [tables.stages_cell(it.version) for it in found.rows]
    rows = list(zip(map(_version_label, found.rows), stages, *columns, strict=True))
    if any(trends):
        rows.append(("trend", "", *trends, *([""] * len(found.params))))
    return Table(
        header,
        rows,
        title=found.artifact,
        empty=f"{found.artifact} has no such versions.",
        wraps=frozenset((*header[2 + len(found.metrics) :], "stages")),
        words=frozenset(("stages",)),
    )


def _header(found: Comparison) -> tuple[str, ...]:
    metrics = [it.name for it in found.metrics]
    params = [PARAM + it if it in (*metrics, "version", "stages") else it for it in found.params]
    return ("version", "stages", *metrics, *params)


def _version_label(it: Row) -> str:
    label = tables.version_label(it.version)
    if it.annotated:
        return f"{label} (incomplete)" if it.problems else label
    return f"{label} (unreadable)" if it.problems else f"{label} (not annotated)"


def _is_best(metric: Metric, found: Comparison) -> list[bool]:
    """Tell of each row whether its value is the best: of values that are all the same, none is."""
    meant = _meanings(found, "metrics", metric.name)
    if len(metric.best) == sum(isinstance(it, Value) for it in meant):
        return [False] * len(found.rows)
    return [it.version.version in metric.best for it in found.rows]


def _meanings(found: Comparison, field: str, name: str) -> list[Meaning]:
    return [found.meaning(it, field, name) if it.annotated else None for it in found.rows]


def _column(
    meant: Sequence[Meaning], short: bool, marked: Sequence[bool] = (), *, cut: bool = False
) -> list[str]:
    values = [it.value if isinstance(it, Value) else None for it in meant]
    digits = numbers.digits_for(values) if short else numbers.MOST_DIGITS
    texts = [numbers.shown(it, digits=digits) for it in values]
    texts = _cut(values, texts) if cut else texts
    marks = marked or [False] * len(values)
    return [
        Cell.of(text + BEST * mark, "good" if mark else "")
        if isinstance(it, Value)
        else _nothing(it)
        for it, text, mark in zip(meant, texts, marks, strict=True)
    ]


def _cut(values: Sequence[Any], texts: Sequence[str]) -> list[str]:
    """Return texts of which long lists and mappings end in "..." and how many values they have.

    All are in full if two that differ would look alike.
    """
    found = [
        f"{text[:_MOST_OF_A_LIST]}... ({len(it)})"
        if isinstance(it, list | tuple | dict) and len(text) > _MOST_OF_A_LIST
        else text
        for it, text in zip(values, texts, strict=True)
    ]
    return found if len({*found}) == len({*texts}) else [*texts]


_MOST_OF_A_LIST = 30
"""How many characters of a param that is a list or a mapping a terminal shows."""


def _nothing(it: Meaning) -> str:
    """Return what stands in place of a value: one that is not there, or cannot be told."""
    return UNCLEAR if isinstance(it, Unclear) and not it.blank else NOTHING


def series(found: Comparison) -> list[list[float | None]]:
    """Return each metric's values from the lowest version to the highest, to be drawn."""
    rows = sorted(found.rows, key=lambda it: versions.precedence(str(it.version.version)))
    values = [found.values(it, "metrics") for it in rows]
    return [[_point(it.get(metric.name)) for it in values] for metric in found.metrics]


def _point(value: Number | None) -> float | None:
    try:
        return None if value is None else float(value)
    except OverflowError:
        return None


def data(found: Comparison) -> Table:
    """Return a comparison as a table for programs: nothing marked, cut or put in words."""
    names = [it.name for it in found.metrics]
    return Table(
        (
            *("artifact", "version", "tag", "commit", "created_at", "stages"),
            *(METRIC + it for it in names),
            *(PARAM + it for it in found.params),
        ),
        [tuple(_cells(found, it, names)) for it in found.rows],
    )


def _cells(found: Comparison, it: Row, metrics: Sequence[str]) -> Iterator[str]:
    version = it.version
    yield from (version.artifact, str(version.version), version.tag, version.commit)
    yield Moment.of(version.created_at)
    yield " ".join(version.stages)
    for field, names in (("metrics", metrics), ("params", found.params)):
        values = found.values(it, field)
        yield from (numbers.shown(values[name]) if name in values else "" for name in names)
