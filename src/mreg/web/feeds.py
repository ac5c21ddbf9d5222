"""Feeds of events, in the Atom format (RFC 4287)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from mreg.core.kinds import KINDS
from mreg.core.tables import first_line
from mreg.render import escape as safe
from mreg.web import dates
from mreg.web.values import Model

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from mreg.core.queries import Record

MOST, MOST_OF_ONE = 50, 20
"""So many events are in a feed of all models, and in that of one."""

_LONGEST = 500


def newest(model: Model) -> list[list[Any]]:
    """Return a model's newest events as plain values: what a feed says of each."""
    return [_event(model, it) for it in model.profile.events[:MOST]]


def _event(model: Model, it: Record) -> list[Any]:
    version = it.version or it.commit[:7]
    words = KINDS[it.action].phrase(
        KINDS[it.action].past.capitalize(), it.artifact, version, it.stage
    )
    link = f"{model.page}#{it.version}" if it.version else model.page
    where = f"{model.repository.name}/{it.tag}"
    return [
        dates.stamp(it.created_at),
        where,
        words,
        link,
        it.author,
        first_line(it.message)[:_LONGEST],
    ]


def of_model(model: Model, base: str) -> str:
    """Return the feed of a model."""
    return _feed(
        model.name, f"{base}{model.folder}/", newest(model)[:MOST_OF_ONE], base or "../../../"
    )


def of_site(events: Iterable[Sequence[Any]], title: str, base: str) -> list[tuple[str, str]]:
    """Return the feed of all models, as a path and its content."""
    found = sorted(events, key=lambda it: (it[0], it[1]), reverse=True)[:MOST]
    return [("feed.xml", _feed(title, base, found, base))]


def _feed(title: str, place: str, events: Sequence[Sequence[Any]], root: str) -> str:
    from xml.etree import ElementTree

    feed = ElementTree.Element("feed", xmlns="http://www.w3.org/2005/Atom")
    _add(feed, "title", title)
    _add(feed, "id", place or f"urn:mreg:{title}")
    _add(feed, "updated", events[0][0] if events else "1970-01-01T00:00:00Z")
    if place.startswith("http"):
        _add(feed, "link", rel="self", href=f"{place}feed.xml")
    for time, where, words, link, author, message in events:
        entry = _add(feed, "entry")
        _add(entry, "title", words)
        _add(entry, "id", f"urn:mreg:{where}")
        _add(entry, "updated", time)
        _add(_add(entry, "author"), "name", author or "unknown")
        _add(entry, "link", href=root + link)
        if message:
            _add(entry, "summary", message)
    ElementTree.indent(feed, " ")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ElementTree.tostring(feed, "unicode")}\n'


def _add(parent: Element, name: str, text: str = "", **attributes: str) -> Element:
    """Add an element; of what XML has no characters for, the escapes stand in it."""
    from xml.etree import ElementTree

    shown = {key: safe.line(it) for key, it in attributes.items()}
    found = ElementTree.SubElement(parent, name, shown)
    found.text = _NONE.sub("\N{REPLACEMENT CHARACTER}", safe.line(text)) or None
    return found


_NONE = re.compile("[\ufffe\uffff]")
