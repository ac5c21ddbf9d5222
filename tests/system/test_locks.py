"""A lock that processes share: one holds it at a time, and it ends with that process."""

from __future__ import annotations

import fcntl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mreg.system import locks

HOLD = """\
import sys
from pathlib import Path
from mreg.system import locks
with locks.held(Path(sys.argv[1]), seconds=0):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "lock"


@contextmanager
def another(file: Path) -> Iterator[subprocess.Popen[str]]:
    """Have another process hold a lock, until its standard input is closed."""
    command = [sys.executable, "-c", HOLD, str(file)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        yield process


def test_who_waits_for_a_lock_gets_it_when_it_is_free(file: Path) -> None:
    with locks.held(file, seconds=1), pytest.raises(locks.Taken), locks.held(file, seconds=0):
        pass
    with locks.held(file, seconds=0):
        assert file.exists()
    assert not file.exists()


def test_another_process_that_ends_or_is_killed_lets_it_go(file: Path) -> None:
    with another(file) as holder:
        with pytest.raises(locks.Taken), locks.held(file, seconds=0):
            pass
        holder.communicate("")
        assert not file.exists()
        with locks.held(file, seconds=0):
            pass
    with another(file) as holder:
        holder.kill()
        holder.wait()
        assert file.exists()  # nobody was left to remove it, and it keeps nobody out
        with locks.held(file, seconds=0):
            pass


def test_an_error_in_the_block_lets_it_go(file: Path) -> None:
    with pytest.raises(ZeroDivisionError), locks.held(file, seconds=0):
        raise ZeroDivisionError
    assert not file.exists()


@pytest.mark.parametrize("anew", [False, True])
def test_a_lock_on_a_file_that_its_holder_just_removed_is_none(
    anew: bool, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, tried = fcntl.flock, []

    def flock(descriptor: int, operation: int) -> None:
        tried.append(descriptor)
        if len(tried) == 1:  # between the opening of the file and the lock on it
            file.unlink()
            if anew:
                file.touch()
        real(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", flock)
    with locks.held(file, seconds=60), pytest.raises(locks.Taken), locks.held(file, seconds=0):
        pass
    assert len(tried) == 3


def test_a_file_that_cannot_be_made_is_an_error_at_once(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), locks.held(tmp_path / "no" / "lock", seconds=60):
        pass
