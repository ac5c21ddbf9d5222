"""Contents that git-annex keeps: out of its folder here.

git-annex alone knows where else a content is, and how it is fetched from there.
"""

from __future__ import annotations

import hashlib
import shlex
import stat
from collections.abc import Iterator
from pathlib import Path

from mreg.content.sources import Origin, Source
from mreg.content.store import CHUNK, Sink
from mreg.dvc.pointers import Pointer
from mreg.errors import Mismatch, NotFound

_DIGITS = "0123456789zqjxkmvwgpfZQJXKMVWGPF"
"""What the folders' names are made of (https://git-annex.branchable.com/internals/hashing/)."""


class _Annex(Source[Pointer]):
    """The objects in a clone's own folder of git-annex."""

    resumes = False
    at_once = 1

    def __init__(self, origin: Origin) -> None:
        self._folder = None if origin.repo.mirror else origin.repo.common_dir()

    def fetch(self, content: Pointer, into: Sink) -> None:
        path = next(self.here(content), None)
        if path is None:
            raise NotFound(
                f"{content.path} is in git-annex, and its content is not in this clone",
                hint=f"run `git annex get {shlex.quote(content.path)}` in a clone, then run "
                "the command again there",
            )
        with path.open("rb") as file:
            size = path.stat().st_size
            if content.size not in (None, size):
                raise Mismatch(
                    f"{content.path} has {size} bytes in git-annex, but its key says "
                    f"{content.size}",
                    hint="run `git annex fsck` to repair damaged content",
                )
            into.begin(size)
            while chunk := file.read(CHUNK):
                into.write(chunk)

    def here(self, content: Pointer) -> Iterator[Path]:
        key = content.key
        objects = f"{self._folder}/annex/objects"
        for folders in folders_of(key) if self._folder else ():
            if _is_file(path := Path(f"{objects}/{folders}/{key}/{key}")):
                yield path


def folders_of(key: str) -> tuple[str, str]:
    """Return the folders that an object of git-annex is in: of a clone, and of a bare repository.

    They are made of the MD5 of its key, so that no folder grows too large.
    """
    hashed = hashlib.md5(key.encode("utf-8", "surrogateescape"), usedforsecurity=False)
    word = int.from_bytes(hashed.digest()[:4], "little")
    digits = [_DIGITS[word >> 6 * at & 31] for at in range(4)]
    lower = hashed.hexdigest()
    mixed = f"{digits[1]}{digits[0]}/{digits[3]}{digits[2]}"
    return mixed, f"{lower[:3]}/{lower[3:6]}"


def _is_file(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:  # a key may be longer than a file's name can be
        return False


source = _Annex
