"""How fast mreg reads by URL, held against `git clone` of the same registry."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import registries
from bench import MIDDLE, Bench
from figure import Bound, Figure, Measure, held
from measure import Task, Tasks, always
from surroundings import CACHE, git

_WORK = CACHE / "by-url"


def measured(bench: Bench) -> Iterator[Figure]:
    """Hold the registry, and an artifact, against a clone: cold, and once it is known."""
    shutil.rmtree(_WORK, ignore_errors=True)
    _WORK.mkdir(parents=True)
    several, one = registries.registry(MIDDLE), registries.of_one_artifact(MIDDLE)
    name = registries.artifact_name(0)
    for origin in (several, one):
        git(origin, "config", "uploadpack.allowFilter", "true")
    tags = f"{MIDDLE:,} tags"
    of_all, of_one = Bound(1.2, 1.0), Bound(1.3, 1.0)
    rows: tuple[tuple[Path, tuple[str, ...], str, Bound | None, Measure], ...] = (
        (several, (), f"`mreg show --repo URL`, {tags}", of_all, "CPU"),
        (one, (name,), f"`mreg show NAME --repo URL`, {tags} of it", of_one, "wall"),
        (several, (name,), f"`mreg show NAME --repo URL`, few of {tags} of it", None, "CPU"),
    )
    for origin, words, title, bound, measure in rows:
        for when in ("cold", "warm"):
            yield held(
                f"{title}, {when} : `git clone --bare`",
                _asked(bench, origin, words, anew=when == "cold"),
                _cloned(origin),
                bound if when == "cold" else None,
                measure,
            )
    shutil.rmtree(_WORK)


def _asked(bench: Bench, origin: Path, words: tuple[str, ...], *, anew: bool) -> Tasks:
    mirrors = _WORK / "cache"
    task = Task(
        bench.now.mreg("show", *words, "--repo", origin.as_uri()),
        (lambda: shutil.rmtree(mirrors, ignore_errors=True)) if anew else None,
        environment={"MREG_CACHE_DIR": str(mirrors)},
    )
    return lambda _: task


def _cloned(origin: Path) -> Tasks:
    target = _WORK / "clone.git"
    return always(
        *("git", "clone", "--quiet", "--bare", origin.as_uri(), str(target)),
        prepare=lambda: shutil.rmtree(target, ignore_errors=True),
    )
