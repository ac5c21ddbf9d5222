"""Selectors, versions, stages and history: questions over a state."""

from __future__ import annotations

import pytest

from handmade import commit, event, events, history, state
from mreg.core import queries
from mreg.core.queries import Filter, Selector
from mreg.core.replay import History
from mreg.errors import InvalidName, NotFound
from repositories import BOB, START


@pytest.mark.parametrize(
    ("text", "selector"),
    [
        ("churn", Selector("churn", "latest", plain=True)),
        ("models:churn", Selector("models:churn", "latest", plain=True)),
        ("churn@latest", Selector("churn", "latest")),
        ("churn@v1.2.0", Selector("churn", "v1.2.0")),
        ("churn@v1.2.0-rc.1+b.7", Selector("churn", "v1.2.0-rc.1+b.7")),
        ("churn#prod", Selector("churn", stage="prod")),
        ("nlp/churn#eu/prod", Selector("nlp/churn", stage="eu/prod")),
    ],
)
def test_a_selector_is_read_and_written(text: str, selector: Selector) -> None:
    assert queries.parse_selector(text) == selector
    assert str(selector) == text


def test_the_v_of_a_version_may_be_left_out() -> None:
    assert queries.parse_selector("churn@1.2.0") == Selector("churn", "v1.2.0")


@pytest.mark.parametrize("text", ["churn#prod#2", "churn#prod!#12"])
def test_the_tag_of_an_event_is_told_from_a_stage(text: str) -> None:
    with pytest.raises(InvalidName, match="is the tag of an event, not a version") as refused:
        queries.parse_selector(text)
    assert refused.value.hint == "run `mreg audit churn#prod` to see the version of each tag"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "@",
        "#",
        "@v1.0.0",
        "#prod",
        "churn@",
        "churn#",
        "churn@v1",
        "churn@v1.0.0#prod",
        "churn#prod#1",
        "churn#prod@v1.0.0",
        "churn@@v1.0.0",
        "churn@prod",
        "ch urn@v1.0.0",
    ],
)
def test_what_is_no_selector_is_refused(text: str) -> None:
    with pytest.raises(InvalidName):
        queries.parse_selector(text)


@pytest.fixture
def past() -> History:
    """v2.0.0 holds prod before v1.0.0, v3.0.0-rc.1 staging; v1.1.0 was deregistered."""
    return history(
        ("churn@v1.0.0", "a"),
        ("churn@v2.0.0", "b"),
        ("churn@v1.1.0", "c"),
        ("churn#prod#1", "a"),
        ("churn#prod#2", "b"),
        ("churn@v1.1.0!", "c"),
        ("churn@v3.0.0-rc.1", "d"),
        ("churn#staging#3", "d"),
    )


class TestFind:
    @pytest.mark.parametrize(
        ("selector", "version"),
        [
            ("churn", "v3.0.0-rc.1"),
            ("churn@latest", "v3.0.0-rc.1"),
            ("churn@v1.0.0", "v1.0.0"),
            ("churn@v1.1.0", "v1.1.0"),
            ("churn#prod", "v2.0.0"),
        ],
    )
    def test_a_selector_names_a_version(self, past: History, selector: str, version: str) -> None:
        assert queries.find(past, queries.parse_selector(selector)).version == version

    def test_a_version_says_all_there_is_to_say(self, past: History) -> None:
        found = queries.find(past, Selector("churn", "v1.0.0"))
        assert found[:4] == ("churn", "v1.0.0", "churn@v1.0.0", commit("a"))
        assert found.created_at.timestamp() == START
        assert found[5:] == (
            "Ann Example",
            "ann@example.com",
            "A tag.",
            True,
            ("prod",),
            (),
            None,
        )

    def test_a_stage_says_who_promoted(self, past: History) -> None:
        found = queries.find(past, Selector("churn", stage="prod"))
        assert found.promotion == past.standing.current("prod")

    def test_the_current_stages_are_told_apart(self, past: History) -> None:
        found = queries.find(past, Selector("churn", "v2.0.0"))
        assert (found.stages, found.current) == (("prod",), ("prod",))

    def test_a_deregistered_version_is_found_inactive(self, past: History) -> None:
        assert not queries.find(past, Selector("churn", "v1.1.0")).active

    def test_a_bare_commit_is_found_in_its_stage(self) -> None:
        found = queries.find(history(("churn#prod#1", "e")), Selector("churn", stage="prod"))
        assert (found.version, found.commit, found.active) == (None, commit("e"), False)
        assert (found.stages, found.current) == (("prod",), ("prod",))

    def test_a_promoted_version_that_was_never_registered_is_named(self) -> None:
        lost = history(event("churn#prod#1", version="v9.0.0"))
        found = queries.find(lost, Selector("churn", stage="prod"))
        assert (found.version, found.active) == ("v9.0.0", False)

    @pytest.mark.parametrize(
        ("selector", "message", "hint"),
        [
            ("churn@v1.0.1", "churn has no version v1.0.1", "did you mean v1.0.0?"),
            (
                "churn@v77.66.55",
                "churn has no version",
                "run `mreg show churn` to list its versions",
            ),
            ("churn#prd", "churn has no version in prd", "did you mean prod?"),
            ("churn#x", "churn has no version in x", "stages with a version: prod, staging"),
        ],
    )
    def test_what_is_absent_is_said_with_a_hint(
        self, past: History, selector: str, message: str, hint: str
    ) -> None:
        with pytest.raises(NotFound, match=message) as absent:
            queries.find(past, queries.parse_selector(selector))
        assert hint in absent.value.hint

    def test_without_an_active_version_there_is_no_latest(self) -> None:
        gone = history("churn@v1.0.0", "churn@v1.0.0!")
        assert queries.latest(gone) is None
        with pytest.raises(NotFound, match="churn has no active version") as absent:
            queries.find(gone, Selector("churn", "latest"))
        assert "mreg register churn" in absent.value.hint

    def test_an_empty_stage_of_an_artifact_without_stages_needs_no_hint(self) -> None:
        with pytest.raises(NotFound) as absent:
            queries.find(history("churn@v1.0.0"), Selector("churn", stage="prod"))
        assert absent.value.hint == ""


class TestLatest:
    @pytest.mark.parametrize(
        ("tags", "latest"),
        [
            (["a@v1.9.0", "a@v1.10.0"], "v1.10.0"),
            (["a@v2.0.0", "a@v1.10.0"], "v2.0.0"),
            (["a@v1.0.0", "a@v1.0.0-rc.1"], "v1.0.0"),
            (["a@v1.0.0-rc.11", "a@v1.0.0-rc.2"], "v1.0.0-rc.11"),
            (["a@v2.0.0", "a@v1.0.0", "a@v2.0.0!"], "v1.0.0"),
            (["a@v1.0.0+b", "a@v1.0.0+a"], "v1.0.0+a"),
        ],
    )
    def test_it_is_the_highest_active_one_by_precedence(self, tags: list[str], latest: str) -> None:
        assert queries.latest(history(*tags)) == latest


class TestFindAll:
    def test_versions_are_newest_first_by_precedence(self, past: History) -> None:
        found = [it.version for it in queries.find_all(past)]
        assert found == ["v3.0.0-rc.1", "v2.0.0", "v1.0.0"]

    def test_deregistered_ones_come_if_they_are_asked_for(self, past: History) -> None:
        found = [(it.version, it.active) for it in queries.find_all(past, ended=True)]
        assert found[2:] == [("v1.1.0", False), ("v1.0.0", True)]

    def test_equal_precedence_is_ordered_by_registration_the_last_first(self) -> None:
        twins = history("a@v1.0.0+1", "a@v1.0.0+3", "a@v1.0.0+2")
        found = [it.version for it in queries.find_all(twins)]
        assert found == ["v1.0.0+2", "v1.0.0+3", "v1.0.0+1"]
        assert queries.latest(twins) == found[0]


class TestHolders:
    def test_the_current_holder_comes_first(self, past: History) -> None:
        found = queries.holders(past)
        assert list(found) == ["prod", "staging"]
        assert [(it.version, it.tag) for it in found["prod"]] == [
            ("v2.0.0", "churn#prod#2"),
            ("v1.0.0", "churn#prod#1"),
        ]

    def test_an_emptied_stage_is_left_out(self) -> None:
        assert queries.holders(history("a@v1.0.0", "a#p#1", "a#p!#2")) == {}

    def test_stages_are_summed_up_over_artifacts(self) -> None:
        whole = state(events("b@v1.0.0", "b#prod#1", "a@v2.0.0", "a#prod#1", "a#dev#2", "a#dev!#3"))
        found = queries.stages((it.artifact, queries.current(it)) for it in whole)
        versions = [
            (it.stage, {name: holder.version for name, holder in it.holders.items()})
            for it in found
        ]
        assert versions == [
            ("dev", {}),
            ("prod", {"a": "v2.0.0", "b": "v1.0.0"}),
        ]
        assert found[0].last_promoted_at is None
        assert found[1].last_promoted_at
        assert found[1].last_promoted_at.timestamp() == START + 3


class TestRecords:
    def test_the_newest_comes_first(self, past: History) -> None:
        found = list(queries.records([past]))
        assert [it.tag for it in found] == [dated.tag for dated in reversed(past.timeline)]

    def test_each_says_which_version_it_was_about(self, past: History) -> None:
        found = {it.tag: (it.action, it.version, it.stage) for it in queries.records([past])}
        assert found["churn#prod#2"] == ("promote", "v2.0.0", "prod")
        assert found["churn@v1.1.0!"] == ("deregister", "v1.1.0", None)

    def test_a_version_deregistered_since_is_still_named(self) -> None:
        found = queries.records([history("a@v1.0.0", "a#p#1", "a@v1.0.0!")])
        assert [it.version for it in found] == ["v1.0.0", "v1.0.0", "v1.0.0"]

    def test_a_commit_registered_later_counts_as_that_version(self) -> None:
        found = queries.records([history("a#p#1", "a@v1.0.0")])
        assert [it.version for it in found] == ["v1.0.0", "v1.0.0"]

    def test_deprecations_and_bare_commits_have_no_version(self) -> None:
        found = queries.records([history("a@deprecated", ("a#p#1", "z"))])
        assert [it.version for it in found] == [None, None]

    def test_events_of_several_artifacts_mix_by_time(self) -> None:
        found = queries.records(state(events("a@v1.0.0", "b@v1.0.0", "a@v2.0.0")))
        assert [it.tag for it in found] == ["a@v2.0.0", "b@v1.0.0", "a@v1.0.0"]

    @pytest.mark.parametrize(
        ("wanted", "tags"),
        [
            (Filter(stage="prod"), ["churn#prod#2", "churn#prod#1"]),
            (Filter(action="deregister"), ["churn@v1.1.0!"]),
            (Filter(stage="prod", action="demote"), []),
            (Filter(since=START + 6), ["churn#staging#3", "churn@v3.0.0-rc.1"]),
            (Filter(until=START + 1), ["churn@v2.0.0", "churn@v1.0.0"]),
            (Filter(since=START + 3, until=START + 3), ["churn#prod#1"]),
            (Filter(author="nobody"), []),
        ],
    )
    def test_filters(self, past: History, wanted: Filter, tags: list[str]) -> None:
        assert [it.tag for it in queries.records([past], wanted)] == tags

    @pytest.mark.parametrize("text", ["Bob", "bob sa", "SAMPLE.org", "Sample <bob"])
    def test_an_author_is_found_by_name_or_address_in_any_case(self, text: str) -> None:
        both = history(event("a@v1.0.0"), event("a@v2.0.0", 1, tagger=BOB))
        assert [it.version for it in queries.records([both], Filter(author=text))] == ["v2.0.0"]


class TestPredecessor:
    """What a rollback goes back to."""

    VERSIONS = (("a@v1.0.0", "a"), ("a@v2.0.0", "b"), ("a@v3.0.0", "c"))

    @pytest.mark.parametrize(
        ("tags", "version"),
        [
            ([], None),
            ([("a#p#1", "a")], None),
            ([("a#p#1", "a"), ("a#p#2", "a")], None),
            ([("a#p#1", "a"), ("a#p#2", "b")], "v1.0.0"),
            ([("a#p#1", "a"), ("a#p#2", "b"), ("a#p#3", "c")], "v2.0.0"),
            ([("a#p#1", "a"), ("a#p#2", "b"), ("a#p#3", "a")], "v2.0.0"),
            ([("a#p#1", "a"), ("a#q#2", "b"), ("a#p#3", "c")], "v1.0.0"),
            ([("a#p#1", "a"), ("a#p#2", "b"), ("a#p#3", "c"), ("a#p!#4", "b")], "v1.0.0"),
            ([("a#p#1", "a"), ("a#p#2", "b"), ("a#p#3", "c"), ("a@v2.0.0!", "b")], "v1.0.0"),
            ([("a#p#1", "x"), ("a#p#2", "b")], None),
            ([("a#p#1", "a"), ("a#p#2", "b"), ("a#p#3", "x")], "v2.0.0"),
            ([("a#p#1", "a"), ("a#p#2", "x"), ("a#p#3", "b")], "v1.0.0"),
            ([("a#p#1", "a"), ("a#p#2", "x"), ("a#p!#3", "x")], None),
            ([("a#p#1", "a"), ("a#p#2", "b"), ("a#p#3", "a"), ("a#p!#4", "b")], None),
        ],
    )
    def test_it_is_who_held_the_stage_before(
        self, tags: list[tuple[str, str]], version: str | None
    ) -> None:
        assert queries.predecessor(history(*self.VERSIONS, *tags), "p") == version

    def test_a_second_rollback_goes_one_further(self) -> None:
        past = history(
            *events(*self.VERSIONS),
            event("a#p#1", 10, "a"),
            event("a#p#2", 11, "b"),
            event("a#p#3", 12, "c"),
            event("a#p#4", 13, "b", trailers={"Rollback": "v3.0.0"}),
        )
        assert queries.predecessor(past, "p") == "v1.0.0"

    def test_after_a_rollback_to_the_first_there_is_nothing_further(self) -> None:
        past = history(
            *events(*self.VERSIONS),
            event("a#p#1", 10, "a"),
            event("a#p#2", 11, "b"),
            event("a#p#3", 12, "a", trailers={"Rollback": "v2.0.0"}),
        )
        assert queries.predecessor(past, "p") is None

    def test_what_takes_over_from_a_demoted_holder_is_not_what_was_rolled_back(self) -> None:
        """v2.0.0 was rolled back from, so v3.0.0 takes over when v1.0.0 is demoted."""
        past = history(
            *events(*self.VERSIONS),
            event("a#p#1", 10, "c"),
            event("a#p#2", 11, "a"),
            event("a#p#3", 12, "b"),
            event("a#p#4", 13, "a", trailers={"Rollback": "v2.0.0"}),
            event("a#p!#5", 14, "a"),
        )
        assert queries.find(past, Selector("a", stage="p")).version == "v3.0.0"
        assert queries.predecessor(past, "p") is None

    def test_after_a_rollback_a_new_release_can_be_rolled_back_too(self) -> None:
        past = history(
            *events(*self.VERSIONS),
            event("a#p#1", 10, "a"),
            event("a#p#2", 11, "b"),
            event("a#p#3", 12, "a", trailers={"Rollback": "v2.0.0"}),
            event("a#p#4", 13, "c"),
        )
        assert queries.predecessor(past, "p") == "v1.0.0"


def test_a_suggestion_needs_some_likeness() -> None:
    assert queries.suggestion("chrun", ["churn", "fraud"]) == "did you mean churn?"
    assert queries.suggestion("weather", ["churn", "fraud"]) == ""


def test_an_unknown_artifact_gets_a_hint_for_each_case() -> None:
    assert queries.unknown_artifact("chrun", ["churn"]).hint == "did you mean churn?"
    assert (
        queries.unknown_artifact("xyz", iter(["churn"])).hint
        == "run `mreg show` to list the artifacts"
    )
    assert queries.unknown_artifact("xyz", []).hint == "mreg register xyz"


@pytest.mark.parametrize(
    ("tags", "version", "before"),
    [
        (["churn@v1.0.0"], "v1.0.0", None),
        (["churn@v1.0.0", "churn@v2.0.0"], "v2.0.0", "v1.0.0"),
        (["churn@v1.0.0", "churn@v2.0.0"], "v1.0.0", None),
        (["churn@v1.0.0", "churn@v2.0.0", "churn@v1.0.1"], "v1.0.1", "v1.0.0"),
        (["churn@v1.0.0", "churn@v2.0.0", "churn@v1.5.0"], "v2.0.0", "v1.0.0"),
        (["churn@v1.0.0", "churn@v1.1.0", "churn@v1.1.0!", "churn@v1.2.0"], "v1.2.0", "v1.0.0"),
        (["churn@v1.0.0-rc.1", "churn@v1.0.0"], "v1.0.0", "v1.0.0-rc.1"),
        (["churn@v1.0.0", "churn@v1.0.0+two"], "v1.0.0+two", None),
    ],
)
def test_the_version_that_a_version_follows(
    tags: list[str], version: str, before: str | None
) -> None:
    assert queries.before(history(*tags), version) == before
