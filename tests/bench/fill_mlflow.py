"""Fill an MLflow store with models, each with versions of one run; run by MLflow's own Python.

The tables are written as MLflow's store defines them: by its client, a version takes 20 ms.

    python tests/bench/fill_mlflow.py MODELS VERSIONS FILE
"""

from __future__ import annotations

import sys

from mlflow.entities import Metric
from mlflow.store.model_registry.dbmodels import models
from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore as Registry
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore as Runs
from sqlalchemy import insert

START, DAY = 1_700_000_000_000, 86_400_000
PROMOTED = 10
KINDS = 20


def fill(count: int, releases: int, address: str) -> None:
    """Fill a store; every tenth version is in production, the last one stays there."""
    runs = Runs(address, "./artifacts")
    run = runs.create_run("0", "bench", START, [], "train")
    runs.log_batch(run.info.run_id, [Metric("accuracy", 0.9, START, 0)], [], [])
    store = Registry(address)
    names = [f"team-{it // 10:03}-model-{it % 10}" for it in range(count)]
    registered = [
        {
            "name": name,
            "creation_time": START,
            "last_updated_time": START + releases * DAY + number,
            "description": f"Predicts the demand of segment {number % 10}",
        }
        for number, name in enumerate(names)
    ]
    versions = [
        {
            "name": name,
            "version": it,
            "creation_time": START + it * DAY,
            "last_updated_time": START + it * DAY,
            "description": f"Run {it}",
            "user_id": "ann",
            "current_stage": _stage(it, releases),
            "source": f"models/{name}/{it}",
            "run_id": run.info.run_id,
            "status": "READY",
        }
        for name in names
        for it in range(1, releases + 1)
    ]
    tags = [
        {"name": name, "key": "kind", "value": f"kind-{number % KINDS}"}
        for number, name in enumerate(names)
    ]
    with store.engine.begin() as connection:
        connection.execute(insert(models.SqlRegisteredModel), registered)
        connection.execute(insert(models.SqlModelVersion), versions)
        connection.execute(insert(models.SqlRegisteredModelTag), tags)


def _stage(version: int, releases: int) -> str:
    if version % PROMOTED:
        return "None"
    return "Production" if version == releases else "Archived"


if __name__ == "__main__":
    fill(int(sys.argv[1]), int(sys.argv[2]), f"sqlite:///{sys.argv[3]}")
