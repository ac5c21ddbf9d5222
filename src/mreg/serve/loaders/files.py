"""A model's files: only what lies inside of the version is read."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from mreg.serve.loaders.model import CannotLoad

_KINDS = (stat.S_ISREG, stat.S_ISDIR)


def check(path: Path) -> None:
    """Hold a model's file or folder against what may be loaded.

    Raises:
        CannotLoad: it is not there, or something in it is a link that leads outside, or is neither
            a file nor a folder.
    """
    top = path.resolve()
    for it in _all(path):
        try:
            real = it.resolve(strict=True)
            mode = real.stat().st_mode
        except (OSError, RuntimeError) as error:
            raise CannotLoad(f"cannot read {it.name}: {error}") from error
        if not real.is_relative_to(top):
            raise CannotLoad(
                f"{it.relative_to(path)} is a link to a place outside the version's files",
                hint="replace the link with the file, and register a new version",
            )
        if not any(is_kind(mode) for is_kind in _KINDS):
            raise CannotLoad(f"{it.name} is neither a file nor a folder")


def _all(path: Path) -> Iterator[Path]:
    yield path
    for folder, folders, names in os.walk(path):
        yield from (Path(folder, name) for name in (*folders, *names))


def inside(folder: Path, named: str) -> Path:
    """Return a file that a model's own description names, seen from its folder.

    Raises:
        CannotLoad: that leads outside, or is not there.
    """
    found = (folder / named).resolve()
    if not found.is_relative_to(folder.resolve()):
        raise CannotLoad(f"{folder.name} refers to {named}, which is outside the version's files")
    if not found.exists():
        raise CannotLoad(f"{folder.name} refers to {named}, which does not exist")
    return found
