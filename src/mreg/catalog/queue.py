"""Which repositories of a catalog are to be read next, and when.

A repository waits once, however often it was asked for: ten pushes while it is being read make one
more reading. One that fails is tried again after waits that double, up to a limit. Times are
seconds of the caller's clock.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Literal, NamedTuple, TypeAlias

MOST = 256
"""How many repositories are read in one go; pushed ones go before the next portion of a round."""

TRIED_AGAIN = 4
"""How many failed ones are tried in one go: each may take its full timeout, and pushes wait."""

FIRST, LONGEST = 15.0, 3600.0
"""The wait after a first failure, and the longest one, unless rounds are further apart."""

Reason: TypeAlias = Literal["push", "retry", "schedule"]


class _Failure(NamedTuple):
    """How often a repository has failed in a row, and when it is tried again."""

    times: int
    again: float


class RefreshQueue:
    """The repositories that are waiting to be read.

    Attributes:
        next_round: when the next round of all repositories is due.
    """

    def __init__(self, every: float) -> None:
        """Begin with a round at once; `every` is the seconds between two rounds."""
        self.next_round = 0.0
        self._every = every
        self._pushed: dict[str, None] = {}
        self._planned: dict[str, None] = {}
        self._failed: dict[str, _Failure] = {}

    def __len__(self) -> int:
        return len(self._pushed.keys() | self._planned.keys())

    @property
    def is_planned(self) -> bool:
        """Whether a round is not over yet."""
        return bool(self._planned)

    def push(self, labels: Iterable[str]) -> None:
        """Have repositories read before all others, even if they failed before."""
        self._pushed.update(dict.fromkeys(labels))

    def begin(self, labels: Collection[str], now: float) -> None:
        """Begin a round of all repositories but those whose wait after a failure is not over."""
        self.next_round = now + self._every
        self._failed = {it: why for it, why in self._failed.items() if it in labels}
        self._pushed = {it: None for it in self._pushed if it in labels}
        waiting = {it for it, why in self._failed.items() if why.again > now}
        self._planned = dict.fromkeys(it for it in labels if it not in waiting)

    def take(self, now: float) -> tuple[Reason, tuple[str, ...]]:
        """Take out what is to be read now, and return it with the reason; maybe nothing."""
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
        """Note that repositories were read, but for those that failed."""
        for it in labels:
            before = self._failed.pop(it, _Failure(0, now))
            if it in failed:
                wait = min(FIRST * 2**before.times, max(LONGEST, self._every))
                self._failed[it] = _Failure(min(before.times + 1, _MOST_COUNTED), now + wait)

    def wait(self, now: float) -> float:
        """Return the seconds until there is something to read."""
        if self._pushed or self._planned:
            return 0
        times = (self.next_round, *(it.again for it in self._failed.values()))
        return max(0, min(times) - now)


_MOST_COUNTED = 64
