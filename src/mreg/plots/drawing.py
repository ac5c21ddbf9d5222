"""Plots drawn: which line has which colour, which points are shown, and the same as a table.

A version has a colour where several are drawn; the columns of a plot are told apart by dashes then,
and by colours where there is one version.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from mreg.plots.series import evenly, extremes, is_drawn
from mreg.plots.values import Picture, Plot, Plots, Series, Value
from mreg.render import figure, numbers
from mreg.render.figure import Bars, Drawing, Labels, Matrix, Trace

MOST_TRACES = 24
"""So many lines are drawn in one figure."""

MOST_CLASSES = 40
"""So many classes a matrix shows in a file of its own."""

_MOST_BARS = 30


class Rows(NamedTuple):
    """The data of a plot as a table.

    Attributes:
        head: what its columns are called.
        rows: texts.
        total: how many rows there would be, if all were shown.
    """

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    total: int


def file(found: Plots, title: str, points: int = 2000) -> str:
    """Return all plots as one SVG image for a file of its own."""
    drawn = [it for plot in found.plots for it in drawings(plot, found.versions, points)]
    return figure.in_file(title, drawn) + "\n"


def drawings(
    plot: Plot, versions: Sequence[str], points: int, classes: int = MOST_CLASSES
) -> list[Drawing]:
    """Return a plot as figures: one, but of images one for each version.

    Args:
        plot: the plot.
        versions: what the versions are called, in the order of their colours.
        points: so many points of a series are drawn.
        classes: so many classes of a matrix are drawn.
    """
    if plot.kind == "image":
        return [_picture(plot, it) for it in plot.pictures]
    labels = Labels(plot.title, plot.x_label, plot.y_label)
    if plot.kind == "confusion":
        return [figure.matrices(labels, [*_matrices(plot, versions, classes)])]
    if plot.kind == "bars":
        return [_bars(plot, labels, versions)]
    traces = [*_traces(plot, versions, points)]
    return [figure.plotted(labels, traces, "points" if plot.kind == "scatter" else "line")]


def names(plot: Plot, versions: Sequence[str]) -> list[str]:
    """Return what the series of a plot are called beside one another: as short as may be."""
    files, fields = {it.file for it in plot.series}, {it.field for it in plot.series}
    common = posixpath.commonpath([posixpath.dirname(it) for it in files]) if len(files) > 1 else ""
    found = []
    for it in plot.series:
        parts = [it.version] if len(versions) > 1 else []
        if len(files) > 1:
            short = posixpath.relpath(it.file, common) if common else it.file
            parts.append(posixpath.splitext(short)[0])
        if len(fields) > 1:
            parts.append(it.field)
        found.append(" ".join(parts))
    return found


def _styles(plot: Plot, versions: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Iterate over the colour and the dashes of each series."""
    columns = [*dict.fromkeys((it.file, it.field) for it in plot.series)]
    for it in plot.series:
        column = columns.index((it.file, it.field))
        yield (versions.index(it.version), column) if len(versions) > 1 else (column, column)


def _traces(plot: Plot, versions: Sequence[str], most: int) -> Iterator[Trace]:
    parts = zip(plot.series, names(plot, versions), _styles(plot, versions), strict=True)
    for number, (it, name, (colour, dash)) in enumerate(parts):
        if number < MOST_TRACES:
            yield Trace(name, colour, dash, _points(it, most, lines=plot.kind == "lines"))


def _points(it: Series, most: int, *, lines: bool) -> list[tuple[float | str, float] | None]:
    """Return the points of a series that are drawn; None where a line is broken."""
    texts = any(isinstance(x, str) for x in it.x)
    chosen = extremes(it.y, most) if lines else evenly(len(it.y), most)
    found: list[tuple[float | str, float] | None] = []
    for place in chosen:
        x, y = it.x[place], it.y[place]
        if not is_drawn(y) or x is None or not (texts or is_drawn(x)):
            found.append(None)
        else:
            found.append((str(x) if texts else float(x), float(y)))  # type: ignore[arg-type]
    return found


def _matrices(plot: Plot, versions: Sequence[str], most_classes: int) -> Iterator[Matrix]:
    columns = _classes(x for it in plot.series for x in it.x)
    rows = _classes(y for it in plot.series for y in it.y)
    for it in plot.series[:MOST_TRACES]:
        counts = dict(zip(zip(map(str, it.x), map(str, it.y), strict=True), it.counts, strict=True))
        most = max(counts.values(), default=1)
        sums: dict[str, int] = {}
        for (_, row), count in counts.items():
            sums[row] = sums.get(row, 0) + count
        shares = plot.template == "confusion_normalized"
        cells = {
            (x, y): (f"{count / sums[y]:.0%}", count / sums[y])
            if shares
            else (str(count), count / most)
            for (x, y), count in counts.items()
        }
        name = it.version if len(versions) > 1 else ""
        yield Matrix(name, columns[:most_classes], rows[:most_classes], cells)


def _classes(found: Iterator[Value]) -> list[str]:
    """Return the names of classes in their order: that of numbers where all are such."""
    texts = sorted({str(it) for it in found})
    try:
        return sorted(texts, key=float)
    except ValueError:
        return texts


def _bars(plot: Plot, labels: Labels, versions: Sequence[str]) -> Drawing:
    parts = zip(plot.series, names(plot, versions), _styles(plot, versions), strict=True)
    found = [Bars(name, colour, dict(_lengths(it))) for it, name, (colour, _) in parts]
    order = list(dict.fromkeys(name for it in found for name in it.values))
    if plot.template.endswith("_sorted"):
        order.sort(key=lambda name: -found[0].values.get(name, 0.0))
    return figure.bars(labels, found, order[:_MOST_BARS])


def _lengths(it: Series) -> Iterator[tuple[str, float]]:
    for x, y in zip(it.x, it.y, strict=True):
        if isinstance(x, int | float) and is_drawn(x):
            yield str(y), float(x)


def _picture(plot: Plot, it: Picture) -> Drawing:
    return figure.picture(plot.title, it.content, it.format, it.version)


def left_out(plot: Plot, classes: int = MOST_CLASSES) -> Iterator[str]:
    """Iterate over what of a plot is not drawn, in sentences, beside its notes."""
    if plot.kind in ("lines", "scatter") and len(plot.series) > MOST_TRACES:
        yield f"only the first {MOST_TRACES} of its {len(plot.series)} lines are drawn"
    if plot.kind == "bars":
        count = len({it for one in plot.series for it in one.y})
        if count > _MOST_BARS:
            yield f"only the first {_MOST_BARS} of its {count} bars are drawn"
    if plot.kind == "confusion":
        count = len({it for one in plot.series for it in (*one.x, *one.y)})
        if count > classes:
            yield f"only the first {classes} of its {count} classes are drawn"


# As a table


def rows(plot: Plot, versions: Sequence[str], most: int) -> Rows:
    """Return the data of a plot as a table: a row for each place below, if all have one there."""
    x = plot.x_label or "x"
    called = [name or it.field for it, name in zip(plot.series, names(plot, versions), strict=True)]
    if plot.kind != "confusion" and all(len({*it.x}) == len(it.x) for it in plot.series):
        held = [dict(zip(it.x, it.y, strict=True)) for it in plot.series]
        places = list(dict.fromkeys(place for one in held for place in one))
        chosen = [places[it] for it in evenly(len(places), most)]
        found = [(_cell(at), *(_cell(one.get(at)) for one in held)) for at in chosen]
        return Rows((x, *called), tuple(found), len(places))
    long = [
        (name, _cell(across), _cell(up), *([str(count)] if it.counts else []))
        for it, name in zip(plot.series, called, strict=True)
        for across, up, count in zip(it.x, it.y, it.counts or [0] * len(it.x), strict=True)
    ]
    head = ("series", x, plot.y_label or "y", *(["count"] if plot.kind == "confusion" else []))
    return Rows(head, tuple(long[it] for it in evenly(len(long), most)), len(long))


def _cell(it: Value) -> str:
    return "" if it is None else numbers.shown(it, digits=numbers.FEWEST_DIGITS)
