"""The files that a version of a script's result consists of: which of them are not committed."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from mreg.annotations import entry
from mreg.annotations.changes import Wishes, parse_input
from mreg.core.replay import History
from mreg.errors import NotFound
from mreg.git import commits, worktree
from mreg.git.process import CommandFailed
from mreg.git.repository import Repository
from mreg.store.read import read_state
from mreg.tuples import NamedTuple
from mreg.worktree.context import WorkTree

LARGEST = 50 << 20
"""mreg proposes no file of more bytes for Git itself: from there on hosts warn about it."""


class ToCommit(NamedTuple):
    """Which files of a version are not committed, from the root.

    Attributes:
        add: those that `git add` is needed for.
        staged: whether the index has others.
        outside: those that neither Git nor DVC has, and that are no files for Git itself: they are
            ignored, or too large.
        ignored: those of them that Git ignores.
    """

    add: tuple[str, ...]
    staged: bool
    outside: tuple[str, ...]
    ignored: frozenset[str]


def own(top: Path, wishes: Wishes) -> list[str]:
    """Return the files and folders of a version, but for its annotation and its inputs.

    They are what was made, the example, the files of metrics, params and requirements, and the
    running script.
    """
    lists = [wishes.get("metrics"), wishes.get("params")]
    files = [it for found in lists if isinstance(found, (list, tuple)) for it in found]
    example = (wishes.get("schema") or {}).get("example")
    named = (wishes.get("path"), wishes.get("requirements"), example, script(top), *files)
    return [it for it in named if isinstance(it, str) and not entry.is_url(it)]


def inputs(wishes: Wishes) -> list[str]:
    """Return the inputs that are files or folders of the repository."""
    said = (parse_input(it) if isinstance(it, str) else it for it in wishes.get("inputs", ()))
    return [it.path for it in said if it.path is not None]


def script(top: Path) -> str | None:
    """Return the running script, from the root; None if it is elsewhere, or there is none.

    A program that is installed, such as a test runner, is no script of the repository, though its
    environment may be in there.
    """
    file = getattr(sys.modules.get("__main__"), "__file__", None)
    found = Path(file).resolve() if isinstance(file, str) else None
    if found is None or not found.is_file() or found.is_relative_to(Path(sys.prefix).resolve()):
        return None
    return found.relative_to(top).as_posix() if found.is_relative_to(top) else None


def to_commit(tree: Repository, own: Sequence[str], inputs: Sequence[str]) -> ToCommit:
    """Return which files of a version are not committed.

    What Git ignores, DVC keeps, or nobody does: the latter is told.

    Raises:
        CommandFailed: Git cannot tell, as where a filter that it needs is not installed.
    """
    found = worktree.uncommitted(tree, [*own, *inputs])
    large = {it for it in found.new if not _is_within(it, own) and not _is_for_git(tree, it)}
    add = found.new - large | found.changed - found.staged
    around = WorkTree(tree)
    outside = [
        it
        for it in dict.fromkeys((*own, *inputs))
        if not _is_within(it, add)
        and not any(_is_within(part, [it]) for part in add)
        and (tree.path / it).exists()
        and not around.is_tracked(it)
    ]
    ignored = worktree.ignored(tree, outside) if outside else frozenset()
    return ToCommit(tuple(sorted(add)), bool(found.staged), tuple(outside), ignored)


def committable(tree: Repository, own: Sequence[str]) -> list[str]:
    """Return those of a version's own files that are not committed, and that are for Git to keep.

    What Git ignores is not among them, nor what is too large for it, unless Git LFS keeps it.
    """
    try:
        found = worktree.uncommitted(tree, own)
    except CommandFailed:  # of a filter that is not installed; who commits will be told
        return []
    return [it for it in sorted(found.new | found.changed) if _is_for_git(tree, it)]


def version_at_head(tree: Repository, artifact: str) -> str | None:
    """Return the newest version of an artifact that HEAD's commit is; None if it is none."""
    history: History = read_state(tree, artifact).history(artifact)
    try:
        head = commits.resolve(tree, "HEAD")
    except NotFound:
        return None
    active = history.standing.active.items()
    return next((it for it, event in reversed(active) if event.commit == head), None)


def _is_within(path: str, places: Iterable[str]) -> bool:
    return any(Path(path).is_relative_to(it) for it in places)


def _is_for_git(tree: Repository, path: str) -> bool:
    """Tell whether Git can keep what is at a path: it is not too large, or Git LFS keeps it."""
    return _size(tree.path / path) <= LARGEST or worktree.filter_of(tree, path) == "lfs"


def _size(place: Path) -> int:
    """Return how large a file is, or all in a folder; nothing of what is gone."""
    files = place.rglob("*") if place.is_dir() else (place,)
    return sum(it.lstat().st_size for it in files if it.is_file() or it.is_symlink())
