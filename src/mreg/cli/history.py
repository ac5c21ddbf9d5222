"""`mreg history`: what was done, when and by whom."""

from __future__ import annotations

from typing import Annotated

import typer

from mreg.cli import online, options, output
from mreg.core import tables
from mreg.core.events import Action


def history(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]",
            help="Of this artifact alone.",
            show_default=False,
            autocompletion=options.complete_artifact,
        ),
    ] = None,
    repo: options.Repo = ".",
    stage: Annotated[
        str | None,
        typer.Option(
            "--stage",
            metavar="STAGE",
            help="Of this stage alone.",
            autocompletion=options.complete_stage,
        ),
    ] = None,
    action: Annotated[
        Action | None,
        typer.Option(
            "--action",
            metavar="ACTION",
            help="Of this kind alone: register, deregister, promote, demote or deprecate.",
        ),
    ] = None,
    author: Annotated[
        str | None,
        typer.Option("--author", metavar="TEXT", help="By authors whose name or e-mail has TEXT."),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            "--since", metavar="TIME", help="From then on: 2026-03-03, 2026-03-03T14:30, 30d."
        ),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option("--until", metavar="TIME", help="Up to then; a date means all of that day."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option("-n", "--limit", metavar="N", min=0, help="At most N, the newest.")
    ] = None,
    reverse: Annotated[bool, typer.Option("--reverse", help="Oldest first.")] = False,
    json: options.Json = False,
) -> None:
    """List the events, newest first."""
    found = online.registry(repo).events(
        name,
        stage=stage,
        action=action,
        author=author,
        since=since,
        until=until,
        limit=limit,
        reverse=reverse,
    )
    if json:
        output.as_json(found)
    else:
        output.table(tables.records(found.events, of_one=bool(name)))
