"""`mreg serve FOLDER`, as the image of `--as dockerfile` runs it: without Git and a registry."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

from commandline import CommandLine
from models_to_package import MODEL, SOURCE, with_model
from mreg.package.dockerfile import _HEALTH, PORT
from repositories import Maker

LOADER = """
def load(path):
    size = len(path.read_bytes())
    return lambda table: table["age"] + size
"""
AS = ("--as", "dockerfile", "--source", SOURCE)
_open = build_opener(ProxyHandler({})).open


def ask(url: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    with _open(Request(url, data, {"Content-Type": "application/json"}), timeout=30) as answer:
        return json.load(answer), answer.headers


@contextmanager
def serving(folder: Path, *more: str) -> Iterator[str]:
    """Serve a folder beside which is nothing, in an environment that has nothing."""
    (folder.parent / "loader.py").write_text(LOADER)
    words = [sys.executable, "-m", "mreg", "serve", f"./{folder.name}", "--port", "0", *more]
    home = folder.parent / "home"
    environment = {"PATH": "/nowhere", "HOME": str(home), "MREG_CACHE_DIR": str(home / "cache")}
    with subprocess.Popen(
        words, cwd=folder.parent, env=environment, stdout=subprocess.PIPE, text=True
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


def test_a_packaged_version_is_served_without_git(
    mreg: CommandLine, make_repository: Maker, tmp_path: Path
) -> None:
    example = b'{"input": [{"age": 40}], "output": [48]}'
    files = {"models/churn.onnx": MODEL, "models/churn.example.json": example}
    repo = with_model(make_repository, files=files)
    to = tmp_path / "context"
    mreg.ok("package", "churn", *AS, "--to", str(to), repo=repo)
    with serving(to / "version", "--loader", "loader:load") as url:
        assert url.startswith("http://127.0.0.1:")
        said, _ = ask(f"{url}/v2/models/churn")
        assert said["properties"]["tag"] == "churn@v1.2.0"
        assert said["properties"]["commit"] == repo.commits[0]
        answer, headers = ask(f"{url}/v1/models/churn:predict", {"instances": [{"age": 1}]})
        assert answer == {"predictions": [1 + len(MODEL)]}
        assert headers["x-mreg-version"] == "v1.2.0"
        # What the image's HEALTHCHECK runs, at the port of this one.
        asked = _HEALTH.replace(f":{PORT}/", f":{url.rpartition(':')[2]}/")
        assert subprocess.run([sys.executable, "-c", asked], check=False).returncode == 0


def test_a_folder_that_was_changed_is_not_served(
    mreg: CommandLine, make_repository: Maker, tmp_path: Path
) -> None:
    to = tmp_path / "context"
    repo = with_model(make_repository)
    mreg.ok("package", "churn", *AS, "--to", str(to), repo=repo)
    (to / "version" / "model" / "churn.onnx").write_bytes(b"other")
    words = ("serve", str(to / "version"), "--port", "0", "--loader", "json:loads")
    done = subprocess.run(
        [sys.executable, "-m", "mreg", *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "does not match the package" in done.stderr
