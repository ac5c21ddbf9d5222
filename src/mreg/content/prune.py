"""Keeping the store to a size: what was not used for the longest time goes first."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from mreg.content.store import Store
from mreg.system import locks


class Usage(NamedTuple):
    """How many contents are in the store, half fetched ones too, and how many bytes they have."""

    files: int
    size: int


class Pruned(NamedTuple):
    """What was removed from the store: how many contents, of how many bytes; and what is left."""

    files: int
    size: int
    left: Usage


class _PrunedFile(NamedTuple):
    """A file of the store, as it is sorted to be removed."""

    used: int
    size: int
    path: Path


def usage(store: Store) -> Usage:
    """Return what the store takes up."""
    sizes = [now.st_size for _, now in _contents(store)]
    return Usage(len(sizes), sum(sizes))


def prune(store: Store, limit: int, *, spare: Collection[Path] = ()) -> Pruned:
    """Remove contents until the store is no larger than it may be, in bytes; `spare` stays anyway.

    What somebody has linked to stays where it is linked; what is being fetched stays, too.
    """
    left = usage(store)
    if left.size <= limit:
        return Pruned(0, 0, left)
    entries = sorted(_entries(store))
    left = Usage(len(entries), sum(it.size for it in entries))
    files = size = 0
    for it in entries:
        if left.size <= limit:
            break
        if it.path not in spare and _remove(store, it.path):
            files, size = files + 1, size + it.size
            left = Usage(left.files - 1, left.size - it.size)
    if files:
        _forget(store)
    return Pruned(files, size, left)


def _entries(store: Store) -> Iterator[_PrunedFile]:
    used = _last_uses(store)
    for name, now in _contents(store):
        path = Path(name)
        yield _PrunedFile(max(used.get(path, 0), now.st_mtime_ns), now.st_size, path)


def _contents(store: Store) -> Iterator[tuple[str, os.stat_result]]:
    """Iterate over the files of contents, by their paths, with how they look."""
    for name in ("objects", "partial"):
        for folder, _, files in os.walk(store.folder / name):
            for file in files:
                path = f"{folder}/{file}"
                with suppress(FileNotFoundError):
                    yield path, os.lstat(path)


def _last_uses(store: Store) -> dict[Path, int]:
    """Return when contents were last used: a record is written anew at each use."""
    found: dict[Path, int] = {}
    for record in _inner(store.folder / "records"):
        with suppress(FileNotFoundError):
            used = record.stat().st_mtime_ns
            for path in store.named(record):
                found[path] = max(used, found.get(path, 0))
    return found


def _remove(store: Store, path: Path) -> bool:
    """Remove a file of the store; tell whether it was not being fetched."""
    if path.parent.name == "partial":
        try:
            with locks.held(store.folder / "locks" / f"{path.name}.lock", seconds=0):
                path.unlink(missing_ok=True)
        except (locks.Taken, FileNotFoundError):
            return False
        return True
    path.unlink(missing_ok=True)
    return True


def _forget(store: Store) -> None:
    """Remove the records and views of versions that are in the store no longer as a whole."""
    whole = set()
    for record in _inner(store.folder / "records"):
        named = store.named(record)
        if named and all(it.exists() for it in named):
            whole.add(record.name)
        else:
            record.unlink(missing_ok=True)
    for view in _inner(store.folder / "views"):
        if view.name.partition(".")[0] not in whole:
            shutil.rmtree(view, ignore_errors=True)


def _inner(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []
