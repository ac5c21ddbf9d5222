"""Waiting before another try: exponential back-off with full jitter.

Many who lost the same race do not meet again at the same moment if each waits a random part of a
time that doubles (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

TRIES = 10
FIRST, LONGEST = 0.1, 8.0
"""The longest that the first wait and any wait may be, in seconds: some 30 s in all."""


def delays(random: Random, tries: int = TRIES) -> Iterator[float]:
    """Iterate over the seconds to wait after each try but the last."""
    for number in range(tries - 1):
        yield random.uniform(0, min(LONGEST, FIRST * 2**number))


def waits(tries: int = TRIES) -> Iterator[float]:
    """Iterate over the seconds to wait, of a random of its own."""
    from random import Random  # which nobody needs who is not refused

    yield from delays(Random(), tries)  # noqa: S311 - no secret
