"""Profiles: all that a page shows of an artifact, read for many artifacts at once."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import NamedTuple, TypeAlias, TypeVar

from mreg.annotations import entry, text
from mreg.annotations.entry import Annotation
from mreg.annotations.outline import Outline
from mreg.annotations.packed import Said
from mreg.annotations.sources import Wanted
from mreg.compare import comparison
from mreg.compare.comparison import Comparison
from mreg.core import directions, kinds, queries
from mreg.core.diagnostics import Diagnostic
from mreg.core.directions import Directions
from mreg.core.queries import Record, Version
from mreg.core.replay import History, State
from mreg.core.tenures import Tenure, tenures
from mreg.git import remote
from mreg.git.repository import Repository
from mreg.governance import evaluate, settings
from mreg.governance.prospects import pending, prospects
from mreg.net import urls
from mreg.policy.model import Settings
from mreg.policy.pending import Pending
from mreg.registry import artifact as artifacts
from mreg.registry import read
from mreg.registry.artifact import Artifact
from mreg.store.versioned_files import VersionedFiles

Check: TypeAlias = evaluate.Check

_Answer = TypeVar("_Answer", Check, Pending)

_BATCH = 2000
"""About so many versions' annotations are read, and held, at a time."""

_FEW = 20
"""Of up to so many artifacts, and half of all, each is read by itself; of more, all at once."""

CARDS = ("MODEL_CARD.md", "README.md")
"""The files beside an artifact that describe it at length, the first that is there."""


class Profile(NamedTuple):
    """All that a page shows of an artifact.

    Attributes:
        artifact: the artifact as it stands, as its latest version's own commit describes it; HEAD
            counts where it has no version.
        versions: its versions, also those that were deregistered, newest first by SemVer.
        said: what each version's commit says of it.
        head: what HEAD says of it, where it has no version; else None.
        events: what was recorded of it, newest first.
        tenures: who held its stages when.
        comparison: its versions against all their metrics and params.
        prospects: what the policy says of promoting its latest version.
        pending: its versions that wait for approvals.
        problems: what could not be read of it.
    """

    artifact: Artifact
    versions: tuple[Version, ...]
    said: tuple[Said, ...]
    head: Annotation | None
    events: tuple[Record, ...]
    tenures: tuple[Tenure, ...]
    comparison: Comparison
    prospects: tuple[Check, ...]
    pending: tuple[Pending, ...]
    problems: tuple[Diagnostic, ...]

    def annotation(self, version: Version) -> Annotation | None:
        """Return what the commit of one of the versions says; None where nothing can be read."""
        pairs = zip(self.versions, self.said, strict=True)
        found = next((said for it, said in pairs if it.tag == version.tag), None)
        return found if isinstance(found, Annotation) else None


class ArtifactContents(NamedTuple):
    """All that is recorded of an artifact, and what the commits of its versions say.

    Attributes:
        history: its events, and how it stands after them.
        versions: its versions, also those that were deregistered, newest first by SemVer.
        said: what each version's commit says of it.
    """

    history: History
    versions: tuple[Version, ...]
    said: tuple[Said, ...]


def contents(repo: Repository, names: Collection[str] | None) -> Iterator[ArtifactContents]:
    """Iterate over registered artifacts: see `Registry.contents_of`."""
    state = _state(repo, names, None)
    wanted = sorted(state.histories if names is None else state.histories.keys() & set(names))
    for batch in _batches(map(state.history, wanted)):
        yield from _annotated(repo, batch)


def said_at_head(repo: Repository, names: Sequence[str]) -> dict[str, Said]:
    """Return what HEAD says of artifacts."""
    if not names:
        return {}
    commit = read.commit(repo, "HEAD")
    said = read.entries(repo, [Wanted(name, commit, name) for name in names])
    return dict(zip(names, said, strict=True))


def profiles(
    repo: Repository, names: Collection[str] | None = None, at: int | None = None
) -> Iterator[Profile]:
    """Iterate over artifacts' profiles, by name: see `Registry.profiles`."""
    at_head = read.at_head(repo).annotations if at is None else {}
    state = _state(repo, names, at)
    wanted = sorted({*state.histories, *at_head} if names is None else names)
    known = cache(lambda name: state.histories.get(name) or read.state(repo, name).history(name))
    governing = settings.governing(repo)
    directions_ = told(governing.settings)
    problems: dict[str, list[Diagnostic]] = {}
    for it in state.problems:
        if name := kinds.parse(it.subject):
            problems.setdefault(name.artifact, []).append(it)
    early = said_at_head(repo, [it for it in wanted if it in at_head and it not in state.histories])
    for batch in _batches(state.history(name) for name in wanted):
        asked = batch if at is None else []
        checks = _grouped(prospects(repo, governing, known, asked))
        waiting = _grouped(pending(repo, governing, asked, known) if asked else ())
        for history, versions, said in _annotated(repo, batch):
            artifact = history.artifact
            policy = (tuple(checks.get(artifact, ())), tuple(waiting.get(artifact, ())))
            wrong = problems.get(artifact, ())
            head = early.get(artifact)
            yield _profile(history, versions, said, (at_head, head), directions_, policy, wrong)


def _state(repo: Repository, names: Collection[str] | None, at: int | None) -> State:
    if names is None or not (len(names) == 1 or _are_few(repo, names)):
        found = read.state(repo)
    else:
        parts = [read.state(repo, name) for name in sorted(names)]
        histories = {name: it for part in parts for name, it in part.histories.items()}
        found = State(histories, tuple(it for part in parts for it in part.problems))
    return found if at is None else found.at(at)


def _are_few(repo: Repository, names: Collection[str]) -> bool:
    """Tell whether some artifacts are read by themselves; to know it, all tags are listed."""
    return len(names) <= _FEW and len(names) <= len(read.artifacts(repo)) // 2


def _batches(histories: Iterable[History]) -> Iterator[list[History]]:
    batch, held = [], 0
    for it in histories:
        batch.append(it)
        held += 1 + len(it.standing.active) + len(it.standing.ended)
        if held >= _BATCH:
            yield batch
            batch, held = [], 0
    if batch:
        yield batch


def _grouped(found: Iterable[_Answer]) -> dict[str, list[_Answer]]:
    groups: dict[str, list[_Answer]] = {}
    for it in found:
        groups.setdefault(it.artifact, []).append(it)
    return groups


def _annotated(repo: Repository, histories: Sequence[History]) -> Iterator[ArtifactContents]:
    """Iterate over artifacts with their versions, and what the commits of these say."""
    versions = [queries.find_all(it, ended=True) for it in histories]
    flat = [it for found in versions for it in found]
    said = iter(read.of_versions(repo, flat) if flat else ())
    for history, found in zip(histories, versions, strict=True):
        yield ArtifactContents(history, found, tuple(next(said) for _ in found))


def _profile(
    history: History,
    versions: tuple[Version, ...],
    said: tuple[Said, ...],
    at_head: tuple[Mapping[str, Outline], Said],
    told_: Directions,
    policy: tuple[tuple[Check, ...], tuple[Pending, ...]],
    problems: Sequence[Diagnostic],
) -> Profile:
    name, (outlines, head) = history.artifact, at_head
    rows = [comparison.row(*it) for it in zip(versions, said, strict=True)]
    latest = queries.latest(history)
    pairs = zip(versions, said, strict=True)
    newest = next((found for it, found in pairs if it.version == latest), None)
    own = {name: newest} if isinstance(newest, Annotation) else {}
    found = comparison.compare(name, rows, told=told_)
    return Profile(
        artifacts.described_as(history, own, outlines),
        versions,
        said,
        head if isinstance(head, Annotation) else None,
        tuple(queries.records([history])),
        tenures(history),
        found,
        *policy,
        (
            *problems,
            *(it for one in (*said, head) for it in entry.problems(one)),
            *found.problems,
        ),
    )


def told(settings_: Settings) -> Directions:
    """Return which way metrics are better as a policy says, where their names do not tell.

    What may not fall below a bound is better higher, and the other way round.
    """
    lower: set[str] = set()
    higher: set[str] = set()
    for gate in (settings_.register, *(settings_.stages or {}).values()):
        for it in gate.requires.no_regression:
            if it.better:
                (higher if it.better == "higher" else lower).add(it.metric)
        for bound in gate.requires.bounds:
            if bound.operator != "==" and directions.known(bound.metric) is None:
                (higher if bound.operator.startswith(">") else lower).add(bound.metric)
    return directions.told(lower - higher, higher - lower)


def cards(repo: Repository, wanted: Sequence[tuple[Version, Annotation | None]]) -> tuple[str, ...]:
    """Return the texts that describe versions at length: see `Registry.cards`."""
    places = [[(it.commit, path) for path in _card_paths(said)] for it, said in wanted]
    with VersionedFiles(repo) as contents:
        oids = contents.find(pair for found in places for pair in found)
        first = [next((oid for pair in found if (oid := oids[pair])), None) for found in places]
        raw = dict(contents.read((it for it in first if it), limit=text.MAX_BYTES))
    return tuple(_readable(raw.get(oid) if oid else None) for oid in first)


def _card_paths(said: Annotation | None) -> Iterator[str]:
    """Iterate over the paths at which a version's card may be, the first one that counts first.

    A README at the root is the repository's own.
    """
    custom = said.custom if said else None
    if isinstance(custom, dict) and isinstance(named := custom.get("card"), str):
        yield named
    path = said.path if said else None
    if path is None or entry.is_url(path):
        yield CARDS[0]
        return
    for folder in dict.fromkeys((path, posixpath.dirname(path))):
        yield from (posixpath.join(folder, it) for it in CARDS if folder or it == CARDS[0])


def examples(
    repo: Repository, wanted: Sequence[tuple[Version, Annotation | None]]
) -> tuple[str, ...]:
    """Return the examples of versions' inputs and outputs: see `Registry.examples`."""
    paths = [said.schema.example if said and said.schema else None for _, said in wanted]
    places = [(it.commit, path) for (it, _), path in zip(wanted, paths, strict=True) if path]
    if not places:
        return ("",) * len(wanted)
    from mreg.schemas.examples import LIMIT

    with VersionedFiles(repo) as contents:
        oids = contents.find(places)
        raw = dict(contents.read((it for it in oids.values() if it), limit=LIMIT + 1))
    found = (oids.get((it.commit, path or "")) for (it, _), path in zip(wanted, paths, strict=True))
    return tuple(_readable(raw.get(oid) if oid else None, LIMIT) for oid in found)


def _readable(raw: bytes | None, most: int = text.MAX_BYTES) -> str:
    if raw is None or len(raw) > most:
        return ""
    return raw.decode("utf-8", "replace")


def address(repo: Repository) -> str:
    """Return where a registry can be read from elsewhere: see `Registry.address`."""
    if repo.mirror:
        return repo.mirror.url.shown
    known = remote.settings(repo)
    name = known.default if known.default in known.remotes else next(iter(known.remotes), "")
    url = known.last(f"remote.{name}.url") if name else None
    return urls.without_secrets(url) if url else ""
