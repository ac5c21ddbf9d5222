"""A lock that processes share through a file, and that ends with the process that holds it."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PAUSE = 0.02


class Taken(Exception):
    """Another process held the lock all the time that we could wait."""


@contextmanager
def held(file: Path, *, seconds: float) -> Iterator[None]:
    """Hold a lock while the block lasts.

    Args:
        file: the file that stands for it; it is made, and removed again at the end.
        seconds: how long to wait for whoever holds it.

    Raises:
        Taken: that was not long enough.
        OSError: the file cannot be made.
    """
    deadline = time.monotonic() + seconds
    while (descriptor := _take(file)) is None:
        if time.monotonic() > deadline:
            raise Taken
        time.sleep(_PAUSE)
    try:
        yield
    finally:
        file.unlink(missing_ok=True)
        os.close(descriptor)


def _take(file: Path) -> int | None:
    """Take the lock and return the open file; None if another process holds it."""
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    with suppress(BlockingIOError, FileNotFoundError):
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Whoever held it before has removed the file: a lock on that one keeps nobody out.
        if os.path.samestat(os.fstat(descriptor), file.stat()):
            return descriptor
    os.close(descriptor)
    return None
