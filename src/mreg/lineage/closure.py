"""Which versions of a large registry an answer is about: found by its index, nearest first.

A lineage among them is that of the whole registry. Distances are those of the graph or less, so
that whoever wants what is near takes in nothing in vain but what is nearer still.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Protocol

from mreg.core import queries
from mreg.core.queries import Selector, Version
from mreg.core.replay import History
from mreg.lineage import identity, subjects
from mreg.lineage.graph import LineageQuestion
from mreg.lineage.index import LineageIndex, Unit, selected
from mreg.lineage.subjects import PinnedSelector, Subject

_BY_NAME, _BY_CONTENT = 1, 2
"""Over how many edges at least one version leads to another that it names, or read."""


class HistoryReader(Protocol):
    """What reads artifacts' histories, many at once."""

    def load(self, artifacts: Iterable[str]) -> None:
        """Read histories that will be asked for."""

    def of(self, artifact: str) -> History:
        """Return a history; an empty one if the artifact has none."""


class Closure:
    """The versions that are found so far."""

    def __init__(
        self, index: LineageIndex, histories: HistoryReader, question: LineageQuestion
    ) -> None:
        """Begin with the versions that the question is about."""
        self._index = index
        self._histories = histories
        self._up = question.direction == "up"
        self._also = question.also
        self._known: dict[str, tuple[Subject, ...]] = {}
        self._members: dict[str, Subject] = {}
        self._waiting: dict[int, dict[str, Subject]] = {}
        self._done: set[str] = set()
        self._root = self._of_version(question.version) if question.version else None
        for it in [self._root] if self._root else self._at(index.on(question.path or "")):
            self._wait(it, 0)

    def _of_version(self, version: Version) -> Subject:
        """Return the version that is asked about; take in the one before it."""
        self._histories.load([version.artifact])
        known, key = self._of(version.artifact), version.version or version.commit
        here = [it for it in known if it.key == key]
        # A bare commit that was a version at another time.
        here += [it for it in known if it.event.commit == version.commit]
        history = self._histories.of(version.artifact)
        before = queries.before(history, here[0].version) if here[0].version else None
        self._members |= {it.id: it for it in known if it in here or (before and it.key == before)}
        return here[0]

    @property
    def members(self) -> list[Subject]:
        """The versions, in the order of the registry."""
        return sorted(self._members.values(), key=lambda it: (it.artifact, it.position))

    def _of(self, artifact: str) -> tuple[Subject, ...]:
        """Return the versions of an artifact."""
        if artifact not in self._known:
            self._known[artifact] = tuple(subjects.of_history(self._histories.of(artifact)))
        return self._known[artifact]

    def _at(self, units: Collection[Unit]) -> list[Subject]:
        """Return the versions that units are."""
        self._histories.load({it.artifact for it in units})
        return [
            it for unit in units for it in self._of(unit.artifact)
            if it.event.commit == unit.commit
        ]  # fmt: skip

    def is_open(self, id_: str) -> bool:
        """Tell whether it is a version of which it is not known what leads to it."""
        return id_ in self._members and id_ not in self._done

    def follow(self, most: int, depth: int | None) -> None:
        """Follow versions, the nearest first: so many, over so many edges; all that are equal."""
        while self._waiting and len(self._done) < most:
            distance = min(self._waiting)
            if depth is not None and distance > depth:
                return
            self._follow(list(self._waiting.pop(distance).values()), distance)

    def follow_these(self, ids: Iterable[str]) -> None:
        """Follow versions, however far away they are."""
        self._follow([self._members[it] for it in ids], 0)

    def _follow(self, level: Sequence[Subject], distance: int) -> None:
        fresh = [it for it in level if it.id not in self._done]
        self._done.update(it.id for it in fresh)
        # What a commit says of how a thing was made depends on all that is registered there.
        facts = self._index.facts(map(_unit, fresh))
        telling = {it.event.commit for it in fresh if not facts[_unit(it)].alone}
        for it in self._at(self._index.at(telling)):
            self._members.setdefault(it.id, it)
        around = self._above(fresh) if self._up else self._below(fresh)
        for it, way in (*around, *(self._equal(fresh) if self._also else ())):
            self._wait(it, distance + way)

    def _wait(self, it: Subject, distance: int) -> None:
        self._members.setdefault(it.id, it)
        if it.id not in self._done:
            self._waiting.setdefault(distance, {})[it.id] = it

    def _above(self, level: Sequence[Subject]) -> Iterator[tuple[Subject, int]]:
        """Iterate over the versions that others name, or whose contents they read."""
        facts = self._index.facts(map(_unit, level))
        named = [(it, one) for it in level for one in selected(facts[_unit(it)].named)]
        yield from ((meant, _BY_NAME) for _, meant in self._meant(named))
        read = {content for it in level for content in facts[_unit(it)].contents}
        for units in self._index.registering(read).values():
            yield from ((it, _BY_CONTENT) for it in self._counted(self._at(units)))

    def _counted(self, registered: Sequence[Subject]) -> Iterator[Subject]:
        """Iterate over those that count of the versions which a content is registered as."""
        first: dict[str, Subject] = {}
        for it in registered:
            if identity.came_before(it, self._root):
                known = first.setdefault(it.artifact, it)
                if it.position < known.position:
                    first[it.artifact] = it
        yield from registered if self._also else first.values()

    def _below(self, level: Sequence[Subject]) -> Iterator[tuple[Subject, int]]:
        """Iterate over the versions to which others lead."""
        facts = self._index.facts(map(_unit, level))
        own = {said.own for said in facts.values() if said.own}
        yield from ((it, _BY_CONTENT) for it in self._at(self._index.having(own)))
        artifacts = {it.artifact for it in level}
        naming = self._index.naming(artifacts)
        of_those = self._index.facts(naming)
        asked = [
            (it, one)
            for it in self._at(naming)
            for one in selected(of_those[_unit(it)].named)
            if one.artifact in artifacts
        ]
        ids = {it.id for it in level}
        yield from ((it, _BY_NAME) for it, meant in self._meant(asked) if meant.id in ids)

    def _equal(self, level: Sequence[Subject]) -> Iterator[tuple[Subject, int]]:
        """Iterate over all versions that have to do with equal contents."""
        facts = self._index.facts(map(_unit, level)).values()
        ids = {it for said in facts for it in (said.own, *said.contents) if it}
        registering = self._index.registering(ids).values()
        units = self._index.having(ids).union(*registering)
        return ((it, _BY_NAME) for it in self._at(units))

    def _meant(
        self, asked: Sequence[tuple[Subject, Selector]]
    ) -> Iterator[tuple[Subject, Subject]]:
        """Iterate over versions, each with one that it names by a selector."""
        self._histories.load({it.artifact for _, it in asked})
        wanted: dict[str, list[PinnedSelector]] = {}
        for by, it in asked:
            if not it.is_exact:
                wanted.setdefault(it.artifact, []).append(self._pinned(by, it))
        answers = {
            name: subjects.answers(self._histories.of(name), them) for name, them in wanted.items()
        }
        for by, it in asked:
            exact = it.is_exact
            key = it.version if exact else answers[it.artifact][self._pinned(by, it)]
            yield from (
                (by, known)
                for known in self._of(it.artifact)
                if key in (known.key, known.event.commit)
            )

    def _pinned(self, by: Subject, selector: Selector) -> PinnedSelector:
        return subjects.asked(selector, by, self._histories.of(selector.artifact))


def _unit(it: Subject) -> Unit:
    return Unit(it.artifact, it.event.commit)
