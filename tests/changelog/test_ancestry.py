"""Which commits lead to one and not to another, against what sets say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mreg.changelog.ancestry import Ancestry

Parents = dict[str, tuple[str, ...]]


@st.composite
def histories(draw: st.DrawFn) -> Parents:
    """Return commits named by numbers, each with parents of higher numbers: those are older."""
    count = draw(st.integers(1, 12))
    return {
        str(number): tuple(
            map(str, draw(st.sets(st.integers(number + 1, count), max_size=3)))
            if number < count
            else ()
        )
        for number in range(1, count + 1)
    }


def reached(history: Parents, commit: str) -> set[str]:
    found, waiting = set(), [commit]
    while waiting:
        if (it := waiting.pop()) in history and it not in found:
            found.add(it)
            waiting += history[it]
    return found


@given(histories(), st.data())
def test_between_two_is_what_leads_to_one_alone(history: Parents, data: st.DataObject) -> None:
    since, until = (data.draw(st.sampled_from(list(history))) for _ in range(2))
    expected = reached(history, until) - reached(history, since)
    assert Ancestry(history).between(since, until) == sorted(expected, key=int)


@given(histories(), st.data())
def test_what_all_others_follow(history: Parents, data: st.DataObject) -> None:
    commit = data.draw(st.sampled_from(list(history)))
    others = data.draw(st.lists(st.sampled_from(list(history))))
    follows = all(commit in reached(history, it) for it in others)
    assert Ancestry(history).leads_to_all(commit, others) == follows


def test_a_history_that_is_cut_off_ends_there() -> None:
    history = Ancestry({"c": ("b",), "b": ("a",)})
    assert history.between("b", "c") == ["c"]
    assert "a" not in history
    assert not history.leads_to_all("a", ["c"])


@pytest.mark.parametrize("length", [20_000])
def test_many_questions_take_the_time_of_one(length: int) -> None:
    history: Parents = {str(it): (str(it - 1),) for it in range(length, 0, -1)}
    ancestry = Ancestry(history)
    found = [ancestry.between(str(it), str(it + 1)) for it in range(1, length)]
    assert found == [[str(it + 1)] for it in range(1, length)]
