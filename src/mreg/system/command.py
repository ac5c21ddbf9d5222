"""Running a command that the user named, of `mreg watch` or a catalog.

It is started without a shell, from words that the user typed. What an event says reaches it by its
environment and its standard input alone, so that nothing in a name or a message is ever a command.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

_GRACE = 5.0
"""How many seconds a command has to end when it is told to, before it is killed."""

_STDERR = 2
_CHUNK = 1 << 16


class Ran(NamedTuple):
    """How a command ended.

    Attributes:
        code: its exit code, negative for the signal that ended it; None if it could not be
            started, or was ended because it took too long.
        reason: why that is a failure; empty if it is none.
    """

    code: int | None
    reason: str


def run(
    words: Sequence[str], environment: Mapping[str, str], source: bytes, *, seconds: float
) -> Ran:
    """Run a command to its end; what it prints goes to standard error.

    It has a session of its own: Ctrl-C in a terminal is for whoever watches, who lets the command
    end. If that is interrupted, the command and what it started are told to end.

    Args:
        words: the program and its arguments.
        environment: all of its environment.
        source: what it reads on its standard input.
        seconds: after so many it is ended.
    """
    try:
        process = subprocess.Popen(
            words,
            stdin=subprocess.PIPE,
            stdout=_STDERR,
            env=environment,
            start_new_session=True,
        )
    except OSError as error:
        return Ran(None, f"{words[0]}: {error.strerror}")
    with process:
        try:
            process.communicate(source, timeout=seconds)
        except subprocess.TimeoutExpired:
            _end(process)
            return Ran(None, f"it took longer than {seconds:g} s and was stopped")
        except BaseException:
            _end(process)
            raise
    return Ran(process.returncode, _reason(process.returncode))


def printed(
    words: Sequence[str], *, seconds: float, most: int, source: bytes = b""
) -> tuple[Ran, bytes]:
    """Run a command to its end, without a shell; return what it printed, too.

    One that takes longer, or prints more than `most` bytes, is ended, and has printed nothing. Its
    input is no more than a pipe takes at once.
    """
    try:
        process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        )
    except OSError as error:
        return Ran(None, f"{words[0]}: {error.strerror}"), b""
    deadline = time.monotonic() + seconds
    with process:
        try:
            _tell(process, source)
            output = _output(process, deadline, most)
            if len(output) <= most:
                process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            _end(process)
            return Ran(None, f"it took longer than {seconds:g} s and was stopped"), b""
        except BaseException:
            _end(process)
            raise
        if len(output) > most:
            _end(process)
            return Ran(None, f"it printed more than {most} bytes and was stopped"), b""
    return Ran(process.returncode, _reason(process.returncode)), output


def _tell(process: subprocess.Popen[bytes], source: bytes) -> None:
    """Give a process its input, which it need not read."""
    assert process.stdin
    with suppress(BrokenPipeError):
        process.stdin.write(source[: select.PIPE_BUF])
        process.stdin.flush()
    with suppress(BrokenPipeError):
        process.stdin.close()


def _output(process: subprocess.Popen[bytes], deadline: float, most: int) -> bytes:
    """Return what a process prints, or more than `most` bytes of it."""
    assert process.stdout
    found = bytearray()
    poll = select.poll()
    poll.register(process.stdout, select.POLLIN)
    while len(found) <= most:
        if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
            raise subprocess.TimeoutExpired(process.args, 0)
        piece = os.read(process.stdout.fileno(), _CHUNK)
        if not piece:
            break
        found += piece
    return bytes(found)


def _reason(code: int) -> str:
    if code < 0:
        return f"it was killed by signal {-code}"
    return f"it ended with exit code {code}" if code else ""


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a command and all of its session."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=_GRACE)
