"""How plain tags stand, read in columns, is what the general way says of them; on any tags."""

from __future__ import annotations

from typing import cast

from hypothesis import example, given
from hypothesis import strategies as st

from handmade import commit
from mreg.core import answers, kinds, parse, plain, queries
from mreg.core.events import Event
from mreg.core.parse import TagColumns
from mreg.core.replay import History, ordered
from repositories import ANN, tag_bytes
from strategies_of_tags import messages, tag_objects, together

NAMES = (
    *("churn@v1.0.0", "churn@v1.1.0-rc.1", "churn@v1.1.0", "churn@v1.1.0#7", "churn@v1.1.0+b"),
    *("churn@v1.0.0!", "churn@v1.1.0!#8", "churn@deprecated", "churn@deprecated#9"),
    *(f"churn#{stage}{mark}#{number}" for number, stage, mark in (
        (1, "prod", ""), (2, "eu/prod", ""), (3, "prod", ""), (4, "prod", "!"), (5, "eu/prod", ""),
        (6, "prod", ""), (10, "prod", "!"), (10, "prod", ""), (11, "prod", ""),
    )),
)  # fmt: skip
SUBJECTS = ("Promote churn v1.0.0 to prod", "M\u00fcll", 'a\x7f"', "##vso[x]", "blank ", "\u00a0x")
BODIES = ("", "Because it is better.", "Note: two words", "\u3000wide", "Version: v9.0.0")

PREVIOUS = ("Previous:  ", "Previous: ", "Previous: a b", "Previous: a\u00e9 ", "Previous: \x0b")


@st.composite
def said(draw: st.DrawFn) -> bytes:
    """Draw a message of the form that mreg gives it, or nearly so."""
    version = draw(st.sampled_from(["v1.0.0", "v1.1.0", "v1.1.0", "v9.0.0", "", commit("a")]))
    trailers = [
        *([f"Version: {version}"] if version else []),
        *draw(st.sampled_from([[], [], ["Registration: 5"], ["Rollback: v1.0.0"]])),
        *draw(st.sampled_from([["Previous: none"]] * 6 + [[], *([it] for it in PREVIOUS)])),
        *draw(st.sampled_from([[], [], ["Registry: r", "Digest: sha256:1"], ["Digest: a b"]])),
    ]
    parts = (draw(st.sampled_from(SUBJECTS)), draw(st.sampled_from(BODIES)), "\n".join(trailers))
    return ("\n\n".join(filter(None, parts)) + "\n").encode()


@st.composite
def artifacts(draw: st.DrawFn) -> list[tuple[str, bytes]]:
    """Draw the tags of an artifact."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=12, unique=True))
    hostile = draw(st.booleans()) and draw(st.booleans())
    found = []
    for number, tag in enumerate(sorted(names)):
        time = draw(st.sampled_from([100 + NAMES.index(tag)] * 9 + [100, number]))
        message = draw(messages if hostile else said())
        target = commit(draw(st.sampled_from("ab")))
        found.append((tag, tag_bytes(tag, target, tagger=f"{ANN} {time} +0100", message=message)))
    return found


def columns(found: list[tuple[str, bytes]]) -> TagColumns:
    names = [kinds.parse(tag) or kinds.TagName("register", "") for tag, _ in found]
    tails = [it._replace(artifact="") for it in names]
    oids = [f"{at:040x}" for at in range(len(found))]
    return TagColumns([it.artifact for it in names], [tag for tag, _ in found], tails, oids)


@given(st.lists(tag_objects(), max_size=4) | artifacts())
def test_a_plain_tag_says_what_its_event_does(found: list[tuple[str, bytes]]) -> None:
    listed, raw = columns(found), together([raw for _, raw in found])
    if raw.count(b"\x01") != len(found) or (rows := plain.read(listed, raw)) is None:
        return
    events = parse.read_all(listed, raw)
    assert events is not None
    for row, event in zip(rows, events, strict=True):
        assert isinstance(event, Event)
        assert (row.time, row.number, row.tag, row.action) == (
            *(event.time, event.number, event.tag, event.action),
        )
        assert (row.stage, row.commit, row.zone) == (event.stage, event.commit, event.zone)
        assert (row.tagger, row.said) == (event.tagger, event.message)
        assert event.rolled_back is None
        if row.stage or event.version:
            assert row.version == (event.version or "")


@given(artifacts())
@example([(it, tag_bytes(it, commit("a"), message=b"S\n\nPrevious: none\n")) for it in NAMES[:3]])
def test_an_artifact_of_plain_tags_stands_as_replay_says(found: list[tuple[str, bytes]]) -> None:
    listed, raw = columns(found), together([raw for _, raw in found])
    if raw.count(b"\x01") != len(found) or (rows := plain.read(listed, raw)) is None:
        return
    standing = plain.replay(rows)
    if standing is None:
        return
    history = History("churn", ordered(cast("list[Event]", parse.read_all(listed, raw))))
    assert standing.text("churn") == answers.text(history)
    assert standing.latest == queries.latest(history)
    assert standing.deprecated == history.standing.deprecated
    current = {stage: next(reversed(them), None) for stage, them in standing.stages.items()}
    assert current == {it: held and held.key for it, held in queries.current(history).items()}


def test_what_mreg_makes_is_plain() -> None:
    """All kinds of events, one after the other, with and without a body."""
    said_of = {
        "churn@v1.0.0": b"Register churn v1.0.0\n\nPrevious: none\nDigest: sha256:5\n",
        "churn@v1.1.0": b"Register churn v1.1.0\n\nBetter.\n\nPrevious: 5\nRegistry: r\n",
        "churn#prod#1": b"Promote\n\nVersion: v1.0.0\nRegistration: 5\nPrevious: 6\n",
        "churn#prod#2": b"Promote\n\nSaid: so\n\nVersion: v1.1.0\nPrevious: 7\n",
        "churn#prod!#3": b"Demote churn v1.0.0 from prod\n\nVersion: v1.0.0\nPrevious: 8\n",
        "churn@v1.1.0!": b"Deregister churn v1.1.0\n\nPrevious: 9\n",
        "churn@deprecated": b"Deprecate churn\n\nPrevious: a\n",
    }
    found = [
        (tag, tag_bytes(tag, commit("a"), tagger=f"{ANN} {time} +0000", message=message))
        for time, (tag, message) in enumerate(said_of.items())
    ]
    rows = plain.read(columns(found), together([raw for _, raw in found]))
    assert rows
    standing = plain.replay(rows)
    assert standing
    assert (standing.latest, standing.stages, standing.deprecated) == ("v1.0.0", {"prod": {}}, True)
    assert [it.said for it in rows][1:4] == ["Better.", "Promote", "Said: so"]


def test_a_tagger_of_two_lines_is_left_to_the_general_way() -> None:
    message = b"S\n\nPrevious: none\n"
    raw = tag_bytes("churn@v1.0.0", commit("a"), tagger=f"Ann\n{ANN} 1 +0000", message=message)
    assert plain.read(columns([("churn@v1.0.0", raw)]), together([raw])) is None


def test_a_clock_that_was_late_is_left_to_replay() -> None:
    message = b"S\n\nVersion: v1.0.0\nPrevious: none\n"
    names = ["churn@v1.0.0", "churn#prod#1", "churn#prod#2"]
    times = [1, 9, 5]
    found = [
        (tag, tag_bytes(tag, commit("a"), tagger=f"{ANN} {time} +0000", message=message))
        for tag, time in zip(names, times, strict=True)
    ]
    rows = plain.read(columns(found), together([raw for _, raw in found]))
    assert rows
    assert plain.replay(rows) is None
