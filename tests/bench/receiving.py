"""How much processor time the pre-receive hook takes for one push of many events."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from bench import Bench
from figure import Bound, Figure, in_turn
from measure import FEWEST_PAIRS, Task
from packs import Entry, Pack
from surroundings import CACHE, ENVIRONMENT

EVENTS = (4_000, 20_000)
MOST = 10.0
"""Seconds that the larger push may take."""

_BEGIN = 1_672_617_600  # 2023-01-02
_PERSON = "Bench <bench@example.com>"
_POLICY = "registry: bench\nstages: {staging: {}, prod: {from: staging}}\n"
_WORK = CACHE / "receiving"


def measured(bench: Bench) -> Iterator[Figure]:
    """Give the hook pushes of two sizes: versions that are registered and go through two stages."""
    shutil.rmtree(_WORK, ignore_errors=True)
    for events in EVENTS:
        repo = _WORK / str(events)
        pushed = _made(repo, events)
        task = Task(
            bench.now.mreg("hook", "run", "pre-receive"),
            lambda here=repo: bench.forget(here),  # type: ignore[misc]
            repo,
            pushed,
            {"GIT_DIR": ".", "MREG_CACHE_DIR": str(bench.kept)},
        )
        found = in_turn({"hook": lambda _, it=task: it}, most=FEWEST_PAIRS)  # type: ignore[misc]
        bound = Bound(MOST) if events == max(EVENTS) else None
        title = f"`mreg hook run pre-receive`, {events:,} events of one artifact"
        yield found.seconds(title, "hook", bound)
    shutil.rmtree(_WORK)


def _made(repo: Path, count: int) -> Path:
    """Make a bare repository that has the objects of a push; return the hook's standard input."""
    words = ("git", "init", "--quiet", "--bare", "--initial-branch=main", str(repo))
    subprocess.run(words, env=ENVIRONMENT, check=True)
    with Pack(repo, 3 + count) as pack:
        tree = pack.add_tree([Entry(".mreg.yaml", pack.add_file(_POLICY))])
        head = pack.add_commit(tree, None, f"{_PERSON} {_BEGIN} +0000", "Begin")
        lines = list(_events(pack, count, head))
    (repo / "refs" / "heads" / "main").write_text(f"{head}\n")
    file = repo / "pushed"
    file.write_text("".join(lines))
    return file


def _events(pack: Pack, count: int, commit: str) -> Iterator[str]:
    """Add events, each with the trailers that mreg writes: a version, then its stages.

    Yields:
        The line of the hook's standard input about each.
    """
    previous = registration = "none"
    version = ""
    for place in range(count):
        kind = place % 3
        if kind == 0:
            version = f"v1.{place}.0"
            tag, trailers = f"model@{version}", ""
        else:
            tag = f"model#{'staging' if kind == 1 else 'prod'}#{place}"
            trailers = f"Version: {version}\nRegistration: {registration}\n"
        message = f"An event\n\n{trailers}Previous: {previous}\nRegistry: bench\n"
        previous = pack.add_tag(commit, tag, f"{_PERSON} {_BEGIN + place} +0000", message)
        registration = previous if kind == 0 else registration
        yield f"{'0' * 40} {previous} refs/tags/{tag}\n"
