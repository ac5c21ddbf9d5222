"""What every page has around its content: head, navigation, foot; and the parts that recur."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from mreg.render import markup as h
from mreg.render.markup import Content, Markup
from mreg.web import dates, names

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'none';"
    " base-uri 'none'; form-action 'self'"
)
"""The Content Security Policy of every page: nothing inline, nothing from elsewhere."""

_POLICY = h.tag("meta", http_equiv="Content-Security-Policy", content=POLICY)

COMPARE, STAGES, WAITING, ACTIVITY = "compare.html", "stages.html", "waiting.html", "activity/"

PAGES = (
    ("Models", names.INDEX),
    ("Stages", STAGES),
    ("Waiting", WAITING),
    ("Activity", f"{ACTIVITY}index.html"),
    ("Compare", COMPARE),
)
"""What the navigation leads to."""

STYLE, SCRIPT, ICON = "a/style.css", "a/mreg.js", "a/icon.svg"


class Page(NamedTuple):
    """A page, apart from its content.

    Attributes:
        path: where it is, from the site's root.
        title: what the browser calls it.
        site: what the site is called.
        json: the same as JSON, from the site's root; empty where there is none.
        feed: the feed that goes with it, likewise.
        scripts: what it loads besides the script of all pages, likewise.
        styles: what it loads besides the style sheet of all pages, likewise.
        search: what tells a browser how to search here, likewise.
    """

    path: str
    title: str
    site: str
    json: str = ""
    feed: str = ""
    scripts: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()
    search: str = ""

    def link(self, target: str) -> str:
        """Return the link from here to a place of the site."""
        return names.relative(target, self.path)


def page(it: Page, content: Content, foot: Content = None) -> str:
    """Return a page as HTML."""
    return h.document(
        h.tag("head", *_head(it)),
        h.tag(
            "body",
            h.a("Skip to content", class_="skip", href="#main"),
            _top(it),
            h.main(content, id="main"),
            h.footer(_foot(it), foot, _KEYS),
            *(h.tag("script", src=it.link(src), defer=True) for src in (SCRIPT, *it.scripts)),
        ),
        lang="en",
    )


def served(html: str, head: Content) -> str:
    """Return a page as a server sends it, which says in a header what the page may do.

    Args:
        html: the page.
        head: what the server adds to its head, instead.
    """
    return html.replace(_POLICY, h.fragment(head), 1)


def _head(it: Page) -> tuple[Content, ...]:
    name = it.title if it.title == it.site else f"{it.title} - {it.site}"
    return (
        h.meta(charset="utf-8"),
        _POLICY,
        h.meta(name="viewport", content="width=device-width, initial-scale=1"),
        h.meta(name="referrer", content="no-referrer"),
        h.meta(name="generator", content="mreg"),
        h.title(name),
        *(h.link(rel="stylesheet", href=it.link(sheet)) for sheet in (STYLE, *it.styles)),
        h.link(rel="icon", href=it.link(ICON), type="image/svg+xml"),
        h.link(rel="alternate", type="application/atom+xml", href=it.link(it.feed))
        if it.feed
        else None,
        h.link(rel="alternate", type="application/json", href=it.link(it.json))
        if it.json
        else None,
        h.link(rel="search", type=_SEARCH, title=it.site, href=it.link(it.search))
        if it.search
        else None,
    )


_SEARCH = "application/opensearchdescription+xml"


def _top(it: Page) -> Markup:
    links = (
        h.a(
            name,
            href=it.link(path),
            aria_current="page" if path == it.path else None,
            id="nav-compare" if path == COMPARE else None,
        )
        for name, path in PAGES
    )
    return h.header(
        h.a(it.site, class_="brand", href=it.link(names.INDEX)),
        h.tag("nav", *links, aria_label="Pages"),
        h.button("◐", type="button", id="theme", class_="script", aria_label="Light or dark mode"),
        class_="top",
    )


def _foot(it: Page) -> Markup:
    parts = [
        h.a("this page as JSON", href=it.link(it.json)) if it.json else None,
        h.a("Atom feed", href=it.link(it.feed)) if it.feed else None,
    ]
    return h.p(h.joined(" · ", filter(None, parts)))


_KEYS = h.button(h.kbd("?"), " keys", type="button", id="help", class_="script keys")
"""What shows the keys; pressing the key does, too."""


def as_of(when: datetime | None, what: str = "") -> Content:
    """Say as of when a page is, for its foot; nothing where that is not known."""
    return h.p("As of ", what, dates.element(when, dates.minute(when))) if when else None


def named(it: Page, name: str, repository: str, page: str) -> Markup:
    """Return the heading of a model's row in a table, which leads to its page."""
    return h.th(h.a(name, href=it.link(page)), h.small(repository), scope="row")


def panel(
    id_: str, title: Content, *content: Content, note: Content = None, class_: str = ""
) -> Markup:
    """Return a part of a page under a heading."""
    head = h.div(h.h2(title, id=id_), h.span(note, class_="dim") if note else None, class_="h")
    return h.section(head, *content, class_=f"panel {class_}".strip(), aria_labelledby=id_)


def table(head: Content, rows: Content, *, label: str, class_: str = "") -> Markup:
    """Return a table that scrolls within itself where there is no room."""
    inner = h.table(h.thead(h.tr(head)), h.tbody(rows), class_=class_ or None)
    return h.div(inner, class_="scroll", tabindex="0", role="region", aria_label=label)


def heading(text: Content, class_: str = "") -> Markup:
    """Return the heading of a column."""
    return h.th(text, scope="col", class_=class_ or None)


def call(what: str, data: str) -> str:
    """Return JSON as a script hands it over: `mreg("index", ...)`, which `file://` allows.

    "<" is written otherwise, lest a text end the script where one is put into a page.
    """
    return f'mreg("{what}", {data.replace("<", _LESS)});\n'


_LESS = "\\u003c"


def chip(text: Content, class_: str = "n", **attributes: str) -> Markup:
    """Return a word in a box."""
    return h.span(text, class_=f"tag {class_}", **attributes)


def command(text: str) -> Markup:
    """Return a command to be copied."""
    return h.div(
        h.tag("pre", h.code(text)),
        h.button("copy", type="button", class_="copy script", aria_label=f"Copy: {text}"),
        class_="cmd",
    )
