"""What a version was made to run with: what its annotation says, and the file that it names."""

from __future__ import annotations

from mreg.annotations.entry import Annotation, is_url
from mreg.annotations.text import MAX_BYTES
from mreg.compare import diff
from mreg.errors import NotFound
from mreg.git.files import Files
from mreg.git.repository import Repository

PYTHON = "python"
"""The name under which `mreg.log_artifact` puts the version of Python among what is custom."""


def recorded(
    repo: Repository, commit: str, annotation: Annotation, label: str
) -> tuple[str | None, tuple[str, ...], str | None]:
    """Return the version of Python, the requirements, and the file that these stand in.

    Raises:
        NotFound: nothing of that is recorded, or the file is not in the commit.
    """
    custom = annotation.custom if isinstance(annotation.custom, dict) else {}
    python = str(custom[PYTHON]) if PYTHON in custom else None
    said = annotation.requirements
    if python is None and not said:
        raise NotFound(
            f"{label} says neither a version of Python nor requirements",
            hint="`mreg.log_artifact` records both; or write `requirements:` into artifacts.yaml",
        )
    if not isinstance(said, str):
        return python, tuple(said or ()), None
    return python, _lines(repo, commit, said, label), said


def _lines(repo: Repository, commit: str, path: str, label: str) -> tuple[str, ...]:
    """Return the lines of a file of requirements that are no comments."""
    if not is_url(path):
        with Files(repo) as reader:
            oid = reader.find([(commit, path)])[commit, path]
            raw = dict(reader.read([oid], limit=MAX_BYTES)).get(oid) if oid else None
        if raw is not None and len(raw) <= MAX_BYTES:
            return diff.requirement_lines(raw.decode("utf-8", "replace"))
    raise NotFound(
        f"{label}: its requirements are said to be in {path}, which is not in its commit",
        hint="commit that file and register a new version",
    )
