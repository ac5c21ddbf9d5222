"""One registry twice: in Git, and in MLflow's SQLite store; and what either answers.

The versions are v0.0.1, v0.0.2 and so on, whose numbers are 1, 2 and so on: those that MLflow
counts. What the one says of a version (tags, description, run) is put into the other.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import mlflow.store.model_registry.sqlalchemy_store as sql
from mlflow.entities.model_registry import ModelVersion, RegisteredModel
from mlflow.exceptions import MlflowException
from mlflow.store.entities.paged_list import PagedList
from mlflow.store.model_registry.abstract_store import AbstractStore
from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore

from mreg.integrations.mlflow.store import MregStore
from repositories import START, Maker, Tag

TYPES = {"alpha": "model", "beta": "dataset", "Gamma": "model", "gamma-2": "model"}
VERSIONS = {
    "alpha": [(1, 10), (2, 20), (3, 60), (4, 70), (5, 110)],
    "beta": [(1, 15), (2, 80)],
    "Gamma": [(1, 30)],
    "gamma-2": [(1, 30), (2, 90), (3, 91)],
    "data=sets~raw": [(1, 40)],
    **{f"many-{number:02}": [(1, 200 + number)] for number in range(25)},
}
"""Each model's versions, and when they were registered, in seconds since the start."""

DELETED = [("alpha", 4, 120), ("beta", 1, 121)]
HELD = {
    "alpha": {"prod": 2, "Staging": 3, "canary": 5},
    "beta": {"prod": 2},
    "gamma-2": {"production": 3, "prod": 1},
}
"""The stages, and the versions that hold them."""

RUNS = {("alpha", 3): "run-3", ("gamma-2", 2): "run-2"}


def in_git(make_repository: Maker) -> Path:
    """Make the registry in Git, and return its folder."""
    yaml = "".join(
        f"{name}:\n  type: {kind}\n  labels: [weekly]\n  metrics: {{accuracy: 0.9}}\n"
        for name, kind in TYPES.items()
    )
    tags = [
        Tag(f"{_in_tag(name)}@v0.0.{number}", number, time, _message(name, number))
        for name, versions in VERSIONS.items()
        for number, time in versions
    ]
    tags += [Tag(f"{name}@v0.0.{number}!", number, time) for name, number, time in DELETED]
    for name, held in HELD.items():
        for count, (stage, number) in enumerate(held.items(), start=1):
            time = dict(VERSIONS[name])[number]
            text = f"Promote.\n\nVersion: v0.0.{number}"
            tags.append(Tag(f"{name}#{stage}#{count}", number, time, text))
    files = [{"artifacts.yaml": yaml.encode()}, *({} for _ in range(5))]
    return make_repository(tags, commits=files).path


def in_sql(database: Path, git: MregStore) -> SqlAlchemyStore:
    """Make the same in a store of SQLite, with the tags and descriptions of the one in Git."""
    store = SqlAlchemyStore(f"sqlite:///{database}")
    every = sorted(
        (time, name, number) for name, found in VERSIONS.items() for number, time in found
    )
    for time, name, number in every:
        with _clock(time):
            if number == 1:
                store.create_registered_model(name, *_about_model(git, name))
            made = _version(git, name, number)
            tags = [_tag(key, value) for key, value in made.tags.items()] if made else []
            source = git._address.version(name, f"v0.0.{number}")
            run = RUNS.get((name, number))
            about = made.description if made else None
            store.create_model_version(name, source, run, tags, description=about)
    for name, number, time in DELETED:
        with _clock(time):
            store.delete_model_version(name, number)
    for name, held in HELD.items():
        for alias, number in held.items():
            with _clock(dict(VERSIONS[name])[number]):
                store.set_registered_model_alias(name, alias, number)
                if alias.lower() in ("staging", "production"):
                    store.transition_model_version_stage(name, number, alias, False)
    return store


def _in_tag(name: str) -> str:
    return name.replace("~", "/")


def _message(name: str, number: int) -> str:
    said = f"Number {number}"
    return f"{said}\n\nMlflow-Run: {RUNS[name, number]}" if (name, number) in RUNS else said


def _version(git: MregStore, name: str, number: int) -> ModelVersion | None:
    return (
        None
        if (name, number) in {it[:2] for it in DELETED}
        else git.get_model_version(name, number)
    )


def _about_model(git: MregStore, name: str) -> tuple[list[Any], str | None]:
    found = git.get_registered_model(name)
    return [_tag(key, value) for key, value in found.tags.items()], found.description


def _tag(key: str, value: str) -> Any:
    from mlflow.entities.model_registry import ModelVersionTag

    return ModelVersionTag(key, value)


@contextmanager
def _clock(time: int) -> Iterator[None]:
    with patch.object(sql, "get_current_time_millis", lambda: (START + time) * 1000):
        yield


def answer(store: AbstractStore, asked: Callable[[AbstractStore], Any]) -> Any:
    """Return what a store answers, as plain values; of an error its code, or what it is."""
    try:
        return plain(asked(store))
    except MlflowException as error:
        return f"error: {error.error_code}"
    except (AttributeError, TypeError, ValueError) as error:  # which a server answers with a 500
        return f"bug: {type(error).__name__}"


def offset(token: str | bytes | None) -> int | None:
    """Return where a mark says that the next page begins; ours says more than that."""
    return json.loads(base64.b64decode(token))["offset"] if token else None


def plain(value: Any) -> Any:
    """Return an answer as plain values, without what the lists in docs/how-to/mlflow.md excuse.

    MLflow's SQLite store gives versions as integers, its server gives texts; it knows no user, and
    keeps no metrics.
    """
    if isinstance(value, ModelVersion):
        return {
            "name": value.name,
            "version": str(value.version),
            "created": value.creation_timestamp,
            "description": value.description,
            "stage": value.current_stage,
            "source": value.source,
            "run": value.run_id,
            "status": value.status,
            "tags": dict(value.tags),
            "aliases": sorted(value.aliases),
        }
    if isinstance(value, RegisteredModel):
        return {
            "name": value.name,
            "created": value.creation_timestamp,
            "description": value.description,
            "tags": dict(value.tags),
            "aliases": {at: str(it) for at, it in value.aliases.items()},
            "latest": sorted((str(it.version), it.current_stage) for it in value.latest_versions),
        }
    if isinstance(value, PagedList):
        return [plain(it) for it in value], offset(value.token)
    if isinstance(value, (list, tuple)):
        return [plain(it) for it in value]
    return value
