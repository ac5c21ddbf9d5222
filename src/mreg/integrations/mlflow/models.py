"""What a registry holds, under the names and the numbers that MLflow knows it by."""

from __future__ import annotations

from mreg.core import queries
from mreg.integrations import entries, names
from mreg.integrations.entries import (
    MLFLOW_MODEL,
    MLFLOW_RUN,
    MLFLOW_RUN_LINK,
    ArtifactEntry,
    VersionEntry,
)
from mreg.integrations.mlflow import numbers
from mreg.registry.profile import ArtifactContents

LATEST = queries.LATEST
"""The alias of the highest active version."""


class MlflowVersion(VersionEntry):
    """A version, under its names in MLflow."""

    __slots__ = ()

    @property
    def name(self) -> str:
        """The model's name."""
        return names.shown(self.artifact)

    @property
    def number(self) -> int | None:
        """Its number; None for one that is known by aliases alone."""
        return numbers.number(self.semver)

    @property
    def version(self) -> str:
        """What MLflow calls it."""
        number = self.number
        return self.semver if number is None else str(number)

    @property
    def aliases(self) -> list[str]:
        """The stages that it holds now."""
        return [*map(names.shown, self.stages)]

    @property
    def run_id(self) -> str | None:
        """The run that made it, where one of MLflow's did."""
        return self.origin.get(MLFLOW_RUN)

    @property
    def run_link(self) -> str | None:
        """Where that run is to be seen."""
        return self.origin.get(MLFLOW_RUN_LINK)

    @property
    def model_id(self) -> str | None:
        """The logged model that it is."""
        return self.origin.get(MLFLOW_MODEL)


class MlflowModel(ArtifactEntry[MlflowVersion]):
    """An artifact, under its names in MLflow."""

    __slots__ = ()

    @property
    def name(self) -> str:
        """The model's name."""
        return names.shown(self.artifact)

    @property
    def selector(self) -> str:
        """What mreg calls it."""
        return self.artifact

    @property
    def numbered(self) -> list[MlflowVersion]:
        """Its versions that have a number, the highest first."""
        return [it for it in self.versions.values() if it.number is not None]

    @property
    def aliases(self) -> dict[str, MlflowVersion]:
        """The versions that hold stages, by the stages' names in MLflow."""
        return {names.shown(stage): it for stage, it in self.holders.items()}

    def under(self, alias: str) -> MlflowVersion | None:
        """Return the version that an alias stands for: a stage, `latest` or a version itself."""
        if found := self.holders.get(names.meant(alias) or ""):
            return found
        if alias.lower() == LATEST:
            return next(iter(self.versions.values()), None)
        return None if alias.isdigit() else self.versions.get(numbers.version(alias) or "")


def model(contents: ArtifactContents) -> MlflowModel | None:
    """Return an artifact as MLflow sees it; None if no version of it is active."""
    found = entries.artifact(contents, MlflowVersion)
    if found is None:
        return None
    if names.shown(found.artifact) != found.artifact:
        found = found._replace(tags={"mreg.artifact": found.artifact} | found.tags)
    return MlflowModel(*found)
