"""`mreg demote`: take a version out of a stage."""

from __future__ import annotations

from mreg.cli import options, output
from mreg.registry import Registry


def demote(
    selector: options.Selector,
    stage: options.Stage,
    repo: options.Repo = ".",
    message: options.Message = "",
    dry_run: options.DryRun = False,
    json: options.Json = False,
) -> None:
    """Take a version out of a stage.

    The version that held the stage before, if it is still assigned to it, takes over.
    """
    registry = Registry.open(repo)
    made = registry.demote(selector, stage, message=message, dry_run=dry_run)
    output.events([made], dry_run=dry_run, as_json_text=json)
    if not dry_run:
        output.successor(registry, made.artifact, [stage])
