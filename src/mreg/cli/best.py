"""`mreg best`: the best version of an artifact by one metric."""

from __future__ import annotations

from datetime import UTC
from typing import Annotated

from mreg.cli import completers, online, options, output, view
from mreg.cli.parameters import Argument, Flag, InContext, Option
from mreg.compare import layout
from mreg.compare.comparison import Best
from mreg.core.directions import Direction
from mreg.errors import UsageError
from mreg.registry import documents
from mreg.render import numbers
from mreg.render.escape import line


@view.shows_text
def best(
    name: options.Name,
    by: Annotated[
        str | None,
        Argument(
            "METRIC",
            "The metric to compare by.",
            show_default=False,
            complete=InContext(completers.metrics),
        ),
    ] = None,
    metric: Annotated[
        str | None,
        Option(
            "--metric", "NAME", "The same, as an option.", complete=InContext(completers.metrics)
        ),
    ] = None,
    repo: options.Repo = ".",
    max_: Annotated[bool, Flag("--max", "Treat the highest value as the best.")] = False,
    min_: Annotated[bool, Flag("--min", "Treat the lowest value as the best.")] = False,
    where: Annotated[
        str | None,
        Option(
            "--where",
            "EXPRESSION",
            "Only versions that match this expression, as in `mreg search`.",
        ),
    ] = None,
    stage: options.OfStage = None,
    fetch: options.Fetch = False,
    utc: options.Utc = False,
    field: options.Field = None,
    json: options.Json = False,
) -> None:
    """Show the best version of an artifact by one metric.

    If several versions have the same value, it is the highest by SemVer. Whether higher or lower is
    better follows from the metric's name, or from --max or --min.

    Examples:
        mreg best churn accuracy
        mreg best churn --metric accuracy --where 'stage=prod' --field version
    """
    chosen = _metric(name, by, metric)
    registry = online.registry(repo)
    with online.fetching(wanted=fetch) as fetched:
        found = registry.best(
            name,
            chosen,
            direction=_direction(max_, min_),
            where=where,
            stage=stage,
            zone=UTC if utc else None,
            fetch=fetched,
        )
    if json:
        output.as_json(documents.best(found))
    elif field:
        output.data(line(_bare(found, field)))
    else:
        output.pairs(layout.best(found), utc=utc)
    output.mention(found.problems, fetched=fetch)


def _metric(name: str, by: str | None, metric: str | None) -> str:
    """Return the metric that is named, by its place or by the option.

    Raises:
        UsageError: there is none, or there are two.
    """
    if by and metric not in (None, by):
        raise UsageError(f"two metrics are named, {by} and {metric}", hint="leave --metric out")
    if not (chosen := by or metric):
        raise UsageError(
            "no metric is given",
            hint=f"mreg best {name} accuracy; `mreg compare {name}` shows all metrics",
        )
    return chosen


def _direction(max_: bool, min_: bool) -> Direction | None:
    options.exclusive(max_=max_, min_=min_)
    return "higher" if max_ else "lower" if min_ else None


_BARE = ("artifact", "version", "tag", "commit", "author", "author_email")


def _bare(found: Best, field: str) -> str:
    if field == "value":
        return numbers.shown(found.value)
    if field not in _BARE:
        raise UsageError(
            f"there is no field {field!r}", hint=f"use one of value, {', '.join(_BARE)}"
        )
    return str(getattr(found.version, field))
