"""Times as pages write them: in UTC, the same whenever and wherever the page is made."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from mreg.render import markup as h
from mreg.render.markup import Markup

MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def day(when: datetime) -> str:
    """Return the day of a time: "5 Jun 2026"."""
    when = when.astimezone(UTC)
    return f"{when.day} {MONTHS[when.month - 1]} {when.year}"


def minute(when: datetime) -> str:
    """Return a time to the minute: "5 Jun 2026, 08:05 UTC"."""
    return f"{day(when)}, {when.astimezone(UTC):%H:%M} UTC"


def stamp(when: datetime) -> str:
    """Return a time as HTML, JSON and feeds write it: "2026-06-05T08:05:00Z"."""
    return f"{when.astimezone(UTC).isoformat(timespec='seconds')[:19]}Z"


def element(when: datetime, shown: str = "", *, ago: bool = False) -> Markup:
    """Return a time as an element, of which a script may tell all, and how long ago it was."""
    exact = f"{when.astimezone(UTC).isoformat(timespec='minutes')[:16]}Z"
    return (_AGO if ago else _TIME)(exact, shown or day(when))


_TIME = h.template(h.time(h.SLOT, datetime=h.VALUE))
_AGO = h.template(h.time(h.SLOT, datetime=h.VALUE, class_="ago"))


def lasting(span: timedelta) -> str:
    """Say how long something lasted, in the largest unit that fits: "9 hours"."""
    seconds = max(int(span.total_seconds()), 0)
    for length, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= length:
            count = seconds // length
            return f"{count} {unit}{'s' * (count != 1)}"
    return "less than a minute"
