r"""HTML and SVG, made by calling functions: the one door by which text comes into a page.

>>> from mreg.render import markup as h
>>> h.p("a < b, ", h.a("more", href="https://example.com"), class_="note")
'<p class="note">a &lt; b, <a href="https://example.com">more</a></p>\n'

A child that is a `Markup` stands as it is; any other text is text, whatever it holds. No function
but these makes a `Markup`, and joining one to a text makes a text: what was forgotten shows up as
escaped markup, never as an element that somebody else wrote. A link leads to http, https, mailto or
a relative place, or is left out. There are no inline styles, scripts and handlers to be had.
"""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Callable, Iterable
from functools import cache, partial
from html import escape as _escape
from typing import Final, LiteralString, TypeAlias

from mreg.render import escape


class Markup(str):
    """Text that is HTML or SVG already."""

    __slots__ = ()


Content: TypeAlias = "str | int | float | Iterable[Content] | None"
"""What stands within an element: markup, texts, numbers, and any of these in a row."""

Attribute: TypeAlias = str | float | bool | None

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_LINKS = frozenset(("href", "src", "action"))
_VOID = frozenset(("br", "col", "hr", "img", "input", "link", "meta"))
_SHAPES = frozenset(("circle", "line", "path", "polyline", "rect", "use"))
_ENDING = """
    body caption dd details div dl dt figure footer form h1 h2 h3 h4 head header hr html li link
    main meta nav ol p pre script section summary svg table tbody thead title tr ul
"""
_LINES = frozenset(_ENDING.split())
"""Elements behind which a line ends, so that a page's changes can be read; it shows nowhere."""

# A scheme is what stands before a colon that no slash, question mark or hash comes before.
_SCHEME = re.compile(r"([^/?#]*?):")
_ALLOWED = frozenset(("http", "https", "mailto"))
# Browsers drop tabs, line feeds and what comes before the first letter, and read "\" as "/".
_TRICKS = re.compile(r"[\x00-\x20\x7f-\x9f\\]")


def is_safe_link(url: str) -> bool:
    """Tell whether a URL is one of http, https or mailto, or a relative one of the same site."""
    if not url or _TRICKS.search(url) or url.startswith("//"):
        return False
    found = _SCHEME.match(url)
    return found is None or found[1].lower() in _ALLOWED


def tag(name: str, /, *children: Content, **attributes: Attribute) -> Markup:
    """Return an element.

    Args:
        name: its name.
        children: what stands in it.
        attributes: its attributes; `class_` stands for class, `aria_label` for aria-label. One that
            is None or False is left out, and so is a link that leads elsewhere than it may.

    Raises:
        ValueError: it is no name, or would be an inline style, script or handler.
    """
    _check_name(name)
    if name == "script" and children:
        raise ValueError("inline scripts are not allowed")
    head = "".join([name, *[_attribute(key, it) for key, it in attributes.items()]])
    if not children and name in _SHAPES:
        return Markup(f"<{head}/>")
    end = "\n" if name in _LINES else ""
    if name in _VOID:
        return Markup(f"<{head}>{end}")
    return Markup(f"<{head}>{''.join(map(_text, children))}</{name}>{end}")


@cache
def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name) or name == "style":
        raise ValueError(f"no element {name}")


def fragment(*children: Content) -> Markup:
    """Return what stands in a row, without an element around it."""
    return Markup("".join(map(_text, children)))


def joined(between: Content, parts: Iterable[Content]) -> Markup:
    """Return parts in a row with something between them."""
    return Markup(_text(between).join(map(_text, parts)))


SLOT: Final = Markup("\x00")
"""Where contents of a template are to stand. No text has it: control characters are escaped."""

VALUE: Final = Markup("\x01")
"""Where a value of an attribute is to stand in a template."""

ANCHOR: Final = Markup("#\x01")
"""The same of a link within the page, which leads nowhere else whatever is put there."""

_SLOTS = re.compile("([\0\1])")
_IMPLIED = re.compile("</t[dh]>(?=<t[dh][ >]|</tr>)")
"""The ends of cells before another one, or the end of the row: HTML takes them for granted."""


def template(made: Markup) -> Callable[..., Markup]:
    r"""Return what fills the slots of a piece of markup, in their order.

    What recurs, as the rows of a table do, costs a fraction of making each element anew.

    >>> row = h.template(h.tr(h.td(h.a(h.SLOT, href=h.ANCHOR)), h.td(h.SLOT)))
    >>> row("v1", "v1", "a < b")
    '<tr><td><a href="#v1">v1</a><td>a &lt; b</tr>\n'
    """
    first, *parts = _SLOTS.split(_IMPLIED.sub("", made))
    ways = [_text if it == SLOT else _quoted for it in parts[::2]]
    rest = parts[1::2]

    def filled(*contents: Content) -> Markup:
        found = [first]
        for way, it, piece in zip(ways, contents, rest, strict=True):
            found += (way(it), piece)
        return Markup("".join(found))

    return filled


def _quoted(value: Content) -> str:
    """Return a value as that of an attribute: markup is text there, too."""
    return _escaped(value if isinstance(value, str) else str(value))


def document(*children: Content, **attributes: Attribute) -> Markup:
    """Return an HTML document."""
    return Markup(f"<!doctype html>\n{tag('html', *children, **attributes)}")


def image(sheet: LiteralString, *children: Content, **attributes: Attribute) -> Markup:
    """Return an SVG image that stands alone, in a file, and so brings its style sheet along.

    Args:
        sheet: the style sheet, a constant of ours: text of others has no place in one.
        children: what stands in it.
        attributes: those of the image.

    Raises:
        ValueError: the style sheet would end too early.
    """
    if "<" in sheet:
        raise ValueError("a style sheet must not contain <")
    style = Markup(f"<style>{sheet}</style>\n")
    return tag("svg", style, *children, xmlns="http://www.w3.org/2000/svg", **attributes)


def embedded(content: bytes, form: str, **attributes: Attribute) -> Markup:
    """Return an image within an SVG image that brings its bytes along.

    Args:
        content: its bytes.
        form: what they are; never SVG, which could do more than be looked at.
        attributes: where it is, and how large.

    Raises:
        ValueError: it is of another format.
    """
    if form not in _RASTER:
        raise ValueError(f"no image of the format {form} is embedded")
    coded = base64.b64encode(content).decode()
    place = "".join(_attribute(key, it) for key, it in attributes.items())
    return Markup(f'<image{place} href="data:image/{form};base64,{coded}"/>')


_RASTER = frozenset(("png", "jpeg", "gif", "webp"))


def number(value: float) -> str:
    """Return a coordinate in its shortest form, to a hundredth.

    Raises:
        ValueError: it is no number, or an infinite one.
    """
    if not math.isfinite(value):
        raise ValueError(f"{value} is not a coordinate")
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _text(content: Content) -> str:
    if isinstance(content, Markup):
        return content
    if isinstance(content, str):
        return _escaped(content)
    if content is None:
        return ""
    if isinstance(content, bool | int | float):
        return _escaped(str(content))
    return "".join(map(_text, content))


# Almost no text has anything else than these.
_PLAIN = re.compile(r"[\w ./:;,@#=+()*?!%~|$^\[\]{}-]*", re.ASCII)


def _escaped(text: str) -> str:
    """Return a text as HTML: markup in it is text, and control characters are seen."""
    if _PLAIN.fullmatch(text):
        return text
    return _escape(escape.block(text))


@cache
def _attribute_name(key: str) -> str:
    name = key.rstrip("_").replace("_", "-")
    if not _NAME.fullmatch(name) or name == "style" or name.lower().startswith("on"):
        raise ValueError(f"no attribute {name}")
    return name


def _attribute(key: str, value: Attribute) -> str:
    name = _attribute_name(key)
    if value is None or value is False:
        return ""
    if value is True:
        return f' {name}=""'
    if value is (ANCHOR if name == "href" else VALUE):
        return f' {name}="{value}"'
    text = number(value) if isinstance(value, int | float) else value
    if name in _LINKS and not is_safe_link(text):
        return ""
    return f' {name}="{_escaped(text)}"'


_TEXT = "a b button code dd details div dl dt em footer form h1 h2 h3 header kbd label li"
_MORE = "link main meta nav ol p pre section small span strong summary table tbody td th thead"
_LAST = "time title tr ul svg g circle defs line path pattern rect text"

# fmt: off
(a, b, button, code, dd, details, div, dl, dt, em, footer, form, h1, h2, h3, header, kbd, label,
 li) = (partial(tag, it) for it in _TEXT.split())
(link, main, meta, nav, ol, p, pre, section, small, span, strong, summary, table, tbody, td, th,
 thead) = (partial(tag, it) for it in _MORE.split())
(time, title, tr, ul, svg, g, circle, defs, line, path, pattern, rect,
 text) = (partial(tag, it) for it in _LAST.split())
# fmt: on
input_ = partial(tag, "input")

NO_BREAK: Final = "\N{NO-BREAK SPACE}"
