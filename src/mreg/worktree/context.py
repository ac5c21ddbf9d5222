"""What is around annotations: the files of the work tree, and the registry."""

from __future__ import annotations

import os
import posixpath
import stat
from collections.abc import Callable
from functools import cache, cached_property, partial
from pathlib import Path

from mreg.annotations import outline, text
from mreg.core import kinds, names, queries
from mreg.core.replay import State
from mreg.dvc import pointers, records
from mreg.errors import NotFound
from mreg.git import refs, worktree
from mreg.git.repository import Repository
from mreg.store.read import read_state


class WorkTree:
    """What is around annotations in a repository's work tree, whose root is `top`."""

    def __init__(self, repo: Repository) -> None:
        self._repo = repo
        self.top = repo.path
        self._top = str(repo.path)
        self._record = cache(partial(records.read, text=self.read))  # a file is read once

    def path_of(self, name: str) -> str | None:
        """Return the path of a file from the root; None if it is elsewhere."""
        try:
            return Path(name).resolve().relative_to(self.top.resolve()).as_posix()
        except ValueError:
            return None

    @cached_property
    def sources(self) -> list[str]:
        """The annotation files of the work tree, ignored ones left out."""
        names = [f":(glob)**/{it}" for it in (outline.FILE, outline.DVC_FILE)]
        return [it for it in worktree.list_files(self._repo, names) if (self.top / it).is_file()]

    @cached_property
    def _index(self) -> frozenset[str]:
        """The files and submodules of the index."""
        return frozenset(worktree.list_files(self._repo, [], others=False))

    @cached_property
    def _tracked(self) -> frozenset[str]:
        """The files of the index and their folders: a sparse checkout does not have them all."""
        return frozenset(
            above for path in self._index for above in (path, *map(str, Path(path).parents))
        )

    def submodule(self, path: str) -> str | None:
        """Return the submodule that a path is, or is in: a folder that the index has as such."""
        own = posixpath.normpath(path)
        above = (own, *pointers.folders(own))
        return next((it for it in above if it in self._index and self._is(stat.S_ISDIR, it)), None)

    def exists(self, path: str) -> bool:
        """Tell whether a path is in the work tree, in the index, or kept by DVC."""
        return self._is(bool, path) or self.is_tracked(path)

    def is_elsewhere(self, path: str) -> bool:
        """Tell whether a path is in the index or kept by DVC, but not in the work tree."""
        return not (self.top / path).exists() and self.exists(path)

    def is_tracked(self, path: str) -> bool:
        """Tell whether a path is in the index, or kept by DVC."""
        return posixpath.normpath(path) in self._tracked or self._kept_by_dvc(path)

    def _kept_by_dvc(self, path: str) -> bool:
        """Tell whether a path, or a folder around it, is an output in a .dvc file or a dvc.lock."""
        said = (it for file in records.record_files(path) for it in self._record(file).outputs)
        return records.choose(path, said) is not None

    def unread(self, path: str) -> str | None:
        """Say which file of DVC's may tell where a path is kept and cannot be read, and why."""
        found = records.unread(path, self._record)
        return None if found is None or posixpath.normpath(path) in self._tracked else found

    def read(self, path: str) -> bytes | None:
        """Return the bytes of a file; None if it is not there or cannot be opened."""
        try:
            return worktree.read_start(self.top / path, text.MAX_BYTES + 1)
        except OSError:
            return None

    def damage(self, path: str) -> tuple[str, str] | None:
        """Say which file at or in a path is a pointer that cannot be followed, and what to do."""
        inside = f"{posixpath.normpath(path)}/"
        folder = self._is(stat.S_ISDIR, path)
        files = sorted(it for it in self._tracked if it.startswith(inside)) if folder else [path]
        for it in files:
            if not folder and it.endswith(pointers.DVC):
                found = pointers.read(self.read(it) or b"", it)
            else:
                found = pointers.read(self._small(it))
            if isinstance(found, pointers.Damaged):
                return f"{it} is {found}", pointers.remedy(it)
        return None

    def _small(self, path: str) -> bytes:
        """Return the start of a file that may be a pointer; nothing if it is not there."""
        try:
            if not self._is(stat.S_ISREG, path):
                return b""
            return worktree.read_start(self.top / path, pointers.LARGEST + 1)
        except OSError:
            return b""

    def _is(self, kind: Callable[[int], bool], path: str) -> bool:
        """Tell whether there is something at a path, and of a kind, such as `stat.S_ISDIR`.

        A `Path` would take longer than to ask, and there may be very many.
        """
        try:
            return kind(os.stat(posixpath.join(self._top, path)).st_mode)  # noqa: PTH116
        except (OSError, ValueError):
            return False

    def beside(self, path: str) -> list[str]:
        """Return the paths in the folder of a path."""
        folder = posixpath.dirname(path)
        try:
            return sorted(posixpath.join(folder, it.name) for it in (self.top / folder).iterdir())
        except OSError:
            return []

    @cached_property
    def _state(self) -> State:
        return read_state(self._repo)

    @cached_property
    def tags(self) -> frozenset[str]:
        """The names of all tags."""
        return frozenset(name for name, _ in refs.list_refs(self._repo))

    @cached_property
    def artifacts(self) -> frozenset[str]:
        """The names of the registered artifacts."""
        return frozenset(found.artifact for tag in self.tags if (found := kinds.parse(tag)))

    @cached_property
    def folded(self) -> dict[str, list[str]]:
        """The names of the registered artifacts in order, by their folded forms."""
        found: dict[str, list[str]] = {}
        for it in sorted(self.artifacts):
            found.setdefault(names.fold(it), []).append(it)
        return found

    def resolve(self, selector: str) -> None:
        """Resolve a selector.

        Raises:
            InvalidName: it is none.
            NotFound: it names no version.
        """
        wanted = queries.parse_selector(selector)
        history = self._state.history(wanted.artifact)
        if not history.timeline:
            raise queries.unknown_artifact(wanted.artifact, self.artifacts)
        found = queries.find(history, wanted)
        if not found.active:
            raise NotFound(f"{selector} was deregistered")
