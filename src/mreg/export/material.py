"""What documents about a version are made of: values out of which each format takes what it has."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from typing import Literal, NamedTuple, TypeAlias

from mreg.annotations import entry
from mreg.annotations.entry import Annotation
from mreg.core.diagnostics import Diagnostic
from mreg.core.events import Event
from mreg.core.queries import Version
from mreg.dvc.whereabouts import Kept
from mreg.export import hub
from mreg.lineage.graph import Edge, EdgeKind, Lineage, Node

Format: TypeAlias = Literal["model-card", "cyclonedx"]
"""model-card: of the Hugging Face Hub; cyclonedx: a bill of materials."""


class ExportOptions(NamedTuple):
    """What a document should say that the repository does not know.

    Attributes:
        task: what the model is for, such as "tabular-classification".
        dataset: what its metrics were measured on: an id on the Hub, or a name.
    """

    task: str | None = None
    dataset: str | None = None


class Material(NamedTuple):
    """What there is to say of a version.

    Attributes:
        version: the version, or the bare commit.
        event: its registration; of a bare commit its promotion.
        annotation: what its commit says of it.
        contents: what stands at the paths of the artifact and of its inputs, by path.
        requirements: its requirements, a line each.
        lineage: what it was made from.
        wishes: what is to be said besides.
        made_by: the version of mreg.
    """

    version: Version
    event: Event
    annotation: Annotation
    contents: Mapping[str, Kept]
    requirements: tuple[str, ...]
    lineage: Lineage
    wishes: ExportOptions
    made_by: str

    @property
    def content(self) -> Kept | None:
        """What stands at the artifact's own path."""
        return self.contents.get(self.annotation.path or "")

    @property
    def digest(self) -> str | None:
        """By what that is known; outside of Git, by the checksum that the annotation says."""
        said, kept = self.annotation.sha256, self.content
        known = kept.content_digest if kept else None
        if kept and known and (kept.place == "git" or kept.has_pointer):
            return known
        return f"sha256:{said}" if said else known

    @property
    def metrics(self) -> dict[str, entry.Number]:
        """What it was measured by: its metrics without DVCLive's `step`, a count of the run."""
        said = self.annotation.metrics.items()
        return {name: it for name, it in said if name.rpartition(":")[2] != "step"}

    @property
    def label(self) -> str:
        """The version; of a bare commit its id."""
        return self.version.version or self.version.commit

    @property
    def task(self) -> str | None:
        """What the model is for, if somebody says so."""
        return self.wishes.task or hub.task(self.annotation.labels)

    @property
    def is_data(self) -> bool:
        """Whether it is said to be data, and no model."""
        return (self.annotation.type or "").lower() in entry.DATASETS


class Exported(NamedTuple):
    """A document about a version.

    Attributes:
        version: the version.
        format: the format of the document.
        text: the document.
        missing: missing information, with the remedy.
        problems: the data that could not be read; more may then be missing.
    """

    version: Version
    format: Format
    text: str
    missing: tuple[str, ...] = ()
    problems: tuple[Diagnostic, ...] = ()


class InputEdge(NamedTuple):
    """One thing that went into another: as what (`role`), in which way, and into which node."""

    node: Node
    role: str | None
    kind: EdgeKind
    into: str


_INTO: frozenset[EdgeKind] = frozenset(("input", "made", "import", "content", "code", "data"))
"""The edges from what something was made of. Params are values, and no things."""


def sources(lineage: Lineage) -> Iterator[InputEdge]:
    """Iterate over what a version was made from, and what that was made from, the nearest first.

    The steps of a pipeline are passed over: what went into one went into what it made. What went
    into several things is there several times.
    """
    nodes = {it.id: it for it in lineage.nodes}
    ways: dict[str, list[Edge]] = {}
    for edge in lineage.edges:
        if edge.kind in _INTO:
            ways.setdefault(edge.target, []).append(edge)
    waiting, seen = list(lineage.roots), set(lineage.roots)
    for thing in waiting:
        for edge in _things(thing, ways, nodes):
            yield InputEdge(nodes[edge.source], edge.role, edge.kind, thing)
            if edge.source not in seen:
                seen.add(edge.source)
                waiting.append(edge.source)


def _things(
    thing: str, ways: Mapping[str, list[Edge]], nodes: Mapping[str, Node]
) -> Iterator[Edge]:
    """Iterate over the edges to what went into a thing, past the steps between."""
    waiting, passed = [thing], set()
    while waiting:
        for edge in ways.get(waiting.pop(), ()):
            if edge.kind != "made":
                yield edge
            elif nodes[edge.source].kind == "step" and edge.source not in passed:
                passed.add(edge.source)
                waiting.append(edge.source)


def listed(said: Annotation, but: Container[str] = ()) -> Iterator[tuple[str, str]]:
    """Iterate over the fields that a document lists, in alphabetical order: word and text.

    Those are left out that it has a place of its own for (`but`).
    """
    for it in sorted(entry.TABLE, key=lambda it: it.listed):
        value = getattr(said, it.name)
        if value and it.listed and it.name not in but:
            yield it.listed, value if isinstance(value, str) else " ".join(filter(None, value))


def inputs(material: Material) -> list[InputEdge]:
    """Return what went into a version itself, each thing once; what it declares comes first."""
    found = [it for it in sources(material.lineage) if it.into in material.lineage.roots]
    known: dict[str, InputEdge] = {}
    for it in sorted(found, key=lambda it: it.kind != "input"):
        known.setdefault(it.node.id, it)
    return list(known.values())


def digest(node: Node, contents: Mapping[str, Kept]) -> str | None:
    """Return by what the content of a node is known: "sha256:...", "md5:...", "git:..." or None.

    Of a file that is a pointer of Git LFS or git-annex, it is the digest of what that stands for;
    of a damaged pointer there is none.
    """
    oid, path = node.facts.get("oid"), node.facts.get("path")
    behind = contents.get(str(path))
    if oid and behind and behind.has_pointer:
        return behind.content_digest
    return f"git:{oid}" if oid else node.facts.get("digest")
