"""From a tag's bytes to an event, or to the problem that keeps it from being one."""

from __future__ import annotations

from datetime import timedelta

import pytest

from handmade import commit
from mreg.core import kinds, parse
from mreg.core.diagnostics import Diagnostic
from mreg.core.events import Event
from mreg.core.parse import Nested
from repositories import ANN, START, tag_bytes

OID = "0" * 40


def read(tag: str, raw: bytes) -> Event | Nested | Diagnostic:
    name = kinds.parse(tag)
    assert name
    return parse.read(tag, name, OID, raw)


def event(tag: str = "churn@v1.0.0", **parts: str | bytes) -> Event:
    found = read(tag, tag_bytes(tag, commit("a"), **parts))  # type: ignore[arg-type]
    assert isinstance(found, Event)
    return found


def test_an_event_says_what_the_tag_says() -> None:
    found = event(message=b"Register churn v1.0.0\n\nfirst try\n")
    assert found[:9] == (
        "register",
        "churn",
        "v1.0.0",
        None,
        0,
        "churn@v1.0.0",
        OID,
        commit("a"),
        START,
    )
    assert (found.author, found.author_email) == ("Ann Example", "ann@example.com")
    assert found.message == "Register churn v1.0.0\n\nfirst try"
    assert found.trailers == {}


@pytest.mark.parametrize(
    ("zone", "offset"),
    [
        ("+0000", timedelta()),
        ("+0530", timedelta(hours=5, minutes=30)),
        ("-0730", -timedelta(hours=7, minutes=30)),
        ("+2359", timedelta(hours=23, minutes=59)),
        ("+9999", timedelta()),
        ("-2400", timedelta()),
        ("+0099", timedelta(minutes=99)),
    ],
)
def test_the_taggers_offset_is_kept_where_there_is_such_a_clock(
    zone: str, offset: timedelta
) -> None:
    found = event(tagger=f"{ANN} {START} {zone}").created_at
    assert found.utcoffset() == offset
    assert found.timestamp() == START


@pytest.mark.parametrize(
    ("tag", "message", "version"),
    [
        ("churn#prod#1", b"Promote\n\nVersion: v1.2.0\n", "v1.2.0"),
        ("churn#prod!#1", b"Demote\n\nVersion: v1.2.0\n", "v1.2.0"),
        ("churn#prod#1", b"Promote\n", None),
        ("churn@v1.0.0", b"Register\n\nVersion: v6.6.6\n", "v1.0.0"),
        ("churn@deprecated", b"Deprecate\n\nVersion: v6.6.6\n", None),
    ],
)
def test_the_version_of_a_trailer_counts_for_stages_alone(
    tag: str, message: bytes, version: str | None
) -> None:
    assert event(tag, message=message).version == version


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"Anything.\n", "Anything."),
        (b"Subject\n\nBody\n", "Subject\n\nBody"),
        (b"Subject\n\nReviewed-by: Bob\n", "Subject\n\nReviewed-by: Bob"),
        (b"Promote\n\nBody\n\nPrevious: none\n", "Body"),
        (b"Promote\n\nPrevious: none\n", "Promote"),
        (b"Promote\n\nBody\n\nVersion: v1.0.0\nPrevious: none\n", "Body"),
        (b"", ""),
    ],
)
def test_the_message_is_what_whoever_made_it_said(text: bytes, message: str) -> None:
    """mreg's own tags have a subject that mreg wrote: there it is the body."""
    assert event("churn#prod#1", message=text).message == message


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "MR004"),
        (b"tree x\n", "MR004"),
        (tag_bytes("churn@v1.0.0", commit("a"), tagger=None), "MR006"),
        (tag_bytes("churn@v1.0.0", commit("a"), tagger=f"{ANN} soon +0000"), "MR006"),
        (tag_bytes("churn@v1.0.0", commit("a"), tagger=f"{ANN} {10**18} +0000"), "MR007"),
        (tag_bytes("churn@v1.0.0", commit("a"), tagger=f"{ANN} {-(10**12)} +0000"), "MR007"),
        (tag_bytes("churn@v2.0.0", commit("a")), "MR008"),
        (tag_bytes("churn@v1.0.0 ", commit("a")), "MR008"),
        (tag_bytes("churn@v1.0.0", commit("a"), kind="tree"), "MR003"),
        (tag_bytes("churn@v1.0.0", commit("a"), kind="blob"), "MR003"),
    ],
)
def test_what_is_no_event_is_a_problem(raw: bytes, code: str) -> None:
    found = read("churn@v1.0.0", raw)
    assert isinstance(found, Diagnostic)
    assert (found.code, found.subject) == (code, "churn@v1.0.0")


@pytest.mark.parametrize("time", [0, -1, -62_135_500_000, 253_402_100_000])
def test_every_date_of_the_calendar_is_read(time: int) -> None:
    found = event(tagger=f"{ANN} {time} -1200")
    assert found.created_at.timestamp() == time


def test_a_tag_of_a_tag_has_to_be_followed() -> None:
    raw = tag_bytes("churn@v1.0.0", commit("a"), kind="tag")
    assert isinstance(read("churn@v1.0.0", raw), Nested)


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("commit", "MR002"),
        ("tree", "MR003"),
        ("blob", "MR003"),
        ("missing", "MR005"),
        ("damaged", "MR004"),
    ],
)
def test_a_ref_without_a_tag_object_is_a_problem(kind: str, code: str) -> None:
    assert parse.not_a_tag("churn@v1.0.0", kind).code == code
