"""Many repositories, and what a catalog of them costs beside what Git itself does.

`python tests/bench/catalogs.py make FOLDER [COUNT]` makes them: each is bare, with 20 models of 20
versions and 10 promotions, 600 tags, which Git has packed. `... measure FOLDER [COUNT]` prints, of
as many of them by their file:// URLs, the CPU and the time of each step, and of what it is held
against. All that it makes is in FOLDER.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
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
        run(path, "config", "uploadpack.allowFilter", "true")
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


def measure(folder: Path, count: int) -> None:
    """Print what a catalog costs."""
    urls = [it.as_uri() for it in sorted(folder.glob("*/*.git"))[:count]]
    lines = "".join(f"- {it}\n" for it in urls)
    (folder / "catalog.yaml").write_text(
        f"index: index.db\nparallel: {SIDE}\nrepositories:\n{lines}"
    )
    os.environ["MREG_CACHE_DIR"] = str(folder / "cache")
    mreg = (sys.executable, "-m", "mreg", "catalog")
    asked = [partial(quiet, *mreg, *it, cwd=folder) for it in ASKED]
    told: list[tuple[str, Callable[[], None]]] = [
        ("git clone --bare --filter=tree:0", lambda: clone(folder, urls)),
        ("mreg catalog refresh, the first", lambda: quiet(*mreg, "refresh", cwd=folder)),
        ("git ls-remote", lambda: each(["git", "ls-remote", "--quiet"], urls)),
        ("mreg catalog refresh, nothing new", lambda: quiet(*mreg, "refresh", cwd=folder)),
        ("git ls-remote", lambda: each(["git", "ls-remote", "--quiet"], urls)),
        ("mreg catalog refresh, nothing new", lambda: quiet(*mreg, "refresh", cwd=folder)),
        ("mreg --version", lambda: quiet(*mreg[:3], "--version", cwd=folder)),
        *((f"mreg catalog {' '.join(it)}", run) for it, run in zip(ASKED, asked, strict=True)),
    ]
    for name, run_it in told:
        before, start = cpu(), time.monotonic()
        run_it()
        spent, wall = cpu() - before, time.monotonic() - start
        print(f"{spent:8.2f} s CPU {wall:8.2f} s  {name}", flush=True)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    size = (folder / "index.db").stat().st_size >> 20
    print(f"{peak} MB the largest process, {size} MB the index")


SIDE = 4
ASKED = (
    ("show",),
    ("show", "-n", "50"),
    ("show", "--json"),
    ("search", "stage=prod and metrics.auc>=0.98"),
    ("search", "artifact=model-07 and latest=true and label=tabular", "-n", "50"),
    ("search", "metrics.auc>=0.99"),
    ("search", "--words", "customer 77", "-n", "50"),
    ("history", "-n", "50"),
    ("history", "--author", "nobody"),
)


def clone(folder: Path, urls: Sequence[str]) -> None:
    """Clone repositories as a catalog has to, and remove the clones."""
    options = ["git", "clone", "-q", "--bare", "--filter=tree:0"]
    with ThreadPoolExecutor(SIDE) as pool:
        made = (str(folder / "clones" / str(it)) for it in range(len(urls)))
        for _ in pool.map(
            lambda it: quiet(*options, *it, cwd=folder), zip(urls, made, strict=True)
        ):
            pass
    shutil.rmtree(folder / "clones")


def each(command: Sequence[str], urls: Sequence[str]) -> None:
    """Run a command for each URL, side by side."""
    with ThreadPoolExecutor(SIDE) as pool:
        for _ in pool.map(lambda it: quiet(*command, it, cwd=Path("/")), urls):
            pass


def quiet(*command: str, cwd: Path) -> None:
    """Run a command whose output nobody needs."""
    subprocess.run(command, cwd=cwd, check=True, stdout=subprocess.DEVNULL)


def cpu() -> float:
    """Return what this process and all that it has waited for have used, in seconds."""
    used = [resource.getrusage(it) for it in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(it.ru_utime + it.ru_stime for it in used)


if __name__ == "__main__":
    task, place, *rest = sys.argv[1:]
    {"make": make, "measure": measure}[task](Path(place), int(rest[0]) if rest else 1000)
