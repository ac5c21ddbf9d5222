"""What the tests with the real frameworks get: nothing of the user's, and a repository each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from isolation import alone
from repositories import Maker, Repository


@pytest.fixture(scope="session", autouse=True)
def _isolated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the user's settings of Git and of the frameworks out; nobody is told of the tests."""
    with alone(
        tmp_path_factory,
        "KERAS_",
        "HF_",
        "MLFLOW_",
        HF_HUB_OFFLINE="1",
        MLFLOW_DISABLE_TELEMETRY="true",
        DO_NOT_TRACK="true",
        PYTHONHASHSEED="0",
    ):
        yield


@pytest.fixture(scope="session")
def _templates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("templates")


@pytest.fixture
def repository(_templates: Path, tmp_path: Path) -> Repository:
    """An empty repository in the test's own folder."""
    return Maker(tmp_path, _templates).empty()
