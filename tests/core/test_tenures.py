"""Who held a stage when."""

from __future__ import annotations

from datetime import datetime

from handmade import commit, event, events, history
from mreg.core.events import Event
from mreg.core.tenures import Tenure, tenures
from repositories import START


def shown(found: tuple[Tenure, ...]) -> list[tuple[object, ...]]:
    """Return what tenures say, with times in seconds since `START`."""
    return [
        (it.stage, it.key, _at(it.since), it.until and _at(it.until), it.ending, it.successor)
        for it in found
    ]


def _at(when: datetime) -> int:
    return int(when.timestamp()) - START


REGISTERED = events("churn@v1.0.0", ("churn@v2.0.0", "b"))


def held(*later: Event) -> list[tuple[object, ...]]:
    return shown(tenures(history(*REGISTERED, *later)))


def test_one_follows_the_other() -> None:
    found = held(event("churn#prod#1", 10, "a"), event("churn#prod#2", 20, "b"))
    assert found == [
        ("prod", "v1.0.0", 10, 20, "followed", "v2.0.0"),
        ("prod", "v2.0.0", 20, None, "", None),
    ]


def test_a_rollback_pulls_one_back() -> None:
    back = event("churn#prod#3", 30, "a", version="v1.0.0", trailers={"Rollback": "v2.0.0"})
    found = tenures(
        history(*REGISTERED, event("churn#prod#1", 10), event("churn#prod#2", 20, "b"), back)
    )
    assert [(it.key, it.ending, it.pulled) for it in found] == [
        ("v1.0.0", "followed", False),
        ("v2.0.0", "rolled back", True),
        ("v1.0.0", "", False),
    ]
    assert found[1].ended_by == "Ann Example"


def test_to_promote_an_earlier_version_again_takes_the_later_one_back() -> None:
    found = held(
        event("churn#prod#1", 10, "a"),
        event("churn#prod#2", 20, "b"),
        event("churn#prod#3", 30, "a"),
    )
    assert found[1] == ("prod", "v2.0.0", 20, 30, "returned", "v1.0.0")


def test_who_is_behind_takes_over_from_one_that_is_demoted() -> None:
    demoted = event("churn#prod!#3", 30, "b")
    found = tenures(
        history(*REGISTERED, event("churn#prod#1", 10), event("churn#prod#2", 20, "b"), demoted)
    )
    assert shown(found)[1:] == [
        ("prod", "v2.0.0", 20, 30, "demoted", "v1.0.0"),
        ("prod", "v1.0.0", 30, None, "", None),
    ]
    assert found[1].pulled


def test_a_stage_may_be_left_empty() -> None:
    found = tenures(history(*REGISTERED, event("churn#prod#1", 10), event("churn@v1.0.0!", 20)))
    assert shown(found) == [("prod", "v1.0.0", 10, 20, "deregistered", None)]
    assert not found[0].pulled


def test_who_is_demoted_behind_the_holder_changes_nothing() -> None:
    found = held(
        event("churn#prod#1", 10, "a"),
        event("churn#prod#2", 20, "b"),
        event("churn#prod!#3", 30, "a"),
    )
    assert [it[1:4] for it in found] == [("v1.0.0", 10, 20), ("v2.0.0", 20, None)]


def test_to_promote_the_holder_again_is_no_new_time() -> None:
    found = held(event("churn#prod#1", 10, "a"), event("churn#prod#2", 20, "a"))
    assert found == [("prod", "v1.0.0", 10, None, "", None)]


def test_a_bare_commit_that_is_registered_goes_on_as_that_version() -> None:
    found = tenures(history(event("churn#prod#1", 10, "c"), event("churn@v3.0.0", 20, "c")))
    assert shown(found) == [("prod", "v3.0.0", 10, None, "", None)]
    bare = tenures(history(event("churn#prod#1", 10, "c")))
    assert [(it.version, it.key) for it in bare] == [(None, commit("c"))]


def test_times_are_those_at_which_events_took_effect() -> None:
    found = held(event("churn#prod#1", 30, "a"), event("churn#prod#2", 10, "b"))
    assert [it[2:4] for it in found] == [(30, 30), (30, None)]


def test_stages_come_by_name() -> None:
    found = held(event("churn#staging#1", 10, "a"), event("churn#prod#2", 20, "a"))
    assert [it[0] for it in found] == ["prod", "staging"]
