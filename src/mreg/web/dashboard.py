"""The dashboard: what needs somebody, then a row a model; and the index as data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

from mreg.core.tables import NOTHING
from mreg.core.times import EPOCH
from mreg.render import json, numbers
from mreg.render import markup as h
from mreg.render.markup import Content, Markup
from mreg.web import dates, frame, names, opensearch, rows, timeline
from mreg.web.axis import TimeAxis
from mreg.web.frame import Page, chip
from mreg.web.options import Unread
from mreg.web.rows import Row

FIRST = 50
"""So many rows are in the page; a script shows the others, and the JSON has them."""

DAYS, WEEK = timedelta(days=90), timedelta(days=7)
_MOST_NAMED = 3
_STALE = timedelta(days=180)
DATA, SCRIPT = "data/index.json", "data/index.js"
PROGRAM, STYLE = "a/dashboard.js", "a/dashboard.css"


class Index(NamedTuple):
    """What the dashboard shows.

    Attributes:
        title: what the site is called.
        rows: the models' rows, as plain values, in their order.
        repositories: what the site calls the repositories, sorted.
        unread: those that could not be read.
        as_of: when the newest event of all was, or the time that was asked for.
        base: the address that the site will have; or nothing.
    """

    title: str
    rows: tuple[Row, ...]
    repositories: tuple[str, ...]
    unread: tuple[Unread, ...]
    as_of: datetime | None
    base: str = ""

    @property
    def main(self) -> str:
        """What most models call the stage that everything is about."""
        found = Counter(it["stage"] for it in self.rows if it["stage"])
        return min(found, key=lambda it: (-found[it], it)) if found else "prod"


def files(index: Index) -> list[tuple[str, str]]:
    """Return the files of the dashboard: paths and contents."""
    return [
        (names.INDEX, page(index)),
        (DATA, json.line(as_dict(index)) + "\n"),
        (SCRIPT, script(index)),
        *opensearch.files(index.title, index.base),
    ]


def as_dict(index: Index) -> dict[str, Any]:
    """Return the index as JSON has it, of rows that are plain."""
    return {
        "title": index.title,
        "as_of": dates.stamp(index.as_of) if index.as_of else None,
        "repositories": index.repositories,
        "unread": json.plain(index.unread),
        "artifacts": [*map(_told, index.rows)],
    }


def _told(row: Row) -> Row:
    """Return what the index tells of a model; what is drawn of it, its own JSON has."""
    told = {key: it for key, it in row.items() if key not in ("held", "pulled")}
    if row["metric"]:
        drawn = ("values", "at")
        told["metric"] = {key: it for key, it in row["metric"].items() if key not in drawn}
    return told


def page(index: Index) -> str:
    """Return the dashboard."""
    it = Page(names.INDEX, index.title, index.title, DATA, "feed.xml", (PROGRAM,), (STYLE,))
    it = it._replace(search=opensearch.FILE if index.base else "")
    as_of = index.as_of
    made = "Made by mreg from "
    where = _counted(len(index.repositories), "repository", "repositories")
    return frame.page(
        it,
        [
            h.div(
                h.h1(_counted(len(index.rows), "model")),
                h.p(_summary(index), class_="sub"),
                class_="head title",
            ),
            _needs(index),
            _search(index),
            _table(index),
        ],
        h.p(
            made, where, *([", as of ", dates.element(as_of, dates.minute(as_of))] if as_of else [])
        ),
    )


def _counted(count: int, one: str, several: str = "") -> str:
    return f"{count:,} {one if count == 1 else several or one + 's'}"


def _summary(index: Index) -> Content:
    held = sum(1 for it in index.rows if it["stage"] == index.main and rows.holder(it))
    parts = [f"{held} in {index.main}"] if index.rows else []
    if len(index.repositories) > 1:
        parts.append(f"{len(index.repositories)} repositories")
    if newest := rows.newest(index.rows):
        parts.append(f"newest event {dates.minute(newest)}")
    return "; ".join(parts)


# What needs somebody


def _needs(index: Index) -> Content:
    """Return what somebody should look at: approvals, rollbacks, problems, what was not read."""
    found = [it for it in (_waiting(index), _pulled(index), _problems(index), _unread(index)) if it]
    return h.ul(*found, class_="todo", aria_label="Needs attention") if found else None


def _waiting(index: Index) -> Content:
    found = [(it, one) for it in index.rows for one in it["pending"]]
    found.sort(key=lambda pair: bool(pair[1]["ready"]))
    if not found:
        return None
    ready = sum(bool(one["ready"]) for _, one in found)
    parts = (
        f"{len(found) - ready} waiting for approval" if len(found) > ready else "",
        f"{ready} ready to be promoted" if ready else "",
    )
    words = [(it, f"{one['version']} for {one['stage']}: {_approvals(one)}") for it, one in found]
    return _need("warn", ", ".join(filter(None, parts)), words)


def _approvals(it: Mapping[str, Any]) -> str:
    return "ready" if it["ready"] else f"{it['have']} of {it['need']} approvals"


def _pulled(index: Index) -> Content:
    words = [
        (row, f"{it['version']} in {it['stage']}" + (f": {it['message']}" if it["message"] else ""))
        for row in index.rows
        for it in recently_pulled(row, index.as_of)
    ]
    return _need("bad", f"{len(words)} pulled back this week", words) if words else None


def recently_pulled(row: Row, as_of: datetime | None) -> list[Mapping[str, Any]]:
    """Return what was pulled back of a model in the week before a time."""
    if as_of is None:
        return []
    return [it for it in row["pulled"] if it["at"] and rows.moment(it["at"]) > as_of - WEEK]


def _problems(index: Index) -> Content:
    words = [(row, it) for row in index.rows for it in row["problems"][:1]]
    return _need("", f"{_counted(len(words), 'model')} with problems", words) if words else None


def _unread(index: Index) -> Content:
    if not index.unread:
        return None
    words = [h.li(h.b(it.repository), ": ", it.message) for it in index.unread[:_MOST_NAMED]]
    title = f"{_counted(len(index.unread), 'repository', 'repositories')} not read"
    return h.li(h.b(title), h.ul(*words), class_="bad")


def _need(class_: str, title: str, found: Sequence[tuple[Row, str]]) -> Markup:
    shown = [
        h.li(h.a(row["name"], href=row["page"]), " ", words) for row, words in found[:_MOST_NAMED]
    ]
    more = len(found) - _MOST_NAMED
    return h.li(
        h.b(title),
        h.ul(*shown, h.li(f"and {more} more") if more > 0 else None),
        class_=class_ or None,
    )


# Search and filters


def _search(index: Index) -> Markup:
    return h.form(
        h.div(
            h.label("Search", for_="q", class_="unseen"),
            h.input_(
                id="q",
                name="q",
                type="search",
                autocomplete="off",
                spellcheck="false",
                placeholder=f"churn, or stage={index.main} and metrics.auc>=0.9",
            ),
            h.tag("output", id="said", class_="dim", for_="q"),
            class_="q",
        ),
        h.div(id="chips", class_="chips", role="group", aria_label="Filters"),
        class_="script",
        id="search",
        role="search",
        data_index=SCRIPT,
    )


# The table


_HEAD = (
    ("name", "model"),
    ("since", "{main}"),
    ("", "{main}, 90 days"),
    ("next", "other stages"),
    ("metric", "metric in {main}"),
    ("", "by version"),
    ("delta", "latest"),
    ("updated", "notes"),
)
"""By what a column is sorted, and its heading."""


def _table(index: Index) -> Markup:
    shown, main = index.rows[:FIRST], index.main
    head = [
        h.th(text.format(main=main), scope="col", data_sort=sort or None) for sort, text in _HEAD
    ]
    more = len(index.rows) - len(shown)
    body = [row(it, index) for it in shown]
    empty = h.p(
        "No models yet. Register the first one: ", h.code("mreg register NAME"), class_="pad dim"
    )
    return h.section(
        h.div(
            h.table(
                h.tag("caption", "Models", class_="unseen"),
                h.thead(h.tr(*head)),
                h.tbody(*body, id="rows"),
                class_="models",
            ),
            class_="scroll",
            tabindex="0",
            role="region",
            aria_label="Models (table)",
        )
        if shown
        else empty,
        h.p(
            h.span(f"{more:,} more (JavaScript shows them); ", h.a("all as JSON", href=DATA)),
            id="more",
            class_="pad dim",
        )
        if more > 0
        else h.p(id="more", class_="pad dim", hidden=True),
        class_="panel",
        aria_label="Models",
    )


_ROW = h.template(
    h.tr(
        h.th(h.SLOT),
        *(h.td(h.SLOT) for _ in _HEAD[1:]),
    )
)


def row(it: Row, index: Index) -> Markup:
    """Return a model's row; `dashboard.js` draws others alike, the style goes by their order."""
    held = rows.holder(it)
    origin = _origin(it, index)
    return _ROW(
        [
            h.a(it["name"], href=it["page"]),
            h.small(origin) if origin else None,
            h.p(it["description"]) if it["description"] else None,
        ],
        [_key(held), _elsewhere(it, index), dates.element(rows.moment(held["created_at"]))]
        if held
        else NOTHING,
        strip(it, index.as_of),
        _others(it),
        _metric(it),
        spark(it),
        _latest(it, held),
        h.joined(" ", [chip(text, grave) for grave, text in flags(it, index)]),
    )


def _key(held: Mapping[str, Any]) -> str:
    return str(held["version"] or held["commit"][:7])


def _elsewhere(it: Row, index: Index) -> Content:
    """Return the name of a model's main stage, where that of most models is called otherwise."""
    return [" ", h.small(it["stage"])] if it["stage"] != index.main else None


def _origin(it: Row, index: Index) -> str:
    kind = it["type"] if it["type"] != "model" else ""
    parts = [it["repository"] if len(index.repositories) > 1 else "", kind or "", it["owner"] or ""]
    return " · ".join(filter(None, parts))


def _others(it: Row) -> Content:
    found = [(stage, held) for stage, held in it["stages"].items() if stage != it["stage"]]
    shown = (h.fragment(_key(held), " ", h.small(stage)) for stage, held in found[:_MOST_NAMED])
    return h.joined(h.tag("br"), shown)


def _metric(it: Row) -> Content:
    metric = it["metric"]
    if metric is None:
        return NOTHING
    value = metric["value"] if metric["value"] is not None else metric["latest"]
    return [timeline.shown(value) if value is not None else NOTHING, h.p(metric["name"])]


def _latest(it: Row, held: Mapping[str, Any] | None) -> Content:
    latest, metric = it["latest"], it["metric"]
    if latest is None:
        return h.small("none")
    if held and held["version"] == latest["version"]:
        return h.small("the same")
    if not metric or metric["delta"] is None:
        return str(latest["version"])
    class_ = {True: "up", False: "down", None: None}[metric["better"]]
    delta = numbers.signed(metric["delta"], digits=numbers.FEWEST_DIGITS)
    return [latest["version"], h.p(delta, class_=class_)]


def flags(it: Row, index: Index) -> Iterator[tuple[str, str]]:
    """Iterate over what somebody should know of a model: how grave it is, and the words."""
    if it["deprecated"]:
        yield "n", "deprecated"
    for one in it["pending"][:1]:
        yield ("good" if one["ready"] else "warn"), _approvals(one)
    for one in recently_pulled(it, index.as_of)[-1:]:
        yield "bad", f"{one['how']} {dates.day(rows.moment(one['at']))}"
    if rows.is_newer(it) and it["metric"] and it["metric"]["better"] is False:
        yield "bad", f"worse than {it['stage']}"
    if it["problems"]:
        yield "warn", "problems"


# Small drawings, in pixels; without a name they are nothing to who cannot see them


def strip(it: Row, as_of: datetime | None) -> Content:
    """Return who held the main stage in the last 90 days, as a strip."""
    paths: dict[str, str] = {}
    ends: dict[str, int] = {}
    for x, width, kind in _spells(it, as_of):
        name = _KINDS[kind]
        step = f"m{x - ends[name]} 0h{width}" if name in ends else f"M{x} 7h{width}"
        paths[name] = paths.get(name, "") + step
        ends[name] = x + width
    if not paths:
        return None
    parts = (h.path(class_=name, d=d) for name, d in paths.items())
    return h.svg(*parts)


_WIDE, _HIGH = 84, 22


def spark(it: Row) -> Content:
    """Return a metric over the versions, as a line."""
    metric = it["metric"]
    if metric is None or len(metric["values"]) < 2:  # noqa: PLR2004 - a line has two ends
        return None
    points = [*spark_points(metric["values"])]
    here = points[metric["at"]] if metric["at"] is not None else None
    return h.svg(h.path(d=_line(points)), h.circle(cx=here[0], cy=here[1]) if here else None)


def _line(points: Sequence[tuple[int, int]]) -> str:
    """Return the path through points, each as steps from the one before."""
    steps = (f"{x - left} {y - above}" for (left, above), (x, y) in pairwise(points))
    return f"M{points[0][0]} {points[0][1]}l{' '.join(steps)}".replace(" -", "-")


def spark_points(values: Sequence[float]) -> Iterator[tuple[int, int]]:
    """Iterate over where values lie in a small drawing."""
    low, high = min(values), max(values)
    span = high / 2 - low / 2
    for number, it in enumerate(values):
        part = (it / 2 - low / 2) / span if span else 0.5
        yield (
            round(3 + (_WIDE - 6) * number / (len(values) - 1)),
            round(_HIGH - 4 - (_HIGH - 8) * part),
        )


# As data


_KINDS = ("c0", "c1", "c2", "cur", "pulled")


def script(index: Index) -> str:
    """Return the index as a script hands it over: `mreg("index", ...)`, which `file://` allows."""
    fields = {
        "main": index.main,
        "as_of": dates.stamp(index.as_of) if index.as_of else None,
        "repositories": index.repositories,
    }
    head = json.dumps(fields).removesuffix("}")
    lines = ",\n".join(json.line(_compact(it, index)) for it in index.rows)
    text = f'{head}, "rows": [\n{lines}\n]}}'
    return frame.call("index", text)


def _compact(it: Row, index: Index) -> list[Any]:
    """Return a row for the script; `dashboard.js` names its fields in the same order."""
    held, latest, metric = rows.holder(it), it["latest"], it["metric"]
    return [
        it["name"],
        index.repositories.index(it["repository"])
        if it["repository"] in index.repositories
        else -1,
        it["page"],
        it["description"],
        it["type"],
        it["owner"],
        it["labels"],
        it["framework"],
        it["license"],
        it["stage"],
        {stage: _key(one) for stage, one in it["stages"].items()},
        _seconds(held["created_at"]) if held else None,
        latest and [latest["version"], _seconds(latest["created_at"])],
        metric
        and [
            metric["name"],
            metric["value"],
            metric["latest"],
            metric["delta"],
            metric["better"],
            metric["at"],
            _rounded(metric["values"]),
        ],
        _spells(it, index.as_of),
        [[grave, text] for grave, text in flags(it, index)],
        _seconds(it["updated_at"]) if it["updated_at"] else None,
        int(it["deprecated"])
        + 2 * bool(it["pending"])
        + 4 * rows.is_newer(it)
        + 8 * bool(it["problems"]),
    ]


def _rounded(values: Sequence[float]) -> list[float]:
    """Return values with four digits each; they are written in one go."""
    return [*map(float, ("%.4g " * len(values) % (*values,)).split())]


def _seconds(stamp: str) -> int:
    return int((rows.moment(stamp) - EPOCH).total_seconds())


_STRIP, _GAP, _NARROWEST = 180, 1, 3
"""How wide a strip is, what is left free between two of its parts, and how wide one is at least."""


def _spells(it: Row, as_of: datetime | None) -> list[list[int]]:
    """Return the parts of a row's strip: from, width (in pixels), kind.

    What is too narrow to be seen by itself goes with what is before it and looks the same.
    """
    found: list[list[int]] = []
    if as_of is None:
        return found
    axis = TimeAxis(as_of - DAYS, as_of)
    for key, since, until, pulled in it["held"]:
        if until is not None and rows.moment(until) <= axis.start:
            continue
        end = round(_STRIP * axis.share(rows.moment(until))) if until else _STRIP
        start = min(round(_STRIP * axis.share(rows.moment(since))), _STRIP - _NARROWEST)
        name = "cur" if until is None else "pulled" if pulled else timeline.tint(key)
        width, kind = max(end - start - _GAP * bool(until), _NARROWEST), _KINDS.index(name)
        if found and found[-1][2] == kind and start < sum(found[-1][:2]):
            found[-1][1] = start + width - found[-1][0]
            continue
        if found and start - found[-1][0] < _NARROWEST:  # what was there just before is seen, too
            found[-1][:2] = max(start - _NARROWEST, 0), _NARROWEST
        found.append([start, width, kind])
    return found
