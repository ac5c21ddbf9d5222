"""Cells that are more than their text: what a terminal shows in colour, and what it links.

Anywhere else such a cell is its text: in CSV, Markdown, JSON and a pipe nothing tells it apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
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

_SEPARATOR = ", "

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
        parts: the pieces of a list, which may mean different things; none: it is no list.
    """

    __slots__ = ("kind", "parts", "tone", "whole")
    tone: Tone
    kind: Kind
    whole: str
    parts: tuple[Cell, ...]

    @classmethod
    def of(cls, text: str, tone: Tone = "", *, kind: Kind = "", whole: str = "") -> Self:
        """Return a text as a cell."""
        cell = cls(text)
        cell.tone, cell.kind, cell.whole, cell.parts = tone, kind, whole, ()
        return cell

    @classmethod
    def of_parts(cls, parts: Iterable[Cell]) -> Self:
        """Return cells as one that lists them; a comma is in the colour of what it follows."""
        found = tuple(parts)
        cell = cls.of(_SEPARATOR.join(found))
        cell.parts = (*(cls.of(it + _SEPARATOR, it.tone) for it in found[:-1]), *found[-1:])
        return cell


def styled(text: str, tone: Tone) -> str:
    """Return a text in the colour of its meaning, for a terminal."""
    return f"\x1b[{COLORS[tone][1]}m{text}\x1b[0m"
