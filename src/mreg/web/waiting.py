"""What waits for somebody: approvals, promotions, and what is newer than production."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mreg.render import json
from mreg.render import markup as h
from mreg.render.markup import Content, Markup
from mreg.web import dates, frame, rows, timeline, values
from mreg.web.dashboard import Index
from mreg.web.folder import SiteFile
from mreg.web.frame import Page, chip, command, heading, panel
from mreg.web.rows import Row

DATA, STYLES = "data/waiting.json", ("a/lists.css",)

MOST = 300
"""So many rows are in a section; the JSON has all."""

Waits = tuple[Row, Mapping[str, Any]]
"""A model's row, and what of it waits."""


def files(index: Index) -> list[SiteFile]:
    """Return the page, and the same as JSON."""
    return [(frame.WAITING, page(index)), (DATA, json.dumps(as_dict(index)) + "\n")]


def as_dict(index: Index) -> dict[str, Any]:
    """Return what waits as JSON has it: `pending` as `mreg pending --json` has each."""
    return {
        "as_of": dates.stamp(index.as_of) if index.as_of else None,
        "pending": [{**rows.place(row), **it} for row in index.rows for it in row["pending"]],
        "newer": [
            {
                **rows.place(row),
                "latest": row["latest"],
                "stage": row["stage"],
                "held": rows.holder(row),
                "metric": {key: it for key, it in (row["metric"] or {}).items() if key in _METRIC},
            }
            for row in _newer(index)
        ],
    }


_METRIC = ("name", "direction", "value", "latest", "delta", "better")


def _newer(index: Index) -> Iterator[Row]:
    """Iterate over the models of which the latest version is another than production's."""
    return (it for it in index.rows if rows.is_newer(it) and not it["deprecated"])


def page(index: Index) -> str:
    """Return the page."""
    it = Page(frame.WAITING, "Waiting", index.title, DATA, "feed.xml", styles=STYLES)
    every = [(row, one) for row in index.rows for one in row["pending"]]
    ready = [pair for pair in every if pair[1]["ready"]]
    waiting = [pair for pair in every if not pair[1]["ready"]]
    newer = [*_newer(index)]
    panels = [
        _pending(it, "approval", "Waiting for approval", waiting),
        _pending(it, "ready", "Ready to promote", ready),
        _newest(it, newer),
    ]
    found = [one for one in panels if one]
    counts = (
        (len(waiting), "waiting for approval"),
        (len(ready), "ready to promote"),
        (len(newer), "with a version newer than the one in production"),
    )
    words = ", ".join(f"{count} {what}" for count, what in counts if count)
    return frame.page(
        it,
        [
            h.div(
                h.h1("Waiting"),
                h.p(words or "Nothing is waiting.", class_="sub"),
                class_="head title",
            ),
            h.div(*found, class_="stack") if found else None,
        ],
        frame.as_of(index.as_of),
    )


def _more(found: Sequence[Any]) -> Content:
    left = len(found) - MOST
    words = [f"and {left:,} more: ", h.a("all as JSON", href=DATA)]
    return h.p(words, class_="pad dim") if left > 0 else None


def _pending(it: Page, id_: str, title: str, found: Sequence[Waits]) -> Content:
    if not found:
        return None
    head = [heading("model"), heading("version"), heading("approvals"), heading("next step")]
    shown = [_pending_row(it, row, one) for row, one in found[:MOST]]
    table = frame.table(head, shown, label=f"{title} (table)", class_="rows")
    return panel(id_, title, table, _more(found), note=f"{len(found)}")


def _pending_row(it: Page, row: Row, one: Mapping[str, Any]) -> Markup:
    version = shlex.quote(f"{row['name']}@{one['version']}")
    verb = "promote" if one["ready"] else "approve"
    who = one["promoters"] if one["ready"] else one["approvers"]
    approved = one["approved"]
    return h.tr(
        frame.named(it, row["name"], row["repository"], row["page"]),
        h.td(_version(it, row, one["version"]), h.small(f"to {one['stage']}"), class_="ver"),
        h.td(
            chip(f"{one['have']} of {one['need']}", "good" if one["ready"] else "warn"),
            h.small(f"by {', '.join(approved)}") if approved else None,
        ),
        h.td(
            command(f"mreg {verb} {version} {shlex.quote(one['stage'])}"),
            h.small(f"by {', '.join(who)}" if who else "by anyone") if who is None or who else None,
            class_="do",
        ),
    )


def _version(it: Page, row: Row, version: str) -> Markup:
    return h.a(version, href=f"{it.link(row['page'])}#{version}")


def _newest(it: Page, found: Sequence[Row]) -> Content:
    if not found:
        return None
    words = ("model", "latest", "in production", "metric", "next step")
    shown = [_newer_row(it, row) for row in found[:MOST]]
    table = frame.table(
        map(heading, words), shown, label="Newer than production (table)", class_="rows"
    )
    title = "Newer than production"
    return panel("newer", title, table, _more(found), note=f"{len(found)}")


def _newer_row(it: Page, row: Row) -> Markup:
    latest, held = row["latest"], rows.holder(row) or {}
    key = str(held["version"] or held["commit"])
    here = f"{it.link(frame.COMPARE)}#m={row['page'].split('/', 1)[1].rpartition('/')[0]}"
    stage = row["stage"]
    return h.tr(
        frame.named(it, row["name"], row["repository"], row["page"]),
        h.td(
            _version(it, row, latest["version"]),
            h.small(dates.element(rows.moment(latest["created_at"]), ago=True)),
            _mind(row),
            class_="ver",
        ),
        h.td(
            _version(it, row, timeline.short(key)),
            h.small(stage, " since ", dates.element(rows.moment(held["created_at"]))),
            class_="ver",
        ),
        h.td(_metric(row)),
        h.td(h.div(_compare(row, here), _commands(row, stage), class_="flex"), class_="do"),
    )


def _compare(row: Row, here: str) -> Content:
    held, latest = rows.holder(row) or {}, row["latest"]["version"]
    if not held["version"]:
        return None
    return h.a("Compare", href=f"{here}&a={held['version']}&b={latest}", class_="script")


def _commands(row: Row, stage: str) -> Markup:
    latest = row["latest"]["version"]
    quoted = [shlex.quote(f"{row['name']}{one}") for one in (f"#{stage}", f"@{latest}")]
    return h.details(
        h.summary("Commands"),
        command(f"mreg diff {' '.join(quoted)}"),
        command(f"mreg promote {quoted[1]} {shlex.quote(stage)}"),
    )


def _mind(row: Row) -> Content:
    """Warn of a version that left the main stage since it was no good there."""
    latest = row["latest"]["version"]
    bad = [it for it in row["pulled"] if (it["version"], it["stage"]) == (latest, row["stage"])]
    when = dates.day(rows.moment(bad[-1]["at"])) if bad and bad[-1]["at"] else ""
    return chip(f"{bad[-1]['how']} {when}", "bad") if bad else None


def _metric(row: Row) -> Content:
    metric = row["metric"]
    if metric is None or metric["latest"] is None:
        return None
    class_ = {True: "up", False: "down", None: "dim"}[metric["better"]]
    latest, delta = metric["latest"], metric["delta"]
    known = [it for it in (metric["value"], latest, delta) if it is not None]
    places = max(map(values.places, known))
    change = "+" * (delta > 0) + values.written(delta, places) if delta else ""
    return [
        values.written(latest, places),
        h.span(f" {change}", class_=class_) if change else None,
        h.small(metric["name"]),
    ]
