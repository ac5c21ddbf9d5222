"""Times as people type them, and as mreg prints them.

Accepted: an ISO 8601 date (`2026-03-03`), a date and time (`2026-03-03T14:30`, with seconds, an
offset or `Z` if wanted; a space for the T), a time of today (`14:30`), and a duration before now
(`30d`, `12h`, `2w`, `45m`, also `30d ago`). What a table shows (`mreg.render.moments`) is such a
text.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Literal, TypeAlias

from mreg.errors import InvalidTime

Edge: TypeAlias = Literal["start", "end"]
"""Which moment a bare date or minute stands for: its first second or its last."""

_DAY = 24 * 60 * 60
_UNITS = {"s": 1, "m": 60, "min": 60, "h": 60 * 60, "d": _DAY, "w": 7 * _DAY, "mo": 30 * _DAY}
_UNITS["y"] = 365 * _DAY
"""Seconds by the units of a duration; `m` is a minute wherever one is typed, a month is `mo`."""

# Texts of patterns: most commands are given no time, and compile none of them (docs/adr/0003).
_DURATION = r"(?x) (?P<count> [0-9]{1,9} (?: \.[0-9]{1,9} )? ) \s* (?P<unit> s|m|min|h|d|w|mo|y )"
_AGO = r"\s+ago\Z"
_TIME_OF_DAY = r"[0-9]{2}:[0-9]{2}(?::[0-9]{2})?"
# A date in one of the forms of ISO 8601 (2026-03-03, 20260303, 2026-W10-2, 2026W102), and behind it
# no time, an hour, or an hour and a minute; then it lasts as long as that.
_LASTING = r"""(?x)
    [0-9]{4} -? (?: [0-9]{2} -? [0-9]{2} | W [0-9]{2} (?: -? [0-9] )? )
    (?: .(?P<hour> [0-9]{2} ) (?P<minute> :?[0-9]{2} )? (?: Z | [+-].* )? )?
"""


def parse(text: str, *, now: datetime, zone: tzinfo | None = None, edge: Edge = "end") -> int:
    """Return the moment that a person means, in seconds since 1970.

    Args:
        text: what was typed.
        now: the present, aware; durations count back from it.
        zone: the time zone in which a time without an offset is meant, by its clock of that day;
            None is the one of this machine.
        edge: what a bare date, hour or minute stands for. "As it stood on 3 March" and "until"
            mean its end, "since" its start.

    Raises:
        InvalidTime: it is none of the accepted forms, or no date that exists.
    """
    text = text.strip()
    try:
        if (ago := seconds(re.sub(_AGO, "", text))) is not None:
            return int((now - timedelta(seconds=ago)).timestamp())
        if re.fullmatch(_TIME_OF_DAY, text):
            text = f"{now.astimezone(zone).date()}T{text}"
        moment = datetime.fromisoformat(text)
        moment = moment.replace(tzinfo=moment.tzinfo or zone)
        if edge == "end" and (found := re.fullmatch(_LASTING, text)):
            moment += _lasts(found) - timedelta(seconds=1)
        return int(moment.timestamp())  # without a zone: by the clock of this machine on that day
    except (ValueError, OverflowError):
        raise InvalidTime(
            f"{text!r} is not a time",
            hint="write a date (2026-03-03), a time (2026-03-03T14:30) or a duration (30d, 12h)",
        ) from None


def _lasts(found: re.Match[str]) -> timedelta:
    if found["minute"]:
        return timedelta(minutes=1)
    return timedelta(hours=1) if found["hour"] else timedelta(days=1)


def is_duration(text: str) -> bool:
    """Tell whether a text is a duration, such as `30d`; a moment is meant that is so long ago."""
    return seconds(re.sub(_AGO, "", text.strip())) is not None


def seconds(text: str) -> float | None:
    """Return how long a duration such as `5m` or `1.5h` lasts; None if the text is none."""
    found = re.fullmatch(_DURATION, text.strip())
    return float(found["count"]) * _UNITS[found["unit"]] if found else None


def span(seconds: int) -> str:
    """Say how long something lasts, in the largest unit that fits: "5 min"."""
    unit = next(it for it in ("d", "h", "min", "s") if seconds >= _UNITS[it] or it == "s")
    return f"{seconds // _UNITS[unit]} {unit}"


def now() -> datetime:
    """Return the present, in UTC."""
    return datetime.now(UTC)


def meant(when: datetime | str, *, edge: Edge = "end") -> int:
    """Return a time that the library's user named, in seconds since 1970.

    Raises:
        InvalidTime: it is none, or has no time zone.
    """
    if isinstance(when, str):
        return parse(when, now=now(), edge=edge)
    if when.tzinfo is None:
        raise InvalidTime(
            f"{when.isoformat()} has no time zone", hint="use an aware datetime, or a string"
        )
    return int(when.timestamp())


def between(
    since: datetime | str | None, until: datetime | str | None
) -> tuple[int | None, int | None]:
    """Return two times in seconds; a bare date means the start of that day, or its end."""
    return (
        None if since is None else meant(since, edge="start"),
        None if until is None else meant(until),
    )


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EARLIEST = int((datetime(1, 1, 2, tzinfo=UTC) - EPOCH).total_seconds())
LATEST = int((datetime(9999, 12, 30, tzinfo=UTC) - EPOCH).total_seconds())
"""The bounds of what a datetime holds in any time zone, in seconds since 1970."""


@lru_cache(maxsize=256)
def _zone(text: str) -> timezone:
    """Read an offset such as "-0730"; one that no clock has is taken for UTC."""
    offset = timedelta(hours=int(text[1:3]), minutes=int(text[3:5]))
    if offset >= timedelta(days=1):
        return UTC
    return timezone(-offset if text[0] == "-" else offset)


def moment(time: int, zone: str = "+0000") -> datetime:
    """Return seconds since 1970 as a datetime in the zone; within `EARLIEST` and `LATEST`."""
    return datetime.fromtimestamp(time, _zone(zone))


def iso(time: int, zone: str) -> str:
    """Return what `moment(time, zone).isoformat()` does, in a fraction of its time."""
    ahead, offset = _offset(zone)
    minute, second = divmod(time + ahead, 60)
    return f"{_date(minute // _MINUTES)}{_CLOCK[minute % _MINUTES]}{_SECOND[second]}{offset}"


@lru_cache(maxsize=256)
def _offset(zone: str) -> tuple[int, str]:
    """Return how many seconds a zone's clock is ahead of UTC, and how that is written."""
    there = moment(0, zone)
    ahead = (there.replace(tzinfo=UTC) - EPOCH).total_seconds()
    return int(ahead), there.isoformat()[len("1970-01-01T00:00:00") :]


@lru_cache(maxsize=1 << 12)
def _date(day: int) -> str:
    return date.fromordinal(_EPOCH_DAY + day).isoformat()


_EPOCH_DAY = EPOCH.toordinal()
_MINUTES = 24 * 60
_CLOCK = [f"T{minute // 60:02}:{minute % 60:02}:" for minute in range(_MINUTES)]
_SECOND = [f"{second:02}" for second in range(60)]
