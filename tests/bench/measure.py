"""Measuring whole processes: two commands in turn, their processor time, wall time and memory."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from surroundings import ENVIRONMENT

PAIRS = 15
FEWEST_PAIRS = 5
BUDGET = 15.0
"""Seconds after which a comparison has enough pairs, once it has the fewest."""

_ONE_RUN = Path(__file__).with_name("one_run.py")


class Failed(Exception):
    """A command failed: there is nothing to measure."""


class Task(NamedTuple):
    """What is run and measured.

    Attributes:
        words: the command line.
        prepare: is called before it, unmeasured.
        folder: where it runs.
        source: a file that it reads on standard input.
        environment: what is set for it alone.
    """

    words: Sequence[str]
    prepare: Callable[[], object] | None = None
    folder: Path | None = None
    source: Path | None = None
    environment: Mapping[str, str] = MappingProxyType({})


Tasks = Callable[[int], Task]
"""What each run does, by its number: one that writes cannot do the same twice."""


class Sample(NamedTuple):
    """One run of a command.

    Attributes:
        cpu: seconds of processor time, user and system, of it and all that it started.
        wall: seconds from before it was started until it had ended.
        peak: resident memory of the largest of its processes at its highest, in bytes.
    """

    cpu: float
    wall: float
    peak: int


def cpu(sample: Sample) -> float:
    """Return the processor time of a run, in seconds."""
    return sample.cpu


def wall(sample: Sample) -> float:
    """Return the wall time of a run, in seconds."""
    return sample.wall


def ratios(
    first: Sequence[Sample], second: Sequence[Sample], of: Callable[[Sample], float]
) -> list[float]:
    """Return how many times as much A took as B, for each pair of runs A, B, A, B, ..."""
    return [of(a) / of(b) for a, b in zip(first, second, strict=True)]


def middle(samples: Sequence[Sample], of: Callable[[Sample], float]) -> float:
    """Return the median of what runs took."""
    return statistics.median(map(of, samples))


def peak(samples: Sequence[Sample]) -> int:
    """Return the highest memory of some runs, in bytes."""
    return max(sample.peak for sample in samples)


def run(task: Task) -> Sample:
    """Run a command, its output thrown away.

    Raises:
        Failed: it ended with another exit code than 0, or there is no such command.
    """
    if task.prepare:
        task.prepare()
    folder, source = task.folder or Path.cwd(), task.source or os.devnull
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(_ONE_RUN), str(folder), str(source), *task.words],
        env={**ENVIRONMENT, **task.environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Failed(f"{' '.join(task.words)}: {done.stderr.splitlines()[-1]}")
    found = json.loads(done.stdout)
    if found["code"]:
        raise Failed(f"{' '.join(task.words)}: exit code {found['code']}: {found['said']}")
    return Sample(found["cpu"], found["wall"], found["peak"])


class Rounds(NamedTuple):
    """Some commands run in turn: A, B, C, A, B, C, and so on.

    Attributes:
        samples: the runs of each, by what it is called; the runs in one place stand together.
        failed: what was said of those that failed, which have no runs.
    """

    samples: dict[str, list[Sample]]
    failed: dict[str, str]


def rounds(tasks: Mapping[str, Tasks], *, most: int = PAIRS, budget: float = BUDGET) -> Rounds:
    """Run some commands in turn, after one run of each that does not count.

    Args:
        tasks: the commands, by what they are called; one that fails is not run again.
        most: how many rounds at most; 1 leaves out the run that does not count.
        budget: seconds after which the fewest rounds are enough; after six times as many, what
            there is has to do.
    """
    begin = time.perf_counter()
    found = Rounds({name: [] for name in tasks}, {})
    for number in range(0 if most > 1 else 1, most + 1):
        for name, task in tasks.items():
            if name not in found.failed:
                try:
                    sample = run(task(number))
                except Failed as error:
                    found.failed[name] = str(error)
                    del found.samples[name]
                else:
                    found.samples[name] += [sample] * (number > 0)
        spent = time.perf_counter() - begin
        if number and spent > budget * (1 if number >= FEWEST_PAIRS else 6):
            break
    return found


def always(*words: str, prepare: Callable[[], object] | None = None) -> Tasks:
    """Return the same task for each run."""
    return lambda _: Task(words, prepare)
