"""A DVC project made by the real `dvc` and `dvclive` is read as it is meant."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import warm_dvc
from commandline import CommandLine
from mreg.registry import Registry
from repositories import Maker, Repository

TRAIN = """
import sys
from pathlib import Path
from dvclive import Live

Path("model.pkl").write_text(sys.argv[1])
with Live(save_dvc_exp=False, report=None) as live:
    live.log_params({"lr": 0.1, "model": {"depth": 5}})
    live.log_metric("accuracy", float(sys.argv[1]))
    live.log_metric("train/loss", 0.5)
    live.log_artifact(
        "model.pkl",
        type="model", name="churn", desc="Who leaves", labels=["tabular"], meta={"x": 1},
    )
"""


QUIET = {"DVC_NO_ANALYTICS": "1", "DVC_TEST": "1", "DVCLIVE_LOGLEVEL": "ERROR"}


def dvc(folder: Path, *arguments: str) -> str:
    done = warm_dvc.run(arguments, folder, {**os.environ, **QUIET})
    assert done.code == 0, done.err
    return done.out


def train(project: Path, accuracy: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", TRAIN, accuracy],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **QUIET},
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture
def repository(make_repository: Maker) -> Repository:
    """A monorepo: a DVC project at its root, and one in a folder, which also has a pipeline."""
    made = make_repository(commits=[{"README": b"x\n"}])
    made.git("reset", "-q", "--hard")
    dvc(made.path, "init", "-q")
    train(made.path, "0.9")
    inner = made.path / "team" / "a"
    inner.mkdir(parents=True)
    dvc(inner, "init", "-q", "--subdir")
    train(inner, "0.7")
    (inner / "params.yaml").write_text("lr: 0.2\nseed: 7\n")
    stage = "import json; json.dump({'auc': 0.8}, open('scores.json', 'w')); open('big', 'w')"
    (inner / "score.py").write_text(stage)
    pipeline = ("-n", "score", "-d", "model.pkl", "-p", "lr,seed", "-M", "scores.json", "-o", "big")
    dvc(inner, "stage", "add", "-q", *pipeline, f"{sys.executable} score.py")
    dvc(inner, "repro", "-q")
    made.git("add", "-A")
    made.git("commit", "-q", "-m", "Train")
    return made


@pytest.mark.integration
def test_a_dvc_project(repository: Repository, mreg: CommandLine) -> None:
    registry = Registry.open(repository.path)
    registry.register("churn")
    registry.register("team/a:churn")
    root = registry.annotation("churn@latest")
    assert root.type == "model"
    assert root.path == "model.pkl"
    assert root.description == "Who leaves"
    assert root.labels == ("tabular",)
    assert root.custom == {"x": 1}
    assert root.metrics == {"accuracy": 0.9, "train.loss": 0.5}
    assert root.params == {"lr": 0.1, "model.depth": 5}
    assert root.sources["type"] == ("dvc.yaml",)
    assert root.sources["metrics"] == ("dvclive/metrics.json",)
    assert root.problems == ()

    inner = registry.annotation("team/a:churn@latest")
    assert inner.path == "team/a/model.pkl"
    assert inner.metrics == {"accuracy": 0.7, "train.loss": 0.5, "auc": 0.8}
    assert inner.params == {
        "team/a/dvclive/params.yaml:lr": 0.1,
        "team/a/params.yaml:lr": 0.2,
        "model.depth": 5,
        "seed": 7,
    }
    assert inner.problems == ()

    shown = {it.name: (it.type, it.path) for it in registry.artifacts()}
    assert shown == {
        "churn": ("model", "model.pkl"),
        "team/a:churn": ("model", "team/a/model.pkl"),
    }
    assert registry.problems() == ()
    assert mreg.ok("validate", repo=repository).out == ""

    # What DVC keeps outside of Git is there for the checks, by its dvc.lock.
    (repository.path / "team/a/big").unlink()
    (repository.path / "artifacts.yaml").write_text("big:\n  path: team/a/big\n")
    assert mreg.ok("validate", repo=repository).out == ""

    # A later run is another version; the first stays what it was.
    (repository.path / "artifacts.yaml").unlink()
    train(repository.path, "0.95")
    repository.git("commit", "-q", "-a", "-m", "Train again")
    registry.register("churn")
    assert registry.annotation("churn@latest").metrics["accuracy"] == 0.95
    assert registry.annotation("churn@v0.0.1").metrics["accuracy"] == 0.9


EVALUATE = """
import json, os
from dvclive import Live

os.makedirs("eval/plots", exist_ok=True)
json.dump({"avg_prec": 0.93, "loss": float("nan")}, open("eval/metrics.json", "w"))
open("eval/plots/roc.json", "w").write("[]")
open("model.pkl", "w").write("model")
os.makedirs("live", exist_ok=True)
os.chdir("live")
with Live(save_dvc_exp=False, report=None) as live:
    live.log_metric("loss", float("inf"))
    live.log_metric("acc", 0.5)
"""
# As in https://github.com/iterative/example-get-started: `eval` is an output that DVC caches.
CACHED = """
stages:
  evaluate: {{cmd: '{python} evaluate.py', outs: [eval, model.pkl]}}
metrics: [eval/metrics.json]
artifacts:
  text-classification: {{path: model.pkl, type: model}}
"""


@pytest.mark.integration
def test_metrics_in_dvcs_cache_and_those_of_a_run_outside_of_a_pipeline(
    make_repository: Maker, mreg: CommandLine
) -> None:
    made = make_repository(commits=[{"README": b"x\n"}])
    made.git("reset", "-q", "--hard")
    dvc(made.path, "init", "-q")
    (made.path / "evaluate.py").write_text(EVALUATE)
    (made.path / "dvc.yaml").write_text(CACHED.format(python=sys.executable))
    (made.path / "artifacts.yaml").write_text("net: {path: live/net.pkl}\n")
    dvc(made.path, "repro", "-q")
    made.git("add", "-A")
    made.git("commit", "-q", "-m", "Evaluate")
    registry = Registry.open(made.path)
    registry.register("text-classification")
    registry.register("net", force=True)  # its file was never made
    found = registry.annotation("text-classification@latest")
    assert str(found.metrics) == "{'avg_prec': 0.93, 'loss': nan}"
    assert found.sources["metrics"] == ("eval/metrics.json",)
    found = registry.annotation("net@latest")
    assert str(found.metrics) == "{'loss': inf, 'acc': 0.5}"
    assert found.sources["metrics"] == ("live/dvclive/metrics.json",)
    best = mreg.ok("best", "net", "--metric", "acc", "--field", "version", repo=made)
    assert best.out == "v0.0.1\n"


MANY = """\
stages:
  fit:
    matrix:
      model: [tree, net]
      data: ${{sets}}
    cmd: {python} fit.py ${{item.model}} ${{item.data.name}}
    params: [depth]
    outs: ["models/${{item.model}}-${{item.data.name}}.pkl"]
    metrics:
      - eval/${{item.model}}-${{item.data.name}}.json:
          cache: false
  tune:
    foreach:
      small: {{score: 1}}
      large: {{score: 2}}
    do:
      cmd: {python} fit.py ${{key}} tuned
      outs: ["models/${{key}}-tuned.pkl"]
      metrics:
        - eval/${{key}}-tuned.json:
            cache: false
"""
FIT = """
import json, sys
from pathlib import Path
model, data = sys.argv[1:]
for it in ("models", "eval"):
    Path(it).mkdir(exist_ok=True)
Path(f"models/{model}-{data}.pkl").write_text(model)
Path(f"eval/{model}-{data}.json").write_text(json.dumps({"score": len(model) + len(data) / 10}))
"""


@pytest.mark.integration
def test_metrics_of_a_stage_that_stands_for_several(make_repository: Maker) -> None:
    """Each artifact has the metrics of its own combination; DVC says the same numbers."""
    made = make_repository(commits=[{"README": b"x\n"}])
    made.git("reset", "-q", "--hard")
    dvc(made.path, "init", "-q")
    (made.path / "fit.py").write_text(FIT)
    (made.path / "params.yaml").write_text("depth: 3\nsets: [{name: eu}, {name: us}]\n")
    (made.path / "dvc.yaml").write_text(MANY.format(python=sys.executable))
    names = ["tree-eu", "tree-us", "net-eu", "net-us", "small-tuned", "large-tuned"]
    annotated = "".join(f"{it}: {{path: models/{it}.pkl}}\n" for it in names)
    (made.path / "artifacts.yaml").write_text(annotated)
    dvc(made.path, "repro", "-q")
    made.git("add", "-A")
    made.git("commit", "-q", "-m", "Fit")
    registry = Registry.open(made.path)
    found = {}
    for name in names:
        registry.register(name)
        found[name] = registry.annotation(f"{name}@latest")
    shown = json.loads(dvc(made.path, "metrics", "show", "--json"))
    files = shown[""]["data"]
    assert {f"eval/{it}.json" for it in names} == files.keys()
    for name, said in found.items():
        assert said.metrics == files[f"eval/{name}.json"]["data"]
        assert said.params == ({"depth": 3} if name.count("-") == 1 and "tuned" not in name else {})
