"""Contents in files that Git does not have: beside the repository, or in its work tree.

A symbolic link is followed: the file is the user's own, and its digest says whether it is the
right one. A folder is refused, for nothing says what it should hold.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from mreg.content.location import Outside
from mreg.content.sources import Origin, Source
from mreg.content.store import CHUNK
from mreg.errors import NotFound, Refused
from mreg.git import checkout
from mreg.net.http import Taker


def read(path: Path, into: Taker) -> None:
    """Read a file of this machine.

    Raises:
        NotFound: it is not there.
        Refused: it is no file, cannot be read, or was changed while it was read.
    """
    descriptor = _open(path)
    try:
        before = os.fstat(descriptor)
        _check_kind(path, before.st_mode)
        into.begin(before.st_size)
        while chunk := os.read(descriptor, CHUNK):
            into.write(chunk)
        after = os.fstat(descriptor)
    finally:
        os.close(descriptor)
    if _look(after) != _look(before):
        raise Refused(
            f"{path} changed while it was being read",
            hint="run the command again when the file is complete",
        )


def _open(path: Path) -> int:
    try:
        # Without O_NONBLOCK, opening a pipe would wait for somebody to write into it.
        return os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        raise NotFound(
            f"cannot find the file {path}",
            hint="it is not in Git: ask the person who registered the version for it",
        ) from None
    except (OSError, ValueError) as error:  # a name may hold NUL
        why = getattr(error, "strerror", None) or error
        raise Refused(f"cannot read the file {path}: {why}") from None


def _check_kind(path: Path, mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise Refused(
            f"{path} is a folder that is not in Git, so its files cannot be checked",
            hint="commit it, track it with DVC, or register an archive of it",
        )
    if not stat.S_ISREG(mode):
        raise Refused(f"{path} is not a file, but a device or a pipe")


def _look(status: os.stat_result) -> tuple[int, int]:
    return status.st_size, status.st_mtime_ns


class _Outside(Source[Outside]):
    """Files as the work tree has them beside what Git has."""

    resumes = False
    at_once = 1

    def __init__(self, origin: Origin) -> None:
        self._root = checkout.root(origin.repo)

    def fetch(self, content: Outside, into: Taker) -> None:
        read(self._root / content.path, into)


source = _Outside
