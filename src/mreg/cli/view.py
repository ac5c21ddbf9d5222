"""How answers are shown: which columns, in which colours, and in a pager where they are long.

It is the same for every command that shows tables or much text, and says nothing of what is asked.
So each such command is marked, and takes these options besides its own.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from io import StringIO
from typing import Any, Literal, TextIO, TypeVar, cast

from mreg.cli.parameters import Flag, Option, Parameter
from mreg.render.cell import Links, Tone
from mreg.tuples import NamedTuple

Color = Literal["auto", "always", "never"]

TEXT = (
    Parameter(
        "color",
        Color,
        Option("--color", "WHEN", "When to use colours: auto, always or never."),
        "auto",
    ),
    Parameter("no_pager", bool, Flag("--no-pager", "Do not use a pager."), False),
)
"""The options of every command that shows much text."""

TABLES = (
    Parameter(
        "wide",
        bool,
        Flag("--wide", "Show every column, even in a wide table, and full times."),
        False,
    ),
    Parameter(
        "columns",
        str | None,
        Option("--columns", "NAME,...", "Show only these columns, in this order."),
        None,
    ),
    *TEXT,
)
"""The options of every command that shows tables."""


class View(NamedTuple):
    """How answers are shown.

    Attributes:
        wide: whether every column is shown, however wide; and times in full.
        columns: the columns to show, in order; none: all of them.
        color: whether there are colours: on a terminal alone, always or never.
        no_pager: whether what is longer than the terminal is printed as it is.
    """

    wide: bool = False
    columns: tuple[str, ...] = ()
    color: Color = "auto"
    no_pager: bool = False


class _Current:
    """How this process shows the answer of the command that it runs."""

    view = View()
    links: Callable[[], Links] | None = None


_Command = TypeVar("_Command", bound=Callable[..., None])


def shows_tables(command: _Command) -> _Command:
    """Mark a command as one that takes the options `TABLES`, too."""
    cast("Any", command).shown_by = TABLES
    return command


def shows_text(command: _Command) -> _Command:
    """Mark a command as one that takes the options `TEXT`, too."""
    cast("Any", command).shown_by = TEXT
    return command


def current() -> View:
    """Return how the answer is shown."""
    return _Current.view


def links() -> Links | None:
    """Return what tells where tags and commits are to be seen; None where nothing is known."""
    return _Current.links() if _Current.links else None


def link_by(find: Callable[[], Links]) -> None:
    """Let tags and commits be links; what they lead to is found when they are shown."""
    _Current.links = find


def on_terminal() -> bool:
    """Tell whether the answer is for a terminal, or is to look as if it were."""
    return sys.stdout.isatty() or current().color == "always"


def colors(stream: TextIO) -> bool:
    """Tell whether words on a stream are coloured, as NO_COLOR (https://no-color.org) says."""
    chosen = current().color
    if chosen != "auto":
        return chosen == "always"
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") in ("dumb", "unknown")
    return stream.isatty() and not plain


_TONES: Mapping[str, Tone] = {
    "error": "bad",
    "fatal": "bad",
    "warning": "bad",
    "hint": "note",
    "note": "note",
}
_BEGIN = re.compile(rf"({'|'.join(_TONES)}):(?= )")


def heading(text: str, stream: TextIO) -> str:
    """Return a heading as it is shown on a stream: bold, as those of a table's columns are."""
    return f"\x1b[1m{text}\x1b[0m" if colors(stream) else text


def talk(text: str, stream: TextIO) -> str:
    """Return what is said to the user; what kind of thing it is stands in colour before it."""
    found = _BEGIN.match(text)
    if not found or not colors(stream):
        return text
    from mreg.render.cell import styled

    return styled(found[0], _TONES[found[1]]) + text[found.end() :]


@contextmanager
def shown(options: Mapping[str, Any]) -> Iterator[None]:
    """Show what a block prints as the options say; page it where it is longer than the terminal."""
    names = options.get("columns") or ""
    chosen = tuple(it.strip() for it in names.split(",") if it.strip())
    wide = bool(options.get("wide"))
    _Current.view = View(wide, chosen, options["color"], options["no_pager"])
    try:
        if options["no_pager"] or not sys.stdout.isatty():
            yield
        else:
            with _paged(wide):
                yield
    finally:
        _Current.view, _Current.links = View(), None


class HeldOutput(StringIO):
    """What is printed on a terminal, until it is known how long it is.

    Attributes:
        later: what is to be said behind it, on standard error.
    """

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self._stream = stream
        self.later: list[str] = []

    def isatty(self) -> bool:
        """It is shown on a terminal in the end."""
        return True

    def fileno(self) -> int:
        """Return the terminal's, which is asked how wide it is."""
        return self._stream.fileno()

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """The terminal's encoding."""
        return self._stream.encoding


@contextmanager
def _paged(wide: bool) -> Iterator[None]:
    stream = sys.stdout
    held = HeldOutput(stream)
    sys.stdout = held
    done = False
    try:
        yield
        done = True
    finally:
        sys.stdout = stream
        text = held.getvalue()
        if not (done and _is_long(text, stream, wide) and _page(text, wide)):
            stream.write(text)
        stream.flush()
        sys.stderr.write("".join(held.later))
        sys.stderr.flush()


def _page(text: str, wide: bool) -> bool:
    from mreg.git import pager

    return pager.show(text, chop=wide)


_ESCAPES = re.compile(r"\x1b(?:\[[0-9;]*m|\][^\x1b]*\x1b\\)")


def _is_long(text: str, stream: TextIO, wide: bool) -> bool:
    """Tell whether a text takes more lines than a terminal has."""
    size = os.get_terminal_size(stream.fileno())
    lines = _ESCAPES.sub("", text).splitlines()
    taken = len(lines) if wide else sum(max(1, -(-len(it) // max(size.columns, 1))) for it in lines)
    return taken >= size.lines > 0
