"""The whole company by stage: what holds each, since when, and by whom it was put there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from mreg.core import stages
from mreg.render import json
from mreg.render import markup as h
from mreg.render.markup import Content, Markup
from mreg.web import dates, frame, names, rows, timeline
from mreg.web.dashboard import Index
from mreg.web.folder import SiteFile
from mreg.web.frame import Page, chip, heading, panel
from mreg.web.rows import Row

STYLES = ("a/lists.css",)

MOST = 300
"""So many models are shown in a stage; its JSON has all."""


class Stage(NamedTuple):
    """A stage, over all repositories.

    Attributes:
        name: its name.
        held: the models that are in it, each with what holds it; the newest holder first.
    """

    name: str
    held: tuple[tuple[Row, Mapping[str, Any]], ...]

    @property
    def data(self) -> str:
        """Its JSON, from the site's root."""
        return f"data/stages/{names.file_name(self.name)}.json"


RunningKey: TypeAlias = tuple[str, str, str]
"""The repository, the model and the stage in which something runs."""


class AtEndpoint(NamedTuple):
    """What an endpoint of a stage says.

    Attributes:
        outcome: `same`, `differs`, or `unknown`: it did not say.
        runs: what it runs.
        reason: why that is not known, or how it differs.
        url: where it was asked.
    """

    outcome: str
    runs: str | None
    reason: str
    url: str


Runs: TypeAlias = Mapping[RunningKey, Sequence[AtEndpoint]]


def of_index(index: Index) -> list[Stage]:
    """Return the stages of all models, the main one first, then backwards on the way there."""
    found: dict[str, list[tuple[Row, Mapping[str, Any]]]] = {}
    for row in index.rows:
        for name, held in row["stages"].items():
            found.setdefault(name, []).append((row, held))
    for held in found.values():
        held.sort(key=lambda pair: str(pair[1]["created_at"]), reverse=True)
    return [Stage(name, tuple(found[name])) for name in stages.ordered(found, ())]


def files(index: Index) -> list[SiteFile]:
    """Return the page, and a JSON for each stage."""
    known = of_index(index)
    data = [(it.data, json.dumps(as_dict(it)) + "\n") for it in known]
    return [(frame.STAGES, page(known, index)), *data]


def as_dict(stage: Stage) -> dict[str, Any]:
    """Return a stage as JSON has it: as `mreg stages --json`, over several repositories."""
    return {
        "stage": stage.name,
        "holders": [{**rows.place(row), **held} for row, held in stage.held],
        "last_promoted_at": stage.held[0][1]["created_at"],
    }


def page(known: Sequence[Stage], index: Index, runs: Runs | None = None) -> str:
    """Return the page; where pages are served, with what was heard of what really runs."""
    it = Page(frame.STAGES, "Stages", index.title, feed="feed.xml", styles=STYLES)
    links = [
        h.a(f"{one.name} {len(one.held)}", href=f"#s-{one.name}", class_="chip") for one in known
    ]
    return frame.page(
        it,
        [
            h.div(
                h.h1("Stages"),
                h.p(_ABOUT + (_ABOUT_RUNS if runs else ""), class_="sub"),
                class_="head title",
            ),
            h.tag("nav", *links, class_="chips", aria_label="Stages") if len(links) > 1 else None,
            h.div(*(_panel(it, one, runs or {}) for one in known), class_="stack")
            if known
            else h.p("No stage has a version yet.", class_="dim"),
        ],
        frame.as_of(index.as_of),
    )


_ABOUT = "The version in each stage, most recently promoted first."
_ABOUT_RUNS = ' "Runs" shows what the endpoints in .mreg.yaml report.'


def _panel(it: Page, stage: Stage, runs: Runs) -> Markup:
    said = [runs.get((row["repository"], row["name"], stage.name), ()) for row, _ in stage.held]
    words = ("model", "version", *(("runs",) if any(said) else ()), "since", "by", "metric")
    words += ("notes",)
    shown = [
        _row(it, row, held, heard if any(said) else None)
        for (row, held), heard in zip(stage.held[:MOST], said, strict=False)
    ]
    left = len(stage.held) - MOST
    more = h.p(f"and {left:,} more in the JSON", class_="pad dim") if left > 0 else None
    table = frame.table(map(heading, words), shown, label=f"In {stage.name}", class_="rows held")
    count = f"{len(stage.held):,} model{'s' * (len(stage.held) != 1)}"
    note = [count, ", ", h.a("as JSON", href=it.link(stage.data))]
    return panel(f"s-{stage.name}", stage.name, table, more, note=note)


def _row(it: Page, row: Row, held: Mapping[str, Any], said: Sequence[AtEndpoint] | None) -> Markup:
    key = str(held["version"] or held["commit"])
    since = rows.moment(held["created_at"])
    place = it.link(row["page"])
    return h.tr(
        frame.named(it, row["name"], row["repository"], row["page"]),
        h.td(h.a(timeline.short(key), href=f"{place}#{key}"), class_="ver"),
        None if said is None else h.td(*map(_running, said), class_="runs"),
        h.td(dates.element(since, ago=True)),
        h.td(held["author"], class_="dim"),
        h.td(_metric(row, held)),
        h.td(_newer(row, held)),
    )


def _running(said: AtEndpoint) -> Content:
    """Say what runs: the version if it is the right one, and else what is wrong with it."""
    if said.outcome == "same":
        return h.div(said.runs or "nothing", title=said.url)
    if said.outcome == "unknown":
        return h.div(chip("unknown", "warn"), h.small(said.reason), title=said.url)
    why = h.small(said.reason) if said.reason else None
    return h.div(chip(str(said.runs), "bad"), why, title=said.url)


def _metric(row: Row, held: Mapping[str, Any]) -> Content:
    if held["metric"] is None:
        return None
    return [timeline.shown(held["metric"]), h.small(row["metric"]["name"])]


def _newer(row: Row, held: Mapping[str, Any]) -> Content:
    if row["deprecated"]:
        return chip("deprecated")
    latest = row["latest"]
    if latest and held["version"] != latest["version"]:
        return h.span(f"latest is {latest['version']}", class_="dim")
    return None
