"""A lineage found by the index is that of the whole registry, however little of that is read."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from test_identity import TWO, facts, registries

from made import annotation, blob, used
from mreg.annotations.entry import Input
from mreg.core.queries import Version
from mreg.core.replay import History, State
from mreg.errors import NotFound
from mreg.lineage import build
from mreg.lineage.build import GraphFacts
from mreg.lineage.closure import Closure
from mreg.lineage.graph import Direction, LineageQuestion
from mreg.lineage.index import IndexDamaged, LineageIndex, Unit, digest
from mreg.lineage.read import Reached, Traced, reached
from mreg.lineage.subjects import Subject
from mreg.system.kept import KeptValues


class Read:
    """Reads histories out of a state, and counts."""

    def __init__(self, state: State) -> None:
        self.read: dict[str, History] = {}
        self._state = state

    def load(self, artifacts: Iterable[str]) -> None:
        for it in artifacts:
            self.read[it] = self._state.history(it)

    def of(self, artifact: str) -> History:
        self.load([artifact])
        return self.read[artifact]


def index_of(whole: GraphFacts, folder: Path, *, at_once: int = 99) -> LineageIndex:
    """Put a registry into an index, some versions at once."""
    found = LineageIndex(KeptValues(folder / "index.sqlite", "1"), partial=False)
    for start in range(0, len(whole.subjects), at_once):
        part = slice(start, start + at_once)
        some = whole._replace(
            subjects=whole.subjects[part], annotations=whole.annotations[part], state=State({})
        )
        said = build.of_units(some)
        assert said is not None
        assert found.add({it.artifact: b"" for it in some.subjects}, said)
    return found


def traced(whole: GraphFacts, of: Iterable[Subject], state: State, *, also: bool) -> Traced:
    """Return the graph of some versions of a registry."""
    said = dict(zip(whole.subjects, whole.annotations, strict=True))
    some = whole._replace(subjects=tuple(of), annotations=[said[it] for it in of], state=state)
    versions = {it.id: (it, said[it]) for it in some.subjects}
    return Traced(some, build.build(some, also=also), versions, {})


def by_index(whole: GraphFacts, index: LineageIndex, question: LineageQuestion) -> Any:
    """Answer a question as `answer_by_index` does."""
    histories = Read(whole.state)
    closure = Closure(index, histories, question)
    while True:
        closure.follow(question.limit + 1, question.depth)
        state = State(dict(sorted(histories.read.items())))
        part = traced(whole, closure.members, state, also=question.also)
        found = reached(part, question)
        if not (ahead := [it for it in found.part.ids if closure.is_open(it)]):
            return told(part, found)
        closure.follow_these(ahead)


def told(of: Traced, found: Reached) -> Any:
    """Return what an answer has of a graph."""
    ids = found.part.ids
    between = [it for it in found.edges if it.source in ids and it.target in ids]
    nodes = [of.links.nodes.get(it) or of.links.contents.get(it) for it in ids]
    return ids, found.part.cut, sorted(between, key=repr), nodes


def questions(whole: GraphFacts) -> Iterator[LineageQuestion]:
    """Iterate over questions about all that is in a registry."""
    things: list[tuple[Version | None, str | None]] = [(None, it) for it in ("raw", "feat")]
    things += [(version(it), None) for it in whole.subjects]
    directions: tuple[Direction, Direction] = ("up", "down")
    for (of, path), direction, depth, limit, also in itertools.product(
        things, directions, (None, 2), (1000, 3), (False, True)
    ):
        yield LineageQuestion(of, path, direction, depth, limit, also)


def version(it: Subject) -> Version:
    """Return a version as a question has it."""
    event = it.event
    who = (event.author, event.author_email, event.message)
    return Version(
        it.artifact, it.version, event.tag, event.commit, event.created_at, *who, True, (), ()
    )


def answered(ask: Any) -> Any:
    try:
        return ask()
    except NotFound as error:
        return str(error)


def as_committed(whole: GraphFacts) -> GraphFacts:
    """Let a commit say one thing of an artifact, whichever of its versions that is about."""
    said: dict[Unit, Any] = {}
    for it, annotation_ in zip(whole.subjects, whole.annotations, strict=True):
        said.setdefault(Unit(it.artifact, it.event.commit), annotation_)
    return whole._replace(
        annotations=[said[Unit(it.artifact, it.event.commit)] for it in whole.subjects]
    )


@example(([], TWO), 1, 0)
@given(registries(), st.sampled_from([1, 2, 99]), st.integers(0, 28))
def test_every_question_is_answered_alike(
    drawn: tuple[Any, GraphFacts], at_once: int, first: int
) -> None:
    whole = as_committed(drawn[1])
    with tempfile.TemporaryDirectory() as folder:
        index = index_of(whole, Path(folder), at_once=at_once)
        for it in list(questions(whole))[first::29]:
            plain = traced(whole, whole.subjects, whole.state, also=it.also)
            expected = answered(lambda p=plain, q=it: told(p, reached(p, q)))
            assert answered(lambda q=it: by_index(whole, index, q)) == expected, it


CHAIN = facts(
    [(f"m@v1.0.{it}", "abcdefghij"[it]) for it in range(10)],
    {
        f"m@v1.0.{it}": annotation("m.pkl", Input(path="data"), used(f"m@v1.0.{it - 1}"))
        for it in range(10)
    },
    {},
    {("a", "data"): blob("x")},
)
"""Each version names the one before."""


def test_no_more_is_followed_than_is_near(tmp_path: Path) -> None:
    index = index_of(CHAIN, tmp_path)
    question = LineageQuestion(version(CHAIN.subjects[8]), None, "up", 3, 1000)
    closure = Closure(index, Read(CHAIN.state), question)
    closure.follow(1000, 3)
    followed = [it.key for it in closure.members if not closure.is_open(it.id)]
    assert followed == [f"v1.0.{it}" for it in (5, 6, 7, 8)]


def test_of_what_nobody_asks_no_history_is_read(tmp_path: Path) -> None:
    named = [("a@v1.0.0", "a"), ("b@v1.0.0", "b"), ("other@v1.0.0", "c"), ("more@v1.0.0", "c")]
    said = {it: annotation(it[:1]) for it, _ in named}
    said["b@v1.0.0"] = annotation("b", used("a@latest"))
    whole = facts(named, said, {})
    index, histories = index_of(whole, tmp_path), Read(whole.state)
    [root] = [it for it in whole.subjects if it.artifact == "b"]
    question = LineageQuestion(version(root), None, "up", None, 1000)
    Closure(index, histories, question).follow(1000, None)
    assert set(histories.read) == {"a", "b"}


def test_what_is_lost_is_missed(tmp_path: Path) -> None:
    """No part of an index is taken for empty that is not there any more."""
    index_of(CHAIN, tmp_path)
    values = KeptValues(tmp_path / "index.sqlite", "1")
    kept = values.within([b""])
    shelves = [it for it in kept if it[:1] == b"s"]
    assert len(shelves) > 10
    values.put(dict.fromkeys(shelves, b""))
    with pytest.raises(IndexDamaged):
        LineageIndex(values, partial=False).having([f"file:data@{blob('x')}"])
    units = {it: b"" for it in kept if it[:1] == b"u"}
    values.put(units)
    with pytest.raises(IndexDamaged):
        LineageIndex(values, partial=False).facts([Unit("m", "a" * 40)])


def test_what_is_lost_is_forgotten_with_the_rest(tmp_path: Path) -> None:
    index = index_of(CHAIN, tmp_path)
    assert index.lacking({"m": b""}) == []
    index.forget()
    again = LineageIndex(KeptValues(tmp_path / "index.sqlite", "1"), partial=False)
    assert again.lacking({"m": b""}) == ["m"]


def test_another_commit_makes_another_digest() -> None:
    assert digest(["a", "b"]) == digest(["b", "a"]) != digest(["a"])
