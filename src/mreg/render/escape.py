"""Making text from a repository safe to show.

Whoever can push a tag or an annotation chooses its text. Control characters in it could move the
cursor or change the colour of a terminal, and bidirectional controls could make it read as
something else (https://trojansource.codes); they are shown as the escapes that stand for them.
"""

from __future__ import annotations

import re

# C0 and C1 controls, DEL, the bidirectional controls, line and paragraph separators, and lone
# surrogates, which no output encoding takes.
_UNSAFE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
_UNSAFE_IN_BLOCK = re.compile(_UNSAFE.pattern.replace(r"\x00-\x1f", r"\x00-\x08\x0b-\x1f"))


def line(text: str) -> str:
    """Return text that is safe to show within a line."""
    return _UNSAFE.sub(_escaped, text)


def block(text: str) -> str:
    """Return text that is safe to show as lines of its own; its line feeds and tabs stay."""
    return _UNSAFE_IN_BLOCK.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode()
