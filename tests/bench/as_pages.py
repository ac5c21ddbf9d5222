"""What pages weigh and cost: 1,000 models with 100 versions each, written as a site.

All data is what programs read: the JSON in `data/` and beside each model's page. What scripts load
of the same, since a page on `file://` may not read JSON, is told beside it.
"""

from __future__ import annotations

import gzip
import itertools
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

import in_browser
import teams
from bench import Bench, scratch, tag
from figure import Bound, Figure, in_turn
from measure import FEWEST_PAIRS, Task, Tasks
from surroundings import CACHE

VERSIONS = 100_000
OF = "1,000 models with 100 versions"
SHOW = ("show", "--json")


def measured(bench: Bench) -> Iterator[Figure]:
    """Build a site whole and in steps, weigh it, and open it in a browser."""
    repo = scratch(teams.registry(VERSIONS), "scratch-site")
    folder = CACHE / "site"
    shutil.rmtree(folder, ignore_errors=True)
    yield from _built(bench, repo, folder)
    yield from _in_steps(bench, repo, folder)
    if (folder / "index.html").is_file():
        yield from _weighed(folder)
        yield from in_browser.measured(folder)
    shutil.rmtree(folder, ignore_errors=True)
    shutil.rmtree(repo)


def _built(bench: Bench, repo: Path, folder: Path) -> Iterator[Figure]:
    """Write it all, with nothing kept."""
    tasks: dict[str, Tasks] = {
        "site": bench.asking_anew("site", str(folder), repo=repo),
        "show": bench.asking_anew(*SHOW, repo=repo),
    }
    found = in_turn(tasks, most=1)
    title = f"`mreg site`, {OF}, empty cache"
    yield found.ratio(f"{title} : `mreg show --json`, empty cache", "site", "show", Bound(6))
    yield found.memory(f"{title}, peak memory", "site", Bound(400))


def _in_steps(bench: Bench, repo: Path, folder: Path) -> Iterator[Figure]:
    """Write nothing new; then what one new tag changes."""
    site = bench.asking("site", str(folder), repo=repo)
    found = in_turn({"site": site, "show": bench.asking(*SHOW, repo=repo)}, most=FEWEST_PAIRS)
    title = f"`mreg site`, {OF}, no changes"
    yield found.ratio(f"{title} : `mreg show --json`, unchanged", "site", "show", Bound(2))
    counter = itertools.count()

    def one_tag(_: int) -> Task:
        name = f"{teams.model_name(0, 0)}@v1.{next(counter)}.0".replace(":", "=")
        words = ("site", str(folder))
        return bench.ask(*words, repo=repo, prepare=lambda: tag(repo, name))

    found = in_turn({"tag": one_tag, "nothing": site}, most=FEWEST_PAIRS)
    title = f"`mreg site`, {OF}, after one new tag : no changes"
    yield found.ratio(title, "tag", "nothing", Bound(1.2))
    yield found.seconds(f"`mreg site`, {OF}, after one new tag", "tag")


def _weighed(folder: Path) -> Iterator[Figure]:
    """Weigh what a browser is sent, and what programs read."""
    models = sorted(it.parent for it in (folder / "m").rglob("index.html"))
    heaviest = max(models, key=lambda it: (it / "index.html").stat().st_size)
    yield from _sizes("the dashboard", [folder / "index.html"], 30, 6)
    yield from _sizes("the heaviest page of a model", [heaviest / "index.html"], 60, 12)
    for name, own in _OWN.items():
        assets = [folder / "a" / it for it in ("style.css", "mreg.js", *own.split())]
        yield from _sizes(f"CSS and JavaScript of the {name}", assets, 40, 12)
    data = [*(folder / "data").rglob("*.json"), *(it / "data.json" for it in models)]
    yield _size(f"all data, {OF}", data, 15_000)
    scripts = [*(folder / "data").rglob("*.js"), *(it / "data.js" for it in models)]
    yield _size("the same data as JavaScript", [it for it in scripts if it.is_file()])


_OWN = {
    "dashboard": "dashboard.js dashboard.css",
    "model's page": "model.js model.css plots.css",
    "compare page": "compare.js compare.css",
    "compare page, of a model with plots": "compare.js compare.css plots.js plots.css",
}
"""What pages load besides what all do."""


def _sizes(what: str, found: Iterable[Path], raw: float, packed: float) -> Iterator[Figure]:
    found = list(found)
    yield _size(what, found, raw)
    size = sum(len(gzip.compress(it.read_bytes(), 9, mtime=0)) for it in found) / 1000
    yield Figure(f"{what}, gzip", "size", size, unit="kB", bound=Bound(packed))


def _size(what: str, found: Iterable[Path], most: float | None = None) -> Figure:
    size = sum(it.stat().st_size for it in found) / 1000
    return Figure(what, "size", size, unit="kB", bound=Bound(most) if most else None)
