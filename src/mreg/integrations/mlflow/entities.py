"""MLflow's own objects, made of what a registry holds; each anew, since they can be changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mlflow.entities import Metric
from mlflow.entities.logged_model_parameter import LoggedModelParameter
from mlflow.entities.model_registry import (
    ModelVersion,
    ModelVersionTag,
    RegisteredModel,
    RegisteredModelAlias,
    RegisteredModelTag,
)

from mreg.integrations.mlflow import models, names
from mreg.integrations.mlflow.address import RegistryAddress
from mreg.integrations.mlflow.models import ModelEntry, VersionEntry

NONE, STAGING, PRODUCTION, ARCHIVED = STAGES = ("None", "Staging", "Production", "Archived")
"""The stages that MLflow knows, of which a version has one."""


def stage(it: VersionEntry, stages: Mapping[str, str]) -> str:
    """Return which of its stages MLflow is told that a version is in.

    It is Production or Staging where the version holds the stage that stands for it: the one that
    the address names, or one of that name.
    """
    return next((own for own in (PRODUCTION, STAGING) if alias(own, stages, it.aliases)), NONE)


def alias(wanted: str, stages: Mapping[str, str], aliases: Iterable[str]) -> str | None:
    """Return the alias that a stage's name in MLflow stands for, among some; None if none does."""
    meant = names.shown(stages.get(wanted.capitalize(), wanted))
    return next((it for it in aliases if it.casefold() == meant.casefold()), None)


def version(it: VersionEntry, address: RegistryAddress) -> ModelVersion:
    """Return a version as MLflow has it."""
    return ModelVersion(
        it.name,
        it.version,
        it.created,
        it.updated,
        description=it.description or None,
        user_id=it.author,
        current_stage=stage(it, address.stages),
        source=address.version(it.artifact, it.semver),
        run_id=it.run_id or None,
        run_link=it.run_link or None,
        model_id=it.model_id or None,
        tags=[ModelVersionTag(key, value) for key, value in it.tags.items()],
        aliases=[*it.aliases],
        metrics=[Metric(name, float(value), it.created, 0) for name, value in it.metrics.items()],
        params=[
            LoggedModelParameter(name, models.text(value)) for name, value in it.params.items()
        ],
    )


def model(it: ModelEntry, address: RegistryAddress) -> RegisteredModel:
    """Return a model as MLflow has it."""
    return RegisteredModel(
        it.name,
        it.created,
        it.updated,
        description=it.description or None,
        latest_versions=[version(one, address) for one in latest(it, STAGES, address.stages)],
        tags=[RegisteredModelTag(key, value) for key, value in it.tags.items()],
        aliases=[RegisteredModelAlias(at, held.version) for at, held in it.aliases.items()],
    )


def latest(
    it: ModelEntry, wanted: tuple[str, ...], stages: Mapping[str, str]
) -> list[VersionEntry]:
    """Return the version of a model that is to be used from each of some stages.

    From a stage it is the one that holds it; from "None" the highest that is in neither Production
    nor Staging. One without a number is left out: MLflow calls int() on what is returned.
    """
    found: dict[str, VersionEntry] = {}
    for asked in wanted:
        if asked.casefold() == NONE.casefold():
            own = next((one for one in it.numbered if stage(one, stages) == NONE), None)
        else:
            at = alias(asked, stages, it.aliases)
            own = it.aliases[at] if at else None
        if own and own.number is not None:
            found.setdefault(own.semver, own)
    return [*found.values()]
