"""A DVC project made by the real `dvc`, in several versions, for the tests of lineage."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path
from typing import NamedTuple

import warm_dvc
from repositories import ANN, EMAIL, NAME, START, Repository, isolated, run

_PROGRAMS = {
    "prepare.py": """
from pathlib import Path
rows = Path("data/raw.csv").read_text().splitlines()
Path("data/prepared").mkdir(exist_ok=True)
Path("data/prepared/train.csv").write_text("\\n".join(rows[::2]))
Path("data/prepared/test.csv").write_text("\\n".join(rows[1::2]))
""",
    "featurize.py": """
from pathlib import Path
rows = Path("data/prepared/train.csv").read_text().splitlines()
Path("data/features.csv").write_text("\\n".join(f"{row},1" for row in rows))
""",
    "src/train.py": """
from pathlib import Path
texts = [Path(it).read_text() for it in ("data/features.csv", "params.yaml")]
Path("model.pkl").write_text("".join(texts))
""",
    "evaluate.py": """
import json
from pathlib import Path
size = len(Path("model.pkl").read_text())
scores = {"auc": round(1 - 1 / size, 4), "test": {"rows": size, "loss": 1 / size}}
Path("metrics.json").write_text(json.dumps(scores))
""",
}

_PIPELINE = """\
stages:
  prepare:
    cmd: python prepare.py
    deps: [data/raw.csv, prepare.py]
    outs: [data/prepared]
  featurize:
    cmd: python featurize.py
    deps: [data/prepared/train.csv, featurize.py]
    outs: [data/features.csv]
  train:
    cmd: python src/train.py
    deps: [data/features.csv, src/train.py]
    params: [train.lr, train.depth]
    outs: [model.pkl]
  evaluate:
    cmd: python evaluate.py
    deps: [model.pkl, evaluate.py]
    metrics:
      - metrics.json: {cache: false}
"""

_ARTIFACTS = """\
churn:
  type: model
  path: model.pkl
  metrics: [metrics.json]
raw:
  type: dataset
  path: data/raw.csv
"""


class Trained(NamedTuple):
    """A version of the pipeline.

    Attributes:
        commit: the commit.
        digests: the MD5 of each file that the pipeline read or made, by path: of the bytes in the
            work tree, when they were there.
    """

    commit: str
    digests: dict[str, str]


class Project(NamedTuple):
    """A repository with a DVC pipeline.

    Attributes:
        path: its folder.
        trained: what was committed, the oldest first: churn@v1.0.0 and so on; the second differs
            from the first in its params, the third in its data.
    """

    path: Path
    trained: tuple[Trained, ...]

    @property
    def repository(self) -> Repository:
        """The repository."""
        return Repository(self.path, tuple(it.commit for it in self.trained))

    def dvc(self, *arguments: str) -> str:
        """Run DVC in the repository; return what it printed."""
        return dvc(self.path, *arguments)


def begun(folder: Path) -> Path:
    """Make an empty project of DVC in a folder."""
    path = folder / "project"
    path.mkdir()
    run(path, "init", "-q", "-b", "main")
    run(path, "config", "user.name", NAME)
    run(path, "config", "user.email", EMAIL)
    dvc(path, "init", "-q")
    dvc(path, "config", "core.analytics", "false")
    return path


def make(folder: Path) -> Project:
    """Make a project in a folder, with three versions of `churn` and two of `raw`."""
    path = begun(folder)
    _write(path, {**_PROGRAMS, "dvc.yaml": _PIPELINE, "artifacts.yaml": _ARTIFACTS})
    first = _train(path, rows=8, depth=5)
    second = _train(path, rows=8, depth=7)
    third = _train(path, rows=12, depth=7)
    for number, (tag, trained) in enumerate(
        [
            ("raw@v1.0.0", first),
            ("churn@v1.0.0", first),
            ("churn@v2.0.0", second),
            ("raw@v2.0.0", third),
            ("churn@v3.0.0", third),
        ]
    ):
        _tag(path, tag, trained.commit, START + number)
    return Project(path, (first, second, third))


def _write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def _train(path: Path, *, rows: int, depth: int) -> Trained:
    """Run the pipeline on so much data, and commit what it wrote down."""
    _write(
        path,
        {
            "data/raw.csv": "".join(f"{row},{row * row}\n" for row in range(rows)),
            "params.yaml": f"train:\n  lr: 0.1\n  depth: {depth}\nother: 1\n",
        },
    )
    dvc(path, "add", "-q", "data/raw.csv")
    dvc(path, "repro", "-q")
    run(path, "add", "-A")
    run(path, "commit", "-q", "-m", f"Train on {rows} rows, {depth} deep")
    files = [it for it in path.rglob("*") if it.is_file() and not {".git", ".dvc"} & set(it.parts)]
    digests = {
        it.relative_to(path).as_posix(): hashlib.md5(it.read_bytes()).hexdigest() for it in files
    }
    return Trained(run(path, "rev-parse", "HEAD").decode().strip(), digests)


def _tag(path: Path, name: str, commit: str, time: int) -> None:
    raw = f"object {commit}\ntype commit\ntag {name}\ntagger {ANN} {time} +0000\n\nA version.\n"
    oid = run(path, "mktag", stdin=raw.encode()).decode().strip()
    run(path, "update-ref", f"refs/tags/{name}", oid)


def dvc(folder: Path, *arguments: str) -> str:
    """Run the real DVC, which sees nothing of the user's and tells nobody; return its output."""
    done = warm_dvc.run(arguments, folder, environment(folder.parent))
    assert done.code == 0, done.err
    return done.out


def environment(folder: Path) -> dict[str, str]:
    """Return the environment in which DVC runs: its home is in a folder beside the project."""
    home = folder / "home"
    home.mkdir(exist_ok=True)
    kept = {key: it for key, it in os.environ.items() if not key.startswith(("GIT_", "DVC_"))}
    return {
        **kept,
        **isolated(home),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "XDG_DATA_HOME": str(home / "data"),
        "DVC_NO_ANALYTICS": "1",
        "DVC_TEST": "1",
    }
