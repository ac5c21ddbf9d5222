"""What a team does every day, as a table: both hooks let all of it pass.

It stands beside `test_attack_table.py`: a hook that refused everything would pass that one.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from committing import commit
from stand import Stand

Flow = Callable[[Stand], None]
FLOWS: dict[str, Flow] = {}


def flow(make: Flow) -> Flow:
    FLOWS[make.__name__] = make
    return make


def named(t: Stand, name: str, version: str = "v1.0.0", **said: str | None) -> dict[str, str]:
    """Make the next event of churn; `{}` in its name stands for its number."""
    t._number += 1
    full = name.format(t._number)
    return {full: t.tag(full, version, **said)}  # type: ignore[arg-type]


def new(t: Stand, artifact: str, version: str = "v1.0.0", **said: str | None) -> dict[str, str]:
    """Make the first event of another artifact."""
    name = f"{artifact}@{version}"
    return {name: t.tag(name, **{"Previous": "none", **said})}  # type: ignore[arg-type]


def simple(name: str, make: Callable[[Stand], dict[str, str]]) -> None:
    FLOWS[name] = lambda t: t.takes(make(t))


simple("a promotion", lambda t: t.promotion("open"))
simple("a promotion by the manager", lambda t: t.promotion("managed", by="dan"))
simple("one that bears another's address", lambda t: t.promotion("managed", by="bob", key="dan"))
simple("a promotion with a second key", lambda t: t.promotion("open", by="carl", key="carl-phone"))
simple("a promotion by who has no role", lambda t: t.promotion("open", by="carl"))
simple("a registration", lambda t: named(t, "churn@v9.0.0"))
simple("a registration by a colleague", lambda t: named(t, "churn@v9.0.0", by="bob"))
simple("a registration with a number", lambda t: named(t, "churn@v9.0.0#{}"))
simple("a pre-release", lambda t: named(t, "churn@v9.0.0-rc.1+build.5"))
simple("a version of an unmerged branch", lambda t: named(t, "churn@v9.0.0", "v1.3.0"))
simple("a deregistration", lambda t: named(t, "churn@v1.3.0!#{}"))
simple("a deprecation", lambda t: named(t, "churn@deprecated#{}"))
simple("a demotion", lambda t: named(t, "churn#better!#{}"))
simple("a new artifact", lambda t: new(t, "fraud"))
simple("a new artifact in a folder", lambda t: new(t, "models=fraud"))
simple("a new artifact whose name has a slash", lambda t: new(t, "churn/small"))
simple("a stage whose name has a slash", lambda t: t.promotion("eu/west"))
simple("a stage above it", lambda t: t.promotion("eu"))
simple("a number that passes over some", lambda t: {"churn#open#900": t.tag("churn#open#900")})
simple("a good metric", lambda t: t.promotion("measured"))
simple("a good field", lambda t: t.promotion("described"))
simple("a better version", lambda t: t.promotion("better", "v1.2.0"))
simple("the holder once more", lambda t: t.promotion("better"))
simple("inputs that are there", lambda t: t.promotion("fed", "v2.15.0"))
simple("inputs that are no artifacts", lambda t: t.promotion("fed", "v2.20.0"))
simple("a version without inputs", lambda t: t.promotion("fed"))
simple("a merged commit", lambda t: t.promotion("merged"))
simple("an empty stage with room for one", lambda t: t.promotion("sole"))
simple("a version that is no good, where nothing is asked", lambda t: t.promotion("open", "v2.4.0"))
simple("an approval", lambda t: t.word("bob"))
simple("a rejection", lambda t: t.word("bob", "reject"))
simple("an approval with a second key", lambda t: t.word("carl", key="carl-phone"))
simple("an approval by who is no reviewer", lambda t: t.word("dan"))
simple("an approval for a stage that asks for none", lambda t: t.word("bob", stage="open"))
simple("an approval for a stage in a folder", lambda t: t.word("bob", stage="eu/west"))
simple("a plain tag", lambda t: {"v1.0.0": t.commits["v1.0.0"]})
simple("a plain tag in a folder", lambda t: {"release/2026": t.commits["v1.0.0"]})
simple("a tag that is almost one", lambda t: {"churn@1.0.0": t.commits["v1.0.0"]})
simple("a branch", lambda t: {"refs/heads/feature/x": t.commits["v1.0.0"]})
simple("a note", lambda t: {"refs/notes/commits": t.commits["v1.0.0"]})
simple("a branch that moves on", lambda t: {"refs/heads/main": t.commits["v1.2.0"]})
simple("a branch removed", lambda t: {"refs/heads/lab": ""})


@flow
def a_stage_after_another(t: Stand) -> None:
    t.takes(t.promotion("open"))
    t.takes(t.promotion("after"))


@flow
def a_stage_after_another_in_one_push(t: Stand) -> None:
    first = t.promotion("open")
    t.last = next(iter(first.values()))
    t.takes({**first, **t.promotion("after")})


@flow
def a_version_and_its_promotion_in_one_push(t: Stand) -> None:
    made = named(t, "churn@v9.0.0")
    (t.last,) = made.values()
    t.registrations = {**t.registrations, "v9.0.0": t.last}
    t.commits["v9.0.0"] = t.commits["v1.0.0"]
    t.takes({**made, **t.promotion("open", "v9.0.0")})


@flow
def two_approvals_and_the_promotion(t: Stand) -> None:
    t.takes(t.word("bob"))
    t.takes(t.word("carl"))
    t.takes(t.promotion("approved", by="dan"))


@flow
def approvals_that_come_with_the_promotion(t: Stand) -> None:
    t.takes({**t.word("bob"), **t.word("carl"), **t.promotion("approved", by="dan")})


@flow
def a_rejection_that_is_taken_back(t: Stand) -> None:
    (first,) = (made := t.word("bob", "reject")).values()
    t.takes(made)
    t.takes({**t.word("bob", previous=first), **t.word("carl")})
    t.takes(t.promotion("approved", by="dan"))


@flow
def one_approval_by_who_registered_it_where_that_counts(t: Stand) -> None:
    t.takes(t.word("ann", stage="waved"))
    t.takes(t.promotion("waved"))


@flow
def a_word_said_anew_over_somebody_elses(t: Stand) -> None:
    """What lies in bob's ref came there before there was a hook."""
    (covered,) = (made := t.word("bob", key="mallory")).values()
    t.put(made)
    t.takes({**t.word("bob", previous=covered), **t.word("carl")})
    t.takes(t.promotion("approved", by="dan"))


@flow
def a_rollback(t: Stand) -> None:
    t.takes(t.promotion("better", "v1.2.0"))
    t.takes(t.promotion("better", "v1.0.0", Rollback="v1.2.0"))


@flow
def a_stage_with_room_for_one_that_was_cleared(t: Stand) -> None:
    t.takes(t.promotion("sole", "v1.1.0"))
    t.takes(named(t, "churn#sole!#{}", "v1.1.0"))
    t.takes(t.promotion("sole"))


@flow
def a_version_registered_anew(t: Stand) -> None:
    t.takes(named(t, "churn@v1.3.0!#{}", "v1.3.0"))
    t.takes(again := named(t, "churn@v1.3.0#{}", "v1.3.0"))
    t.registrations = {**t.registrations, "v1.3.0": next(iter(again.values()))}
    t.takes(t.promotion("open", "v1.3.0"))


@flow
def the_last_event_with_its_ref(t: Stand) -> None:
    (oid,) = (made := t.promotion("open")).values()
    t.takes({**made, "refs/mreg/last/churn#": oid})


@flow
def an_event_of_two_artifacts(t: Stand) -> None:
    t.takes({**t.promotion("open"), **new(t, "fraud")})


@flow
def a_server_that_never_had_a_policy(t: Stand) -> None:
    """Nor a branch: what is pushed to it are tags alone, of a commit that has no settings."""
    root = commit(t.server, b"churn: {}\n", branch="root", file="artifacts.yaml")
    t.restore({})
    t.commits["v0.1.0"] = root
    t.takes(first := new(t, "churn", "v0.1.0", Registry=None, key="", target=root))
    (t.last,) = first.values()
    t.takes(named(t, "churn@v0.2.0", "v0.1.0", Registry=None, key=""))


@flow
def a_policys_branch_that_is_pushed_again(t: Stand) -> None:
    before = t.refs["refs/heads/main"]
    t.put({"refs/heads/main": ""})
    made = t.promotion("open")
    assert t.at_once(made) == {"policy"}
    t.takes({"refs/heads/main": before})
    t.takes(made)


@pytest.mark.parametrize("name", FLOWS)
def test_both_hooks_take(name: str, stand: Stand) -> None:
    FLOWS[name](stand)


def test_there_are_enough_of_them() -> None:
    assert len(FLOWS) >= 40
