"""One project with experiments for all tests of a run: to make it takes some eight seconds."""

from __future__ import annotations

import fcntl
import json
from importlib.util import find_spec
from pathlib import Path

import pytest

import experiments as support
from experiments import Experiments


@pytest.fixture(scope="session")
def experiments(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Experiments:
    """The project, for reading only; what a test is to change, it copies (`copied`)."""
    if absent := [it for it in ("dvc", "dvclive") if find_spec(it) is None]:
        pytest.skip(f"{' and '.join(absent)} not installed: pip install 'mreg[test]'")
    shared = tmp_path_factory.getbasetemp()
    shared = shared if worker_id == "master" else shared.parent
    folder, made = shared / "experiments", shared / "experiments.json"
    with (shared / "experiments.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            folder.mkdir()
            made.write_text(json.dumps(support.make(folder), default=str))
    path, base, commits = json.loads(made.read_text())
    return Experiments(Path(path), base, commits)
