"""`mreg deregister`: end a version."""

from __future__ import annotations

from typing import Annotated

from mreg.cli import online, options, output
from mreg.cli.parameters import Flag


def deregister(
    selector: options.Selector,
    repo: options.Repo = ".",
    message: options.Message = "",
    force: Annotated[bool, Flag("--force", "End what holds a stage, too.")] = False,
    push: options.Push = None,
    remote: options.Remote = None,
    dry_run: options.DryRun = False,
    json: options.Json = False,
) -> None:
    """End a version, and its places in stages.

    Its tags and its history stay. It can be registered again.

    Examples:
        mreg deregister churn@v1.0.0 -m 'Trained on bad data'
        mreg deregister churn v1.0.0 --dry-run
    """
    made = online.registry(repo).deregister(
        selector, message=message, force=force, dry_run=dry_run, push=push, remote=remote
    )
    output.outcomes([made], dry_run=dry_run, json=json)
