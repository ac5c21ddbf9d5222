"""How fast a version's bytes come out of Git, held against Git and cp doing the same."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from bench import Bench
from figure import Bound, Figure, held, in_turn
from measure import Tasks, always
from surroundings import CACHE, ENVIRONMENT, git

SIZE = 1_000_000_000
FILES = 1_000
EDITION = 1
_BUDGET = 30.0
_EACH = 2_000
_CHUNK = 1 << 20


def measured(bench: Bench) -> Iterator[Figure]:
    """Hold `mreg get` against `git cat-file`, `cp` and `git archive`.

    Cold: the cache is empty. Warm: the version is in it. What a run makes is removed before the
    next, by both sides.
    """
    repo = _made()
    work = CACHE / "getting"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    out = work / "out"

    def getting(name: str, *, cold: bool) -> Tasks:
        def prepare() -> None:
            _remove(out)
            if cold:
                bench.forget(repo)

        task = bench.ask("get", name, "-o", str(out), repo=repo, prepare=prepare)
        return lambda _: task

    def plainly(script: str, *words: str) -> Tasks:
        return always("sh", "-c", script, str(out), *words, prepare=lambda: _remove(out))

    cat = plainly('exec git -C "$1" cat-file blob HEAD:large > "$0"', str(repo))
    found = in_turn({"ours": getting("large", cold=True), "cat": cat}, budget=_BUDGET)
    title = "`mreg get`, 1 GB, cold"
    yield found.ratio(
        f"{title} : `git cat-file blob > file`", "ours", "cat", Bound(1.3, 1.1), "wall"
    )
    yield found.memory(f"{title}, peak memory", "ours")

    source = work / "source"
    with source.open("wb") as file:
        words = ("git", "-C", str(repo), "cat-file", "blob", "HEAD:large")
        subprocess.run(words, env=ENVIRONMENT, stdout=file, check=True)
    copied = plainly('exec cp "$1" "$0"', str(source))
    found = in_turn({"ours": getting("large", cold=False), "cp": copied}, budget=_BUDGET)
    title = "`mreg get`, 1 GB, warm : `cp` of it"
    yield found.ratio(title, "ours", "cp", Bound(1.5, 1.1), "wall")

    archive = plainly('mkdir "$0" && git -C "$1" archive HEAD folder | tar -x -C "$0"', str(repo))
    for state in ("cold", "warm"):
        ours = getting("folder", cold=state == "cold")
        bound = Bound(1.5) if state == "cold" else None
        title = f"`mreg get`, {FILES:,} files, {state} : `git archive \\| tar x`"
        yield held(title, ours, archive, bound, "wall")
    bench.forget(repo)
    shutil.rmtree(work)


def _remove(path: Path) -> None:
    """Remove a file or a folder, if there is one."""
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)


def _made() -> Path:
    """Return a registry with a large file and a folder of many; it is kept for the next run."""
    folder = CACHE / f"getting-{SIZE}-{FILES}-{EDITION}"
    if not folder.exists():
        partial = folder.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        _fill(partial)
        partial.rename(folder)
    return folder


def _fill(repo: Path) -> None:
    git(repo, "init", "-q")
    with (repo / "large").open("wb") as file:
        for _ in range(SIZE // _CHUNK):
            file.write(os.urandom(_CHUNK))
        file.write(os.urandom(SIZE % _CHUNK))
    (repo / "folder").mkdir()
    for number in range(FILES):
        (repo / "folder" / f"{number}.json").write_text(os.urandom(_EACH // 2).hex())
    (repo / "artifacts.yaml").write_text("large: {path: large}\nfolder: {path: folder}\n")
    git(repo, "add", ".")
    git(repo, "commit", "-q", "-m", "Models")
    (repo / "large").unlink()
    for name in ("large", "folder"):
        git(repo, "tag", "-a", "-m", "A version", f"{name}@v1.0.0")
    git(repo, "repack", "-adq")
