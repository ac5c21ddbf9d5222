"""A real terminal: a pseudo-terminal, as a person's window is one."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Sequence

from repositories import Repository

COLOUR = re.compile(r"\x1b\[[0-9;]*m")

_CLEARED = re.compile(r"\r[^\r\n]*\x1b\[K")
"""What stood on a line and does no longer, as a spinner."""


def in_terminal(
    *arguments: str,
    repo: Repository,
    columns: int = 80,
    program: Sequence[str] = ("-m", "mreg"),
    **environment: str,
) -> str:
    """Run mreg, or another program in Python, in a terminal and return what stands there.

    That is without what was taken off its line again: a spinner, on a machine that is busy.
    """
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    with subprocess.Popen(
        [sys.executable, *program, *arguments],
        cwd=repo.path,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm-256color", "MREG_PAGER": "cat", **environment},
    ) as running:
        os.close(theirs)
        shown = b""
        try:
            while chunk := os.read(ours, 1 << 16):
                shown += chunk
        except OSError:  # Linux reports the other end's closing as an error
            pass
        running.wait()
    os.close(ours)
    return _CLEARED.sub("", shown.decode().replace("\r\n", "\n"))


def plain(text: str) -> list[str]:
    return [line.rstrip() for line in COLOUR.sub("", text).splitlines()]
