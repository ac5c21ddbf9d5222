"""examples/ray_serve on a local Ray: replicas that change their version while they are called."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mreg import Registry
from repositories import Repository

SERVICE = Path(__file__).parents[2] / "examples" / "ray_serve" / "model_service.py"
URL = "http://127.0.0.1:8000/churn"
TRAIN = """
import sys
import mreg, pandas as pd, skops.io
from sklearn.dummy import DummyRegressor
X = pd.DataFrame({"age": [20, 41, 33]})
model = DummyRegressor(strategy="constant", constant=float(sys.argv[1])).fit(X, [0, 1, 2])
skops.io.dump(model, "churn.skops")
mreg.log_artifact("churn.skops", model=model, example=X, target=model.predict(X))
"""


def release(repository: Repository, number: int, *, broken: bool = False) -> None:
    """Train, register and promote a version that answers with its number."""
    (repository.path / "train.py").write_text(TRAIN)
    subprocess.run(
        [sys.executable, "train.py", str(number)], cwd=repository.path, check=True, timeout=300
    )
    if broken:
        (repository.path / "churn.skops").write_bytes(b"no model")
    repository.git("add", "-A")
    repository.git("commit", "-q", "-m", f"Train {number}")
    registry = Registry.open(repository.path)
    registry.register("churn", version=f"v{number}.0.0")
    registry.promote(f"churn@v{number}.0.0", "prod")


def ask() -> tuple[str, list[float]]:
    """Ask the service; return the version that answered, and what it said."""
    body = json.dumps({"instances": [{"age": 20}, {"age": 30}]}).encode()
    with urllib.request.urlopen(urllib.request.Request(URL, body), timeout=60) as answer:
        return answer.headers["X-Mreg-Version"], json.load(answer)["predictions"]


@contextmanager
def running(repository: Repository, temporary: Path) -> Iterator[list[str]]:
    """Run the example, and collect what it prints, until the end."""
    told = [str(repository.path), "churn#prod", "--interval", "0.5"]
    log = (temporary / "service.log").open("w")
    with subprocess.Popen(
        [sys.executable, str(SERVICE), *told],
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        start_new_session=True,
    ) as process:
        lines: list[str] = []

        def collect() -> None:
            for line in process.stdout or ():
                lines.append(line)  # noqa: PERF402 - others look while it grows

        threading.Thread(target=collect, daemon=True).start()
        try:
            yield lines
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(60)
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 0, (temporary / "service.log").read_text()


def until(lines: list[str], said: str, times: int = 1) -> None:
    """Wait until a line was printed so many times."""
    ends = time.monotonic() + 200
    while sum(said in it for it in lines) < times:
        assert time.monotonic() < ends, (said, lines)
        time.sleep(0.2)


def test_replicas_change_their_version_while_they_are_called(
    repository: Repository, tmp_path: Path
) -> None:
    release(repository, 1)
    seen: Counter[tuple[str, float]] = Counter()
    ended = threading.Event()

    def call() -> None:
        while not ended.is_set():
            try:
                version, (first, second) = ask()
                assert first == second
                seen[version, first] += 1
            except Exception as error:
                seen[repr(error), 0] += 1

    with running(repository, tmp_path) as lines:
        until(lines, "churn v1.0.0 is served")
        assert ask() == ("v1.0.0", [1.0, 1.0])
        with pytest.raises(urllib.error.HTTPError, match="400"):
            urllib.request.urlopen(URL, b'{"instances": [{"age": "x"}]}', timeout=60)
        caller = threading.Thread(target=call)
        caller.start()
        try:
            release(repository, 2)
            until(lines, "churn v2.0.0 is served")
            release(repository, 3, broken=True)
            until(lines, "v2.0.0 goes on: churn.skops has no format that mreg can load")
            assert ask() == ("v2.0.0", [2.0, 2.0])
            Registry.open(repository.path).rollback("churn", "prod")
            Registry.open(repository.path).rollback("churn", "prod")
            until(lines, "churn v1.0.0 is served", times=2)
        finally:
            ended.set()
            caller.join(70)
        assert ask() == ("v1.0.0", [1.0, 1.0])
    assert set(seen) == {("v1.0.0", 1.0), ("v2.0.0", 2.0)}, seen
