"""Which of DVC's files say where a path is kept, and what they say."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from typing import NamedTuple

from mreg.annotations import document, dvc
from mreg.annotations.document import YamlReader
from mreg.dvc import lockfile
from mreg.dvc.lockfile import LOCK, Item, LockedStage
from mreg.dvc.pointers import DVC, candidates, folders

Text = Callable[[str], bytes | None]
"""Returns the bytes of a file by its path from the repository's root; None if it is not there."""


class OutputRecord(NamedTuple):
    """What is said of an output.

    Attributes:
        stage: the stage that made it, or the `.dvc` file.
        remote: the name of the remote that it is said to be at; None for the default one.
    """

    item: Item
    stage: LockedStage
    remote: str | None = None

    @property
    def source(self) -> str:
        """Where it was imported from; empty if it was not."""
        deps = self.stage.deps if self.stage.file.endswith(DVC) else ()
        found = (
            it.path if it.repo is None else f"{it.path} of {it.repo}"
            for it in deps
            if it.repo is not None or "://" in it.path
        )
        return next(found, "")


def files(path: str) -> list[str]:
    """Return the files that may say where a path is kept, and those that these are read with."""
    return [
        *candidates(path),
        *(posixpath.join(it, name) for name in (LOCK, document.DVC_FILE) for it in folders(path)),
    ]


def nearest(path: str, text: Text, reader: YamlReader | None = None) -> OutputRecord | None:
    """Return what is said of a path, or a `.dvc` file, or else of the nearest folder around it.

    `text` has the `files` of the path. Without a reader, the fast reader's word counts.
    """
    said: dict[str, tuple[Item, LockedStage]] = {}
    for stage in _stages(path, text, reader):
        for item in stage.outs:
            said.setdefault(item.path, (item, stage))
    around = said if path.endswith(DVC) else (path, *folders(path))
    found = next((said[it] for it in around if it in said), None)
    if found is None:
        return None
    item, stage = found
    folder = posixpath.dirname(stage.file)
    remote = item.remote or dvc.remote(text(_pipeline(folder)), item.path, folder, reader)
    return OutputRecord(item, stage, remote.lower() if remote else None)


def _stages(path: str, text: Text, reader: YamlReader | None) -> Iterator[LockedStage]:
    for file in candidates(path):
        if raw := text(file):
            yield from lockfile.read_pointer(raw, file, reader).stages
    for folder in folders(path):
        lock = posixpath.join(folder, LOCK)
        if raw := text(lock):
            wdirs = dvc.folders(text(_pipeline(folder)), reader)
            yield from lockfile.read_lock(raw, lock, wdirs, reader).stages


def _pipeline(folder: str) -> str:
    return posixpath.join(folder, document.DVC_FILE)
