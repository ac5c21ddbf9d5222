"""The fast ways of reading many tags, held to the general ones on tags of every form."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import example, given
from hypothesis import strategies as st

from handmade import commit
from mreg.core import answers, kinds, parse, queries, tagobject, times
from mreg.core.events import PREVIOUS_TRAILER, Event, messages_of
from mreg.core.parse import TagColumns
from mreg.core.replay import History, ordered
from mreg.render.json import dumps
from repositories import tag_bytes
from strategies_of_tags import messages, tag_objects, together


@given(st.lists(tag_objects(), max_size=5))
def test_many_read_at_once_say_what_each_says(found: list[tuple[str, bytes]]) -> None:
    names = [kinds.parse(tag) or kinds.TagName("register", "") for tag, _ in found]
    oids = [f"{at:040x}" for at in range(len(found))]
    tails = [it._replace(artifact="") for it in names]
    listed = TagColumns([it.artifact for it in names], [tag for tag, _ in found], tails, oids)
    one_by_one = [
        parse.read(tag, name, oid, raw)
        for (tag, raw), name, oid in zip(found, names, oids, strict=True)
    ]
    at_once = parse.read_all(listed, together([raw for _, raw in found]))
    if any(b"\x01" in raw for _, raw in found):
        assert at_once is None
    else:
        assert at_once == one_by_one
        assert [*map(type, at_once)] == [*map(type, one_by_one)]


def test_a_tag_that_mreg_makes_is_read_the_fast_way() -> None:
    message = b"Promote churn v1.0.0 to prod\n\nSaid.\n\nVersion: v1.0.0\nPrevious: none\n"
    raw = together([tag_bytes("churn#prod#1", commit("a"), message=message)])
    [(*_, text, version)] = parse.PLAIN.findall(raw)
    assert (text, version) == (message, b"v1.0.0")


@given(messages.filter(lambda it: b"\x01" not in it))
@example(b"Subject\n\nPrevious: none\n")
@example(b"Subject \n\nPrevious: none\n")
@example(b"Subject\n\nA: b\nPrevious: none\n")
@example(b"Subject\n\nBody.\n\nA: b\nPrevious: none\nRegistry: r\n")
@example(b"Subject\n\nVersion: v1.0.0\n\nPrevious: none\n")
@example(b"Subject\n\nB\nPrevious: none\n")
@example(b"-----BEGIN SSH SIGNATURE-----\n\nPrevious: none\n")
def test_a_message_is_what_its_parts_are(text: bytes) -> None:
    event = Event("register", "a", "v1.0.0", None, 0, "a@v1.0.0", "1", "2", 0, "+0000", b"", text)
    content, trailers = tagobject.split(text)
    whole = tagobject.decode(content + b"\n\n" + trailers if trailers else content)
    subject, _, body = tagobject.decode(content).partition("\n")
    ours = PREVIOUS_TRAILER.encode() in trailers
    assert event.message == ((body.strip() or subject) if ours else whole)
    assert messages_of([event]) == [event.message]


@given(st.lists(messages, min_size=1, max_size=4))
def test_messages_are_those_of_each(texts: list[bytes]) -> None:
    one = Event("register", "a", "v1.0.0", None, 0, "a@v1.0.0", "1", "2", 0, "+0000", b"", b"")
    events = [one._replace(text=it) for it in texts]
    assert messages_of(events) == [it.message for it in events]


@given(
    st.integers(times.EARLIEST, times.LATEST),
    st.from_regex(r"[+-][0-9]{4}", fullmatch=True) | st.sampled_from(["+0530", "-0001", "+0000"]),
)
def test_a_time_is_written_as_a_datetime_writes_it(time: int, zone: str) -> None:
    assert times.iso(time, zone) == times.moment(time, zone).isoformat()
    assert datetime.fromisoformat(times.iso(time, zone)).astimezone(UTC) == times.moment(time)


@given(st.lists(tag_objects(), max_size=6))
def test_an_artifacts_text_is_its_json(found: list[tuple[str, bytes]]) -> None:
    events: dict[str, Event] = {}
    for tag, raw in found:
        name = kinds.parse(tag)
        said = parse.read(tag, name, "1" * 40, raw) if name else None
        if isinstance(said, Event) and said.artifact == "churn":
            events[tag] = said
    history = History("churn", ordered(events.values()))
    version = queries.latest(history)
    document = {
        "registered": bool(history.timeline),
        "deprecated": history.standing.deprecated,
        "latest": queries.describe(history, version) if version else None,
        "stages": queries.holders(history),
    }
    assert f"{{{answers.text(history)}" == dumps(document)
