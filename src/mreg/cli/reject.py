"""`mreg reject`: say that a version may not go to a stage."""

from __future__ import annotations

from mreg.cli import online, options, output, typed


def reject(
    selector: options.Selector,
    stage: options.VersionFirst = None,
    last: options.ThenStage = None,
    message: options.Message = "",
    repo: options.Repo = ".",
    push: options.Push = None,
    remote: options.Remote = None,
    dry_run: options.DryRun = False,
    json: options.Json = False,
) -> None:
    """Reject a version for a stage, or withdraw your approval.

    Give the reason with -m. While an approver rejects it, the version cannot be promoted to the
    stage.

    Examples:
        mreg reject churn@v1.0.0 prod -m 'Fails for new customers'
    """
    selector, stage = typed.promotion("reject", selector, stage, last)
    found = online.registry(repo).reject(
        selector, stage, message=message, dry_run=dry_run, push=push, remote=remote
    )
    output.approval(found, dry_run=dry_run, json=json)
    if not message and not found.message:
        output.talk(f"Add a reason with -m, for example: mreg reject {selector} {stage} -m REASON")
