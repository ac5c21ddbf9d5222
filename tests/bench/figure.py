"""A figure of the bench, and the commands of mreg that figures are about."""

from __future__ import annotations

from typing import NamedTuple

from measure import Commands, Comparison, always, seconds
from surroundings import script


class Bound(NamedTuple):
    """What a figure has to be.

    Attributes:
        least: whether the value is the least that it may be; else the most.
        value: the value.
        aim: whether this is hoped for, not required.
    """

    least: bool
    value: float
    aim: bool = False

    def holds(self, figure: float) -> bool:
        """Tell whether a figure is within the bound."""
        return figure >= self.value if self.least else figure <= self.value


class Figure(NamedTuple):
    """One line of the report.

    Attributes:
        question: what is measured.
        first: the median time of the command in question, in seconds.
        second: that of what it is held against; None where there is nothing.
        value: the figure.
        unit: what the figure counts: "x" for a ratio.
        spread: the lowest and the highest of the pairs.
        bound: what it has to be; None where it is only told.
    """

    question: str
    first: float
    second: float | None
    value: float
    unit: str = "x"
    spread: tuple[float, float] | None = None
    bound: Bound | None = None


def ratio(question: str, found: Comparison, bound: Bound | None = None) -> Figure:
    """Return the figure of a comparison: the median of the ratios of its pairs."""
    spread = (min(found.ratios), max(found.ratios)) if len(found.ratios) > 1 else None
    took = (seconds(found.first), seconds(found.second))
    return Figure(question, *took, found.ratio, spread=spread, bound=bound)


def command(*arguments: str) -> tuple[str, ...]:
    """Return a command line of the mreg that is installed beside this Python."""
    found = script("mreg")
    if found is None:
        raise SystemExit("mreg is not installed beside this Python")
    return (found, *arguments)


def mreg(*arguments: str) -> Commands:
    """Return the same command line of mreg for every run."""
    return always(*command(*arguments))
