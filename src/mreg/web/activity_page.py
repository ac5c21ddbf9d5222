"""The pages of what happened: the list of months, and a page for each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from mreg.core.kinds import KINDS
from mreg.render import json
from mreg.render import markup as h
from mreg.render.markup import Content, Markup
from mreg.web import activity, dates, frame, words
from mreg.web.activity import Happened, Month
from mreg.web.folder import SiteFile
from mreg.web.frame import Page, chip, heading, panel

INDEX, DATA, STYLES = f"{frame.ACTIVITY}index.html", "data/activity.json", ("a/lists.css",)


def files(months: Sequence[Month], site: str) -> list[SiteFile]:
    """Return the list of months: its page, and the same as JSON."""
    return [(INDEX, index(months, site)), (DATA, json.dumps({"months": months}) + "\n")]


def index(months: Sequence[Month], site: str) -> str:
    """Return the list of months."""
    it = Page(INDEX, "Activity", site, DATA, "feed.xml", styles=STYLES)
    most = max((one.events for one in months), default=1)
    total = sum(one.events for one in months)
    head = [
        heading("month"),
        heading("events", "num"),
        heading(h.span("as a bar chart", class_="unseen"), "drawing"),
    ]
    head += [heading([_key(class_), word], "num") for class_, word in _PARTS]
    head.append(heading("models", "num"))
    rows = [_month_row(it, one, most) for one in months]
    events = f"{total:,} event{'s' * (total != 1)}"
    of = f"{len(months):,} month{'s' * (len(months) != 1)}"
    table = frame.table(head, rows, label="Events by month", class_="rows months")
    empty = h.p("No events yet.", class_="pad dim")
    return frame.page(
        it,
        [
            h.div(
                h.h1("Activity"),
                h.p(f"{events} in {of}, in UTC", class_="sub") if months else None,
                class_="head title",
            ),
            h.section(table if months else empty, class_="panel", aria_label="Months"),
        ],
    )


_PARTS = (("cur", "promoted"), ("c0", "registered"), ("pulled", "rolled back"), ("c2", "other"))
"""What a month's bar is made of, each part with its colour."""


def _key(class_: str) -> Markup:
    square = h.rect(class_=class_, width=9, height=9, rx=2)
    return h.svg(square, viewBox="0 0 9 9", class_="key", aria_hidden="true")


def _month_row(it: Page, one: Month, most: int) -> Markup:
    other = one.events - one.registered - one.promoted - one.rolled_back
    counts = (one.promoted, one.registered, one.rolled_back, other)
    bars, at = [], 0.0
    for (class_, _), count in zip(_PARTS, counts, strict=True):
        width = 100 * count / most
        if count:
            bars.append(h.rect(class_=class_, x=at, y=0, width=width, height=10))
        at += width
    drawing = h.svg(*bars, viewBox="0 0 100 10", preserveAspectRatio="none", aria_hidden="true")
    return h.tr(
        h.th(h.a(one.title, href=it.link(activity.page(one.name))), scope="row"),
        h.td(f"{one.events:,}", class_="num"),
        h.td(drawing, class_="drawing"),
        *(h.td(f"{n:,}" if n else None, class_="num") for n in (*counts, one.models)),
    )


def page(month: Month, events: Sequence[Happened], site: str) -> str:
    """Return the page of a month."""
    place, data = activity.page(month.name), activity.data(month.name)
    it = Page(place, f"Activity in {month.title}", site, data, "feed.xml", styles=STYLES)
    left = month.events - len(events)
    head = [heading(word) for word in ("when", "what", "by", "message")]
    days: dict[str, list[Happened]] = {}
    for one in events:
        days.setdefault(one["created_at"][:10], []).append(one)
    panels = [
        panel(
            f"d{day}",
            dates.day(datetime.fromisoformat(found[0]["created_at"])),
            frame.table(
                head, [_row(it, one) for one in found], label=f"Events of {day}", class_="rows day"
            ),
            note=f"{len(found)}",
        )
        for day, found in days.items()
    ]
    count = f"{month.events:,} event{'s' * (month.events != 1)} of {month.models:,} model"
    return frame.page(
        it,
        [
            h.div(
                h.p(h.a("Activity", href=it.link(INDEX)), " / ", month.title, class_="crumbs"),
                h.h1(month.title),
                h.p(f"{count}{'s' * (month.models != 1)}", class_="sub"),
                class_="head",
            ),
            h.div(*panels, class_="stack"),
            h.p(f"and {left:,} earlier events: run mreg history", class_="pad dim")
            if left
            else None,
        ],
    )


def _row(it: Page, one: Happened) -> Markup:
    return h.tr(
        h.td(dates.element(when := datetime.fromisoformat(one["created_at"]), f"{when:%H:%M}")),
        h.th(_words(it, one), scope="row"),
        h.td(one["author"], class_="dim"),
        h.td(_said(one)),
    )


def _words(it: Page, one: Happened) -> Content:
    """Say what happened, with links to the model and the version."""
    kind, bad = KINDS[one["action"]], activity.rolled_back(one["trailers"])
    page = it.link(one["page"])
    version = one["version"] or (one["commit"][:7] if one["stage"] else "")
    return [
        f"{kind.past} ",
        h.a(one["artifact"], href=page),
        [" ", h.a(version, href=f"{page}#{version}", class_="ver")] if version else None,
        kind.place(one["stage"]),
        h.small(one["repository"]),
        chip(f"rolled back {bad}", "bad") if bad else None,
    ]


def _said(one: Happened) -> str:
    """Return the message, unless it says no more than what happened."""
    return words.said(*(one[key] for key in ("message", "action", "artifact", "version", "stage")))
