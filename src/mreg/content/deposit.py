"""Putting files where Git or Git LFS keeps them here, and what stands for them in a commit.

Whatever is written is read again, and held against the digest of the file that it came from.
Source: docs/spec.md in Git LFS's repository.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

from mreg.content.store import digest_of
from mreg.errors import Mismatch, Refused
from mreg.git import lfs
from mreg.git.repository import Repository
from mreg.git.writer import ObjectWriter

Keeper: TypeAlias = Literal["git", "lfs"]
"""What keeps the files of a version."""


class Deposit(Protocol):
    """What takes files that are to be in commits."""

    def put(self, writer: ObjectWriter, folder: str, files: Mapping[str, Path]) -> dict[str, str]:
        """Keep a version's files; return the blobs that its commit has for them, by path.

        Args:
            writer: makes the blobs.
            folder: what all the files are in, from the root of the commit.
            files: the files, by their paths in that folder.
        """


def deposit(keep: Keeper, repo: Repository) -> Deposit:
    """Return what takes files for one of the keepers."""
    return _DEPOSITS[keep](repo)


class _InGit(Deposit):
    def __init__(self, repo: Repository) -> None:
        pass

    def put(self, writer: ObjectWriter, folder: str, files: Mapping[str, Path]) -> dict[str, str]:
        return {f"{folder}/{path}": writer.blob(file) for path, file in files.items()}


class _InLfs(Deposit):
    def __init__(self, repo: Repository) -> None:
        found = lfs.own_folder(repo)
        if found is None:
            raise Refused(f"it cannot be told where Git LFS keeps its objects of {repo}")
        self._folder = found

    def put(self, writer: ObjectWriter, folder: str, files: Mapping[str, Path]) -> dict[str, str]:
        attributes = f"/{folder}/** filter=lfs diff=lfs merge=lfs -text\n"
        pointers = {f"{folder}/{path}": self._pointer(file) for path, file in files.items()}
        made = {".gitattributes": attributes.encode(), **pointers}
        return {path: writer.text(raw) for path, raw in made.items()}

    def _pointer(self, file: Path) -> bytes:
        size = file.stat().st_size
        digest = digest_of(file, "sha256:", size)
        hexadecimal = digest.removeprefix("sha256:")
        _keep(file, self._folder / hexadecimal[:2] / hexadecimal[2:4] / hexadecimal, digest)
        return lfs.pointer(hexadecimal, size)


def _keep(file: Path, target: Path, digest: str) -> None:
    """Copy a file to where its digest says, unless it is there; and make sure of it.

    Raises:
        Mismatch: what is there is not what the file was.
    """
    size = file.stat().st_size
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = target.with_name(f"{target.name}.{os.getpid()}")
        try:
            shutil.copyfile(file, unfinished)
            unfinished.replace(target)
        finally:
            unfinished.unlink(missing_ok=True)
    found = digest_of(target, digest, size)
    if found != digest:
        raise Mismatch(
            f"what is kept at {target} has the digest {found}, not {digest}",
            hint="it is damaged: remove it, and repeat the import",
        )


_DEPOSITS = {"git": _InGit, "lfs": _InLfs}
