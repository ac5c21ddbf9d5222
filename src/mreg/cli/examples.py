"""The examples in the docstring of a command, for its help and docs/reference/commands.md.

They stand at its end, under "Examples:", a command line each. A test runs all of them.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable

from mreg.tuples import NamedTuple

_HEADING = "\n\nExamples:\n"


class Explained(NamedTuple):
    """What a command's docstring says.

    Attributes:
        text: what the command does.
        examples: command lines, as somebody types them.
    """

    text: str
    examples: tuple[str, ...]


def of(command: Callable[..., None]) -> Explained:
    """Return what a command's docstring says, the examples by themselves."""
    text, _, rest = (inspect.getdoc(command) or "").partition(_HEADING)
    return Explained(text, tuple(it.strip() for it in rest.splitlines() if it.strip()))
