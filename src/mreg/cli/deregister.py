"""`mreg deregister`: end a version."""

from __future__ import annotations

from mreg.cli import online, options, output


def deregister(
    selector: options.Selector,
    repo: options.Repo = ".",
    message: options.Message = "",
    push: options.Push = None,
    remote: options.Remote = None,
    dry_run: options.DryRun = False,
    json: options.Json = False,
) -> None:
    """End a version, and its places in stages.

    Its tags stay, and so does its history. It can be registered again.
    """
    registry = online.registry(repo)
    made = registry.deregister(selector, message=message, dry_run=dry_run, push=push, remote=remote)
    output.events([made], dry_run=dry_run, json=json)
    if not dry_run:
        output.successors(registry.successors(made))
