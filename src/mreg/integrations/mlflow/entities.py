"""MLflow's own objects, made of what a registry holds; each anew, since they can be changed."""

from __future__ import annotations

from collections.abc import Mapping

from mlflow.entities import Metric
from mlflow.entities.logged_model_parameter import LoggedModelParameter
from mlflow.entities.model_registry import (
    ModelVersion,
    ModelVersionTag,
    RegisteredModel,
    RegisteredModelAlias,
    RegisteredModelTag,
)

from mreg.integrations import entries, names, stages
from mreg.integrations.address import RegistryAddress
from mreg.integrations.mlflow.models import MlflowModel, MlflowVersion
from mreg.integrations.stages import NONE, PRODUCTION, STAGES, STAGING

HELD = (PRODUCTION, STAGING)
"""The stages of MLflow's that stages of a registry can stand for."""


def version(it: MlflowVersion, address: RegistryAddress) -> ModelVersion:
    """Return a version as MLflow has it."""
    return ModelVersion(
        it.name,
        it.version,
        it.created,
        it.updated,
        description=it.description or None,
        user_id=it.author,
        current_stage=stages.shown(it.stages, HELD, address.stages),
        source=address.version(it.artifact, it.semver),
        run_id=it.run_id,
        run_link=it.run_link,
        model_id=it.model_id,
        tags=[ModelVersionTag(key, value) for key, value in it.tags.items()],
        aliases=it.aliases,
        metrics=[Metric(name, float(value), it.created, 0) for name, value in it.metrics.items()],
        params=[
            LoggedModelParameter(name, entries.text(value)) for name, value in it.params.items()
        ],
    )


def model(it: MlflowModel, address: RegistryAddress) -> RegisteredModel:
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
    it: MlflowModel, wanted: tuple[str, ...], settings: Mapping[str, str]
) -> list[MlflowVersion]:
    """Return the version of a model that is to be used from each of some stages.

    From a stage it is the one that holds it; from "None" the highest that is in neither Production
    nor Staging. One without a number is left out: MLflow calls int() on what is returned.
    """
    found: dict[str, MlflowVersion] = {}
    for asked in wanted:
        if asked.casefold() == NONE.casefold():
            free = (one for one in it.numbered if stages.shown(one.stages, HELD, settings) == NONE)
            own = next(free, None)
        else:
            at = stages.meant(names.meant(asked) or asked, settings, it.holders)
            own = it.holders[at] if at else None
        if own and own.number is not None:
            found.setdefault(own.semver, own)
    return [*found.values()]
