"""Lineage across repositories: which versions were made from which, by the inputs they declare.

What is within a repository besides, its data, code and steps, that registry's own lineage tells.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from mreg.annotations.entry import Annotation, Input
from mreg.catalog import answers, labels
from mreg.catalog.answers import IndexedArtifact
from mreg.catalog.index import CatalogIndex
from mreg.core import queries
from mreg.core.queries import Selector, Version
from mreg.core.replay import History
from mreg.errors import InvalidName
from mreg.lineage import graph, nodes, subjects
from mreg.lineage.graph import Direction, Edge, Lineage, Node
from mreg.lineage.subjects import PinnedSelector, Subject
from mreg.net import urls


class Known(NamedTuple):
    """An artifact with its events, and its versions by the ids that they have here."""

    artifact: IndexedArtifact
    history: History
    subjects: dict[str, Subject]


class Declared(NamedTuple):
    """An input as a version declares it.

    Attributes:
        remote: the other repository, in the one spelling of the index; None: the same one.
        repo: the same, as it was written.
        name: the artifact.
        selector: which version of it, as it was written.
        role: what it was for.
    """

    remote: str | None
    repo: str | None
    name: str
    selector: str
    role: str | None


def lineage(
    index: CatalogIndex,
    root: tuple[IndexedArtifact, Version],
    direction: Direction,
    *,
    depth: int | None,
    limit: int,
) -> Lineage:
    """Return what a version was made from, or what was made from it, over all repositories."""
    found = _Versions(index)
    artifact, version = root
    start = _id(artifact, version.version or version.commit)
    found.of(artifact.id)
    edges: dict[tuple[str, str, str | None], Edge] = {}
    level, seen, done = [start], {start}, 0
    # One step further than is shown tells behind what it goes on.
    while level and len(seen) <= limit + 1 and (depth is None or done <= depth):
        near = [it for id_ in level for it in found.around(id_, direction)]
        edges |= {(it.source, it.target, it.role): it for it in near}
        beyond = (it.source if direction == "up" else it.target for it in near)
        level = [it for it in dict.fromkeys(beyond) if it not in seen]
        seen.update(level)
        done += 1
    part = graph.reach([start], edges.values(), direction, depth=depth, limit=limit)
    shown = tuple(found.node(it)._replace(cut=it in part.cut) for it in part.ids)
    ids = frozenset(part.ids)
    between = [it for it in edges.values() if it.source in ids and it.target in ids]
    return Lineage((start,), direction, shown, tuple(graph.with_cycles(between)), bool(part.cut))


def _id(it: IndexedArtifact, key: str) -> str:
    return subjects.version_id(it.model, key)


class _Versions:
    """The versions of a catalog, looked up as they are asked for."""

    def __init__(self, index: CatalogIndex) -> None:
        self._index = index
        self._places: dict[str, tuple[int, Subject]] = {}
        self._others: dict[str, Node] = {}
        self.of = cache(self._of)
        self._repository = cache(self._repository_of)
        self._artifact = cache(self._artifact_of)

    def around(self, id_: str, direction: Direction) -> Iterator[Edge]:
        """Iterate over the edges that lead to a version, or from it."""
        if id_ not in self._places:
            return iter(())
        place, subject = self._places[id_]
        return self._above(id_, place, subject) if direction == "up" else self._below(id_, place)

    def node(self, id_: str) -> Node:
        """Return a node that an edge has led to."""
        if id_ not in self._places:
            return self._others[id_]
        place, subject = self._places[id_]
        known = self.of(place)
        said = answers.all_said(self._index, known.artifact).get(subject.event.tag)
        annotation = said if isinstance(said, Annotation) else None
        found = nodes.version(subject, annotation, None, "")
        facts = {"repository": known.artifact.label, **found.facts}
        label = labels.joined(known.artifact.label, found.label)
        return found._replace(id=id_, label=label, facts=facts)

    def _above(self, id_: str, place: int, subject: Subject) -> Iterator[Edge]:
        known = self.of(place)
        found = self._index.rows(
            "SELECT i.remote, i.repo, i.name, i.selector, i.role FROM inputs i"
            " JOIN versions v ON v.id = i.version WHERE v.artifact = ? AND v.tag = ?",
            (place, subject.event.tag),
        )
        for it in map(Declared._make, found):
            source = self._source(known, subject, it)
            yield Edge(source, id_, "input", it.role)

    def _below(self, id_: str, place: int) -> Iterator[Edge]:
        wanted = self.of(place).artifact
        found = self._index.rows(
            "SELECT v.artifact, v.tag, i.remote, i.repo, i.name, i.selector, i.role FROM inputs i"
            " JOIN versions v ON v.id = i.version WHERE i.name = ? ORDER BY v.id",
            (wanted.name,),
        )
        for artifact, tag, *declared in found.fetchall():
            known, it = self.of(artifact), Declared._make(declared)
            if self._repository(it.remote, known.artifact.repository) != wanted.repository:
                continue
            for target, subject in known.subjects.items():
                if subject.event.tag == tag and self._source(known, subject, it) == id_:
                    yield Edge(id_, target, "input", it.role)

    def _source(self, by: Known, subject: Subject, it: Declared) -> str:
        """Return the id of what an input is; it is a node from then on."""
        repository = self._repository(it.remote, by.artifact.repository)
        if repository is None:
            shown = urls.without_secrets(it.repo or "")
            return self._other(nodes.foreign(Input(artifact=it.selector, repo=shown)))
        place = self._artifact(repository, it.name)
        label = by.artifact.label if it.remote is None else self._label(repository)
        text = labels.joined(label, it.selector)
        if place is None:
            return self._other(nodes.absent_version(text, f"{label} has no such artifact"))
        try:
            selector = queries.parse_selector(it.selector)
        except InvalidName as error:
            return self._other(nodes.absent_version(text, str(error)))
        key = self._meant(self.of(place), selector, by, subject)
        id_ = _id(self.of(place).artifact, key) if key else ""
        if id_ not in self._places:
            return self._other(nodes.absent_version(text, f"{label} has no such version"))
        return id_

    def _meant(self, of: Known, selector: Selector, by: Known, subject: Subject) -> str | None:
        """Return what a selector meant when the version that has it was registered."""
        if selector.is_exact:
            return selector.version
        if of.artifact.id == by.artifact.id:
            asked = PinnedSelector(selector, subject.position)
        else:
            timeline = of.history.timeline
            position = bisect_right(timeline, subject.effective, key=lambda it: it[0])
            asked = PinnedSelector(selector, position)
        return subjects.answers(of.history, [asked])[asked]

    def _other(self, node: Node) -> str:
        self._others[node.id] = node
        return node.id

    def _of(self, place: int) -> Known:
        artifact = answers.artifact_at(self._index, place)
        history = answers.history(self._index, artifact)
        found = {_id(artifact, it.key): it for it in subjects.of_history(history)}
        self._places |= {id_: (place, it) for id_, it in found.items()}
        return Known(artifact, history, found)

    def _repository_of(self, remote: str | None, own: int) -> int | None:
        if remote is None:
            return own
        query = "SELECT id FROM repositories WHERE remote = ? ORDER BY label"
        found = self._index.rows(query, (remote,)).fetchone()
        return found[0] if found else None

    def _artifact_of(self, repository: int, name: str) -> int | None:
        query = "SELECT id FROM artifacts WHERE repository = ? AND name = ?"
        found = self._index.rows(query, (repository, name)).fetchone()
        return found[0] if found else None

    def _label(self, repository: int) -> str:
        query = "SELECT label FROM repositories WHERE id = ?"
        (found,) = self._index.rows(query, (repository,)).fetchone()
        return str(found)
