"""How mreg behaves towards the network: what its caller decides, and hears of it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Literal

from mreg.tuples import NamedTuple

SECONDS = 60.0
"""How long a call over the network may take where nobody says otherwise."""


def _ignore(_: str) -> None:
    """Hear of something and do nothing."""


def _go_on(_: str) -> AbstractContextManager[None]:
    """Show nothing of what goes on."""
    return nullcontext()


class Network(NamedTuple):
    """Settings for the network.

    Attributes:
        seconds: the time limit of one call.
        prompts: whether Git and ssh may ask for a password, because a person can answer.
        notice: called with sentences for the user about a call that succeeded.
        reached: told the name of each step of publishing before it is taken, and of the last one
            after it; tests stop there.
        signing: how many seconds it may take to sign something where nobody can be asked for a
            passphrase; None: as long as it takes, and whoever signs may ask at the terminal.
        busy: entered while a program runs that may take long: with what it does, in words, or with
            an empty text where it may ask at the terminal, which is then left to it.
        asking: how often the remote of a registry that is read by URL is asked for its refs: for
            each question; once, so that all answers are of one moment; or never where something
            was fetched before. What else a question needs is fetched all the same.
    """

    seconds: float = SECONDS
    prompts: bool = False
    notice: Callable[[str], None] = _ignore
    reached: Callable[[str], None] = _ignore
    signing: float | None = None
    busy: Callable[[str], AbstractContextManager[None]] = _go_on
    asking: Literal["each", "once", "never"] = "each"


QUIET = Network()
"""A minute for each call, no questions, and no talk."""
