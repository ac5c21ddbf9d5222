"""`mreg catalog history`: what was done in all repositories."""

from __future__ import annotations

from typing import Annotated

from mreg.cli import options, output, view
from mreg.cli.catalog import shared
from mreg.cli.parameters import Argument, Option


@view.shows_tables
def history(
    name: Annotated[
        str | None,
        Argument("[NAME]", "Only this artifact: REPOSITORY//NAME.", show_default=False),
    ] = None,
    file: shared.File = "catalog.yaml",
    stage: Annotated[str | None, Option("--stage", "STAGE", "Only this stage.")] = None,
    action: options.OfAction = None,
    author: options.Author = None,
    since: options.Since = None,
    until: options.Until = None,
    utc: options.Utc = False,
    limit: options.Limit = None,
    reverse: options.Reverse = False,
    json: options.Json = False,
) -> None:
    """List the events of all repositories, newest first.

    Examples:
        mreg catalog history -n 10
        mreg catalog history --stage prod
    """
    from mreg.catalog import layout

    found = shared.opened(file).history(
        name,
        stage=stage,
        action=action,
        author=author,
        since=options.moment(since, utc=utc, edge="start"),
        until=options.moment(until, utc=utc),
        limit=limit,
        reverse=reverse,
    )
    if json:
        output.as_json(layout.events(found))
    else:
        output.table(layout.records(found, of_one=bool(name)), utc=utc)
        shared.mention(found.unread)
