"""A row of numbers as a line of characters, one higher than the other."""

from __future__ import annotations

import math
from collections.abc import Sequence

BARS = "▁▂▃▄▅▆▇█"
PLAIN = "_.:-=+*#"
"""What stands for the same heights where an encoding has no bars."""

WIDTH = 12
"""How many characters a line has, at most."""


def line(values: Sequence[float | None], *, encoding: str = "utf-8", width: int = WIDTH) -> str:
    """Return numbers as a line, the lowest as its lowest character, of those that an encoding has.

    None and what is not finite leave a gap; of more numbers than the width, each character shows
    the last of several.
    """
    count = min(len(values), width)
    points = [values[(index + 1) * len(values) // count - 1] for index in range(count)]
    known = [it for it in points if it is not None and math.isfinite(it)]
    if not known:
        return ""
    marks = BARS if _takes(encoding) else PLAIN
    low, high = min(known), max(known)
    return "".join(_mark(it, low, high, marks) for it in points)


def _mark(value: float | None, low: float, high: float, marks: str) -> str:
    if value is None or not math.isfinite(value):
        return " "
    span = high / 2 - low / 2  # halved, since the whole range of floats is no float
    height = (value / 2 - low / 2) / span if span else 0.5
    return marks[min(int(height * len(marks)), len(marks) - 1)]


def _takes(encoding: str) -> bool:
    try:
        BARS.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True
