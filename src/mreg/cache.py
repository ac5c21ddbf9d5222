"""The folder in which mreg keeps what it can make anew: mirrors, and contents of versions."""

from __future__ import annotations

import os
from pathlib import Path

_chosen: Path | None = None

DEFAULT_LIMIT = 20 << 30
"""How many bytes the contents of versions may take up where nobody says otherwise."""

_limit = DEFAULT_LIMIT


def use(folder: str | os.PathLike[str]) -> None:
    """Keep the cache in a folder of one's own, in this process."""
    global _chosen  # noqa: PLW0603 - where the cache is holds for the process, like its folder
    _chosen = Path(folder).absolute()


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
        return _chosen
    from platformdirs import user_cache_path

    return user_cache_path("mreg")
