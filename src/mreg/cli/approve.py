"""`mreg approve`: say that a version may go to a stage."""

from __future__ import annotations

from mreg.cli import online, options, output, typed


def approve(
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
    """Approve a version for a stage.

    You are identified by the key that you sign with or, where the policy does not require
    signatures, by your e-mail address. The approval is for this registration only, and replaces
    your own `mreg reject`.

    Examples:
        mreg approve churn@v1.0.0 prod
        mreg approve churn v1.0.0 prod -m 'The backtest holds'
    """
    selector, stage = typed.promotion("approve", selector, stage, last)
    found = online.registry(repo).approve(
        selector, stage, message=message, dry_run=dry_run, push=push, remote=remote
    )
    output.approval(found, dry_run=dry_run, json=json)
