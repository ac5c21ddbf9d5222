"""What a repository is: a mirror of ours, a whole clone, or one that may lack something.

The repository's own folder is found as Git finds it, but without a process: it is looked at before
every answer.
Source: `git help gitrepository-layout`.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
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

mirrors: dict[Path, Mirror] = {}
"""The mirrors that this process has opened, by their folders. They are noted here, where a healthy
repository is looked up too, so that reading one loads nothing of what fetches."""

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
    if (named := os.environ.get("GIT_DIR")) and repo == Path():
        return repo / named
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
