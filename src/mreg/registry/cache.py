"""What was fetched and is kept on this machine: mirrors of repositories, contents of versions."""

from __future__ import annotations

from typing import NamedTuple

from mreg.content import prune as contents
from mreg.content.prune import Pruned, Usage
from mreg.content.store import store
from mreg.git import mirror_files
from mreg.git.mirror_files import CachedMirror
from mreg.net.network import SECONDS
from mreg.system import cache


class Cached(NamedTuple):
    """What is in the cache.

    Attributes:
        mirrors: the mirrors of repositories that were read by URL.
        contents: what the contents of versions take up.
    """

    mirrors: tuple[CachedMirror, ...]
    contents: Usage


class Cleared(NamedTuple):
    """What was removed from the cache.

    Attributes:
        mirrors: the mirrors.
        contents: the contents of versions; None if they were to stay.
    """

    mirrors: tuple[CachedMirror, ...]
    contents: Pruned | None


def cached() -> Cached:
    """Return what is in the cache."""
    return Cached(tuple(mirror_files.kept()), contents.usage(store()))


def clear(url: str | None = None, *, seconds: float = SECONDS) -> Cleared:
    """Remove all, or the mirror of one URL alone: see `Registry.clear_cache`."""
    found = tuple(mirror_files.clear(url, seconds=seconds))
    return Cleared(found, contents.prune(store(), 0) if url is None else None)


def prune(limit: int | None = None) -> Pruned:
    """Remove contents until the others fit: see `Registry.prune_cache`."""
    return contents.prune(store(), cache.limit() if limit is None else limit)
