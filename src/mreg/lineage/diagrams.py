"""A lineage as a diagram: Mermaid (https://mermaid.js.org) or DOT (https://graphviz.org).

Texts come from whoever can push a tag or a commit. In Mermaid every character that could mean
something there is written as an entity code (`#35;`); in DOT quotes and backslashes are escaped,
which is all that means something in a quoted string.
"""

from __future__ import annotations

import re

from mreg.lineage.graph import Edge, Lineage, Node, NodeKind
from mreg.render.escape import line

# Letters and digits of any script, and what means nothing between quotes.
_ACTIVE = re.compile(r"[^\w ./:@=,+-]")

_SHAPES: dict[NodeKind, tuple[str, str, str]] = {
    "version": ("([", "])", "oval"),
    "foreign": ("([", "])", "oval"),
    "step": ("[", "]", "box"),
    "commit": ("(", ")", "circle"),
    "params": ("[/", "/]", "parallelogram"),
    "file": ("[(", ")]", "cylinder"),
    "data": ("[(", ")]", "cylinder"),
    "url": ("[(", ")]", "cylinder"),
}
"""What a kind of node stands between in Mermaid, and its shape in DOT."""


def mermaid(lineage: Lineage) -> str:
    """Return a lineage as a flowchart of Mermaid."""
    number = _numbers(lineage)
    lines = ["flowchart LR"]
    for it in lineage.nodes:
        begin, end, _ = _SHAPES[it.kind]
        mark = ":::missing" if it.missing else ""
        lines.append(f'  {number[it.id]}{begin}"{_entities(_label(it))}"{end}{mark}')
    for edge in lineage.edges:
        arrow = "-.->" if _is_aside(edge) else "-->"
        words = _entities(_words(edge))
        lines.append(f'  {number[edge.source]} {arrow}|"{words}"| {number[edge.target]}')
    lines.append("  classDef missing stroke-dasharray: 4 4")
    return "\n".join(lines) + "\n"


def dot(lineage: Lineage) -> str:
    """Return a lineage as a directed graph of DOT."""
    number = _numbers(lineage)
    lines = ["digraph lineage {", "  rankdir=LR;"]
    for it in lineage.nodes:
        style = f"shape={_SHAPES[it.kind][2]}{', style=dashed' if it.missing else ''}"
        lines.append(f"  {number[it.id]} [label={_quoted(_label(it))}, {style}];")
    for edge in lineage.edges:
        style = ", style=dashed" if _is_aside(edge) else ""
        words = _quoted(_words(edge))
        lines.append(f"  {number[edge.source]} -> {number[edge.target]} [label={words}{style}];")
    return "\n".join([*lines, "}"]) + "\n"


def _numbers(lineage: Lineage) -> dict[str, str]:
    """Return short names for the nodes: their ids are texts of others."""
    return {it.id: f"n{number}" for number, it in enumerate(lineage.nodes)}


def _is_aside(it: Edge) -> bool:
    """Tell whether an edge is context, and does not say what something was made from."""
    return it.also or it.kind in ("previous", "change")


def _words(it: Edge) -> str:
    return "also " * it.also + (f"{it.kind} {it.role}" if it.role else it.kind)


def _label(it: Node) -> str:
    return f"{it.label} (missing)" if it.missing else it.label


def _entities(text: str) -> str:
    return _ACTIVE.sub(lambda found: f"#{ord(found[0])};", line(text))


def _quoted(text: str) -> str:
    escaped = line(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
