"""Measuring whole processes: two commands in turn, the median of their ratios, their memory."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from surroundings import ENVIRONMENT

PAIRS = 15
FEWEST_PAIRS = 5
BUDGET = 30.0
"""Seconds after which a comparison has enough pairs, once it has the fewest."""


class Sample(NamedTuple):
    """One run of a command.

    Attributes:
        seconds: from before it was started until it had ended.
        peak: resident memory of the largest of its processes at its highest, in bytes.
    """

    seconds: float
    peak: int


class Comparison(NamedTuple):
    """Two commands run in turn: A, B, A, B, and so on.

    Attributes:
        first: the runs of A.
        second: the runs of B, each right after the run of A in the same place.
    """

    first: list[Sample]
    second: list[Sample]

    @property
    def ratios(self) -> list[float]:
        """How many times as long A took as B, for each pair."""
        return [a.seconds / b.seconds for a, b in zip(self.first, self.second, strict=True)]

    @property
    def ratio(self) -> float:
        """The median of the ratios: what else the machine does hits both of a pair alike."""
        return statistics.median(self.ratios)


def seconds(samples: Sequence[Sample]) -> float:
    """Return the median time of some runs."""
    return statistics.median(sample.seconds for sample in samples)


def peak(samples: Sequence[Sample]) -> int:
    """Return the highest memory of some runs, in bytes."""
    return max(sample.peak for sample in samples)


def run(command: Sequence[str]) -> Sample:
    """Run a command, its output thrown away.

    Raises:
        SystemExit: it failed; there is nothing to measure then.
    """
    begin = time.perf_counter()
    process = subprocess.Popen(
        command, env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    elapsed = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)}: exit code {process.returncode}")
    return Sample(elapsed, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024))


Commands = Callable[[int], Sequence[str]]
"""The command of each run, by its number: one that writes cannot do the same twice."""


def compare(first: Commands, second: Commands, *, pairs: int = PAIRS) -> Comparison:
    """Run two commands in turn, after one run of each that does not count.

    Args:
        first: gives the commands of A, the one in question.
        second: gives the commands of B, the one that it is held against.
        pairs: how often at most; 1 leaves out the run that does not count.
    """
    begin = time.perf_counter()
    found = Comparison([], [])
    if pairs > 1:
        run(first(0))
        run(second(0))
    for number in range(1, pairs + 1):
        found.first.append(run(first(number)))
        found.second.append(run(second(number)))
        if number >= FEWEST_PAIRS and time.perf_counter() - begin > BUDGET:
            break
    return found


def repeat(command: Commands) -> list[Sample]:
    """Run one command again and again, after one run that does not count."""
    run(command(0))
    return [run(command(number)) for number in range(1, PAIRS + 1)]


def always(*command: str) -> Commands:
    """Return the same command for each run."""
    return lambda _: command
