"""Which of DVC's files say where a path is kept, and what they say."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable
from typing import TypeAlias

from mreg.annotations import dvc, outline
from mreg.annotations.document import YamlReader
from mreg.annotations.text import Unreadable
from mreg.dvc import lockfile
from mreg.dvc.lockfile import LOCK, Item, LockedStage, Read
from mreg.dvc.pointers import DVC, candidates, folders
from mreg.tuples import NamedTuple

Text = Callable[[str], bytes | None]
"""Returns the bytes of a file by its path from the repository's root; None if it is not there."""

Said: TypeAlias = tuple[Item, LockedStage]
"""An output, and the stage that made it, or the `.dvc` file."""


class DvcObject(NamedTuple):
    """A content that DVC keeps.

    Attributes:
        md5: by what DVC knows it: 32 hexadecimal digits; of a folder's list ".dir" follows.
        size: in bytes; None if that is not said (of a folder's list it never is).
        remote: the name of the remote that it is said to be at; None for the default one.
        folder: where DVC's own folder `.dvc` is looked for: there and in the folders around it;
            from the repository's root.
        legacy: whether DVC 2 wrote it down, which hashes a text with CR LF as if they were LF.
        source: where it was imported from; empty if it was not.
    """

    md5: str
    size: int | None = None
    remote: str | None = None
    folder: str = ""
    legacy: bool = False
    source: str = ""

    @property
    def digest(self) -> str:
        """What its bytes are checked against."""
        return f"md5{'-dos2unix' * self.legacy}:{self.md5.removesuffix('.dir')}"


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

    def content(self, md5: str) -> DvcObject:
        """Return a content of it: its own by its MD5, or that of a file in it."""
        own = lockfile.MD5.fullmatch(self.item.digest or "")
        size = self.item.size if own and own["md5"] == md5 and not own["folder"] else None
        folder = posixpath.dirname(self.stage.file)
        return DvcObject(md5, size, self.remote, folder, self.item.hash is None, self.source)


def record_files(path: str) -> list[str]:
    """Return the files that may say where a path is kept, those that count first before others."""
    return [*candidates(path), *(posixpath.join(it, LOCK) for it in folders(path))]


def files(path: str) -> list[str]:
    """Return the files that may say where a path is kept, and those that these are read with."""
    return [*record_files(path), *map(_pipeline, folders(path))]


def nearest(path: str, text: Text, reader: YamlReader | None = None) -> OutputRecord | None:
    """Return what is said of a path, or a `.dvc` file, or else of the nearest folder around it.

    `text` has the `files` of the path. Without a reader, the fast reader's word counts.
    """
    found = choose(path, (it for file in record_files(path) for it in outputs(file, text, reader)))
    if found is None:
        return None
    item, stage = found
    folder = posixpath.dirname(stage.file)
    remote = item.remote or dvc.remote(text(_pipeline(folder)), item.path, folder, reader)
    return OutputRecord(item, stage, remote.lower() if remote else None)


def choose(path: str, listed: Iterable[Said]) -> Said | None:
    """Return which output is a path, or else the nearest folder around it; of a `.dvc` file, any.

    Of outputs with one path, the first counts.
    """
    said: dict[str, Said] = {}
    for it in listed:
        said.setdefault(it[0].path, it)
    around = said if path.endswith(DVC) else (path, *folders(path))
    return next((said[it] for it in around if it in said), None)


def outputs(file: str, text: Text, reader: YamlReader | None = None) -> tuple[Said, ...]:
    """Return the outputs in a `.dvc` file or a dvc.lock; arguments as for `nearest`."""
    return read(file, text, reader).outputs


def read(file: str, text: Text, reader: YamlReader | None = None) -> Read:
    """Return what a `.dvc` file or a dvc.lock says; arguments as for `nearest`."""
    raw = text(file)
    if not raw:
        return Read(())
    if file.endswith(DVC):
        return lockfile.read_pointer(raw, file, reader)
    wdirs = dvc.folders(text(_pipeline(posixpath.dirname(file))), reader)
    return lockfile.read_lock(raw, file, wdirs, reader)


def unread(path: str, read_file: Callable[[str], Read]) -> str | None:
    """Say which file that may tell where a path is kept cannot be read, and why."""
    for file in record_files(path):
        if fault := read_file(file).fault:
            return f"{file} cannot be read: {fault}"
    return None


def is_made(path: str, text: Text) -> bool:
    """Tell whether a stage in a dvc.yaml, at or above a path, says that it makes the path."""
    reader = YamlReader(aliases=True)
    for folder in folders(path):
        raw = text(_pipeline(folder))
        try:
            pipeline = dvc.read(reader.load(raw)).at(folder) if raw else None
        except Unreadable:
            continue
        if pipeline and dvc.makes(pipeline, path):
            return True
    return False


def _pipeline(folder: str) -> str:
    return posixpath.join(folder, outline.DVC_FILE)
