"""`mreg history`: what was done, when and by whom."""

from __future__ import annotations

from mreg.cli import online, options, output, typed, view
from mreg.core import tables


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
    found = online.registry(repo).events(
        wanted and wanted.artifact,
        stage=typed.one_stage(wanted, stage),
        version=typed.one_version(wanted),
        action=action,
        author=author,
        since=options.moment(since, utc=utc, edge="start"),
        until=options.moment(until, utc=utc),
        limit=limit,
        reverse=reverse,
    )
    if json:
        output.as_json(found)
    else:
        output.table(tables.records(found.events, of_one=bool(name)), utc=utc)
