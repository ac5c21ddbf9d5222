"""`mreg promote`: put a version in a stage."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from mreg.cli import online, options, output, typed
from mreg.cli.parameters import Flag
from mreg.core.diagnostics import Diagnostic
from mreg.core.queries import parse_selector
from mreg.errors import UsageError
from mreg.registry.record import Publication

_Register: TypeAlias = Annotated[
    bool, Flag("--register", "Register the commit first, if it has no version.")
]
_Force: TypeAlias = Annotated[
    bool,
    Flag("--force", "Promote a version that already holds the stage, or was rolled back in it."),
]


def promote(
    selector: options.Selector,
    stage: options.VersionFirst = None,
    last: options.ThenStage = None,
    repo: options.Repo = ".",
    rev: options.Rev = None,
    register: _Register = False,
    version: options.NewVersion = None,
    bump: options.BumpBy = None,
    digest: options.Digest = False,
    allow_dirty: options.AllowDirty = False,
    message: options.Message = "",
    force: _Force = False,
    new: options.New = False,
    push: options.Push = None,
    remote: options.Remote = None,
    with_branch: options.WithBranch = False,
    dry_run: options.DryRun = False,
    json: options.Json = False,
) -> None:
    """Promote a version to a stage.

    NAME and NAME@latest mean the latest version, NAME@release the latest one that is not a
    prerelease, and NAME#staging the version that holds staging. A version that was rolled back in
    this stage can be promoted again if you name it (NAME@v1.2.0), or with --force.

    Examples:
        mreg promote churn@v1.0.0 prod
        mreg promote churn v1.1.0 prod -m 'Accuracy 0.93, was 0.91'
    """
    selector, stage = typed.promotion("promote", selector, stage, last)
    registry = online.registry(repo)
    publication = Publication(dry_run=dry_run, push=push, remote=remote)
    problems: tuple[Diagnostic, ...] = ()
    if register:
        _require_plain(selector)
        with output.ProgressLine() as report:
            made = registry.register_and_promote(
                selector,
                stage,
                rev="HEAD" if rev is None else rev,
                version=version,
                bump=bump,
                message=message,
                force=force,
                new=new,
                digest=digest,
                allow_dirty=allow_dirty,
                **publication,
                with_branch=with_branch,
                report=report,
            )
        problems = registry.unsaid(made[0], forced=force)
    else:
        _require_none(version is not None, bump, digest, allow_dirty, with_branch)
        one = registry.promote(
            selector, stage, rev=rev, message=message, force=force, new=new, **publication
        )
        made = (one,)
    output.outcomes(made, dry_run=dry_run, json=json, problems=problems)


def _require_none(*given: object) -> None:
    if any(given):
        raise UsageError(
            "--version, --bump, --digest, --allow-dirty and --with-branch require --register"
        )


def _require_plain(selector: str) -> None:
    if not parse_selector(selector).plain:
        raise UsageError(
            f"{selector} already names a version, so there is nothing to register",
            hint="write only the name of the artifact, or omit --register",
        )
