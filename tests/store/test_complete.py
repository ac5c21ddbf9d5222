"""A clone's state and its remote's put together, by hand and without Git."""

from __future__ import annotations

from handmade import event
from mreg.core.diagnostics import problem
from mreg.core.replay import State
from mreg.store import complete

ONE, TWO, OTHER = event("churn@v1.0.0"), event("churn@v1.1.0", 1, "b"), event("raw@v1.0.0", 2)
LIGHT = problem("MR002", TWO.tag, "it is a lightweight tag")


def tags(state: State) -> set[str]:
    return {dated.tag for history in state for dated in history.timeline}


def test_what_a_clone_lacks_is_added() -> None:
    found = complete._merged(State.of([ONE]), State.of([ONE, TWO, OTHER]))
    assert tags(found) == {ONE.tag, TWO.tag, OTHER.tag}


def test_where_both_have_a_tag_it_is_the_clones() -> None:
    moved = ONE._replace(oid="9" * 40)
    found = complete._merged(State.of([ONE]), State.of([moved]))
    assert [dated.event.oid for dated in found.history("churn").timeline] == [ONE.oid]


def test_only_what_is_wanted_is_taken() -> None:
    here = State.of([ONE], [LIGHT])
    found = complete._merged(here, State.of([ONE, TWO, OTHER]), only=[TWO.tag])
    assert tags(found) == {ONE.tag, TWO.tag}


def test_a_tag_that_the_remotes_stands_in_for_is_told() -> None:
    found = complete._merged(State.of([ONE], [LIGHT]), State.of([TWO]), only=[TWO.tag])
    [told] = found.problems
    assert (told.code, told.subject) == ("MR022", TWO.tag)
    assert told.message.startswith(LIGHT.message)


def test_a_problem_of_both_is_told_once() -> None:
    there = State.of([], [LIGHT, problem("MR002", OTHER.tag, "it is a lightweight tag")])
    found = complete._merged(State.of([ONE], [LIGHT]), there)
    assert [it.subject for it in found.problems] == [TWO.tag, OTHER.tag]
