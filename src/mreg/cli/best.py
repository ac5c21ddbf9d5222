"""`mreg best`: the best version of an artifact by one metric."""

from __future__ import annotations

import shlex
from datetime import UTC
from typing import TYPE_CHECKING, Annotated, TypeAlias

from mreg.cli import completers, online, options, output, view
from mreg.cli.parameters import Argument, Flag, InContext, Option
from mreg.compare import layout
from mreg.compare.comparison import Best
from mreg.core import directions
from mreg.core.queries import some
from mreg.errors import UsageError
from mreg.registry import documents
from mreg.render import numbers
from mreg.render.escape import line

if TYPE_CHECKING:
    from mreg.registry import Registry

_By: TypeAlias = Annotated[
    str | None,
    Argument(
        "METRIC",
        "The metric to compare by.",
        show_default=False,
        complete=InContext(completers.metrics),
    ),
]
_Metric: TypeAlias = Annotated[
    str | None,
    Option("--metric", "NAME", "The same, as an option.", complete=InContext(completers.metrics)),
]
_Max: TypeAlias = Annotated[bool, Flag("--max", "Treat the highest value as the best.")]
_Min: TypeAlias = Annotated[bool, Flag("--min", "Treat the lowest value as the best.")]
_Where: TypeAlias = Annotated[
    str | None,
    Option(
        "--where",
        "EXPRESSION",
        "Only versions that match this expression, as in `mreg search`.",
    ),
]


@view.shows_text
def best(
    name: options.Name,
    by: _By = None,
    metric: _Metric = None,
    repo: options.Repo = ".",
    max_: _Max = False,
    min_: _Min = False,
    lower_better: options.AlsoMin = None,
    higher_better: options.AlsoMax = None,
    where: _Where = None,
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
    registry = online.registry(repo)
    chosen = _metric(registry, name, by, metric)
    options.exclusive(max_=max_, min_=min_)
    told = directions.told(
        [*(lower_better or ()), *([chosen] if min_ else ())],
        [*(higher_better or ()), *([chosen] if max_ else ())],
    )
    with online.fetching(wanted=fetch) as fetched:
        found = registry.best(
            name,
            chosen,
            direction=told.of(chosen),
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


def _metric(registry: Registry, name: str, by: str | None, metric: str | None) -> str:
    """Return the metric that is named, by its place or by the option.

    Raises:
        UsageError: there is none, or there are two.
    """
    if by and metric not in (None, by):
        raise UsageError(f"two metrics are named, {by} and {metric}", hint="leave --metric out")
    if chosen := by or metric:
        return chosen
    own = registry.value_names(name)
    known = [it.removeprefix("metrics.") for it in own if it.startswith("metrics.")]
    all_ = f"`mreg compare {name}` shows all metrics"
    others = f"the metrics are {some(known)}" if known else all_
    raise UsageError(
        "no metric is given",
        hint=f"mreg best {name} {shlex.quote(known[0]) if known else 'METRIC'}; {others}",
    )


_BARE = ("artifact", "version", "tag", "commit", "author", "author_email")


def _bare(found: Best, field: str) -> str:
    if field == "value":
        return numbers.shown(found.value)
    if field not in _BARE:
        raise UsageError(
            f"there is no field {field!r}", hint=f"use one of value, {', '.join(_BARE)}"
        )
    return str(getattr(found.version, field))
