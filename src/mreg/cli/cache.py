"""`mreg cache`: the contents of versions, and the mirrors of repositories that were read by URL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import typer

from mreg.cli import online, options, output
from mreg.errors import UsageError
from mreg.git import mirror_files
from mreg.git.mirror_files import Kept
from mreg.render.sizes import size
from mreg.render.table import Table
from mreg.system import cache as cache_of_mreg


def cache(
    action: Annotated[
        Literal["list", "clear", "prune"],
        typer.Argument(metavar="[list | clear | prune]", help="What to do.", show_default="list"),
    ] = "list",
    url: Annotated[
        str, typer.Argument(metavar="[URL]", help="Clear the mirror of this alone.")
    ] = "",
    limit: Annotated[
        str,
        typer.Option(
            "--limit",
            metavar="SIZE",
            help="Prune the contents to this size: 20GiB, 500MB, 0.",
            show_default="MREG_CACHE_SIZE, else 20GiB",
        ),
    ] = "",
    json: options.Json = False,
) -> None:
    """List, clear or prune what was fetched: contents of versions, and mirrors of repositories.

    They are in your cache folder, or in MREG_CACHE_DIR. Nothing is lost with them: they are
    fetched anew when they are needed. To prune is to remove the contents that were not used for
    the longest time, until the others are no larger than the limit.
    """
    if url and action != "clear":
        raise UsageError("a URL goes with `clear`", hint=f"mreg cache clear {url}")
    if limit and action != "prune":
        raise UsageError("--limit goes with `prune`", hint=f"mreg cache prune --limit {limit}")
    if action == "prune":
        _prune(limit, json)
    elif action == "clear":
        _clear(url, json)
    else:
        _list(json)


def _prune(limit: str, json: bool) -> None:
    from mreg.content import prune, store

    online.limit_cache()
    most = online.as_bytes(limit, "--limit") if limit else cache_of_mreg.limit()
    found = prune.prune(store.store(), most)
    if json:
        output.as_json({"removed": {"files": found.files, "size": found.size}, "left": found.left})
    else:
        removed = f"{found.files} file{'s' * (found.files != 1)}, {size(found.size)}"
        output.talk(f"Removed {removed}; {size(found.left.size)} are left.")


def _clear(url: str, json: bool) -> None:
    found = mirror_files.clear(url or None, seconds=online.network().seconds)
    many = f"{len(found)} mirror{'s' * (len(found) != 1)}"
    if url:
        removed: dict[str, object] = {"mirrors": found}
    else:
        from mreg.content import prune, store

        pruned = prune.prune(store.store(), 0)
        removed = {"mirrors": found, "contents": {"files": pruned.files, "size": pruned.size}}
        files = f"{pruned.files} file{'s' * (pruned.files != 1)}"
        many += f", and of contents {files}, {size(pruned.size)}"
    if json:
        output.as_json(removed)
    else:
        output.talk(f"Removed {many}.")


def _list(json: bool) -> None:
    from mreg.content import prune, store

    found, contents = mirror_files.kept(), prune.usage(store.store())
    if json:
        output.as_json({"mirrors": found, "contents": contents})
        return
    output.table(_table(found))
    if contents.files:
        files = f"{contents.files} file{'s' * (contents.files != 1)}"
        output.talk(f"Contents of versions: {files}, {size(contents.size)}.")


def _table(found: Sequence[Kept]) -> Table:
    return Table(
        ("url", "size", "last used"),
        [(it.url, size(it.size), f"{it.last_used:%Y-%m-%d %H:%M}") for it in found],
        title="Mirrors",
        empty="No mirrors: nothing was read by URL yet.",
    )
