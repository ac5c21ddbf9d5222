"""Killed, interrupted, without room, several at once: never wrong bytes, never half a file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from test_git_processes import processes

from commandline import CommandLine
from repositories import Maker, Repository, Tag

SMALL, LARGE = os.urandom(1 << 20), os.urandom(1 << 20) * 20
SIZES = pytest.mark.parametrize("raw", [SMALL, LARGE], ids=["small", "large"])

_FAILING = """
import os, signal, sys
from mreg.content import delivery, store
from mreg.cli import main

where, number = sys.argv[1], int(sys.argv[2])
del sys.argv[1:3]

def fail(*_, **__):
    os.kill(os.getpid(), number)

def failing_watch(self, count):
    if count > 0:
        fail()

if where == "fetch":  # some bytes have come
    from mreg.content import fetch
    fetch._TransferWatch.came = failing_watch
elif where == "store":  # all have come, and are right
    store.Store._put = store.Store.in_memory = fail
elif where == "deliver":  # it is made, but has not its name yet
    delivery._publish = fail
elif where == "remember":  # it is there
    store.Store.record = fail
main()
"""


@pytest.fixture
def here(tmp_path: Path) -> Path:
    folder = tmp_path / "here"
    folder.mkdir()
    return folder


Model = Callable[[bytes], Repository]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory, _templates: Path) -> Model:
    """Returns repositories with a model of some bytes, each made once, as they are only read."""
    maker = Maker(tmp_path_factory.mktemp("models"), _templates)

    @cache
    def made(raw: bytes) -> Repository:
        files = {
            "artifacts.yaml": b"churn: {path: m/churn.bin}\nbert: {path: m}\n",
            "m/churn.bin": raw,
            "m/b/c": b"rest",
        }
        tags = [Tag("churn@v1.0.0"), Tag("bert@v1.0.0")]
        return maker(tags, name=f"{len(raw)}", commits=[files])

    return made


def failing(where: str, number: int, *arguments: str, here: Path) -> int:
    """Run mreg in a process that gets a signal at some point; return its exit code."""
    command = [sys.executable, "-c", _FAILING, where, str(number), *arguments]
    done = subprocess.run(command, cwd=here, capture_output=True, check=False)
    assert b"Traceback" not in done.stderr
    return done.returncode


@SIZES
@pytest.mark.parametrize("link", [[], ["--link"]], ids=["copy", "link"])
@pytest.mark.parametrize("where", ["fetch", "store", "deliver", "remember"])
@pytest.mark.parametrize("artifact", ["churn", "bert"])
def test_a_killed_get_leaves_nothing_at_the_target_and_the_next_is_right(
    raw: bytes,
    link: list[str],
    where: str,
    artifact: str,
    model: Model,
    here: Path,
    mreg: CommandLine,
) -> None:
    repo = model(raw)
    command = ["get", artifact, "--repo", str(repo.path), "-o", "out", *link]
    assert failing(where, signal.SIGKILL, *command, here=here) == -signal.SIGKILL
    assert (here / "out").exists() == (where == "remember")
    mreg.ok(*command, "--force", repo=here)
    found = here / "out" / "churn.bin" if artifact == "bert" else here / "out"
    assert found.read_bytes() == raw
    if artifact == "bert":
        assert (here / "out/b/c").read_bytes() == b"rest"


@SIZES
@pytest.mark.parametrize("where", ["fetch", "store", "deliver"])
def test_an_interrupted_get_leaves_nothing_at_all(
    raw: bytes, where: str, model: Model, here: Path
) -> None:
    repo = model(raw)
    command = ["get", "bert", "--repo", str(repo.path)]
    assert failing(where, signal.SIGINT, *command, here=here) == 130
    assert list(here.iterdir()) == []
    partial = Path(os.environ["XDG_CACHE_HOME"], "mreg/contents/partial")
    assert list(partial.glob("*")) == []


@SIZES
def test_several_at_once_fetch_once(
    raw: bytes,
    model: Model,
    here: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    repo = model(raw)
    trace = tmp_path / "trace"
    trace.mkdir()
    monkeypatch.setenv("GIT_TRACE2_EVENT", str(trace))
    command = [sys.executable, "-m", "mreg", "get", "churn", "--json", "--repo", str(repo.path)]
    running = [
        subprocess.Popen([*command, "-o", f"out{number}"], cwd=here, stdout=subprocess.PIPE)
        for number in range(4)
    ]
    said = [it.communicate()[0] for it in running]
    assert [it.returncode for it in running] == [0] * 4
    for number in range(4):
        assert (here / f"out{number}").read_bytes() == raw
    assert sum(b'"from_cache": false' in it for it in said) == 1
    if raw is LARGE:
        assert len([it for it in processes(trace) if "cat-file blob" in it]) == 1


_LITTLE_ROOM = """
import resource, sys
from mreg.cli import main

resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, 500_000))
main()
"""


@SIZES
def test_a_quota_that_is_used_up_is_said(raw: bytes, model: Model, here: Path) -> None:
    """A limit for the size of files stands in for a quota; Python is told, Git dies."""
    repo = model(raw)
    command = [sys.executable, "-c", _LITTLE_ROOM, "get", "churn", "--repo", str(repo.path)]
    done = subprocess.run(command, cwd=here, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "not enough space for churn.bin" in done.stderr
    assert "mreg cache prune" in done.stderr
    assert list(here.iterdir()) == []


@pytest.fixture
def full_disk(tmp_path: Path) -> Path:
    """A file system of half a megabyte."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=500k", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("only the superuser may mount a small file system")
    return folder


class TestFullDisk:
    @pytest.fixture(autouse=True)
    def _unmounted(self, full_disk: Path) -> object:
        yield
        subprocess.run(["umount", "-l", str(full_disk)], check=True)

    @SIZES
    def test_of_the_cache(
        self,
        raw: bytes,
        full_disk: Path,
        model: Model,
        here: Path,
        mreg: CommandLine,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        repo = model(raw)
        monkeypatch.setenv("MREG_CACHE_DIR", str(full_disk))
        done = mreg("get", "churn", "--repo", str(repo.path), repo=here)
        assert (done.code, done.out) == (1, "")
        assert "not enough space for churn.bin" in done.err
        assert list(here.iterdir()) == []
        assert [it for it in full_disk.rglob("*") if it.is_file()] == []

    @pytest.mark.parametrize("artifact", ["churn", "bert"])
    def test_of_the_target(
        self,
        artifact: str,
        full_disk: Path,
        model: Model,
        mreg: CommandLine,
    ) -> None:
        repo = model(LARGE)
        done = mreg("get", artifact, "--repo", str(repo.path), repo=full_disk)
        assert (done.code, done.out) == (1, "")
        assert "No space left" in done.err
        assert list(full_disk.iterdir()) == []
