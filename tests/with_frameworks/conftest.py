"""What the tests with the real frameworks get: nothing of the user's, and a repository each."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from repositories import Maker, Repository, isolated


@pytest.fixture(scope="session", autouse=True)
def _isolated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the user's settings of Git and of the frameworks out; nobody is told of the tests."""
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ:
            if name.startswith(("MREG_", "GIT_", "KERAS_", "HF_", "MLFLOW_")):
                patch.delenv(name)
        home = tmp_path_factory.mktemp("home")
        ours = isolated(home) | {
            "HF_HUB_OFFLINE": "1",
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "DO_NOT_TRACK": "true",
            "PYTHONHASHSEED": "0",
        }
        for name, value in ours.items():
            patch.setenv(name, value)
        patch.chdir(tmp_path_factory.mktemp("cwd"))
        yield


@pytest.fixture(scope="session")
def _templates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("templates")


@pytest.fixture
def repository(_templates: Path, tmp_path: Path) -> Repository:
    """An empty repository in the test's own folder."""
    return Maker(tmp_path, _templates).empty()
