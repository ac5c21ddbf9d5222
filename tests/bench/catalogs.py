"""Many repositories for measuring a catalog: `python tests/bench/catalogs.py FOLDER [COUNT]`.

Each is bare, with 20 models of 20 versions and 10 promotions: 600 tags, which Git has packed.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

MODELS, VERSIONS, PROMOTIONS = 20, 20, 10
_START = 1_700_000_000
_WHO = "Ann Example <ann@example.com>"


def make(folder: Path, count: int) -> None:
    """Make repositories in a folder."""
    for number in range(count):
        path = folder / f"team-{number % 25:02}" / f"repository-{number:04}.git"
        path.mkdir(parents=True)
        run(path, "init", "-q", "--bare", "--template=", "-b", "main")
        run(path, "fast-import", "--quiet", stdin="".join(stream(number)))
        run(path, "pack-refs", "--all")


def run(folder: Path, *arguments: str, stdin: str = "") -> None:
    """Run a Git command."""
    subprocess.run(["git", *arguments], cwd=folder, input=stdin.encode(), check=True)


def stream(seed: int) -> Iterator[str]:
    """Iterate over pieces of what `git fast-import` makes a repository of."""
    for version in range(VERSIONS):
        when = _START + seed + version * 86_400
        mark = f"mark :{version + 1}\n"
        yield f"commit refs/heads/main\n{mark}committer {_WHO} {when} +0000\n{data('A change.')}"
        yield f"M 100644 inline artifacts.yaml\n{data(annotated(seed, version))}"
    for model in range(MODELS):
        name = f"model-{model:02}"
        for version in range(VERSIONS):
            when = _START + seed + version * 86_400 + model
            said = f"Register {name} v0.{version}.0\n\nTrained on the data of week {version}.\n"
            yield tag(f"{name}@v0.{version}.0", version, when, said)
        for turn in range(PROMOTIONS):
            version, stage = VERSIONS - PROMOTIONS + turn, ("prod", "staging")[turn % 2]
            when = _START + seed + version * 86_400 + 1000 + model
            said = f"Promote {name} to {stage}\n\nIt is better.\n\nVersion: v0.{version}.0\n"
            yield tag(f"{name}#{stage}#{turn + 1}", version, when, said)


def annotated(seed: int, version: int) -> str:
    """Return an artifacts.yaml."""
    return "".join(
        f"model-{it:02}:\n  type: model\n  path: models/{it}.bin\n  owner: team-{seed % 25}\n"
        f"  description: Tells what customer {seed} of kind {it} does next\n"
        f"  labels: [tabular, kind-{it}]\n  metrics:\n"
        f"    auc: {0.7 + (seed * 7 + it * version) % 300 / 1000}\n"
        for it in range(MODELS)
    )


def tag(name: str, commit: int, when: int, message: str) -> str:
    """Return the tag as `git fast-import` reads it."""
    return f"tag {name}\nfrom :{commit + 1}\ntagger {_WHO} {when} +0000\n{data(message)}"


def data(text: str) -> str:
    """Return a text as `git fast-import` reads it."""
    return f"data {len(text.encode())}\n{text}\n"


if __name__ == "__main__":
    make(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1000)
