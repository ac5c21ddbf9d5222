"""How far a package is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from mreg.tuples import NamedTuple

Report: TypeAlias = Callable[[Any], None]
"""Hears how far something is, of anything with `done` and `total` (`mreg.cli.output`)."""


class BytesPassed(NamedTuple):
    """How many bytes are done, and how many there are in all."""

    done: int
    total: int


class ByteTally:
    """Counts bytes, and tells who wants to hear."""

    def __init__(self, total: int, report: Report | None) -> None:
        self._total = total
        self._done = 0
        self._report = report

    def came(self, count: int) -> None:
        """Hear that so many more bytes are done; fewer than none where some are sent again."""
        self._done += count
        if self._report:
            self._report(BytesPassed(self._done, self._total))
