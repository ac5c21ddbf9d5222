"""What a registry holds, read when it is asked for, and again when tags change.

What is kept in memory is of the artifacts that were asked about; each is kept under what stands for
its tags (`Registry.tags_fingerprint`), which is looked at with every question. So an answer is as
new as that of a process that has just begun.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, NamedTuple, TypeVar

from mreg.integrations import entries
from mreg.registry import Registry
from mreg.registry.profile import ArtifactContents

_Entry = TypeVar("_Entry")


class _Read(NamedTuple, Generic[_Entry]):
    """An artifact that was read: under which fingerprint, and what was found."""

    fingerprint: str
    entry: _Entry | None


class EntryCache(Generic[_Entry]):
    """What a registry holds, for any number of threads.

    Args:
        registry: the registry.
        made: makes of what is recorded of an artifact what is kept; None where it is of no use.
    """

    def __init__(
        self, registry: Registry, made: Callable[[ArtifactContents], _Entry | None]
    ) -> None:
        self._registry = registry
        self._made = made
        self._read: dict[str, _Read[_Entry]] = {}
        self._whole: tuple[str, list[_Entry]] | None = None
        self._lock = threading.Lock()

    def one(self, artifact: str) -> _Entry | None:
        """Return one artifact; None where there is none."""
        fingerprint = self._registry.tags_fingerprint(artifact)
        known = self._read.get(artifact)
        if known and known.fingerprint == fingerprint:
            return known.entry
        with self._registry as registry:
            found = next(registry.contents_of([artifact]), None)
        return self._kept(found, fingerprint) if found else None

    def all(self) -> list[_Entry]:
        """Return all artifacts, by name; the list is not to be changed."""
        whole = self._registry.tags_fingerprint()
        known = self._whole
        if known and known[0] == whole:
            return known[1]
        marks = self._registry.tags_fingerprints() if whole else None
        found = self._changed(marks)
        held = {name: it for name, it in self._read.items() if marks and name in marks}
        known_now = {name: it.entry for name, it in held.items()} | found
        all_of_it = [it for _, it in sorted(known_now.items()) if it is not None]
        with self._lock:
            self._read = held
            complete = held.keys() >= known_now.keys()  # else something may be readable later
            self._whole = (whole, all_of_it) if whole and complete else None
        return all_of_it

    def _changed(self, marks: dict[str, str] | None) -> dict[str, _Entry | None]:
        """Read the artifacts whose fingerprints are others by now; without any, all of them."""
        if marks is None:
            return {it.history.artifact: self._made(it) for it in self._registry.contents_of()}
        changed = [
            name
            for name, mark in marks.items()
            if not (known := self._read.get(name)) or known.fingerprint != mark
        ]
        if not changed:
            return {}
        return {
            it.history.artifact: self._kept(it, marks.get(it.history.artifact))
            for it in self._registry.contents_of(changed)
        }

    def _kept(self, found: ArtifactContents, fingerprint: str | None) -> _Entry | None:
        entry = self._made(found)
        if fingerprint and entries.readable(found):
            with self._lock:
                self._read[found.history.artifact] = _Read(fingerprint, entry)
        return entry
