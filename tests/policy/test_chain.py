"""What is wrong with an event by those before it, and what only looks like it; without Git."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest

from handmade import commit, event, history
from mreg.core.events import Event
from mreg.core.replay import History, ordered
from mreg.policy.chain import (
    SKEW,
    Chain,
    Circumstances,
    faults_on_arrival,
    forks,
    in_order_of_making,
)
from mreg.policy.model import Settings
from repositories import START

OPEN, SIGNED = Settings(), Settings(registry="models")
NOW = START + 10_000


def made(tag: str, at: int, after: Event | str | None, on: str = "a", **trailers: str) -> Event:
    """Return an event as mreg makes it: it names the one before it."""
    previous = after.oid if isinstance(after, Event) else after
    lines = {**({"Previous": previous} if previous else {}), **trailers}
    version = None if "@" in tag else "v1.0.0"
    return event(tag, at, on, version=version, trailers=lines)


FIRST = made("churn@v1.0.0", 0, "none")
SECOND = made("churn#prod#1", 10, FIRST, Registration=FIRST.oid)
THIRD = made("churn#prod!#2", 20, SECOND)


def judged(
    found: Event, *others: Event, settings: Settings = OPEN, committed: int | None = None
) -> dict[str, str]:
    """Return the faults of a recorded event."""
    past = History("churn", ordered([*others, found]))
    version = found.version or "v1.0.0"
    registered = (it for it in others if it.action == "register" and it.version == version)
    registration = next((it for it in registered if it is not found), None)
    return Chain(past).faults(found, settings, Circumstances(registration, committed, NOW))


def arriving(found: Event, *others: Event, settings: Settings = OPEN) -> dict[str, str]:
    """Return the faults of an event that arrives after others."""
    past = History("churn", ordered(others))
    registration = past.standing.active.get(found.version or "v1.0.0")
    return faults_on_arrival(found, past, settings, Circumstances(registration, None, NOW))


def test_what_mreg_makes_has_no_fault() -> None:
    for place, found in enumerate((FIRST, SECOND, THIRD)):
        others = (FIRST, SECOND, THIRD)[:place]
        assert judged(found, *others) == arriving(found, *others) == {}


def test_a_tag_before_it_that_is_gone() -> None:
    assert "was removed or rewritten" in judged(THIRD, FIRST)["previous"]
    assert "must follow churn@v1.0.0" in arriving(THIRD, FIRST)["previous"]


def test_one_that_follows_what_is_dated_after_it() -> None:
    early = made("churn@v1.1.0", 5, SECOND, "b")
    found = judged(early, FIRST, SECOND)
    assert set(found) == {"previous", "date"}
    assert "5 s before the event that it follows" in found["date"]


def test_two_clones_that_did_not_know_of_each_other_are_no_fault_once_recorded() -> None:
    """Both name the event that they knew as the last."""
    one, other = made("churn@v1.1.0", 30, THIRD, "b"), made("churn@v1.2.0", 40, THIRD, "c")
    everything = (FIRST, SECOND, THIRD, one, other)
    assert [judged(it, *everything) for it in everything] == [{}] * 5
    assert list(forks(History("churn", ordered(everything)))) == [(one, other)]
    # Where they arrive, the second is refused: it can still be made anew.
    assert set(arriving(other, *everything[:-1])) == {"previous"}


def test_two_numbers_drawn_in_two_clones_are_no_fault_once_recorded() -> None:
    one, other = made("churn#dev#3", 30, THIRD), made("churn#prod#3", 40, THIRD)
    assert judged(other, FIRST, SECOND, THIRD, one) == {}
    assert set(arriving(other, FIRST, SECOND, THIRD, one)) == {"previous", "number"}


def test_a_number_that_whoever_drew_it_knew_to_be_given_out() -> None:
    again = made("churn#dev#2", 30, THIRD)
    assert "already had 2" in judged(again, FIRST, SECOND, THIRD)["number"]


def test_what_gto_writes_follows_nothing_and_is_no_fault() -> None:
    plain = event("churn#prod#9", 30)
    assert judged(plain, FIRST, SECOND) == arriving(plain, FIRST, SECOND) == {}
    assert not list(forks(history(FIRST, SECOND, plain)))


def test_a_policy_with_a_registry_asks_for_what_mreg_writes() -> None:
    plain = event("churn#prod#9", 30, version="v1.0.0")
    for found in (judged, arriving):
        assert set(found(plain, FIRST, SECOND, settings=SIGNED)) == {
            *("previous", "registry", "registration")
        }
    ours = made("churn#prod#9", 30, SECOND, Registration=FIRST.oid, Registry="models")
    assert judged(ours, FIRST, SECOND, settings=SIGNED) == {}
    theirs = made("churn#prod#9", 30, SECOND, Registration=FIRST.oid, Registry="theirs")
    assert judged(theirs, FIRST, SECOND, settings=SIGNED) == {
        "registry": "it was made for theirs, but this registry is models"
    }


def test_a_promotion_of_another_registration_or_commit() -> None:
    other = made("churn#prod#9", 30, SECOND, Registration="f" * 40)
    assert "another registration of v1.0.0" in judged(other, FIRST, SECOND)["registration"]
    elsewhere = made("churn#prod#9", 30, SECOND, "z", Registration=FIRST.oid)
    assert commit("z")[:12] in judged(elsewhere, FIRST, SECOND)["registration"]


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (-86_400, "1 d before its commit"),
        (-SKEW - 1, "5 min before its commit"),
        (-SKEW, ""),
        (10_000 + SKEW, ""),
        (10_000 + SKEW + 1, "5 min in the future"),
        (10_000 + 7200, "2 h in the future"),
    ],
)
def test_dates_against_the_commits_and_the_present(at: int, words: str) -> None:
    found = judged(made("churn@v1.0.0", at, "none"), committed=START)
    assert words in found.get("date", "")
    assert bool(words) is bool(found)


def test_what_follows_an_event_of_the_future_may_bear_its_date() -> None:
    """mreg dates no event before the one that it follows."""
    future = made("churn@v1.1.0", 50_000, THIRD, "b")
    after = made("churn#dev#3", 50_000, future)
    assert "in the future" in judged(future, FIRST, SECOND, THIRD)["date"]
    assert judged(after, FIRST, SECOND, THIRD, future) == {}
    assert (
        "in the future"
        in judged(made("churn#dev#3", 50_001, future), FIRST, SECOND, THIRD, future)["date"]
    )


def test_nothing_arrives_that_is_dated_ahead_whatever_came_before() -> None:
    """A server that has taken such an event before it had a hook takes none after it."""
    future = made("churn@v1.1.0", 50_000, THIRD, "b")
    for at in (10_000, 10_000 + SKEW, 50_000, 50_000 + SKEW):
        found = arriving(made("churn#dev#3", at, future), FIRST, SECOND, THIRD, future)
        assert "no event can follow it before then" in found["date"]
        assert "until 2023-11-15 12:01:40Z" in found["date"]


def test_a_run_of_dates_leads_no_further_than_the_first_of_them() -> None:
    past = [FIRST, SECOND, THIRD]
    ahead = made("churn#dev#3", 10_000 + SKEW, THIRD)
    assert arriving(ahead, *past) == {}
    further = made("churn#dev#4", 10_000 + 2 * SKEW, ahead)
    assert "10 min in the future" in arriving(further, *past, ahead)["date"]
    same = made("churn#dev#4", 10_000 + SKEW, ahead)
    assert arriving(same, *past, ahead) == judged(same, *past, ahead) == {}


def test_what_names_nothing_arrives_backdated() -> None:
    """Without a chain, a little is left to the clocks of two people; not a day."""
    late = made("churn@v1.1.0", 3600, SECOND, "b")
    assert arriving(event("churn#prod#9", 3600 - SKEW), FIRST, SECOND, late) == {}
    assert set(arriving(event("churn#prod#9", 30), FIRST, SECOND, late)) == {"date"}


def test_a_version_that_is_registered_is_registered_again() -> None:
    again = made("churn@v1.0.0#3", 30, THIRD, "z")
    for found in (arriving, judged):
        assert "already registered" in found(again, FIRST, SECOND, THIRD)["registration"]


@pytest.mark.parametrize("seed", range(5))
def test_new_events_are_judged_in_the_order_in_which_they_were_made(seed: int) -> None:
    """Those of one second are listed in any order; what each names tells."""
    chain: list[Event] = [made("churn@v0.0.9", 0, "none")]
    for number in range(10, 20):
        chain.append(made(f"churn@v0.0.{number}", 0, chain[-1], chr(ord("a") + number - 9)))
    shuffled = Random(seed).sample(chain, len(chain))
    assert _tags(list(in_order_of_making(shuffled))) == _tags(chain)


def test_the_highest_number_is_found_however_long_the_chain_is() -> None:
    chain: list[Event] = [made("churn@v1.0.0", 0, "none")]
    for number in range(1, 3000):
        chain.append(made(f"churn#s{number}#{number}", number, chain[-1]))
    last = made("churn#prod#2999", 3000, chain[-1])
    assert set(judged(last, *chain)) == {"number"}


def _tags(events: Sequence[Event]) -> list[str]:
    return [it.tag for it in events]
