"""`mreg import mlflow`: the registered models of an MLflow server, or of its database."""

from __future__ import annotations

from typing import Annotated

from mreg.cli import options
from mreg.cli.importing import shared
from mreg.cli.parameters import Argument


def mlflow(
    uri: Annotated[
        str, Argument("URI", "The address of MLflow: http://HOST:5000, sqlite:////PATH/mlflow.db.")
    ],
    models: Annotated[
        list[str] | None, Argument("[MODEL]...", "The models.", show_default="all")
    ] = None,
    repo: options.Repo = ".",
    names: shared.Names = None,
    names_file: shared.NamesFile = None,
    stages: shared.Stages = None,
    version_tag: shared.VersionTag = "version",
    branch: shared.Branch = "imported",
    keep: shared.Bytes = "url",
    allow_missing: shared.AllowMissing = False,
    plan: shared.PlanOnly = False,
    utc: options.Utc = False,
    json: options.Json = False,
) -> None:
    """Import registered models from MLflow: versions, aliases, stages and runs.

    Version 3 becomes v3.0.0, with its original time, at a commit that is made for it. A model is
    imported completely or not at all.

    Examples:
        mreg import mlflow http://127.0.0.1:5000 --plan
        mreg import mlflow http://127.0.0.1:5000 churn
    """
    from mreg.importers.mlflow import MlflowSource

    naming = shared.naming(names, names_file, stages, version_tag, branch)
    wanted = shared.ImportRequest(models or (), naming, keep, allow_missing, plan, utc, json)
    shared.run(MlflowSource(uri), repo, wanted)
