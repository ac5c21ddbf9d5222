"""What the tests with the real MLflow get: nothing of the user's, and nothing of each other's."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

# Before MLflow is imported: it reads these once.
os.environ |= {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
}

import pytest

from isolation import alone
from repositories import Maker


@pytest.fixture(scope="session", autouse=True)
def _isolated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the user's Git settings and home folder out of the tests."""
    with alone(tmp_path_factory, "MLFLOW_TRACKING", "MLFLOW_REGISTRY"):
        yield


@pytest.fixture(scope="session")
def _templates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("templates")


@pytest.fixture(scope="session")
def new_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of MLflow's without anything in it, to be copied: to make one takes seconds."""
    from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore

    made = tmp_path_factory.mktemp("database") / "mlflow.db"
    SqlAlchemyStore(f"sqlite:///{made}")._dispose_engine()
    return made


@pytest.fixture
def make_repository(_templates: Path, tmp_path: Path) -> Maker:
    """Makes repositories in the test's own folder."""
    return Maker(tmp_path, _templates)
