"""What stays open of a repository while a question, or a whole command, lasts.

A Git process costs as much as all that mreg does for a small answer. So those that answer for
objects stay open from one question to the next, and what the settings say is read once, until the
outermost block ends. Without such a block nothing outlives the one call.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self, TypeVar

_T = TypeVar("_T")


class Opened:
    """What is open of one repository in one thread.

    Attributes:
        idle: processes that answer for objects, and have nothing to answer; each has an `end`.
        kept: what was read for the whole of the outermost block, by what it is.
        said: what Git complained of meanwhile.
        asked: the patterns of refs that a mirror's remote was asked for, where once is enough.
        listed: what Git listed of all tags, where once is enough.
    """

    def __init__(self) -> None:
        self.idle: list[Any] = []
        self.kept: dict[str, Any] = {}
        self.said: list[str] = []
        self.asked: set[str] | None = None
        self.listed: bytes | None = None
        self.process = os.getpid()
        self._depth = 0
        self._lock = threading.RLock()  # an iterator may be collected, and end, in the midst

    def __enter__(self) -> Self:
        """Keep what is open, and what is read, until the block ends, or the one around it does."""
        with self._lock:
            self._depth += 1
        return self

    def __exit__(self, *error: object) -> None:
        """End the block; one that an iterator began may end in another thread."""
        with self._lock:
            self._depth = max(0, self._depth - 1)
            if not self._depth:
                self.end()

    def once(self, what: str, look: Callable[[], _T | None]) -> _T | None:
        """Return what a look finds; while a block lasts, what the first that found anything did."""
        found: _T | None = self.kept.get(what)
        if found is None:
            found = look()
            if self._depth and found is not None:
                self.kept[what] = found
        return found

    @contextmanager
    def asking_once(self) -> Iterator[None]:
        """Ask a mirror's remote for no ref, and Git for all tags, no second time in the block."""
        before = self.asked
        self.asked = set() if before is None else before
        try:
            yield
        finally:
            self.asked = before
            if before is None:
                self.listed = None

    def end(self) -> None:
        """End what is open, and forget what was read: another is to be found in its place."""
        idle, self.idle = self.idle, []
        self.kept, self.said, self.listed = {}, [], None
        for it in idle:
            it.end()


class Session:
    """What is open of one repository: each thread has its own, and a forked process none."""

    def __init__(self) -> None:
        self._local = threading.local()

    def __eq__(self, other: object) -> bool:
        """What is open of a repository does not make it another one."""
        return isinstance(other, Session)

    def __hash__(self) -> int:
        return 0

    @property
    def here(self) -> Opened:
        """What is open in this thread, to be held while a block lasts."""
        found: Opened | None = getattr(self._local, "opened", None)
        if found is None or found.process != os.getpid():
            found = self._local.opened = Opened()
        return found
