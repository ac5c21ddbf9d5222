"""Plots as SVG: lines over two logarithmic axes, the same bytes for the same numbers.

Each line has a colour, a mark and a dash of its own, so that none has to be told by colour alone.
The colours are those of the reader's light or dark scheme.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from mreg.render import markup as h
from mreg.render.markup import Markup

WIDTH, HEIGHT = 840, 450
_LEFT, _RIGHT, _TOP, _BOTTOM = 76, 264, 72, 56
_MARK = 4.5
_LEGEND_STEP = 22

SHEET: Final = """
.plot { font: 13px system-ui, sans-serif; color-scheme: light dark }
.plot-paper { fill: #ffffff } .plot-text { fill: #24292f } .plot-faint { fill: #57606a }
.plot-title { font-size: 15px; font-weight: 600 }
.plot-grid { stroke: #d8dee4 } .plot-axis { stroke: #57606a }
.plot-line { fill: none; stroke-width: 2.25; stroke-linejoin: round }
.plot-0 { --plot: #0072b2 } .plot-1 { --plot: #009e73 } .plot-2 { --plot: #b35c9a }
.plot-3 { --plot: #57606a } .plot-4 { --plot: #d55e00 } .plot-5 { --plot: #a67c00 }
.plot-line { stroke: var(--plot) } .plot-mark { fill: var(--plot); stroke: none }
@media (prefers-color-scheme: dark) {
  .plot-paper { fill: #0d1117 } .plot-text { fill: #e6edf3 } .plot-faint { fill: #9198a1 }
  .plot-grid { stroke: #2b323b } .plot-axis { stroke: #9198a1 }
  .plot-0 { --plot: #58b0f0 } .plot-1 { --plot: #3fc99a } .plot-2 { --plot: #e392cc }
  .plot-3 { --plot: #aab4c0 } .plot-4 { --plot: #ff8a3d } .plot-5 { --plot: #e3b341 }
}
"""
_COLOURS: Final = 6
_DASHES: Final = (None, "7 4", "2 4", None, "10 4 2 4", "4 3")


class Axis(NamedTuple):
    """An axis.

    Attributes:
        title: what it counts.
        label: returns what is written at a power of ten.
    """

    title: str
    label: Callable[[float], str]


class Line(NamedTuple):
    """A line of a plot.

    Attributes:
        name: what it stands for.
        points: what is above what, both more than 0, from left to right.
    """

    name: str
    points: Sequence[tuple[float, float]]


class _Scale(NamedTuple):
    """Where the values of an axis stand.

    Attributes:
        least: the power of ten at its beginning.
        most: the power of ten at its end.
        begin: where it begins.
        end: where it ends.
    """

    least: int
    most: int
    begin: float
    end: float

    @classmethod
    def over(cls, values: Sequence[float], begin: float, end: float) -> _Scale:
        """Return the scale of whole powers of ten that holds values."""
        least = math.floor(math.log10(min(values)))
        most = math.ceil(math.log10(max(values)))
        return cls(least, max(most, least + 1), begin, end)

    def at(self, value: float) -> float:
        """Return where a value stands."""
        part = (math.log10(value) - self.least) / (self.most - self.least)
        return self.begin + part * (self.end - self.begin)

    def ticks(self) -> list[float]:
        """Return the powers of ten on it."""
        return [10.0**power for power in range(self.least, self.most + 1)]


def logarithmic(title: str, description: str, x: Axis, y: Axis, lines: Sequence[Line]) -> Markup:
    """Return an SVG image of lines over two logarithmic axes, for a file of its own.

    Args:
        title: what it shows.
        description: the same in a sentence or two, for who does not see it.
        x: the axis below.
        y: the axis at the left.
        lines: the lines; those without points are left out.

    Raises:
        ValueError: there is no point, or one is not above 0.
    """
    drawn = [it for it in lines if it.points]
    across = [x for it in drawn for x, _ in it.points]
    up = [y for it in drawn for _, y in it.points]
    if min([*across, *up], default=0) <= 0:
        raise ValueError("a logarithmic plot needs points, all above 0")
    right, below = WIDTH - _RIGHT, HEIGHT - _BOTTOM
    wide, high = _Scale.over(across, _LEFT, right), _Scale.over(up, below, _TOP)
    return h.image(
        SHEET,
        h.tag("title", title, id="plot-title"),
        h.tag("desc", description, id="plot-description"),
        h.rect(class_="plot-paper", width=WIDTH, height=HEIGHT),
        h.text(title, class_="plot-text plot-title", x=16, y=28),
        _grid(x, wide, high),
        _steps(y, wide, high),
        [_line(number, it, wide, high) for number, it in enumerate(drawn)],
        _legend(drawn, right + 24),
        class_="plot",
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        width=WIDTH,
        height=HEIGHT,
        role="img",
        aria_labelledby="plot-title plot-description",
    )


def _grid(axis: Axis, wide: _Scale, high: _Scale) -> Markup:
    """Return the lines and labels of the axis below."""
    marks = [
        (
            h.line(class_="plot-grid", x1=at, x2=at, y1=high.begin, y2=high.end),
            h.text(
                axis.label(tick), class_="plot-text", x=at, y=high.begin + 20, text_anchor="middle"
            ),
        )
        for tick in wide.ticks()
        for at in [wide.at(tick)]
    ]
    middle = (wide.begin + wide.end) / 2
    below = high.begin + 42
    title = h.text(axis.title, class_="plot-faint", x=middle, y=below, text_anchor="middle")
    base = h.line(class_="plot-axis", x1=wide.begin, x2=wide.end, y1=high.begin, y2=high.begin)
    return h.g(marks, base, title)


def _steps(axis: Axis, wide: _Scale, high: _Scale) -> Markup:
    """Return the lines and labels of the axis at the left."""
    marks = [
        (
            h.line(class_="plot-grid", x1=wide.begin, x2=wide.end, y1=at, y2=at),
            h.text(
                axis.label(tick), class_="plot-text", x=wide.begin - 8, y=at + 4, text_anchor="end"
            ),
        )
        for tick in high.ticks()
        for at in [high.at(tick)]
    ]
    title = h.text(axis.title, class_="plot-faint", x=16, y=high.end - 18)
    return h.g(marks, title)


def _line(number: int, line: Line, wide: _Scale, high: _Scale) -> Markup:
    """Return a line, and its marks."""
    places = [(wide.at(x), high.at(y)) for x, y in line.points]
    path = " L".join(f"{h.number(x)} {h.number(y)}" for x, y in places)
    return h.g(
        h.tag("title", line.name),
        h.path(class_="plot-line", d=f"M{path}", stroke_dasharray=_DASHES[number % _COLOURS]),
        [_mark(number, x, y) for x, y in places],
        class_=f"plot-{number % _COLOURS}",
    )


def _mark(number: int, x: float, y: float) -> Markup:
    """Return the mark of a line at a place: a shape for each."""
    turns = {1: 0, 2: 3, 3: 4, 4: 4}.get(number % _COLOURS)
    if turns is None:
        return h.circle(class_="plot-mark", cx=x, cy=y, r=_MARK)
    if not turns:
        size = 2 * _MARK
        return h.rect(class_="plot-mark", x=x - _MARK, y=y - _MARK, width=size, height=size)
    first = {2: -90, 3: -90, 4: -45}[number % _COLOURS]
    angles = [math.radians(first + 360 / turns * corner) for corner in range(turns)]
    corners = [
        f"{h.number(x + 1.3 * _MARK * math.cos(it))} {h.number(y + 1.3 * _MARK * math.sin(it))}"
        for it in angles
    ]
    return h.path(class_="plot-mark", d=f"M{' L'.join(corners)}Z")


def _legend(lines: Sequence[Line], left: float) -> Markup:
    """Return the names of the lines, the highest first, each beside a piece of its line."""
    order = sorted(range(len(lines)), key=lambda it: (-lines[it].points[-1][1], it))
    rows = []
    for place, number in enumerate(order):
        y = _TOP + 8 + place * _LEGEND_STEP
        piece = f"M{h.number(left)} {h.number(y)} L{h.number(left + 30)} {h.number(y)}"
        rows.append(
            h.g(
                h.path(class_="plot-line", d=piece, stroke_dasharray=_DASHES[number % _COLOURS]),
                _mark(number, left + 15, y),
                h.text(lines[number].name, class_="plot-text", x=left + 38, y=y + 4),
                class_=f"plot-{number % _COLOURS}",
            )
        )
    return h.g(rows)
