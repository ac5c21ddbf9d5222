"""`mreg compare`: an artifact's versions against their metrics and params, or their plots."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, TypeAlias

from mreg.cli import completers, online, options, output, typed, view
from mreg.cli.parameters import Argument, InContext, Option
from mreg.compare import comparison, layout
from mreg.compare.comparison import Comparison
from mreg.core.queries import parse_selector
from mreg.errors import UsageError
from mreg.registry import documents
from mreg.render.escape import line

if TYPE_CHECKING:
    from mreg.registry import Registry

_OUTPUT = "-"
"""What stands for standard output."""


_Names: TypeAlias = Annotated[
    list[str],
    Argument(
        "NAME [VERSION]...",
        "The artifact, or some of its versions: NAME@v1.2.0, NAME#STAGE.",
        complete=options.selectors,
    ),
]
_Metrics: TypeAlias = Annotated[
    list[str] | None,
    Option(
        "--metric",
        "NAME",
        "Only this metric; 'eval.*' for several. Repeatable.",
        complete=InContext(completers.metrics),
    ),
]
_Params: TypeAlias = Annotated[
    list[str] | None,
    Option(
        "--param",
        "NAME",
        "Only this param; 'model.*' for several. Repeatable.",
        complete=InContext(completers.params),
    ),
]
_Sort: TypeAlias = Annotated[
    str | None,
    Option(
        "--sort",
        "NAME",
        "The metric or param to sort by, or version; -NAME puts the highest first.",
        complete=InContext(completers.metrics_and_params),
    ),
]
_Plots: TypeAlias = Annotated[
    str | None,
    Option(
        "--plots",
        "FILE",
        "Draw the versions' plots, overlaid, into this SVG file; - prints it.",
    ),
]


@view.shows_tables
def compare(
    names: _Names,
    repo: options.Repo = ".",
    metric: _Metrics = None,
    param: _Params = None,
    stage: options.OfStage = None,
    sort: _Sort = None,
    limit: options.Limit = None,
    all_: options.All = False,
    plots: _Plots = None,
    lower_better: options.LowerBetter = None,
    higher_better: options.HigherBetter = None,
    min_: options.Min = None,
    max_: options.Max = None,
    fetch: options.Fetch = False,
    json: options.Json = False,
    csv: options.Csv = False,
    markdown: options.Markdown = False,
) -> None:
    """Compare an artifact's versions by their metrics and params.

    With versions, it compares only these. A star marks the best value of a metric, if its name
    or an option says what is better. On a terminal, params that never differ are left out
    unless you ask for them, and the last line shows each metric from the lowest version to the
    highest.

    --plots draws the plots that dvc.yaml defines at each version's commit, and those that
    DVCLive logged, into an SVG file. With --json it also prints their data.

    Examples:
        mreg compare churn
        mreg compare churn@v1.0.0 churn#prod
        mreg compare churn --sort -accuracy --md
    """
    options.exclusive(json=json, csv=csv, md=markdown)
    if plots is not None:
        _refuse_beside_plots(metric, param, stage, sort, limit is not None, all_, csv, markdown)
        _draw(repo, typed.several(names, stages=False), plots, fetch=fetch, json=json)
        return
    registry = online.registry(repo)
    name, versions = _wanted(names, registry)
    with online.fetching(wanted=fetch) as fetched:
        found = registry.compare(
            name,
            *versions,
            metrics=metric,
            params=param,
            stage=stage,
            sort=sort,
            limit=limit,
            ended=all_,
            lower_better=[*(lower_better or ()), *(min_ or ())],
            higher_better=[*(higher_better or ()), *(max_ or ())],
            fetch=fetched,
        )
    if json:
        output.as_json(documents.comparison(found))
    else:
        _show(found, every=bool(param), csv=csv, markdown=markdown)
    output.mention(found.every_problem, fetched=fetch)


def _wanted(names: list[str], registry: Registry) -> tuple[str, list[str]]:
    """Return the artifact, and its versions that are compared; none: all.

    Raises:
        UsageError: they are of several artifacts, or none is named.
    """
    typed.begin_with_name("compare", names, registry.names)
    found = typed.several(names)
    artifacts = {parse_selector(it).artifact for it in found}
    if len(artifacts) > 1:
        raise UsageError(
            "compare works with versions of one artifact",
            hint=f"run `mreg diff {found[0]} {found[1]}` to compare two versions of different "
            "artifacts",
        )
    name = artifacts.pop()
    return name, [] if found == [name] else found


def _refuse_beside_plots(*given: object) -> None:
    if any(given):
        raise UsageError(
            "--plots supports only the options --json, --fetch and --repo",
            hint="omit the other options",
        )


def _show(found: Comparison, *, every: bool, csv: bool, markdown: bool) -> None:
    """Print a comparison; on a terminal, params that never differ only if every one is wanted."""
    if csv:
        output.as_csv(layout.data(found))
        return
    if markdown:
        output.as_markdown(layout.comparison(found))
        return
    if not (view.on_terminal() and found.rows):
        output.table(layout.comparison(found))
        return
    from mreg.render import sparkline

    if not every:
        found = found._replace(params=comparison.differing(found))
    trends = [sparkline.line(it, encoding=sys.stdout.encoding) for it in layout.series(found)]
    output.drawn(
        layout.comparison(found, short=True, cut=not view.current().wide, trends=trends), pinned=1
    )


_MOST_PROBLEMS = 20


def _draw(repo: str, names: list[str], file: str, *, fetch: bool, json: bool) -> None:
    """Draw plots into a file, and tell what could not be drawn."""
    from mreg.plots import drawing

    registry = online.registry(repo)
    with online.fetching(wanted=fetch) as fetched:
        found = registry.plots(*names, fetch=fetched)
    for it in found.problems[:_MOST_PROBLEMS]:
        output.talk(f"warning: {it.subject}: {line(it.message)}")
    if (more := len(found.problems) - _MOST_PROBLEMS) > 0:
        output.talk(f"warning: and {more} more")
    output.files_of_dvc(found.problems, fetched=False)
    if not found.plots:
        output.talk(f"{', '.join(map(line, found.versions))}: there are no plots to draw")
    elif file != _OUTPUT:
        _write(file, drawing.file(found, ", ".join(names)).encode())
        count = len(found.plots)
        of = ", ".join(map(line, found.versions))
        output.talk(f"{count} plot{'s' * (count != 1)} of {of}: {line(file)}")
    if json:
        output.as_json(documents.plots(found))
    elif found.plots and file == _OUTPUT:
        output.data(drawing.file(found, ", ".join(names)))
    if not found.plots:
        raise SystemExit(1)


def _write(file: str, drawn: bytes) -> None:
    """Write into a file; a device, a pipe or what a link leads to is written to, and stays."""
    from pathlib import Path

    from mreg.system import files

    place = Path(file)
    if place.is_symlink() or (place.exists() and not place.is_file()):
        place.write_bytes(drawn)
    else:
        files.replace(place, drawn, mode=files.new_mode())
