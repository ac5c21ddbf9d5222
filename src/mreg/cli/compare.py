"""`mreg compare`: an artifact's versions against their metrics and params."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from mreg.cli import online, options, output
from mreg.compare import comparison, layout
from mreg.compare.comparison import Comparison
from mreg.errors import UsageError
from mreg.registry import documents


def compare(
    name: options.Name,
    repo: options.Repo = ".",
    metric: Annotated[
        list[str] | None,
        typer.Option(
            "--metric", metavar="NAME", help="This metric alone; 'eval.*' for several. Repeatable."
        ),
    ] = None,
    param: Annotated[
        list[str] | None,
        typer.Option("--param", metavar="NAME", help="This param alone, likewise. Repeatable."),
    ] = None,
    stage: Annotated[
        str | None,
        typer.Option(
            "--stage",
            metavar="STAGE",
            help="The versions in this stage alone.",
            autocompletion=options.complete_stage,
        ),
    ] = None,
    sort: Annotated[
        str | None,
        typer.Option(
            "--sort",
            metavar="NAME",
            help="By this metric or param, or by version; -NAME begins with the highest.",
        ),
    ] = None,
    limit: Annotated[
        int | None, typer.Option("-n", "--limit", metavar="N", min=0, help="At most N, the newest.")
    ] = None,
    all_: Annotated[
        bool, typer.Option("--all", "-a", help="Include deregistered versions.")
    ] = False,
    lower_better: options.LowerBetter = None,
    higher_better: options.HigherBetter = None,
    json: options.Json = False,
    csv: options.Csv = False,
    markdown: options.Markdown = False,
) -> None:
    """Compare an artifact's versions by their metrics and params.

    The best value of each metric is marked with a star, if its name or an option says what is
    better. On a terminal, params that never differ are left out unless asked for, and the last line
    shows how each metric went from the lowest version to the highest.
    """
    if json + csv + markdown > 1:
        raise UsageError("--json, --csv and --md exclude each other", hint="take one of them")
    found = online.registry(repo).compare(
        name,
        metrics=metric,
        params=param,
        stage=stage,
        sort=sort,
        limit=limit,
        ended=all_,
        lower_better=lower_better or (),
        higher_better=higher_better or (),
    )
    if json:
        output.as_json(documents.comparison(found))
    elif csv:
        output.as_csv(layout.data(found))
    elif markdown:
        output.as_markdown(layout.comparison(found))
    elif sys.stdout.isatty() and found.rows:
        _show(found if param else found._replace(params=comparison.differing(found)))
    else:
        output.table(layout.comparison(found))
    output.mention([*(it for row in found.rows for it in row.problems), *found.problems])


def _show(found: Comparison) -> None:
    """Print a comparison on a terminal."""
    from mreg.render import sparkline, terminal

    encoding = sys.stdout.encoding
    trends = [sparkline.line(it, encoding=encoding) for it in layout.series(found)]
    terminal.show(layout.comparison(found, short=True, trends=trends), pinned=1)
