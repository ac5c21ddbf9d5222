"""`mreg catalog status`: how each repository stands."""

from __future__ import annotations

from mreg.cli import options, output, view
from mreg.cli.catalog import shared


@view.shows_tables
def status(
    file: shared.File = "catalog.yaml", utc: options.Utc = False, json: options.Json = False
) -> None:
    """List the repositories, with the time of the last read or the error.

    Examples:
        mreg catalog status
    """
    from mreg.catalog import layout

    found = shared.opened(file).status()
    if json:
        output.as_json(layout.status(found))
    else:
        output.table(layout.states(found), utc=utc)
