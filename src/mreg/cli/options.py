"""The options that several commands share, and the registry that they are about."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

from mreg.core.versions import Bump
from mreg.errors import MregError
from mreg.registry import Registry


def _artifacts(ctx: typer.Context, incomplete: str) -> list[str]:
    """Complete an artifact's name."""
    try:
        return [name for name in _registry(ctx).names() if name.startswith(incomplete)]
    except MregError:
        return []  # a shell that completes has nobody to complain to


def _selectors(ctx: typer.Context, incomplete: str) -> list[str]:
    """Complete an artifact's name; behind "@" its versions, behind "#" its stages."""
    for mark in ("@", "#"):
        name, found, _ = incomplete.partition(mark)
        if found:
            return [it for it in _rests(ctx, name, mark) if it.startswith(incomplete)]
    return _artifacts(ctx, incomplete)


def _rests(ctx: typer.Context, name: str, mark: str) -> list[str]:
    try:
        registry = _registry(ctx)
        if mark == "#":
            return [f"{name}#{stage}" for stage in registry.artifact(name).stages]
        versions = [str(it.version) for it in registry.versions(name)]
    except MregError:
        return []
    return [f"{name}@{version}" for version in [*versions, "latest"]]


def _stages(ctx: typer.Context, incomplete: str) -> list[str]:
    """Complete a stage's name."""
    try:
        stages = [it.stage for it in _registry(ctx).stages()]
    except MregError:
        return []
    return [stage for stage in stages if stage.startswith(incomplete)]


def _registry(ctx: typer.Context) -> Registry:
    return Registry.open(ctx.params.get("repo") or ".")


def _note(ctx: typer.Context, param: typer.CallbackParam, named: str) -> str:
    """Note what a command was given as `repo` or `remote`: a hint's commands are for the same.

    Nothing at all, such as an unset variable leaves, is refused: it names neither.
    """
    source = ctx.get_parameter_source(str(param.name))
    if source is not None and source.name == "COMMANDLINE":
        if not named:
            raise typer.BadParameter("it is empty")
        ctx.find_root().obj = {**(ctx.find_root().obj or {}), param.name: named}
    return named


Repo: TypeAlias = Annotated[
    str,
    typer.Option(
        "--repo",
        "-r",
        metavar="PATH",
        envvar="MREG_REPO",
        callback=_note,
        help="A folder in the repository, or its URL.",
    ),
]
Json: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON (docs/json.md).")]
Csv: TypeAlias = Annotated[bool, typer.Option("--csv", help="Print CSV.")]
Markdown: TypeAlias = Annotated[bool, typer.Option("--md", help="Print Markdown.")]
LowerBetter: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--lower-better", metavar="METRIC", help="Of this metric lower is better. Repeatable."
    ),
]
HigherBetter: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--higher-better", metavar="METRIC", help="Of this metric higher is better. Repeatable."
    ),
]
Message: TypeAlias = Annotated[
    str, typer.Option("--message", "-m", metavar="TEXT", help="What to say of it.")
]
Policy: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--policy",
        metavar="REV",
        help="Judge by the policy of this commit.",
        show_default="the one that was in force",
    ),
]
DryRun: TypeAlias = Annotated[
    bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")
]
Push: TypeAlias = Annotated[
    bool | None,
    typer.Option(
        "--push/--no-push",
        help="Publish it to a remote first.",
        show_default="as `.mreg.yaml` says, else no",
    ),
]
Remote: TypeAlias = Annotated[
    str,
    typer.Option(
        "--remote",
        metavar="NAME",
        callback=_note,
        help="The remote, or its URL.",
        show_default="the branch's, else origin",
    ),
]
Name: TypeAlias = Annotated[
    str, typer.Argument(metavar="NAME", help="The artifact.", autocompletion=_artifacts)
]
Selector: TypeAlias = Annotated[
    str,
    typer.Argument(
        metavar="SELECTOR",
        help="NAME or NAME@latest, NAME@v1.2.0, or NAME#STAGE.",
        autocompletion=_selectors,
    ),
]
Stage: TypeAlias = Annotated[
    str, typer.Argument(metavar="STAGE", help="The stage.", autocompletion=_stages)
]
NewVersion: TypeAlias = Annotated[
    str | None,
    typer.Option("--version", metavar="VERSION", help="The version to register, such as v1.2.0."),
]
BumpBy: TypeAlias = Annotated[
    Bump | None,
    typer.Option(
        "--bump",
        metavar="PART",
        help="What to raise: major, minor, patch, prerelease (the next rc), or release (end it).",
    ),
]
complete_selector = _selectors
complete_stage = _stages
complete_artifact = _artifacts
