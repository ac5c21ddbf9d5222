"""The tags of a registry by artifact, out of a listing."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from mreg.core import kinds, listing, refnames

_PIECES = ("a", "b", "-", "/", "\u00e9", "=", "c", "@", "#", "@v1.0.0", "#prod", "!", "@2", "0")
names = st.lists(st.sampled_from(_PIECES), min_size=1, max_size=6).map("".join)


def lines(*tags: str) -> bytes:
    """Return a listing of tags, sorted as Git sorts them."""
    raw = sorted({it.encode() for it in tags})
    return b"".join(b"%040x %b\n" % (at, tag) for at, tag in enumerate(raw))


@given(st.lists(names, max_size=60), st.sampled_from([1, 2, 50, 90, 400, 1 << 12]))
def test_it_is_what_one_line_after_the_other_says(tags: list[str], stride: int) -> None:
    """Runs are looked up in strides, of any length; names are as `kinds.parse` has them."""
    listed, runs, others = lines(*tags), dict[str, list[str]](), list[str]()
    for tag, oid in refnames.listed(listed):
        artifact = (re.match(r"[^@#]*(?=[@#])", tag) or [""])[0]
        known = kinds.parse(f"{artifact}@v0.0.1")
        if known:
            runs.setdefault(known.artifact, []).append(f"{oid} {tag}\n")
        elif kinds.is_near_miss(tag):
            others.append(tag)
    found = listing.read(listed, stride=stride)
    assert list(found.runs) == sorted(runs)
    assert {it: found.of(it).decode() for it in found.runs} == {
        it: "".join(runs[it]) for it in runs
    }
    assert found.others == tuple(others)


def test_an_artifacts_tags_stand_in_two_places_where_another_name_lies_between() -> None:
    found = listing.read(lines("a#prod#1", "a-b@v1.0.0", "a@v1.0.0", "a@v1.1.0"))
    assert [tag for tag, _ in refnames.listed(found.of("a"))] == [
        "a#prod#1",
        "a@v1.0.0",
        "a@v1.1.0",
    ]
    assert found.runs["a"] != found.runs["a-b"]


def test_only_who_has_a_tag_of_the_registry_is_an_artifact() -> None:
    found = lines("a@v1.0.0", "b@2", "d=c#prod", "v1.0.0", "x@deprecated@")
    assert listing.artifacts(found) == ("a", "d:c")
