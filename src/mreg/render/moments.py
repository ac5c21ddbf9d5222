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
