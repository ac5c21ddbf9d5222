"""A figure of the bench: a ratio, a time or a memory, and what it has to be."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from typing import Literal, NamedTuple

from measure import BUDGET, PAIRS, Rounds, Tasks, cpu, middle, peak, ratios, rounds, wall

Measure = Literal["CPU", "wall", "memory", "size"]
_OF = {"CPU": cpu, "wall": wall}


class Bound(NamedTuple):
    """What a figure has to be.

    Attributes:
        must: what it has to reach.
        aim: what is hoped for; None where it is the same.
        least: whether the values are the least that it may be; else the most.
    """

    must: float
    aim: float | None = None
    least: bool = False

    def holds(self, value: float) -> bool:
        """Tell whether a value is within what it has to reach."""
        return self._within(value, self.must)

    def reaches_the_aim(self, value: float) -> bool:
        """Tell whether a value is within what is hoped for."""
        return self.aim is not None and self._within(value, self.aim)

    def _within(self, value: float, limit: float) -> bool:
        return value >= limit if self.least else value <= limit


class Figure(NamedTuple):
    """One line of the report.

    Attributes:
        question: what is measured, and against what.
        measure: what the bound, the spread and the times are about.
        cpu: the figure in processor time; 0 where it was not measured.
        wall: the figure in wall time.
        unit: what both count: "x" for a ratio, "s" for seconds; "MB" for memory and "kB" for a
            size, which are `cpu`.
        spread: the lowest and the highest of the pairs.
        took: the medians of both commands, in seconds; of one where there is no other.
        pairs: how many there were.
        bound: what the figure has to be; None where it is only told.
        failed: why there is no figure.
    """

    question: str
    measure: Measure = "CPU"
    cpu: float = 0
    wall: float = 0
    unit: str = "x"
    spread: tuple[float, float] | None = None
    took: tuple[float, ...] = ()
    pairs: int = 0
    bound: Bound | None = None
    failed: str = ""

    @property
    def value(self) -> float:
        """The figure that the bound is about."""
        return self.wall if self.measure == "wall" else self.cpu


class Found(NamedTuple):
    """What was found of some commands that ran in turn, as figures."""

    rounds: Rounds

    def ratio(
        self,
        question: str,
        first: str,
        second: str,
        bound: Bound | None = None,
        measure: Measure = "CPU",
    ) -> Figure:
        """Return the median of the ratios of the pairs of two commands."""
        if failed := self._failed(first, second):
            return Figure(question, measure, bound=bound, failed=failed)
        a, b = (self.rounds.samples[it] for it in (first, second))
        of = _OF[measure]
        found = ratios(a, b, of)
        by_cpu, by_wall = (statistics.median(ratios(a, b, it)) for it in (cpu, wall))
        spread, took = (min(found), max(found)), (middle(a, of), middle(b, of))
        return Figure(question, measure, by_cpu, by_wall, "x", spread, took, len(found), bound)

    def seconds(self, question: str, name: str, bound: Bound | None = None) -> Figure:
        """Return the median time of a command."""
        if failed := self._failed(name):
            return Figure(question, bound=bound, failed=failed)
        runs = self.rounds.samples[name]
        found = [cpu(it) for it in runs]
        by_cpu, by_wall = middle(runs, cpu), middle(runs, wall)
        spread = (min(found), max(found))
        return Figure(question, "CPU", by_cpu, by_wall, "s", spread, (), len(runs), bound)

    def memory(self, question: str, name: str, bound: Bound | None = None) -> Figure:
        """Return the highest memory of a command, in megabytes."""
        if failed := self._failed(name):
            return Figure(question, "memory", bound=bound, failed=failed)
        runs = self.rounds.samples[name]
        value = peak(runs) / 1e6
        return Figure(question, "memory", value, 0, "MB", None, (), len(runs), bound)

    def _failed(self, *names: str) -> str:
        return "; ".join(self.rounds.failed[it] for it in names if it in self.rounds.failed)


def in_turn(tasks: Mapping[str, Tasks], *, most: int = PAIRS, budget: float = BUDGET) -> Found:
    """Run some commands in turn."""
    return Found(rounds(tasks, most=most, budget=budget))


def held(
    question: str,
    first: Tasks,
    second: Tasks,
    bound: Bound | None = None,
    measure: Measure = "CPU",
) -> Figure:
    """Hold a command against another."""
    found = in_turn({"first": first, "second": second})
    return found.ratio(question, "first", "second", bound, measure)
