"""`make demo`: the story ends as it should, in a repository of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from documents import DEMO
from mreg import Registry


def run_demo(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(DEMO), str(folder)], capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    done = run_demo(folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"The repository is in {folder}\n" in done.stdout
    return folder


def test_the_bad_release_is_rolled_back(folder: Path) -> None:
    registry = Registry.open(folder)
    assert registry.resolve("iris#prod").version == "v0.2.0"
    assert registry.resolve("iris#prod", at="2026-03-03").version == "v0.1.0"
    assert [it.version for it in registry.history(stage="prod")] == [
        "v0.2.0",
        "v0.2.1",
        "v0.2.0",
        "v0.1.0",
    ]
    assert registry.problems() == ()


def test_the_bad_model_is_really_worse(folder: Path) -> None:
    registry = Registry.open(folder)
    bad, good, first = (
        registry.annotation(f"iris@v0.{number}").metrics["accuracy"]
        for number in ("2.1", "2.0", "1.0")
    )
    assert bad < first < good


def test_it_takes_no_folder_that_holds_something(tmp_path: Path) -> None:
    kept = tmp_path / "mine.txt"
    kept.write_text("mine")
    done = run_demo(tmp_path)
    assert done.returncode == 1
    assert "is not empty" in done.stderr
    assert list(tmp_path.iterdir()) == [kept]


def test_help_is_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = run_demo(Path("--help"))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage: demo.py [-h] [folder]\n")
    assert [*tmp_path.iterdir()] == []


def test_it_ends_quietly_when_nobody_reads_on(tmp_path: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as output:
        done = subprocess.run(
            [sys.executable, str(DEMO), str(tmp_path / "demo")],
            stdout=output,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stderr) == (0, "")


def test_it_stays_out_of_the_repository_of_whoever_runs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "elsewhere"))
    assert run_demo(tmp_path / "demo").returncode == 0
    assert not (tmp_path / "elsewhere").exists()
