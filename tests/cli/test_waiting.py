"""The spinner: shown to who waits at a terminal, and never left there."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from broken import BrokenServer
from repositories import Maker, Repository, Tag
from terminals import COLOUR

MREG = [sys.executable, "-m", "mreg"]

AT_ONCE = "import mreg.cli.waiting as it; it._MOMENT = {}; from mreg.cli import main; main()"
"""mreg with another time until the spinner is shown."""


class Window:
    """A terminal's window, and mreg in it.

    Attributes:
        running: mreg.
        got: all that the terminal got.
    """

    def __init__(self, ours: int, running: subprocess.Popen[bytes]) -> None:
        self._ours = ours
        self.running = running
        self.got = ""

    def wait_for(self, text: str) -> None:
        """Read on until the terminal has got a text, in a minute at the latest."""
        latest = time.monotonic() + 60
        while text not in self.got:
            left = latest - time.monotonic()
            assert select.select([self._ours], [], [], max(left, 0))[0], self.got
            try:
                self.got += os.read(self._ours, 1 << 16).decode()
            except OSError:  # Linux reports the other end's closing as an error
                raise AssertionError(self.got) from None

    def type(self, text: str) -> None:
        """Type something."""
        os.write(self._ours, text.encode())

    def end(self) -> list[str]:
        """Wait for the end; return the lines that stand there then."""
        try:
            while piece := os.read(self._ours, 1 << 16):
                self.got += piece.decode()
        except OSError:  # Linux reports the other end's closing as an error
            pass
        self.running.wait(60)
        return standing(self.got)


def standing(got: str) -> list[str]:
    """Return the lines that stand on a terminal that got some text."""
    lines = [""]
    column = 0
    for piece in re.findall(r"\x1b\[K|\r|\n|[^\x1b\r\n]", COLOUR.sub("", got)):
        if piece == "\n":
            lines.append("")
            column = 0
        elif piece == "\r":
            column = 0
        elif piece == "\x1b[K":
            lines[-1] = lines[-1][:column]
        else:
            lines[-1] = lines[-1][:column] + piece + lines[-1][column + 1 :]
            column += 1
    return lines


_ELSEWHERE = ("CI", "NO_COLOR", "GIT_TERMINAL_PROMPT", "GIT_ASKPASS", "SSH_ASKPASS")
"""Variables by which nobody is at a terminal, or is asked elsewhere."""


def _take_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@contextmanager
def window(
    *words: str, folder: Path, stdout: int | None = None, **environment: str
) -> Iterator[Window]:
    """Run a program in a terminal that is its own, with standard output there or elsewhere."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 80))
    others = {name: it for name, it in os.environ.items() if name not in _ELSEWHERE}
    with subprocess.Popen(
        words,
        cwd=folder,
        stdin=theirs,
        stdout=theirs if stdout is None else stdout,
        stderr=theirs,
        env={**others, "TERM": "xterm-256color", "MREG_PAGER": "cat", **environment},
        start_new_session=True,
        preexec_fn=_take_terminal,  # noqa: PLW1509 - it only makes a system call
    ) as running:
        os.close(theirs)
        try:
            yield Window(ours, running)
        finally:
            running.kill()
    os.close(ours)


@pytest.fixture
def repo(make_repository: Maker) -> Repository:
    """A clone, and its remote."""
    origin = make_repository([Tag("churn@v1.0.0"), Tag("churn#prod#1", 0, 1)], name="origin")
    found = make_repository([Tag("churn@v1.0.0")], name="clone")
    found.git("remote", "add", "origin", str(origin.path))
    return found


class SlowGit:
    """A Git whose commands over the network begin when they are let go on.

    Attributes:
        path: what is to stand before the path of other programs.
    """

    def __init__(self, folder: Path) -> None:
        self._gate = folder / "gate"
        os.mkfifo(self._gate)
        program = folder / "bin" / "git"
        program.parent.mkdir()
        program.write_text(
            f'#!/bin/sh\ncase "$GIT_TERMINAL_PROMPT $*" in\n'
            f'0*fetch*|0*ls-remote*) read go < "{self._gate}" ;;\nesac\n'
            f'exec "{shutil.which("git")}" "$@"\n'
        )
        program.chmod(0o755)
        self.path = f"{program.parent}:{os.environ['PATH']}"

    def go_on(self) -> None:
        """Let the command that waits go on, and all others."""
        while_open = os.open(self._gate, os.O_RDWR)
        os.write(while_open, b"go\n" * 100)


@pytest.fixture
def slow(tmp_path: Path) -> SlowGit:
    return SlowGit(tmp_path)


class TestShown:
    def test_a_slow_command_says_what_it_does_and_leaves_a_clean_line(
        self, repo: Repository, slow: SlowGit
    ) -> None:
        with window(*MREG, "fetch", folder=repo.path, PATH=slow.path) as seen:
            seen.wait_for(" Asking the remote")
            assert standing(seen.got)[0][1:].startswith(" Asking the remote")
            slow.go_on()
            assert seen.end() == ["Fetched churn#prod#1", ""]
            assert seen.running.returncode == 0

    def test_it_moves(self, repo: Repository, slow: SlowGit) -> None:
        with window(*MREG, "fetch", folder=repo.path, PATH=slow.path) as seen:
            for picture in "⠋⠙⠹":
                seen.wait_for(picture)
            assert COLOUR.search(seen.got)
            slow.go_on()  # or it would wait for ever, whoever ends mreg
            assert seen.end()[0] == "Fetched churn#prod#1"

    def test_it_has_no_colour_where_none_is_wanted(self, repo: Repository, slow: SlowGit) -> None:
        with window(*MREG, "fetch", folder=repo.path, PATH=slow.path, NO_COLOR="1") as seen:
            seen.wait_for("⠙ Asking the remote")
            assert not COLOUR.search(seen.got)
            slow.go_on()  # or it would wait for ever, whoever ends mreg
            assert seen.end()[0] == "Fetched churn#prod#1"

    def test_the_answer_of_a_question_takes_its_place(self, repo: Repository) -> None:
        program = AT_ONCE.format(0)
        with window(sys.executable, "-c", program, "doctor", folder=repo.path) as seen:
            assert seen.end() == ["No problems found.", ""]
            assert "Checking the registry" in seen.got

    def test_an_error_stands_on_a_clean_line(self, repo: Repository, slow: SlowGit) -> None:
        repo.git("remote", "set-url", "origin", str(repo.path / "nowhere"))
        with window(*MREG, "fetch", folder=repo.path, PATH=slow.path) as seen:
            seen.wait_for(" Asking the remote")
            slow.go_on()
            assert seen.end()[0].startswith("error: ")
            assert seen.running.returncode == 1

    def test_ctrl_c_leaves_a_clean_line(self, repo: Repository, slow: SlowGit) -> None:
        with window(*MREG, "fetch", folder=repo.path, PATH=slow.path) as seen:
            seen.wait_for(" Asking the remote")
            seen.running.send_signal(signal.SIGINT)
            assert seen.end() == ["interrupted", ""]
            assert seen.running.returncode == 130

    def test_a_question_for_a_password_stands_on_a_clean_line(
        self, repo: Repository, slow: SlowGit
    ) -> None:
        BrokenServer.ended = threading.Event()
        server = ThreadingHTTPServer(("127.0.0.1", 0), BrokenServer)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            url = f"http://127.0.0.1:{server.server_port}/locked.git"
            repo.git("remote", "set-url", "origin", url)
            with window(*MREG, "fetch", folder=repo.path, PATH=slow.path) as seen:
                seen.wait_for(" Asking the remote")
                slow.go_on()
                seen.wait_for("Username for ")
                asked = len(seen.got)
                seen.wait_for(f"'http://127.0.0.1:{server.server_port}': ")
                time.sleep(0.8)  # longer than it takes the spinner to come back, if it did
                seen.type("ann\n")
                seen.wait_for("Password for ")
                between = seen.got[asked:]
                seen.type("secret\n")
                lines = seen.end()
            assert lines[0] == f"Username for 'http://127.0.0.1:{server.server_port}': ann"
            assert lines[1].startswith("Password for ")
            assert lines[2].startswith("error: ")
            assert "\x1b[K" not in between
        finally:
            server.shutdown()
            thread.join()
            server.server_close()

    def test_it_is_shown_where_the_answer_goes_into_a_file(
        self, repo: Repository, tmp_path: Path
    ) -> None:
        words = (sys.executable, "-c", AT_ONCE.format(0), "history", "--json")
        answer = tmp_path / "answer"
        with (
            answer.open("wb") as file,
            window(*words, folder=repo.path, stdout=file.fileno()) as seen,
        ):
            assert seen.end() == [""]
            assert "Reading events" in seen.got
        assert answer.read_bytes().startswith(b'{"')


class TestNotShown:
    def test_not_one_byte_before_it_takes_long(self, repo: Repository) -> None:
        words = (sys.executable, "-c", AT_ONCE.format(60), "show", "churn", "--field", "version")
        with window(*words, folder=repo.path) as seen:
            assert seen.end() == ["v1.0.0", ""]
            assert seen.got == "v1.0.0\r\n"

    @pytest.mark.parametrize(
        "environment", [{"CI": "true"}, {"TERM": "dumb"}, {"TERM": ""}], ids=str
    )
    def test_where_it_would_only_be_noise(
        self, environment: dict[str, Any], repo: Repository
    ) -> None:
        words = (sys.executable, "-c", AT_ONCE.format(0), "doctor")
        with window(*words, folder=repo.path, **environment) as seen:
            seen.end()
            assert seen.got == "No problems found.\r\n"

    def test_in_a_pipe(self, repo: Repository) -> None:
        words = (sys.executable, "-c", AT_ONCE.format(0), "history", "--json")
        theirs, ours = os.pipe()
        with window(*words, folder=repo.path, stdout=ours) as seen:
            os.close(ours)
            assert os.read(theirs, 1 << 16).startswith(b'{"')
            assert seen.end() == [""]
            assert seen.got == ""
        os.close(theirs)
        done = subprocess.run(words, cwd=repo.path, capture_output=True, check=True)
        assert done.stderr == b""


def test_it_does_not_come_back_on_a_line_that_somebody_writes(tmp_path: Path) -> None:
    """A progress bar ends no line; what it shows is not to be overwritten."""
    program = (
        "import sys, time; from mreg.cli import waiting as it; it._MOMENT = 0.01\n"
        "spinner = it.Spinner(sys.stderr, 'Working')\n"
        "time.sleep(0.3); spinner.write(sys.stderr, '50 % of 3 GB'); sys.stderr.flush()\n"
        "time.sleep(0.3); spinner.end()\n"
    )
    with window(sys.executable, "-c", program, folder=tmp_path) as seen:
        assert seen.end() == ["50 % of 3 GB"]
        assert "Working" in seen.got
