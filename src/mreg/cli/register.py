"""`mreg register`: give a commit a version."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from mreg.cli import online, options, output, typed
from mreg.cli.parameters import Argument, Flag

_Name: TypeAlias = Annotated[
    str,
    Argument(
        "NAME | NAME@VERSION", "The artifact, or its new version.", complete=options.artifacts
    ),
]
_Force: TypeAlias = Annotated[
    bool,
    Flag(
        "--force",
        "Register a second version at a commit, or one with an unreadable annotation.",
    ),
]


def register(
    name: _Name,
    rev: Annotated[str, Argument("[REV]", "The commit.")] = "HEAD",
    repo: options.Repo = ".",
    version: options.NewVersion = None,
    bump: options.BumpBy = None,
    message: options.Message = "",
    force: _Force = False,
    digest: options.Digest = False,
    allow_dirty: options.AllowDirty = False,
    new: options.New = False,
    push: options.Push = None,
    remote: options.Remote = None,
    with_branch: options.WithBranch = False,
    dry_run: options.DryRun = False,
    json: options.Json = False,
) -> None:
    """Register a version of an artifact.

    The first version is v0.0.1. A later version increases the patch number of the newest active
    version among the commit's ancestors. --bump increases another part. NAME@VERSION or
    --version sets the version.

    Examples:
        mreg register churn
        mreg register churn --bump minor -m 'New features'
        mreg register churn@v2.0.0 --dry-run
    """
    name, version = typed.registration(name, version)
    registry = online.registry(repo)
    with typed.commits(name, rev), output.ProgressLine() as report:
        made = registry.register(
            name,
            rev,
            version=version,
            bump=bump,
            message=message,
            force=force,
            new=new,
            digest=digest,
            allow_dirty=allow_dirty,
            dry_run=dry_run,
            push=push,
            remote=remote,
            with_branch=with_branch,
            report=report,
        )
    problems = registry.unsaid(made, forced=force)
    output.outcomes([made], dry_run=dry_run, json=json, problems=problems)
