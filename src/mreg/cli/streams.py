"""What this process prints where a CI system reads it: a stream no line of which is a command."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TextIO, cast

from mreg.render import log

MOMENT = 0.5
"""So many seconds a command says nothing of how far it is."""

_MARKERS = ("CI", "GITHUB_ACTIONS", "TF_BUILD", "TEAMCITY_VERSION", "JENKINS_URL", "BUILD_ID")
"""The variables of which CI systems set at least one; Azure Pipelines, TeamCity and Jenkins set no
`CI`. Where one is there by mistake, a rare line has a backslash too many."""


def is_watched(environment: Mapping[str, str]) -> bool:
    """Tell whether a CI system reads what this process prints."""
    return any(environment.get(it, "").lower() not in ("", "false", "0") for it in _MARKERS)


@contextmanager
def inert() -> Iterator[None]:
    """Let no line that is printed into a pipeline's log be a command to who runs the pipeline."""
    before = sys.stdout, sys.stderr
    if is_watched(os.environ):
        sys.stdout, sys.stderr = (it if is_file(it) else cast("TextIO", Log(it)) for it in before)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


def is_file(stream: TextIO) -> bool:
    """Tell whether a stream is written into a file, which no CI system reads as its log."""
    try:
        return stat.S_ISREG(os.fstat(stream.fileno()).st_mode)
    except (OSError, ValueError):  # no file at all, or closed
        return False


class Log:
    """A text stream into a pipeline's log: what is written to it is inert."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._begins = True

    def write(self, text: str) -> int:
        """Write text; where it goes on in a line, only what stands anywhere in one is a command.

        Raises:
            TypeError: it is not text. Typer writes no bytes to find out whether a stream takes
                them, and would wrap one that did.
        """
        if not isinstance(text, str):
            raise TypeError(f"a text stream takes text, not {type(text).__name__}")
        safe = log.inert(text) if self._begins else log.inert(f".{text}")[1:]
        self._stream.write(safe)
        if text:
            last = text.rpartition("\n")[2]
            self._begins = not last.strip() and (self._begins or "\n" in text)
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def plain(stream: TextIO) -> TextIO:
    """Return the stream behind a `Log`; any other as it is."""
    return stream._stream if isinstance(stream, Log) else stream
