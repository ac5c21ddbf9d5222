"""`mreg audit`: who claimed, signed and approved each event, and whether the policy allowed it."""

from __future__ import annotations

from typing import Annotated

import typer

from mreg.cli import online, options, output
from mreg.errors import UsageError
from mreg.registry import documents


def audit(
    repo: options.Repo = ".",
    artifact: Annotated[
        str | None,
        typer.Option(
            "--artifact",
            metavar="NAME",
            help="Of this artifact alone.",
            autocompletion=options.complete_artifact,
        ),
    ] = None,
    stage: Annotated[
        str | None,
        typer.Option(
            "--stage",
            metavar="STAGE",
            help="Of this stage alone.",
            autocompletion=options.complete_stage,
        ),
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
    policy: options.Policy = None,
    json: options.Json = False,
    csv: options.Csv = False,
    md: options.Markdown = False,
) -> None:
    """List the events, oldest first: claimed by whom, signed, approved, and the verdict.

    Each is judged by the policy that was in force when it was made. The exit code does not tell
    the verdicts: `mreg verify` is for that.
    """
    from mreg.policy import verdicts

    if sum((json, csv, md)) > 1:
        raise UsageError("--json, --csv and --md exclude each other")
    found = online.registry(repo).audit(
        artifact, stage=stage, since=since, until=until, policy=policy
    )
    if json:
        output.as_json(documents.listed("events", found))
    elif csv:
        output.as_csv(verdicts.full_table(found))
    elif md:
        output.as_markdown(verdicts.table(found))
    else:
        output.table(verdicts.table(found))
