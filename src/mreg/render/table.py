"""A table as a value: what is in it, not what it looks like."""

from __future__ import annotations

from typing import NamedTuple


class Table(NamedTuple):
    """Rows under a header.

    Attributes:
        header: the columns' names.
        rows: the cells' texts; unescaped, and as many in each row as there are columns.
        title: what stands above it where there is room.
        empty: what to say instead if there are no rows.
        wraps: the columns whose text may be broken over lines on a narrow terminal; the others
            are never cut or broken.
    """

    header: tuple[str, ...]
    rows: list[tuple[str, ...]]
    title: str = ""
    empty: str = ""
    wraps: frozenset[str] = frozenset()
