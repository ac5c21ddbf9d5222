"""Feeds of events, in the Atom format (RFC 4287)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING, LiteralString, NamedTuple

from mreg.core.kinds import KINDS
from mreg.core.tables import SHORT
from mreg.render import escape as safe
from mreg.web import dates, words
from mreg.web.values import Model

if TYPE_CHECKING:
    from mreg.core.queries import Record

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


def newest(model: Model) -> list[FeedEntry]:
    """Return what a feed of all models may say of a model's newest events."""
    return [entry(model.repository.name, model.page, it) for it in model.profile.events[:MOST]]


def of_model(model: Model, base: str) -> str:
    """Return the feed of a model."""
    found = newest(model)[:MOST_OF_ONE]
    return _feed(model.name, f"{base}{model.folder}/", found, base or "../../../")


def entry(repository: str, page: str, it: Record) -> FeedEntry:
    """Return what a feed says of an event of the model whose page is at a path."""
    version = it.version or it.commit[:SHORT]
    kind = KINDS[it.action]
    said = words.said(it.message, it.action, it.artifact, it.version, it.stage)
    return FeedEntry(
        dates.stamp(it.created_at),
        f"{repository}/{it.tag}",
        kind.phrase(kind.past.capitalize(), it.artifact, version, it.stage),
        f"{page}#{it.version}" if it.version else page,
        it.author,
        said[:_LONGEST],
    )


def of_site(entries: Iterable[FeedEntry], title: str, base: str) -> list[tuple[str, str]]:
    """Return the feed of all models, as a path and its content."""
    found = sorted(entries, key=lambda it: it[:2], reverse=True)[:MOST]
    return [("feed.xml", _feed(title, base, found, base))]


def _feed(title: str, place: str, entries: Sequence[FeedEntry], root: str) -> str:
    own = _element("link", rel="self", href=f"{place}feed.xml") if place.startswith("http") else ""
    parts = (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">\n',
        _element("title", title),
        _element("id", place or f"urn:mreg:{title}"),
        _element("updated", entries[0].time if entries else "1970-01-01T00:00:00Z"),
        own,
        *(_entry(it, root) for it in entries),
        "</feed>\n",
    )
    return "".join(parts)


def _entry(it: FeedEntry, root: str) -> str:
    parts = (
        _element("title", it.title),
        _element("id", f"urn:mreg:{it.where}"),
        _element("updated", it.time),
        f"<author>{_element('name', it.author or 'unknown')}</author>\n",
        _element("link", href=root + it.link),
        _element("summary", it.summary) if it.summary else "",
    )
    return f"<entry>\n{''.join(parts)}</entry>\n"


def _element(name: LiteralString, text: str = "", **attributes: str) -> str:
    """Return an element; of what XML has no characters for, the escapes stand in it."""
    head = "".join([name, *[f' {key}="{_text(it)}"' for key, it in attributes.items()]])
    return f"<{head}>{_text(text)}</{name}>\n" if text else f"<{head}/>\n"


def _text(text: str) -> str:
    return escape(_NONE.sub("\N{REPLACEMENT CHARACTER}", safe.line(text)))


_NONE = re.compile("[\ufffe\uffff]")
