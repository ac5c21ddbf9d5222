"""Cells that are more than their text: what a terminal shows in colour, and what it links.

Anywhere else such a cell is its text: in CSV, Markdown, JSON and a pipe nothing tells it apart.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal, Self

Tone = Literal["", "good", "bad", "note", "dim"]
"""What a text means: something better or allowed, something worse or wrong, something to do or to
look at, or something that counts no longer."""

COLORS: Final[dict[Tone, tuple[str, int]]] = {
    "": ("none", 0),
    "good": ("green", 32),
    "bad": ("red", 31),
    "note": ("cyan", 36),
    "dim": ("dim", 2),
}
"""The colours of meanings: rich's names of them, and the numbers by which a terminal is told them
(ECMA-48, Select Graphic Rendition)."""

Kind = Literal["", "tag", "commit", "usual"]
Links = Callable[[Kind, str], str]
"""Tells the address of a tag or commit, by its name or id; empty where none is known."""


class Cell(str):
    """A cell with a meaning.

    Attributes:
        tone: what it means.
        kind: whether it names a tag or a commit; or is what mreg says where nobody said anything,
            which a reader need not be told.
        whole: the tag's name or the commit's full id.
    """

    __slots__ = ("kind", "tone", "whole")
    tone: Tone
    kind: Kind
    whole: str

    @classmethod
    def of(cls, text: str, tone: Tone = "", *, kind: Kind = "", whole: str = "") -> Self:
        """Return a text as a cell."""
        cell = cls(text)
        cell.tone, cell.kind, cell.whole = tone, kind, whole
        return cell


def styled(text: str, tone: Tone) -> str:
    """Return a text in the colour of its meaning, for a terminal."""
    return f"\x1b[{COLORS[tone][1]}m{text}\x1b[0m"
