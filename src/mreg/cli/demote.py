"""`mreg demote`: take a version out of a stage."""

from __future__ import annotations

from typing import Annotated

from mreg.cli import online, options, output, typed
from mreg.cli.parameters import Flag


def demote(
    selector: options.Selector,
    stage: options.HeldVersionFirst = None,
    last: options.StageUnlessSelected = None,
    repo: options.Repo = ".",
    all_: Annotated[
        bool, Flag("--all", "Remove all versions of the artifact from the stage.")
    ] = False,
    message: options.Message = "",
    push: options.Push = None,
    remote: options.Remote = None,
    dry_run: options.DryRun = False,
    json: options.Json = False,
) -> None:
    """Remove a version from a stage.

    Without a version, it is the one that holds the stage. The version that held the stage before
    it takes over, if it is still assigned to the stage; a version that was rolled back is not.
    --dry-run shows which version takes over.

    Examples:
        mreg demote churn#prod
        mreg demote churn v1.0.0 prod
        mreg demote churn prod --all --dry-run
    """
    selector, stage = typed.in_stage("demote", selector, stage, last)
    registry = online.registry(repo)
    if all_:
        made = registry.demote_all(
            typed.all_in(selector, stage),
            stage,
            message=message,
            dry_run=dry_run,
            push=push,
            remote=remote,
        )
    else:
        one = registry.demote(
            selector, stage, message=message, dry_run=dry_run, push=push, remote=remote
        )
        made = (one,)
    output.outcomes(made, dry_run=dry_run, json=json)
