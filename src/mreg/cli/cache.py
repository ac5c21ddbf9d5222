"""`mreg cache`: the mirrors of repositories that were read by URL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import typer

from mreg import mirrors
from mreg.cli import online, options, output
from mreg.errors import UsageError
from mreg.mirrors import Kept
from mreg.render.table import Table

_UNITS = ("B", "KiB", "MiB", "GiB")
_STEP = 1024


def cache(
    action: Annotated[
        Literal["list", "clear"],
        typer.Argument(metavar="[list | clear]", help="What to do.", show_default="list"),
    ] = "list",
    url: Annotated[
        str, typer.Argument(metavar="[URL]", help="Clear the mirror of this alone.")
    ] = "",
    json: options.Json = False,
) -> None:
    """List or clear the mirrors of repositories that were read by URL.

    They are in your cache folder, or in MREG_CACHE_DIR. Nothing is lost with one: it is made anew
    when it is needed.
    """
    if url and action == "list":
        raise UsageError("a URL goes with `clear`", hint=f"mreg cache clear {url}")
    if action == "clear":
        found = mirrors.clear(url or None, seconds=online.network().seconds)
    else:
        found = mirrors.kept()
    if json:
        output.as_json({"mirrors": found})
    elif action == "clear":
        output.talk(f"Removed {len(found)} mirror{'s' * (len(found) != 1)}.")
    else:
        output.table(_table(found))


def _table(found: Sequence[Kept]) -> Table:
    return Table(
        ("url", "size", "last used"),
        [(it.url, _size(it.size), f"{it.last_used:%Y-%m-%d %H:%M}") for it in found],
        title="Mirrors",
        empty="No mirrors: nothing was read by URL yet.",
    )


def _size(size: float) -> str:
    unit = 0
    while size >= _STEP and unit < len(_UNITS) - 1:
        size /= _STEP
        unit += 1
    return f"{size:.1f} {_UNITS[unit]}" if unit else f"{size:.0f} {_UNITS[0]}"
