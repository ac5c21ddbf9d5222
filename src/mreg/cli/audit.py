"""`mreg audit`: who claimed, signed and approved each event, and whether the policy allowed it."""

from __future__ import annotations

from mreg.cli import online, options, output, typed, view
from mreg.errors import UsageError
from mreg.registry import documents


@view.shows_tables
def audit(
    name: options.NameOrStage = None,
    repo: options.Repo = ".",
    artifact: options.OfArtifact = None,
    stage: options.OfStage = None,
    since: options.Since = None,
    until: options.Until = None,
    utc: options.Utc = False,
    policy: options.Policy = None,
    json: options.Json = False,
    csv: options.Csv = False,
    md: options.Markdown = False,
) -> None:
    """List events with who claimed, signed and approved them, and the policy's verdict.

    The oldest event is first. mreg checks each event against the policy that was in force when
    it was made. The exit code does not depend on the verdicts: use `mreg verify` for that.

    Examples:
        mreg audit
        mreg audit churn --stage prod
        mreg audit --since 30d --csv
    """
    from mreg.policy import verdicts

    options.exclusive(json=json, csv=csv, md=md)
    wanted = typed.part(name, None)
    if typed.one_version(wanted) or (wanted and artifact):
        raise UsageError(
            "audit takes an artifact or one of its stages", hint="mreg audit NAME, or NAME#STAGE"
        )
    found = online.registry(repo).audit(
        wanted.artifact if wanted else artifact,
        stage=typed.one_stage(wanted, stage),
        since=options.moment(since, utc=utc, edge="start"),
        until=options.moment(until, utc=utc),
        policy=policy,
        progress=output.counted("judging {} of {} events"),
    )
    if json:
        output.as_json(documents.listed("events", found))
    elif csv:
        output.as_csv(verdicts.full_table(found), utc=utc)
    elif md:
        output.as_markdown(verdicts.table(found), utc=utc)
    else:
        output.table(verdicts.table(found), utc=utc)
