"""DVC's own program, for what only it can fetch. It is started here, where all processes are."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from mreg.errors import RemoteError
from mreg.net import urls

_LAST = 5
"""So many lines of what it says are told: the last say why."""


def is_installed() -> bool:
    """Tell whether there is a DVC on the PATH."""
    return shutil.which("dvc") is not None


def fetch(project: Path, targets: list[str], seconds: float) -> None:
    """Let DVC fetch what `.dvc` files in a project's folder name, into the project's cache.

    Raises:
        RemoteError: it cannot be fetched.
    """
    program = shutil.which("dvc")
    assert program is not None, "is_installed comes first"
    try:
        done = subprocess.run(
            [program, "fetch", "--quiet", "--", *targets],
            cwd=project,
            env={**os.environ, "DVC_NO_ANALYTICS": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise RemoteError(
            f"dvc fetch did not finish within {seconds:g} seconds",
            hint="try again later, or allow more time: MREG_TIMEOUT=300",
        ) from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()[-_LAST:]
        raise RemoteError(f"dvc fetch: {urls.mask(chr(10).join(said)) or done.returncode}")
