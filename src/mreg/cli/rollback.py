"""`mreg rollback`: put back what held a stage before."""

from __future__ import annotations

from typing import Annotated

from mreg.cli import online, options, output, typed
from mreg.cli.parameters import Argument
from mreg.core.events import ROLLBACK_TRAILER


def rollback(
    name: Annotated[
        str,
        Argument("NAME | NAME#STAGE", "The artifact, or its stage.", complete=options.selectors),
    ],
    stage: options.StageUnlessSelected = None,
    repo: options.Repo = ".",
    message: options.Message = "",
    push: options.Push = None,
    remote: options.Remote = None,
    dry_run: options.DryRun = False,
    json: options.Json = False,
) -> None:
    """Restore the version that held a stage before.

    Rolling back again goes one version further back.

    Examples:
        mreg rollback churn prod -m 'Wrong for new customers'
        mreg rollback churn#prod --dry-run
    """
    name, stage = typed.stage_of("rollback", name, stage)
    made = online.registry(repo).rollback(
        name, stage, message=message, dry_run=dry_run, push=push, remote=remote
    )
    output.outcomes([made], dry_run=dry_run, json=json)
    bad, takes = made.trailers[ROLLBACK_TRAILER], "would replace" if dry_run else "replaces"
    output.talk(f"{made.version} {takes} {bad} in {stage}.")
