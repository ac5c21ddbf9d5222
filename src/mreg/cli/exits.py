"""How a command ends: the exit codes, and what ends with it."""

from __future__ import annotations

TYPE_CHECKING = False  # the one of `typing`, which is not loaded for so little
if TYPE_CHECKING:
    from collections.abc import Callable

DONE, REFUSED, USAGE, BUG, INTERRUPTED = 0, 1, 2, 3, 130

MEANINGS = {
    DONE: "success",
    REFUSED: "refused, not found or malformed; or a check found something",
    USAGE: "the command line is invalid",
    BUG: "a bug in mreg: please report it",
    INTERRUPTED: "interrupted",
}
"""What each exit code means: `mreg help exit-codes`, docs/reference/commands.md."""

at_end: list[Callable[[], object]] = []
"""What is called when the command has ended, the last first."""
