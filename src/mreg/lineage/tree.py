"""A lineage as a tree, from its roots: each thing in full where it is met first."""

from __future__ import annotations

from typing import NamedTuple

from mreg.lineage import words
from mreg.lineage.graph import Edge, Lineage, Node
from mreg.render.tree import TreeLine

_BRANCH, _LAST, _PASSING, _NOTHING = "├── ", "└── ", "│   ", "    "


class _Place(NamedTuple):
    """Where a node stands in the tree, and the edge that leads there; no edge leads to a root."""

    id: str
    way: Edge | None
    lead: str
    below: str


class _Leave(NamedTuple):
    """That all below a node has been shown."""

    id: str


def rows(lineage: Lineage) -> list[TreeLine]:
    """Return the lines of the tree.

    What is met again is not shown in full once more: it says "see above", or that it is a cycle.
    """
    known = {it.id: it for it in lineage.nodes}
    ways = _ways(lineage)
    lines: list[TreeLine] = []
    seen: set[str] = set()
    path: set[str] = set()
    waiting: list[_Place | _Leave] = [_Place(it, None, "", "") for it in reversed(lineage.roots)]
    while waiting:
        place = waiting.pop()
        if isinstance(place, _Leave):
            path.discard(place.id)
            continue
        node, below = known[place.id], ways.get(place.id, [])
        again = place.id in seen and bool(below)
        cycle = place.id in path
        said = "a cycle: see above" if cycle else "see above" if again else ""
        behind = f"{place.below}{_PASSING if below and not said else ''}"
        lines.append(TreeLine(place.lead, behind, _text(lineage, node, place.way, said)))
        if said:
            continue
        seen.add(place.id)
        path.add(place.id)
        waiting.append(_Leave(place.id))
        for number, (way, other) in enumerate(reversed(below)):
            lead, follow = (_BRANCH, _PASSING) if number else (_LAST, _NOTHING)
            waiting.append(_Place(other, way, place.below + lead, place.below + follow))
    return lines


def _ways(lineage: Lineage) -> dict[str, list[tuple[Edge, str]]]:
    """Return, for each node, the edges that lead on from it and where they lead."""
    found: dict[str, list[tuple[Edge, str]]] = {}
    own = {(it.source, it.target) for it in lineage.edges if it.kind == "commit"}
    for it in sorted(lineage.edges, key=lambda it: words.RANK[it.kind]):
        if it.kind == "change" and (it.source, it.target) in own:
            continue  # the version's own commit is shown as such
        here, there = (
            (it.target, it.source) if lineage.direction == "up" else (it.source, it.target)
        )
        found.setdefault(here, []).append((it, there))
    return found


def _text(lineage: Lineage, node: Node, way: Edge | None, said: str) -> str:
    before = f"{words.edge(way, lineage.direction)} " if way else ""
    remarks = [*words.remarks(node, way), *([said] if said else [])]
    if node.cut and not said:
        remarks.append("there is more")
    after = "".join(f" ({it})" for it in remarks)
    return f"{before}{words.node(node)}{after}"
