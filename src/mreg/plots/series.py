"""From tables to series: which column is drawn over which, as DVC joins them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any

from mreg.annotations import scalars
from mreg.plots.data import DataTable, NoData
from mreg.plots.definitions import Definition, PlotColumn
from mreg.plots.values import MOST_POINTS, Kind, Series, Value
from mreg.render import numbers

INDEX = "step"
"""What the axis is called over which points stand that nothing is given for."""

_LONGEST = 500


def of(
    found: Definition, tables: Mapping[str, DataTable], version: str
) -> tuple[list[Series], list[str]]:
    """Return the series of a plot in one version, and what of them is left out, in sentences.

    Args:
        found: the plot, of one file, or of files that it names.
        tables: its files that could be read.
        version: what the version is called.

    Raises:
        NoData: it cannot be drawn.
    """
    wanted = [PlotColumn(it.file or found.path, it.field) for it in found.y]
    if not wanted and found.path in tables:
        wanted = [PlotColumn(found.path, tables[found.path].last)]
    across = _across(found, wanted)
    series: list[Series] = []
    notes: list[str] = []
    for y, x in zip(wanted, across, strict=True):
        if y.file not in tables or (x and x.file not in tables):
            continue
        made = _series(found.kind, tables, y, x)._replace(version=version)
        series.append(made)
        notes += (f"{y.file}: {it}" for it in tables[y.file].notes)
        notes += _left_out(made, found.kind)
    return series, list(dict.fromkeys(notes))


def _across(found: Definition, wanted: Sequence[PlotColumn]) -> list[PlotColumn | None]:
    """Return what each column is drawn over; None where its points are counted."""
    if found.x is None or found.x == ():
        return [None] * len(wanted)
    if isinstance(found.x, str):
        return [PlotColumn(it.file, found.x) for it in wanted]
    named: list[PlotColumn | None] = [PlotColumn(it.file or found.path, it.field) for it in found.x]
    if len(named) == 1:
        return named * len(wanted)
    if len(named) != len(wanted):
        raise NoData(f"it has {len(named)} columns for x and {len(wanted)} for y")
    return named


def _series(
    kind: Kind, tables: Mapping[str, DataTable], y: PlotColumn, x: PlotColumn | None
) -> Series:
    up = _values(tables, y)
    across: Sequence[Any] = range(len(up)) if x is None else _values(tables, x)
    if len(across) != len(up):
        raise NoData(
            f"{x.field if x else ''} has {len(across)} rows and {y.field} has {len(up)}: they"
            " cannot be joined"
        )
    if kind == "confusion":
        return _counted(across, up, y)
    xs, ys = _coordinates(across), _coordinates(up)
    chosen = _chosen(kind, ys)
    return Series(
        "", y.file, y.field, tuple(xs[it] for it in chosen), tuple(ys[it] for it in chosen),
        total=len(ys),
    )  # fmt: skip


def _values(tables: Mapping[str, DataTable], it: PlotColumn) -> list[Any]:
    try:
        return tables[it.file].values(it.field)
    except NoData as error:
        raise NoData(f"{it.file}: {error}") from None


def _coordinates(said: Sequence[Any]) -> Sequence[Value]:
    """Return cells as coordinates: what `value` makes of each, in a tenth of the time."""
    if isinstance(said, range):
        return said
    if not all(type(it) is str for it in said) or max(map(len, said), default=0) > _SHORT:
        return [*map(value, said)]
    joined = "".join(said)
    if not joined.isascii() or "_" in joined:
        return [*map(value, said)]
    try:
        return [
            int(it) if it.strip().lstrip("+-").isdigit() else found
            for it, found in zip(said, map(float, said), strict=True)
        ]
    except ValueError:
        return [*map(value, said)]


_SHORT = 100
"""A text of so many digits is a number that is not bounded."""


def value(said: Any) -> Value:
    """Return a cell as a coordinate: a number where it is one; what is longer than any is cut."""
    if isinstance(said, str):
        return _number(said)
    if isinstance(said, bool):
        return str(said).lower()
    if said is None or isinstance(said, float):
        return said
    if isinstance(said, int):
        return scalars.bounded(said)
    return numbers.shown(said)[:_LONGEST]


def _number(said: str) -> Value:
    text = said.strip()
    if not text:
        return None
    if "_" not in text and len(text) <= _LONGEST and text.isascii():
        with suppress(ValueError):
            return scalars.bounded(int(text))
        with suppress(ValueError):
            return float(text)
    return said[:_LONGEST]


def label(said: Any) -> str:
    """Return a cell as the name of a class."""
    return said[:_LONGEST] if isinstance(said, str) else numbers.shown(said)[:_LONGEST]


def _counted(across: Sequence[Any], up: Sequence[Any], y: PlotColumn) -> Series:
    pairs = Counter(zip(map(label, across), map(label, up), strict=True))
    kept = sorted(islice(_frequent(pairs), MOST_POINTS))
    return Series(
        "",
        y.file,
        y.field,
        tuple(it for it, _ in kept),
        tuple(it for _, it in kept),
        tuple(pairs[it] for it in kept),
        total=len(up),
    )


def _frequent(pairs: Counter[tuple[str, str]]) -> list[tuple[str, str]]:
    return sorted(pairs, key=lambda it: (-pairs[it], it))


def _left_out(it: Series, kind: Kind) -> list[str]:
    """Say what of a series is not in it, or cannot be drawn."""
    notes = []
    kept = sum(it.counts) if kind == "confusion" else len(it.y)
    if kept < it.total:
        how = {
            "lines": "the lowest and the highest of each stretch",
            "confusion": "those of the most frequent pairs",
        }.get(kind, "evenly spread over the file")
        notes.append(f"{it.file}: {kept} of its {it.total} points of {it.field}, {how}")
    if kind in ("lines", "scatter") and (odd := sum(not is_drawn(one) for one in it.y)):
        notes.append(
            f"{it.file}: {odd} values of {it.field} are not finite numbers, and are not drawn"
        )
    return notes


def is_drawn(it: Value) -> bool:
    """Tell whether a coordinate has a place on an axis of numbers."""
    if not isinstance(it, int | float):
        return False
    try:
        return math.isfinite(float(it))
    except OverflowError:
        return False


def _chosen(kind: Kind, ys: Sequence[Value]) -> Sequence[int]:
    if kind == "lines":
        return extremes(ys, MOST_POINTS)
    return evenly(len(ys), MOST_POINTS)


def evenly(count: int, most: int) -> Sequence[int]:
    """Return which of so many points are shown, where each is as good as another."""
    return range(count) if count <= most else [it * count // most for it in range(most)]


def extremes(ys: Sequence[Value], most: int) -> Sequence[int]:
    """Return which points of a line are shown: the first, the last, and each stretch's extremes.

    So no peak is lost. What is no number is kept where a stretch has nothing else.
    """
    count = len(ys)
    if count <= most:
        return range(count)
    stretches = max(most // 2 - 1, 1)
    kept = {0, count - 1}
    for it in range(stretches):
        first, last = it * count // stretches, (it + 1) * count // stretches
        drawn = [place for place in range(first, last) if is_drawn(ys[place])]
        if drawn:
            kept.add(min(drawn, key=lambda place: ys[place]))  # type: ignore[arg-type,return-value]
            kept.add(max(drawn, key=lambda place: ys[place]))  # type: ignore[arg-type,return-value]
        else:
            kept.add(first)
    return sorted(kept)
