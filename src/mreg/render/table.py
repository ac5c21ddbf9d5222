"""A table as a value: what is in it, not what it looks like."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any, TypeAlias

from mreg.render import moments
from mreg.render.moments import Moment
from mreg.tuples import NamedTuple

Columns: TypeAlias = Mapping[str, Callable[[Any], str]]
"""What a table shows of each thing: a column's name, and what tells its cell."""


class Table(NamedTuple):
    """Rows under a header.

    Attributes:
        header: the columns' names.
        rows: the cells' texts; unescaped, and as many in each row as there are columns.
        title: what stands above it where there is room.
        empty: what to say instead if there are no rows.
        wraps: the columns whose text may be broken over lines on a narrow terminal; the others
            are never cut or broken.
        words: those of these columns in which no word is broken, such as an e-mail address.
        gives_way: the columns that a terminal which is too narrow leaves out, the first of them
            first, and says so.
    """

    header: tuple[str, ...]
    rows: list[tuple[str, ...]]
    title: str = ""
    empty: str = ""
    wraps: frozenset[str] = frozenset()
    gives_way: tuple[str, ...] = ()
    words: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls,
        columns: Columns,
        items: Iterable[Any],
        *,
        title: str = "",
        empty: str = "",
        wraps: Collection[str] = (),
        gives_way: Sequence[str] = (),
        words: Collection[str] = (),
    ) -> Table:
        """Return things as a table, a row each; the other arguments are as above."""
        rows = [tuple(cell(it) for cell in columns.values()) for it in items]
        return cls(
            tuple(columns), rows, title, empty, frozenset(wraps), tuple(gives_way), frozenset(words)
        )

    def of_columns(self, names: Iterable[str]) -> Table:
        """Return some of its columns, in the order of the names."""
        places = [self.header.index(it) for it in names]
        rows = [tuple(row[it] for it in places) for row in self.rows]
        return self._replace(header=tuple(self.header[it] for it in places), rows=rows)

    def in_zone(
        self, zone: tzinfo | None, form: Callable[[datetime], str] = moments.minute
    ) -> Table:
        """Return it with each moment in one time zone; None is the one of this machine."""
        rows = [
            tuple(form(it.at(zone)) if isinstance(it, Moment) else it for it in row)
            for row in self.rows
        ]
        return self._replace(rows=rows)
