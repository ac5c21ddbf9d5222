"""Properties: what holds for any name, version, message and history."""

from __future__ import annotations

import random
import re
from typing import get_args

from hypothesis import assume, given
from hypothesis import strategies as st

from handmade import event
from mreg.core import kinds, names, refnames, tagobject, versions
from mreg.core.events import Event
from mreg.core.kinds import TagName
from mreg.core.queries import parse_selector
from mreg.core.replay import ordered, replay
from mreg.core.versions import Bump
from mreg.errors import InvalidName
from strategies import almost_tag, artifacts, tag_name, version


class TestNames:
    @given(tag_name())
    def test_each_events_name_parses_back_to_it(self, name: TagName) -> None:
        assert kinds.parse(str(name)) == name

    @given(st.text(max_size=30) | st.text("aV10.-+@#!=/:_", max_size=14))
    def test_any_text_round_trips_or_is_no_tag(self, text: str) -> None:
        name = kinds.parse(text)
        assert name is None or str(name) == text

    @given(almost_tag())
    def test_what_is_almost_a_tag_round_trips_or_is_none(self, text: str) -> None:
        name = kinds.parse(text)
        assert name is None or str(name) == text

    @given(st.text(max_size=12) | st.text("ab1.-_/:=", max_size=10) | artifacts)
    def test_any_text_is_an_artifact_name_that_git_can_hold_or_is_refused(self, text: str) -> None:
        try:
            name = names.artifact(text)
        except InvalidName:
            return
        tag = TagName("register", name, "v1.0.0")
        assert kinds.parse(str(tag)) == tag
        assert refnames.fault(f"refs/tags/{tag}") == ""

    @given(st.text(max_size=20) | st.text("ab1v.@#:latest", max_size=14))
    def test_any_text_is_a_selector_that_is_written_the_same_or_is_refused(self, text: str) -> None:
        try:
            selector = parse_selector(text)
        except InvalidName:
            return
        assert parse_selector(str(selector)) == selector


class TestVersions:
    @given(version())
    def test_what_is_put_together_by_the_grammar_is_a_version(self, text: str) -> None:
        assert versions.is_version(text)

    @given(st.text("v01234.-+ab", max_size=14))
    def test_the_semver_package_agrees_on_what_is_a_version(self, text: str) -> None:
        from semver import Version

        assert versions.is_version(text) == (text[:1] == "v" and Version.is_valid(text[1:]))

    @given(version(), version())
    def test_the_semver_package_agrees_on_the_order(self, one: str, other: str) -> None:
        from semver import Version

        mine, theirs = versions.precedence(one), versions.precedence(other)
        assert (mine > theirs) - (mine < theirs) == Version.parse(one[1:]).compare(other[1:])

    @given(version(), st.sampled_from([it for it in get_args(Bump) if it != "release"]))
    def test_what_follows_is_higher(self, text: str, bump: Bump) -> None:
        found = versions.following(text, bump)
        assert versions.is_version(found)
        assert versions.precedence(found) > versions.precedence(text)

    @given(version())
    def test_a_release_is_higher_than_its_prerelease(self, text: str) -> None:
        release, hyphen, _ = text.partition("+")[0].partition("-")
        assume(hyphen)
        assert versions.following(text, "release") == release
        assert versions.precedence(release) > versions.precedence(text)


_LINE_ENDS = re.compile(r"[\r\n]")
lines = st.text(st.characters(exclude_categories=["Cs"]), max_size=12).filter(
    lambda text: not _LINE_ENDS.search(text)
)
keys = st.sampled_from(["Version", "Previous", "Signed-off-by", "Version2", "X"])
trailer_lines = st.builds("{}: {}".format, keys, lines)
paragraphs = (st.lists(lines | trailer_lines, max_size=3) | st.lists(trailer_lines)).map("\n".join)
texts = st.lists(paragraphs, max_size=4).map("\n\n".join) | st.text("Version: \n\r1", max_size=40)


class TestMessages:
    @given(
        lines.filter(str.strip),
        texts,
        st.dictionaries(keys, lines.map(str.strip).filter(bool), min_size=1, max_size=3),
    )
    def test_a_composed_message_is_taken_apart_again(
        self, subject: str, body: str, trailers: dict[str, str]
    ) -> None:
        found = tagobject.message(tagobject.compose(subject, body, trailers).encode())
        assert found.subject.strip() == subject.strip()
        assert found.body == body.replace("\r\n", "\n").strip()
        assert found.trailers == trailers

    @given(texts, keys)
    def test_one_trailer_is_that_of_the_whole_message(self, text: str, key: str) -> None:
        raw = text.encode()
        assert tagobject.trailer(raw, key.encode()) == tagobject.message(raw).trailers.get(key)

    @given(st.binary(max_size=80) | texts.map(str.encode))
    def test_any_bytes_are_a_message(self, raw: bytes) -> None:
        found = tagobject.message(raw)
        assert "\n" not in found.subject

    @given(st.binary(max_size=120))
    def test_any_bytes_are_a_tag_object_or_refused(self, raw: bytes) -> None:
        try:
            found = tagobject.parse(raw)
        except tagobject.MalformedTag:
            return
        assert raw.startswith(b"object " + found.target)


@st.composite
def one_artifacts_events(draw: st.DrawFn) -> list[Event]:
    """Draw events of one artifact: few versions, stages, commits, seconds and numbers."""
    forms = ["a@v{v}.0.0", "a@v{v}.0.0!", "a#{s}", "a#{s}!", "a@deprecated"]
    found: dict[str, Event] = {}
    for _ in range(draw(st.integers(0, 12))):
        tag = draw(st.sampled_from(forms)).format(
            v=draw(st.integers(1, 3)), s=draw(st.sampled_from("pq"))
        )
        number = draw(st.integers(0, 6))
        tag += f"#{number}" if number else ""
        named = draw(st.sampled_from([None, "v1.0.0", "v2.0.0"])) if "#" in tag else None
        found[tag] = event(
            tag, draw(st.integers(0, 4)), draw(st.sampled_from("xyz")), version=named
        )
    return list(found.values())


class TestReplay:
    @given(one_artifacts_events(), st.randoms(use_true_random=False))
    def test_it_does_not_depend_on_the_order_of_listing(
        self, found: list[Event], chance: random.Random
    ) -> None:
        shuffled = found.copy()
        chance.shuffle(shuffled)
        assert ordered(shuffled) == ordered(found)

    @given(one_artifacts_events())
    def test_effective_times_never_go_back_along_the_numbers(self, found: list[Event]) -> None:
        dated = sorted((it for it in ordered(found) if it.number), key=lambda it: it.number)
        times = [it.effective for it in dated]
        assert times == sorted(times)

    @given(one_artifacts_events())
    def test_a_prefix_of_the_order_is_the_state_at_that_time(self, found: list[Event]) -> None:
        dated = ordered(found)
        for it in dated:
            prefix = [other for other in dated if other.effective <= it.effective]
            past, now = replay(dated, until=it.effective), replay(prefix)
            assert (past.active, past.ended, past.stages) == (now.active, now.ended, now.stages)

    @given(one_artifacts_events())
    def test_what_stands_is_consistent(self, found: list[Event]) -> None:
        standing = replay(ordered(found))
        assert not standing.active.keys() & standing.ended.keys()
        for version_, registration in standing.active.items():
            assert registration.version == version_
            assert standing.version_at(registration.commit) in standing.active
        for places in standing.stages.values():
            for key, place in places.items():
                assert key == (place.version or place.event.commit)
