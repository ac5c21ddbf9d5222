"""The bytes of a tag object, and the message in it."""

from __future__ import annotations

import pytest

from mreg.core import tagobject
from mreg.core.tagobject import MalformedTag, Message, TagObject

TARGET = b"a" * 40
RAW = (
    b"object " + TARGET + b"\n"
    b"type commit\n"
    b"tag churn@v1.0.0\n"
    b"tagger Ann Example <ann@example.com> 1700000000 +0130\n"
    b"\n"
    b"Register churn v1.0.0\n"
)
SSH = b"-----BEGIN SSH SIGNATURE-----\nU1NIU0lH\n-----END SSH SIGNATURE-----\n"


def test_a_tag_is_split_into_its_parts() -> None:
    assert tagobject.parse(RAW) == TagObject(
        TARGET,
        b"commit",
        b"churn@v1.0.0",
        b"Ann Example <ann@example.com>",
        1_700_000_000,
        b"+0130",
        b"Register churn v1.0.0\n",
    )


@pytest.mark.parametrize("kind", [b"commit", b"tag", b"tree", b"blob"])
def test_a_tag_may_point_to_any_object(kind: bytes) -> None:
    assert tagobject.parse(RAW.replace(b"type commit", b"type " + kind)).target_type == kind


def test_a_sha256_target_is_read() -> None:
    assert tagobject.parse(RAW.replace(TARGET, b"b" * 64)).target == b"b" * 64


def test_headers_that_mreg_does_not_know_are_passed_over() -> None:
    raw = RAW.replace(b"+0130\n\n", b"+0130\nencoding latin-1\n\n")
    assert tagobject.parse(raw).text == b"Register churn v1.0.0\n"


def test_a_tag_without_a_message_is_read() -> None:
    assert tagobject.parse(RAW.partition(b"\n\n")[0] + b"\n").text == b""


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"tagger Ann <ann@example.com>\n",
        b"tagger Ann <ann@example.com> yesterday +0000\n",
        b"tagger Ann <ann@example.com> 1700000000\n",
        b"tagger Ann <ann@example.com> 1700000000 UTC\n",
        b"tagger Ann <ann@example.com> 123456789012345678901 +0000\n",
        b"tagger \n",
        b"tagger Ann 1700000000 +0000\n",
        b"tagger Ann <a> <b> 1700000000 +0000\n",
    ],
)
def test_a_tag_without_a_readable_tagger_has_none(line: bytes) -> None:
    head, _, tail = RAW.partition(b"tagger ")
    found = tagobject.parse(head + line + b"\n" + tail.partition(b"\n\n")[2])
    assert (found.tagger, found.time) == (None, 0)
    assert found.text == b"Register churn v1.0.0\n"


@pytest.mark.parametrize("time", [0, -1, -(10**15), 10**19])
def test_any_whole_number_is_a_time(time: int) -> None:
    assert tagobject.parse(RAW.replace(b"1700000000", str(time).encode())).time == time


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\n",
        b"tree " + TARGET + b"\n",
        RAW.replace(b"object", b"OBJECT"),
        RAW.replace(TARGET, b"a" * 39),
        RAW.replace(TARGET, b"A" * 40),
        RAW.replace(b"type commit", b"type nothing"),
        RAW.partition(b"tag churn")[0],
    ],
)
def test_other_bytes_are_unreadable(raw: bytes) -> None:
    with pytest.raises(MalformedTag, match="headers of a tag object"):
        tagobject.parse(raw)


@pytest.mark.parametrize(
    ("tagger", "identity"),
    [
        (b"Ann Example <ann@example.com>", ("Ann Example", "ann@example.com")),
        (b"<ann@example.com>", ("", "ann@example.com")),
        (b"Ann <>", ("Ann", "")),
        (b"Ann", ("Ann", "")),
        (b"Ann <ann@example.com", ("Ann", "ann@example.com")),
        (b"Ann <a> <b>", ("Ann", "a")),
        (b"Zo\xc3\xab <z@example.com>", ("Zo\xeb", "z@example.com")),
        (b"Zo\xeb <z@\xff>", ("Zo\ufffd", "z@\ufffd")),
        (b"", ("", "")),
    ],
)
def test_who_made_a_tag(tagger: bytes, identity: tuple[str, str]) -> None:
    assert tagobject.identity(tagger) == identity


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", ("", "", {})),
        (b"Subject\n", ("Subject", "", {})),
        (b"Subject\n\nBody\nof two lines.\n", ("Subject", "Body\nof two lines.", {})),
        (b"Subject\n\nVersion: v1.0.0\n", ("Subject", "", {"Version": "v1.0.0"})),
        (
            b"Subject\n\nBody\n\nVersion: v1.0.0\nPrevious: none\n",
            ("Subject", "Body", {"Version": "v1.0.0", "Previous": "none"}),
        ),
        (b"Subject\r\n\r\nBody\r\n\r\nVersion: v1\r\n", ("Subject", "Body", {"Version": "v1"})),
        (b"Version: v1.0.0\n", ("Version: v1.0.0", "", {})),
        (b"Subject\nVersion: v1.0.0\n", ("Subject", "Version: v1.0.0", {})),
        (b"Subject\n\nVersion: v1.0.0\nand more\n", ("Subject", "Version: v1.0.0\nand more", {})),
        (b"Subject\n\nVersion: v1.0.0\n\nBody\n", ("Subject", "Version: v1.0.0\n\nBody", {})),
        (b"Subject\n\nVersion:v1.0.0\n", ("Subject", "Version:v1.0.0", {})),
        (b"Subject\n\nVersion: v1\nVersion: v2\n", ("Subject", "", {"Version": "v1"})),
        (b"Subject\n\nA: b\x0cVersion: v2\n", ("Subject", "", {"A": "b\x0cVersion: v2"})),
        (b"Subject\n\nA: b\xe2\x80\xa8C: d\n", ("Subject", "", {"A": "b\u2028C: d"})),
        (b"\xff\n\nVersion: v1\n", ("\ufffd", "", {"Version": "v1"})),
        (b"Subject\n\nVersion: v1\n" + SSH, ("Subject", "", {"Version": "v1"})),
        (b"Subject\n" + SSH, ("Subject", "", {})),
    ],
)
def test_a_message_is_subject_body_and_trailers(
    text: bytes, message: tuple[str, str, dict[str, str]]
) -> None:
    assert tagobject.message(text) == Message(*message)
    assert tagobject.trailer(text, b"Version") == message[2].get("Version")


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        (("Subject", "", {}), "Subject\n"),
        (("Subject", "Body", {}), "Subject\n\nBody\n"),
        (("Subject", "", {"Version": "v1.0.0"}), "Subject\n\nVersion: v1.0.0\n"),
        (("Subject", " Body\r\n", {"A": "1", "B": "2"}), "Subject\n\nBody\n\nA: 1\nB: 2\n"),
    ],
)
def test_a_message_is_composed(parts: tuple[str, str, dict[str, str]], text: str) -> None:
    assert tagobject.compose(*parts) == text


def test_a_body_that_looks_like_trailers_does_not_mix_with_them() -> None:
    text = tagobject.compose("Subject", "Version: v6.6.6", {"Version": "v1.0.0"})
    assert tagobject.message(text.encode()) == ("Subject", "Version: v6.6.6", {"Version": "v1.0.0"})
    assert tagobject.trailer(text.encode(), b"Version") == "v1.0.0"
