"""The folder in which mreg keeps what it can make anew: mirrors of repositories elsewhere."""

from __future__ import annotations

import os
from pathlib import Path

_chosen: Path | None = None


def use(folder: str | os.PathLike[str]) -> None:
    """Keep the cache in a folder of one's own, in this process."""
    global _chosen  # noqa: PLW0603 - where the cache is holds for the process, like its folder
    _chosen = Path(folder).absolute()


def folder() -> Path:
    """Return the cache's folder, which may not exist yet: the one chosen, else the user's own."""
    if _chosen is not None:
        return _chosen
    from platformdirs import user_cache_path

    return user_cache_path("mreg")
