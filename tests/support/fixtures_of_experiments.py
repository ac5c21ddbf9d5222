"""Projects that the real DVC and DVCLive make, once for all tests of a run: it takes seconds."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

import experiments as support
import getting_started as example
from experiments import Experiments
from getting_started import GettingStarted


@pytest.fixture(scope="session")
def experiments(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Experiments:
    """The project, for reading only; what a test is to change, it copies (`copied`)."""
    path, base, commits = _made_once("experiments", support.make, tmp_path_factory, worker_id)
    return Experiments(Path(path), base, commits)


@pytest.fixture(scope="session")
def getting_started(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> GettingStarted:
    """The project with its clones, for reading only."""
    path, said = _made_once("getting-started", example.make, tmp_path_factory, worker_id)
    return GettingStarted(Path(path), said)


def _made_once(
    name: str, make: Callable[[Path], Any], factory: pytest.TempPathFactory, worker_id: str
) -> Any:
    """Return what was made in a folder that all workers of the run share, as JSON has it."""
    if absent := [it for it in ("dvc", "dvclive") if find_spec(it) is None]:
        pytest.skip(f"{' and '.join(absent)} not installed: pip install 'mreg[test]'")
    shared = factory.getbasetemp()
    shared = shared if worker_id == "master" else shared.parent
    folder, made = shared / name, shared / f"{name}.json"
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            folder.mkdir()
            made.write_text(json.dumps(make(folder), default=str))
    return json.loads(made.read_text())
