"""Reading what a diff is made of: what stands at two versions' commits, and the commits between."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from mreg.annotations.entry import Annotation
from mreg.annotations.text import MAX_BYTES
from mreg.compare import diff
from mreg.compare.diff import Side
from mreg.core.commits import Committed
from mreg.core.diagnostics import Diagnostic, problem
from mreg.core.queries import Version
from mreg.dvc import pointers, records, whereabouts
from mreg.dvc.pointers import Damaged, remedy
from mreg.dvc.whereabouts import Kept, Where
from mreg.git import commits, files, log
from mreg.git.process import CommandFailed
from mreg.git.repository import Repository

_LISTS = (".txt", ".in", ".pip")
"""How a file's name ends that holds requirements as pip reads them."""


def sides(
    repo: Repository, versions: Sequence[Version], read: Sequence[Annotation | Diagnostic | None]
) -> list[Side]:
    """Return versions with what stands at their commits; four Git processes, however many."""
    known = list(map(Side.of, versions, read))
    with files.Files(repo) as reader:
        look = _Look(repo, reader)
        look.at((it.version.commit, path) for it in known for path in _paths(it.annotation))
        return [_looked_up(it, look) for it in known]


def contents(repo: Repository, places: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Kept]:
    """Return what stands at paths of commits, however many."""
    wanted = list(dict.fromkeys(places))
    with files.Files(repo) as reader:
        look = _Look(repo, reader)
        look.at(wanted)
        return {it: look.content(*it, look.where(*it)) for it in wanted}


def _looked_up(side: Side, look: _Look) -> Side:
    commit = side.version.commit
    found = {path: look.where(commit, path) for path in _paths(side.annotation)}
    damages = (
        problem("MR027", side.version.tag, f"{path} is {it}", hint=remedy(path))
        for path, it in found.items()
        if isinstance(it, Damaged)
    )
    return side._replace(
        problems=(*side.problems, *damages),
        contents={path: look.content(commit, path, it) for path, it in found.items()},
        requirements=_requirements(commit, side.annotation, look),
    )


def between(
    repo: Repository, before: Version, after: Version
) -> tuple[tuple[Committed, ...], tuple[Committed, ...], tuple[Diagnostic, ...]]:
    """Return the commits, newest first, that only the second of two versions has, or the first.

    Where these cannot be told, the problem says why.
    """
    first, second = before.commit, after.commit
    try:
        return log.between(repo, first, second), log.between(repo, second, first), ()
    except CommandFailed as error:
        message = f"cannot list the commits between it and {before.tag}: {error}"
        return (), (), (problem("MR017", after.tag, message, hint=after.commit),)


def _paths(annotation: Annotation | None) -> Iterator[str]:
    """Iterate over the paths that an annotation names."""
    if annotation is None:
        return
    if annotation.path is not None:
        yield annotation.path
    if isinstance(annotation.requirements, str):
        yield annotation.requirements
    for it in annotation.inputs:
        if it.path is not None:
            yield it.path


def _requirements(commit: str, said: Annotation | None, look: _Look) -> tuple[str, ...] | None:
    if said is None or said.requirements is None:
        return None
    if not isinstance(said.requirements, str):
        return tuple(" ".join(it.split()) for it in said.requirements)
    if not said.requirements.endswith(_LISTS):
        return None
    raw = look.text(commit, said.requirements)
    return None if raw is None else diff.requirement_lines(raw)


class _Look:
    """What stands at paths of commits: found, and read where it is small enough, in one go."""

    def __init__(self, repo: Repository, reader: files.Files) -> None:
        self._repo = repo
        self._reader = reader
        self._oids: dict[tuple[str, str], str | None] = {}
        self._sizes: dict[str, int] = {}
        self._texts: dict[str, bytes] = {}

    def at(self, places: Iterable[tuple[str, str]]) -> None:
        """Look at paths of commits, and at the files of DVC that may speak of them."""
        wanted = {it for it in places if whereabouts.is_inside(it[1])}
        self._oids = self._reader.locate(wanted)
        beside = {
            (commit, it)
            for (commit, path), oid in self._oids.items()
            if whereabouts.is_asked_of_dvc(path, in_git=bool(oid))
            for it in records.files(path)
        }
        self._oids |= self._reader.locate(beside - wanted)
        self._sizes = commits.sizes(self._repo, sorted(set(filter(None, self._oids.values()))))
        small = {
            oid
            for place, oid in self._oids.items()
            if oid and (place in beside or self._is_text(place[1], oid))
        }
        read = self._reader.read(sorted(small), limit=MAX_BYTES)
        self._texts = {oid: raw for oid, raw in read if raw is not None}

    def _is_text(self, path: str, oid: str) -> bool:
        """Tell whether a content is worth reading: a list of requirements, or a pointer."""
        return path.endswith(_LISTS) or self._sizes.get(oid, MAX_BYTES) <= pointers.LOOKED_AT

    def text(self, commit: str, path: str) -> bytes | None:
        """Return the bytes of a small file; None if it is not there."""
        raw = self._texts.get(self._oids.get((commit, path)) or "")
        return None if raw is None or len(raw) > MAX_BYTES else raw

    def where(self, commit: str, path: str) -> Where:
        """Tell where what stands at a path of a commit is kept."""
        in_git = bool(self._oids.get((commit, path)))
        return whereabouts.where(path, partial(self.text, commit), in_git=in_git)

    def content(self, commit: str, path: str, where: Where) -> Kept:
        """Return what stands at a path of a commit."""
        oid = self._oids.get((commit, path))
        return whereabouts.kept(path, where, oid, self._sizes.get(oid or ""))
