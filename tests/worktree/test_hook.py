"""The hook, run by the real pre-commit framework at a real `git commit`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from repositories import Maker, Repository

MANIFEST = Path(__file__).parents[2] / ".pre-commit-hooks.yaml"


def pre_commit(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pre_commit", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def repository(
    make_repository: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Repository:
    """A repository in which the hook of our manifest is installed.

    The framework would install mreg from a package index; here it runs the mreg that is tested.
    """
    monkeypatch.setenv("PRE_COMMIT_HOME", str(tmp_path / "pre-commit"))
    made = make_repository(commits=[{"artifacts.yaml": b"a:\n  type: model\n"}])
    made.git("reset", "-q", "--hard")
    (hook,) = YAML(typ="safe").load(MANIFEST.read_text())
    program, *arguments = hook["entry"].split()
    assert program == "mreg"
    local: dict[str, Any] = {
        **hook,
        "language": "system",
        "entry": " ".join([sys.executable, "-m", "mreg", *arguments]),
    }
    del local["minimum_pre_commit_version"]
    config = made.path / ".pre-commit-config.yaml"
    with config.open("w") as file:
        YAML().dump({"repos": [{"repo": "local", "hooks": [local]}]}, file)
    made.git("add", ".pre-commit-config.yaml")
    done = pre_commit("install", folder=made.path)
    assert done.returncode == 0, done.stderr
    return made


def commit(repository: Repository) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["git", "commit", "-m", "Change it"],
        cwd=repository.path,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_manifest_is_valid(tmp_path: Path) -> None:
    done = pre_commit("validate-manifest", str(MANIFEST), folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_good_commit_passes(repository: Repository) -> None:
    (repository.path / "artifacts.yaml").write_text("a:\n  type: model\n  owner: me\n")
    repository.git("add", "artifacts.yaml")
    done = commit(repository)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Passed" in done.stdout + done.stderr


@pytest.mark.parametrize("path", ["artifacts.yaml", "deep/folder/artifacts.yaml"])
def test_a_bad_commit_is_stopped_at_the_right_line(repository: Repository, path: str) -> None:
    before = repository.git("rev-parse", "HEAD")
    file = repository.path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("b:\n  type: model\n  onwer: me\n")
    repository.git("add", path)
    done = commit(repository)
    assert done.returncode == 1
    said = done.stdout + done.stderr
    assert f"{path}:3:3: MA020 unknown field 'onwer' (did you mean owner?)" in said
    assert repository.git("rev-parse", "HEAD") == before


def test_a_bad_dvc_yaml_is_stopped(repository: Repository) -> None:
    (repository.path / "dvc.yaml").write_text("artifacts:\n  b:\n    type: model\n")
    repository.git("add", "dvc.yaml")
    done = commit(repository)
    assert done.returncode == 1
    assert "dvc.yaml:2:3: MA023 b has no path" in done.stdout + done.stderr


def test_bad_settings_are_stopped(repository: Repository) -> None:
    (repository.path / ".mreg.yaml").write_text("stages: {dev: , prod: {from: dve}}\n")
    repository.git("add", ".mreg.yaml")
    done = commit(repository)
    assert done.returncode == 1
    assert ".mreg.yaml:1:30: MS003 'dve' is not one of the stages" in done.stdout + done.stderr


def test_other_files_do_not_wake_it(repository: Repository) -> None:
    (repository.path / "artifacts.yaml").write_text("a: [broken\n")
    (repository.path / "other.txt").write_text("x\n")
    repository.git("add", "other.txt")
    done = commit(repository)
    assert done.returncode == 0
    assert "no files to check" in done.stdout + done.stderr
