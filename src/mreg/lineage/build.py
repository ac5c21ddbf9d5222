"""From facts to the graph of a whole registry, of which every answer is a part.

Each commit is a graph by itself, and what it says of a content is what it was made from. Where two
commits say the same of the same content, all the way back, it is one node; else it is one for
each of them, so that no commit's word changes what another one's version was made from.
Up and down are read off the same edges, so each is the other's inverse.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from mreg.annotations.entry import Annotation, Input, is_url
from mreg.core import queries
from mreg.core.diagnostics import Diagnostic
from mreg.core.queries import Selector
from mreg.core.replay import History, State
from mreg.dvc import records
from mreg.dvc.lockfile import Item, LockedStage
from mreg.dvc.pipeline import Pipeline
from mreg.dvc.pointers import Pointer
from mreg.errors import InvalidName
from mreg.lineage import identity, nodes, subjects
from mreg.lineage.graph import Edge, EdgeKind, Node
from mreg.lineage.index import Unit, UnitFacts
from mreg.lineage.nodes import LineageContent
from mreg.lineage.subjects import PinnedSelector, Subject
from mreg.render.moments import minute
from mreg.tuples import NamedTuple

MOST_LINKS = 1_000_000
"""So many connections are followed in a registry, equal ones too; beyond, an answer is cut."""

_PROGRAMS = frozenset(
    (".py", ".ipynb", ".r", ".rmd", ".jl", ".sh", ".bash", ".sql", ".scala", ".java", ".js", ".ts",
     ".c", ".cc", ".cpp", ".cu", ".rs", ".go", ".pl")
)  # fmt: skip
"""What a step's dependency that is a program ends in."""


class GraphFacts(NamedTuple):
    """What the graph is built from.

    Attributes:
        state: the registry.
        subjects: its versions.
        annotations: what each of them is; None where it is not annotated, a problem where that
            cannot be read.
        pipelines: the pipelines in each commit that has any.
        objects: the ids of blobs and trees in Git, by commit and path; None where there is none.
        pointers: the .dvc file that keeps a path, or a folder around it, in a commit.
        full: whether there was more than was looked up.
        annexed: what git-annex keeps, by commit and path: it is known by the hash in its key.
        submodules: which submodule a path of a commit is, or is in.
    """

    state: State
    subjects: Sequence[Subject]
    annotations: Sequence[Annotation | Diagnostic | None]
    pipelines: Mapping[str, Pipeline]
    objects: Mapping[tuple[str, str], str | None]
    pointers: Mapping[tuple[str, str], LockedStage]
    full: bool = False
    annexed: Mapping[tuple[str, str], Pointer] = MappingProxyType({})
    submodules: Mapping[tuple[str, str], str] = MappingProxyType({})


class Links(NamedTuple):
    """The graph of a whole registry.

    Attributes:
        nodes: the nodes by id, without those of the versions that there are.
        edges: the edges, once each; those that equal contents alone tell of are marked.
        contents: what stands at each version's path, by the version's id.
        notes: what else a reader should know of a version, by its id.
        full: whether there was more than is followed.
    """

    nodes: dict[str, Node]
    edges: list[Edge]
    contents: dict[str, LineageContent]
    notes: dict[str, str]
    full: bool


def paths(annotation: Annotation | Diagnostic | None) -> tuple[str, ...]:
    """Return the paths in the repository that an annotation names: its own and its inputs'."""
    if not isinstance(annotation, Annotation):
        return ()
    named = (annotation.path, *(it.path for it in annotation.inputs))
    return tuple(it for it in named if it and not is_url(it))


def build(facts: GraphFacts, *, also: bool = False) -> Links:
    """Return the graph of a registry; `also` with edges from what made equal contents elsewhere."""
    builder = _GraphBuilder(facts)
    for subject, annotation in zip(facts.subjects, facts.annotations, strict=True):
        if builder.is_full:
            break
        builder.add(subject, annotation)
    nodes_, edges, bases = builder.told_apart()
    edges += identity.registered(builder.contents, bases)
    if also:
        edges += identity.made(edges, builder.contents, bases)
    full = facts.full or builder.is_full or len(edges) >= MOST_LINKS
    return Links(nodes_, edges[:MOST_LINKS], builder.contents, builder.notes, full)


def of_units(facts: GraphFacts) -> dict[Unit, UnitFacts] | None:
    """Return what an index has of the subjects; None where there is more than is followed."""
    builder = _GraphBuilder(facts)
    for subject, annotation in zip(facts.subjects, facts.annotations, strict=True):
        builder.add(subject, annotation)
    if facts.full or builder.is_full:
        return None
    contents: dict[str, list[Node]] = {}
    for (commit, _), node in builder.nodes.items():
        if node.kind in ("file", "data"):
            contents.setdefault(commit, []).append(node)
    telling = {*facts.pipelines, *(commit for commit, _ in facts.pointers)}
    found: dict[Unit, UnitFacts] = {}
    for it, annotation in zip(facts.subjects, facts.annotations, strict=True):
        own, held = builder.contents.get(it.id), contents.get(it.event.commit, ())
        inputs = annotation.inputs if isinstance(annotation, Annotation) else ()
        found[Unit(it.artifact, it.event.commit)] = UnitFacts(
            own.id if own else None,
            tuple(node.id for node in held),
            tuple(dict.fromkeys(node.facts["path"] for node in held)),
            tuple(one.artifact for one in inputs if one.artifact and not one.repo),
            it.event.commit not in telling,
        )
    return found


class _GraphBuilder:
    """Builds the graphs of all commits, in each of which a content has its plain id."""

    def __init__(self, facts: GraphFacts) -> None:
        self.contents: dict[str, LineageContent] = {}
        self.notes: dict[str, str] = {}
        self._facts = facts
        self._followed = 0
        self._commit = ""
        self.nodes: dict[tuple[str, str], Node] = {}
        self._edges: dict[tuple[str, str, str, str, str | None], Edge] = {}
        self._steps: dict[tuple[str, str, str], str] = {}
        self._inputs = _Resolved(facts)

    @property
    def is_full(self) -> bool:
        return self._followed >= MOST_LINKS

    def add(self, it: Subject, annotation: Annotation | Diagnostic | None) -> None:
        """Add what a version was made from."""
        self._commit = it.event.commit
        if not isinstance(annotation, Annotation):
            self.notes[it.id] = annotation.message if annotation else "it is not annotated"
            return
        if annotation.path:
            self._own(it, annotation.path)
        for found in annotation.inputs:
            if self.is_full:
                return
            self._input(it, found)

    def _own(self, it: Subject, path: str) -> None:
        """Add what made the thing at a version's own path, or the URL that it has instead."""
        if is_url(path):
            self._link(self._put(nodes.of_url(path)), it.id, "address")
            return
        commit = it.event.commit
        found = self._content(commit, path)
        if found.is_known:
            self.contents[it.id] = found
        else:
            self.notes[it.id] = f"{path} {found.absence}"
        self._makers(commit, found, it.id)

    def _input(self, it: Subject, found: Input) -> None:
        """Add an input that the annotation declares."""
        source: str | Node
        note = ""
        if found.artifact and found.repo:
            source = nodes.foreign(found)
        elif found.artifact:
            source, note = self._inputs.source(it, found.artifact)
        elif found.url:
            source = nodes.url(found)
        elif found.path and is_url(found.path):
            source = nodes.of_url(found.path)
        elif found.path:
            content = self._content(it.event.commit, found.path)
            source = self._put(nodes.content(content))
            self._makers(it.event.commit, content, source)
        else:
            return
        if isinstance(source, Node):
            source = self._put(source)
        self._link(source, it.id, "input", found.role, note)

    def _makers(self, commit: str, made: LineageContent, target: str) -> None:
        """Add the steps that made something, back to the sources."""
        waiting = [(made, target)]
        while waiting and not self.is_full:
            made, target = waiting.pop()
            for stage, out in self._pipeline(commit).makers(made.path):
                if _is_another(out, made.path, made.digest):
                    continue
                known = (commit, stage.file, stage.name) in self._steps
                self._link(self._step(commit, stage), target, "made")
                if not known:
                    waiting += self._read_by(commit, stage)
            self._imports(commit, made.path, target)

    def _imports(self, commit: str, path: str, target: str) -> None:
        """Add what a .dvc file says that it stands for: the source of an import, or an old step."""
        pointer = self._facts.pointers.get((commit, path))
        if pointer and pointer.command:
            self._link(self._step(commit, pointer), target, "made")
        for it in pointer.deps if pointer and not pointer.command else ():
            self._link(self._put(self._dependency(commit, it)), target, "import")

    def _step(self, commit: str, stage: LockedStage) -> str:
        """Add a step and what it read; return its id."""
        key = (commit, stage.file, stage.name)
        if key not in self._steps:
            deps = [self._dependency(commit, it) for it in stage.deps]
            used = [nodes.params(file, values) for file, values in stage.params]
            step = self._put(nodes.step(stage, [it.id for it in (*deps, *used)]))
            self._steps[key] = step
            for it, dep in zip(stage.deps, deps, strict=True):
                is_program = posixpath.splitext(it.path)[1].lower() in _PROGRAMS
                kind: EdgeKind = "code" if is_program else "data"
                self._link(self._put(dep), step, kind, digest=it.digest)
            for given in used:
                self._link(self._put(given), step, "params")
        return self._steps[key]

    def _read_by(self, commit: str, stage: LockedStage) -> Iterator[tuple[LineageContent, str]]:
        """Iterate over what a step read in this repository, each with its node's id."""
        for it in stage.deps:
            if not _is_elsewhere(it):
                found = self._content(commit, it.path, it)
                yield found._replace(digest=it.digest), found.id

    def _dependency(self, commit: str, it: Item) -> Node:
        if _is_elsewhere(it):
            return nodes.imported(it)
        return nodes.content(self._content(commit, it.path, it))

    def _content(self, commit: str, path: str, read: Item | None = None) -> LineageContent:
        """Return what stands at a path of a commit; `read` is what a step says it read there."""
        pointer = self._facts.pointers.get((commit, path))
        file = pointer.file if pointer else None
        if kept_by_annex := self._facts.annexed.get((commit, path)):
            return LineageContent(path, digest=kept_by_annex.digest, size=kept_by_annex.size)
        if oid := self._facts.objects.get((commit, path)):
            return LineageContent(path, oid)
        said = [(it, pointer) for it in pointer.outs] if pointer else []
        record = records.choose(path, (*said, *self._pipeline(commit).outputs(path)))
        own = record[0] if record else None
        kept = read if read and read.digest and not _is_same(own, read) else own
        if kept is None:
            return LineageContent(path, submodule=self._facts.submodules.get((commit, path)))
        if kept.path == path:
            return LineageContent(path, None, kept.digest, kept.size, kept.files, file)
        return LineageContent(path, digest=kept.digest, pointer=file, within=kept.path)

    def told_apart(self) -> tuple[dict[str, Node], list[Edge], dict[str, str]]:
        """Return the graphs of all commits as one: nodes by id, edges, and plain ids by id."""
        graphs: dict[str, tuple[dict[str, Node], list[Edge]]] = {}
        for (commit, id_), node in self.nodes.items():
            graphs.setdefault(commit, ({}, []))[0][id_] = node
        for (commit, *_), edge in self._edges.items():
            graphs.setdefault(commit, ({}, []))[1].append(edge)
        ids = {commit: identity.identities(commit, *found) for commit, found in graphs.items()}
        known: dict[str, Node] = {}
        for (commit, id_), node in self.nodes.items():
            new = ids[commit][id_]
            known.setdefault(new, node._replace(id=new))
        edges: dict[tuple[str, str, str, str | None], Edge] = {}
        for (commit, source, target, kind, role), edge in self._edges.items():
            start, end = ids[commit].get(source, source), ids[commit].get(target, target)
            edges.setdefault((start, end, kind, role), edge._replace(source=start, target=end))
        bases = {new: plain for found in ids.values() for plain, new in found.items()}
        return known, list(edges.values()), bases

    def _pipeline(self, commit: str) -> Pipeline:
        return self._facts.pipelines.get(commit, _NONE)

    def _put(self, node: Node) -> str:
        self.nodes.setdefault((self._commit, node.id), node)
        return node.id

    def _link(
        self,
        source: str,
        target: str,
        kind: EdgeKind,
        role: str | None = None,
        note: str = "",
        digest: str | None = None,
    ) -> None:
        self._followed += 1
        self._edges.setdefault(
            (self._commit, source, target, kind, role),
            Edge(source, target, kind, role, note, digest),
        )


_NONE = Pipeline()


def _is_another(out: Item, path: str, digest: str | None) -> bool:
    """Tell whether an output is at a path, but is not the content that is known by a digest."""
    return out.path == path and digest is not None and out.digest != digest


def _is_same(own: Item | None, read: Item) -> bool:
    """Tell whether what a step read is what its commit has at that path, and says more of."""
    return own is not None and (own.path, own.digest) == (read.path, read.digest)


def doubts(facts: GraphFacts, it: Subject, annotation: Annotation) -> Iterator[str]:
    """Iterate over what in a version's commit does not fit together: there its lineage ends."""
    commit = it.event.commit
    pipeline = facts.pipelines.get(commit, _NONE)
    needed = {(stage.file, stage.name): stage for path in paths(annotation)
              for stage in pipeline.needed(path)}  # fmt: skip
    for stage in needed.values():
        for read in stage.deps:
            pointer = facts.pointers.get((commit, read.path))
            kept = [(pointer.file, out) for out in pointer.outs] if pointer else []
            made = [(other.name, out) for other, out in pipeline.makers(read.path)]
            for maker, out in (*kept, *made):
                if _is_another(out, read.path, read.digest):
                    yield f"{stage.name} read another {read.path} than that of {maker}"


def _is_elsewhere(it: Item) -> bool:
    return it.repo is not None or is_url(it.path)


class _Resolved:
    """What the selectors in inputs mean, all of them found out at once."""

    def __init__(self, facts: GraphFacts) -> None:
        self._state = facts.state
        self._known = {it.id: it for it in facts.subjects}
        self._at = {(it.artifact, it.event.commit): it for it in reversed(facts.subjects)}
        self._parsed: dict[str, Selector | InvalidName] = {}
        self._answers: dict[PinnedSelector, str | None] = {}
        wanted: dict[str, list[PinnedSelector]] = {}
        for subject, annotation in zip(facts.subjects, facts.annotations, strict=True):
            for it in annotation.inputs if isinstance(annotation, Annotation) else ():
                selector = self._parse(it.artifact) if it.artifact and not it.repo else None
                if isinstance(selector, Selector) and not selector.is_exact:
                    asked = subjects.asked(selector, subject, self._history(selector))
                    wanted.setdefault(selector.artifact, []).append(asked)
        for artifact, asked_of in wanted.items():
            self._answers |= subjects.answers(self._state.history(artifact), asked_of)

    def source(self, it: Subject, text: str) -> tuple[str | Node, str]:
        """Return the id of a version, or the node of one that is absent; and how it was found."""
        selector = self._parse(text)
        if isinstance(selector, InvalidName):
            return nodes.absent_version(text, str(selector)), ""
        if selector.is_exact:
            return self._version(selector.artifact, str(selector.version))
        when = f"{selector} as of {minute(it.event.created_at)}"
        key = self._answers[subjects.asked(selector, it, self._history(selector))]
        if key is None:
            return nodes.absent_version(str(selector._replace(plain=False)), "there was none"), when
        return self._version(selector.artifact, key)[0], when

    def _version(self, artifact: str, key: str) -> tuple[str | Node, str]:
        found = self._known.get(subjects.version_id(artifact, key)) or self._at.get((artifact, key))
        if found:
            return found.id, ""
        return nodes.absent_version(f"{artifact}@{key}", "there is no such version"), ""

    def _parse(self, text: str) -> Selector | InvalidName:
        if text not in self._parsed:
            try:
                self._parsed[text] = queries.parse_selector(text)
            except InvalidName as error:
                self._parsed[text] = error
        return self._parsed[text]

    def _history(self, selector: Selector) -> History:
        return self._state.history(selector.artifact)
