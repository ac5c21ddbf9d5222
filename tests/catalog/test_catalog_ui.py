"""`mreg catalog ui`: a catalog's pages on one's own machine, renewed by what refreshes find."""

from __future__ import annotations

import http.client
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPResponse
from pathlib import Path
from typing import NamedTuple

import pytest

from mreg import Registry
from repositories import Maker, Repository, Tag, run
from uis import PATIENCE


class Started(NamedTuple):
    """The command, at work.

    Attributes:
        process: its process.
        host: where it listens.
        key: its key.
    """

    process: subprocess.Popen[str]
    host: str
    key: str

    def ask(self, target: str, method: str = "GET", **headers: str) -> HTTPResponse:
        asking = http.client.HTTPConnection(self.host, timeout=PATIENCE)
        asking.request(method, target, headers={"Authorization": f"Bearer {self.key}"} | headers)
        return asking.getresponse()

    def page(self, target: str) -> str:
        """Return a page, once all repositories were read."""
        for _ in range(int(PATIENCE)):
            answer = self.ask(target)
            if answer.getheader("Refresh") is None:
                assert answer.status == 200
                return answer.read().decode()
        raise AssertionError(f"{target} never came")


@contextmanager
def started(folder: Path, *options: str) -> Iterator[Started]:
    command = [sys.executable, "-m", "mreg", "catalog", "ui", "--no-browser", *options]
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        try:
            address = process.stdout.readline().strip().removeprefix("http://")
            host, _, key = address.partition("/?key=")
            yield Started(process, host, key)
        finally:
            process.kill()


@pytest.fixture
def one(make_repository: Maker) -> Repository:
    return make_repository([Tag("scorer@v1.0.0"), Tag("scorer@v1.1.0", 1, 60)])


def test_the_pages_of_a_catalog(tmp_path: Path, one: Repository) -> None:
    """Of all its repositories; how to act upon one; and anew when a refresh finds something."""
    remote = tmp_path / "git/alpha.git"
    run(tmp_path, "clone", "-q", "--bare", str(one.path), str(remote))
    sources = f"[{remote.as_uri()}, {{path: '{one.path}', label: clone}}, {tmp_path}/gone.git]"
    (tmp_path / "catalog.yaml").write_text(f"index: index.db\nrepositories: {sources}\n")
    with started(tmp_path, "--every", "1s") as ui:
        assert ui.process.stderr
        assert ui.process.stderr.readline().startswith("warning: gone: ")  # all was read once
        for label in ("alpha", "clone"):
            page = ui.page(f"/m/{label}/scorer/index.html")
            assert "v1.1.0" in page
            assert 'name="mreg-read-only" content="to record events, run `mreg ui`' in page
        assert "gone: " in ui.page("/")
        panel = ui.ask("/ui/actions?model=m/alpha/scorer").read().decode()
        assert f"mreg ui --repo {remote.as_uri()}" in panel
        assert str(one.path) in ui.ask("/ui/actions?model=m/clone/scorer").read().decode()
        assert ui.ask("/", Authorization="Bearer wrong").status == 401
        assert ui.ask("/", Host="example.com").status == 421
        headers = {"Origin": f"http://{ui.host}", "Content-Type": "application/json"}
        assert ui.ask("/ui/act", "POST", **headers).status == 403
        news = (it for it in ui.ask("/ui/events") if it.startswith(b"data: "))
        before = next(news)
        Registry.open(remote).promote("scorer@v1.0.0", "prod")
        assert next(news) != before
        assert "scorer#prod#1" in ui.page("/m/alpha/scorer/data.json")
        ui.process.send_signal(signal.SIGINT)
        _, err = ui.process.communicate(timeout=PATIENCE)
    assert ui.process.returncode == 0
    assert err == ""
