"""Replay: the order of events, and what they amount to."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest

from handmade import commit, event, events, history, state
from mreg.core.events import Event
from mreg.core.replay import GrowingHistory, History, ordered, replay
from mreg.core.standing import Standing


def order(*found: Event) -> list[str]:
    return [dated.tag for dated in ordered(found)]


def holders(past: History, stage: str) -> list[str]:
    return [place.version or place.event.commit for place in past.standing.holders(stage)]


class TestOrder:
    def test_events_without_numbers_are_in_the_order_of_their_dates(self) -> None:
        found = order(event("a@v2.0.0", 20), event("a@v1.0.0", 10), event("a@v1.0.0!", 30))
        assert found == ["a@v1.0.0", "a@v2.0.0", "a@v1.0.0!"]

    def test_numbers_order_events_of_one_second(self) -> None:
        assert order(event("a#p#10"), event("a#p#9"), event("a#p!#11"), event("a@v1.0.0")) == [
            "a@v1.0.0",
            "a#p#9",
            "a#p#10",
            "a#p!#11",
        ]

    def test_names_order_events_of_one_second_without_numbers(self) -> None:
        assert order(event("a@v1.0.0"), event("a@deprecated")) == ["a@deprecated", "a@v1.0.0"]

    def test_a_number_counts_more_than_a_clock_that_was_behind(self) -> None:
        assert order(event("a#p#2", 50), event("a#p#1", 100)) == ["a#p#1", "a#p#2"]

    def test_an_event_after_a_clock_that_was_ahead_takes_effect_with_it(self) -> None:
        dated = ordered([event("a#p#1", 1000), event("a#p#2", 10), event("a#p#3", 1001)])
        assert [it.effective - dated[0].effective for it in dated] == [0, 0, 1]

    def test_events_without_numbers_do_not_move_the_clock(self) -> None:
        found = order(event("a@v1.0.0", 1000), event("a#p#1", 10), event("a#p#2", 20))
        assert found == ["a#p#1", "a#p#2", "a@v1.0.0"]

    def test_one_number_on_two_events_is_ordered_by_date_then_name(self) -> None:
        assert order(event("a#q#1", 5), event("a#p#1", 5), event("a#z#1", 1)) == [
            "a#z#1",
            "a#p#1",
            "a#q#1",
        ]


class TestVersions:
    def test_a_registered_version_is_active_at_its_commit(self) -> None:
        standing = history(("a@v1.0.0", "b")).standing
        assert standing.active["v1.0.0"].commit == commit("b")
        assert standing.version_at(commit("b")) == "v1.0.0"

    def test_a_deregistered_version_is_not_active(self) -> None:
        standing = history("a@v1.0.0", "a@v1.0.0!").standing
        assert list(standing.active) == []
        assert list(standing.ended) == ["v1.0.0"]
        assert standing.version_at(commit("a")) is None

    def test_a_version_can_be_registered_again_elsewhere(self) -> None:
        standing = history("a@v1.0.0", "a@v1.0.0!", ("a@v1.0.0#1", "b")).standing
        assert standing.active["v1.0.0"].commit == commit("b")
        assert list(standing.ended) == []
        assert standing.version_at(commit("a")) is None

    def test_the_last_registration_of_an_active_version_counts(self) -> None:
        standing = history("a@v1.0.0", ("a@v1.0.0#1", "b")).standing
        assert standing.active["v1.0.0"].commit == commit("b")
        assert standing.version_at(commit("a")) is None

    def test_of_two_versions_at_a_commit_the_latest_registered_counts(self) -> None:
        standing = history("a@v2.0.0", "a@v1.0.0").standing
        assert standing.version_at(commit("a")) == "v1.0.0"

    def test_without_the_second_version_the_first_is_back_at_the_commit(self) -> None:
        standing = history("a@v1.0.0", "a@v2.0.0", "a@v2.0.0!").standing
        assert standing.version_at(commit("a")) == "v1.0.0"

    def test_to_deregister_what_was_never_registered_does_nothing(self) -> None:
        standing = history("a@v1.0.0", "a@v2.0.0!").standing
        assert list(standing.active) == ["v1.0.0"]
        assert list(standing.ended) == []


class TestStages:
    def test_the_last_promoted_is_the_current_holder(self) -> None:
        past = history(("a@v1.0.0", "a"), ("a@v2.0.0", "b"), ("a#p#1", "a"), ("a#p#2", "b"))
        assert holders(past, "p") == ["v2.0.0", "v1.0.0"]
        current = past.standing.current("p")
        assert current
        assert current.event.tag == "a#p#2"

    def test_promoting_again_moves_a_version_to_the_head(self) -> None:
        past = history(
            ("a@v1.0.0", "a"), ("a@v2.0.0", "b"), ("a#p#1", "a"), ("a#p#2", "b"), ("a#p#3", "a")
        )
        assert holders(past, "p") == ["v1.0.0", "v2.0.0"]

    def test_a_demoted_holder_gives_way_to_the_one_behind_it(self) -> None:
        past = history(
            ("a@v1.0.0", "a"), ("a@v2.0.0", "b"), ("a#p#1", "a"), ("a#p#2", "b"), ("a#p!#3", "b")
        )
        assert holders(past, "p") == ["v1.0.0"]

    @pytest.mark.parametrize(
        ("then", "left"),
        [
            ([], ["v2.0.0", "v1.0.0"]),
            ([("a#p!#5", "v2.0.0", "")], ["v1.0.0"]),
            ([("a#p#5", "v1.0.0", "v2.0.0")], ["v1.0.0"]),
            ([("a#p#5", "v1.0.0", "v2.0.0"), ("a#p!#6", "v1.0.0", "")], []),
            ([("a#p#5", "v3.0.0", "")], ["v3.0.0", "v2.0.0", "v1.0.0"]),
            ([("a#p#5", "v3.0.0", "v9.9.9")], ["v3.0.0", "v2.0.0", "v1.0.0"]),
            ([("a#p!#5", "v3.0.0", "")], ["v2.0.0", "v1.0.0"]),
            ([("a@v2.0.0!", "v2.0.0", "")], ["v1.0.0"]),
            ([("a#q#5", "v1.0.0", "v2.0.0")], ["v2.0.0", "v1.0.0"]),
        ],
    )
    def test_what_was_rolled_back_from_has_no_place_any_more(
        self, then: list[tuple[str, str, str]], left: list[str]
    ) -> None:
        """It took over again when the version that was put back was demoted."""
        versions = [(f"a@v{number}.0.0", f"v{number}.0.0", "") for number in (1, 2, 3)]
        promoted = [(f"a#p#{number}", f"v{number}.0.0", "") for number in (1, 2, 3)]
        steps = [*versions, *promoted, ("a#p#4", "v2.0.0", "v3.0.0"), *then]
        past = history(
            *(
                event(tag, at, version=version, trailers={"Rollback": bad} if bad else None)
                for at, (tag, version, bad) in enumerate(steps)
            )
        )
        assert holders(past, "p") == left

    def test_a_promotion_without_the_trailer_leaves_all_in_place(self) -> None:
        """GTO knows no rollback: what goes back to v1.0.0 there is a promotion like others."""
        past = history(
            ("a@v1.0.0", "a"), ("a@v2.0.0", "b"), ("a#p#1", "a"), ("a#p#2", "b"), ("a#p#3", "a")
        )
        assert holders(past, "p") == ["v1.0.0", "v2.0.0"]

    def test_a_deregistered_holder_gives_way_everywhere(self) -> None:
        past = history(
            ("a@v1.0.0", "a"), ("a@v2.0.0", "b"), ("a#p#1", "a"), ("a#p#2", "b"), ("a#q#3", "b")
        )
        assert holders(past, "q") == ["v2.0.0"]
        ended = history(*(it.event for it in past.timeline), event("a@v2.0.0!", 50))
        assert holders(ended, "p") == ["v1.0.0"]
        assert holders(ended, "q") == []

    def test_registering_again_does_not_bring_places_back(self) -> None:
        past = history("a@v1.0.0", "a#p#1", "a@v1.0.0!", "a@v1.0.0#2")
        assert holders(past, "p") == []

    def test_the_version_in_the_trailer_counts_not_that_of_the_commit(self) -> None:
        past = history(
            event("a@v1.0.0", 0), event("a@v2.0.0", 1), event("a#p#1", 2, version="v1.0.0")
        )
        assert holders(past, "p") == ["v1.0.0"]

    def test_demoting_by_trailer_takes_out_that_version(self) -> None:
        past = history(
            event("a@v1.0.0", 0),
            event("a@v2.0.0", 1),
            event("a#p#1", 2, version="v1.0.0"),
            event("a#p#2", 3, version="v2.0.0"),
            event("a#p!#3", 4, version="v1.0.0"),
        )
        assert holders(past, "p") == ["v2.0.0"]

    def test_a_commit_without_a_version_is_held_as_a_commit(self) -> None:
        past = history(("a#p#1", "c"))
        assert holders(past, "p") == [commit("c")]

    def test_a_bare_commit_can_be_demoted(self) -> None:
        assert holders(history(("a#p#1", "c"), ("a#p!#2", "c")), "p") == []

    def test_a_bare_commit_that_is_registered_later_is_that_version_in_its_place(self) -> None:
        past = history(("a#p#1", "c"), ("a@v1.0.0", "a"), ("a#p#2", "a"), ("a@v2.0.0", "c"))
        assert holders(past, "p") == ["v1.0.0", "v2.0.0"]

    def test_the_commit_of_a_deregistered_version_is_a_bare_commit(self) -> None:
        past = history("a@v1.0.0", "a@v1.0.0!", "a#p#1")
        assert holders(past, "p") == [commit("a")]

    def test_demoting_what_is_not_there_does_nothing(self) -> None:
        past = history(("a@v1.0.0", "a"), ("a#p#1", "a"), ("a#p!#2", "b"), ("a#q!#3", "a"))
        assert holders(past, "p") == ["v1.0.0"]


class TestDeprecation:
    @pytest.mark.parametrize("last", ["a@v2.0.0", "a@v1.0.0!", "a#p#1", "a#p!#1"])
    def test_any_later_event_ends_it(self, last: str) -> None:
        assert history("a@v1.0.0", "a@deprecated").standing.deprecated
        assert not history("a@v1.0.0", "a@deprecated", last).standing.deprecated

    def test_it_can_be_deprecated_again(self) -> None:
        tags = ("a@v1.0.0", "a@deprecated", "a@v2.0.0", "a@deprecated#1")
        assert history(*tags).standing.deprecated

    def test_it_ends_nothing_else(self) -> None:
        standing = history("a@v1.0.0", "a#p#1", "a@deprecated").standing
        assert list(standing.active) == ["v1.0.0"]
        assert standing.current("p")


class TestAsOf:
    def test_replay_leaves_out_what_took_effect_later(self) -> None:
        past = history("a@v1.0.0", "a@v2.0.0", "a@v3.0.0")
        until = past.timeline[1].effective
        assert list(replay(past.timeline, until=until).active) == ["v1.0.0", "v2.0.0"]
        assert list(past.at(until).standing.active) == ["v1.0.0", "v2.0.0"]
        assert past.at(until - 5).timeline == []

    def test_a_state_leaves_out_artifacts_that_did_not_exist_yet(self) -> None:
        now = state([event("a@v1.0.0", 0), event("b@v1.0.0", 10)])
        before = now.at(now.history("a").timeline[0].effective)
        assert [it.artifact for it in before] == ["a"]

    def test_it_is_the_effective_time_that_counts(self) -> None:
        past = history(event("a#p#1", 1000), event("a#q#2", 10))
        assert past.at(past.timeline[0].effective - 1).timeline == []


def test_a_state_has_its_artifacts_by_name() -> None:
    found = state(events("b@v1.0.0", "a@v1.0.0", "c:a@v1.0.0".replace(":", "=")))
    assert list(found.histories) == ["a", "b", "c:a"]
    assert found.history("nothing").timeline == []


def test_the_newest_of_one_second_is_the_one_that_no_other_follows() -> None:
    first = event("churn@v0.0.9", 1)
    second = event("churn@v0.0.10", 1, "b", trailers={"Previous": first.oid})
    third = event("churn@v0.0.11", 1, "c", trailers={"Previous": second.oid})
    assert history(first).newest == first
    assert history(first, second).newest == second
    assert history(third, first, second).newest == third
    later = event("churn@v0.0.12", 2, trailers={"Previous": "none"})
    assert history(third, first, second, later).newest == later


def test_the_newest_of_events_that_name_none_is_the_last_in_order() -> None:
    past = history(event("churn@v0.0.9", 1), event("churn@v0.0.10", 1))
    assert past.last
    assert past.newest == past.last.event
    assert history().newest is None


def test_each_step_has_the_history_before_it() -> None:
    found = history("churn@v1.0.0", "churn#prod#1", "churn@v1.1.0", "churn#prod#2", "churn#prod!#3")
    looked = 0
    for count, (past, dated) in enumerate(found.steps()):
        assert dated == found.timeline[count]
        assert past.timeline == found.timeline[:count]
        assert holders(past, "prod") == holders(History("churn", found.timeline[:count]), "prod")
        looked += 1
    assert looked == len(found.timeline) == 5


@pytest.mark.parametrize("seed", range(60))
def test_a_growing_history_says_what_one_of_the_same_events_says(seed: int) -> None:
    random = Random(seed)
    growing = GrowingHistory("churn", ordered(_arriving(random, random.randrange(3))))
    for found in _arriving(random, 25, growing):
        before = [dated.event for dated in growing.timeline]
        growing.add(found)
        whole = history(*before, found)
        assert growing.timeline == whole.timeline
        assert (growing.highest, growing.newest) == (whole.highest, whole.newest)
        assert _facts(growing.standing) == _facts(whole.standing)


def _arriving(random: Random, count: int, past: History | None = None) -> Iterator[Event]:
    """Iterate over events as a push may bring them: most follow the last, in the same second."""
    at, taken = 0, {dated.tag for dated in past.timeline} if past else set()
    for _ in range(count):
        at += random.choice((0, 0, 0, 1, -1))
        version = f"v0.0.{random.randrange(12)}"
        number = "".join(random.choices(("", f"#{random.randrange(1, 30)}"), (3, 1)))
        stage = random.choice("ab")
        tag = random.choice(
            [f"churn@{version}"] * 4
            + [f"churn@{version}!", "churn@deprecated", f"churn#{stage}", f"churn#{stage}!"]
        )
        newest = past.newest.oid if past and past.newest else "none"
        said = None if "@" in tag or random.random() < 0.3 else version
        lines = {"Previous": newest} if random.random() < 0.8 else {}
        on = random.choice("abcdefghijklmnopqrstuvwxyz")
        if f"{tag}{number}" not in taken:  # a ref is there once
            yield event(f"{tag}{number}", at, on, version=said, trailers=lines)
        taken.add(f"{tag}{number}")


def _facts(standing: Standing) -> tuple[object, ...]:
    """Return all that a standing says, but in which order versions were registered."""
    return (
        standing.active,
        standing.ended,
        {stage: list(holders.items()) for stage, holders in standing.stages.items() if holders},
        standing.deprecated,
        [standing.version_at(commit(letter)) for letter in "abcdefghijklmnopqrstuvwxyz"],
        [standing.passed(f"v0.0.{number}") for number in range(12)],
    )


def test_a_growing_history_replays_no_event_twice_in_a_run_of_one_second() -> None:
    """As mreg makes them, without numbers: v0.0.10 stands before v0.0.9, which it follows."""
    growing = GrowingHistory("churn")
    for number in range(1, 200):
        newest = growing.newest
        lines = {"Previous": newest.oid if newest else "none"}
        made = event(f"churn@v0.0.{number}", 5, trailers=lines)
        growing.add(made._replace(commit=f"{number:040}"))
        standing = growing.standing
        assert standing.version_at(f"{number:040}") == f"v0.0.{number}"
    assert growing.standing is standing
