"""Figures as SVG: lines, points, bars and matrices; the same bytes for the same data.

Each is drawn in a box of one width, from its own corner, so that a page shows one and a file shows
many. Colours are classes, which `SHEET` gives the reader's light or dark scheme.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Literal, NamedTuple, TypeAlias

from mreg.render import markup as h
from mreg.render.markup import Content, Markup

Coordinate: TypeAlias = int | float | str
Form: TypeAlias = Literal["line", "points"]

WIDTH: Final = 420
_LEFT, _RIGHT, _TOP, _HIGH = 58, 12, 42, 176
_LETTER = 6.3
_LEGEND = 16
_MOST_NAMES = 12
_LONGEST = 56

_BASE: Final = """
.figure text { font: 11px system-ui, sans-serif; fill: var(--ink) }
.figure .f-title { font-size: 13px; font-weight: 600 }
.figure .f-dim { fill: var(--dim) }
.f-grid { stroke: var(--line) } .f-axis { stroke: var(--dim) }
.f-line, .f-points { fill: none; stroke: var(--f); stroke-linecap: round }
.f-line { stroke-width: 2; stroke-linejoin: round } .f-points { stroke-width: 5 }
.f-fill { fill: var(--f) } .f-cell { stroke: var(--line) }
"""
_LIGHT: Final = (
    ".f-0 { --f: #1d5bb8 } .f-1 { --f: #b85300 } .f-2 { --f: #17693a }"
    " .f-3 { --f: #8a3f8f } .f-4 { --f: #5b5f67 } .f-5 { --f: #8a6d00 }\n"
)
_DARK: Final = (
    ".f-0 { --f: #7fb2ff } .f-1 { --f: #ff9d4d } .f-2 { --f: #6fd393 }"
    " .f-3 { --f: #e3a0e8 } .f-4 { --f: #a3a7ae } .f-5 { --f: #e3c04a }\n"
)
SHEET: Final = (
    ".figure { --ink: #1b1d21; --dim: #5b5f67; --line: #e0ded9; --paper: #ffffff;"
    " color-scheme: light dark }\n.f-paper { fill: var(--paper) }"
    + _BASE
    + _LIGHT
    + "@media (prefers-color-scheme: dark) { .figure { --ink: #e7e5e0; --dim: #a3a7ae;"
    " --line: #33383f; --paper: #15181c }\n" + _DARK + "}\n"
)
COLOURS: Final = 6
_DASHES: Final = (None, "6 4", "1.5 4", "9 4 2 4")


class Trace(NamedTuple):
    """What is drawn of one thing: points, or a line through them.

    Attributes:
        name: what it is called in the legend.
        colour: which colour it has, counted from 0.
        dash: which dashes, likewise.
        points: what is above what, from left to right for a line; None where the line is broken.
    """

    name: str
    colour: int
    dash: int
    points: Sequence[tuple[Coordinate, float] | None]


class Bars(NamedTuple):
    """The bars of one thing: how long each is, by its name."""

    name: str
    colour: int
    values: Mapping[str, float]


class Matrix(NamedTuple):
    """A matrix of one thing.

    Attributes:
        name: what it is called.
        columns: its columns, from left to right.
        rows: its rows, from top to bottom.
        cells: what stands in each, by column and row, and how dark it is, from 0 to 1.
    """

    name: str
    columns: Sequence[str]
    rows: Sequence[str]
    cells: Mapping[tuple[str, str], tuple[str, float]]


class Labels(NamedTuple):
    """What is written around a figure: its title, and what its axes count."""

    title: str
    x: str = ""
    y: str = ""


class Drawing(NamedTuple):
    """A figure that is drawn, and how high it is; its width is `WIDTH`."""

    title: str
    content: Content
    height: float


# On a page, or in a file


def on_page(it: Drawing) -> Markup:
    """Return a figure as an image within a page, as wide as there is room for."""
    return h.svg(
        it.content,
        class_="figure",
        viewBox=f"0 0 {WIDTH} {h.number(it.height)}",
        role="img",
        aria_label=it.title,
    )


def in_file(title: str, found: Sequence[Drawing]) -> Markup:
    """Return figures as one image, for a file of its own: two in a row, under a title."""
    gap, head = 24, 44
    places: list[Markup] = []
    y: float = head
    for number in range(0, len(found), 2):
        pair = found[number : number + 2]
        for it, left in zip(pair, (gap, 2 * gap + WIDTH), strict=False):
            place = f"translate({left} {h.number(y)})"
            places.append(h.g(h.title(it.title), it.content, transform=place))
        y += max(it.height for it in pair) + gap
    width = gap + min(max(len(found), 1), 2) * (WIDTH + gap)
    return h.image(
        SHEET,
        h.tag("title", title),
        h.rect(class_="f-paper", width=width, height=y),
        h.text(_cut(title, 2 * _LONGEST), class_="f-title", x=gap, y=28),
        places,
        class_="figure",
        viewBox=f"0 0 {width} {h.number(y)}",
        width=width,
        height=y,
        role="img",
    )


def picture(title: str, content: bytes, form: str, note: str) -> Drawing:
    """Return an image of the formats that `render.markup.embedded` takes, as a figure."""
    drawn = h.embedded(content, form, x=0, y=_TOP - 12, width=WIDTH, height=_HIGH + 60)
    return Drawing(title, [_title(title), drawn, _below(note, _TOP + _HIGH + 62)], _HIGH + 104)


# Lines and points


def plotted(labels: Labels, traces: Sequence[Trace], form: Form) -> Drawing:
    """Return lines or points over two axes; of texts below, each has a place in their order."""
    drawn = [it for it in traces if any(it.points)]
    points = [it for trace in drawn for it in trace.points if it]
    texts = dict.fromkeys(str(x) for x, _ in points) if _has_texts(points) else None
    places = {text: number for number, text in enumerate(texts)} if texts is not None else None
    across = [float(places[str(x)] if places else x) for x, _ in points]
    wide = _LinearScale.over(across, _LEFT, WIDTH - _RIGHT, room=0)
    high = _LinearScale.over([y for _, y in points], _TOP + _HIGH, _TOP, room=0.05)
    marks = [*places.items()] if places else [(_number(it), it) for it in wide.ticks()]
    content: list[Content] = [
        _title(labels.title),
        _frame(labels, wide, high, marks),
        [_trace(it, form, wide, high, places) for it in drawn],
    ]
    below = _TOP + _HIGH + 40
    names = [(it.name, _sample(it, form)) for it in drawn]
    content.append(_legend(names, below) if any(it for it, _ in names) else None)
    shown = min(len(names), _MOST_NAMES + 1) if any(it for it, _ in names) else 0
    return Drawing(labels.title, content, below + _LEGEND * shown - (0 if shown else 4))


class _LinearScale(NamedTuple):
    """Where the values of an axis stand; all is halved on the way, lest it overflow."""

    least: float
    most: float
    begin: float
    end: float

    @classmethod
    def over(
        cls, values: Sequence[float], begin: float, end: float, *, room: float
    ) -> _LinearScale:
        """Return the scale that holds values, with room at both ends, as a part of it."""
        least, most = min(values, default=0.0), max(values, default=1.0)
        half = most / 2 - least / 2
        more = half * (2 * room)
        if not half:
            more = abs(least) / 10 or 1.0
        return cls(_bounded(least - more), _bounded(most + more), begin, end)

    def at(self, value: float) -> float:
        """Return where a value stands."""
        span = self.most / 2 - self.least / 2
        part = (value / 2 - self.least / 2) / span if span else 0.5
        return self.begin + (self.end - self.begin) * min(max(part, 0.0), 1.0)

    def ticks(self, most: int = 5) -> list[float]:
        """Return round values on it, at most so many and one more."""
        step = _step((self.most / 2 - self.least / 2) / most * 2)
        if not step or not math.isfinite(step):
            return [self.least]
        first = math.ceil(self.least / step - 1e-9)
        found = [_rounded((first + it) * step, step) for it in range(most + 2)]
        return [it for it in found if self.least <= it <= self.most]


def _bounded(value: float) -> float:
    return min(max(value, -sys.float_info.max), sys.float_info.max)


def _step(raw: float) -> float:
    """Return the round number of which steps are at least as long as one."""
    if raw <= 0 or not math.isfinite(raw):
        return 0.0
    power = 10.0 ** math.floor(math.log10(raw))
    return next((it * power for it in (1, 2, 5, 10) if it * power >= raw), 0.0)


def _rounded(value: float, step: float) -> float:
    digits = -math.floor(math.log10(step)) + 1
    return round(value, digits) if 0 < digits < 300 else value  # noqa: PLR2004 - floats end there


def _number(value: float) -> str:
    whole = value.is_integer() and abs(value) < 1e6  # noqa: PLR2004 - from there it is written 1e6
    return str(int(value)) if whole else f"{value:.4g}"


def _has_texts(points: Sequence[tuple[Coordinate, float]]) -> bool:
    return any(isinstance(x, str) for x, _ in points)


def _frame(
    labels: Labels, wide: _LinearScale, high: _LinearScale, marks: Sequence[tuple[str, float]]
) -> Markup:
    """Return the axes: what is marked on them, and what they count."""
    up = [
        (
            h.line(class_="f-grid", x1=_LEFT, x2=wide.end, y1=high.at(it), y2=high.at(it)),
            h.text(_number(it), x=_LEFT - 6, y=high.at(it) + 4, text_anchor="end"),
        )
        for it in high.ticks()
    ]
    base = _TOP + _HIGH
    return h.g(
        up,
        h.line(class_="f-axis", x1=_LEFT, x2=wide.end, y1=base, y2=base),
        [*_marked(wide, marks)],
        h.text(_cut(labels.y, 30), class_="f-dim", x=4, y=_TOP - 9),
        _below(labels.x, base + 30),
    )


def _marked(wide: _LinearScale, marks: Sequence[tuple[str, float]]) -> Iterator[Markup]:
    """Iterate over what is written below the axis, as much as there is room for."""
    free = 0.0
    for text, value in marks:
        cut = _cut(text, 14)
        half = len(cut) * _LETTER / 2
        at = min(max(wide.at(value), half), WIDTH - half)
        if at - half >= free:
            yield h.text(cut, x=at, y=_TOP + _HIGH + 15, text_anchor="middle")
            free = at + half + 8


def _trace(
    it: Trace, form: Form, wide: _LinearScale, high: _LinearScale, places: Mapping[str, int] | None
) -> Markup:
    def at(point: tuple[Coordinate, float]) -> str:
        x = float(places[str(point[0])] if places else point[0])
        return f"{h.number(wide.at(x))} {h.number(high.at(point[1]))}"

    parts: list[str] = []
    alone: list[str] = []
    broken = True
    for number, point in enumerate(it.points):
        if point is None:
            broken = True
        elif form == "points" or (broken and [*it.points[number + 1 : number + 2]] in ([], [None])):
            alone.append(f"M{at(point)}h0")
        else:
            parts.append(f"{'M' if broken else 'L'}{at(point)}")
            broken = False
    colour = f"f-{it.colour % COLOURS}"
    dashes = _DASHES[it.dash % len(_DASHES)]
    drawn = h.fragment(
        h.path(class_=f"f-line {colour}", d="".join(parts), stroke_dasharray=dashes)
        if parts
        else None,
        h.path(class_=f"f-points {colour}", d="".join(alone)) if alone else None,
    )
    return h.g(h.title(it.name), drawn) if it.name else drawn


def _sample(it: Trace, form: Form) -> Markup:
    """Return a piece of a trace, for the legend."""
    return h.path(
        class_=f"f-{form} f-{it.colour % COLOURS}",
        d="M0 0H22" if form == "line" else "M11 0h0",
        stroke_dasharray=_DASHES[it.dash % len(_DASHES)] if form == "line" else None,
    )


def _legend(names: Sequence[tuple[str, Content]], top: float) -> Markup:
    """Return what the colours and dashes stand for."""
    rows = []
    for number, (name, sample) in enumerate(names[:_MOST_NAMES]):
        place = f"translate({_LEFT} {h.number(top + number * _LEGEND)})"
        rows.append(h.g(sample, h.text(_cut(name, _LONGEST - 6), x=30, y=4), transform=place))
    if (more := len(names) - _MOST_NAMES) > 0:
        y = top + _MOST_NAMES * _LEGEND + 4
        rows.append(h.text(f"and {more} more", class_="f-dim", x=_LEFT + 30, y=y))
    return h.g(rows)


# Bars


def bars(labels: Labels, found: Sequence[Bars], names: Sequence[str]) -> Drawing:
    """Return bars that lie: one of each thing for each name, in the order of the names."""
    left, thick = 132, 14 if len(found) == 1 else 9
    values = [0.0, *(one.values[it] for one in found for it in names if it in one.values)]
    wide = _LinearScale.over(values, left, WIDTH - 52, room=0)
    content: list[Content] = [_title(labels.title)]
    y: float = _TOP
    for name in names:
        middle = y + thick * len(found) / 2 + 4
        content.append(h.text(_cut(name, 20), x=left - 6, y=middle, text_anchor="end"))
        for it in found:
            value = it.values.get(name)
            if value is not None:
                content.append(_bar(it, value, wide, y, thick))
            y += thick
        y += 6
    content.append(h.line(class_="f-axis", x1=wide.at(0), x2=wide.at(0), y1=_TOP - 2, y2=y))
    content.append(_below(labels.x, y + 14))
    y += 28
    if len(found) > 1:
        samples = [
            (it.name, h.path(class_=f"f-points f-{it.colour % COLOURS}", d="M11 0h0"))
            for it in found
        ]
        content.append(_legend(samples, y))
        y += _LEGEND * len(found)
    return Drawing(labels.title, content, y + 4)


def _bar(it: Bars, value: float, wide: _LinearScale, y: float, thick: float) -> Markup:
    begin, end = sorted((wide.at(0), wide.at(value)))
    return h.g(
        h.rect(
            class_=f"f-fill f-{it.colour % COLOURS}",
            x=begin, y=y, width=max(end - begin, 0.5), height=thick - 1,
        ),
        h.text(_number(value), x=end + 4, y=y + thick / 2 + 4),
    )  # fmt: skip


# Matrices


def matrices(labels: Labels, found: Sequence[Matrix]) -> Drawing:
    """Return matrices, one below the other: darker is more."""
    content: list[Content] = [_title(labels.title)]
    y: float = _TOP
    for number, it in enumerate(found):
        drawn, high = _matrix(labels, it, number)
        content.append(h.g(drawn, transform=f"translate(0 {h.number(y)})"))
        y += high + 10
    return Drawing(labels.title, content, y)


_MOST_TEXTS, _FEW = 12, 4


def _matrix(labels: Labels, it: Matrix, colour: int) -> tuple[Content, float]:
    beside = [_cut(it, 16) for it in (labels.y, *it.rows)]
    left = min(max(map(len, beside)) * _LETTER + 12, 116)
    side = (WIDTH - left - _RIGHT) / max(len(it.columns), 1)
    high = min(side, 34.0)
    cells: list[Content] = [
        h.text(_cut(it.name, 24), class_="f-title", x=left, y=2) if it.name else None,
        h.text(_cut(labels.y, 16), class_="f-dim", x=left - 6, y=2, text_anchor="end"),
    ]
    top = 10.0
    nothing = "0" if len(it.columns) <= _FEW else ""
    fields: list[Content] = []
    texts: list[Content] = []
    for row_number, row in enumerate(it.rows):
        y = top + row_number * high
        cells.append(h.text(_cut(row, 16), x=left - 6, y=y + high / 2 + 4, text_anchor="end"))
        for column_number, column in enumerate(it.columns):
            said, dark = it.cells.get((column, row), (nothing, 0.0))
            x = left + column_number * side
            opacity = h.number(0.04 + 0.5 * dark)
            fields.append(h.rect(x=x, y=y, width=side, height=high, fill_opacity=opacity))
            if said and len(it.columns) <= _MOST_TEXTS:
                texts.append(h.text(said, x=x + side / 2, y=y + high / 2 + 4))
    cells.append(h.g(fields, class_=f"f-cell f-fill f-{colour % COLOURS}"))
    cells.append(h.g(texts, text_anchor="middle"))
    y = top + len(it.rows) * high
    room = max(int(side / _LETTER), 1)
    step = max(1, math.ceil(3 / room))
    cells += (
        h.text(
            _cut(name, max(room * step - 1, 2)), x=left + (number + 0.5) * side, y=y + 14,
            text_anchor="middle",
        )
        for number, name in enumerate(it.columns)
        if number % step == 0
    )  # fmt: skip
    cells.append(_below(labels.x, y + 30))
    return cells, y + 42


# Texts


def _title(text: str) -> Markup:
    return h.text(_cut(text, _LONGEST), class_="f-title", x=4, y=13)


def _below(text: str, y: float) -> Content:
    if not text:
        return None
    return h.text(_cut(text, 40), class_="f-dim", x=WIDTH / 2, y=y, text_anchor="middle")


def _cut(text: str, most: int) -> str:
    """Return a text that is short enough for its place, in one line."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}\N{HORIZONTAL ELLIPSIS}"
