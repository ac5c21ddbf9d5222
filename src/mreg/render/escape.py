"""Making text from a repository safe to show.

Whoever can push a tag or an annotation chooses its text. Control characters in it could move the
cursor or change the colour of a terminal, and bidirectional controls could make it read as
something else (https://trojansource.codes); they are shown as the escapes that stand for them.
"""

from __future__ import annotations

import re
from functools import cache

_LATER = r"\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
"""DEL and C1 controls, the bidirectional controls, line and paragraph separators, and lone
surrogates, which no output encoding takes. C0 controls come before them."""


def line(text: str) -> str:
    """Return text that is safe to show within a line."""
    if text.isascii() and text.isprintable():
        return text
    return _unsafe(r"\x00-\x1f").sub(_escaped, text)


def block(text: str) -> str:
    """Return text that is safe to show as lines of its own; its line feeds and tabs stay."""
    if text.isascii() and text.replace("\n", "").replace("\t", "").isprintable():
        return text
    return _unsafe(r"\x00-\x08\x0b-\x1f").sub(_escaped, text)


@cache
def _unsafe(controls: str) -> re.Pattern[str]:
    """Return the pattern of what is not safe: most texts have none, and need none."""
    return re.compile(f"[{controls}{_LATER}]")


def _escaped(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode()
