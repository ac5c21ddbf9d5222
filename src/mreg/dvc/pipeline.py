"""The DVC pipelines of one commit: which stage made a path, and which stages came before it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator

from mreg.dvc.lockfile import Item, LockedStage


class Pipeline:
    """The stages of all dvc.lock files in a commit."""

    def __init__(self, stages: Iterable[LockedStage] = ()) -> None:
        self._at: dict[str, list[tuple[LockedStage, Item]]] = {}
        """The outputs by their own path."""
        self._below: dict[str, list[tuple[LockedStage, Item]]] = {}
        """The outputs by each folder around them."""
        self._needed: dict[str, tuple[LockedStage, ...]] = {}
        for stage in stages:
            for out in stage.outs:
                self._at.setdefault(out.path, []).append((stage, out))
                for folder in around(out.path):
                    self._below.setdefault(folder, []).append((stage, out))

    def makers(self, path: str) -> tuple[tuple[LockedStage, Item], ...]:
        """Return the stages that made a path, each with the output that it is, is in, or has."""
        above = (it for folder in around(path) for it in self._at.get(folder, ()))
        return (*self._at.get(path, ()), *self._below.get(path, ()), *above)

    def outputs(self, path: str) -> Iterator[tuple[Item, LockedStage]]:
        """Iterate over the outputs that are a path or a folder around it."""
        for it in (path, *around(path)):
            yield from ((out, stage) for stage, out in self._at.get(it, ()))

    def needed(self, path: str) -> tuple[LockedStage, ...]:
        """Return the stages that a path came out of, back to the first."""
        if path not in self._needed:
            self._needed[path] = tuple(self._back(path))
        return self._needed[path]

    def _back(self, path: str) -> Iterator[LockedStage]:
        seen: set[tuple[str, str]] = set()
        waiting = [path]
        while waiting:
            for stage, _ in self.makers(waiting.pop()):
                if (stage.file, stage.name) not in seen:
                    seen.add((stage.file, stage.name))
                    yield stage
                    waiting += [it.path for it in stage.deps if it.repo is None]


def around(path: str) -> Iterator[str]:
    """Iterate over the folders around a path, the nearest first; not the root."""
    while not path.startswith("/") and (path := posixpath.dirname(path)):
        yield path
