"""The folder in which mreg keeps what it can make anew: mirrors, and contents of versions."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from mreg.errors import GitError

if TYPE_CHECKING:
    from pathlib import Path

_chosen: str | Path | None = None

DEFAULT_LIMIT = 20 << 30
"""How many bytes the contents of versions may take up where nobody says otherwise."""

_limit = DEFAULT_LIMIT


def use(folder: str | os.PathLike[str]) -> None:
    """Keep the cache in a folder of one's own, in this process."""
    global _chosen  # noqa: PLW0603 - where the cache is holds for the process, like its folder
    _chosen = os.path.join(os.getcwd(), folder)  # noqa: PTH109, PTH118 - no path is needed yet


def limit_to(size: int) -> None:
    """Let the contents of versions take up so many bytes and no more, in this process."""
    global _limit  # noqa: PLW0603 - as above
    _limit = size


def limit() -> int:
    """Return how many bytes the contents of versions may take up."""
    return _limit


def folder() -> Path:
    """Return the cache's folder, which may not exist yet: the one chosen, else the user's own."""
    if _chosen is not None:
        from pathlib import Path

        return Path(_chosen)
    from platformdirs import user_cache_path

    return user_cache_path("mreg")


def place_of_file(path: Path) -> Path:
    """Return a path in the cache at which a file may be put: a folder that is there is removed.

    Raises:
        OSError: it cannot be.
    """
    if path.is_dir() and not path.is_symlink():
        import shutil

        shutil.rmtree(path)
    return path


def unusable(error: OSError) -> GitError:
    """Return the error for a cache that cannot be written to, or read."""
    where = error.filename or folder()  # a file that is open is not named
    hint = "set MREG_CACHE_DIR to a writable folder"
    if error.errno == errno.ENOSPC:
        hint = "free disk space, or set MREG_CACHE_DIR to a folder on another disk"
    return GitError(f"cannot use the cache: {where}: {error.strerror}", hint=hint)
