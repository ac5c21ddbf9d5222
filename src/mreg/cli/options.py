"""The arguments and options that several commands share, each declared once."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any, TypeAlias

import typer

from mreg.cli import online
from mreg.core import times
from mreg.core.events import Action
from mreg.core.kinds import KINDS
from mreg.core.versions import Bump
from mreg.errors import MregError, UsageError
from mreg.registry import Registry


def option(flags: str, metavar: str, help: str, **more: Any) -> Any:
    """Return an option that takes a value.

    Args:
        flags: its names, separated by blanks: "-n --limit".
        metavar: what stands for the value in the help.
        help: what it says.
        more: as for `typer.Option`.
    """
    return typer.Option(*flags.split(), metavar=metavar, help=help, **more)


def duration(flags: str, help: str, **more: Any) -> Any:
    """Return an option that takes how long something lasts, such as 30s or 5m, as seconds."""
    return option(flags, "TIME", help, parser=partial(_seconds, flags), **more)


def moment(text: str | None, *, utc: bool, edge: times.Edge = "end") -> datetime | str | None:
    """Return a time that was typed; with `--utc` it is one of UTC if it has no offset."""
    if text is None or not utc:
        return text
    return times.moment(times.parse(text, now=times.now(), zone=UTC, edge=edge))


def _seconds(what: str, text: str | float) -> float:
    return online.as_seconds(str(text), what)  # a default is a number


def exclusive(*, hint: str = "take one of them", **chosen: bool) -> None:
    """Refuse more than one of several options, which are named as their flags are.

    Raises:
        UsageError: there are more.
    """
    if sum(chosen.values()) > 1:
        *first, last = (f"--{name.rstrip('_')}" for name in chosen)
        raise UsageError(f"{', '.join(first)} and {last} exclude each other", hint=hint)


def artifacts(ctx: typer.Context, incomplete: str) -> list[str]:
    """Complete an artifact's name."""
    try:
        return [name for name in _registry(ctx).names() if name.startswith(incomplete)]
    except MregError:
        return []  # a shell that completes has nobody to complain to


def selectors(ctx: typer.Context, incomplete: str) -> list[str]:
    """Complete an artifact's name; behind "@" its versions, behind "#" its stages."""
    for mark in ("@", "#"):
        name, found, _ = incomplete.partition(mark)
        if found:
            return [it for it in _rests(ctx, name, mark) if it.startswith(incomplete)]
    return artifacts(ctx, incomplete)


def _rests(ctx: typer.Context, name: str, mark: str) -> list[str]:
    try:
        registry = _registry(ctx)
        if mark == "#":
            return [f"{name}#{stage}" for stage in registry.artifact(name).stages]
        versions = [str(it.version) for it in registry.versions(name)]
    except MregError:
        return []
    return [f"{name}@{version}" for version in [*versions, "latest"]]


def stages(ctx: typer.Context, incomplete: str) -> list[str]:
    """Complete a stage's name."""
    try:
        stages = [it.stage for it in _registry(ctx).stages()]
    except MregError:
        return []
    return [stage for stage in stages if stage.startswith(incomplete)]


def _registry(ctx: typer.Context) -> Registry:
    return Registry.open(ctx.params.get("repo") or ".")


def _note(ctx: typer.Context, param: typer.CallbackParam, named: str | None) -> str | None:
    """Note what a command was given as `repo` or `remote`: a hint's commands are for the same.

    Nothing at all, such as an unset variable leaves, is refused: it names neither.
    """
    source = ctx.get_parameter_source(str(param.name))
    if source is not None and source.name == "COMMANDLINE":
        if not named:
            raise typer.BadParameter("it is empty")
        ctx.find_root().obj = {**(ctx.find_root().obj or {}), param.name: named}
    return named


# What a command is about

Name: TypeAlias = Annotated[
    str, typer.Argument(metavar="NAME", help="The artifact.", autocompletion=artifacts)
]
OneName: TypeAlias = Annotated[
    str | None,
    typer.Argument(
        metavar="[NAME]",
        help="Of this artifact alone.",
        show_default=False,
        autocompletion=artifacts,
    ),
]
SELECTOR = "NAME or NAME@latest, NAME@v1.2.0, or NAME#STAGE."
Selector: TypeAlias = Annotated[
    str, typer.Argument(metavar="SELECTOR", help=SELECTOR, autocompletion=selectors)
]
Stage: TypeAlias = Annotated[
    str, typer.Argument(metavar="STAGE", help="The stage.", autocompletion=stages)
]
Repo: TypeAlias = Annotated[
    str,
    option(
        "--repo -r",
        "PATH",
        "A folder in the repository, its URL, or a bundle.",
        envvar="MREG_REPO",
        callback=_note,
    ),
]

# Which part of it

OfArtifact: TypeAlias = Annotated[
    str | None, option("--artifact", "NAME", "Of this artifact alone.", autocompletion=artifacts)
]
OfStage: TypeAlias = Annotated[
    str | None, option("--stage", "STAGE", "Of this stage alone.", autocompletion=stages)
]
OfAction: TypeAlias = Annotated[
    Action | None,
    option(
        "--action",
        "ACTION",
        f"Of this kind alone: {', '.join(KINDS)}.",
    ),
]
Since: TypeAlias = Annotated[
    str | None, option("--since", "TIME", "From then on: 2026-03-03, 2026-03-03T14:30, 30d.")
]
Until: TypeAlias = Annotated[
    str | None, option("--until", "TIME", "Up to then; a date means all of that day.")
]
At: TypeAlias = Annotated[
    str | None,
    option("--at", "TIME", "As it stood then: 2026-03-03, 2026-03-03T14:30, or 30d ago."),
]
Utc: TypeAlias = Annotated[
    bool, typer.Option("--utc", help="Show times in UTC, not in your zone, and read them so.")
]
LIMIT = option("-n --limit", "N", "At most N: the newest; in a lineage, the nearest.", min=0)
Limit: TypeAlias = Annotated[int | None, LIMIT]
Rev: TypeAlias = Annotated[
    str | None, option("--rev", "REV", "At this commit, whatever version SELECTOR means.")
]
All: TypeAlias = Annotated[
    bool, typer.Option("--all", "-a", help="Include what is deprecated or deregistered.")
]
LowerBetter: TypeAlias = Annotated[
    list[str] | None,
    option("--lower-better", "METRIC", "Of this metric lower is better. Repeatable."),
]
HigherBetter: TypeAlias = Annotated[
    list[str] | None,
    option("--higher-better", "METRIC", "Of this metric higher is better. Repeatable."),
]
Policy: TypeAlias = Annotated[
    str | None,
    option(
        "--policy",
        "REV",
        "Judge by the policy of this commit.",
        show_default="the one that was in force",
    ),
]
NewRef: TypeAlias = Annotated[
    tuple[str, str, str] | None,
    option("--new", "OLD NEW REF", "A ref, and the ids of its objects before and after a push."),
]

Offline: TypeAlias = Annotated[
    bool, typer.Option("--offline", help="Ask no remote; what is here counts.")
]

# What becomes of it

Message: TypeAlias = Annotated[str, option("--message -m", "TEXT", "What to say of it.")]
NewVersion: TypeAlias = Annotated[
    str | None, option("--version", "VERSION", "The version to register, such as v1.2.0.")
]
BumpBy: TypeAlias = Annotated[
    Bump | None,
    option(
        "--bump",
        "PART",
        "What to raise: major, minor, patch, prerelease (the next rc), or release (end it).",
    ),
]
Digest: TypeAlias = Annotated[
    bool,
    typer.Option("--digest", help="Record the SHA-256 of the file that is registered."),
]
AllowDirty: TypeAlias = Annotated[
    bool,
    typer.Option("--allow-dirty", help="Register HEAD, whatever of it is changed on disk."),
]
DryRun: TypeAlias = Annotated[
    bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")
]
New: TypeAlias = Annotated[
    bool, typer.Option("--new", help="Make what is new even if its name is close to another's.")
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
    str | None,
    option(
        "--remote",
        "NAME",
        "The remote, or its URL.",
        callback=_note,
        show_default="the branch's, else origin",
    ),
]
WithBranch: TypeAlias = Annotated[
    bool,
    typer.Option("--with-branch", help="Publish the current branch, too: all of it or nothing."),
]
Replace: TypeAlias = Annotated[bool, typer.Option("--force", help="Replace what is there.")]
Commit: TypeAlias = Annotated[
    bool, typer.Option("--commit", help="Commit the file alone, whatever else is staged.")
]

# How it is printed

Field: TypeAlias = Annotated[
    str | None, option("--field -f", "FIELD", "Print one bare value: version, tag, commit, ...")
]
Json: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON (docs/json.md).")]
Csv: TypeAlias = Annotated[bool, typer.Option("--csv", help="Print CSV.")]
Markdown: TypeAlias = Annotated[bool, typer.Option("--md", help="Print Markdown.")]
