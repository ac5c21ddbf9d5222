"""The real `mlflow server` over a registry in Git, on loopback."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

PATIENCE = 180
"""For so many seconds a server may take to begin: on a busy machine it takes long to import."""


@contextmanager
def serving(uri: str, folder: Path) -> Iterator[str]:
    """Serve a registry; yield the address of the server."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port)]
    words += ["--workers", "1", "--backend-store-uri", f"sqlite:///{folder}/runs.db"]
    words += ["--artifacts-destination", f"{folder}/artifacts", "--registry-store-uri", uri]
    environment = {**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    log = (folder / "server.log").open("wb")
    process = subprocess.Popen(
        words, cwd=folder, env=environment, stdout=log, stderr=log, start_new_session=True
    )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait(process, address, folder / "server.log")
        yield address
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        log.close()


def _wait(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            with urlopen(f"{address}/health", timeout=10):
                return
        except (URLError, ConnectionError, TimeoutError):
            if process.poll() is not None:
                break
            time.sleep(0.1)  # it says nothing when it is ready
    raise AssertionError(f"the server did not begin:\n{log.read_text()}")


def ask(address: str, path: str, body: Any = None, *, method: str = "", **fields: Any) -> Any:
    """Ask the REST API; return the status and what it answered."""
    url = f"{address}/api/2.0/mlflow/{path}" + (f"?{urlencode(fields)}" if fields else "")
    data = None if body is None else json.dumps(body).encode()
    request = Request(url, data, {"Content-Type": "application/json"}, method=method or None)
    try:
        with urlopen(request, timeout=60) as answered:
            return answered.status, json.loads(answered.read() or b"{}")
    except HTTPError as error:
        return error.code, json.loads(error.read())
