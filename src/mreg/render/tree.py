"""A tree as a value: its lines, and what stands before them."""

from __future__ import annotations

from typing import NamedTuple

from mreg.render.escape import line


class TreeLine(NamedTuple):
    """A line of a tree: the branch before it and before its further lines, and its raw text."""

    lead: str
    follow: str
    text: str


def text(rows: list[TreeLine]) -> str:
    """Return a tree as plain text, nothing of it cut or broken."""
    return "".join(f"{it.lead}{line(it.text)}\n" for it in rows)
