"""What comes of a wish: what is new, who holds the stages then, what somebody should know."""

from __future__ import annotations

import pytest

from handmade import commit, event, events, history, tag_names
from mreg.core import outcomes, versions
from mreg.core.events import Event
from mreg.core.outcomes import Existing, Outcome
from mreg.core.replay import History, ordered

V1, V2 = ("churn@v1.0.0", "a"), ("churn@v2.0.0", "b")
PROD = [event("churn#prod#1", 5, "a"), event("churn#prod#2", 6, "b")]


def outcome(past: History, made: Event, *, tags: tuple[str, ...] = ()) -> Outcome:
    known = [it.event for it in past.timeline]
    after = History("churn", ordered([*known, made]))
    names = (*(it.tag for it in known), *tags)
    return outcomes.of_event(past, after, made, made.version, tag_names(names))


@pytest.mark.parametrize(
    ("past", "made", "tags", "new"),
    [
        (history(), event("churn@v1.0.0"), (), ("artifact",)),
        (history(V1), event("churn@v2.0.0", 9, "b"), (), ()),
        (history(V1), event("churn#prod#1", 9), (), ("stage",)),
        (history(), event("churn#prod#1", 9), (), ("artifact", "stage")),
        (history(V1), event("churn#prod#1", 9), ("fraud#prod#1",), ()),
        (history(V1), event("churn#prod#1", 9), ("fraud#prod", "x"), ()),
        (history(V1, "churn#prod#1", "churn#prod!#2"), event("churn#prod#3", 9), (), ()),
    ],
)
def test_new_is_what_no_tag_knows(
    past: History, made: Event, tags: tuple[str, ...], new: tuple[str, ...]
) -> None:
    assert outcome(past, made, tags=tags).new == new


@pytest.mark.parametrize(
    ("made", "holders"),
    [
        (event("churn#prod#3", 9, "a"), {"prod": "v1.0.0"}),
        (event("churn#prod!#3", 9, "b"), {"prod": "v1.0.0"}),
        (event("churn#prod!#3", 9, "a"), {"prod": "v2.0.0"}),
        (event("churn@v2.0.0!", 9, "b"), {"prod": "v1.0.0"}),
        (event("churn@v3.0.0", 9, "c"), {}),
        (event("churn#dev#3", 9, "c"), {"dev": commit("c")}),
    ],
)
def test_holders_are_those_of_the_stages_that_it_bears_on(
    made: Event, holders: dict[str, str]
) -> None:
    assert outcome(history(*events(V1, V2), *PROD), made).holders == holders


def test_nothing_holds_a_stage_that_was_emptied() -> None:
    past = history(*events(V1), PROD[0])
    assert outcome(past, event("churn#prod!#2", 9, "a")).holders == {"prod": None}


@pytest.mark.parametrize("tag", ["churn@v3.0.0", "churn#dev#4", "churn@v1.0.0!"])
def test_any_event_ends_a_deprecation_and_all_holders_are_back(tag: str) -> None:
    past = history(*events(V1, V2), *PROD, event("churn@deprecated", 8))
    found = outcome(past, event(tag, 9))
    assert found.ends_deprecation
    assert found.holders["prod"] == "v2.0.0"
    assert not outcome(history(*events(V1)), event("churn@deprecated", 8)).ends_deprecation


GTO = "commit aaaaaaaaaaaa has had v1.0.0 and v2.0.0 of churn: GTO fails in all of this repository"


@pytest.mark.parametrize(
    ("past", "made", "said"),
    [
        ([V1], ("churn@v2.0.0", "b"), ""),
        ([V1], ("churn@v2.0.0", "a"), f"{GTO} as soon as one of them is promoted"),
        ([V1, "churn@v1.0.0!"], ("churn@v2.0.0", "a"), "as soon as one of them is promoted"),
        ([V1, "churn#prod#1", "churn@v1.0.0!"], ("churn@v2.0.0", "a"), f"{GTO} from now on"),
        ([V1, ("churn@v2.0.0", "a")], ("churn#prod#1", "a"), "from now on"),
        ([V1, ("churn@v2.0.0", "a"), "churn#prod#1"], ("churn#prod#2", "a"), ""),
        ([V1, "churn@v1.0.0!"], ("churn@v1.0.0#2", "a"), ""),
        (
            [V1, ("churn@v1.1.0", "a")],
            ("churn@v2.0.0", "a"),
            "has had v1.0.0, v1.1.0 and v2.0.0 of churn",
        ),
        ([V1, "churn#prod#1", ("churn@v1.1.0", "a")], ("churn@v2.0.0", "a"), ""),
    ],
)
def test_a_second_version_at_a_commit_is_told_what_it_does_to_gto(
    past: list[str | tuple[str, str]], made: tuple[str, str], said: str
) -> None:
    """What GTO does there is tested with the real one: test_same_as_gto.py."""
    tag, on = made
    version = "v2.0.0" if "#prod" in tag else None
    found = outcome(history(*events(*past)), event(tag, 9, on, version=version)).warnings
    assert len(found) == bool(said)
    assert said in "".join(found)


@pytest.mark.parametrize(
    ("version", "known", "pair"),
    [
        ("v1.0.0-rc9", ["v1.0.0-rc10"], ("v1.0.0-rc9", "v1.0.0-rc10")),
        ("v1.0.0-rc10", ["v1.0.0-rc9"], ("v1.0.0-rc9", "v1.0.0-rc10")),
        ("v1.0.0-rc.10", ["v1.0.0-rc9"], ("v1.0.0-rc9", "v1.0.0-rc.10")),
        ("v1.0.0-rc2", ["v1.0.0-rc1", "v1.0.0-rc3"], None),
        ("v1.0.0-rc.10", ["v1.0.0-rc.9"], None),
        ("v1.0.0-rc9", ["v1.0.1-rc10", "v1.0.0"], None),
        ("v1.0.0", ["v1.0.0-rc10"], None),
        ("v1.0.0-beta1", ["v1.0.0-alpha2"], None),
    ],
)
def test_numbers_that_semver_takes_for_text_are_noticed(
    version: str, known: list[str], pair: tuple[str, str] | None
) -> None:
    assert versions.misordered(version, known) == pair
    if pair:
        past = history(*(f"churn@{it}" for it in known))
        [said] = outcome(past, event(f"churn@{version}", 9, "z")).warnings
        assert said.startswith(f"SemVer orders {pair[1]} before {pair[0]}")
        assert "write rc.10, not rc10" in said


def test_what_is_there_already_changes_nothing() -> None:
    past = history(*events(V1, V2), *PROD)
    found = outcomes.of_existing(past, Existing(PROD[1], "v2.0.0", "it is already in prod"))
    assert (found.changed, found.already, found.tag) == (
        False,
        "it is already in prod",
        "churn#prod#2",
    )
    assert (found.version, found.holders) == ("v2.0.0", {"prod": "v2.0.0"})
