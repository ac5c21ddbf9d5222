"""Which things in the graphs of several commits are one, and which are but equal.

A content is the same thing where it is the same bytes at the same path, and was made in the same
way, back to the sources; a step where it read the same things. Equal contents that were made in
another way are things of their own: what a version was made from is what its own commit says.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from mreg.lineage import graph
from mreg.lineage.graph import Edge, EdgeKind, Node
from mreg.lineage.nodes import LineageContent
from mreg.lineage.subjects import Subject

_MADE: frozenset[EdgeKind] = frozenset(("made", "import"))
_SAID_OF_DATA = ("size", "files", "pointer")
"""What a commit says of data besides its digest."""


def identities(commit: str, nodes: Mapping[str, Node], edges: Sequence[Edge]) -> dict[str, str]:
    """Return the ids by which the things of a commit are told from equal ones of other commits.

    `nodes` and `edges` go by plain ids. The commit tells things apart that went into themselves.
    """
    into: dict[str, list[Edge]] = {}
    for edge in edges:
        into.setdefault(edge.target, []).append(edge)
    component = graph.components(edges)
    found: dict[str, str] = {}
    ordered = sorted((it for it in component if it in nodes), key=component.__getitem__)
    for _, group in groupby(ordered, key=component.__getitem__):
        members = list(group)
        outer = {it: [e for e in into.get(it, ()) if e.source not in members] for it in members}
        cyclic = sorted(members) if outer != {it: into.get(it, []) for it in members} else []
        found |= {
            it: _told_apart(nodes[it], outer[it], found, [commit, *cyclic] if cyclic else [])
            for it in members
        }
    return {it: found.get(it) or _told_apart(nodes[it], [], found, []) for it in nodes}


def _told_apart(
    node: Node, into: Iterable[Edge], known: Mapping[str, str], cycle: Sequence[str]
) -> str:
    sources = sorted((it.kind, known.get(it.source, it.source)) for it in into)
    if node.kind == "step":  # whose plain id holds the plain ids of what it read
        plain = {it.source for it in into}
        sources = [it for it in sources if it[1] not in plain]
    said = [node.facts[it] for it in _SAID_OF_DATA] if node.kind == "data" else []
    said += [node.note] if node.kind == "data" and node.note else []
    parts = [sources, cycle, said if any(it is not None for it in said) else []]
    if not any(parts):
        return node.id
    text = json.dumps(parts, default=str)
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{node.id}~{digest[:12]}"


def registered(contents: Mapping[str, LineageContent], plain: Mapping[str, str]) -> Iterator[Edge]:
    """Iterate over edges from versions to what was read that is the same bytes at the same path.

    `contents` is what stands at each version's path, by the version's id; `plain` the plain ids of
    the nodes, by id.
    """
    versions: dict[str, list[str]] = {}
    for version, found in contents.items():
        versions.setdefault(found.id, []).append(version)
    for id_, content in plain.items():
        yield from (Edge(version, id_, "content") for version in versions.get(content, ()))


def made(
    edges: Sequence[Edge], contents: Mapping[str, LineageContent], plain: Mapping[str, str]
) -> Iterator[Edge]:
    """Iterate over marked edges to contents from what made equal ones in other commits."""
    content_of = {**plain, **{version: found.id for version, found in contents.items()}}
    own: dict[str, set[tuple[EdgeKind, str]]] = {}
    makers: dict[str, dict[tuple[EdgeKind, str], Edge]] = {}
    for it in edges:
        if it.kind in _MADE and it.target in content_of:
            key = (it.kind, plain.get(it.source, it.source))
            own.setdefault(it.target, set()).add(key)
            makers.setdefault(content_of[it.target], {}).setdefault(key, it)
    for target, content in content_of.items():
        for maker, it in makers.get(content, {}).items():
            if maker not in own.get(target, ()):
                yield Edge(it.source, target, it.kind, also=True)


def as_of(
    edges: Iterable[Edge], versions: Mapping[str, Subject], root: Subject | None, *, also: bool
) -> Iterator[Edge]:
    """Iterate over the edges that count where it is asked what a version was made from.

    That a content is registered as a version counts for the first version of each artifact, if it
    was registered by the time the root was: what is registered later changes nothing. Without a
    root a path is asked about, for which the time is no matter. `also`: the others too, marked.
    """
    edges = list(edges)
    first: dict[tuple[str, str], Subject] = {}
    for it in edges:
        version = versions[it.source] if it.kind == "content" else None
        if version and came_before(version, root):
            known = first.setdefault((it.target, version.artifact), version)
            if version.position < known.position:
                first[it.target, version.artifact] = version
    counted = {(it.id, target) for (target, _), it in first.items()}
    for it in edges:
        if it.kind != "content" or (it.source, it.target) in counted:
            yield it
        elif also:
            yield it._replace(also=True)


def came_before(version: Subject, root: Subject | None) -> bool:
    """Tell whether a version was there when the root was registered; without one, it was."""
    if root is None:
        return True
    if version.artifact == root.artifact:
        return version.position < root.position
    return version.effective <= root.effective
