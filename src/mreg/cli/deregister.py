"""`mreg deregister`: end a version."""

from __future__ import annotations

from typing import Annotated

from mreg.cli import online, options, output, typed
from mreg.cli.parameters import Argument, Flag


def deregister(
    selector: options.Selector,
    version: Annotated[
        str | None, Argument("[VERSION]", "The version, if it is not part of SELECTOR.")
    ] = None,
    repo: options.Repo = ".",
    message: options.Message = "",
    force: Annotated[
        bool, Flag("--force", "Deregister a version even if it holds a stage.")
    ] = False,
    push: options.Push = None,
    remote: options.Remote = None,
    dry_run: options.DryRun = False,
    json: options.Json = False,
) -> None:
    """Deregister a version, and remove it from its stages.

    Its tags and its history stay. You can register it again.

    Examples:
        mreg deregister churn@v1.0.0 -m 'Trained on bad data'
        mreg deregister churn v1.0.0 --dry-run
    """
    selector = typed.to_write("deregister", selector, version)
    made = online.registry(repo).deregister(
        selector, message=message, force=force, dry_run=dry_run, push=push, remote=remote
    )
    output.outcomes([made], dry_run=dry_run, json=json)
