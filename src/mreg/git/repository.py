"""What a repository is: where it is, and whether it is a mirror, whole, or may lack something.

The repository's own folder is found as Git finds it, but without a process: it is looked at before
every answer.
Source: `git help gitrepository-layout`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path, PosixPath
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mreg.git.mirror import Mirror

OF_A_REPOSITORY = frozenset(
    (
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_COMMON_DIR",
        "GIT_DIR",
        "GIT_INDEX_FILE",
        "GIT_NAMESPACE",
        "GIT_OBJECT_DIRECTORY",
        "GIT_PREFIX",
        "GIT_QUARANTINE_PATH",
        "GIT_SHALLOW_FILE",
        "GIT_WORK_TREE",
    )
)
"""The environment variables that say which repository is meant, or what is in it."""

_OF_NO_FOLDER = frozenset(("GIT_NAMESPACE", "GIT_PREFIX"))


class Here(PosixPath):
    """The current folder of a process whose environment says which repository is meant.

    Attributes:
        variables: the environment variables that said so, with absolute folders.
    """

    variables: Mapping[str, str] = MappingProxyType({})


def fixed(folder: Path) -> Path:
    """Return a repository's folder as it is now, whatever the process does later.

    In a hook Git sets GIT_DIR and its kin, which count for more than the folder that Git runs in.
    They hold where no repository is named. One that is named is meant, and nothing else.

    Raises:
        FileNotFoundError: the current folder is gone.
    """
    absolute = folder.absolute()
    named = OF_A_REPOSITORY & os.environ.keys() if folder == Path() else ()
    if not named:
        return absolute
    here = Here(absolute)
    here.variables = {name: _fixed(name, os.environ[name], absolute) for name in named}
    return here


def _fixed(name: str, value: str, folder: Path) -> str:
    if name in _OF_NO_FOLDER:
        return value
    several = name == "GIT_ALTERNATE_OBJECT_DIRECTORIES"
    parts = value.split(os.pathsep) if several else [value]
    # An entry in quotation marks (`git help git`) is left as it is.
    return os.pathsep.join(it if it[:1] in ("", '"') else str(folder / it) for it in parts)


mirrors: dict[Path, Mirror] = {}
"""The mirrors that this process has opened, by their folders. They are noted here, where a healthy
repository is looked up too, so that reading one loads nothing of what fetches."""

_PROMISED = re.compile(rb"^\s*(?:promisor|partialclone\w*)\s*=", re.IGNORECASE | re.MULTILINE)
_NO_TAGS = re.compile(rb"^\s*tagopt\s*=\s*\"?--no-tags", re.IGNORECASE | re.MULTILINE)


def common_dir(repo: Path) -> Path | None:
    """Return the folder that all work trees of a repository share; None if none is found."""
    found = _git_dir(repo)
    if found is None:
        return None
    try:
        return found / (found / "commondir").read_text("utf-8", "surrogateescape").rstrip("\n")
    except OSError:
        return found


def is_partial(repo: Path) -> bool:
    """Tell whether a repository is a partial clone: Git fetches blobs when they are read."""
    folder = common_dir(repo)
    return folder is not None and bool(_PROMISED.search((folder / "config").read_bytes()))


def shortage(repo: Path) -> str:
    """Say why a repository cannot know all that its remote has; empty if nothing hints at it."""
    folder = common_dir(repo)
    if folder is None:
        return ""
    if (folder / "shallow").exists():
        return "this is a shallow clone, which may lack tags"
    try:
        settings = (folder / "config").read_bytes()
    except OSError:
        return ""
    return "this is a clone without tags" if _NO_TAGS.search(settings) else ""


def _git_dir(repo: Path) -> Path | None:
    if isinstance(repo, Here) and (named := repo.variables.get("GIT_DIR")):
        return Path(named)
    folder = repo.absolute()
    for candidate in (folder, *folder.parents):
        inside = candidate / ".git"
        if inside.is_dir():
            return inside
        if inside.is_file():
            text = inside.read_text("utf-8", "surrogateescape")
            return candidate / text.removeprefix("gitdir: ").rstrip("\n")
        if (candidate / "HEAD").is_file() and (candidate / "objects").is_dir():
            return candidate
    return None
