"""Ask MLflow's SQLite store and a registry in Git the same, in turn, in one running process.

Run by an environment that has both; it prints JSON: of each question pairs of seconds, ours first.

    python tests/bench/mlflow_questions.py make FOLDER
    python tests/bench/mlflow_questions.py ask FOLDER
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

os.environ |= {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}

import mlflow
import mlflow.sklearn
from mlflow.store.model_registry.abstract_store import AbstractStore
from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore
from sklearn.linear_model import LinearRegression

from mreg.integrations.mlflow.store import MregStore

MODELS, VERSIONS, ROUNDS = 1_000, 10, 30
START, WHO = 1_700_000_000, "Ann Example <ann@example.com>"
NAME = "model-0500"


def make(folder: Path) -> None:
    """Make both: 1,000 models with ten versions each, of which the fifth is in production."""
    folder.mkdir(parents=True)
    model = folder / "model"
    mlflow.sklearn.save_model(
        LinearRegression().fit([[0], [1]], [0, 2]), model, pip_requirements=[]
    )
    repo = folder / "registry"
    subprocess.run(["git", "init", "-q", "-b", "main", str(repo)], check=True)
    stream = b"".join(_stream(model))
    subprocess.run(["git", "fast-import", "--quiet"], cwd=repo, input=stream, check=True)
    subprocess.run(["git", "pack-refs", "--all"], cwd=repo, check=True)
    store = SqlAlchemyStore(_sqlite(folder))
    for number in range(MODELS):
        _fill(store, f"model-{number:04}", model)
    (folder / "whole").touch()


def _sqlite(folder: Path) -> str:
    return f"sqlite:///{folder}/mlflow.db"


def _fill(store: SqlAlchemyStore, name: str, model: Path) -> None:
    store.create_registered_model(name)
    for _ in range(VERSIONS):
        store.create_model_version(name, str(model))
    store.set_registered_model_alias(name, "prod", 5)


def _stream(model: Path) -> Iterator[bytes]:
    names = [f"model-{number:04}" for number in range(MODELS)]
    entries = "".join(f"{it}: {{type: model, path: model}}\n" for it in names)
    files = {"artifacts.yaml": entries.encode()}
    files |= {f"model/{it.name}": it.read_bytes() for it in model.iterdir() if it.is_file()}
    yield f"commit refs/heads/main\nmark :1\ncommitter {WHO} {START} +0000\ndata 0\n".encode()
    for path, content in files.items():
        yield f"M 644 inline {path}\ndata {len(content)}\n".encode() + content + b"\n"
    for name in names:
        for patch in range(1, VERSIONS + 1):
            yield _tag(f"{name}@v0.0.{patch}", START + patch, f"Number {patch}\n")
        yield _tag(f"{name}#prod#1", START + 20, "Promote\n\nVersion: v0.0.5\n")


def _tag(name: str, when: int, message: str) -> bytes:
    head = f"tag {name}\nfrom :1\ntagger {WHO} {when} +0000\ndata {len(message)}\n{message}\n"
    return head.encode()


def ask(folder: Path) -> dict[str, list[tuple[float, float]]]:
    """Return how long each question took both, in turn."""
    os.chdir(folder)
    mlflow.set_tracking_uri(_sqlite(folder))
    uris = f"mreg://{folder}/registry", _sqlite(folder)
    stores: tuple[AbstractStore, AbstractStore] = MregStore(uris[0]), SqlAlchemyStore(uris[1])

    def loaded(which: int) -> Any:
        mlflow.set_registry_uri(uris[which])
        return mlflow.pyfunc.load_model(f"models:/{NAME}@prod")

    def aliased(which: int) -> Any:
        return stores[which].get_model_version_by_alias(NAME, "prod")

    questions: dict[str, Callable[[int], Any]] = {
        "search_registered_models, first page": lambda it: stores[it].search_registered_models(),
        "get_model_version_by_alias": lambda it: stores[it].get_model_version_by_alias(
            NAME, "prod"
        ),
        "load_model, warm": loaded,
    }
    return {name: [*_pairs(asked)] for name, asked in questions.items()}


def _pairs(asked: Callable[[int], Any]) -> Iterator[tuple[float, float]]:
    for turn in range(ROUNDS + 3):
        took = []
        for which in (0, 1):
            begin = time.perf_counter()
            asked(which)
            took.append(time.perf_counter() - begin)
        if turn >= 3:  # the first ones read what the others find
            yield took[0], took[1]


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    what, target = sys.argv[1], Path(sys.argv[2]).absolute()
    if what == "make":
        make(target)
    else:
        print(json.dumps(ask(target)))
