"""`mreg deprecate`: mark an artifact as no longer in use."""

from __future__ import annotations

from mreg.cli import online, options, output


def deprecate(
    name: options.Name,
    repo: options.Repo = ".",
    message: options.Message = "",
    push: options.Push = None,
    remote: options.Remote = None,
    dry_run: options.DryRun = False,
    json: options.Json = False,
) -> None:
    """Mark an artifact as no longer in use.

    `mreg show` leaves it out from then on, without --all. Any later event of it, such as a
    registration, takes the mark away.
    """
    made = online.registry(repo).deprecate(
        name, message=message, dry_run=dry_run, push=push, remote=remote
    )
    output.outcomes([made], dry_run=dry_run, json=json)
