"""A model's card: Markdown as elements. HTML in it is text, and links lead nowhere they may not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mreg.render import markup as h
from mreg.render.markup import Content, Markup

if TYPE_CHECKING:
    from markdown_it.tree import SyntaxTreeNode

LONGEST = 40_000
"""So many characters of a card are shown."""

_DEEPEST = 20

_ELEMENTS = {
    "paragraph": "p",
    "bullet_list": "ul",
    "ordered_list": "ol",
    "list_item": "li",
    "blockquote": "blockquote",
    "strong": "strong",
    "em": "em",
    "table": "table",
    "thead": "thead",
    "tbody": "tbody",
    "tr": "tr",
    "th": "th",
    "td": "td",
    "s": "s",
}


def render(text: str, name: str = "") -> Markup:
    """Return a card as markup, without what the page says already.

    That is its front matter, for the Hugging Face Hub, and a first heading that is the name.
    """
    from markdown_it import MarkdownIt
    from markdown_it.tree import SyntaxTreeNode

    reader = MarkdownIt("commonmark", {"html": False, "maxNesting": _DEEPEST})
    reader.enable(["table", "strikethrough"])
    body = _without_front_matter(text).lstrip()
    first, _, rest = body.partition("\n")
    if first.lstrip("# ").strip() == name:
        body = rest
    cut = len(body) > LONGEST
    tree = SyntaxTreeNode(reader.parse(body[:LONGEST]))
    _level(tree)
    return h.div(_children(tree), h.p("… and more in the file.") if cut else None, class_="card")


def _without_front_matter(text: str) -> str:
    if not text.startswith("---\n"):
        return text
    _, _, rest = text.partition("\n---\n")
    return rest or text


def _level(tree: SyntaxTreeNode) -> None:
    """Give each heading a level of the page, which has an h1, and an h2 above the card.

    None is skipped, whatever the card skips: who listens to a page goes by them.
    """
    open_: list[int] = []
    for node in tree.walk():
        if node.type == "heading":
            own = int(node.tag[1])
            while open_ and open_[-1] >= own:
                open_.pop()
            open_.append(own)
            node.meta["level"] = min(2 + len(open_), 6)


def _children(node: SyntaxTreeNode) -> Iterator[Content]:
    return (_element(it) for it in node.children)


def _element(node: SyntaxTreeNode) -> Content:
    kind = node.type
    if kind in ("inline", "root"):
        return h.fragment(*_children(node))
    if kind in _ELEMENTS:
        return h.tag(_ELEMENTS[kind], *_children(node))
    if kind == "heading":
        return h.tag(f"h{node.meta['level']}", *_children(node))
    if kind in ("fence", "code_block"):
        return h.tag("pre", h.code(node.content), tabindex="0")
    if kind == "link":
        url = str(node.attrGet("href") or "")
        whole = url.startswith(("http:", "https:", "mailto:"))  # a relative one would lead astray
        return h.a(*_children(node), href=url if whole else None, rel="noopener nofollow")
    if kind == "image":  # no picture of another host is loaded
        return h.span(f"[image: {node.content}]", class_="dim")
    if kind == "code_inline":
        return h.code(node.content)
    if kind == "hr":
        return h.tag("hr")
    if kind == "softbreak":
        return "\n"
    return h.tag("br") if kind == "hardbreak" else node.content
