"""How much memory it takes to push a large version to a container registry, and to get it back.

    python tests/stress/package_memory.py [--size 2GiB]

Debian's docker-registry on the loopback interface takes it. Three times the size has to be free
in the folder for temporary files. The exit code is 1 if a command takes more than 100 MiB.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.request import urlopen

_MOST = 100 << 20
_MREG = (sys.executable, "-m", "mreg")


def main() -> int:
    """Measure, and print a line for each command."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", default="2GiB", help="how large the model is")
    size = int(float(parser.parse_args().size.removesuffix("GiB")) * (1 << 30))
    with tempfile.TemporaryDirectory(prefix="mreg-memory-") as name:
        folder = Path(name)
        os.environ |= {"MREG_CACHE_DIR": str(folder / "cache"), "HOME": name}
        repo = _repository(folder, size)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            host = f"127.0.0.1:{free.getsockname()[1]}"
        registry = _registry(folder, host)
        try:
            worst = _measured(repo, f"oci://{host}/large")
        finally:
            registry.terminate()
            registry.wait()
    return int(worst > _MOST)


def _measured(repo: Path, address: str) -> int:
    """Return the most bytes that a command had in memory."""
    worst = 0
    for words in (
        ("register", "large", "--digest"),
        ("package", "large", "--as", "oci", "--to", f"{address}:image"),
        ("package", "large", "--as", "modelpack", "--to", f"{address}:pack"),
        ("cache", "prune", "--limit", "0"),
        ("get", f"{address}:pack", "-o", "back", "--link"),
        ("get", f"{address}:image", "-o", "again", "--link"),
    ):
        begun = time.monotonic()
        process = subprocess.Popen([*_MREG, *words], cwd=repo, stdout=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0, words
        peak = used.ru_maxrss << 10
        worst = max(worst, peak)
        seconds = time.monotonic() - begun
        print(
            f"{peak / (1 << 20):6.1f} MiB {seconds:6.1f} s  mreg {' '.join(words[:4])}", flush=True
        )
    return worst


def _repository(folder: Path, size: int) -> Path:
    """Make a repository with a model that lies beside it; the file takes no room."""
    repo = folder / "repository"
    repo.mkdir()
    with (folder / "large.bin").open("wb") as file:
        file.truncate(size)
    (repo / "artifacts.yaml").write_text("large:\n  path: ../large.bin\n")
    for words in (
        ("init", "-q"),
        ("config", "user.name", "Ann Example"),
        ("config", "user.email", "ann@example.com"),
        ("add", "."),
        ("commit", "-q", "-m", "Say where the model is"),
    ):
        subprocess.run(["git", *words], cwd=repo, check=True)
    return repo


def _registry(folder: Path, host: str) -> subprocess.Popen[bytes]:
    """Start a registry, and wait until it answers."""
    settings = folder / "settings.yml"
    said = {
        "version": 0.1,
        "log": {"level": "error", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(folder / "registry")}},
        "http": {"addr": host},
    }
    settings.write_text(json.dumps(said))  # which is YAML as well
    process = subprocess.Popen(
        ["docker-registry", "serve", str(settings)], stderr=subprocess.DEVNULL
    )
    for _ in range(200):
        try:
            urlopen(f"http://{host}/v2/").close()
        except OSError:
            time.sleep(0.05)
        else:
            return process
    raise SystemExit("the registry does not answer")


if __name__ == "__main__":
    sys.exit(main())
