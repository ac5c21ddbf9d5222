"""Times as people type them."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis.strategies import integers

from mreg.core import times
from mreg.core.times import Edge
from mreg.errors import InvalidTime
from mreg.render import moments
from mreg.render.moments import Moment

NOW = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)


def moment(*parts: int, zone: timezone = UTC) -> int:
    return int(datetime(*parts, tzinfo=zone).timestamp())  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("text", "ago"),
    [
        ("90s", timedelta(seconds=90)),
        ("45min", timedelta(minutes=45)),
        ("45m", timedelta(minutes=45)),
        ("1.5h", timedelta(minutes=90)),
        ("12h", timedelta(hours=12)),
        ("30d", timedelta(days=30)),
        ("30 d", timedelta(days=30)),
        ("30d ago", timedelta(days=30)),
        (" 2w  ago ", timedelta(weeks=2)),
        ("1mo", timedelta(days=30)),
        ("1y", timedelta(days=365)),
        ("0d", timedelta()),
    ],
)
def test_a_duration_counts_back_from_now(text: str, ago: timedelta) -> None:
    assert times.parse(text, now=NOW) == int((NOW - ago).timestamp())


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2026-03-03T14:30:15", moment(2026, 3, 3, 14, 30, 15)),
        ("2026-03-03T14:30:15.999", moment(2026, 3, 3, 14, 30, 15)),
        ("2026-03-03T14:30:15Z", moment(2026, 3, 3, 14, 30, 15)),
        (
            "2026-03-03T14:30:15+05:30",
            moment(2026, 3, 3, 14, 30, 15, zone=timezone(timedelta(minutes=330))),
        ),
        ("1969-12-31T23:59:59Z", -1),
    ],
)
def test_a_time_is_that_moment(text: str, seconds: int) -> None:
    assert times.parse(text, now=NOW) == seconds
    assert times.parse(text, now=NOW, edge="start") == seconds


@pytest.mark.parametrize(
    ("text", "edge", "seconds"),
    [
        ("10:30:15", "end", moment(2026, 3, 2, 23, 30, 15)),
        ("10:30", "start", moment(2026, 3, 2, 23, 30)),
        ("10:30", "end", moment(2026, 3, 2, 23, 30, 59)),
    ],
)
def test_a_time_without_a_date_is_of_today_in_the_zone(text: str, edge: Edge, seconds: int) -> None:
    ahead = timezone(timedelta(hours=11))  # there it is 3 March already
    now = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
    assert times.parse(text, now=now, zone=ahead, edge=edge) == seconds


@pytest.mark.parametrize("text", ["2026-03-03", "20260303", "2026-W10-2", "2026W102"])
@pytest.mark.parametrize(
    ("edge", "seconds"),
    [("start", moment(2026, 3, 3)), ("end", moment(2026, 3, 3, 23, 59, 59))],
)
def test_a_bare_date_is_the_first_or_the_last_second_of_the_day(
    text: str, edge: Edge, seconds: int
) -> None:
    assert times.parse(text, now=NOW, edge=edge) == seconds


@pytest.mark.parametrize(
    ("text", "lasts"),
    [
        ("2026-03-03T14:30", 60),
        ("2026-03-03 14:30", 60),
        ("2026-W10-2T1430", 60),
        ("2026-03-03T14:30Z", 60),
        ("2026-03-03 15:30+01", 60),
        ("2026-03-03 20:00+05:30", 60),
        ("2026-03-03T14", 3600),
        ("20260303T14-00:00", 3600),
    ],
)
def test_a_bare_minute_or_hour_is_its_first_or_its_last_second(text: str, lasts: int) -> None:
    first = moment(2026, 3, 3, 14, 30 if lasts == 60 else 0)
    assert times.parse(text, now=NOW, edge="start") == first
    assert times.parse(text, now=NOW) == first + lasts - 1


ZONES = [
    *map(ZoneInfo, ("Europe/Paris", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kolkata")),
    UTC,
    timezone(-timedelta(hours=7, minutes=30)),
]


@pytest.mark.parametrize("zone", ZONES, ids=str)
@pytest.mark.parametrize("read_in", ["where it was shown", "elsewhere"])
@given(seconds=integers(0, 2**32))
@example(seconds=moment(2026, 10, 25, 0, 30))  # 2:30 in Paris, for the first time that night
@example(seconds=moment(2026, 10, 25, 1, 30))  # and again
@example(seconds=moment(2026, 3, 29, 1, 0))  # when no clock of Paris showed 2:30
def test_what_is_shown_can_be_typed(zone: tzinfo, read_in: str, seconds: int) -> None:
    """Of a table's time, to the minute, and of one in full: wherever it is typed."""
    when = datetime.fromtimestamp(seconds, zone)
    there = zone if read_in != "elsewhere" else ZoneInfo("America/New_York")
    first = times.parse(moments.minute(when), now=NOW, zone=there, edge="start")
    last = times.parse(moments.minute(when), now=NOW, zone=there, edge="end")
    assert first <= seconds <= last == first + 59
    assert times.parse(moments.second(when), now=NOW, zone=there) == seconds
    assert Moment.of(when).at(zone) == when


def test_a_time_is_shown_by_the_clock_of_its_own_day() -> None:
    paris = ZoneInfo("Europe/Paris")
    shown = [moments.minute(datetime(2026, month, 5, 8, tzinfo=UTC).astimezone(paris))
             for month in (1, 7)]  # fmt: skip
    assert shown == ["2026-01-05 09:00+01", "2026-07-05 10:00+02"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2026",
        "2026-13-01",
        "2026-02-30",
        "2026-03-03T25:00",
        "14:3",
        "24:30",
        "d",
        "-3d",
        "3 months",
        "30d hence",
        "999999999y",
        "1700000000",
        "3\u0663d",
        "0001-01-01",
    ],
)
def test_anything_else_is_refused_with_a_hint(text: str) -> None:
    with pytest.raises(InvalidTime, match="is not a time") as refused:
        times.parse(text, now=NOW)
    assert "2026-03-03T14:30" in refused.value.hint


@pytest.mark.parametrize(
    ("text", "edge", "seconds"),
    [
        ("2026-01-10T12:00", "start", moment(2026, 1, 10, 11)),
        ("2026-07-10T12:00", "end", moment(2026, 7, 10, 10, 0, 59)),
        ("2026-03-29", "start", moment(2026, 3, 28, 23)),
        ("2026-03-29", "end", moment(2026, 3, 29, 21, 59, 59)),
        ("2026-07-10T12:00:00Z", "end", moment(2026, 7, 10, 12)),
        ("2026-10-25 02:30+01", "start", moment(2026, 10, 25, 1, 30)),
    ],
)
def test_without_an_offset_it_is_the_time_zone_of_whoever_asks(
    text: str, edge: Edge, seconds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Central European time: in 2026 summer time begins on 29 March, a day of 23 hours."""
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    time.tzset()
    assert times.parse(text, now=NOW, edge=edge) == seconds
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    assert times.parse(text, now=NOW, zone=ZoneInfo("Europe/Paris"), edge=edge) == seconds


@pytest.mark.parametrize(
    ("text", "lasts"),
    [("30s", 30), ("5m", 300), ("5min", 300), ("12h", 43_200), ("0.5s", 0.5), ("1mo", 2_592_000),
     ("5", None), ("5m ago", None), ("", None)],
)  # fmt: skip
def test_how_long_a_duration_lasts(text: str, lasts: float | None) -> None:
    assert times.seconds(text) == lasts


def test_the_present_is_aware() -> None:
    assert times.now().tzinfo is UTC


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (59, "59 s"), (60, "1 min"), (7199, "1 h"), (2_592_000, "30 d")],
)
def test_a_span_is_said_in_its_largest_unit(seconds: int, said: str) -> None:
    assert times.span(seconds) == said
    assert times.seconds(said) is not None
