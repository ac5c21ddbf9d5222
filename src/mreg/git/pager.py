"""The user's pager, as Git finds it (`git help var`, GIT_PAGER; `git help config`, core.pager)."""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress
from pathlib import Path

from mreg.errors import GitError
from mreg.git import process
from mreg.git.repository import Repository

VARIABLE = "MREG_PAGER"
"""The environment variable that names another pager for mreg."""

_NONE = ("", "cat")
_NOT_FOUND = (126, 127)
"""The exit codes of a shell that could not start a command (POSIX, 2.8.2)."""


def show(text: str, *, chop: bool) -> bool:
    """Show a text by the pager, until the user leaves it.

    Args:
        text: the text.
        chop: whether long lines are cut at the edge, to be moved along, and not broken.

    Returns:
        Whether there is a pager; if not, nothing was shown.
    """
    command = _command()
    if command in _NONE:
        return False
    # What Git gives less, where the user says nothing: end if it fits, colours, no other screen.
    usual = {"LESS": "FRSX" if chop else "FRX", "LV": "-c"}
    pager = subprocess.Popen(  # noqa: S602 - a command line of the user's, as Git takes it
        command, shell=True, stdin=subprocess.PIPE, env={**usual, **os.environ}
    )
    with suppress(BrokenPipeError, KeyboardInterrupt):  # who has seen enough
        pager.communicate(text.encode(errors="backslashreplace"))
    while pager.returncode is None:
        with suppress(KeyboardInterrupt):  # which is the pager's to understand
            pager.wait()
    return pager.returncode not in _NOT_FOUND


def _command() -> str:
    """Return the command line of the pager; nothing where there is none."""
    if (chosen := os.environ.get(VARIABLE)) is not None:
        return chosen.strip()
    try:
        found = process.run(Repository.at(Path()), "var", "GIT_PAGER")
    except GitError:
        return ""
    return os.fsdecode(found).strip()
