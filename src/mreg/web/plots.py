"""Plots on pages: those of the version that a model's page describes, with the latest over it.

The figures on the page have few points each, and its tables few rows; what the compare page draws
of any two of the newest versions stands in a script of its own. Only models with plots have it.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from typing import Any

from mreg.plots import drawing
from mreg.plots.series import evenly, extremes
from mreg.plots.values import Picture, Plot, Plots, Series, Value
from mreg.render import figure, json
from mreg.render import markup as h
from mreg.render.markup import Content, Markup
from mreg.web import frame
from mreg.web.frame import Page, command, heading, panel
from mreg.web.values import Model

FILE = "plots.js"
"""The script with the newest versions' plots, beside a model's page."""

STYLE = "a/plots.css"

MOST_VERSIONS = 10
"""So many versions' plots the compare page knows, the newest."""

# What plots take of a page that may have 60 kB: some 4 kB each, and not more than half of it.
_MOST_FIGURES, _ROOM = 8, 30_000
_POINTS_ON_PAGE, _FEWEST_POINTS = 160, 12
_CLASSES_ON_PAGE = 8
_CELLS_ON_PAGE = 60
_MOST_UNREAD = 10

_POINTS_IN_SCRIPT = 200
_MOST_PLOTS = 40
_LONGEST = 200


def files(model: Model) -> Iterator[tuple[str, str | bytes]]:
    """Iterate over the files of a model's plots, beside its page: names, and contents."""
    if model.plots is None:
        return
    yield f"{model.folder}/{FILE}", frame.call("plots", json.dumps(_script(model)))
    for plot in _shown(model.plots.drawn):
        for it in plot.pictures:
            yield f"{model.folder}/{_file(it)}", it.content


def names(model: Model) -> list[str]:
    """Return the names of the files of a model's plots."""
    if model.plots is None:
        return []
    shown = _shown(model.plots.drawn)
    images = {f"{model.folder}/{_file(it)}" for plot in shown for it in plot.pictures}
    return sorted({f"{model.folder}/{FILE}", *images})


def lacks_some(model: Model) -> bool:
    """Tell whether some of a model's plots could not be read, and may be there another time."""
    return bool(model.plots and any(it.problems for it in (model.plots.drawn, *model.plots.each)))


def section(it: Page, model: Model) -> Content:
    """Return the plots as a part of a model's page; nothing where there are none."""
    if model.plots is None:
        return None
    found = model.plots.drawn
    if not (found.plots or found.problems):
        return None
    shown: list[Markup] = []
    for plot in _shown(found):
        if sum(map(len, shown)) < _ROOM:
            shown.append(_plot(it, model, plot, found.versions))
    left = len(found.plots) - len(shown)
    selectors = shlex.join(f"{model.name}@{version}" for version in found.versions)
    return panel(
        "plots",
        "Plots",
        h.div(shown, class_="plots pad") if shown else None,
        _unread(found),
        h.div(
            h.p(f"{left} more plots, and all points of these plots:", class_="dim"),
            command(f"mreg compare {selectors} --plots plots.svg"),
            class_="pad",
        )
        if left > 0
        else None,
        note=" and ".join(found.versions),
    )


def _shown(found: Plots) -> tuple[Plot, ...]:
    return found.plots[:_MOST_FIGURES]


def _unread(found: Plots) -> Content:
    """Say what could not be read."""
    if not found.problems:
        return None
    some = found.problems[:_MOST_UNREAD]
    rows = [h.li(f"{it.subject}: {it.message}") for it in some]
    count = len(found.problems)
    return h.details(
        h.summary(f"{count} could not be read"), h.ul(rows, class_="notes"), class_="unread"
    )


def _plot(it: Page, model: Model, plot: Plot, versions: Sequence[str]) -> Markup:
    """Return a plot with its data as a table."""
    notes = [*plot.notes, *drawing.left_out(plot, _CLASSES_ON_PAGE)][:_MOST_UNREAD]
    said = h.ul(*map(h.li, notes), class_="notes") if notes else None
    if plot.kind == "image":
        shown = [_image(it, model, plot, one, versions) for one in plot.pictures]
        return h.div(h.h3(plot.title), shown, said, class_="plotted")
    points = max(_POINTS_ON_PAGE // max(len(plot.series), 1), _FEWEST_POINTS)
    drawn = drawing.drawings(plot, versions, points, _CLASSES_ON_PAGE)
    return h.div(map(figure.on_page, drawn), said, _table(plot, versions), class_="plotted")


def _image(it: Page, model: Model, plot: Plot, one: Picture, versions: Sequence[str]) -> Markup:
    name = f"{plot.title}, {one.version}" if len(versions) > 1 else plot.title
    image = h.tag("img", src=it.link(f"{model.folder}/{_file(one)}"), alt=name, loading="lazy")
    return h.tag("figure", image, h.tag("figcaption", one.version, class_="dim"))


def _file(it: Picture) -> str:
    return f"plots/{it.sha256[:32]}.{it.format}"


def _table(plot: Plot, versions: Sequence[str]) -> Markup:
    found = drawing.rows(plot, versions, max(_CELLS_ON_PAGE // (len(plot.series) + 1), 3))
    head = [heading(it, "num" if number else "") for number, it in enumerate(found.head)]
    rows = [
        h.tr(h.td(it, class_="num" if number else None) for number, it in enumerate(row))
        for row in found.rows
    ]
    some = f"{len(found.rows)} of {found.total} rows" if len(found.rows) < found.total else ""
    table = frame.table(head, rows, label=f"{plot.title} as a table")
    return h.details(
        h.summary("Show as a table", h.span(f", {some}", class_="dim") if some else None), table
    )


# For the compare page


def _script(model: Model) -> dict[str, Any]:
    assert model.plots is not None
    return {
        "page": model.page,
        "versions": {
            found.versions[0]: [_plain(it, found.versions) for it in found.plots[:_MOST_PLOTS]]
            for found in model.plots.each
        },
    }


def _plain(plot: Plot, versions: Sequence[str]) -> dict[str, Any]:
    """Return a plot of one version as a script draws it."""
    names = drawing.names(plot, versions)
    return {
        "id": plot.id,
        "kind": plot.kind,
        "title": plot.title[:_LONGEST],
        "x": plot.x_label[:_LONGEST],
        "y": plot.y_label[:_LONGEST],
        "series": [
            [name[:_LONGEST], *_points(it, plot.kind), list(it.counts)]
            for it, name in zip(plot.series, names, strict=True)
        ][: drawing.MOST_TRACES],
    }


def _points(it: Series, kind: str) -> tuple[list[Value], list[Value]]:
    """Return the points that a script draws; a number that is not finite is none."""
    if kind == "lines":
        chosen: Sequence[int] = extremes(it.y, _POINTS_IN_SCRIPT)
    else:
        chosen = evenly(len(it.y), len(it.y) if it.counts else _POINTS_IN_SCRIPT)
    return [_short(it.x[place]) for place in chosen], [_short(it.y[place]) for place in chosen]


def _short(it: Value) -> Value:
    """Return a coordinate in eight digits, which no drawing shows."""
    if isinstance(it, float):
        short = float(f"{it:.8g}")
        return None if short != short or short in (float("inf"), float("-inf")) else short  # noqa: PLR0124
    return it[:_LONGEST] if isinstance(it, str) else it
