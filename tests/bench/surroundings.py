"""Where the bench runs: its folders, the commands that it times, and what they find around them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".bench"
"""Where registries are kept between runs; Git ignores it."""

ENVIRONMENT = {
    **{
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("GIT_", "MREG_", "PYTHON", "XDG_"))
    },
    "HOME": str(CACHE / "home"),
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_AUTHOR_NAME": "Bench",
    "GIT_AUTHOR_EMAIL": "bench@example.com",
    "GIT_COMMITTER_NAME": "Bench",
    "GIT_COMMITTER_EMAIL": "bench@example.com",
    "ITERATIVE_DO_NOT_TRACK": "1",  # GTO reports its use over the network otherwise
}
"""The same for every command: nothing of the user's settings, no network."""


def git(repo: Path, *arguments: str, date: str | None = None) -> str:
    """Run a Git command in a repository, at a date if one is given; return what it printed."""
    command = ["git", "-C", str(repo), *arguments]
    at = {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date} if date else {}
    environment = {**ENVIRONMENT, **at}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout
