"""Tables and texts as GitHub Flavored Markdown, for pull requests and release notes.

Sources: https://github.github.com/gfm/ on tables, escapes and autolinks, and GitHub's mentions,
references to issues, and emoji. It looks for those in the text that is left when the Markdown has
been read: no escape stops it, but an HTML comment in their middle does, which neither shows nor
is copied.
"""

from __future__ import annotations

import re

from mreg.render.cell import Cell
from mreg.render.escape import line
from mreg.render.table import Table

_SPECIAL = {
    **{mark: f"\\{mark}" for mark in "\\`*_[]{}~"},
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    "|": "&#124;",  # readers differ about a pipe behind two backslashes
    "$": "<span>&#36;</span>",  # two of them enclose a formula
    "\0": "<!-- -->",  # where `inline` breaks what would become a link
}
_SPECIALS = re.compile(f"[{re.escape(''.join(_SPECIAL))}]")

_INSIDE_LINKS = re.compile(
    r"""
      (?<= [@\#!] ) (?= \w )           # a mention, an e-mail address, an issue
    | (?<= : ) (?= // | [\w+-]+ : )    # a URL, an emoji
    | (?<= www ) (?= \. )
    | (?<= GH ) (?= - )                # GH-12 is an issue
    """,
    re.VERBOSE | re.IGNORECASE,
)
_TAG = re.compile(r"[\w/:@#!.+-]+")
"""Names of tags that mean nothing else in a code span, or in a table."""
# What would begin a heading, a list or a rule, if it began a line.
_BLOCK = re.compile(r"(?P<start> \#+ | [+=-]+ | [0-9]+ (?= [.)] ) ) (?= [.)]? (?: \s | $ ) )", re.X)


def table(content: Table) -> str:
    """Return a table, without its title; where there are no rows, what is to be said instead."""
    if not content.rows:
        return f"{inline(content.empty)}\n"
    head, *body = (
        f"| {' | '.join(map(_cell, row))} |\n" for row in (content.header, *content.rows)
    )
    return "".join((head, f"|{' --- |' * len(content.header)}\n", *body))


def _cell(text: str) -> str:
    """Return a cell; the name of a tag in it as code, where nothing becomes a link either."""
    tag = text.whole if isinstance(text, Cell) and text.kind == "tag" else ""
    if not text.startswith(tag) or not _TAG.fullmatch(tag):
        return inline(text)
    rest = inline(text.removeprefix(tag))
    return f"`{tag}` {rest}" if rest else f"`{tag}`"


def inline(text: str) -> str:
    """Return text that shows as it is: in a cell, within a line or at the start of one.

    Nothing in it is taken for Markdown or HTML, becomes a link, or calls a person or an issue.
    """
    safe = _INSIDE_LINKS.sub("\0", line(text).strip())
    start = _BLOCK.match(safe)
    shown = _SPECIALS.sub(lambda it: _SPECIAL[it[0]], safe)
    if start is None:
        return shown
    end = start.end()
    return f"{safe[:end]}\\{shown[end:]}" if safe[0].isdigit() else f"\\{shown}"


def block(text: str) -> str:
    """Return text that shows as it is, over as many lines as it has: `inline`, in paragraphs."""
    paragraphs = re.split(r"\n\s*\n", text.strip())
    return "\n\n".join("\\\n".join(map(inline, it.splitlines())) for it in paragraphs)
