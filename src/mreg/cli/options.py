"""The arguments and options that several commands share, each declared once."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from mreg.cli import completers
from mreg.cli.parameters import Argument, Flag, InContext, Option
from mreg.core.events import Action
from mreg.core.kinds import KINDS
from mreg.core.versions import Bump
from mreg.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from mreg.core.times import Edge


def duration(flags: str, help: str, **more: Any) -> Option:
    """Return an option that takes how long something lasts, such as 30s or 5m, as seconds."""
    return Option(flags, "TIME", help, parse=partial(_seconds, flags), **more)


def moment(text: str | None, *, utc: bool, edge: Edge = "end") -> datetime | str | None:
    """Return a time that was typed; with `--utc` it is one of UTC if it has no offset."""
    if text is None or not utc:
        return text
    from datetime import UTC

    from mreg.core import times

    return times.moment(times.parse(text, now=times.now(), zone=UTC, edge=edge))


def _seconds(what: str, text: str | float) -> float:
    from mreg.cli import online

    return online.as_seconds(str(text), what)  # a default is a number


def exclusive(*, hint: str = "use one of them", **chosen: bool) -> None:
    """Refuse more than one of several options, which are named as their flags are.

    Raises:
        UsageError: there are more.
    """
    if sum(chosen.values()) > 1:
        *first, last = (f"--{name.rstrip('_')}" for name in chosen)
        raise UsageError(f"{', '.join(first)} and {last} cannot be used together", hint=hint)


def lineage_form(form: str, *, json: bool) -> str:
    """Return in which form a lineage is printed: --json is short for --format json.

    Raises:
        UsageError: the two contradict each other.
    """
    if json and form not in ("tree", "json"):
        raise UsageError(f"--json and --format {form} cannot be used together")
    return "json" if json else form


artifacts, selectors, stages = completers.artifacts, completers.selectors, completers.stages

# What a command is about

Name: TypeAlias = Annotated[str, Argument("NAME", "The artifact.", complete=artifacts)]
OneName: TypeAlias = Annotated[
    str | None,
    Argument(
        "[NAME]",
        "Only this artifact.",
        show_default=False,
        complete=artifacts,
    ),
]
OnePart: TypeAlias = Annotated[
    str | None,
    Argument(
        "[NAME | SELECTOR]",
        "Only this artifact; or one of its stages or versions: NAME#STAGE, NAME@v1.2.0.",
        show_default=False,
        complete=selectors,
    ),
]

NameOrStage: TypeAlias = Annotated[
    str | None,
    Argument(
        "[NAME | NAME#STAGE]",
        "Only this artifact, or one of its stages.",
        show_default=False,
        complete=selectors,
    ),
]


def _same(spelled: str, usual: str) -> Option:
    """Return the unlisted option by which the usual one of another command is known here, too."""
    words = f"The metric of {usual}."
    names = InContext(completers.metrics)
    return Option(spelled, "METRIC", words, complete=names, hidden=True)


SELECTOR = "NAME or NAME@latest, NAME@release, NAME@v1.2.0, or NAME#STAGE."
Selector: TypeAlias = Annotated[str, Argument("SELECTOR", SELECTOR, complete=selectors)]
Which: TypeAlias = Annotated[
    str | None,
    Argument(
        "[VERSION | STAGE]",
        "The version or stage, if it is not part of the first argument.",
        show_default=False,
        complete=InContext(completers.own_parts),
    ),
]


def _first(complete: Callable[[str, str, Mapping[str, Any]], list[str]]) -> Argument:
    """Return the version that may stand between a selector and a stage."""
    words = "The version, if it is not part of SELECTOR."
    return Argument("[VERSION]", words, show_default=False, complete=InContext(complete))


VersionFirst: TypeAlias = Annotated[str | None, _first(completers.parts)]
HeldVersionFirst: TypeAlias = Annotated[str | None, _first(completers.own_parts)]
ThenStage: TypeAlias = Annotated[
    str | None, Argument("STAGE", "The stage.", show_default=False, complete=stages, needed=True)
]
StageUnlessSelected: TypeAlias = Annotated[
    str | None,
    Argument(
        "STAGE",
        "The stage, if the word before it does not name one.",
        show_default=False,
        complete=InContext(completers.own_stages),
    ),
]
Repo: TypeAlias = Annotated[
    str,
    Option(
        "--repo -r",
        "PATH",
        "A folder in the repository, its URL, or a bundle.",
        envvar="MREG_REPO",
        repeated=True,
    ),
]

# Which part of it

OfArtifact: TypeAlias = Annotated[
    str | None, Option("--artifact", "NAME", "Only this artifact.", complete=artifacts)
]
OfStage: TypeAlias = Annotated[
    str | None, Option("--stage", "STAGE", "Only this stage.", complete=stages)
]
OfAction: TypeAlias = Annotated[
    Action | None,
    Option(
        "--action",
        "ACTION",
        f"Only this kind of event: {', '.join(KINDS)}.",
    ),
]
Since: TypeAlias = Annotated[
    str | None, Option("--since", "TIME", "From this time on: 2026-03-03, 2026-03-03T14:30, 30d.")
]
Until: TypeAlias = Annotated[
    str | None, Option("--until", "TIME", "Until this time; a date means the end of that day.")
]
At: TypeAlias = Annotated[
    str | None,
    Option("--at", "TIME", "As of this time: 2026-03-03, 2026-03-03T14:30 or 30d ago."),
]
Utc: TypeAlias = Annotated[bool, Flag("--utc", "Show times in UTC, and read them as UTC.")]
LIMIT = Option("-n --limit", "N", "At most N items: the newest; in a lineage, the nearest.", min=0)
Limit: TypeAlias = Annotated[int | None, LIMIT]
Author: TypeAlias = Annotated[
    str | None, Option("--author", "TEXT", "Only authors whose name or e-mail contains TEXT.")
]
Reverse: TypeAlias = Annotated[bool, Flag("--reverse", "Oldest first.")]
Latest: TypeAlias = Annotated[bool, Flag("--latest", "Only the latest version of each artifact.")]
Depth: TypeAlias = Annotated[
    int | None, Option("--depth", "N", "At most N steps from the start.", min=0)
]
LineageForm: TypeAlias = Annotated[
    Literal["tree", "json", "mermaid", "dot"],
    Option("--format", "FORMAT", "The output format: tree, json, mermaid or dot."),
]
Rev: TypeAlias = Annotated[
    str | None, Option("--rev", "REV", "The commit to use instead of the version's own.")
]
MORE_COLUMNS = "a field of the expression is a column too, such as metrics.auc in metrics.auc>=0"
"""What a hint adds where a search has no such column."""

All: TypeAlias = Annotated[
    bool, Flag("--all -a", "Include deprecated artifacts and deregistered versions.")
]
LowerBetter: TypeAlias = Annotated[
    list[str] | None,
    Option(
        "--lower-better",
        "METRIC",
        "For this metric, lower is better. Repeatable.",
        complete=InContext(completers.metrics),
    ),
]
HigherBetter: TypeAlias = Annotated[
    list[str] | None,
    Option(
        "--higher-better",
        "METRIC",
        "For this metric, higher is better. Repeatable.",
        complete=InContext(completers.metrics),
    ),
]
Min: TypeAlias = Annotated[list[str] | None, _same("--min", "--lower-better")]
Max: TypeAlias = Annotated[list[str] | None, _same("--max", "--higher-better")]
AlsoMin: TypeAlias = Annotated[list[str] | None, _same("--lower-better", "--min")]
AlsoMax: TypeAlias = Annotated[list[str] | None, _same("--higher-better", "--max")]
Policy: TypeAlias = Annotated[
    str | None,
    Option(
        "--policy",
        "REV",
        "The commit whose policy to check against.",
        show_default="the one in force at the time",
    ),
]
NewRef: TypeAlias = Annotated[
    tuple[str, str, str] | None,
    Option("--new", "OLD NEW REF", "The old id, the new id and the name of a pushed ref."),
]

Fetch: TypeAlias = Annotated[
    bool,
    Flag("--fetch", "Download metric and param files that DVC's cache lacks."),
]
Offline: TypeAlias = Annotated[bool, Flag("--offline", "Do not contact any remote.")]

# What becomes of it

Message: TypeAlias = Annotated[str, Option("--message -m", "TEXT", "The message to record.")]
NewVersion: TypeAlias = Annotated[
    str | None, Option("--version", "VERSION", "The version to register, such as v1.2.0.")
]
BumpBy: TypeAlias = Annotated[
    Bump | None,
    Option(
        "--bump",
        "PART",
        "The part to increase: major, minor, patch, prerelease (the next rc) or release.",
    ),
]
Digest: TypeAlias = Annotated[
    bool,
    Flag("--digest", "Record the SHA-256 of the file."),
]
AllowDirty: TypeAlias = Annotated[
    bool,
    Flag("--allow-dirty", "Register HEAD even if the files on disk differ."),
]
DryRun: TypeAlias = Annotated[bool, Flag("--dry-run", "Show what would happen, without doing it.")]
New: TypeAlias = Annotated[
    bool, Flag("--new", "Allow a new name that is similar to an existing one.")
]
Push: TypeAlias = Annotated[
    bool | None,
    Flag(
        "--push/--no-push",
        "Publish the event to a remote.",
        show_default="push in .mreg.yaml, else no",
    ),
]
Remote: TypeAlias = Annotated[
    str | None,
    Option(
        "--remote",
        "NAME",
        "The remote, or its URL.",
        complete=completers.remotes,
        repeated=True,
        show_default="the branch's, else origin",
    ),
]
WithBranch: TypeAlias = Annotated[
    bool,
    Flag("--with-branch", "Also publish the current branch, in one step."),
]
Replace: TypeAlias = Annotated[bool, Flag("--force", "Replace existing files.")]
Commit: TypeAlias = Annotated[
    bool, Flag("--commit", "Commit only the changed file, whatever else is staged.")
]

# Which models pages show, and what of them

Repos: TypeAlias = Annotated[
    list[str] | None,
    Option(
        "--repo -r",
        "PATH",
        "A folder in a repository, its URL, or a bundle. Repeatable.",
        show_default="the current folder",
    ),
]
Title: TypeAlias = Annotated[str | None, Option("--title", "TEXT", "The title of the pages.")]
Only: TypeAlias = Annotated[
    list[str] | None,
    Option("--only", "NAME", "Only these models: a name or a pattern. Repeatable."),
]
Exclude: TypeAlias = Annotated[
    list[str] | None,
    Option("--exclude", "NAME", "All models except these: a name or a pattern. Repeatable."),
]
Candidates: TypeAlias = Annotated[
    bool, Flag("--candidates", "Also show candidates for a version: see `mreg candidates`.")
]
Emails: TypeAlias = Annotated[bool, Flag("--emails/--no-emails", "Show e-mail addresses.")]

# Where it is published

PlainHttp: TypeAlias = Annotated[
    bool, Flag("--plain-http", "Connect to a remote container registry without TLS.")
]

# How it is printed

Field: TypeAlias = Annotated[
    str | None,
    Option(
        "--field -f",
        "FIELD",
        "Print only one value: version, commit, metrics.accuracy, ...",
        complete=InContext(completers.fields),
    ),
]
Json: TypeAlias = Annotated[bool, Flag("--json", "Print JSON: see `mreg help json`.")]
Csv: TypeAlias = Annotated[bool, Flag("--csv", "Print CSV.")]
Markdown: TypeAlias = Annotated[bool, Flag("--md", "Print Markdown.")]
