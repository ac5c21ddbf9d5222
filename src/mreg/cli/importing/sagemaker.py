"""`mreg import sagemaker`: the model package groups of SageMaker."""

from __future__ import annotations

from typing import Annotated

from mreg.cli import options
from mreg.cli.importing import shared
from mreg.cli.parameters import Argument, Option


def sagemaker(
    groups: Annotated[
        list[str] | None,
        Argument("[GROUP]...", "The model package groups.", show_default="all"),
    ] = None,
    repo: options.Repo = ".",
    region: Annotated[
        str | None,
        Option("--region", "NAME", "The region.", show_default="from boto3's settings"),
    ] = None,
    approved_stage: Annotated[
        str,
        Option(
            "--approved-stage",
            "STAGE",
            "Promote the highest approved version of each group to STAGE.",
        ),
    ] = "",
    names: shared.Names = None,
    names_file: shared.NamesFile = None,
    version_tag: shared.VersionTag = "version",
    branch: shared.Branch = "imported",
    keep: shared.Bytes = "url",
    allow_missing: shared.AllowMissing = False,
    plan: shared.PlanOnly = False,
    utc: options.Utc = False,
    json: options.Json = False,
) -> None:
    """Import model package groups from SageMaker; approved versions get a stage.

    Version 3 becomes v3.0.0, with its original time, at a commit that is made for it. A group is
    imported completely or not at all. Credentials are those that boto3 finds.

    Examples:
        mreg import sagemaker churn --region eu-west-1 --plan
    """
    from mreg.importers.sagemaker import SagemakerSource

    naming = shared.naming(names, names_file, None, version_tag, branch)
    wanted = shared.ImportRequest(groups or (), naming, keep, allow_missing, plan, utc, json)
    shared.run(SagemakerSource(region, approved_stage), repo, wanted)
