"""`mreg serve` beside KServe's server alone and `mlflow models serve`: one model, in turn.

Each server runs in an environment of its own, and all of them all the time; they are asked in turn,
over eight connections. What they log goes nowhere.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import builds
from bench import Bench
from builds import Build
from figure import Bound, Figure
from surroundings import ENVIRONMENT

_PROGRAM = str(Path(__file__).with_name("serving_models.py"))
_CONNECTIONS = 8
_ROUNDS = 7
_SECONDS = 2.0
_STARTS = 3
_PUSHES = 7
_PATIENCE = 180.0

_ROW = {"age": 42, "income": 1500.0, "plan": "pro"}
_V2 = {
    "id": "1",  # without which KServe 0.21 answers 500
    "inputs": [
        {"name": "age", "shape": [1], "datatype": "INT64", "data": [42]},
        {"name": "income", "shape": [1], "datatype": "FP64", "data": [1500.0]},
        {"name": "plan", "shape": [1], "datatype": "BYTES", "data": ["pro"]},
    ],
}
_SPLIT = {"dataframe_split": {"columns": list(_ROW), "data": [list(_ROW.values())]}}


class Kind(NamedTuple):
    """A server.

    Attributes:
        name: what it is called.
        words: its command line, in which {port} stands for the port.
        path: where it is asked.
        body: what it is asked.
        health: what answers 200 when it is ready.
    """

    name: str
    words: tuple[str, ...]
    path: str
    body: object
    health: str


class Load(NamedTuple):
    """What came of asking for a while: requests a second, and how long the 99th of 100 took."""

    rate: float
    p99: float


def measured(_: Bench) -> Iterator[Figure]:
    """Ask the three in turn; start them in turn; push tags, and wait for the version."""
    with tempfile.TemporaryDirectory(prefix="mreg-bench-serve-") as name:
        folder = Path(name)
        mreg, kserve, mlflow = _kinds(folder)
        yield from _asked((mreg, kserve, mlflow), folder)
        yield from _started(mreg, mlflow, folder)
        yield from _pushed(mreg, folder)


def _kinds(folder: Path) -> tuple[Kind, Kind, Kind]:
    ours, theirs = builds.with_kserve(), builds.mlflow()
    _make(ours, folder)
    model, saved = folder / "work" / "churn-0.skops", folder / "mlflow"
    _run(theirs.python(_PROGRAM, "mlflow", str(model), str(saved)), folder)
    v2 = "/v2/models/churn/infer"
    serve = ("serve", "churn#prod", "--repo", (folder / "remote.git").as_uri())
    mlflow = ("-m", "mlflow", "models", "serve", "-m", str(saved), "--env-manager", "local")
    alone = (_PROGRAM, "kserve", str(model), "{port}")
    return (
        Kind("mreg serve", ours.mreg(*serve, "--port", "{port}"), v2, _V2, "/v2/health/ready"),
        Kind("KServe's server alone", ours.python(*alone), v2, _V2, "/v2/health/ready"),
        Kind(
            f"mlflow models serve {builds.MLFLOW}",
            theirs.python(*mlflow, "--host", "127.0.0.1", "--port", "{port}"),
            "/invocations",
            _SPLIT,
            "/health",
        ),
    )


def _make(build: Build, folder: Path) -> None:
    """Make a registry at a remote: two versions, the first of them in production."""
    work = folder / "work"
    work.mkdir()
    _run(build.python(_PROGRAM, "make", str(work)), work)
    _run(("git", "init", "-q", "--bare", "-b", "main", str(folder / "remote.git")), folder)
    _run(("git", "init", "-q", "-b", "main"), work)
    _run(("git", "remote", "add", "origin", str(folder / "remote.git")), work)
    for number in range(2):
        shutil.copy(work / f"artifacts-{number}.yaml", work / "artifacts.yaml")
        _run(("git", "add", "-A"), work)
        _run(("git", "commit", "-q", "-m", "Train"), work)
        _run(("git", "push", "-q", "origin", "main"), work)
        _run(build.mreg("register", "churn", "--version", f"v1.{number}.0", "--push"), work)
    _run(build.mreg("promote", "churn@v1.0.0", "prod", "--push"), work)


def _run(words: tuple[str, ...], folder: Path) -> None:
    subprocess.run(words, env=_environment(folder), cwd=folder, check=True, capture_output=True)


def _environment(folder: Path) -> dict[str, str]:
    root = folder if folder.name.startswith("mreg-bench") else folder.parent
    return {**ENVIRONMENT, "MREG_CACHE_DIR": str(root / "cache")}


@contextmanager
def _served(kind: Kind, folder: Path) -> Iterator[tuple[int, float]]:
    """Serve while the block lasts; return the port, and after how many seconds it was ready."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [it.replace("{port}", str(port)) for it in kind.words]
    # MLflow starts uvicorn as it finds it.
    path = f"{Path(words[0]).parent}{os.pathsep}{ENVIRONMENT['PATH']}"
    began = time.monotonic()
    process = subprocess.Popen(
        words,
        env={**_environment(folder), "PATH": path},
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # MLflow has workers
    )
    try:
        while not _is_ready(port, kind.health):
            if process.poll() is not None or time.monotonic() - began > _PATIENCE:
                raise SystemExit(f"{kind.name} does not begin: {words}")
            time.sleep(0.02)
        yield port, time.monotonic() - began
    finally:
        with suppress(ProcessLookupError):  # it has ended by itself
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _is_ready(port: int, path: str) -> bool:
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", path)
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False


def _load(kind: Kind, port: int) -> Load:
    """Ask a server for a while, over several connections."""
    took: list[float] = []
    wrong: list[str] = []
    end = time.monotonic() + _SECONDS
    body = json.dumps(kind.body)

    def ask() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        while (began := time.monotonic()) < end:
            connection.request("POST", kind.path, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            said = answer.read()
            if answer.status != http.HTTPStatus.OK:
                wrong.append(f"{kind.name} answers {answer.status}: {said[:500]!r}")
                return
            took.append(time.monotonic() - began)

    threads = [threading.Thread(target=ask) for _ in range(_CONNECTIONS)]
    began = time.monotonic()
    for it in threads:
        it.start()
    for it in threads:
        it.join()
    if wrong:
        raise SystemExit(wrong[0])
    rate = len(took) / (time.monotonic() - began)
    return Load(rate, statistics.quantiles(took, n=100)[-1])


def _asked(kinds: tuple[Kind, Kind, Kind], folder: Path) -> Iterator[Figure]:
    with ExitStack() as stack:
        ports = [stack.enter_context(_served(it, folder))[0] for it in kinds]
        for kind, port in zip(kinds, ports, strict=True):  # each is warm before any is measured
            _load(kind, port)
        rounds = [[_load(*pair) for pair in zip(kinds, ports, strict=True)] for _ in range(_ROUNDS)]
    ours, kserve, mlflow = zip(*rounds, strict=True)
    mreg, alone, other = (it.name for it in kinds)
    pairs = list(zip(ours, kserve, strict=True))
    yield _ratio(
        f"requests per second of {alone} : {mreg}",
        [(it.rate, own.rate) for own, it in pairs],
        Bound(1.1, 1),
    )
    yield _ratio(
        f"p99 of {mreg} : {alone}", [(own.p99, it.p99) for own, it in pairs], Bound(1.1, 1)
    )
    yield _ratio(
        f"requests per second of {mreg} : {other}",
        [(own.rate, it.rate) for own, it in zip(ours, mlflow, strict=True)],
        Bound(1.5, least=True),
    )


def _started(mreg: Kind, mlflow: Kind, folder: Path) -> Iterator[Figure]:
    pairs = []
    for _ in range(_STARTS):
        with _served(mlflow, folder) as (_, theirs):
            pass
        with _served(mreg, folder) as (_, ours):
            pass
        pairs.append((theirs, ours))
    yield _ratio(f"start of {mlflow.name} : {mreg.name}", pairs, Bound(1.5, least=True))


def _pushed(mreg: Kind, folder: Path) -> Iterator[Figure]:
    """Measure from the end of a push to the first answer of the version."""
    took = []
    with _served(mreg, folder) as (port, _):
        for number in range(_PUSHES):
            version = f"v1.{(number + 1) % 2}.0"
            promote = (mreg.words[0], "promote", f"churn@{version}", "prod", "--push")
            _run(promote, folder / "work")
            began = time.monotonic()
            while _version(port) != version:
                if time.monotonic() - began > _PATIENCE:
                    raise SystemExit(f"{version} is never served")
                time.sleep(0.01)
            took.append(time.monotonic() - began)
    yield Figure(
        "from the tag at the remote to the first answer of the version, maximum",
        "wall",
        wall=max(took),
        unit="s",
        spread=(min(took), max(took)),
        pairs=len(took),
        bound=Bound(2),
    )


def _version(port: int) -> str | None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/v2/models/churn/ready")
    answer = connection.getresponse()
    answer.read()
    return answer.headers["X-Mreg-Version"]


def _ratio(question: str, pairs: list[tuple[float, float]], bound: Bound) -> Figure:
    ratios = [one / other for one, other in pairs]
    return Figure(
        question,
        "wall",
        wall=statistics.median(ratios),
        spread=(min(ratios), max(ratios)),
        pairs=len(ratios),
        bound=bound,
    )
