"""A project as DVC's own example has it: four stages, and a folder `eval/` that DVC caches.

Its shape is that of https://github.com/iterative/example-get-started, the programs are ours.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

from pipelines import environment
from repositories import EMAIL, NAME, run

_PROGRAMS = {
    "prepare": """
lines = Path("data/data.csv").read_text().splitlines()
cut = int(len(lines) * (1 - params["prepare"]["split"]))
write("data/prepared/train.csv", "\\n".join(lines[:cut]))
write("data/prepared/test.csv", "\\n".join(lines[cut:]))
""",
    "featurize": """
for name in ("train", "test"):
    rows = Path(f"data/prepared/{name}.csv").read_text().splitlines()
    features = [len(row) * params["featurize"]["ngrams"] for row in rows]
    write(f"data/features/{name}.json", json.dumps(features))
""",
    "train": """
features = json.loads(Path("data/features/train.json").read_text())
write("model.pkl", json.dumps([features, params["train"]]))
""",
    "evaluate": """
features, settings = json.loads(Path("model.pkl").read_text())
size, trees = sum(features), settings["n_est"]
scores = {
    name: {"train": 1 - by / (trees * size), "test": 1 - 3 * by / size}
    for name, by in (("avg_prec", 1.1), ("roc_auc", 0.7))
}
write("eval/metrics.json", json.dumps(scores))
points = [{"fpr": it / 10, "tpr": (it / 10) ** (1 / settings["n_est"])} for it in range(11)]
write("eval/plots/roc.json", json.dumps(points))
""",
}
_HEAD = """
import json
from pathlib import Path
from ruamel.yaml import YAML

params = YAML(typ="safe").load(Path("params.yaml"))

def write(path, text):
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text)
"""

_PIPELINE = """\
stages:
  prepare:
    cmd: python src/prepare.py
    deps: [data/data.csv, src/prepare.py]
    params: [prepare.split]
    outs: [data/prepared]
  featurize:
    cmd: python src/featurize.py
    deps: [data/prepared, src/featurize.py]
    params: [featurize.ngrams]
    outs: [data/features]
  train:
    cmd: python src/train.py
    deps: [data/features, src/train.py]
    params: [train]
    outs: [model.pkl]
  evaluate:
    cmd: python src/evaluate.py
    deps: [model.pkl, data/features, src/evaluate.py]
    outs: [eval]
metrics: [eval/metrics.json]
plots:
  - ROC: {template: simple, x: fpr, y: {eval/plots/roc.json: tpr}}
artifacts:
  text-classification:
    path: model.pkl
    type: model
"""

ARTIFACT = "text-classification"
FIRST, SECOND = (f"{ARTIFACT}@v0.{number}.0" for number in (1, 2))

# One process of DVC's for all that is asked of it: to load it takes seconds.
_DRIVER = """
import contextlib, io, json, os, subprocess
from pathlib import Path
from dvc.cli import main
from mreg.registry import Registry

NAME = "text-classification"
FIRST, SECOND = f"{NAME}@v0.1.0", f"{NAME}@v0.2.0"
now = int(os.environ["GIT_COMMITTER_DATE"].split()[0])

def dvc(*words):
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        code = main([*words])
    assert code == 0, (words, printed.getvalue())
    return printed.getvalue()

def git(*words):
    subprocess.run(["git", *words], check=True, capture_output=True)

def recorded(act, *words, **more):
    # Each event a second after the one before: DVC goes by the tags' times.
    global now
    now += 1
    os.environ["GIT_COMMITTER_DATE"] = f"{now} +0000"
    getattr(Registry.open("."), act)(*words, **more)

def folders(place):
    return sum(it.is_file() for it in Path(place).rglob("*.dir"))

said = {}
dvc("init", "--quiet")
# Of a path that is not absolute, see below.
dvc("remote", "add", "--quiet", "--default", "storage", os.path.abspath("../storage"))
for trees, split, version in ((50, 0.2, "v0.1.0"), (100, 0.25, "v0.2.0")):
    params = {
        "prepare": {"split": split},
        "featurize": {"ngrams": 2},
        "train": {"n_est": trees, "min_split": 0.01},
    }
    Path("params.yaml").write_text(json.dumps(params))
    dvc("repro", "--quiet")
    git("add", "--all")
    git("commit", "--quiet", "--message", f"Train {trees} trees")
    recorded("register", NAME, version=version)
dvc("push", "--quiet", "--all-tags")
said["folders after push --all-tags"] = folders("../storage/files")
for words in ("metrics diff", "params diff"):
    said[words] = json.loads(dvc(*words.split(), "--json", FIRST, SECOND))
said["metrics show"] = json.loads(dvc("metrics", "show", "--json", "--all-tags"))
git("clone", "--quiet", ".", "../clone")
git("clone", "--quiet", ".", "../released")
git("clone", "--quiet", ".", "../live")

os.chdir("../clone")
said["metrics diff without a cache"] = json.loads(dvc("metrics", "diff", "--json", FIRST, SECOND))
said["cache then"] = Path(".dvc/cache/files").exists()

os.chdir("../released")

def got(*words):
    Path("got").unlink(missing_ok=True)
    dvc("artifacts", "get", "--quiet", ".", NAME, *words, "--out", "got")
    return json.loads(Path("got").read_text())[1]["n_est"]

recorded("promote", FIRST, "prod")
recorded("promote", SECOND, "prod")
recorded("rollback", NAME, "prod")
said["after a rollback"] = got("--stage", "prod")
recorded("promote", SECOND, "prod")
recorded("demote", SECOND, "prod")
said["after a demotion"] = got("--stage", "prod")
recorded("deregister", SECOND)
said["after a deregistration"] = [got(), got("--rev", "v0.2.0"), got("--stage", "prod")]

Path("artifacts.yaml").write_text("early: {path: model.pkl}\\n")
git("add", "artifacts.yaml")
git("commit", "--quiet", "--message", "Annotate where DVC does not look")
recorded("register", "early")
said["get of artifacts.yaml"] = main(["artifacts", "get", "--quiet", ".", "early", "--out", "got"])
dvc("fetch", "--quiet", "--all-tags")
said["folders after fetch --all-tags"] = folders(".dvc/cache/files")

os.mkdir("../relative")
os.chdir("../relative")
git("init", "--quiet")
dvc("init", "--quiet")
# From the project's .dvc and from the root alike, it leads into the folder around the project.
around = os.path.dirname(os.getcwd())
Path(".dvc/config").write_text(
    f"[core]\\n    remote = s\\n['remote \\"s\\"']\\n    url = ../..{around}/counted\\n"
)
for number in ("one", "two"):
    Path("model.txt").write_text(number)
    dvc("add", "--quiet", "model.txt")
    git("add", "--all")
    git("commit", "--quiet", "--message", number)
    git("tag", number)
dvc("push", "--quiet", "--all-tags")
said["pushed to a relative path"] = {
    name: sorted(it.read_text() for it in Path(place).rglob("*") if it.is_file())
    for name, place in (
        ("from .dvc", f"{around}{around}/counted"), ("from the root", f"{around}/counted")
    )
}

os.chdir("../live")
from dvclive import Live

with Path("dvc.yaml").open("a") as file:
    file.write("  other: {path: models/dvclive/other.bin, type: model}\\n")
Path("artifacts.yaml").write_text("third: {path: models/dvclive/third.bin}\\n")
Path("fresh.bin").write_bytes(b"fresh")
with Live(save_dvc_exp=False, report=None, monitor_system=False) as live:
    live.log_metric("accuracy", 0.91)
    live.log_artifact("fresh.bin", type="model", name="fresh", cache=False)
git("add", "--all")
git("commit", "--quiet", "--message", "A run")
print(json.dumps(said))
"""


class GettingStarted(NamedTuple):
    """The project.

    Attributes:
        path: its folder; DVC's cache is in it.
        said: what DVC said meanwhile.
    """

    path: Path
    said: dict[str, Any]

    @property
    def clone(self) -> Path:
        """A clone of it, without a cache, with the same remote of DVC's."""
        return self.path.with_name("clone")

    @property
    def released(self) -> Path:
        """A clone in which v0.2.0 was put into prod, taken out, and then deregistered."""
        return self.path.with_name("released")

    @property
    def live(self) -> Path:
        """A clone in which DVCLive has run, and two more models were annotated before."""
        return self.path.with_name("live")


def make(folder: Path) -> GettingStarted:
    """Make the project in a folder, with two versions registered."""
    path = folder / "project"
    files = {f"src/{name}.py": _HEAD + text for name, text in _PROGRAMS.items()}
    files |= {"dvc.yaml": _PIPELINE, "data/data.csv": "".join(f"{it * it}\n" for it in range(40))}
    for name, text in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(text)
    run(path, "init", "-q", "-b", "main")
    run(path, "config", "user.name", NAME)
    run(path, "config", "user.email", EMAIL)
    return GettingStarted(path, _driven(path))


def _driven(path: Path) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", _DRIVER],
        cwd=path,
        env=environment(path.parent),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return said
