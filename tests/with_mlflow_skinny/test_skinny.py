"""mlflow-skinny over a registry in Git: no database, no numpy, no server."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path

os.environ |= {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}

import mlflow
import mlflow.artifacts
import pytest

from mreg import Registry
from repositories import Maker, Repository, Tag, isolated

NOWHERE = "http://127.0.0.1:9"
"""A tracking server that nobody asks: without one, mlflow-skinny looks for SQLAlchemy."""


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Repository]:
    """A registry, of which MLflow is told."""
    for folder in ("home", "templates", "out"):
        (tmp_path / folder).mkdir()
    for name, value in isolated(tmp_path / "home").items():
        monkeypatch.setenv(name, value)
    files = {"artifacts.yaml": b"churn: {type: model, path: model}\n", "model/MLmodel": b"x: 1\n"}
    tags = [Tag("churn@v1.2.0"), Tag("churn@v1.3.0-rc.1", 1), Tag("churn#prod#1", 0, 10)]
    repo = Maker(tmp_path, tmp_path / "templates")(tags, commits=[files, {}])
    monkeypatch.setenv("MLFLOW_REGISTRY_URI", "")
    mlflow.set_tracking_uri(NOWHERE)
    mlflow.set_registry_uri(f"mreg://{repo.path}?write=true")
    yield repo
    mlflow.set_registry_uri("")


def test_it_is_the_small_one() -> None:
    assert importlib.util.find_spec("sqlalchemy") is None
    assert importlib.util.find_spec("numpy") is None


def test_it_reads(repo: Repository) -> None:
    client = mlflow.MlflowClient()
    assert [it.name for it in client.search_registered_models("name LIKE 'ch%'")] == ["churn"]
    assert [it.version for it in client.search_model_versions("name = 'churn'")] == ["1002000"]
    assert client.get_model_version_by_alias("churn", "prod").version == "1002000"
    assert client.get_model_version_by_alias("churn", "latest").version == "v1.3.0-rc.1"


def test_it_downloads(repo: Repository, tmp_path: Path) -> None:
    found = mlflow.artifacts.download_artifacts(
        "models:/churn@prod", dst_path=str(tmp_path / "out")
    )
    assert (Path(found) / "MLmodel").read_bytes() == b"x: 1\n"
    assert (Path(found) / "registered_model_meta").exists()


def test_it_writes(repo: Repository) -> None:
    mlflow.MlflowClient().set_registered_model_alias("churn", "canary", "1002000")
    assert Registry.open(repo.path).resolve("churn#canary").version == "v1.2.0"
