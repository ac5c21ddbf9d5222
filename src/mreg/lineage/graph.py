"""The graph of a lineage: nodes and edges as values, and how a part of a large one is taken.

An edge leads from what went in to what came out: from data to the model that was trained on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, TypeAlias

from mreg.core.diagnostics import Diagnostic
from mreg.core.queries import Version
from mreg.tuples import NamedTuple

NodeKind: TypeAlias = Literal[
    "version", "commit", "step", "params", "file", "data", "url", "foreign"
]
"""version: of an artifact here; foreign: of another registry; step: a stage of a DVC pipeline;
file: kept in Git; data: kept by DVC; url: fetched from elsewhere."""

EdgeKind: TypeAlias = Literal[
    "commit", "address", "made", "import", "input", "content", "code", "data", "params", "previous",
    "change",
]  # fmt: skip
"""address: it is kept at that URL; made: a step made it; content: the same bytes are registered
as that version; code, data, params: what a step read; previous: the version before; change: a
commit between the two."""

Direction: TypeAlias = Literal["up", "down"]
"""up: to what something was made from; down: to what was made from it."""


class Node(NamedTuple):
    """A thing in a lineage.

    Attributes:
        id: the same for the same thing in every answer about a registry.
        kind: what it is.
        label: what a person calls it.
        facts: what else is known of it, by the names that docs/how-to/lineage.md gives for its
        kind. missing: whether it should be there, and is not.
        note: why it is missing, or what else a reader should know; may be empty.
        cut: whether the lineage goes on behind it, but was cut off here.
    """

    id: str
    kind: NodeKind
    label: str
    facts: Mapping[str, Any]
    missing: bool = False
    note: str = ""
    cut: bool = False


class Edge(NamedTuple):
    """That something went into something.

    Attributes:
        source: the id of the node that went in.
        target: the id of the node that came out.
        kind: in which way.
        role: of an input, what the annotation says that it was for.
        note: what else a reader should know; may be empty.
        digest: of what a step read, by what DVC knew its content when the step ran.
        cycle: whether it is part of a cycle: its target went into its source as well.
        also: whether the commit in question does not tell of it: contents are equal, and this is
            what made such a one elsewhere, or what it is registered as besides.
    """

    source: str
    target: str
    kind: EdgeKind
    role: str | None = None
    note: str = ""
    digest: str | None = None
    cycle: bool = False
    also: bool = False


class Lineage(NamedTuple):
    """The sources of a version or file, or what was made from it.

    Attributes:
        roots: the ids of the requested nodes.
        direction: "up" or "down".
        nodes: the nodes, those nearer to the roots first.
        edges: the edges between them.
        cut: whether nodes were left out because of the requested depth or number.
        problems: the data that could not be read.
    """

    roots: tuple[str, ...]
    direction: Direction
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    cut: bool = False
    problems: tuple[Diagnostic, ...] = ()


class LineageQuestion(NamedTuple):
    """What is asked of a lineage.

    Attributes:
        version: the version that it is about; else None.
        path: the file or folder that it is about, whatever its content; else None.
        direction: "up" to what it was made from, "down" to what was made from it.
        depth: over so many edges; None for any number.
        limit: at most so many nodes besides the roots.
        also: whether what made equal contents in other commits is wanted, too.
    """

    version: Version | None
    path: str | None
    direction: Direction
    depth: int | None
    limit: int
    also: bool = False


class Subgraph(NamedTuple):
    """Which nodes of a graph are within reach, nearer ones first, and behind which it goes on."""

    ids: tuple[str, ...]
    cut: frozenset[str]


def reach(
    roots: Sequence[str],
    edges: Iterable[Edge],
    direction: Direction,
    *,
    depth: int | None,
    limit: int,
) -> Subgraph:
    """Return what can be reached from some nodes, which are always part of it.

    "up" goes against the edges, "down" along them: over so many edges (`depth`), one after the
    other, and to the nearest nodes, at most so many (`limit`) besides the roots.
    """
    beyond = _neighbours(edges, direction)
    found = dict.fromkeys(roots)
    most = len(found) + limit
    level, done = list(found), 0
    while level and (depth is None or done < depth):
        near = (other for known in level for other in beyond.get(known, ()))
        fresh = [it for it in dict.fromkeys(near) if it not in found]
        level, done = fresh[: most - len(found)], done + 1
        found.update(dict.fromkeys(level))
    cut = (it for it in found if any(other not in found for other in beyond.get(it, ())))
    return Subgraph(tuple(found), frozenset(cut))


def _neighbours(edges: Iterable[Edge], direction: Direction) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for edge in edges:
        here, there = (
            (edge.target, edge.source) if direction == "up" else (edge.source, edge.target)
        )
        found.setdefault(here, []).append(there)
    return found


def with_cycles(edges: Sequence[Edge]) -> Iterator[Edge]:
    """Iterate over edges; those that are part of a cycle say so."""
    component = components(edges)
    for edge in edges:
        yield edge._replace(cycle=component[edge.source] == component[edge.target])


def components(edges: Sequence[Edge]) -> dict[str, int]:
    """Return the strongly connected component of each node: what can be reached both ways.

    They are numbered in such a way that what went into one has a lower number.

    Kosaraju's algorithm, without recursion: a chain of versions may be longer than Python's stack.
    """
    along, against = _neighbours(edges, "down"), _neighbours(edges, "up")
    order = list(_finished(along, [it for edge in edges for it in (edge.source, edge.target)]))
    component: dict[str, int] = {}
    for number, first in enumerate(reversed(order)):
        waiting = [first]
        while waiting:
            node = waiting.pop()
            if node not in component:
                component[node] = number
                waiting += against.get(node, ())
    return component


def _finished(along: Mapping[str, Sequence[str]], nodes: Iterable[str]) -> Iterator[str]:
    """Iterate over nodes in the order in which a search, depth first, is done with them."""
    seen: set[str] = set()
    for first in nodes:
        if first in seen:
            continue
        seen.add(first)
        path = [(first, iter(along.get(first, ())))]
        while path:
            node, others = path[-1]
            deeper = next((it for it in others if it not in seen), None)
            if deeper is None:
                path.pop()
                yield node
            else:
                seen.add(deeper)
                path.append((deeper, iter(along.get(deeper, ()))))


def as_dict(lineage: Lineage) -> dict[str, Any]:
    """Return a lineage as JSON has it: docs/reference/json.md."""
    return {
        "roots": lineage.roots,
        "direction": lineage.direction,
        "cut": lineage.cut,
        "nodes": [_node(**it._asdict()) for it in lineage.nodes],
        "edges": [_edge(**it._asdict()) for it in lineage.edges],
        "problems": lineage.problems,
    }


def _node(*, facts: Mapping[str, Any], **fields: Any) -> dict[str, Any]:
    return {**fields, **facts}


def _edge(*, source: str, target: str, **fields: Any) -> dict[str, Any]:
    return {"from": source, "to": target, **fields}
