"""How what a question costs grows with the registry: the large registries, and the plot."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import NamedTuple

import plot
import registries
from bench import HUGE, LARGE, SMALL, Bench, scratch, tag, with_messages
from figure import Bound, Figure, Found, in_turn
from measure import FEWEST_PAIRS, Task, Tasks, always, cpu, middle
from report import duration

COLD, KEPT, ONE, GIT, GTO = (
    "mreg show --json, empty cache",
    "mreg show --json, unchanged",
    "mreg show NAME",
    "git for-each-ref, with messages",
    "gto show",
)
SERIES = (COLD, KEPT, ONE, GIT, GTO)
"""What is drawn."""

DRAWN = "Processor time of queries, by the number of tags in the registry"

_TABLE, _NEW = "mreg show", "mreg show --json, one new tag"
_BUDGET = {HUGE: 150.0, LARGE: 60.0}


class Point(NamedTuple):
    """What one command takes in a registry of one size.

    Attributes:
        series: the command; of `SERIES`.
        size: of the registry, in tags.
        cpu: seconds of processor time.
    """

    series: str
    size: int
    cpu: float


def table(points: Sequence[Point]) -> str:
    """Return the points as a Markdown table: what is drawn, in numbers."""
    sizes = sorted({it.size for it in points})
    found = {(it.series, it.size): it.cpu for it in points}
    rows = ["| tags |" + "".join(f" {size:,} |" for size in sizes)]
    rows.append("| --- |" + " ---: |" * len(sizes))
    for series in SERIES:
        cells = (found.get((series, size)) for size in sizes)
        row = " | ".join("-" if it is None else duration(it) for it in cells)
        rows.append(f"| {series} | {row} |")
    return "\n".join(rows)


def drawn(points: Sequence[Point]) -> str:
    """Return the points as an SVG image."""
    said = (
        "Processor time of mreg with an empty cache, with a full cache and for one artifact, of "
        "git for-each-ref, and of GTO. The table on the page contains the numbers."
    )
    lines = [
        plot.Line(name, sorted((it.size, it.cpu) for it in points if it.series == name))
        for name in SERIES
    ]
    across = plot.Axis("tags in the registry", lambda it: f"{it:,.0f}")
    up = plot.Axis("processor time, of the process and all that it starts", _time)
    return plot.logarithmic(DRAWN, said, across, up, lines)


def _time(seconds: float) -> str:
    return f"{seconds:,.0f} s" if seconds >= 1 else f"{seconds * 1000:g} ms"


class Growth:
    """Measures at each size, and holds what was found for the plot."""

    def __init__(self) -> None:
        self.points: list[Point] = []

    def measured(self, bench: Bench) -> Iterator[Figure]:
        """Ask everything in turn at each size."""
        for size in bench.sizes:
            repo = registries.registry(size)
            if size == LARGE:
                repo = scratch(repo)  # it gets new tags
            bench.forget(repo)
            found = in_turn(
                _tasks(bench, size, repo),
                most=FEWEST_PAIRS if size >= HUGE else FEWEST_PAIRS + 2,
                budget=_BUDGET.get(size, 20.0),
            )
            self.points += (
                Point(name, size, middle(runs, cpu))
                for name, runs in found.rounds.samples.items()
                if name in SERIES
            )
            yield from _figures(size, found)
            if size == LARGE:
                yield from _writing(bench, repo)
                yield _one_artifact(bench)
                shutil.rmtree(repo)
            bench.forget(repo)


def _tasks(bench: Bench, size: int, repo: Path) -> dict[str, Tasks]:
    """Return what is asked, in this order, so that each finds kept what its name says."""
    name = registries.artifact_name(0)
    tasks = {
        COLD: bench.asking_anew("show", "--json", repo=repo),
        KEPT: bench.asking("show", "--json", repo=repo),
        GIT: with_messages(repo),
        ONE: bench.asking("show", name, repo=repo),
    }
    if size == LARGE:
        number = count()
        tasks[_TABLE] = bench.asking("show", repo=repo)
        tasks[_NEW] = lambda _: bench.ask(
            "show", "--json", repo=repo, prepare=lambda: tag(repo, f"{name}@v9.{next(number)}.0")
        )
    if size <= bench.gto_most:
        tasks[GTO] = always(*bench.gto.command("gto", "show", "--repo", str(repo)))
    return tasks


def _figures(size: int, found: Found) -> Iterator[Figure]:
    """Return the figures of one size."""
    of = f"{size:,} tags, `mreg show --json`"
    git = "`git for-each-ref` with messages"
    bounds = {
        LARGE: {COLD: Bound(1.5, 1.2), KEPT: Bound(0.5, 0.3), _NEW: Bound(0.8, 0.55)},
        HUGE: {COLD: Bound(1.4, 1.1), KEPT: Bound(0.25, 0.15)},
    }.get(size, {})
    rows = {COLD: "empty cache", KEPT: "unchanged"}
    if size == LARGE:
        rows[_NEW] = "after one new tag"
    for name, title in rows.items():
        yield found.ratio(f"{of}, {title} : {git}", name, GIT, bounds.get(name))
    if size >= LARGE:
        bound = Bound(650, 450) if size == HUGE else None
        yield found.memory(f"{of}, empty cache, peak memory", COLD, bound)
        yield found.memory(f"{of}, unchanged, peak memory", KEPT)
    if size == LARGE:
        yield found.ratio(f"{size:,} tags, `mreg show`, unchanged : {git}", _TABLE, GIT)


def _writing(bench: Bench, repo: Path) -> Iterator[Figure]:
    """Hold writing in a large registry against writing in a small one."""
    small = scratch(registries.registry(SMALL), "scratch-small")

    def writing(where: Path, *words: str) -> Tasks:
        def task(run: int) -> Task:
            action, *stage = words
            name = f"{action}-{run}"
            made = (lambda: tag(where, f"{name}@v1.0.0")) if stage else None
            return bench.ask(action, name, *stage, repo=where, prepare=made)

        return task

    for words in (("register",), ("promote", "prod")):
        found = in_turn({"large": writing(repo, *words), "small": writing(small, *words)})
        title = f"`mreg {words[0]}`, {LARGE:,} tags : {SMALL:,} tags"
        yield found.ratio(title, "large", "small")
    shutil.rmtree(small)


def _one_artifact(bench: Bench) -> Figure:
    """Hold `show NAME` in a large registry against the same in a small one."""
    name = registries.artifact_name(0)
    found = in_turn(
        {
            "large": bench.asking("show", name, repo=registries.registry(LARGE)),
            "small": bench.asking("show", name, repo=registries.registry(SMALL)),
        }
    )
    title = f"`mreg show NAME`, {LARGE:,} tags : {SMALL:,} tags"
    return found.ratio(title, "large", "small", Bound(2))
