"""What the commands of `mreg import` share: their options, and how an import is run."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple, TypeAlias

from mreg.cli import online, output
from mreg.cli.exits import REFUSED
from mreg.cli.parameters import Flag, Option
from mreg.errors import UsageError
from mreg.importers import carry
from mreg.render.escape import line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mreg.importers.carry import Carried
    from mreg.importers.plan import ModelPlan, Naming
    from mreg.importers.source import ImportSource

Names: TypeAlias = Annotated[
    list[str] | None,
    Option("--map", "OLD=NEW", "The artifact for model OLD; without NEW, OLD is skipped."),
]
NamesFile: TypeAlias = Annotated[
    str | None, Option("--map-file", "FILE", "A file of such pairs, one per line.")
]
Stages: TypeAlias = Annotated[
    list[str] | None,
    Option(
        "--stage",
        "OLD=NEW",
        "The stage for alias or stage OLD; without NEW, OLD is skipped.",
    ),
]
VersionTag: TypeAlias = Annotated[
    str,
    Option("--version-tag", "TAG", "The tag that contains the SemVer version, if there is one."),
]
Branch: TypeAlias = Annotated[
    str,
    Option("--branch", "NAME", "The prefix of the branch for a model's commits: NAME/ARTIFACT."),
]
Bytes: TypeAlias = Annotated[
    carry.Bytes,
    Option(
        "--bytes",
        None,
        "What to keep of the files: nothing, their URL, or a copy in Git, Git LFS or DVC.",
    ),
]
AllowMissing: TypeAlias = Annotated[
    bool, Flag("--allow-missing", "Import a version even if its files cannot be downloaded.")
]
PlanOnly: TypeAlias = Annotated[
    bool, Flag("--plan", "Show what would be imported, without changing anything.")
]


class ImportRequest(NamedTuple):
    """What was typed, for `run`."""

    models: Sequence[str]
    naming: Naming
    keep: carry.Bytes
    allow_missing: bool
    plan: bool
    utc: bool
    json: bool


def naming(
    names: Sequence[str] | None,
    file: str | None,
    stages: Sequence[str] | None,
    version_tag: str,
    branch: str,
) -> Naming:
    """Return what the options say of names.

    Raises:
        UsageError: one of them says nothing, or two contradict each other.
    """
    from mreg.importers.naming import mapping
    from mreg.importers.plan import Naming

    lines = _lines(file) if file else []
    return Naming(
        mapping([*lines, *(names or ())], "--map"),
        mapping(stages or (), "--stage"),
        version_tag,
        branch,
    )


def _lines(file: str) -> list[str]:
    try:
        text = Path(file).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read --map-file {file}: {error}") from None
    return [it for it in text.splitlines() if it.strip()]


def run(source: ImportSource, repo: str, wanted: ImportRequest) -> None:
    """Plan an import, and make it unless the plan alone is wanted.

    Raises:
        SystemExit: something was refused, or failed.
    """
    registry = online.registry(repo)
    plans = carry.planned(source, registry, wanted.models, wanted.naming)
    found: list[Carried] = []
    try:
        if not wanted.plan:
            told = output.counted("importing {} of {} versions")
            how = carry.Carrying(wanted.keep, wanted.allow_missing, told)
            found.extend(carry.carry(source, registry, plans, how))
    finally:  # also of what was interrupted: which models are there now
        _tell(source, plans, None if wanted.plan else found, wanted)
    if any(it.refusals for it in plans) or any(it.failure for it in found):
        raise SystemExit(REFUSED)


def _tell(
    source: ImportSource,
    plans: Sequence[ModelPlan],
    found: Sequence[Carried] | None,
    wanted: ImportRequest,
) -> None:
    from mreg.importers import report

    if wanted.json:
        output.as_json(report.document(source, plans, found))
    elif found is None:
        output.table(report.table(plans), utc=wanted.utc)
    else:
        for it in report.outcomes(found):
            output.data(line(it))
    for it in (*report.remarks(plans), *report.failures(found or ())):
        output.talk(it)
    if found is None and any(it.stages and not it.refusals for it in plans):
        output.talk(
            "note: aliases and stages have no history at the source, so their "
            "promotions are dated now"
        )
    if any(it.done and it.plan.is_new for it in found or ()):
        branches = shlex.quote(f"refs/heads/{wanted.naming.branches}/*")
        output.talk(f"To publish it, run: mreg push && git push origin {branches}")
