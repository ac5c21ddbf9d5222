"""Processes of Python's own that work for this one, and are ended when they take too long.

A thread cannot be stopped, and two of them share one processor; a process can, and does not. Each
reads one request after the other from its standard input and writes the answers to its standard
output, as `marshal` writes plain values. It ends when its input does, so with whoever started it.
"""

from __future__ import annotations

import marshal
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import IO, Any

_HEAD = 8
"""How many bytes say how long a message is."""

_CHUNK = 1 << 20

_GRACE = 5.0
"""The seconds that a worker has to end what it started."""


class WorkerEnded(Exception):
    """A worker took too long, or ended by itself; the message says which."""


class Worker:
    """A process that answers requests: `python -m MODULE`, which calls `serve`."""

    def __init__(self, module: str) -> None:
        """Name the module; the process starts with the first request."""
        self._module = module
        self._process: subprocess.Popen[bytes] | None = None
        self._is_asked = False

    def ask(self, request: Any, *, seconds: float) -> Any:
        """Return the answer to a request, both of plain values.

        Raises:
            WorkerEnded: there is none, and the process was ended. Another request starts a new one.
        """
        process = self._process or self._start()
        deadline = time.monotonic() + seconds
        self._is_asked = True
        try:
            _write(process.stdin, request)
            found = _answer(process, deadline)
        except (OSError, EOFError, ValueError):
            self.end()
            raise WorkerEnded("the process that reads it ended") from None
        except WorkerEnded:
            self.end()
            raise WorkerEnded(f"it took longer than {seconds:g} s") from None
        self._is_asked = False
        return found

    def _start(self) -> subprocess.Popen[bytes]:
        words = [sys.executable, "-P", "-m", self._module]
        # With a session of its own it is ended together with what it started, Git's processes.
        self._process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        )
        return self._process

    def end(self) -> None:
        """End the process and what it started."""
        process, self._process = self._process, None
        if process:
            if self._is_asked:  # it may have started what has a session of its own, and ends that
                process.terminate()
                with suppress(subprocess.TimeoutExpired):
                    process.wait(_GRACE)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            for pipe in (process.stdin, process.stdout):
                with suppress(OSError):
                    pipe.close()  # type: ignore[union-attr]


def serve(answer: Callable[[Any], Any]) -> None:
    """Answer one request after the other until there is none: what a worker's module calls."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what it waits for is ended on the way
    source, target = sys.stdin.buffer, sys.stdout.buffer
    try:
        while len(head := source.read(_HEAD)) == _HEAD:
            _write(target, answer(marshal.loads(source.read(int.from_bytes(head)))))  # noqa: S302
    except BrokenPipeError:  # whoever asked is gone, and what is not written yet is for nobody
        os.dup2(os.open(os.devnull, os.O_WRONLY), target.fileno())


def _write(pipe: IO[bytes] | None, message: Any) -> None:
    raw = marshal.dumps(message)
    assert pipe
    pipe.write(len(raw).to_bytes(_HEAD) + raw)
    pipe.flush()


def _answer(process: subprocess.Popen[bytes], deadline: float) -> Any:
    assert process.stdout
    size = int.from_bytes(_read(process.stdout.fileno(), _HEAD, deadline))
    return marshal.loads(_read(process.stdout.fileno(), size, deadline))  # noqa: S302 - our own


def _read(descriptor: int, size: int, deadline: float) -> bytes:
    found = bytearray()
    poll = select.poll()  # unlike select(), it takes any descriptor
    poll.register(descriptor, select.POLLIN)
    while len(found) < size:
        left = deadline - time.monotonic()
        if left <= 0 or not poll.poll(left * 1000):
            raise WorkerEnded
        piece = os.read(descriptor, min(_CHUNK, size - len(found)))
        if not piece:
            raise EOFError
        found += piece
    return bytes(found)
