"""A span of time as an axis: where a moment lies on it, and which moments are marked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from mreg.render.markup import number
from mreg.web.dates import MONTHS

_STEPS = tuple(timedelta(hours=it) for it in (1, 2, 6, 12, 24, 48, 7 * 24, 14 * 24))
_MONTHS = (1, 2, 3, 6, 12, 24, 60, 120, 600, 3000, 12000)
_DAYS_OF_MONTH = 30.4
_MOST_MARKS = 7

_BEYOND = 0.06
"""What of the axis lies behind the last event, so that what holds a stage now is seen to."""


_LAST_MARK = 0.95


class Mark(NamedTuple):
    """A marked moment, and what is written there."""

    at: str
    label: str


class TimeAxis(NamedTuple):
    """A span of time from left to right.

    Attributes:
        start: its first moment, aware.
        end: its last.
    """

    start: datetime
    end: datetime

    @classmethod
    def of(cls, times: Sequence[datetime]) -> TimeAxis:
        """Return the axis on which some moments lie, with a little room behind the last."""
        first, last = min(times), max(times)
        span = max(last - first, timedelta(hours=1))
        return cls(_moved(first, -span * 0.01), _moved(last, span * _BEYOND))

    @property
    def span(self) -> timedelta:
        """How long it is."""
        return self.end - self.start

    def share(self, when: datetime) -> float:
        """Return where a moment lies, from 0 to 1; what is off the axis lies at its end."""
        return min(max((when - self.start) / self.span, 0.0), 1.0)

    def x(self, when: datetime) -> str:
        """Return where a moment lies, in percent."""
        return f"{number(100 * self.share(when))}%"

    def marks(self) -> tuple[Mark, ...]:
        """Return the moments that are marked: round ones, at most seven or so."""
        found = [*self._moments()]
        years = len({it.year for it in found}) > 1 or self.start.year != self.end.year
        marks = []
        for place, it in enumerate(found):
            fresh = years and (place == 0 or found[place - 1].year != it.year)
            marks.append(Mark(self.x(it), _label(it, self._short(), year=fresh)))
        return tuple(marks)

    def _short(self) -> bool:
        return self.span < timedelta(days=2)

    def _has_room(self, when: datetime) -> bool:
        """Tell whether what is written at a moment fits on the axis."""
        return when > self.start and self.share(when) < _LAST_MARK

    def _moments(self) -> Iterator[datetime]:
        for step in _STEPS:
            if self.span / step <= _MOST_MARKS:
                yield from self._each(step)
                return
        months = self.span / timedelta(days=_DAYS_OF_MONTH)
        step_ = next((it for it in _MONTHS if months / it <= _MOST_MARKS), _MONTHS[-1])
        yield from self._months(step_)

    def _each(self, step: timedelta) -> Iterator[datetime]:
        begin = self.start.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        count = 0
        when = begin
        while when <= self.end and count < 1000:  # noqa: PLR2004 - a bound that is never reached
            if self._has_room(when):
                yield when
            count += 1
            when = _moved(begin, step * count)

    def _months(self, step: int) -> Iterator[datetime]:
        first = self.start.astimezone(UTC)
        month = first.year * 12 + first.month
        month += -(month - 1) % step
        while month // 12 < datetime.max.year:
            year, rest = divmod(month - 1, 12)
            when = datetime(year, rest + 1, 1, tzinfo=UTC)
            if when > self.end:
                return
            if self._has_room(when):
                yield when
            month += step


def _label(when: datetime, short: bool, *, year: bool) -> str:
    if short and when.hour:
        return f"{when:%H:%M}"
    day = (
        MONTHS[when.month - 1]
        if when.day == 1 and not short
        else f"{when.day} {MONTHS[when.month - 1]}"
    )
    return f"{day} {when.year}" if year else day


def _moved(when: datetime, by: timedelta) -> datetime:
    """Return a moment moved; at the end of what a calendar holds it stays."""
    try:
        return when + by
    except OverflowError:
        return when
