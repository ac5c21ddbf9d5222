"""What the Deployment of `mreg package --as kubernetes` runs is run, but for the container."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError

import pytest
from ruamel.yaml import YAML
from test_packaged import ask

from commandline import CommandLine
from models_to_package import with_model
from mreg import Registry
from remotes import copied, make_certificate, served_by_http
from repositories import Maker

MODEL = """
class Model:
    def __init__(self, answer):
        self.answer = answer

    def predict(self, rows):
        return [self.answer for _ in rows]
"""


def pickled(folder: Path, answer: int, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """Return a model that answers with a number."""
    (folder / "following_model.py").write_text(MODEL)
    monkeypatch.syspath_prepend(str(folder))
    from following_model import Model  # type: ignore[import-not-found]

    return pickle.dumps(Model(answer))


@contextmanager
def running(container: Any, folder: Path) -> Iterator[str]:
    """Run a container's command with its arguments and its environment; yield the address."""
    places = {"/var/cache/mreg": str(folder / "cache"), "/tmp": str(folder / "tmp")}
    told = {it["name"]: places.get(it["value"], it["value"]) for it in container["env"]}
    assert container["command"] == ["mreg", "serve"]
    words = [
        "0" if it == "8080" else it.replace("0.0.0.0", "127.0.0.1") for it in container["args"]
    ]
    with subprocess.Popen(
        [sys.executable, "-m", "mreg", "serve", *words],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "GIT_SSL_CAINFO": os.environ["GIT_SSL_CAINFO"], **told},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        timer = threading.Timer(90, process.kill)
        timer.start()
        try:
            yield process.stdout.readline().strip()
        finally:
            timer.cancel()
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def test_a_promotion_and_a_rollback_change_what_it_answers(
    mreg: CommandLine, make_repository: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = make_certificate(tmp_path)
    monkeypatch.setenv("GIT_SSL_CAINFO", str(certificate.file))
    first, second = (pickled(tmp_path, it, monkeypatch) for it in (1, 2))
    made = with_model(make_repository, files={"m.pkl": first}, path="m.pkl", schema=None)
    (tmp_path / "served").mkdir()
    remote = copied(made, tmp_path / "served" / "models.git")
    with served_by_http(tmp_path / "served", certificate) as url:
        said = mreg.ok(
            *("package", "churn#prod", "--as", "kubernetes", "--source", f"{url}/models.git"),
            *("--image", "registry.example.com/churn:1", "--trust-pickle"),
            repo=made,
        ).out
        deployment = next(iter(YAML(typ="safe").load_all(said)))
        [container] = deployment["spec"]["template"]["spec"]["containers"]
        with running(container, tmp_path) as address:
            assert served(address) == ("v1.2.0", [1])
            for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
                ask(f"{address}{container[probe]['httpGet']['path']}")
            remote.git("reset", "-q", "--hard")
            (remote.path / "m.pkl").write_bytes(second)
            remote.git("commit", "-q", "-a", "-m", "Another one")
            registry = Registry.open(remote.path)
            registry.register("churn", version="v1.3.0")
            registry.promote("churn@v1.3.0", "prod")
            assert until(address, "v1.3.0") == [2]
            registry.rollback("churn", "prod")
            assert until(address, "v1.2.0") == [1]
        with pytest.raises(URLError):
            ask(f"{address}/v2/health/live")


def served(address: str) -> tuple[str, Any]:
    answer, headers = ask(f"{address}/v1/models/churn:predict", {"instances": [[0]]})
    return headers["x-mreg-version"], answer["predictions"]


def until(address: str, version: str) -> Any:
    """Ask until a version answers; return what it says."""
    for _ in range(100_000):
        found, said = served(address)
        if found == version:
            return said
    raise AssertionError(f"{version} never came")
