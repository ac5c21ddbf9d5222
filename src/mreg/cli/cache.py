"""`mreg cache`: the contents of versions, and the mirrors of repositories that were read by URL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from mreg.cli import online, options, output, view
from mreg.cli.parameters import Argument, Option
from mreg.errors import UsageError
from mreg.registry import Registry, documents
from mreg.render.moments import Moment
from mreg.render.sizes import size
from mreg.render.table import Table

if TYPE_CHECKING:
    from mreg.registry.cache import Cached, Cleared


@view.shows_tables
def cache(
    action: Annotated[
        Literal["list", "clear", "prune"],
        Argument("[list | clear | prune]", "The action.", show_default="list"),
    ] = "list",
    url: Annotated[str, Argument("[URL]", "clear: only the mirror of this URL.")] = "",
    limit: Annotated[
        str,
        Option(
            "--limit",
            "SIZE",
            "prune: the size to keep: 20GiB, 500MB, 0.",
            show_default="MREG_CACHE_SIZE, else 20GiB",
        ),
    ] = "",
    utc: options.Utc = False,
    json: options.Json = False,
) -> None:
    """List, clear or prune cached files of versions and mirrors of repositories.

    They are in your cache folder, or in MREG_CACHE_DIR. Clearing it loses nothing: mreg
    downloads what it needs again. Pruning removes the files that have not been used for the
    longest time, until the rest fits the limit.

    Examples:
        mreg cache
        mreg cache prune --limit 5GB
        mreg cache clear
    """
    if url and action != "clear":
        raise UsageError(
            "a URL can only be used with `clear`", hint=f"run `mreg cache clear {url}`"
        )
    if limit and action != "prune":
        raise UsageError(
            "--limit can only be used with `prune`", hint=f"run `mreg cache prune --limit {limit}`"
        )
    if action == "prune":
        online.limit_cache()
        pruned = Registry.prune_cache(online.as_bytes(limit, "--limit") if limit else None)
        said = f"Removed {_files(pruned.files, pruned.size)}; {size(pruned.left.size)} remain."
        _say(documents.pruned(pruned), said, json=json)
    elif action == "clear":
        cleared = Registry.clear_cache(url or None, network=online.network())
        _say(documents.cleared(cleared), _cleared(cleared), json=json)
    elif json:
        output.as_json(Registry.cache())
    else:
        _list(Registry.cache(), utc=utc)


def _say(document: documents.Document, said: str, *, json: bool) -> None:
    if json:
        output.as_json(document)
    else:
        output.talk(said)


def _cleared(found: Cleared) -> str:
    many = f"Removed {len(found.mirrors)} mirror{'s' * (len(found.mirrors) != 1)}"
    if found.contents is None:
        return f"{many}."
    return f"{many} and {_files(found.contents.files, found.contents.size)} of versions."


def _list(found: Cached, *, utc: bool) -> None:
    columns = {
        "url": lambda it: it.url,
        "size": lambda it: size(it.size),
        "last used": lambda it: Moment.of(it.last_used),
    }
    empty = "No mirrors: no registry has been read by URL."
    output.table(Table.of(columns, found.mirrors, title="Mirrors", empty=empty), utc=utc)
    if found.contents.files:
        output.talk(f"Files of versions: {_files(*found.contents)}.")


def _files(count: int, bytes_: int) -> str:
    return f"{count} file{'s' * (count != 1)}, {size(bytes_)}"
