"""`mreg best`: the best version of an artifact by one metric."""

from __future__ import annotations

from datetime import UTC
from typing import Annotated

from mreg.cli import completers, online, options, output, view
from mreg.cli.parameters import Flag, InContext, Option
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
    metric: Annotated[
        str,
        Option(
            "--metric", "NAME", "The metric to compare by.", complete=InContext(completers.metrics)
        ),
    ],
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
        mreg best churn --metric accuracy
        mreg best churn --metric accuracy --where 'stage=prod' --field version
    """
    registry = online.registry(repo)
    with online.fetching(wanted=fetch) as fetched:
        found = registry.best(
            name,
            metric,
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
