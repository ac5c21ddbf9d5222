"""Tables on a terminal, with rich."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Self

from mreg.render.escape import line
from mreg.render.table import Table
from mreg.render.tree import TreeLine

if TYPE_CHECKING:
    from rich.console import Console

_GAP = 2
"""The space between two columns."""

_NARROWEST = 12
"""The width below which text is not broken over lines."""


def console() -> Console:
    """Return the console on standard output; NO_COLOR and TERM are honoured."""
    from rich.console import Console

    return Console(highlight=False, emoji=False, markup=False)


def show(content: Table, *, pinned: int = 0) -> None:
    """Print a table; one too wide for the terminal is printed as a block a row.

    With columns pinned it is rather parted by its columns, if each fits beside those.
    """
    screen = console()
    parts = _parts(content, pinned, screen.width) if pinned else [content]
    if all(_natural_width(it) <= screen.width for it in parts):
        for number, part in enumerate(parts):
            screen.print(*([] if number == 0 else [""]), _grid(part), sep="\n")
    else:
        for block in _blocks(content):
            screen.print(block)


def _parts(content: Table, pinned: int, width: int) -> list[Table]:
    """Part a table into some with fewer columns, none wider than the screen if that is possible."""
    widths = _least_widths(content)
    first = list(range(pinned))
    parts, used = [first], sum(widths[:pinned]) + _GAP * (pinned - 1)
    room = width - used
    for column in range(pinned, len(widths)):
        if room < widths[column] + _GAP and len(parts[-1]) > pinned:
            parts.append(first)
            room = width - used
        parts[-1] = [*parts[-1], column]
        room -= widths[column] + _GAP
    return [_of_columns(content, columns, pinned) for columns in parts]


def _of_columns(content: Table, columns: list[int], pinned: int) -> Table:
    """Return some columns of a table, and the rows that have anything in them."""
    return content._replace(
        header=tuple(content.header[it] for it in columns),
        rows=[
            tuple(row[it] for it in columns)
            for row in content.rows
            if any(row[it] for it in columns[pinned:])
        ],
    )


def tree(rows: Iterable[TreeLine]) -> None:
    """Print a tree; a line too long for the terminal goes on below, behind its branch."""
    from rich.cells import cell_len
    from rich.text import Text

    screen = console()
    for row in rows:
        taken = max(cell_len(row.lead), cell_len(row.follow))
        width = max(screen.width - taken, _NARROWEST)
        for number, piece in enumerate(Text(line(row.text)).wrap(screen, width)):
            piece.rstrip()
            lead = row.follow if number else row.lead
            screen.print(Text.assemble((lead, "dim"), piece), soft_wrap=True)


class LiveTable:
    """A table on the terminal that is drawn anew in its place; as a context, it begins and ends.

    What does not fit the window is counted. Rows that were not there the last time are bold.
    """

    def __init__(self) -> None:
        from rich.live import Live

        self._screen = console()
        self._live = Live(console=self._screen, auto_refresh=False)
        self._before: set[tuple[str, ...]] = set()
        self._bold: frozenset[tuple[str, ...]] = frozenset()

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._live.stop()

    def show(self, content: Table, note: str) -> None:
        """Draw a table, with its texts as they are, and a line below it."""
        from rich.console import Group
        from rich.text import Text

        rows = {*map(_texts, content.rows)}
        if self._before and rows != self._before:
            self._bold = frozenset(rows - self._before)
        self._before = rows
        parts, left = self._fitting(content) if rows else ([Text(line(content.empty))], 0)
        more = f"and {left} more; " if left else ""
        below = Text(line(more + note), style="dim", no_wrap=True, overflow="ellipsis")
        self._live.update(Group(*parts, below), refresh=True)

    def _fitting(self, content: Table) -> tuple[list[object], int]:
        """Return what there is room for, and how many rows there is none for."""
        room = max(self._screen.height - _AROUND, 1)
        if _natural_width(content) <= self._screen.width:
            shown = content._replace(rows=content.rows[:room])
            return [_grid(shown, self._bold)], len(content.rows) - len(shown.rows)
        most = max(room // (len(content.header) + 1), 1)
        shown = content._replace(rows=content.rows[:most])
        return [*_blocks(shown)], len(content.rows) - len(shown.rows)


_AROUND = 4
"""So many lines of a window are for a table's heading, what stands below it, and the cursor."""


def _texts(row: Sequence[str]) -> tuple[str, ...]:
    return tuple(map(str, row))


class ProgressBar:
    """A bar on standard error: how many bytes of how many are done, how fast, how long still."""

    def __init__(self) -> None:
        from rich import progress
        from rich.console import Console

        self._bar = progress.Progress(
            progress.BarColumn(),
            progress.DownloadColumn(binary_units=True),
            progress.TransferSpeedColumn(),
            progress.TimeRemainingColumn(),
            console=Console(stderr=True, highlight=False, emoji=False, markup=False),
            transient=True,
        )
        self._bar.start()
        self._task = self._bar.add_task("", total=None)

    def show(self, done: int, total: int | None) -> None:
        """Show that so many bytes of so many are done; of how many may not be known yet."""
        self._bar.update(self._task, completed=done, total=total)

    def end(self) -> None:
        """Take the bar away again."""
        self._bar.stop()


def _grid(content: Table, bold: frozenset[tuple[str, ...]] = frozenset()) -> object:
    from rich import box
    from rich.table import Table as Grid
    from rich.text import Text

    # One space of padding and one that the box draws between columns: `_natural_width` counts both.
    grid = Grid(
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
        show_edge=False,
        header_style="bold",
    )
    for name, width in zip(content.header, _least_widths(content), strict=True):
        wraps = name in content.wraps
        grid.add_column(Text(line(name)), overflow="fold", no_wrap=not wraps, min_width=width)
    for row in content.rows:
        style = "bold" if bold and _texts(row) in bold else None
        grid.add_row(*(Text(line(cell)) for cell in row), style=style)
    return grid


def _natural_width(content: Table) -> int:
    """Return the width below which a column would have to be cut."""
    widths = _least_widths(content)
    return sum(widths) + _GAP * (len(widths) - 1)


def _least_widths(content: Table) -> list[int]:
    """Return how narrow each column may be: as its text is, or less if that may be broken."""
    from rich.cells import cell_len

    return [
        min(width, _NARROWEST) if column[0] in content.wraps else width
        for column in zip(content.header, *content.rows, strict=True)
        for width in [max(cell_len(line(cell)) for cell in column)]
    ]


def _blocks(content: Table) -> Iterator[object]:
    """Give each row its own lines: the first cell as a heading, then "name  value" for the rest."""
    from rich.table import Table as Grid
    from rich.text import Text

    for row in content.rows:
        yield Text(line(row[0]), style="bold")
        grid = Grid.grid(padding=(0, 2))
        grid.add_column(style="dim", no_wrap=True)
        grid.add_column(overflow="fold")
        for name, cell in zip(content.header[1:], row[1:], strict=True):
            if cell and cell != "-":
                grid.add_row(Text(f"  {line(name)}"), Text(line(cell)))
        yield grid
