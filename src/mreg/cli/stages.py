"""`mreg stages`: the stages in use."""

from __future__ import annotations

from mreg.cli import online, options, output, view
from mreg.core import tables


@view.shows_tables
def stages(
    name: options.OneName = None,
    repo: options.Repo = ".",
    utc: options.Utc = False,
    json: options.Json = False,
) -> None:
    """List the stages and the versions in them.

    Examples:
        mreg stages
        mreg stages churn
        mreg stages --json
    """
    found = online.registry(repo).all_stages(name)
    if json:
        output.as_json(found)
    else:
        output.table(tables.stages(found.stages), utc=utc)
