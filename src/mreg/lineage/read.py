"""Tracing a lineage: which files of which commits are read, and what is asked of Git besides."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice

from mreg.annotations import dvc, entry, text
from mreg.annotations.entry import Annotation, is_url
from mreg.annotations.outline import DVC_FILE
from mreg.annotations.packed import Said
from mreg.annotations.sources import Wanted
from mreg.core import queries
from mreg.core.diagnostics import Diagnostic, problem
from mreg.core.queries import Version
from mreg.core.replay import State
from mreg.dvc import lockfile, pointers, records
from mreg.dvc.lockfile import LOCK, LockedStage, Read
from mreg.dvc.pipeline import Pipeline
from mreg.dvc.pointers import Pointer
from mreg.errors import NotFound
from mreg.git import files, log
from mreg.git.files import Files
from mreg.git.repository import Repository
from mreg.lineage import build, graph, identity, nodes, subjects
from mreg.lineage.build import GraphFacts, Links
from mreg.lineage.closure import Closure
from mreg.lineage.graph import Edge, EdgeKind, Lineage, LineageQuestion, Node, Subgraph
from mreg.lineage.index import LineageIndex, Unit, UnitFacts
from mreg.lineage.subjects import Subject
from mreg.store import entries
from mreg.store.histories import Histories
from mreg.store.versioned_files import VersionedFiles
from mreg.tuples import NamedTuple

MOST_LOOKED_UP = 500_000
"""At most so many inputs, and paths in commits, are looked at in a registry; beyond, an answer is
cut."""

MOST_CHANGES = 100
"""At most so many commits between two versions are listed."""

ReadAnnotations = Callable[[Sequence[Wanted]], Sequence[Said]]


class Traced(NamedTuple):
    """A registry's graph, and what it was built from.

    Attributes:
        facts: the facts.
        links: the graph.
        versions: each version with its annotation, by its node's id.
        problems: what of a commit's pipelines cannot be read, by the commit.
    """

    facts: GraphFacts
    links: Links
    versions: dict[str, tuple[Subject, Annotation | Diagnostic | None]]
    problems: Mapping[str, list[Diagnostic]]


def answer(
    repo: Repository, state: State, read: ReadAnnotations, question: LineageQuestion
) -> Lineage:
    """Return a lineage in a registry, or a part of one, of which all is read.

    Raises:
        NotFound: no version was made with the path that was asked about.
    """
    traced = trace(repo, state, tuple(subjects.of_state(state)), read, also=question.also)
    return _told(repo, traced, question, reached(traced, question))


def answer_by_index(
    repo: Repository,
    index: LineageIndex,
    histories: Histories,
    read: ReadAnnotations,
    question: LineageQuestion,
) -> Lineage:
    """Return a lineage in a whole registry, of which no more is read than the answer needs.

    Raises:
        IndexDamaged: the index is.
        NotFound: as `answer`.
    """
    closure = Closure(index, histories, question)
    most = question.limit + 1
    while True:
        closure.follow(most, question.depth)
        traced = trace(repo, histories.state(), closure.members, read, also=question.also)
        found = reached(traced, question)
        ahead = [it for it in found.part.ids if closure.is_open(it)]
        if not ahead:
            return _told(repo, traced, question, found)
        closure.follow_these(ahead)
        most *= 2


class Reached(NamedTuple):
    """The part of a graph that is asked about: where it begins, the edges that count, the nodes."""

    roots: tuple[str, ...]
    edges: Sequence[Edge]
    part: Subgraph


def reached(traced: Traced, question: LineageQuestion) -> Reached:
    """Return the part of a graph that is asked about.

    Raises:
        NotFound: as `answer`.
    """
    roots = _roots(traced, question)
    edges = traced.links.edges
    if question.direction == "up":
        known = {id_: it for id_, (it, _) in traced.versions.items()}
        root = known[roots[0]] if question.version else None
        edges = list(identity.as_of(edges, known, root, also=question.also))
    part = graph.reach(roots, edges, question.direction, depth=question.depth, limit=question.limit)
    return Reached(roots, edges, part)


def _told(repo: Repository, traced: Traced, question: LineageQuestion, part_: Reached) -> Lineage:
    """Return the answer, with what there is to say besides of the versions in it."""
    roots, edges, part = part_
    found = {id_: _node(traced, id_)._replace(cut=id_ in part.cut) for id_ in part.ids}
    between = [it for it in edges if it.source in found and it.target in found]
    if question.direction == "up":
        # In an order that does not depend on what else is registered.
        rank = {id_: number for number, id_ in enumerate(found)}
        between.sort(key=lambda it: rank[it.target])
        around = _Surroundings(repo, traced, found, roots[0] if question.version else None)
        found |= {id_: it for id_, it in around.nodes.items() if id_ not in found}
        between = [*around.edges, *_checked(repo, between, found)]
    return Lineage(
        roots,
        question.direction,
        tuple(found.values()),
        tuple(graph.with_cycles(between)),
        traced.links.full or bool(part.cut),
        tuple(dict.fromkeys(_problems(traced, found))),
    )


def trace(
    repo: Repository,
    state: State,
    known: Sequence[Subject],
    read: ReadAnnotations,
    *,
    also: bool = False,
) -> Traced:
    """Build the graph of versions; the number of Git processes does not grow with them."""
    annotations = read([Wanted(it.artifact, it.event.commit, it.event.tag) for it in known])
    with files.Files(repo) as contents:
        facts, problems = _facts(contents, state, known, annotations)
    versions = {it.id: (it, found) for it, found in zip(known, facts.annotations, strict=True)}
    return Traced(facts, build.build(facts, also=also), versions, problems)


def of_units(repo: Repository, known: Sequence[Subject]) -> dict[Unit, UnitFacts] | None:
    """Return what an index has of versions; None where that may be another thing another time."""
    wanted = [Wanted(it.artifact, it.event.commit, it.event.tag) for it in known]
    with VersionedFiles(repo) as contents:
        annotations, lacking = entries.read_and_keep(repo, wanted, contents)
        facts, _ = _facts(contents, State({}), known, annotations)
        return None if lacking or not contents.is_whole else build.of_units(facts)


def steps(
    repo: Repository, versions: Sequence[Version], said: Sequence[Said]
) -> list[tuple[LockedStage, ...]]:
    """Return the steps of DVC's pipelines that versions came out of, the first step first."""
    named = {
        it.tag: (it.commit, path)
        for it, known in zip(versions, said, strict=True)
        if isinstance(known, Annotation) and (path := known.path) and not is_url(path)
    }
    with files.Files(repo) as contents:
        pipelines, _ = _pipelines({commit for commit, _ in named.values()}, contents)
    made = {tag: pipelines[commit].needed(path)
            for tag, (commit, path) in named.items() if commit in pipelines}  # fmt: skip
    return [made.get(it.tag, ())[::-1] for it in versions]


def _facts(
    contents: Files, state: State, known: Sequence[Subject], read: Iterable[Said]
) -> tuple[GraphFacts, dict[str, list[Diagnostic]]]:
    """Read what a graph is built from; and what of pipelines cannot be read, by the commit."""
    annotations, left = _bounded(read)
    named: dict[str, set[str]] = {}
    for subject, annotation in zip(known, annotations, strict=True):
        if found := build.paths(annotation):
            named.setdefault(subject.event.commit, set()).update(found)
    pipelines, problems = _pipelines(named, contents)
    pairs = list(islice(_pairs(named, pipelines), MOST_LOOKED_UP))
    objects = contents.locate(pairs)
    annexed = _annexed(objects, contents)
    kept = _pointers([pair for pair in pairs if objects[pair] is None], contents, problems)
    full = len(pairs) == MOST_LOOKED_UP or not left
    facts = GraphFacts(
        state, known, annotations, pipelines, objects, kept, full, annexed, contents.submodules
    )
    return facts, problems


def _pipelines(
    commits: Iterable[str], contents: Files
) -> tuple[dict[str, Pipeline], dict[str, list[Diagnostic]]]:
    """Read the dvc.lock files of commits; equal ones are read once."""
    listed = contents.search(commits, (LOCK, DVC_FILE))
    locks = {
        commit: tuple(
            (path, oid, found.get(posixpath.join(posixpath.dirname(path), DVC_FILE)))
            for path, oid in found.items()
            if posixpath.basename(path) == LOCK
        )
        for commit, found in listed.items()
    }
    wanted = (oid for found in locks.values() for _, *oids in found for oid in oids if oid)
    raw = dict(contents.read(wanted, limit=text.MAX_BYTES))
    read = {
        lock: lockfile.read_lock(raw[lock[1]], lock[0], dvc.folders(raw.get(lock[2] or "")))
        for lock in dict.fromkeys(lock for found in locks.values() for lock in found)
    }
    pipelines = {
        found: Pipeline(stage for lock in found for stage in read[lock].stages)
        for found in dict.fromkeys(locks.values())
        if found
    }
    problems = {
        commit: [it for lock in found for it in _unread(commit, lock[0], read[lock])]
        for commit, found in locks.items()
    }
    return {commit: pipelines[found] for commit, found in locks.items() if found}, problems


def _unread(commit: str, file: str, read: Read) -> Iterator[Diagnostic]:
    return (problem("MR023", commit[:12], f"{file}: {why}") for why in read.complaints)


def _bounded(
    annotations: Iterable[Annotation | Diagnostic | None],
) -> tuple[list[Annotation | Diagnostic | None], int]:
    """Return annotations with so many inputs in all as are looked up, and how many more may be."""
    found: list[Annotation | Diagnostic | None] = []
    left = MOST_LOOKED_UP
    for it in annotations:
        if isinstance(it, Annotation):
            inputs = it.inputs[:left]
            left -= len(inputs)
            found.append(it if len(inputs) == len(it.inputs) else it._replace(inputs=inputs))
        else:
            found.append(it)
    return found, left


def _pairs(
    named: Mapping[str, Iterable[str]], pipelines: Mapping[str, Pipeline]
) -> Iterator[tuple[str, str]]:
    """Iterate over what is looked up: commits, and the paths that are named or were read there."""
    for commit, paths in named.items():
        pipeline = pipelines.get(commit)
        for path in sorted(paths):
            yield commit, path
            for stage in pipeline.needed(path) if pipeline else ():
                yield from ((commit, it.path) for it in stage.deps if it.repo is None)


def _annexed(
    objects: Mapping[tuple[str, str], str | None], contents: Files
) -> dict[tuple[str, str], Pointer]:
    """Return what git-annex keeps of what is in Git, by commit and path."""
    raw = contents.small(filter(None, objects.values()), limit=pointers.LARGEST)
    found = {oid: pointers.read(it) for oid, it in raw.items()}
    kept = {oid: it for oid, it in found.items() if isinstance(it, Pointer) and it.key}
    return {pair: kept[oid] for pair, oid in objects.items() if oid in kept}


def _pointers(
    pairs: Iterable[tuple[str, str]], contents: Files, problems: Mapping[str, list[Diagnostic]]
) -> dict[tuple[str, str], LockedStage]:
    """Read the .dvc files of what is not in Git, by commit and path."""
    candidates = {(commit, path): pointers.candidates(path) for commit, path in pairs}
    located = contents.locate(
        (commit, it) for (commit, _), names in candidates.items() for it in names
    )
    oids = {place: oid for place, oid in located.items() if oid}
    raw = dict(contents.read(oids.values(), limit=text.MAX_BYTES))
    equal = {(name, oid) for (_, name), oid in oids.items()}
    parsed = {(name, oid): lockfile.read_pointer(raw[oid], name) for name, oid in equal}
    read = {(commit, name): parsed[name, oid] for (commit, name), oid in oids.items()}
    for (commit, name), it in read.items():
        problems[commit] += _unread(commit, name, it)
    found = {}
    for (commit, path), names in candidates.items():
        said = (read[commit, it].outputs for it in names if (commit, it) in read)
        if record := records.choose(path, chain.from_iterable(said)):
            found[commit, path] = record[1]
    return found


def _roots(traced: Traced, question: LineageQuestion) -> tuple[str, ...]:
    """Return the ids of the nodes that are asked about."""
    if version := question.version:
        id_ = subjects.version_id(version.artifact, version.version or version.commit)
        if id_ in traced.versions:
            return (id_,)
        # A bare commit that was a version at another time.
        return next(
            (it.id,)
            for it in traced.facts.subjects
            if (it.artifact, it.event.commit) == (version.artifact, version.commit)
        )
    found = tuple(
        it.id
        for it in traced.links.nodes.values()
        if it.kind in ("file", "data") and it.facts["path"] == question.path
    )
    if not found:
        raise NotFound(
            f"no version was made with {question.path}",
            hint="write a path from the repository's root, as in inputs or a dvc.lock",
        )
    return found


def _node(traced: Traced, id_: str) -> Node:
    """Return a node; those of versions are made when they are asked for."""
    if id_ not in traced.versions:
        return traced.links.nodes[id_]
    subject, annotation = traced.versions[id_]
    links = traced.links
    described = annotation if isinstance(annotation, Annotation) else None
    doubts = build.doubts(traced.facts, subject, described) if described else ()
    note = "; ".join(filter(None, (links.notes.get(id_), *doubts)))
    return nodes.version(subject, described, links.contents.get(id_), note)


def _problems(traced: Traced, found: Iterable[str]) -> Iterator[Diagnostic]:
    """Iterate over what could not be read of versions."""
    for subject, annotation in (traced.versions[it] for it in found if it in traced.versions):
        yield from entry.problems(annotation)
        yield from traced.problems.get(subject.event.commit, ())


def _checked(repo: Repository, edges: Sequence[Edge], found: Mapping[str, Node]) -> Iterator[Edge]:
    """Iterate over edges; those of code that a step did not run say so.

    The code is what the version's commit holds. It may have been changed after the step ran, and
    DVC wrote down what it was then.
    """
    oids = {it.source: found[it.source].facts.get("oid") for it in edges if it.kind == "code"}
    commits = [it.facts["commit"] for it in found.values() if "commit" in it.facts]
    with files.Files(repo) as contents:
        if any(oids.values()):
            # A shallow clone borrows the commits that it lacks, and so what is in them.
            contents.locate((commit, LOCK) for commit in commits)
        raw = dict(contents.read(filter(None, oids.values()), limit=text.MAX_BYTES))
    for it in edges:
        code = raw.get(oids.get(it.source) or "") if it.kind == "code" else None
        if code is None or it.digest is None or len(code) > text.MAX_BYTES:
            yield it
        else:
            same = it.digest in lockfile.digests(code)
            yield it if same else it._replace(note=f"the step used other content, {it.digest}")


class _Surroundings:
    """What there is to say besides of versions: their commits, and the version before one."""

    def __init__(
        self, repo: Repository, traced: Traced, found: Iterable[str], root: str | None
    ) -> None:
        """Ask Git about the versions among some nodes, and what came before the root, if any."""
        self.nodes: dict[str, Node] = {}
        self.edges: list[Edge] = []
        self._repo = repo
        self._traced = traced
        known = [traced.versions[it][0] for it in found if it in traced.versions]
        it = traced.versions[root][0] if root else None
        before = self._before(it) if it else None
        asked = (*known, *([before] if before else []))
        self._described = log.describe(repo, (it.event.commit for it in asked))
        for subject in known:
            oid = subject.event.commit
            described = self._described.get(oid)
            node = nodes.commit(described) if described else nodes.absent_commit(oid)
            self._add(node, subject, "commit")
        if it and before:
            self._add_previous(it, before)

    def _before(self, it: Subject) -> Subject | None:
        history = self._traced.facts.state.history(it.artifact)
        version = queries.before(history, it.version) if it.version else None
        if version is None:
            return None
        return self._traced.versions[subjects.version_id(it.artifact, version)][0]

    def _add_previous(self, it: Subject, before: Subject) -> None:
        """Add the version before one, and the commits since that changed what is at its path."""
        note, paths = "", self._paths(it)
        ends = (before.event.commit, it.event.commit)
        if paths and self._described.keys() >= set(ends):
            found = log.touching(self._repo, *ends, paths, limit=MOST_CHANGES + 1)
            for commit in found[:MOST_CHANGES]:
                self._add(nodes.commit(commit), it, "change")
            if len(found) > MOST_CHANGES:
                note = f"more than {MOST_CHANGES} commits since"
        self._add(_node(self._traced, before.id), it, "previous", note)

    def _add(self, node: Node, it: Subject, kind: EdgeKind, note: str = "") -> None:
        self.nodes.setdefault(node.id, node)
        self.edges.append(Edge(node.id, it.id, kind, note=note))

    def _paths(self, it: Subject) -> list[str]:
        """Return the files in Git whose changes change what is at a version's path."""
        annotation = self._traced.versions[it.id][1]
        path = annotation.path if isinstance(annotation, Annotation) else None
        if path is None or is_url(path):
            return []
        commit, facts = it.event.commit, self._traced.facts
        pipeline, pointer = facts.pipelines.get(commit), facts.pointers.get((commit, path))
        made_by = [stage.file for stage, _ in pipeline.makers(path)] if pipeline else []
        return list(dict.fromkeys([path, *([pointer.file] if pointer else []), *made_by]))
