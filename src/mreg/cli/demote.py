"""`mreg demote`: take a version out of a stage."""

from __future__ import annotations

from mreg.cli import online, options, output


def demote(
    selector: options.Selector,
    stage: options.Stage,
    repo: options.Repo = ".",
    message: options.Message = "",
    push: options.Push = None,
    remote: options.Remote = None,
    dry_run: options.DryRun = False,
    json: options.Json = False,
) -> None:
    """Take a version out of a stage.

    The version that held the stage before, if it is still assigned to it, takes over.
    """
    registry = online.registry(repo)
    made = registry.demote(
        selector, stage, message=message, dry_run=dry_run, push=push, remote=remote
    )
    output.events([made], dry_run=dry_run, json=json)
    if not dry_run:
        output.successors(registry.successors(made))
