"""The registry for a command that may use the network: what environment and terminal say of it."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable

from mreg.cli import output
from mreg.errors import UsageError
from mreg.network import SECONDS, Network
from mreg.registry import Registry


def registry(repo: str) -> Registry:
    """Open the registry at a path.

    Raises:
        UsageError: MREG_TIMEOUT is no number of seconds.
    """
    return Registry.open(repo, network=network())


def network() -> Network:
    """Return how this process behaves towards the network.

    MREG_TIMEOUT is the number of seconds that one call may take. Git may ask for a password only
    where somebody can answer.
    """
    prompts = sys.stdin.isatty() and sys.stderr.isatty()
    return Network(_seconds(), prompts, output.talk, **_failpoint())


def _seconds() -> float:
    text = os.environ.get("MREG_TIMEOUT", "")
    try:
        seconds = float(text or SECONDS)
    except ValueError:
        seconds = 0
    if not 0 < seconds < float("inf"):
        raise UsageError(f"MREG_TIMEOUT is {text!r}", hint="it is a number of seconds, such as 60")
    return seconds


def _failpoint() -> dict[str, Callable[[str], None]]:
    """Return what kills this process before a step, for the tests: MREG_FAILPOINT=STEP[:COUNT]."""
    step, _, count = os.environ.get("MREG_FAILPOINT", "").partition(":")
    if not step:
        return {}
    left = [int(count or 1)]

    def reached(now: str) -> None:
        left[0] -= now == step
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)

    return {"reached": reached}
