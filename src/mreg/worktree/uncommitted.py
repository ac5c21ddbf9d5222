"""What of an artifact is on disk and not in HEAD's commit, so that a version of HEAD lacks it."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

from mreg.annotations import outline, sources
from mreg.annotations.document import YamlReader
from mreg.annotations.entry import Annotation
from mreg.annotations.sources import Wanted
from mreg.dvc import lockfile, records, whereabouts
from mreg.errors import Refused
from mreg.git import worktree
from mreg.git.process import CommandFailed
from mreg.git.readings import Readings
from mreg.git.repository import Repository
from mreg.policy.conveniences import FILE, FILES
from mreg.worktree.context import WorkTree

_COMPARED = 100 << 20
"""What DVC keeps is compared by content up to so many bytes (0.2 s); larger files by their size."""

_GO_ON = "pass --allow-dirty to continue with the committed files"


def refuse(
    repo: Repository,
    artifact: str,
    commit: str,
    committed: sources.FileReader,
    *,
    digest: bool = False,
) -> None:
    """Refuse to go on where what HEAD's commit says of an artifact is not what is on disk.

    Where nothing is checked out, there is nothing to compare. What is not the artifact's may be
    changed. Of a file outside Git, the tag records which one is meant if it bears the digest. An
    input that is not in Git at all is told of afterwards (`mreg.registry.unsaid`).

    Raises:
        Refused: a file that says what it is, its own, one of its metrics or params, or an input
            differs.
    """
    top = worktree.top(repo) if repo.is_checked_out() else None
    if top is None:
        return
    within = repo.within(top)
    tree = WorkTree(within)
    path, said, inputs = _paths(artifact, commit, committed)
    here = _paths(artifact, "", _Disk(top, Readings(repo)))[1]
    paths = {*outline.source_files(artifact), *FILES, *said, *here}
    more = {record for it in paths for record in records.record_files(it)} - paths
    try:
        found = worktree.uncommitted(within, sorted({*paths, *more, *inputs}))
    except CommandFailed as error:
        raise Refused(
            f"cannot determine whether the files are committed: {error}", hint=_GO_ON
        ) from None
    outside = {path} if digest else set()
    new = {it for it in found.new - outside if any(_overlap(it, other) for other in paths | more)}
    differing = sorted((found.changed | new) - _idle(top, commit, committed))
    changed = [it for it in differing if it not in more or _is_about(tree, it, paths)]
    stray = dict(_strayed(tree, paths, found.ignored))
    if changed or stray:
        add = [it for it in changed if it not in found.staged]
        raise _refusal(repo, top, changed, add, stray)


def _overlap(path: str, other: str) -> bool:
    """Tell whether two paths are the same, or one is in the other."""
    return Path(path).is_relative_to(other) or Path(other).is_relative_to(path)


def to_commit(repo: Repository, artifact: str) -> list[str]:
    """Return the files on disk that say what an artifact is, and its own, as seen by the user."""
    top = worktree.top(repo)
    if top is None:
        return []
    path, said, _ = _paths(artifact, "", _Disk(top, Readings(repo)))
    wanted = [*outline.source_files(artifact), *sorted(said - {path}), *([path] if path else ())]
    kept = [f"{it}.dvc" if (top / f"{it}.dvc").exists() else it for it in wanted]
    return _seen(repo, top, dict.fromkeys(it for it in kept if (top / it).exists()))


def _seen(repo: Repository, top: Path, paths: Iterable[str]) -> list[str]:
    """Return paths from the root as seen from the folder that the user is in."""
    return [os.path.relpath(top.resolve() / it, repo.path.resolve()) for it in paths]


def _idle(top: Path, commit: str, committed: sources.FileReader) -> set[str]:
    """Return the settings file, if it sets nothing and a commit has no settings: none is lost."""
    there = committed.find((commit, it) for it in FILES)
    return {FILE} if _says_nothing(top / FILE) and not any(there.values()) else set()


def _says_nothing(settings: Path) -> bool:
    """Tell whether a settings file sets nothing, as the one that `mreg init` writes."""
    try:
        lines = settings.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return False
    return all(it.lstrip().startswith("#") or not it.strip() for it in lines)


class _Disk:
    """Reads the work tree's files as `sources.FileReader` reads those of a commit."""

    def __init__(self, top: Path, readings: Readings) -> None:
        self._top = top
        self.readings = readings

    def find(self, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str | None]:
        return {
            it: it[1] if whereabouts.is_inside(it[1]) and (self._top / it[1]).is_file() else None
            for it in wanted
        }

    def read(self, oids: Iterable[str], *, limit: int) -> Iterator[tuple[str, bytes | None]]:
        for it in oids:
            try:
                yield it, worktree.read_start(self._top / it, limit + 1)
            except OSError:
                yield it, None

    def elsewhere(
        self, wanted: Iterable[tuple[str, str]], reader: YamlReader
    ) -> dict[tuple[str, str], bytes | sources.NotHere]:
        return {}  # it is where its path says, or it is not on disk


def _paths(
    artifact: str, commit: str, reader: sources.FileReader
) -> tuple[str | None, set[str], set[str]]:
    """Return where an artifact is, all files and folders of it, and its inputs.

    They are as a commit or the disk says.
    """
    said = sources.read([Wanted(artifact, commit, artifact)], reader)[0]
    if not isinstance(said, Annotation):
        return None, set(), set()
    values = {path for field in (said.sources, said.files) for it in field.values() for path in it}
    example = said.schema.example if said.schema else None
    own = {it for it in (said.path, said.requirements, example) if isinstance(it, str)}
    inputs = {it.path for it in said.inputs if it.path is not None}
    inside = whereabouts.is_inside
    return said.path, {it for it in values | own if inside(it)}, {*filter(inside, inputs)}


def _is_about(tree: WorkTree, file: str, paths: Iterable[str]) -> bool:
    """Tell whether a file of DVC says something of some paths; one that is gone may have."""
    said = records.outputs(file, tree.read)
    return tree.read(file) is None or any(records.choose(it, said) for it in paths)


def _strayed(
    tree: WorkTree, paths: Iterable[str], ignored: Iterable[str]
) -> Iterator[tuple[str, str]]:
    """Iterate over the paths that are not what DVC's files say, each with the file that says it.

    Git ignores what DVC keeps. Of a folder only the size is compared.
    """
    aside = set(ignored)
    for path in paths:
        if aside.isdisjoint((path, *map(str, Path(path).parents))):
            continue
        found = records.nearest(path, tree.read)
        if found and found.item.path == path and _differs(tree.top / path, found.item):
            yield path, found.stage.file


def _differs(file: Path, item: lockfile.Item) -> bool:
    try:
        if file.is_dir():
            size = sum(it.stat().st_size for it in file.rglob("*") if it.is_file())
        else:
            size = file.stat().st_size
        if item.size not in (None, size) or item.digest is None or file.is_dir():
            return item.size not in (None, size)
        return size <= _COMPARED and item.digest not in lockfile.digests(file.read_bytes())
    except FileNotFoundError:  # it was not pulled
        return False
    except OSError:
        return True


def _refusal(
    repo: Repository, top: Path, changed: list[str], add: list[str], stray: dict[str, str]
) -> Refused:
    """Return why not to go on; files are named as seen from the folder that the user is in."""
    seen = partial(_seen, repo, top)
    named = [*seen(changed), *(f"{it} (tracked by DVC)" for it in seen(stray))]
    steps = [
        *([f"dvc commit -f {shlex.join(seen(stray))}"] if stray else ()),
        *([f"git add {shlex.join(seen(sorted({*add, *stray.values()})))}"] if add or stray else ()),
        "git commit",
    ]
    return Refused(
        f"there are uncommitted changes: {', '.join(named)}",
        hint=f"{' && '.join(steps)}, then run the command again; or {_GO_ON}",
    )
