"""The real `mreg serve` in a process of its own, on loopback."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.error import HTTPError
from urllib.request import Request, urlopen

PATIENCE = 120.0
"""For so many seconds a server may take to begin: on a busy machine it takes long to import."""


class Answer(NamedTuple):
    """An answer of a server."""

    status: int
    headers: dict[str, str]
    raw: bytes

    @property
    def said(self) -> Any:
        """What its JSON says."""
        return json.loads(self.raw)


class Served(NamedTuple):
    """A server that runs."""

    address: str
    process: subprocess.Popen[str]
    log: Path

    def ask(self, path: str, body: Any = None, **headers: str) -> Answer:
        """Ask it: a body of bytes as it is, any other as JSON."""
        raw = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        request = Request(f"{self.address}{path}", raw, headers)
        try:
            with urlopen(request, timeout=60) as answered:
                return Answer(answered.status, dict(answered.headers), answered.read())
        except HTTPError as error:
            return Answer(error.code, dict(error.headers), error.read())

    def wait_for(self, version: str) -> None:
        """Wait until it serves a version."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if self.ask("/v2/models/churn").said["versions"] == [version]:
                return
            time.sleep(0.02)
        raise AssertionError(f"it does not serve {version}:\n{self.log.read_text()}")


@contextmanager
def serving(*words: str, folder: Path, **environment: str) -> Iterator[Served]:
    """Serve while the block lasts; what it says goes into a file of the folder."""
    log = folder / "serve.log"
    with log.open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "mreg", "serve", *words, "--port", "0"],
            cwd=folder,
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        try:
            yield Served(_address(process, log), process, log)
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            assert process.stdout is not None
            process.stdout.close()


def _address(process: subprocess.Popen[str], log: Path) -> str:
    assert process.stdout is not None
    with selectors.DefaultSelector() as waiting:
        waiting.register(process.stdout, selectors.EVENT_READ)
        if waiting.select(PATIENCE) and (line := process.stdout.readline().strip()):
            return line
    raise AssertionError(f"the server did not begin:\n{log.read_text()}")
