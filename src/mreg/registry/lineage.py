"""Where something came from, and where it went."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from mreg.core import queries
from mreg.core.queries import Version
from mreg.core.replay import History, State
from mreg.errors import UsageError
from mreg.git import refs
from mreg.git.repository import Repository
from mreg.lineage import read as lineages
from mreg.lineage import subjects
from mreg.lineage.graph import Lineage, LineageQuestion
from mreg.lineage.index import IndexDamaged, LineageIndex, Unit, UnitFacts, digest
from mreg.lineage.subjects import Subject
from mreg.registry import read
from mreg.store import complete, histories, repository_cache
from mreg.store.answers import AnswerKind
from mreg.store.histories import Histories

_ARTIFACTS, _VERSIONS = 200, 2_500
"""So many artifacts are taken into the index at once, of so many versions of which is read."""


def trace(
    repo: Repository,
    selector: str | None,
    path: str | None,
    *,
    down: bool,
    depth: int | None,
    limit: int,
    also: bool,
) -> Lineage:
    """Return what a version was made from, or what was made from it: see `Registry.lineage`."""
    if (selector is None) == (path is None):
        raise UsageError("give either a version or a path, not both", hint="use one of them")
    queries.refuse_negative(depth, f"a depth of {depth}")
    queries.refuse_negative(limit, f"a limit of {limit}")
    with complete.at_one_moment(repo):
        # A clone that may lack tags asks its remote: once, for all of them.
        lacking = not repo.mirror and (repo.shortage() or complete.lacks_registry(repo))
        state = read.state(repo) if lacking else None
        version = _version(repo, selector, state) if selector is not None else None
        question = LineageQuestion(version, path, "down" if down else "up", depth, limit, also)
        return of(repo, question, state)


def _version(repo: Repository, selector: str, state: State | None) -> Version:
    """Return the version that is asked about, out of the state if that was read."""
    if state is None:
        return read.version(repo, selector)
    return read.find(repo, state, queries.parse_selector(selector))


def of(repo: Repository, question: LineageQuestion, state: State | None = None) -> Lineage:
    """Return a lineage: out of the state if that was read, else by the index if there is one."""
    said = partial(read.entries, repo)
    if state is not None:
        return lineages.answer(repo, state, said, question)
    for _ in range(2):  # what is damaged is made anew
        if index := _index(repo):
            try:
                return lineages.answer_by_index(repo, index, Histories(repo), said, question)
            except IndexDamaged:
                index.forget()
    return lineages.answer(repo, read.state(repo), said, question)


def _index(repo: Repository) -> LineageIndex | None:
    """Return the index of a registry, with what is new in it; None where there is none."""
    if not histories.is_large(repo):
        return None
    index = LineageIndex(
        repository_cache.index(repo, "lineage"), partial=bool(repo.mirror) or repo.is_partial()
    )
    # A mirror is first brought up to date, and of a clone that may lack tags its remote is asked.
    alone = not repo.mirror and not repo.shortage()
    tags = refs.fingerprint_of_tags(repo) if alone else None
    if index.is_of(tags):
        return index
    found = complete.read_answers(repo, _COMMITS)
    if found is None:
        return None
    digests = dict(found.rows())
    lacking = index.lacking(digests)
    reader = Histories(repo)
    for start in range(0, len(lacking), _ARTIFACTS):
        artifacts = lacking[start : start + _ARTIFACTS]
        reader.load(artifacts)
        known = [it for name in artifacts for it in subjects.of_history(reader.of(name))]
        facts = _facts(repo, index, known)
        if facts is None or not index.add({it: digests[it] for it in artifacts}, facts):
            return None
    if tags and all(it.code == "MR001" for it in found.problems):  # others may pass
        index.note(tags, digests)
    return index


def _facts(
    repo: Repository, index: LineageIndex, known: Sequence[Subject]
) -> dict[Unit, UnitFacts] | None:
    """Return what an index has of versions; None where it may be another thing another time."""
    facts = index.known_facts({Unit(it.artifact, it.event.commit) for it in known})
    fresh = [it for it in known if Unit(it.artifact, it.event.commit) not in facts]
    for start in range(0, len(fresh), _VERSIONS):
        found = lineages.of_units(repo, fresh[start : start + _VERSIONS])
        if found is None:
            return None
        facts |= found
    return facts


def _commits(history: History) -> tuple[bytes, bytes]:
    return digest(it.event.commit for it in history.timeline), b""


_COMMITS = AnswerKind("commits", "1", _commits)
"""A digest of the commits that an artifact has to do with."""
