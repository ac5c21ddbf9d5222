"""`mreg pending`: what waits for approvals, and for whose."""

from __future__ import annotations

from mreg.cli import online, options, output, view
from mreg.registry import documents


@view.shows_tables
def pending(
    name: options.OneName = None,
    repo: options.Repo = ".",
    json: options.Json = False,
) -> None:
    """List versions that wait for approvals, and who can approve them.

    These are the versions that could be promoted next to a stage that requires approvals: they
    have been in the stage that its `from` names, and they are newer than its holder or someone
    has approved or rejected them.

    Examples:
        mreg pending
        mreg pending churn
    """
    from mreg.policy.pending import table

    found = online.registry(repo).pending(name)
    if json:
        output.as_json(documents.listed("pending", found))
    else:
        output.table(table(found))
