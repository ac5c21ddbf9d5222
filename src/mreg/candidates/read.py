"""Reading what could become versions: branches, experiments, and what their commits hold."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from mreg.annotations import outline
from mreg.annotations.entry import Annotation
from mreg.annotations.packed import Said
from mreg.annotations.sources import Wanted
from mreg.candidates.candidate import CandidatePlace, HeldVersion, SeenCommit
from mreg.compare import read as contents
from mreg.core.commits import Committed
from mreg.core.queries import Version
from mreg.dvc import experiments, records, whereabouts
from mreg.dvc.whereabouts import Kept
from mreg.git import branches, changes, checkout, files, log, objects, refs
from mreg.git.branches import LOCAL, REMOTE
from mreg.git.repository import Repository
from mreg.policy import gates
from mreg.store import entries

MOST_COMMITS = 10_000
"""So many commits that lead to branches and experiments, and to no version, are gone through."""

MOST_BY_URL = 500
"""The same of a repository that is read by URL, whose folders are fetched for it."""

MOST_READ = 1000
"""So many of them that changed something are read, the newest."""

_ROUNDS = 4
"""How often an annotation that names other files than those before may be met with."""

_USUAL = ("main", "master")


class Looked(NamedTuple):
    """What was found on branches and in experiments.

    Attributes:
        artifact: the artifact.
        seen: the commits that changed something of the artifact, newest first.
        versions: the versions that were asked about, in their order.
        cut_off: why commits may be missing; empty if none is.
    """

    artifact: str
    seen: tuple[SeenCommit, ...]
    versions: tuple[HeldVersion, ...]
    cut_off: str = ""


def places(
    repo: Repository,
    patterns: Sequence[str],
    *,
    with_experiments: bool,
    allowed: Sequence[str] = (),
) -> list[CandidatePlace]:
    """Return the branches and experiments, those first that a commit is said to be in.

    That are those which the policy takes registrations from, the usual ones, the current one and
    the repository's own.

    Args:
        repo: the repository.
        patterns: names of branches, or patterns such as "feature/*"; empty: all.
        with_experiments: whether experiments are wanted, too.
        allowed: the policy's patterns of branches; empty: it takes registrations from any.
    """
    known = branches.read(repo)
    found = [
        CandidatePlace("branch", name, ref, known.tips[ref], _allows(allowed, name, bare))
        for prefix in (LOCAL, REMOTE)
        for ref in known.under(prefix)
        for name, bare in [_names(ref, prefix)]
        if not patterns or any(fnmatchcase(it, one) for it in (name, bare) for one in patterns)
    ]
    if not patterns and not known.current and not repo.mirror:
        (head,) = objects.headers(repo, ["HEAD"])
        if head.kind == "commit":
            found.append(CandidatePlace("head", "HEAD", "HEAD", head.oid, not allowed))
    found.sort(key=lambda it: _order(it, known.current))
    if with_experiments:
        for ref, oid in refs.list_names(repo, [experiments.PREFIX]):
            if it := experiments.parse(ref):
                found.append(CandidatePlace("experiment", it.name, ref, oid, not allowed))
    return found


def _names(ref: str, prefix: str) -> tuple[str, str]:
    """Return how a branch is called, and how it is called at its remote."""
    name = ref.removeprefix(prefix)
    return name, name.partition("/")[2] if prefix == REMOTE else name


def _allows(allowed: Sequence[str], *names: str) -> bool:
    return not allowed or any(gates.matches(one, it) for it in names for one in allowed)


def _order(it: CandidatePlace, current: str) -> tuple[bool, ...]:
    return *_standing(it), it.ref != current, not it.ref.startswith(LOCAL)


def _standing(it: CandidatePlace) -> tuple[bool, bool]:
    return not it.allowed, it.name.rpartition("/")[2] not in _USUAL


def look(
    repo: Repository,
    artifact: str,
    tips: Sequence[CandidatePlace],
    registered: Iterable[str],
    versions: Sequence[Version],
) -> Looked:
    """Return what could become a version, and what versions hold.

    What leads to a version was passed over when that was registered, and is not looked at.

    Args:
        repo: the repository.
        artifact: the artifact.
        tips: the branches and experiments, as `places` returns them.
        registered: the commits of all versions, also of those that were deregistered.
        versions: those to be read as well.
    """
    most = MOST_BY_URL if repo.mirror else MOST_COMMITS
    graph = changes.newest(
        repo, dict.fromkeys(it.commit for it in tips), registered, limit=most + 1
    )
    cut_off = _cut_off(most, "commits") if len(graph) > most else ""
    if not cut_off and checkout.is_shallow(repo):
        cut_off = "this is a shallow clone, which lacks older commits"
    held = _placed(graph, tips)
    if own := repo.mirror:  # which has no trees, and they tell what changed
        own.fetch_trees({*held, *(it for oid in held for it in graph[oid])})
    made = _making(repo, artifact, graph, held, versions)
    if len(made) > MOST_READ:
        cut_off = _cut_off(MOST_READ, "changes")
    made = made[:MOST_READ]
    wanted = [Wanted(artifact, it.commit, _label(it, held)) for it in made]
    wanted += [Wanted(artifact, it.commit, it.tag) for it in versions]
    said = dict(zip(wanted, entries.read(repo, wanted), strict=True))
    there = contents.contents(repo, _models(said))
    known = [(said[it], _content(it.commit, said[it], there)) for it in wanted]
    seen = zip(made, known, strict=False)  # behind them are the versions
    others = zip(versions, known[len(made) :], strict=True)
    return Looked(
        artifact,
        tuple(SeenCommit(it, held[it.commit], *found) for it, found in seen),
        tuple(HeldVersion(it, *found) for it, found in others),
        cut_off,
    )


def _cut_off(most: int, what: str) -> str:
    return f"mreg read only the newest {most:,} {what}; pass a branch to read fewer"


def _label(it: Committed, held: Mapping[str, tuple[CandidatePlace, ...]]) -> str:
    return f"{held[it.commit][0].name} ({it.commit[:7]})"


def _models(said: Mapping[Wanted, Said]) -> Iterator[tuple[str, str]]:
    """Iterate over where the models of commits are."""
    for it, found in said.items():
        if isinstance(found, Annotation) and found.path is not None:
            yield it.commit, found.path


def _content(commit: str, said: Said, there: Mapping[tuple[str, str], Kept]) -> Kept | None:
    path = said.path if isinstance(said, Annotation) else None
    return None if path is None else there.get((commit, path))


def _placed(
    graph: Mapping[str, Sequence[str]], tips: Sequence[CandidatePlace]
) -> dict[str, tuple[CandidatePlace, ...]]:
    """Return where each commit is: the first branch that leads to it, and all that hold it.

    A branch that ends at the commit comes before one that goes on from there, if both are as good
    to register from: of two experiments, one made from the other, each is known by its own branch.
    An experiment of DVC's is its own commit alone: what it began at is a branch's, or is gone.
    """
    found: dict[str, tuple[CandidatePlace, ...]] = {}
    for tip in tips:
        waiting = [tip.commit]
        while waiting:
            oid = waiting.pop()
            if oid in graph and oid not in found:
                found[oid] = (tip,)
                if tip.kind != "experiment":
                    waiting += graph[oid]
        if (there := found.get(tip.commit)) and tip not in there:
            goes_on = there[0].commit != tip.commit and tip.kind == "branch"
            own = goes_on and _standing(tip) <= _standing(there[0])
            found[tip.commit] = (tip, *there) if own else (*there, tip)
    return found


def _making(
    repo: Repository,
    artifact: str,
    graph: Mapping[str, Sequence[str]],
    held: Collection[str],
    versions: Sequence[Version],
) -> list[Committed]:
    """Return the commits that changed a file which tells something of the artifact, newest first.

    Which files do so, the annotations say, and they may change on the way: that of each commit is
    the one at a branch's end, or at a commit that changed it, or at the one before.
    """
    asked = [oid for oid in graph if oid in held]
    files_of = outline.source_files(artifact)
    paths = dict.fromkeys(files_of)
    ends = [*_ends(graph, asked), *(it.commit for it in versions)]
    met: set[tuple[str | None, ...]] = set()
    made: list[Committed] = []
    for _ in range(_ROUNDS):
        fresh = _variants(repo, ends, files_of, met)
        said = entries.read(repo, [Wanted(artifact, it, it) for it in fresh])
        before = len(paths)
        for it in said:
            paths |= dict.fromkeys(_named(it))
        if made and len(paths) == before:
            break
        made = log.making(repo, asked, paths)
        ends = [one for it in made for one in (it.commit, *graph[it.commit])]
        if not ends:
            break
    return made


def _ends(graph: Mapping[str, Sequence[str]], held: Iterable[str]) -> list[str]:
    """Return the commits that no other of them follows."""
    followed = {parent for it in held for parent in graph[it]}
    return [it for it in held if it not in followed]


def _variants(
    repo: Repository,
    asked: Iterable[str],
    files_of: Sequence[str],
    met: set[tuple[str | None, ...]],
) -> list[str]:
    """Return commits of which each has files that annotate as none that was met with has them."""
    wanted = list(dict.fromkeys(asked))
    with files.Files(repo) as reader:
        oids = reader.find((commit, path) for commit in wanted for path in files_of)
    found = []
    for commit in wanted:
        variant = tuple(oids[commit, path] for path in files_of)
        if any(variant) and variant not in met:
            met.add(variant)
            found.append(commit)
    return found


def _named(said: Said) -> Iterator[str]:
    """Iterate over the files that tell something of an artifact, by its annotation."""
    if not isinstance(said, Annotation):
        return
    holding = [it for them in said.files.values() for it in them]
    if said.path is not None:
        holding.append(said.path)
    for path in filter(whereabouts.is_inside, holding):
        yield path
        yield from records.files(path)
    for them in said.sources.values():
        yield from them
