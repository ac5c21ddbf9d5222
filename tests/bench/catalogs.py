"""What a catalog of 1,000 repositories costs beside what Git itself does, and whether it holds.

Each repository is bare, with 20 models of 20 versions and 10 promotions, 600 tags, which Git has
packed. They are read by `file://`, and over https from a server on loopback. Beside the catalog
stands the registry of MLflow, over as many models with as many versions.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import catalog_faults
import catalog_origins
import mlflow_store
import registries
from bench import Bench
from catalog_origins import MODELS, TAGS, write
from figure import Bound, Figure, in_turn
from measure import FEWEST_PAIRS, Task, Tasks
from surroundings import CACHE, ENVIRONMENT, ROOT

COUNT = 1000


def measured(bench: Bench, count: int = COUNT) -> Iterator[Figure]:
    """Read all repositories, ask, break some, and kill refreshes."""
    origins = registries.kept(f"catalog-{count}-1", catalog_origins.__file__, "make", str(count))
    paths = sorted(origins.glob("*/*.git"))
    folder = CACHE / "catalog"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    urls = [it.as_uri() for it in paths]
    yield from _refreshed(bench, folder, urls, "`file://`")
    yield from _asked(bench, folder, count)
    yield from catalog_faults.broken(bench, folder, paths)
    yield from catalog_faults.killed(bench, folder, paths)
    with _served(origins, folder) as (address, trusted):
        over_https = [f"{address}/{it.relative_to(origins).as_posix()}" for it in paths]
        yield from _refreshed(bench, folder, over_https, "https", trusted)
    shutil.rmtree(folder)


def _refreshed(
    bench: Bench, folder: Path, urls: Sequence[str], how: str, trusted: str = ""
) -> Iterator[Figure]:
    """Read repositories for the first time, and again."""
    listed = folder / "urls"
    listed.write_text("\n".join(urls), encoding="utf-8")
    write(folder, urls)
    environment = {"GIT_SSL_CAINFO": trusted} if trusted else {}

    def by_git(*words: str) -> Tasks:
        program = (sys.executable, catalog_origins.__file__, *words)
        return lambda _: Task(program, None, folder, environment=environment)

    def refresh(prepare: Callable[[], object] | None = None) -> Tasks:
        return lambda _: asking(bench, folder, "refresh", prepare=prepare, more=environment)

    clone, ls_remote = by_git("clone", str(listed)), by_git("ls-remote", str(listed))
    title = f"`mreg catalog refresh`, {len(urls):,} repositories by {how}"
    first = refresh(lambda: forget(folder))
    found = in_turn({"mreg": first, "git": clone}, most=1)
    against = "`git clone --bare --filter=tree:0` of all"
    yield found.ratio(f"{title}, the first : {against}", "mreg", "git", Bound(3))
    yield found.memory(f"{title}, the first, peak memory of the largest process", "mreg")
    found = in_turn({"mreg": refresh(), "git": ls_remote}, most=FEWEST_PAIRS)
    against = "`git ls-remote` of all"
    yield found.ratio(f"{title}, no changes : {against}", "mreg", "git", Bound(1.2))
    if not trusted:
        peak = _peak(folder, bench.now.mreg("catalog", "refresh"))
        name = f"{title}, the first, memory of all its processes at one moment"
        yield Figure(name, "memory", peak / 1e6, unit="MB", bound=Bound(400))


def _peak(folder: Path, refresh: Sequence[str]) -> int:
    """Return the most memory that a first refresh and all that it starts have at one moment."""
    forget(folder)
    words = (sys.executable, catalog_origins.__file__, "memory", *refresh)
    environment = {**ENVIRONMENT, "MREG_CACHE_DIR": str(folder / "kept")}
    done = subprocess.run(words, cwd=folder, env=environment, stdout=subprocess.PIPE, check=True)
    return int(done.stdout.split()[-1])


def _asked(bench: Bench, folder: Path, count: int) -> Iterator[Figure]:
    """Ask the catalog, and MLflow the same where it knows it."""
    asked: dict[str, tuple[str, ...]] = {
        "show": ("show",),
        "page": ("show", "-n", "100"),
        "stage": ("search", "stage=prod and metrics.auc>=0.98"),
        "metric": ("search", "metrics.auc>=0.998"),
        "tag": ("search", "label=kind-7 and latest=true", "-n", "100"),
        "words": ("search", "--words", "customer 77", "-n", "100"),
        "author": ("history", "--author", "nobody"),
        "newest": ("history", "-n", "50"),
    }
    tasks = {name: always_asking(bench, folder, *words) for name, words in asked.items()}
    found = in_turn(tasks, most=FEWEST_PAIRS)
    size = f"{count * MODELS:,} models, {count * TAGS:,} events"
    for name, words in asked.items():
        said = " ".join(f"'{it}'" if " " in it or ">" in it else it for it in words)
        bound = Bound(0.3) if name in ("show", "page", "metric", "tag", "words") else None
        yield found.seconds(f"`mreg catalog {said}`, {size}", name, bound)
    yield from mlflow_store.held(bench, folder, tasks, count * MODELS)


def forget(folder: Path) -> None:
    """Remove the index and the mirrors."""
    shutil.rmtree(folder / "kept", ignore_errors=True)
    for it in folder.glob("index.db*"):
        it.unlink()


def asking(
    bench: Bench,
    folder: Path,
    *words: str,
    prepare: Callable[[], object] | None = None,
    more: dict[str, str] | None = None,
) -> Task:
    """Return a command about the catalog in a folder."""
    environment = {"MREG_CACHE_DIR": str(folder / "kept"), **(more or {})}
    return Task(bench.now.mreg("catalog", *words), prepare, folder, environment=environment)


def always_asking(bench: Bench, folder: Path, *words: str) -> Tasks:
    """Return the same command about the catalog for each run."""
    task = asking(bench, folder, *words)
    return lambda _: task


@contextmanager
def _served(origins: Path, folder: Path) -> Iterator[tuple[str, str]]:
    """Serve repositories over https on loopback; yield the address, and whom to trust."""
    words = (sys.executable, catalog_origins.__file__, "serve", str(origins), str(folder))
    environment = {**ENVIRONMENT, "PYTHONPATH": str(ROOT / "tests" / "support")}
    server = subprocess.Popen(
        words, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert server.stdin
    assert server.stdout
    try:
        address, trusted = server.stdout.readline().split()
        yield address, trusted
    finally:
        server.stdin.close()
        server.wait(30)
