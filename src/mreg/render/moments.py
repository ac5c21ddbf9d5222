"""Moments as people see them: each with its offset, so that it means the same wherever typed."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Self


def minute(when: datetime) -> str:
    """Return an aware time to the minute: `2026-03-09 09:10Z`, `2026-03-09 10:10+01`."""
    return _with_offset(when.isoformat(" ", "minutes"))


def second(when: datetime) -> str:
    """Return an aware time to the second: `2026-03-09 09:10:30Z`."""
    return _with_offset(when.isoformat(" ", "seconds"))


def _with_offset(text: str) -> str:
    if text.endswith("+00:00"):
        return text.removesuffix("+00:00") + "Z"
    return text.removesuffix(":00")


_STEPS = (
    (60, 1, "second"),
    (3600, 60, "minute"),
    (86_400, 3600, "hour"),
    (14 * 86_400, 86_400, "day"),
    (70 * 86_400, 7 * 86_400, "week"),
    (2 * 31_556_952, 2_629_746, "month"),
)
"""Below how many seconds a time is counted in units of how many seconds: weeks from the 14th day
on, as in Git's relative dates, and years from the second on. Months and years are mean ones."""
_YEAR = 31_556_952


def ago(when: datetime, now: datetime) -> str:
    """Return how long ago something was: "3 days ago"; what is to come, to the minute."""
    seconds = int((now - when).total_seconds())
    if seconds < 0:
        return minute(when)
    length, unit = next(
        ((each, name) for most, each, name in _STEPS if seconds < most), (_YEAR, "year")
    )
    number = seconds // length
    return f"{number} {unit}{'s' * (number != 1)} ago"


class Moment(str):
    """A cell that is a moment: as a text, all of it in ISO 8601; a reader is shown their own time.

    What is shown is each moment by the clock of its own day: in summer time, if it was then.
    """

    __slots__ = ()

    @classmethod
    def of(cls, when: datetime) -> Self:
        """Return an aware time as a cell."""
        return cls(when.isoformat())

    def at(self, zone: tzinfo | None) -> datetime:
        """Return the moment in a time zone; None is the one of this machine."""
        return datetime.fromisoformat(self).astimezone(zone)
