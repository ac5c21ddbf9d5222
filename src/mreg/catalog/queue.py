"""Which repositories of a catalog are to be read next, and when.

A repository is waiting once, however often it is asked for: ten pushes while it is being read make
one more reading. One that fails is tried again after times that double, up to a bound. Times are
seconds of a clock that the caller has.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Literal, NamedTuple, TypeAlias

MOST = 256
"""So many repositories are read in one go; before the next, those that were pushed to."""

TRIED_AGAIN = 4
"""Of those that failed, so many: each may take as long as one may, and a push waits meanwhile."""

FIRST, LONGEST = 15.0, 3600.0
"""How long to wait after a first failure, and at most, unless there are longer times between two
rounds."""

Reason: TypeAlias = Literal["push", "retry", "schedule"]


class _Failure(NamedTuple):
    """How often a repository failed, one time after the other, and when it is tried again."""

    times: int
    again: float


class RefreshQueue:
    """What is to be read.

    Attributes:
        next_round: when all repositories are asked again.
    """

    def __init__(self, every: float) -> None:
        """Begin with a round at once; there are so many seconds between two of them."""
        self.next_round = 0.0
        self._every = every
        self._pushed: dict[str, None] = {}
        self._planned: dict[str, None] = {}
        self._failed: dict[str, _Failure] = {}

    def __len__(self) -> int:
        return len(self._pushed.keys() | self._planned.keys())

    @property
    def is_planned(self) -> bool:
        """Whether a round still goes on."""
        return bool(self._planned)

    def push(self, labels: Iterable[str]) -> None:
        """Let repositories be read before all others, also those that failed."""
        self._pushed.update(dict.fromkeys(labels))

    def begin(self, labels: Collection[str], now: float) -> None:
        """Begin a round of all repositories but those that failed and are to wait."""
        self.next_round = now + self._every
        self._failed = {it: why for it, why in self._failed.items() if it in labels}
        self._pushed = {it: None for it in self._pushed if it in labels}
        waiting = {it for it, why in self._failed.items() if why.again > now}
        self._planned = dict.fromkeys(it for it in labels if it not in waiting)

    def take(self, now: float) -> tuple[Reason, tuple[str, ...]]:
        """Return what is to be read now, and why; nothing if there is nothing to do."""
        due = [it for it, why in self._failed.items() if why.again <= now]
        every: tuple[tuple[Reason, Iterable[str]], ...] = (
            ("push", self._pushed),
            ("retry", due[:TRIED_AGAIN]),
            ("schedule", self._planned),
        )
        for reason, labels in every:
            if found := tuple(labels)[:MOST]:
                for it in found:
                    self._pushed.pop(it, None)
                    self._planned.pop(it, None)
                return reason, found
        return "schedule", ()

    def done(self, labels: Iterable[str], failed: Collection[str], now: float) -> None:
        """Note that repositories were read, or some of them could not be."""
        for it in labels:
            before = self._failed.pop(it, _Failure(0, now))
            if it in failed:
                wait = min(FIRST * 2**before.times, max(LONGEST, self._every))
                self._failed[it] = _Failure(min(before.times + 1, _MOST_COUNTED), now + wait)

    def wait(self, now: float) -> float:
        """Return for how many seconds there is nothing to do."""
        if self._pushed or self._planned:
            return 0
        times = (self.next_round, *(it.again for it in self._failed.values()))
        return max(0, min(times) - now)


_MOST_COUNTED = 64
