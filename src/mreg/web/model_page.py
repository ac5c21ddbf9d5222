"""The page of a model: what was where and when, what its versions are, what may come next."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from mreg.core.kinds import KINDS, SHORT
from mreg.core.tables import NOTHING, first_line
from mreg.core.tenures import Tenure
from mreg.render import markup as h
from mreg.render import numbers, sizes
from mreg.render.markup import Content, Markup
from mreg.system import distribution
from mreg.web import (
    candidates,
    card,
    checklist,
    dates,
    frame,
    graph,
    plots,
    schemas,
    timeline,
    words,
)
from mreg.web.frame import Page, chip, command, heading, panel
from mreg.web.values import MetricPast, Model

if TYPE_CHECKING:
    from mreg.core.queries import Record, Version

MOST_VERSIONS, MOST_TENURES = 200, 100
"""So many versions are on the page, and in the table of who held what; the JSON beside it has all.
"""

MOST_EVENTS = 12
_COLUMNS = 3
_MOST_OTHERS, _MOST_ROWS = 12, 30
"""So many of the metrics without a column are in a table of their own, of the newest versions."""

_DIGEST = "Digest"
_FEW = 8
"""Up to so many values are shown without a click."""


def page(model: Model, site: str) -> str:
    """Return a model's page."""
    it = Page(
        model.page,
        model.name,
        site,
        json=f"{model.folder}/data.json",
        feed=f"{model.folder}/feed.xml",
        scripts=("a/model.js",),
        styles=("a/model.css", plots.STYLE) if model.plots else ("a/model.css",),
    )
    return frame.page(
        it, [_head(it, model), _body(it, model)], frame.as_of(model.newest, "its newest event, ")
    )


def _head(it: Page, model: Model) -> Markup:
    found = model.profile.artifact
    said = model.said
    kinds = [found.type, *(said.labels if said else ())]
    facts = [f"owner {said.owner}"] if said and said.owner else []
    facts += [f"licence {said.license}"] if said and said.license else []
    if model.profile.versions:
        first = min(one.created_at for one in model.profile.versions)
        facts.append(f"{_count(model, ' version', ' versions')} since {dates.day(first)}")
    return h.div(
        h.p(
            h.a("Models", href=it.link("index.html")), " / ", model.repository.name, class_="crumbs"
        ),
        h.div(
            h.h1(model.name),
            *(chip(word) for word in kinds if word),
            chip("deprecated", "warn") if found.deprecated else None,
            _compare(it, model),
            class_="title",
        ),
        h.p(said.description, class_="about") if said and said.description else None,
        h.p("; ".join(facts), class_="sub"),
        class_="head",
    )


def _count(model: Model, one: str = "", several: str = "") -> str:
    """Say how many versions there are, and how many of them were deregistered."""
    count = len(model.profile.versions)
    ended = sum(not it.active for it in model.profile.versions)
    which = "deregistered" if count == 1 else f"{'all' if ended == count else ended} deregistered"
    return f"{count}{one if count == 1 else several}{f' ({which})' if ended else ''}"


def _compare(it: Page, model: Model) -> Content:
    """Return the link to the comparison of the latest version with what holds the main stage."""
    if len(model.profile.versions) < 2:  # noqa: PLR2004 - it takes two
        return None
    held = model.holder(model.main)
    return h.a(
        "Compare versions",
        href=f"{it.link(frame.COMPARE)}#m={model.folder.removeprefix('m/')}",
        id="compare",
        class_="button script",
        data_main=model.main if held else None,
        data_held=held.version if held else None,
    )


def _body(it: Page, model: Model) -> Markup:
    return h.div(
        h.div(
            _timeline(model),
            _versions(model),
            plots.section(it, model),
            candidates.panel(model),
            _card(model),
            graph.lineage(it, model),
            _description(model),
            class_="stack",
        ),
        h.div(
            _stages(model),
            checklist.panels(model),
            _use(model),
            _events(model),
            class_="stack rail",
        ),
        class_="two",
    )


# The timeline


def _timeline(model: Model) -> Content:
    if not model.profile.versions and not model.profile.tenures:
        name = model.name
        return panel(
            "timeline",
            "No versions yet",
            h.div(command(f"mreg register {shlex.quote(name)}"), class_="pad"),
        )
    if not model.profile.tenures and not timeline.plotted(model):
        return None  # no stage has had a version, and no version a number
    held = model.main or "a stage"
    note = (
        "each block is a version in a stage; hatched: pulled back; the line shows the "
        f"version in {held}"
    )
    return panel(
        "timeline",
        "Stages over time",
        h.div(timeline.drawing(model), _pulled(model), _as_table(model), class_="pad"),
        note=note,
    )


def _pulled(model: Model) -> Content:
    """Say what was pulled back, when and why."""
    bad = [it for it in model.profile.tenures if it.pulled]
    if not bad:
        return None
    return h.ul(*(h.li(_explained(it)) for it in bad[:-6:-1]), class_="pulledback")


def _explained(it: Tenure) -> Markup:
    lasted = dates.lasting(it.until - it.since) if it.until else ""
    return h.fragment(
        h.a(timeline.short(it.key), href=f"#{it.key}", class_="ver"),
        f" was {words.pulled_from(it.ending, it.stage)} after {lasted}",
        h.fragment(", ", dates.element(it.until)) if it.until else None,
        f": {first_line(it.reason)}" if it.reason else None,
    )


_TENURE = h.template(
    h.tr(
        h.td(h.SLOT),
        h.td(h.SLOT, class_="ver"),
        *(h.td(h.SLOT) for _ in range(4)),
    )
)


def _as_table(model: Model) -> Content:
    if not model.profile.tenures:
        return None
    registered = {it.version for it in model.profile.versions}
    seen: set[str] = set()
    rows = []
    for it in model.profile.tenures[: -MOST_TENURES - 1 : -1]:
        anchor = it.key if it.key not in registered and it.key not in seen else None
        seen.add(it.key)
        key = timeline.short(it.key)
        until = dates.element(it.until) if it.until else "now"
        rows.append(
            _TENURE(
                it.stage,
                h.span(key, id=anchor) if anchor else key,
                dates.element(it.since),
                until,
                it.ending,
                it.author,
            )
        )
    columns = ("stage", "version", "from", "to", "then", "promoted by")
    head = [heading(it) for it in columns]
    found = frame.table(head, rows, label="History of the stages")
    more = len(model.profile.tenures) - len(rows)
    left = h.p(f"{more} more in this page's JSON.", class_="dim") if more > 0 else None
    return h.details(h.summary("Show as a table"), found, left)


# Versions


class _Rows(NamedTuple):
    """What the rows of a model's versions have in common.

    Attributes:
        metrics: the metrics that have a column.
        held: what holds the main stage.
        past: when each version last held the main stage.
        digests: the digests of versions, by their tags.
        sizes: how large they are, likewise.
    """

    metrics: tuple[MetricPast, ...]
    held: Tenure | None
    past: Mapping[str | None, Tenure]
    digests: Mapping[str, str]
    sizes: Mapping[str, str]


def _versions(model: Model) -> Content:
    found = model.profile.versions
    if not found:
        return None
    common = _Rows(
        timeline.plotted(model)[:_COLUMNS],
        model.holder(model.main),
        {it.version: it for it in model.tenures(model.main)},
        dict(_digests(model)),
        dict(_sizes(model)),
    )
    head = [heading("version"), heading("stages")]
    for number, it in enumerate(common.metrics):
        head.append(heading(it.name, "num"))
        if number == 0 and common.held:
            head.append(heading(f"against {model.main}", "num"))
    head += [heading("message", "wide"), heading("by", "by"), heading("commit", "commit")]
    rows = [_version(model, it, common) for it in found[:MOST_VERSIONS]]
    more = len(found) - MOST_VERSIONS
    left = f"{more} older versions in this page's JSON." if more > 0 else None
    return panel(
        "versions",
        "Versions",
        frame.table(head, rows, label="Versions (table)", class_="versions"),
        h.p(left, class_="pad dim") if left else None,
        _others(model, common.metrics),
        note=f"{_count(model)}, newest first",
    )


def _others(model: Model, shown: tuple[MetricPast, ...]) -> Content:
    """Return the metrics that have no column among the versions, as a table of their own."""
    named = {it.name for it in shown}
    others = [it for it in model.metrics if it.name not in named]
    if not others:
        return None
    found, metrics = model.profile.versions, others[:_MOST_OTHERS]
    head = [heading("version"), *(heading(it.name, "num") for it in metrics)]
    rows = [
        h.tr(
            h.th(str(it.version), scope="row", class_="ver"),
            *(h.td(one.written(one.values.get(str(it.version))), class_="num") for one in metrics),
        )
        for it in found[:_MOST_ROWS]
    ]
    cut = len(found) > _MOST_ROWS or len(others) > _MOST_OTHERS
    title = f"{len(others)} other metric{'s' * (len(others) != 1)}"
    return h.details(
        h.summary(title),
        frame.table(head, rows, label="Other metrics of the versions"),
        h.p(
            "Only the newest versions and some metrics are shown; compare two versions to see all.",
            class_="dim",
        )
        if cut
        else None,
    )


def _digests(model: Model) -> Iterator[tuple[str, str]]:
    """Iterate over the digests of versions that are recorded, in tags or else in annotations."""
    for version, said in zip(model.profile.versions, model.profile.said, strict=True):
        if checksum := getattr(said, "sha256", None):
            yield version.tag, f"sha256:{checksum}"
    for event in model.profile.events:
        if digest := event.trailers.get(_DIGEST):
            yield event.tag, digest


def _sizes(model: Model) -> Iterator[tuple[str, str]]:
    """Iterate over how large versions are, where Git or what it has instead says so."""
    for it in model.sides:
        path = it.annotation.path if it.annotation else None
        content = it.contents.get(path) if path else None
        if content and content.size is not None and content.place != "damaged":
            yield it.version.tag, sizes.size(content.size)


@cache
def _row(metrics: int, *, against: bool, active: bool) -> Callable[..., Markup]:
    """Return what makes the row of a version, of an active one or of one that was deregistered.

    Its slots: the version thrice, its stages, the metrics (behind the first: a class and how it
    differs from what holds the main stage), message, author, time and commit.
    """
    numbers_ = [h.td(h.SLOT, class_="num") for _ in range(metrics)]
    if against and metrics:
        numbers_.insert(1, h.td(h.SLOT, class_=h.VALUE))
    cells = [
        h.th(h.a(h.SLOT, href=h.ANCHOR), None if active else [" ", chip("deregistered")]),
        h.td(h.SLOT),
        *numbers_,
        h.td(h.SLOT, class_="wide"),
        h.td(h.SLOT, ", ", h.SLOT, class_="by"),
        h.td(h.SLOT, class_="commit"),
    ]
    return h.template(h.tr(*cells, id=h.VALUE, class_=None if active else "ended"))


def _version(model: Model, it: Version, common: _Rows) -> Markup:
    key = str(it.version)
    cells: list[Content] = [key, key, key, _placed(model, it, common.past.get(it.version))]
    for number, metric in enumerate(common.metrics):
        cells.append(metric.written(metric.values.get(key)))
        if number == 0 and common.held:
            cells += _against(metric, key, common.held)
    digest, size = common.digests.get(it.tag), common.sizes.get(it.tag)
    commit = it.commit[:SHORT]
    cells += [
        words.of_version(it),
        it.author,
        dates.element(it.created_at),
        [
            commit,
            h.span(digest[:14], title=digest) if digest else None,
            h.span(size) if size else None,
        ],
    ]
    return _row(len(common.metrics), against=common.held is not None, active=it.active)(*cells)


def _placed(model: Model, it: Version, past: Tenure | None) -> Content:
    """Say in which stages a version is, or that it was in the main one, or was pulled back."""
    if not it.current and past is None:
        return None
    now = [
        chip(stage, "good" if stage == model.main else "n")
        for stage in model.stages
        if stage in it.current
    ]
    if past and past.pulled and past.until:
        now.append(chip(f"{words.pulled(past.ending)} {dates.day(past.until)}", "bad"))
    if now:
        return h.joined(" ", now)
    return h.span(f"was {model.main}", class_="dim") if past else None


def _against(metric: MetricPast, key: str, held: Tenure) -> tuple[str, str]:
    """Return how a version's metric differs from that of what holds the main stage.

    First comes the class by which a cell shows whether that is good.
    """
    base, value = metric.values.get(held.version or ""), metric.values.get(key)
    if base is None or value is None:
        return "num", NOTHING
    if key == held.version:
        return "num dim", "in stage"
    found = numbers.delta(base, value)
    if not found:
        return "num dim", "same"
    text = "+" * (found > 0) + metric.written(found)
    if metric.direction is None:
        return "num dim", text
    good = (found > 0) == (metric.direction == "higher")
    return "num up" if good else "num down", text


# What it is


def _card(model: Model) -> Content:
    if not model.card:
        return None
    return panel("card", "Model card", card.render(model.card, model.name), note=_of_subject(model))


def _of_subject(model: Model) -> str:
    if model.subject is None:
        return "from HEAD"
    where = f", in {model.main}" if model.main and model.main in model.subject.current else ""
    return f"of {model.subject.version or model.subject.commit[:7]}{where}"


def _description(model: Model) -> Content:
    said = model.said
    if said is None:
        return None
    parts = [
        _facts(said),
        _values("Metrics", _metric_values(model)),
        _values("Params", numbers.flat(said.params)),
        *schemas.parts(said.schema, model.example),
        _json("Signature", said.signature),
        _lines("Requirements", said.requirements),
        _json("Custom", said.custom),
    ]
    found = [it for it in parts if it]
    if not found:
        return None
    return panel("what", "About", h.div(*found, class_="pad facts"), note=_of_subject(model))


def _metric_values(model: Model) -> dict[str, Any]:
    """Return all metrics of the version that the page describes."""
    rows = model.profile.comparison.rows
    own = next((it for it in rows if model.subject and it.version.tag == model.subject.tag), None)
    return model.profile.comparison.values(own, "metrics") if own else {}


def _facts(said: Any) -> Content:
    made = " ".join(filter(None, said.framework)) if said.framework else ""
    pairs = (
        ("path", said.path),
        ("SHA-256", said.sha256),
        ("framework", made),
        ("owner", said.owner),
        ("licence", said.license),
    )
    rows = [h.fragment(h.dt(word), h.dd(text)) for word, text in pairs if text]
    return h.dl(*rows) if rows else None


def _values(title: str, values: Mapping[str, Any]) -> Content:
    if not values:
        return None
    rows = [
        h.tr(h.th(name, scope="row"), h.td(numbers.shown(it), class_="num"))
        for name, it in sorted(values.items())
    ]
    inner = h.table(h.tbody(rows), class_="plain")
    return h.details(
        h.summary(f"{title} ", h.span(len(values), class_="dim")), inner, open=len(values) <= _FEW
    )


def _json(title: str, value: Any) -> Content:
    if value in (None, {}, [], ""):
        return None
    import json

    text = json.dumps(numbers.plain(value), indent=2, ensure_ascii=False, default=str)
    return h.details(h.summary(title), h.tag("pre", h.code(text), tabindex="0"))


def _lines(title: str, value: str | tuple[str, ...] | None) -> Content:
    if not value:
        return None
    lines = (value,) if isinstance(value, str) else value
    return h.details(h.summary(title), h.ul(*(h.li(h.code(it)) for it in lines)))


# The rail


def _stages(model: Model) -> Iterator[Content]:
    for stage in model.stages:
        held = model.holder(stage)
        if held is None:
            continue
        main = stage == model.main
        said = words.said(held.message, "promote", model.name, held.version, stage)
        yield h.section(
            h.p(h.h2(stage), " since ", dates.element(held.since, ago=True), class_="dim"),
            h.a(timeline.short(held.key), href=f"#{held.key}", class_="ver big"),
            h.p(held.author, f": {said}" if said else None, class_="dim"),
            class_="panel st p" if main else "panel st",
            aria_label=stage,
        )


def _use(model: Model) -> Content:
    if model.subject is None:
        return None
    selector = (
        f"{model.name}#{model.main}" if model.main and model.holder(model.main) else model.name
    )
    where = model.repository.address
    repo = f" --repo {shlex.quote(where)}" if where else ""
    quoted = shlex.quote(selector)
    get = f"mreg get {quoted}{repo}"
    code = f"import mreg\n\npath = mreg.get({selector!r}" + (f", repo={where!r})" if where else ")")
    pinned = f"{model.name}@{model.subject.version}" if model.subject.version else selector
    ci = f"- run: {distribution.command()}\n- run: mreg get {shlex.quote(pinned)}{repo} -o model/"
    return panel(
        "use",
        "Use this version",
        h.div(
            command(get),
            h.details(h.summary("In Python"), command(code)),
            h.details(h.summary("In a pipeline, pinned to this version"), command(ci)),
            h.details(
                h.summary("In a terminal"),
                command(f"mreg show {quoted}{repo}"),
                command(f"mreg history {shlex.quote(model.name)}{repo}"),
            ),
            class_="pad",
        ),
    )


def _events(model: Model) -> Content:
    found = model.profile.events
    if not found:
        return None
    first, rest = found[:MOST_EVENTS], found[MOST_EVENTS : MOST_EVENTS * 2]
    left = len(found) - len(first) - len(rest)
    return panel(
        "events",
        "Events",
        h.ul(*map(_event, first), class_="feed"),
        h.details(h.summary(f"{len(rest)} before"), h.ul(*map(_event, rest), class_="feed"))
        if rest
        else None,
        h.p(f"{left} more: run mreg history", class_="pad dim") if left else None,
        note=f"{len(found)}",
    )


def _event(it: Record) -> Markup:
    kind = KINDS[it.action]
    version = it.version or (it.commit[:SHORT] if it.stage else "")
    return _EVENT(
        kind.past,
        h.a(version, href=f"#{it.version}") if it.version else version,
        kind.place(it.stage),
        it.author,
        dates.element(it.created_at),
        h.div(said)
        if (said := words.said(it.message, it.action, it.artifact, it.version, it.stage))
        else None,
    )


_EVENT = h.template(
    h.li(
        h.b(h.SLOT),
        " ",
        h.SLOT,
        h.SLOT,
        h.div(h.SLOT, ", ", h.SLOT, class_="dim"),
        h.SLOT,
    )
)
