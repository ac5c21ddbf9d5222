"""What cuts a command short: Ctrl-C, and a reader that has seen enough."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from commandline import CommandLine
from repositories import Maker, Tag

MREG = [sys.executable, "-m", "mreg"]


@pytest.fixture
def stuck_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a Git on the path that says when it was started, and then never ends.

    Returns:
        The pipe in which it says so.
    """
    started = tmp_path / "started"
    os.mkfifo(started)
    program = tmp_path / "bin" / "git"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\necho started > {started}\nexec sleep 1000\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    return started


@pytest.mark.parametrize(
    "arguments", [["show"], ["history", "--json"], ["doctor"], ["register", "churn"]]
)
def test_ctrl_c_ends_a_command_with_130(
    arguments: list[str], stuck_git: Path, tmp_path: Path
) -> None:
    (tmp_path / ".git").mkdir()
    with subprocess.Popen(
        [*MREG, *arguments],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as running:
        assert stuck_git.read_text() == "started\n"
        os.killpg(running.pid, signal.SIGINT)  # as a terminal does: to mreg and to Git
        out, err = running.communicate()
    assert running.returncode == 130
    assert out == ""
    assert err.strip() == "interrupted"


@pytest.mark.parametrize("arguments", [["history"], ["show", "churn"], ["history", "--json"]])
def test_a_reader_that_has_seen_enough_is_no_error(
    arguments: list[str], make_repository: Maker
) -> None:
    """The output is far more than a pipe holds, so that mreg meets the closed pipe."""
    message = "word " * 400
    repo = make_repository([Tag(f"churn@v1.{it}.0", 0, it, message) for it in range(300)])
    with subprocess.Popen(
        [*MREG, *arguments], cwd=repo.path, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        assert running.stdout
        assert running.stderr
        assert len(running.stdout.read(10)) == 10
        running.stdout.close()
        assert running.stderr.read() == b""
    assert running.returncode == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize("argument", ["show", "--version"])
def test_a_full_disk_is_told_of(argument: str, make_repository: Maker) -> None:
    repo = make_repository([Tag("churn@v1.0.0")])
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*MREG, argument],
            cwd=repo.path,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == "error: [Errno 28] No space left on device\n"


def test_a_file_that_cannot_be_written_is_told_of_inside_another_program(
    make_repository: Maker, mreg: CommandLine
) -> None:
    """What a program has put in the place of standard output may be no file."""
    repo = make_repository([Tag("churn@v1.0.0")], commits=[{"artifacts.yaml": b"churn: {}\n"}])
    done = mreg("export", "churn", "--format", "cyclonedx", "-o", "no/such/folder", repo=repo)
    assert (done.code, done.out) == (1, "")
    assert done.err == "error: no/such/folder: No such file or directory\n"


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_streams_that_are_closed(closed: str, make_repository: Maker) -> None:
    """A daemon may start it without one of them."""
    repo = make_repository([Tag("churn@v1.0.0")])
    words = f'"{sys.executable}" -m mreg show --json {closed}'
    done = subprocess.run(
        ["sh", "-c", words], cwd=repo.path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert bool(done.stdout) == (">&-" not in closed.replace("2>&-", ""))
