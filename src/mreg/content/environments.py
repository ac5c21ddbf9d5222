"""What a version was made to run with: what its annotation says, and the file that it names."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterable, Sequence

from mreg.annotations.entry import Annotation, is_url
from mreg.annotations.text import MAX_BYTES
from mreg.compare import diff
from mreg.dvc import pointers
from mreg.errors import NotFound, Refused
from mreg.git.files import Files
from mreg.git.repository import Repository

PYTHON = "python"
"""The name under which `mreg.log_artifact` puts the version of Python among what is custom."""


def recorded(
    repo: Repository, commit: str, annotation: Annotation, label: str
) -> tuple[str | None, tuple[str, ...], str | None]:
    """Return the version of Python, the requirements, and the file that these stand in.

    The requirements leave mreg out: the model was made beside it, not with it, and whoever installs
    them has an mreg already, which pip would replace.

    Raises:
        NotFound: nothing of that is recorded, or the file is not in the commit.
        Refused: the file is no requirements file.
    """
    custom = annotation.custom if isinstance(annotation.custom, dict) else {}
    python = str(custom[PYTHON]) if PYTHON in custom else None
    said = annotation.requirements
    if python is None and not said:
        raise NotFound(
            f"{label} records neither a Python version nor requirements",
            hint="record both with `mreg.log_artifact`, or add `requirements:` to artifacts.yaml",
        )
    if not isinstance(said, str):
        return python, _without_mreg(said or ()), None
    return python, _without_mreg(_lines(repo, commit, said, label)), said


def _without_mreg(lines: Iterable[str]) -> tuple[str, ...]:
    return tuple(it for it in lines if _package(it) != "mreg")


def _package(line: str) -> str:
    """Return the name of the package that a line requires; empty if it names none."""
    from packaging.requirements import InvalidRequirement, Requirement

    said = re.split(r"\s--?[a-z]", line, maxsplit=1, flags=re.IGNORECASE)[0]  # without its options
    try:
        return Requirement(_VARIABLE.sub("0", said)).name.lower()
    except InvalidRequirement:
        egg = re.search(r"#egg=([\w.-]+)", line)
        return egg[1].lower() if egg else ""


def _lines(repo: Repository, commit: str, path: str, label: str) -> tuple[str, ...]:
    """Return the lines of a file of requirements that are no comments.

    Raises:
        NotFound: the file is not in the commit.
        Refused: it is no requirements file.
    """
    if not is_url(path):
        with Files(repo) as reader:
            oid = reader.find([(commit, path)])[commit, path]
            raw = dict(reader.read([oid], limit=MAX_BYTES)).get(oid) if oid else None
        if raw is not None and len(raw) <= MAX_BYTES:
            lines = diff.requirement_lines(raw)
            if what := _other(path, raw, lines):
                raise Refused(
                    f"{label}: {path} is not a requirements file: {what}",
                    hint=f"run `git show {shlex.quote(f'{commit[:12]}:{path}')}` to print it; "
                    "for the next version, annotate a requirements file",
                )
            return lines
    raise NotFound(
        f"{label}: its requirements file {path} is not in its commit",
        hint="commit that file and register a new version",
    )


_KINDS = {
    ".yml": "conda reads YAML, pip does not",
    ".yaml": "conda reads YAML, pip does not",
    ".toml": "it is TOML, such as pyproject.toml",
    ".lock": "it is the lock file of another tool",
    ".json": "it is JSON",
}


def _other(path: str, raw: bytes, lines: Sequence[str]) -> str:
    """Say what a file is that is no requirements file; empty if it is one."""
    if pointer := pointers.read(raw, path):
        title = pointers.KEEPERS[pointer.keeper].title
        return f"it is a {title} pointer, not the file itself"
    wrong = next((it for it in lines if not _is_requirement(it)), None)
    if wrong is None:
        return ""
    kind = _KINDS.get(posixpath.splitext(path)[1].lower())
    return kind or f"pip does not accept {wrong!r}"


_VARIABLE = re.compile(r"[$][{][A-Z0-9_]+[}]")
_OPTION = re.compile(r"-[cefir]|--[a-z]")
_PLACES = re.compile(
    r"[.]$|[^\s:]*/|[a-z][a-z0-9+]*:\S|.*[.](?:whl|zip|tar[.](?:gz|bz2|xz))$", re.IGNORECASE
)


def _is_requirement(line: str) -> bool:
    """Tell whether pip takes a line: an option, a requirement, or the place of a package.

    Source: https://pip.pypa.io/en/stable/reference/requirements-file-format/
    """
    if line.startswith("-"):
        return _OPTION.match(line) is not None
    return bool(_package(line) or _PLACES.match(_VARIABLE.sub("0", line)))
