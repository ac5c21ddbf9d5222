"""Feeds of events, in the Atom format (RFC 4287)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any, LiteralString, NamedTuple

from mreg.core.kinds import KINDS, SHORT
from mreg.render import escape as safe
from mreg.web import dates, words
from mreg.web.values import Model

if TYPE_CHECKING:
    from mreg.web.activity import Happened
    from mreg.web.folder import SiteFile

MOST, MOST_OF_ONE = 50, 10
"""So many events are in a feed of all models, and in that of one."""

_LONGEST = 500


class FeedEntry(NamedTuple):
    """What a feed says of an event.

    Attributes:
        time: when it was.
        where: its repository and its tag.
        title: what was done, in words.
        link: the page about it, from the site's root.
        author: who did it, as the tag claims.
        summary: what was said of it.
    """

    time: str
    where: str
    title: str
    link: str
    author: str
    summary: str


def of_model(model: Model, base: str) -> str:
    """Return the feed of a model."""
    name, newest = model.repository.name, model.profile.events[:MOST_OF_ONE]
    found = [
        _made(name, model.page, {**it._asdict(), "created_at": dates.stamp(it.created_at)})
        for it in newest
    ]
    return _feed(model.name, f"{base}{model.folder}/", found, base or "../../../")


def of_site(events: Iterable[Happened], title: str, base: str) -> SiteFile:
    """Return the feed of all models, from their newest events, as a path and its content."""
    found = [_made(it["repository"], it["page"], it) for it in events]
    return ("feed.xml", _feed(title, base, found, base))


def _made(repository: str, page: str, it: Mapping[str, Any]) -> FeedEntry:
    """Return what a feed says of an event, by the fields of an event's JSON."""
    version = it["version"] or it["commit"][:SHORT]
    kind = KINDS[it["action"]]
    said = words.said(*(it[key] for key in ("message", "action", "artifact", "version", "stage")))
    return FeedEntry(
        it["created_at"],
        f"{repository}/{it['tag']}",
        kind.phrase(kind.past.capitalize(), it["artifact"], version, it["stage"]),
        f"{page}#{it['version']}" if it["version"] else page,
        it["author"],
        said[:_LONGEST],
    )


def _feed(title: str, place: str, entries: Sequence[FeedEntry], root: str) -> str:
    own = element("link", rel="self", href=f"{place}feed.xml") if place.startswith("http") else ""
    parts = (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">\n',
        element("title", title),
        element("id", place or f"urn:mreg:{title}"),
        element("updated", entries[0].time if entries else "1970-01-01T00:00:00Z"),
        own,
        *(_entry(it, root) for it in entries),
        "</feed>\n",
    )
    return "".join(parts)


def _entry(it: FeedEntry, root: str) -> str:
    parts = (
        element("title", it.title),
        element("id", f"urn:mreg:{it.where}"),
        element("updated", it.time),
        f"<author>{element('name', it.author or 'unknown')}</author>\n",
        element("link", href=root + it.link),
        element("summary", it.summary) if it.summary else "",
    )
    return f"<entry>\n{''.join(parts)}</entry>\n"


def element(name: LiteralString, text: str = "", **attributes: str) -> str:
    """Return an element; of what XML has no characters for, the escapes stand in it."""
    head = "".join([name, *[f' {key}="{_text(it)}"' for key, it in attributes.items()]])
    return f"<{head}>{_text(text)}</{name}>\n" if text else f"<{head}/>\n"


def _text(text: str) -> str:
    return escape(_NONE.sub("\N{REPLACEMENT CHARACTER}", safe.line(text)))


_NONE = re.compile("[\ufffe\uffff]")
