"""Putting files where Git, Git LFS or DVC keeps them here, and what stands for them in a commit.

Whatever is written is read again, and held against the digest of the file that it came from.
Sources: docs/spec.md in Git LFS's repository; of DVC 3
https://dvc.org/doc/user-guide/project-structure/dvc-files and .../internal-files.
"""

from __future__ import annotations

import json
import os
import posixpath
import re
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

from mreg.content.store import digest_of
from mreg.dvc import lockfile
from mreg.dvc.pointers import DVC
from mreg.errors import Mismatch, Refused
from mreg.git import lfs
from mreg.git.files import Files
from mreg.git.repository import Repository
from mreg.git.writer import ObjectWriter
from mreg.render import yaml
from mreg.store import dvc_project

Keeper: TypeAlias = Literal["git", "lfs", "dvc"]
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
            raise Refused(f"cannot find where Git LFS stores the objects of {repo}")
        self._folder = found

    def put(self, writer: ObjectWriter, folder: str, files: Mapping[str, Path]) -> dict[str, str]:
        attributes = f"/{folder}/** filter=lfs diff=lfs merge=lfs -text\n"
        pointers = {f"{folder}/{path}": self._pointer(file) for path, file in files.items()}
        made = {".gitattributes": attributes.encode(), **pointers}
        return {path: writer.text(raw) for path, raw in made.items()}

    def _pointer(self, file: Path) -> bytes:
        size = _size(file)
        digest = digest_of(file, "sha256:", size)
        hexadecimal = digest.removeprefix("sha256:")
        _keep(file, self._folder / hexadecimal[:2] / hexadecimal[2:4] / hexadecimal, digest)
        return lfs.pointer(hexadecimal, size)


_SETTINGS, _IGNORED = ".dvc/config", ".dvc/.gitignore"

_PASSED_OVER = frozenset((".dvc", ".hg", ".dvcignore"))
"""What DVC does not take, or refuses, in a folder that it tracks (dvc/ignore.py in 3.67.1)."""


class _InDvc(Deposit):
    """What DVC keeps is in its cache; a commit has a `.dvc` file, and the settings of HEAD."""

    def __init__(self, repo: Repository) -> None:
        with Files(repo) as reader:
            found = reader.find(("HEAD", it) for it in (_SETTINGS, _IGNORED))
        self._project = {path: oid for (_, path), oid in found.items() if oid}
        if _SETTINGS not in self._project:
            raise Refused(
                f"{repo} is not a DVC project: HEAD has no file {_SETTINGS}",
                hint="run `dvc init` in its top folder, and commit the files that it creates",
            )
        caches = dvc_project.caches(repo, "")
        if not caches:
            raise Refused(
                f"{repo} has no folder .dvc, which contains DVC's cache",
                hint="import into a clone with a work tree, with the folder .dvc as in HEAD",
            )
        self._cache = caches[0]

    def put(self, writer: ObjectWriter, folder: str, files: Mapping[str, Path]) -> dict[str, str]:
        for path in files:
            if not _PASSED_OVER.isdisjoint(path.split("/")):
                raise Refused(f"DVC does not accept {path!r}: it reserves such names")
        if len(files) == 1:
            ((name, file),) = files.items()
            target, said = f"{folder}/{name}", {"md5": self._kept(file), "size": _size(file)}
        else:
            said = {"md5": self._list(files), "size": sum(map(_size, files.values()))}
            target, said = folder, {**said, "nfiles": len(files)}
        around, name = posixpath.split(target)
        pointer = yaml.dumps({"outs": [{**said, "hash": "md5", "path": name}]})
        made = {f"{target}{DVC}": pointer, f"{around}/.gitignore": f"/{_escaped(name)}\n"}
        blobs = {path: writer.text(text.encode()) for path, text in made.items()}
        return {**self._project, **blobs}

    def _list(self, files: Mapping[str, Path]) -> str:
        """Keep the list of a folder and the files in it; return what DVC knows the folder by."""
        rows = [{"md5": self._kept(files[it]), "relpath": it} for it in sorted(files)]
        with tempfile.TemporaryDirectory(prefix="mreg-") as place:
            file = Path(place) / "list"
            file.write_text(json.dumps(rows), "utf-8")
            return self._kept(file, ".dir")

    def _kept(self, file: Path, ending: str = "") -> str:
        digest = digest_of(file, "md5:", _size(file))
        md5 = f"{digest.removeprefix('md5:')}{ending}"
        _keep(file, self._cache / lockfile.places(md5, legacy=False)[0], digest, protected=True)
        return md5


def _escaped(name: str) -> str:
    """Return what stands for a name in a `.gitignore` (gitignore(5))."""
    return re.sub(r"[\\\[\]!*#?]| $", r"\\\g<0>", name)


def _size(file: Path) -> int:
    return file.stat().st_size


def _keep(file: Path, target: Path, digest: str, *, protected: bool = False) -> None:
    """Copy a file to where its digest says, unless it is there; and make sure of it.

    Raises:
        Mismatch: what is there is not what the file was.
    """
    if target.exists():
        _check(target, digest, "remove it, and run the import again")
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f"{target.name}.{os.getpid()}")
    try:
        shutil.copyfile(file, unfinished)
        _check(unfinished, digest, "nothing was stored: run the import again")
        if protected:
            unfinished.chmod(0o444)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


def _check(file: Path, digest: str, advice: str) -> None:
    found = digest_of(file, digest, _size(file))
    if found != digest:
        raise Mismatch(
            f"the content stored at {file} has the digest {found}, not {digest}",
            hint=f"the file is damaged: {advice}",
        )


_DEPOSITS: Mapping[Keeper, Callable[[Repository], Deposit]] = {
    "git": _InGit,
    "lfs": _InLfs,
    "dvc": _InDvc,
}
