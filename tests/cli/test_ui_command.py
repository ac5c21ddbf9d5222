"""`mreg ui` as a command: what it prints, how it ends, and what it does not start with."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from commandline import CommandLine
from repositories import Maker, Repository, Tag

PATIENCE = 60


@pytest.fixture
def repo(make_repository: Maker) -> Repository:
    return make_repository([Tag("churn@v1.0.0")])


@contextmanager
def started(repo: Repository, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start the command, and yield it with the address that it printed."""
    command = [sys.executable, "-m", "mreg", "ui", "--no-browser", *options]
    with subprocess.Popen(
        command, cwd=repo.path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout
        try:
            yield running, running.stdout.readline().strip()
        finally:
            running.kill()


def test_it_ends_on_ctrl_c_while_pages_are_asked_for(repo: Repository) -> None:
    with started(repo) as (running, address):
        host, _, key = address.removeprefix("http://").partition("/?key=")
        assert host.startswith("127.0.0.1:")
        assert len(key) >= 32
        asking = http.client.HTTPConnection(host, timeout=PATIENCE)
        asking.request("GET", "/", headers={"Authorization": f"Bearer {key}"})
        assert asking.getresponse().status == 200
        listening = http.client.HTTPConnection(host, timeout=PATIENCE)
        listening.request("GET", "/ui/events", headers={"Authorization": f"Bearer {key}"})
        assert listening.getresponse().status == 200
        half = socket.create_connection((host.partition(":")[0], int(host.partition(":")[2])))
        half.sendall(b"GET / HTTP/1.1\r\n")
        asking.request("GET", "/data/index.json", headers={"Authorization": f"Bearer {key}"})
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=PATIENCE)
        for it in (asking, listening, half):
            it.close()
    assert (running.returncode, out, err) == (0, "", "")


def test_a_port_and_a_key_of_ones_own(repo: Repository, mreg: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("k" * 48 + "\n")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = mreg("ui", "--no-browser", "--port", str(port), repo=repo)
        assert done.code == 1
        assert f"cannot listen on port {port}: Address already in use" in done.err
    with started(repo, "--port", str(port), "--key-file", str(file)) as (_, address):
        assert address == f"http://127.0.0.1:{port}/?key={'k' * 48}"
    file.write_text("short\n")
    done = mreg("ui", "--no-browser", "--key-file", str(file), repo=repo)
    assert done.code == 2
    assert "does not contain a key" in done.err


def test_who_is_nobody_to_git_reads_only(repo: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [it for it in os.environ if it.startswith(("GIT_AUTHOR", "GIT_COMMITTER"))]:
        monkeypatch.delenv(name)
    repo.git("config", "user.useConfigOnly", "true")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    with started(repo) as (running, _):
        running.send_signal(signal.SIGTERM)
        _, err = running.communicate(timeout=PATIENCE)
    assert running.returncode == 0
    assert err.startswith("These pages are read-only: Git does not know your name")


def test_where_there_is_no_repository_there_are_no_pages(mreg: CommandLine, tmp_path: Path) -> None:
    done = mreg("ui", "--no-browser", "--repo", str(tmp_path))
    assert done.code == 1
    assert "repository" in done.err
