"""`mreg push`: publish what was recorded here alone."""

from __future__ import annotations

from typing import Annotated

from mreg.cli import online, options, output
from mreg.cli.parameters import Argument
from mreg.registry import documents
from mreg.render.escape import line


def push(
    name: Annotated[
        str,
        Argument(
            "[NAME]",
            "The artifact; by default all artifacts.",
            complete=options.artifacts,
        ),
    ] = "",
    repo: options.Repo = ".",
    remote: options.Remote = None,
    with_branch: options.WithBranch = False,
    dry_run: options.DryRun = False,
    json: options.Json = False,
) -> None:
    """Publish versions and promotions to a remote.

    The registry tags that the remote lacks are pushed in the order of their events, three at a
    time: GitHub starts no workflow when more tags arrive together.

    Examples:
        mreg push
        mreg push churn --with-branch
        mreg push --dry-run
    """
    pushed = online.registry(repo).push(
        name or None, remote=remote, with_branch=with_branch, dry_run=dry_run
    )
    if json:
        output.as_json(documents.pushed(pushed, dry_run=dry_run))
        return
    for tag in pushed:
        output.data(line(f"{'Would push' if dry_run else 'Pushed'} {tag}"))
    if not pushed:
        output.talk("Nothing to push.")
