"""Tables on a terminal, with rich."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Self

from mreg.render.cell import COLORS, Cell, Links
from mreg.render.escape import line
from mreg.render.table import Table
from mreg.render.tree import TreeLine
from mreg.tuples import NamedTuple

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

_GAP = 2
"""The space between two columns."""

_NARROWEST = 12
"""The width below which text is not broken over lines."""


class Screen(NamedTuple):
    """How a terminal shows things.

    Attributes:
        color: whether it has colours; None: as NO_COLOR, FORCE_COLOR and TERM say.
        wide: whether its lines may be of any length.
        links: tells where tags and commits are to be seen; None: they are no links.
        full: whether cells are shown that a reader need not be told.
    """

    color: bool | None = None
    wide: bool = False
    links: Links | None = None
    full: bool = False


def console(screen: Screen = Screen()) -> Console:  # noqa: B008 - a value
    """Return the console on standard output."""
    from rich.console import Console

    return Console(
        highlight=False,
        emoji=False,
        markup=False,
        width=_WIDEST if screen.wide else None,
        force_terminal=True if screen.color else None,
        color_system=None if screen.color is False else "auto",
    )


_WIDEST = 10_000
"""The width of a console whose lines may be of any length, in columns."""


def show(content: Table, screen: Screen = Screen(), *, pinned: int = 0) -> tuple[str, ...]:  # noqa: B008
    """Print a table; one too wide for the terminal is printed as a block a row.

    Before that, columns give way. With columns pinned the table is rather parted by its columns,
    if each fits beside those.

    Returns:
        The columns that gave way.
    """
    out, links = console(screen), screen.links
    content = content if screen.full else _told(content)
    shown = content if pinned else _fitting(content, out.width)
    parts = _parts(shown, pinned, out.width) if pinned else [shown]
    if all(_least_width(it) <= out.width for it in parts):
        for number, part in enumerate(parts):
            grid = _grid(part, out, links=links)
            out.print(*([] if number == 0 else [""]), grid, sep="\n")
        return tuple(it for it in content.header if it not in shown.header)
    for block in _blocks(content, links):
        out.print(block)
    return ()


def _told(content: Table) -> Table:
    """Leave out what a reader need not be told, and columns that hold nothing else."""
    rows = [tuple("" if _is_usual(it) else it for it in row) for row in content.rows]
    columns = zip(content.header, zip(*content.rows, strict=True), strict=True)
    bare = {name for name, cells in columns if all(map(_is_usual, cells))}
    kept = content._replace(rows=rows)
    return kept.of_columns(it for it in kept.header if it not in bare) if bare else kept


def _is_usual(cell: str) -> bool:
    return isinstance(cell, Cell) and cell.kind == "usual"


def _fitting(content: Table, width: int) -> Table:
    """Leave out as many of the columns that give way as it takes to fit, or all of them.

    Where one that matters more had to go, too, there may be room again for one that went before.
    """
    widths = dict(zip(content.header, _least_widths(content), strict=True))
    shown = list(content.header)
    gone: list[str] = []
    for name in content.gives_way:
        if _total(widths[it] for it in shown) <= width:
            break
        shown.remove(name)
        gone.append(name)
    for name in reversed(gone):
        if _total(widths[it] for it in (*shown, name)) <= width:
            shown.append(name)
    return content.of_columns(it for it in content.header if it in shown)


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


def tree(rows: Iterable[TreeLine], screen: Screen = Screen()) -> None:  # noqa: B008
    """Print a tree; a line too long for the terminal goes on below, behind its branch."""
    from rich.cells import cell_len
    from rich.text import Text

    out = console(screen)
    for row in rows:
        taken = max(cell_len(row.lead), cell_len(row.follow))
        width = max(out.width - taken, _NARROWEST)
        for number, piece in enumerate(Text(line(row.text)).wrap(out, width)):
            piece.rstrip()
            lead = row.follow if number else row.lead
            out.print(Text.assemble((lead, "dim"), piece), soft_wrap=True)


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
        parts, left = self._that_fit(content) if rows else ([Text(line(content.empty))], 0)
        more = f"and {left} more; " if left else ""
        below = Text(line(more + note), style="dim", no_wrap=True, overflow="ellipsis")
        self._live.update(Group(*parts, below), refresh=True)

    def _that_fit(self, content: Table) -> tuple[list[object], int]:
        """Return what there is room for, and how many rows there is none for."""
        room = max(self._screen.height - _AROUND, 1)
        narrow = _fitting(content, self._screen.width)
        if _least_width(narrow) <= self._screen.width:
            shown = narrow._replace(rows=narrow.rows[:room])
            return [_grid(shown, self._screen, self._bold)], len(content.rows) - len(shown.rows)
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


def _grid(
    content: Table,
    out: Console,
    bold: frozenset[tuple[str, ...]] = frozenset(),
    links: Links | None = None,
) -> object:
    from rich import box
    from rich.table import Table as Grid
    from rich.text import Text

    # One space of padding and one that the box draws between columns: `_total` counts both.
    grid = Grid(
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
        show_edge=False,
        header_style="bold",
    )
    for name, width in zip(content.header, _widths(content, out), strict=True):
        wraps = name in content.wraps
        grid.add_column(Text(line(name)), overflow="fold", no_wrap=not wraps, width=width)
    for row in content.rows:
        style = "bold" if bold and _texts(row) in bold else None
        grid.add_row(*(_text(cell, links) for cell in row), style=style)
    return grid


def _text(cell: str, links: Links | None) -> Text:
    """Return a cell's text, in the colour of what it means, and with where it leads."""
    from rich.style import Style
    from rich.text import Text

    if not isinstance(cell, Cell):
        return Text(line(cell))
    if cell.parts:
        return Text().join(_text(it, links) for it in cell.parts)
    address = links(cell.kind, cell.whole) if links and cell.kind else ""
    return Text(line(cell), style=Style.parse(COLORS[cell.tone][0]) + Style(link=address or None))


def pair(word: str, cell: Cell, screen: Screen) -> None:
    """Print a word and a cell, in the colour of what it means, and with where it leads."""
    from rich.text import Text

    console(screen).print(Text.assemble(word, _text(cell, screen.links)), soft_wrap=True)


def _least_width(content: Table) -> int:
    """Return the width below which a column would have to be cut."""
    return _total(_least_widths(content))


def _total(widths: Iterable[int]) -> int:
    """Return how wide columns are together."""
    found = tuple(widths)
    return sum(found) + _GAP * (len(found) - 1)


def _widths(content: Table, out: Console) -> list[int]:
    """Return how wide each column is: those that may be broken get what the others leave.

    Those that need least get it first, and those that give way last. rich would narrow some below
    their least width, and cut what then does not fit.
    """
    least, full = zip(*_measured(content), strict=True)
    widths = [*least]
    spare = max(out.width - _total(widths), 0)
    for column in sorted(
        (it for it in range(len(widths)) if least[it] < full[it]),
        key=lambda it: (content.header[it] in content.gives_way, full[it] - least[it]),
    ):
        wide = min(full[column], least[column] + spare)
        if wide < full[column]:
            wide = max(_used(content, column, wide, out), least[column])
        spare -= wide - least[column]
        widths[column] = wide
    return widths


_LOOKED_AT = 100
"""So many rows decide how much room is left: more would take longer than it is worth."""


def _used(content: Table, column: int, width: int, out: Console) -> int:
    """Return how much of a column its texts take, when they are broken to fit it."""
    from rich.cells import cell_len

    pieces = (it for row in content.rows[:_LOOKED_AT] for it in _broken(row[column], width, out))
    return max((cell_len(it) for it in pieces), default=0)


def _broken(cell: str, width: int, out: Console) -> list[str]:
    """Return a text as the lines of a column."""
    from rich.cells import cell_len
    from rich.text import Text

    text = line(cell)
    if cell_len(text) <= width:
        return [text]
    return [it.plain.rstrip() for it in Text(text).wrap(out, width)]


def _least_widths(content: Table) -> list[int]:
    """Return how narrow each column may be: as its text is, or less if that may be broken."""
    return [least for least, _ in _measured(content)]


def _measured(content: Table) -> Iterator[tuple[int, int]]:
    """Iterate over how narrow each column may be, and how wide it is if nothing is broken."""
    from rich.cells import cell_len

    for column in zip(content.header, *content.rows, strict=True):
        cells = [line(it) for it in column]
        least = whole = max(map(cell_len, cells))
        if column[0] in content.wraps:
            words = (word for cell in cells for word in cell.split())
            longest = max(map(cell_len, words), default=0) if column[0] in content.words else 0
            least = min(whole, max(longest, _NARROWEST))
        yield least, whole


def _blocks(content: Table, links: Links | None = None) -> Iterator[object]:
    """Give each row its own lines: the first cell as a heading, then "name  value" for the rest."""
    from rich.table import Table as Grid
    from rich.text import Text

    for row in content.rows:
        heading = _text(row[0], links)
        heading.stylize("bold")
        yield heading
        grid = Grid.grid(padding=(0, 2))
        grid.add_column(no_wrap=True)
        grid.add_column(overflow="fold")
        for name, cell in zip(content.header[1:], row[1:], strict=True):
            if cell and cell != "-":
                grid.add_row(Text(f"  {line(name)}"), _text(cell, links))
        yield grid
