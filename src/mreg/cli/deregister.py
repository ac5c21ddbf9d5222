"""`mreg deregister`: end a version."""

from __future__ import annotations

from mreg.cli import options, output
from mreg.registry import Registry


def deregister(
    selector: options.Selector,
    repo: options.Repo = ".",
    message: options.Message = "",
    dry_run: options.DryRun = False,
    json: options.Json = False,
) -> None:
    """End a version, and its places in stages.

    Its tags stay, and so does its history. It can be registered again.
    """
    registry = Registry.open(repo)
    left = registry.resolve(selector).stages
    made = registry.deregister(selector, message=message, dry_run=dry_run)
    output.events([made], dry_run=dry_run, as_json_text=json)
    if not dry_run:
        output.successor(registry, made.artifact, left)
