"""The repositories of a catalog, and what runs beside it in processes of its own.

    python tests/bench/catalog_origins.py make COUNT FOLDER
    python tests/bench/catalog_origins.py clone|ls-remote FILE      # of the URLs in a file
    python tests/bench/catalog_origins.py memory COMMAND...
    python tests/bench/catalog_origins.py serve REPOSITORIES FOLDER  # with `tests/support` at hand

Each repository is bare, with 20 models of 20 versions and 10 promotions, which Git has packed.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from surroundings import ENVIRONMENT

MODELS, VERSIONS, PROMOTIONS = 20, 20, 10
TAGS = MODELS * (VERSIONS + PROMOTIONS)
SIDE = 4
"""So many repositories are read side by side, by mreg and by Git."""

_START = 1_700_000_000
_WHO = "Ann Example <ann@example.com>"


def write(folder: Path, urls: Sequence[str], more: str = "") -> None:
    """Write the catalog's file."""
    lines = "".join(f"- {json.dumps(it)}\n" for it in urls)
    text = f"index: index.db\nparallel: {SIDE}\n{more}repositories:\n{lines}"
    (folder / "catalog.yaml").write_text(text, encoding="utf-8")


def make(count: int, folder: Path) -> None:
    """Make repositories in a folder."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for _ in pool.map(lambda it: _make(folder, it), range(count)):
            pass


def _make(folder: Path, number: int) -> None:
    path = folder / f"team-{number % 25:02}" / f"repository-{number:04}.git"
    path.mkdir(parents=True)
    _run(path, "init", "-q", "--bare", "--template=", "-b", "main")
    _run(path, "config", "uploadpack.allowFilter", "true")
    _run(path, "fast-import", "--quiet", stdin="".join(stream(number)))
    _run(path, "pack-refs", "--all")


def _run(folder: Path, *arguments: str, stdin: str = "") -> None:
    subprocess.run(
        ["git", *arguments], cwd=folder, input=stdin.encode(), env=ENVIRONMENT, check=True
    )


def stream(seed: int) -> Iterator[str]:
    """Iterate over pieces of what `git fast-import` makes a repository of."""
    for version in range(VERSIONS):
        when = _START + seed + version * 86_400
        mark = f"mark :{version + 1}\n"
        yield f"commit refs/heads/main\n{mark}committer {_WHO} {when} +0000\n{_data('A change.')}"
        yield f"M 100644 inline artifacts.yaml\n{_data(_annotated(seed, version))}"
    for model in range(MODELS):
        name = f"model-{model:02}"
        for version in range(VERSIONS):
            when = _START + seed + version * 86_400 + model
            said = f"Register {name} v0.{version}.0\n\nTrained on the data of week {version}.\n"
            yield _tag(f"{name}@v0.{version}.0", version, when, said)
        for turn in range(PROMOTIONS):
            version, stage = VERSIONS - PROMOTIONS + turn, ("prod", "staging")[turn % 2]
            when = _START + seed + version * 86_400 + 1000 + model
            said = f"Promote {name} to {stage}\n\nIt is better.\n\nVersion: v0.{version}.0\n"
            yield _tag(f"{name}#{stage}#{turn + 1}", version, when, said)


def _annotated(seed: int, version: int) -> str:
    return "".join(
        f"model-{it:02}:\n  type: model\n  path: models/{it}.bin\n  owner: team-{seed % 25}\n"
        f"  description: Tells what customer {seed} of kind {it} does next\n"
        f"  labels: [tabular, kind-{it}]\n  metrics:\n"
        f"    auc: {0.7 + (seed * 7 + it * version) % 300 / 1000}\n"
        for it in range(MODELS)
    )


def _tag(name: str, commit: int, when: int, message: str) -> str:
    return f"tag {name}\nfrom :{commit + 1}\ntagger {_WHO} {when} +0000\n{_data(message)}"


def _data(text: str) -> str:
    return f"data {len(text.encode())}\n{text}\n"


def clone(listed: Path) -> None:
    """Clone repositories as a catalog has to, and remove the clones."""
    clones = listed.with_name("clones")
    shutil.rmtree(clones, ignore_errors=True)
    options = ("clone", "-q", "--bare", "--filter=tree:0")
    _each(listed, lambda url, number: ("git", *options, url, str(clones / str(number))))
    shutil.rmtree(clones)


def ls_remote(listed: Path) -> None:
    """List the refs of all repositories."""
    _each(listed, lambda url, _: ("git", "ls-remote", "--quiet", url))


def _each(listed: Path, command: Callable[[str, int], Sequence[str]]) -> None:
    urls = listed.read_text(encoding="utf-8").splitlines()
    with ThreadPoolExecutor(SIDE) as pool:
        words = [command(url, number) for number, url in enumerate(urls)]
        for _ in pool.map(_quiet, words):
            pass


def _quiet(words: Sequence[str]) -> None:
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, cwd="/")


def memory(*words: str) -> None:
    """Run a command, and print the most memory that it and all that it started had, in bytes.

    Every process counts with its proportional share of what several have: smaps_rollup in proc(5).
    """
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    most = 0
    while process.poll() is None:
        most = max(most, sum(map(_memory, [process.pid, *_descendants(process.pid)])))
        try:
            process.wait(0.05)
        except subprocess.TimeoutExpired:
            continue
    if process.returncode:
        raise SystemExit(process.returncode)
    print(most)


def _descendants(pid: int) -> Iterator[int]:
    try:
        threads = [*Path(f"/proc/{pid}/task").iterdir()]
    except OSError:  # the process has ended
        return
    for it in threads:
        for child in _read(it / "children").split():
            yield int(child)
            yield from _descendants(int(child))


def _memory(pid: int) -> int:
    lines = _read(Path(f"/proc/{pid}/smaps_rollup")).splitlines()
    return next((int(it.split()[1]) * 1024 for it in lines if it.startswith("Pss:")), 0)


def _read(file: Path) -> str:
    try:
        return file.read_text()
    except OSError:
        return ""


def serve(origins: Path, folder: Path) -> None:
    """Serve repositories until standard input ends; the address is printed first."""
    from remotes import make_certificate, served_by_http

    certificate = make_certificate(folder)
    with served_by_http(origins, certificate) as address:
        print(address, certificate.file, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    task, *given = sys.argv[1:]
    if task == "make":
        make(int(given[0]), Path(given[1]))
    elif task == "clone":
        clone(Path(given[0]))
    elif task == "ls-remote":
        ls_remote(Path(given[0]))
    elif task == "serve":
        serve(Path(given[0]), Path(given[1]))
    else:
        memory(*given)
