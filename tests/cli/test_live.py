"""`mreg show --watch`: a table that stays current on a real terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from commandline import CommandLine
from mreg import Registry
from repositories import Maker, Repository, Tag
from terminals import COLOUR


@pytest.fixture
def repo(make_repository: Maker) -> Repository:
    return make_repository([Tag("churn@v1.0.0"), Tag("churn@v1.1.0", 1, 60)])


class Window:
    """What is seen in a terminal's window."""

    def __init__(self, ours: int, running: subprocess.Popen[bytes]) -> None:
        self._ours = ours
        self.running = running
        self.seen = ""

    def wait_for(self, text: str) -> None:
        """Read on until a text has been drawn anew, in a minute at the latest."""
        self.seen = ""
        latest = time.monotonic() + 60
        while text not in self.seen:
            left = latest - time.monotonic()
            assert select.select([self._ours], [], [], max(left, 0))[0], self.seen
            self.seen += COLOUR.sub("", os.read(self._ours, 1 << 16).decode())


@contextmanager
def window(*arguments: str, repo: Repository, lines: int = 24) -> Iterator[Window]:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", lines, 100, 0, 0))
    # readline, which pytest loads, may have set these to the size of another window.
    others = {name: it for name, it in os.environ.items() if name not in ("LINES", "COLUMNS")}
    with subprocess.Popen(
        [sys.executable, "-m", "mreg", *arguments],
        cwd=repo.path,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**others, "TERM": "xterm-256color"},
        start_new_session=True,
    ) as running:
        os.close(theirs)
        try:
            yield Window(ours, running)
        finally:
            running.kill()
    os.close(ours)


def test_an_event_is_drawn_and_ctrl_c_ends_it(repo: Repository) -> None:
    with window("show", "--watch", repo=repo) as seen:
        seen.wait_for("press Ctrl-C to end")
        assert "#prod" not in seen.seen
        Registry.open(repo.path).promote("churn@v1.0.0", "prod")
        seen.wait_for("#prod")
        seen.running.send_signal(signal.SIGINT)
        assert seen.running.wait(60) == 0
        seen.wait_for("\x1b[?25h")
    assert "Traceback" not in seen.seen
    assert "interrupted" not in seen.seen


def test_what_has_no_room_is_counted(repo: Repository) -> None:
    with window("show", "churn", "--watch", repo=repo, lines=5) as seen:
        seen.wait_for("and 1 more; ")
        assert "v1.0.0" not in seen.seen


def test_it_needs_a_terminal_and_a_table(repo: Repository, mreg: CommandLine) -> None:
    done = mreg("show", "--watch", repo=repo)
    assert done.code == 2
    assert "mreg watch --exec COMMAND" in done.err
    for more in (["--json"], ["--at", "2026-03-03"], ["churn@v1.0.0"], ["churn", "-f", "tag"]):
        done = mreg("show", *more, "--watch", repo=repo)
        assert done.code == 2
        assert "works only with the tables" in done.err
