"""`mreg compare`: an artifact's versions against their metrics and params."""

from __future__ import annotations

import sys
from typing import Annotated

from mreg.cli import online, options, output
from mreg.cli.parameters import Option
from mreg.compare import comparison, layout
from mreg.compare.comparison import Comparison
from mreg.registry import documents


def compare(
    name: options.Name,
    repo: options.Repo = ".",
    metric: Annotated[
        list[str] | None,
        Option("--metric", "NAME", "This metric alone; 'eval.*' for several. Repeatable."),
    ] = None,
    param: Annotated[
        list[str] | None,
        Option("--param", "NAME", "This param alone, likewise. Repeatable."),
    ] = None,
    stage: options.OfStage = None,
    sort: Annotated[
        str | None,
        Option(
            "--sort",
            "NAME",
            "By this metric or param, or by version; -NAME begins with the highest.",
        ),
    ] = None,
    limit: options.Limit = None,
    all_: options.All = False,
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
    options.exclusive(json=json, csv=csv, md=markdown)
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
    else:
        _show(found, every=bool(param))
    output.mention([*(it for row in found.rows for it in row.problems), *found.problems])


def _show(found: Comparison, *, every: bool) -> None:
    """Print a comparison; on a terminal, params that never differ only if every one is wanted."""
    if not (sys.stdout.isatty() and found.rows):
        output.table(layout.comparison(found))
        return
    from mreg.render import sparkline, terminal

    if not every:
        found = found._replace(params=comparison.differing(found))
    trends = [sparkline.line(it, encoding=sys.stdout.encoding) for it in layout.series(found)]
    terminal.show(layout.comparison(found, short=True, trends=trends), pinned=1)
