"""The models of a registry, read when they are asked for, and again when their tags change.

What is kept in memory is of the artifacts that were asked about; each is kept under what stands for
its tags (`Registry.tags_fingerprint`), which is looked at with every question. So an answer is as
new as that of a process that has just begun.
"""

from __future__ import annotations

import threading
from typing import NamedTuple

from mreg.integrations.mlflow import models
from mreg.integrations.mlflow.models import ModelEntry
from mreg.registry import Registry
from mreg.registry.profile import ArtifactContents


class _Read(NamedTuple):
    """An artifact that was read: under which fingerprint, and what was found."""

    fingerprint: str
    model: ModelEntry | None


class ModelCache:
    """The models of a registry, for any number of threads."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._read: dict[str, _Read] = {}
        self._whole: tuple[str, list[ModelEntry]] | None = None
        self._lock = threading.Lock()

    def model(self, artifact: str) -> ModelEntry | None:
        """Return one model; None where there is none."""
        fingerprint = self._registry.tags_fingerprint(artifact)
        known = self._read.get(artifact)
        if known and known.fingerprint == fingerprint:
            return known.model
        with self._registry as registry:
            found = next(registry.contents_of([artifact]), None)
        return self._kept(found, fingerprint) if found else None

    def all(self) -> list[ModelEntry]:
        """Return all models, by their names in MLflow; the list is not to be changed."""
        whole = self._registry.tags_fingerprint()
        known = self._whole
        if known and known[0] == whole:
            return known[1]
        marks = self._registry.tags_fingerprints() if whole else None
        found = self._changed(marks)
        held = {name: it for name, it in self._read.items() if marks and name in marks}
        entries = {name: it.model for name, it in held.items()} | found
        models = sorted((it for it in entries.values() if it), key=lambda it: it.name)
        with self._lock:
            self._read = held
            complete = held.keys() >= entries.keys()  # else something may be readable later
            self._whole = (whole, models) if whole and complete else None
        return models

    def _changed(self, marks: dict[str, str] | None) -> dict[str, ModelEntry | None]:
        """Read the models whose fingerprints are others by now; without any, all of them."""
        if marks is None:
            return {it.history.artifact: models.model(it) for it in self._registry.contents_of()}
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

    def _kept(self, found: ArtifactContents, fingerprint: str | None) -> ModelEntry | None:
        model = models.model(found)
        if fingerprint and models.readable(found):
            with self._lock:
                self._read[found.history.artifact] = _Read(fingerprint, model)
        return model
