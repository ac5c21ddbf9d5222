"""`mreg history`: what was done, when and by whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mreg.cli import online, options, output, typed, view
from mreg.core import tables
from mreg.core.queries import suggestion
from mreg.errors import NotFound

if TYPE_CHECKING:
    from mreg.registry import Registry


@view.shows_tables
def history(
    name: options.OnePart = None,
    which: options.Which = None,
    repo: options.Repo = ".",
    stage: options.OfStage = None,
    action: options.OfAction = None,
    author: options.Author = None,
    since: options.Since = None,
    until: options.Until = None,
    utc: options.Utc = False,
    limit: options.Limit = None,
    reverse: options.Reverse = False,
    json: options.Json = False,
) -> None:
    """List events, newest first.

    NAME limits the list to an artifact, NAME#STAGE to a stage, and NAME@VERSION to a version.

    Examples:
        mreg history churn -n 10
        mreg history churn#prod
        mreg history --since 30d --action promote
    """
    wanted = typed.part(name, which)
    stage = typed.one_stage(wanted, stage)
    registry = online.registry(repo)
    found = registry.events(
        wanted and wanted.artifact,
        stage=stage,
        version=typed.one_version(wanted),
        action=action,
        author=author,
        since=options.moment(since, utc=utc, edge="start"),
        until=options.moment(until, utc=utc),
        limit=limit,
        reverse=reverse,
    )
    if stage and not found.events:
        _require_stage(registry, stage)
    if json:
        output.as_json(found)
    else:
        output.table(tables.records(found.events, of_one=bool(name)), utc=utc)


def _require_stage(registry: Registry, stage: str) -> None:
    """Refuse a stage that was never used: a list of no events would hide a typing error.

    Raises:
        NotFound: there is no such stage.
    """
    known = [it.stage for it in registry.stages()]
    if stage not in known:
        hint = suggestion(stage, known) or (f"the stages are {', '.join(known)}" if known else "")
        raise NotFound(f"there is no stage {stage!r} in this registry", hint=hint)
