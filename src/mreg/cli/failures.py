"""What a user is told when a command fails."""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from io import UnsupportedOperation

from mreg.cli.commands import COMMANDS
from mreg.cli.exits import BUG, DONE, REFUSED, USAGE
from mreg.errors import MregError, UsageError

ANYWHERE = ("cache", "help", "schema", *(it for it in COMMANDS if it.startswith("catalog ")))
"""The commands that need no repository."""

_REPEATED = {
    option: re.compile(rf"\bmreg (?:{'|'.join(takers)})\b(?! --help)")
    for option, takers in (
        ("remote", ("push", "fetch")),
        ("repo", [it for it in COMMANDS if it not in ANYWHERE]),
    )
}
"""The options that a hint repeats, and the commands in it that take them."""


def tell(error: Exception, named: Mapping[str, str]) -> int:
    """Say why a command ended; return its exit code.

    Args:
        error: what it ended with; it is being handled.
        named: the options that a hint's commands repeat, as the user gave them.
    """
    if isinstance(error, BrokenPipeError):
        # Whoever read our output has seen enough, as in `mreg history | head`.
        close_output()
        return DONE
    if isinstance(error, MregError):
        complain(str(error), repeating(error.hint, named))
        return USAGE if isinstance(error, UsageError) else REFUSED
    if isinstance(error, OSError):  # a full disk, a file that cannot be read
        close_output()
        known = error.filename is not None and error.strerror
        complain(f"{error.filename}: {error.strerror}" if known else str(error))
        return REFUSED
    report_bug()
    return BUG


def close_output() -> None:
    """Print nothing more: standard output is of no use any longer.

    Python would complain once more when it closes it, so it gets another file to close.
    """
    with suppress(UnsupportedOperation):  # a stream that is no file, as where mreg is tested
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def repeating(hint: str, named: Mapping[str, str]) -> str:
    """Return a hint whose commands name what a user named: a repository, a remote."""
    from mreg.net import urls

    for option, takers in _REPEATED.items():
        if option in named:
            words = f" --{option} {shlex.quote(urls.mask(named[option]))}"
            hint = takers.sub(partial(_followed, words), hint)
    return hint


def _followed(words: str, found: re.Match[str]) -> str:
    return found[0] + words


def complain(message: str, hint: str = "") -> None:
    """Say on standard error what is wrong and what to do next."""
    from mreg.cli import view
    from mreg.render.escape import block

    for it in (f"error: {message}", *([f"hint: {hint}"] if hint else ())):
        sys.stderr.write(view.talk(block(it), sys.stderr) + "\n")
    sys.stderr.flush()


def report_bug(error: Exception | None = None) -> None:
    """Print what somebody who mends mreg needs to know of an error; or of the one being handled."""
    import platform
    import traceback

    from mreg import __version__

    traceback.print_exception(error or sys.exception())
    complain(
        f"this is a bug in mreg {__version__} (Python {platform.python_version()})",
        "please report it with the lines above",
    )
