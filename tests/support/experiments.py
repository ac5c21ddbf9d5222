"""A DVC project made by the real `dvc` and DVCLive: a model, its plots, and three experiments."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from pipelines import begun, dvc, environment
from repositories import EMAIL, NAME, START, Repository, run

TRAIN = """\
import base64, csv, json, math
from pathlib import Path
from dvclive import Live

PICTURE = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ"
    "AAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
read = (line.split(": ") for line in Path("params.yaml").read_text().splitlines())
params = {key: float(value) for key, value in read}
rate, epochs = params["rate"], int(params["epochs"])
with Live("dvclive", dvcyaml=None, save_dvc_exp=False, monitor_system=False) as live:
    for step in range(epochs):
        live.log_metric("train/loss", math.exp(-rate * step))
        live.log_metric("valid/loss", math.exp(-rate * step) + 0.01 * step)
        live.log_metric("accuracy", 1 - math.exp(-rate * (step + 1)) / 2)
        live.next_step()
    live.log_metric("auc", 1 - math.exp(-rate * epochs) / 4)
with Path("predicted.csv").open("w", newline="") as file:
    rows = csv.writer(file)
    rows.writerow(["actual", "predicted"])
    for number in range(60):
        actual = ("left", "stays")[number % 2]
        wrong = number % 7 < 7 * math.exp(-rate * epochs)
        rows.writerow([actual, "stays" if wrong else actual])
points = [{"fpr": it / 10, "tpr": (it / 10) ** (1 / (1 + rate * epochs))} for it in range(11)]
Path("roc.json").write_text(json.dumps({"roc": points, "auc": 0.5}))
Path("curve.png").write_bytes(base64.b64decode(PICTURE))
Path("model.bin").write_bytes(f"{rate} {epochs}".encode() * 100)
"""

PIPELINE = """\
stages:
  train:
    cmd: python train.py
    deps: [train.py]
    params: [rate, epochs]
    outs: [model.bin]
    metrics:
      - dvclive/metrics.json: {cache: false}
    plots:
      - dvclive/plots: {x: step}
      - predicted.csv: {cache: false, template: confusion, x: actual, y: predicted}
      - roc.json: {cache: false, template: simple, x: fpr, y: tpr}
      - curve.png
plots:
  - loss:
      x: step
      y:
        dvclive/plots/metrics/train/loss.tsv: loss
        dvclive/plots/metrics/valid/loss.tsv: loss
      title: Loss of training and validation
      x_label: epoch
  - roc of the test set:
      template: scatter
      x: {roc.json: fpr}
      y: {roc.json: [tpr]}
"""

_ARTIFACTS = """\
churn:
  type: model
  path: model.bin
  metrics: [dvclive/metrics.json]
  params: [params.yaml]
"""

EXPERIMENTS = {
    "quick": {"rate": 0.8},
    "patient": {"epochs": 9},
    "bold": {"rate": 1.5, "epochs": 4},
}
"""What each experiment sets in params.yaml, by the experiment's name; of a first run with a rate of
0.3 and 6 epochs."""

_DRIVER = """\
import json, sys
from dvc.repo import Repo

with Repo() as repo:
    for name, params in json.loads(sys.argv[1]).items():
        sets = [f"{key}={value}" for key, value in params.items()]
        repo.experiments.run(name=name, params=sets, tmp_dir=True)
"""


class Experiments(NamedTuple):
    """A project with experiments.

    Attributes:
        path: its folder; DVC's cache is in it.
        base: the commit from which the experiments began: HEAD, and churn@v1.0.0.
        commits: the experiments' commits, by name, as `refs/exps/...` hold them.
    """

    path: Path
    base: str
    commits: dict[str, str]

    @property
    def repository(self) -> Repository:
        """The repository."""
        return Repository(self.path, (self.base, *self.commits.values()))

    def dvc(self, *arguments: str) -> str:
        """Run DVC in the project; return what it printed."""
        return dvc(self.path, *arguments)


def make(folder: Path) -> Experiments:
    """Make a project in a folder: `churn`, trained once, and three experiments from there."""
    path = begun(folder)
    files = {"train.py": TRAIN, "dvc.yaml": PIPELINE, "artifacts.yaml": _ARTIFACTS}
    for name, text in {**files, "params.yaml": "rate: 0.3\nepochs: 6\n"}.items():
        (path / name).write_text(text)
    run(path, "add", "-A")
    run(path, "commit", "-q", "-m", "A pipeline")
    dvc(path, "repro", "-q")
    run(path, "add", "-A")
    run(path, "commit", "-q", "-m", "Train churn")
    base = run(path, "rev-parse", "HEAD").decode().strip()
    tag(path, "churn@v1.0.0", base, START)
    driven = subprocess.run(
        [sys.executable, "-c", _DRIVER, json.dumps(EXPERIMENTS)],
        cwd=path,
        env=environment(folder),
        capture_output=True,
        text=True,
        check=False,
    )
    assert driven.returncode == 0, driven.stderr
    listed = run(path, "for-each-ref", "--format=%(refname) %(objectname)", "refs/exps").decode()
    found = dict(line.split() for line in listed.splitlines())
    names = {ref.rpartition("/")[2]: oid for ref, oid in found.items()}
    return Experiments(path, base, {name: names[name] for name in EXPERIMENTS})


def copied(found: Experiments, folder: Path) -> Experiments:
    """Copy a project into another folder, for a test that changes it."""
    shutil.copytree(found.path, folder / "project", symlinks=True)
    return found._replace(path=folder / "project")


def tag(path: Path, name: str, commit: str, time: int) -> None:
    """Register a version as a tag of a time."""
    who = f"{NAME} <{EMAIL}> {time} +0000"
    raw = f"object {commit}\ntype commit\ntag {name}\ntagger {who}\n\nA version.\n"
    oid = run(path, "mktag", stdin=raw.encode()).decode().strip()
    run(path, "update-ref", f"refs/tags/{name}", oid)
