"""The timeline: a lane a stage, a block a version; under it, on the same axis, each metric.

Every row is a drawing of its own, as wide as there is room: places on the axis are percents,
heights are pixels, and what bends is stretched without its lines getting thicker. So it is as sharp
on a phone as on a wall, and needs no script.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from mreg.core.tenures import Tenure
from mreg.render import markup as h
from mreg.render import numbers
from mreg.render.markup import Markup
from mreg.web import dates, values, words
from mreg.web.axis import TimeAxis
from mreg.web.values import MetricPast, Model

MOST_LANES = 6
MOST_METRICS = 4
"""So many lanes and metrics are drawn; the tables beside them have all."""

RANGES = ((90, "90 days"), (365, "1 year"))
_CROWDED = 40
"""From so many blocks on, a timeline has ranges to choose from."""

_ENOUGH = 6
"""The shortest range that shows so many blocks is shown first."""

_LANE, _BLOCK, _PLOT, _AXIS = 30, 26, 76, 20
_TOP, _BOTTOM = 10, 66
_NARROWEST = 0.004
"""What is narrower than this part of the axis is drawn as one with what is beside it."""

_WIDTHS = (260, 330, 420, 540, 700, 900, 1100)
"""The widths, in pixels, from which on labels are shown that would not fit before."""

_TINTS = 3


def drawing(model: Model) -> Markup:
    """Return the timeline of a model, with ranges to choose from where it is crowded."""
    times = [*_times(model)]
    whole = TimeAxis.of(times)
    axes = [
        (f"{days}", label, _last(whole, days))
        for days, label in RANGES
        if _helps(model, whole, days)
    ]
    if not axes:
        return h.div(_HATCH, _rows(model, whole), class_="timeline")
    axes.append(("all", "all time", whole))
    chosen = next((it for it in axes if _blocks(model, it[2]) >= _ENOUGH), axes[-1])
    return h.div(
        _HATCH,
        *(_choice(key, label, chosen=key == chosen[0]) for key, label, _ in axes),
        *(h.div(_rows(model, axis), class_=f"timeline r-{key}") for key, _, axis in axes),
        class_="ranges",
    )


def _choice(key: str, label: str, *, chosen: bool) -> Markup:
    return h.fragment(
        h.input_(type="radio", name="range", id=f"r-{key}", class_="pick", checked=chosen),
        h.label(label, for_=f"r-{key}", class_="chip"),
    )


def _last(whole: TimeAxis, days: int) -> TimeAxis:
    return TimeAxis(max(whole.start, whole.end - timedelta(days=days)), whole.end)


def _helps(model: Model, whole: TimeAxis, days: int) -> bool:
    """Tell whether a shorter range shows less, and enough."""
    return whole.span > timedelta(days=days * 1.5) and len(model.profile.tenures) > _CROWDED


def _blocks(model: Model, axis: TimeAxis) -> int:
    held = model.tenures(model.main)
    return sum(it.until is None or it.until > axis.start for it in held)


def _times(model: Model) -> Iterator[datetime]:
    for it in model.profile.tenures:
        yield it.since
        if it.until:
            yield it.until
    for version in model.profile.versions:
        yield version.created_at


def _rows(model: Model, axis: TimeAxis) -> Markup:
    held = model.tenures(model.main)
    bad = [it for it in held if it.pulled and it.until]
    marks = axis.marks()
    back = h.fragment(
        *(
            h.rect(class_="band", x=axis.x(it.since), width=_width(axis, it), height="100%")
            for it in bad
        ),
        *(h.line(class_="grid", x1=it.at, x2=it.at, y1=0, y2="100%") for it in marks),
    )
    rows = [_axis_row(marks)]
    rows += [_lane(model, it, axis, back) for it in model.stages[:MOST_LANES]]
    rows += [_plot(model, it, axis, back) for it in plotted(model)]
    return h.fragment(rows)


def plotted(model: Model) -> tuple[MetricPast, ...]:
    """Return the metrics that are drawn: where any says which way is better, those that do."""
    told = tuple(it for it in model.metrics if it.direction or it.bounds)
    return (told or model.metrics)[:MOST_METRICS]


def _axis_row(marks: Sequence[object]) -> Markup:
    texts = [
        h.text(it.label, x=it.at, dx=4, y=14, class_="d")  # type: ignore[attr-defined]
        for it in marks
    ]
    return h.div(h.div(class_="what"), _svg(_AXIS, texts), class_="row axis")


def _svg(height: int, *children: object) -> Markup:
    return h.svg(*children, class_="plot", height=height, aria_hidden="true")  # type: ignore[arg-type]


def _lane(model: Model, stage: str, axis: TimeAxis, back: Markup) -> Markup:
    now = model.holder(stage)
    held = model.tenures(stage)
    rail = h.rect(class_="rail", x=0, y=2, width="100%", height=_BLOCK)
    blocks = [_block(it, axis) for it in _merged(held, axis)]
    arrows = [_arrow(axis, it) for it in held if it.pulled and it.until and it.until > axis.start]
    return h.div(
        h.div(h.b(stage), class_="what"),
        _svg(_LANE + 6, back, rail, blocks, arrows),
        h.div(_now(now), class_="now"),
        class_="row lane",
    )


def _now(held: Tenure | None) -> Markup:
    if held is None:
        return h.span("empty", class_="dim")
    return h.a(short(held.key), href=f"#{held.key}", class_="ver")


def short(key: str) -> str:
    """Return a version as it is; of a bare commit the beginning of its id."""
    return key if key.startswith("v") else key[:7]


class _Stretch(NamedTuple):
    """One or several tenures that are drawn as one."""

    first: Tenure
    last: Tenure
    versions: int


def _merged(held: Sequence[Tenure], axis: TimeAxis) -> Iterator[_Stretch]:
    """Iterate over what is drawn of a lane: what is too narrow goes with what is beside it."""
    block: _Stretch | None = None
    for it in held:
        if it.until and it.until <= axis.start:
            continue
        narrow = _part(axis, it) < _NARROWEST
        if (
            block
            and narrow
            and _part(axis, block.last) < _NARROWEST
            and block.last.until == it.since
        ):
            block = _Stretch(block.first, it, block.versions + 1)
            continue
        if block:
            yield block
        block = _Stretch(it, it, 1)
    if block:
        yield block


def _part(axis: TimeAxis, it: Tenure) -> float:
    return axis.share(it.until or axis.end) - axis.share(it.since)


def _width(axis: TimeAxis, it: Tenure) -> str:
    return f"{h.number(max(100 * _part(axis, it), 0.15))}%"


def _block(it: _Stretch, axis: TimeAxis) -> Markup:
    begin, end = it.first, it.last
    left = axis.share(begin.since)
    part = axis.share(end.until or axis.end) - left
    x, kind = f"{h.number(100 * left)}%", tint(begin.version)
    if end.until is None:
        kind = "cur"
    elif begin.pulled and it.versions == 1:
        kind = "pulled"
    said = says(begin) if it.versions == 1 else f"{it.versions} versions, {begin.key} to {end.key}"
    name = short(begin.key) if it.versions == 1 else ""
    shown = _label(name, part, x, "m curt" if kind == "cur" else "m")
    fill = "url(#hatch)" if kind == "pulled" else None
    width = f"{h.number(max(100 * part, 0.15))}%"
    block = h.rect(class_=f"b {kind}", x=x, y=2, width=width, height=_BLOCK, fill=fill)
    return h.a(block, h.title(said), shown, href=f"#{begin.key}", tabindex="-1")


def _label(name: str, part: float, x: str, class_: str) -> Markup | None:
    """Return a block's label, which is shown where the drawing is wide enough for it."""
    if not name:
        return None
    wanted = (len(name) * 6.9 + 12) / max(part, 1e-6)
    step = next((number for number, it in enumerate(_WIDTHS) if it >= wanted), None)
    if step is None:
        return None
    return h.text(name, x=x, dx=6, y=19, class_=f"{class_} w{step}")


def tint(version: str | None) -> str:
    """Return the tint of a version: that of its major number."""
    major = (version or "v0").removeprefix("v").partition(".")[0]
    return f"c{int(major) % _TINTS}" if major.isdigit() else "c0"


def _arrow(axis: TimeAxis, it: Tenure) -> Markup:
    """Return an arrow back, below the end of what was pulled."""
    path = h.path(class_="rb", d="M0 0c0 8-18 8-18 2")
    head = h.path(class_="rbh", d="M-21 3l3-5 3 5z")
    at = axis.x(it.until or axis.end)
    return h.svg(path, head, x=at, y=_LANE - 1, class_="out")


def says(it: Tenure) -> str:
    """Say in words who held a stage from when to when."""
    until = dates.day(it.until) if it.until else "now"
    how = f", {words.pulled(it.ending)}" if it.pulled else ""
    return f"{short(it.key)} in {it.stage}, {dates.day(it.since)} to {until}{how}"


# Metrics


class _MetricScale(NamedTuple):
    """From a metric's values to heights."""

    low: float
    high: float

    def y(self, value: float) -> float:
        """Return a value's height in pixels from the top; halved, lest it overflow."""
        span = self.high / 2 - self.low / 2
        part = (value / 2 - self.low / 2) / span if span else 0.5
        return _BOTTOM - (_BOTTOM - _TOP) * part


def _plot(model: Model, metric: MetricPast, axis: TimeAxis, back: Markup) -> Markup:
    bounds = [it for it in metric.bounds if it.stage == model.main]
    known = [*metric.values.values(), *(it.value for it in bounds)]
    scale = _MetricScale(min(known), max(known))
    limits = [_limit(scale.y(it.value)) for it in bounds]
    held = model.holder(model.main)
    value = metric.values.get(held.version or "") if held else None
    inner = h.svg(
        h.path(class_="step", d=_steps(model.tenures(model.main), metric, axis, scale)),
        _dots(model, metric, axis, scale),
        class_="in",
        width="100%",
        height=_PLOT,
        viewBox=f"0 0 1000 {_PLOT}",
        preserveAspectRatio="none",
    )
    return h.div(
        h.div(
            h.b(metric.name),
            h.span(better(metric), class_="dim") if metric.direction else None,
            *(
                h.span(f"{it.stage} asks {it.operator}{h.NO_BREAK}{it.value:g}", class_="ask")
                for it in bounds
            ),
            class_="what",
        ),
        _svg(_PLOT, back, limits, inner),
        h.div(h.b(metric.written(value)) if value is not None else None, class_="now"),
        class_="row metric",
    )


def better(metric: MetricPast) -> str:
    """Say which values of a metric are better."""
    return f"{metric.direction} is better" if metric.direction else ""


def shown(value: float) -> str:
    """Return a metric's value by itself."""
    return numbers.shown(values.plain(value), digits=numbers.FEWEST_DIGITS)


def _limit(y: float) -> Markup:
    return h.line(class_="bound", x1=0, x2="100%", y1=y, y2=y)


def _steps(held: Iterable[Tenure], metric: MetricPast, axis: TimeAxis, scale: _MetricScale) -> str:
    """Return the path of what a metric was in a stage."""
    parts: list[str] = []
    end: datetime | None = None
    for it in held:
        value = metric.values.get(it.version or "")
        if value is None or (it.until and it.until <= axis.start):
            end = None
            continue
        y = h.number(scale.y(value))
        x = h.number(1000 * axis.share(it.since))
        parts.append(f"V{y}" if end == it.since and parts else f"M{x} {y}")
        end = it.until
        parts.append(f"H{h.number(1000 * axis.share(it.until or axis.end))}")
    return "".join(parts)


_MOST_DOTS = 400


def _dots(model: Model, metric: MetricPast, axis: TimeAxis, scale: _MetricScale) -> Markup:
    """Return the versions as dots: full ones were in the main stage, hollow ones never."""
    was = {it.version for it in model.tenures(model.main)}
    paths: dict[bool, list[str]] = {True: [], False: []}
    for it in model.profile.versions[:_MOST_DOTS]:
        value = metric.values.get(str(it.version))
        if value is None or it.created_at < axis.start:
            continue
        x = h.number(1000 * axis.share(it.created_at))
        paths[it.version in was].append(f"M{x} {h.number(scale.y(value))}h0")
    full, hollow = "".join(paths[True]), "".join(paths[False])
    return h.fragment(
        h.path(class_="dot", d=full) if full else None,
        h.path(class_="ring", d=hollow) if hollow else None,
        h.path(class_="hole", d=hollow) if hollow else None,
    )


_HATCH = h.svg(
    h.defs(
        h.pattern(
            h.rect(class_="h0", width=6, height=6),
            h.path(class_="h1", d="M0 0V6"),
            id="hatch",
            width=6,
            height=6,
            patternUnits="userSpaceOnUse",
            patternTransform="rotate(45)",
        )
    ),
    class_="defs",
    width=0,
    height=0,
    aria_hidden="true",
)
