"""MLflow over a registry in Git, beside MLflow over its own SQLite: in one process, in turn."""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
from collections.abc import Iterator
from pathlib import Path

import builds
from bench import Bench
from figure import Bound, Figure
from surroundings import CACHE, ENVIRONMENT

_PROGRAM = str(Path(__file__).with_name("mlflow_questions.py"))
_BOUNDS = {
    "search_registered_models, first page": Bound(1),
    "get_model_version_by_alias": Bound(1.5),
    "load_model, warm": Bound(1),
}


def measured(_: Bench) -> Iterator[Figure]:
    """Put MLflow's questions to both stores, over 1,000 models with ten versions each."""
    try:
        pairs = _asked()
    except (OSError, subprocess.CalledProcessError) as error:
        for name, bound in _BOUNDS.items():
            yield Figure(name, "wall", bound=bound, failed=f"MLflow is not here: {error}")
        return
    for name, found in pairs.items():
        ratios = [ours / theirs for ours, theirs in found]
        ours, theirs = zip(*found, strict=True)
        yield Figure(
            f"{name}, 1,000 models : MLflow {builds.MLFLOW}'s SQLite store",
            "wall",
            wall=statistics.median(ratios),
            spread=(min(ratios), max(ratios)),
            took=(statistics.median(ours), statistics.median(theirs)),
            pairs=len(ratios),
            bound=_BOUNDS[name],
        )


def _asked() -> dict[str, list[tuple[float, float]]]:
    build = builds.with_mlflow()
    folder = CACHE / "mlflow-pair-1000x10-1"
    if not (folder / "whole").exists():  # it is made where it stays: it names its own place
        shutil.rmtree(folder, ignore_errors=True)
        _run(build, "make", folder)
    found: dict[str, list[tuple[float, float]]] = json.loads(_run(build, "ask", folder))
    return found


def _run(build: builds.Build, what: str, folder: Path) -> bytes:
    words = build.python(_PROGRAM, what, str(folder))
    return subprocess.run(
        words, env=ENVIRONMENT, cwd=folder.parent, stdout=subprocess.PIPE, check=True
    ).stdout
