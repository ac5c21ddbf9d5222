"""What a check of annotation files and settings found."""

from __future__ import annotations

from collections.abc import Sequence

from mreg.core.diagnostics import Diagnostic
from mreg.git.repository import Repository
from mreg.tuples import NamedTuple
from mreg.worktree import settings
from mreg.worktree.validate import Progress
from mreg.worktree.validate import validate as check


class Validation(NamedTuple):
    """What was found in annotation files and settings.

    Attributes:
        files: how many files were checked.
        findings: what was found, by file, line and column.
        note: why the types that artifacts may have are not known, where that is no finding.
    """

    files: int
    findings: tuple[Diagnostic, ...]
    note: str


def validate(
    repo: Repository, files: Sequence[str] = (), progress: Progress | None = None
) -> Validation:
    """Check files of the work tree, each field against the settings there: see `Registry`."""
    said = settings.read_for_annotations(repo)
    count, found = check(files, repo=repo, types=said.types, progress=progress)
    # Without files, the settings are among those that are checked.
    return Validation(count, found, said.complaint if files else "")
