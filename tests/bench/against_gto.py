"""The same questions to GTO, and the same events."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import registries
from bench import MIDDLE, SMALL, Bench, scratch, tag
from figure import Bound, Figure, in_turn
from measure import FEWEST_PAIRS, Task, Tasks, always

_FEWEST = 100


def measured(bench: Bench) -> Iterator[Figure]:
    """Hold `gto show` against `mreg show`, and `gto assign` against `mreg promote`."""
    for size in (_FEWEST, SMALL, *([MIDDLE] if bench.gto_most >= MIDDLE else [])):
        repo = registries.registry(size)
        found = in_turn(
            {
                "gto": always(*bench.gto.command("gto", "show", "--repo", str(repo))),
                "mreg": bench.asking("show", repo=repo),
            },
            most=1 if size > SMALL else FEWEST_PAIRS,
        )
        bound = Bound(120, 180, least=True) if size == SMALL else None
        yield found.ratio(f"`gto show` : `mreg show`, {size:,} tags", "gto", "mreg", bound)
    repo = scratch(registries.registry(SMALL))

    def assign(run: int) -> Task:
        name = f"theirs-{run}"
        words = ("assign", name, "--version", "v1.0.0", "--stage", "prod", "--repo", str(repo))
        return Task(bench.gto.command("gto", *words), lambda: tag(repo, f"{name}@v1.0.0"))

    def promote(run: int) -> Task:
        name = f"ours-{run}"
        made = lambda: tag(repo, f"{name}@v1.0.0")  # noqa: E731
        return bench.ask("promote", name, "prod", repo=repo, prepare=made)

    both: dict[str, Tasks] = {"gto": assign, "mreg": promote}
    found = in_turn(both, most=FEWEST_PAIRS)
    title = f"`gto assign` : `mreg promote`, {SMALL:,} tags"
    yield found.ratio(title, "gto", "mreg", Bound(110, 180, least=True))
    shutil.rmtree(repo)
