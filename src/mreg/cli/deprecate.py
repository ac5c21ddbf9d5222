"""`mreg deprecate`: mark an artifact as no longer in use."""

from __future__ import annotations

from mreg.cli import options, output
from mreg.registry import Registry


def deprecate(
    name: options.Name,
    repo: options.Repo = ".",
    message: options.Message = "",
    dry_run: options.DryRun = False,
    json: options.Json = False,
) -> None:
    """Mark an artifact as no longer in use.

    `mreg show` leaves it out from then on, without --all. Any later event of it, such as a
    registration, takes the mark away.
    """
    made = Registry.open(repo).deprecate(name, message=message, dry_run=dry_run)
    output.events([made], dry_run=dry_run, as_json_text=json)
