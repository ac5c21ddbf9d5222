"""Replacing a file in one step."""

from __future__ import annotations

import fcntl
import os
import re
from contextlib import suppress
from io import FileIO
from pathlib import Path


def replace(file: Path, content: bytes, *, mode: int = 0o600, sync: bool = False) -> None:
    """Put content in a file's place, so that nobody ever sees half of it.

    Args:
        file: the file; the folder that it is in is made if it is not there.
        content: all that it is to hold.
        mode: its permissions.
        sync: have it on the disk when this returns, so that a power failure leaves the old content
            or the new. It takes time, which what can be made anew or asked for again is not worth.

    Raises:
        OSError: it cannot be written; what was there is still there.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    # As tempfile.mkstemp does, which takes 5 ms to load. `unfinished` knows it by its name.
    name = file.with_name(f".{file.name}-{os.urandom(8).hex()}")
    descriptor = os.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as made:
            os.fchmod(descriptor, mode)
            made.write(content)
            made.flush()
            if sync:
                os.fsync(descriptor)
        name.replace(file)
    except BaseException as error:
        name.unlink(missing_ok=True)
        if isinstance(error, OSError):  # it is of the file that was asked for
            error.filename, error.filename2 = os.fspath(file), None
        raise
    if sync:
        _sync_folder(file.parent)


def unfinished(name: str) -> str:
    """Return the file for which one was written that is called so, if `replace` was killed at it.

    Returns:
        nothing for any other name.
    """
    found = re.fullmatch(r"\.(.+)-[0-9a-f]{16}", name, re.DOTALL)
    return found[1] if found else ""


def create(file: Path, content: bytes, *, mode: int = 0o666, modified: int | None = None) -> None:
    """Make a small file, in few system calls.

    Args:
        file: the file, which must not exist.
        content: all that it is to hold.
        mode: its permissions, of which the user's umask takes some away.
        modified: when its content is said to have changed, in nanoseconds since 1970.

    Raises:
        FileExistsError: something is there.
        OSError: it cannot be written, or not as a whole.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    descriptor = os.open(file, flags, mode)
    try:
        left = memoryview(content)
        while left:
            left = left[os.write(descriptor, left) :]
        if modified is not None:
            os.utime(descriptor, ns=(modified, modified))
    finally:
        os.close(descriptor)


_FICLONE = 0x40049409
"""The request by which a file shares another's blocks until one is written to (man 2
ioctl_ficlonerange)."""


def share_blocks(source: int, target: int) -> bool:
    """Make an open file a copy that shares another's blocks; tell whether the file system can."""
    try:
        fcntl.ioctl(target, _FICLONE, source)
    except OSError:
        return False
    return True


_CHUNK = 1 << 20
_MOST = 64 << 20
"""How many bytes are copied in one call: so long Ctrl-C may have to wait."""


def copy(source: FileIO, target: FileIO) -> None:
    """Copy the bytes of an open file into another that is empty, inside the system if it can.

    Neither may have a buffer. The other is not opened anew, and not cut to nothing, for that: on
    ext4 it would be written to the disk when it is closed, and its closing would wait for that
    (`man 5 ext4`, auto_da_alloc).

    Raises:
        OSError: there is no room for it.
    """
    with suppress(OSError, AttributeError):  # not every system can, nor between all file systems
        while os.copy_file_range(source.fileno(), target.fileno(), _MOST):
            pass
    while chunk := source.read(_CHUNK):
        left = memoryview(chunk)
        while left:
            left = left[target.write(left) :]


def new_mode() -> int:
    """Return the permissions of a file that a program makes for its user to share or not."""
    mask = os.umask(0o077)  # the only way to read it is to set it
    os.umask(mask)
    return 0o666 & ~mask


def _sync_folder(folder: Path) -> None:
    """Have the names in a folder on the disk: a file's own fsync says nothing of its name."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
