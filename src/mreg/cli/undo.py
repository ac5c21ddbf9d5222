"""`mreg undo`: take back what nobody else has seen."""

from __future__ import annotations

from mreg.cli import online, options, output
from mreg.core import outcomes
from mreg.registry import documents


def undo(
    name: options.Name,
    repo: options.Repo = ".",
    dry_run: options.DryRun = False,
    json: options.Json = False,
) -> None:
    """Remove the newest event of an artifact, if it is not published.

    mreg asks every remote first. To reverse a published event, record the opposite event.

    Examples:
        mreg undo churn --dry-run
    """
    gone = online.registry(repo).undo(name, dry_run=dry_run)
    if json:
        output.as_json(documents.event(gone, dry_run=dry_run))
    else:
        output.data(f"{'Would undo' if dry_run else 'Undid'}: {outcomes.sentence(gone)}")
