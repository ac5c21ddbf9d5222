"""The histories of some of a registry's artifacts, read as they are asked for, many at once."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from itertools import chain

from mreg.core import listing
from mreg.core.listing import Listing
from mreg.core.replay import History, State
from mreg.git import refs
from mreg.git.repository import Repository
from mreg.store import read

_FEW = 20
"""The tags of so many artifacts are listed by themselves; for more, all tags are, once."""

_BYTES = 1 << 16
"""A file of packed refs of so many bytes has more than those few."""


def is_large(repo: Repository) -> bool:
    """Tell whether a registry is so large that a part of it is worth looking for."""
    folder = repo.common_dir()
    with suppress(OSError):
        if folder and (folder / "packed-refs").stat().st_size > _BYTES:
            return True
    return refs.listing(repo, (refs.PREFIX,), refs.TAGS).count(b"\n") >= read.LARGE


class Histories:
    """What reads them, none of them twice; no remote is asked for what is lacking."""

    def __init__(self, repo: Repository) -> None:
        self._repo = repo
        self._read: dict[str, History] = {}
        self._all: Listing | None = None

    def load(self, artifacts: Iterable[str]) -> None:
        """Read histories that will be asked for."""
        fresh = sorted(set(artifacts) - self._read.keys())
        if not fresh:
            return
        listed = self._listed(fresh)
        with read.reading(self._repo) as reader:
            for it in reader.each(listed, (it for it in fresh if it in listed.runs)):
                self._read[it.history.artifact] = it.history
        for name in fresh:
            self._read.setdefault(name, History(name, []))

    def of(self, artifact: str) -> History:
        """Return a history; an empty one if the artifact has none."""
        self.load([artifact])
        return self._read[artifact]

    def state(self) -> State:
        """Return all that were read so far."""
        return State({it: self._read[it] for it in sorted(self._read) if self._read[it].timeline})

    def _listed(self, artifacts: list[str]) -> Listing:
        if self._all is None and len(self._read) + len(artifacts) > _FEW:
            self._all = listing.read(refs.listing(self._repo, (refs.PREFIX,), refs.TAGS))
        if self._all is not None:
            return self._all
        patterns = chain.from_iterable(map(read.patterns_of, artifacts))
        return listing.read(refs.listing(self._repo, tuple(patterns), refs.TAGS))
