"""What a person reads of a lineage: nodes and edges in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from mreg.lineage.graph import Direction, Edge, EdgeKind, Node, NodeKind
from mreg.render import numbers

_SHORT_ID, _SHORT_DIGEST = 7, 12
_MOST_PARAMS = 8

_WORDS: dict[EdgeKind, tuple[str, str]] = {
    "commit": ("commit", "registered as"),
    "address": ("kept at", "keeps"),
    "made": ("made by", "made"),
    "import": ("imported from", "imported as"),
    "input": ("input", "input of"),
    "content": ("registered as", "the same as"),
    "code": ("code", "code of"),
    "data": ("data", "data of"),
    "params": ("params", "params of"),
    "previous": ("the version before:", "before"),
    "change": ("changed by commit", "before"),
}
"""What an edge of each kind is called upwards, and downwards."""

RANK = {kind: rank for rank, kind in enumerate(_WORDS)}
"""The order in which a node's edges are shown."""
"""The order in which a node's edges are shown."""


def edge(it: Edge, direction: Direction) -> str:
    """Return what an edge says of the node that it leads to."""
    words = "also " * it.also + _WORDS[it.kind][direction == "down"]
    return f"{words} ({it.role})" if it.role else words


def node(it: Node) -> str:
    """Return a node in words: its label, and what else is worth knowing at a glance."""
    details = ", ".join(filter(None, _DETAILS[it.kind](it.facts))) if not it.missing else ""
    return f"{it.label}  {details}" if details else it.label


def remarks(it: Node, way: Edge | None) -> Iterator[str]:
    """Iterate over what a reader should know of a node, and of the edge that led to it."""
    if it.missing:
        yield f"missing: {it.note}"
    elif it.note:
        yield it.note
    if way and way.note:
        yield way.note


def _version(facts: Any) -> Iterator[str]:
    yield facts["type"] or ""
    yield f"{facts['path']} {_digest(facts)}".rstrip() if facts["path"] else ""
    yield f"{facts['created_at']:%Y-%m-%d} {facts['author']}"
    yield "" if facts["active"] else "not registered now"


def _commit(facts: Any) -> Iterator[str]:
    yield f"{facts['date']:%Y-%m-%d} {facts['author']}: {facts['subject']}"


def _step(facts: Any) -> Iterator[str]:
    first, more, _ = facts["command"].partition("\n")
    yield f"$ {first}{' ...' if more else ''}" if first else ""


def _params(facts: Any) -> Iterator[str]:
    values = numbers.flat(facts["values"])
    shown = islice(values.items(), _MOST_PARAMS)
    yield from (f"{name}={numbers.shown(value)}" for name, value in shown)
    yield "..." if len(values) > _MOST_PARAMS else ""


def _content(facts: Any) -> Iterator[str]:
    yield _digest(facts)
    yield f"{facts['files']} files" if facts["files"] is not None else ""
    yield f"{facts['size']} bytes" if facts["size"] is not None else ""
    yield facts["pointer"] or ""


_DIGITS = frozenset("0123456789abcdef")


def _url(facts: Any) -> Iterator[str]:
    yield facts["named"] or ""
    rev = facts["rev"] or ""
    yield rev[:_SHORT_ID] if _DIGITS.issuperset(rev) else rev  # DVC need not have locked it
    yield _digest({"oid": None, **facts})


def _foreign(_: Any) -> Iterator[str]:
    yield "from another registry, which mreg does not read"


def _digest(facts: Any) -> str:
    """Return by what a content is known, as much of it as tells one from another."""
    if facts["oid"]:
        return f"git {facts['oid'][:_SHORT_ID]}"
    kind, _, digest = (facts["digest"] or "").partition(":")
    return f"{kind} {digest[:_SHORT_DIGEST]}" if digest else ""


_DETAILS: dict[NodeKind, Callable[[Any], Iterator[str]]] = {
    "version": _version,
    "commit": _commit,
    "step": _step,
    "params": _params,
    "file": _content,
    "data": _content,
    "url": _url,
    "foreign": _foreign,
}
