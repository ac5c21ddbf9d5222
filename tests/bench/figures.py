"""The figures of the bench: what is held against what, and the bound on each."""

from __future__ import annotations

import shlex
import shutil
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import annotated_registries
import by_url
import downloads
import in_ci
import publishing
import receiving
import registries
import verifying
from figure import Bound, Figure, command, mreg, ratio
from measure import FEWEST_PAIRS, Commands, always, compare, peak, repeat, seconds
from surroundings import CACHE, git, script

SMALL, MIDDLE, LARGE, HUGE = 1_500, 10_000, 100_000, 1_000_000
GTO_BOUNDS = {100: 5.0, SMALL: 60.0, MIDDLE: 400.0}
"""How many times as fast as GTO `show` has to be, by the number of tags."""

SLACK = 1.25
"""How far above ten times the growth for ten times the tags still counts as linear."""

_MEMORY_BOUND = 1.5e9
_BARE_APP = Path(__file__).with_name("bare_app.py")
_ASK = "--format=%(objectname) %(refname)"
_ASK_ALL = (
    "--format=%(objectname) %(refname) %(*objectname) %(taggername) %(taggerdate) %(contents)"
)


class Wanted(NamedTuple):
    """Which figures to measure.

    Attributes:
        sizes: of the registries, in tags.
        gto_most: the largest registry that GTO is asked about.
    """

    sizes: tuple[int, ...]
    gto_most: int


def measured(wanted: Wanted) -> Iterator[Figure]:
    """Measure one figure after the other."""
    yield _start_up()
    for size in wanted.sizes:
        yield from _overview(size, with_gto=size <= wanted.gto_most)
    if SMALL in wanted.sizes:
        yield _loose_refs()
        yield from _writing(SMALL)
        yield from publishing.measured(SMALL)
        yield from verifying.measured()
        yield from receiving.measured()
    if LARGE in wanted.sizes:
        yield from _raw_reads(LARGE)
        yield _one_artifact(SMALL, LARGE)
        yield from _writing(LARGE)
    if MIDDLE in wanted.sizes:
        yield from annotated_registries.measured()
        yield from annotated_registries.searched()
        yield from by_url.measured(MIDDLE)
        yield from in_ci.measured(MIDDLE)
        yield from downloads.measured()
    for small, large in ((MIDDLE, LARGE), (LARGE, HUGE)):
        if small in wanted.sizes and large in wanted.sizes:
            yield from _growth(small, large)


def _start_up() -> Figure:
    """Hold `mreg --version` against a bare typer app."""
    found = compare(mreg("--version"), always(sys.executable, str(_BARE_APP), "first"), pairs=25)
    return ratio("`mreg --version` : a bare typer app", found, Bound(least=False, value=1.3))


def _overview(size: int, *, with_gto: bool) -> Iterator[Figure]:
    """Hold `gto show` against `mreg show`."""
    repo = str(registries.registry(size))
    ours = mreg("show", "-r", repo)
    gto = script("gto") if with_gto else None
    if gto:
        # At 10,000 tags one run of GTO takes minutes.
        pairs = 1 if size > SMALL else FEWEST_PAIRS
        found = compare(always(gto, "show", "--repo", repo), ours, pairs=pairs)
        bound = Bound(least=True, value=GTO_BOUNDS[size]) if size in GTO_BOUNDS else None
        yield ratio(f"`gto show` : `mreg show`, {size:,} tags", found, bound)
    if size <= SMALL:
        yield _wall_time(size, ours)


def _wall_time(size: int, command: Commands) -> Figure:
    """Tell how long `mreg show` takes."""
    times = [sample.seconds for sample in repeat(command)]
    middle = statistics.median(times)
    spread = (min(times) * 1000, max(times) * 1000)
    bound = Bound(least=False, value=100) if size < SMALL else None
    return Figure(f"`mreg show`, {size:,} tags", middle, None, middle * 1000, "ms", spread, bound)


def _loose_refs() -> Figure:
    """Hold refs in a file each against packed ones."""
    loose, packed = registries.registry(SMALL, loose=True), registries.registry(SMALL)
    found = compare(mreg("show", "-r", str(loose)), mreg("show", "-r", str(packed)))
    return ratio(f"`mreg show`, {SMALL:,} tags: loose refs : packed refs", found)


def _raw_reads(size: int) -> Iterator[Figure]:
    """Hold `mreg show --json` against the least that Git takes to read the same."""
    repo = registries.registry(size)
    ours = mreg("show", "--json", "-r", str(repo))
    least = always("sh", "-c", _raw_read(repo))
    question = f"`mreg show --json` : for-each-ref, then cat-file --batch, {size:,} tags"
    bound = Bound(least=False, value=2.5)
    yield ratio(question, compare(ours, least), bound)
    nowhere = ("env", "MREG_CACHE_DIR=/dev/null/nowhere")
    without = always(*nowhere, *command("show", "--json", "-r", str(repo)))
    yield ratio(f"{question}, nothing kept on disk", compare(without, least), bound)
    printed = compare(ours, always("git", "-C", str(repo), "for-each-ref", _ASK_ALL, "refs/tags"))
    yield ratio(
        f"`mreg show --json` : for-each-ref with messages, {size:,} tags",
        printed,
        Bound(least=False, value=1.0, aim=True),
    )


def _raw_read(repo: Path) -> str:
    """Return the shell command of the raw read; the ids are listed beforehand, untimed."""
    ids = CACHE / f"{repo.name}.ids"
    ids.write_text(git(repo, "for-each-ref", "--format=%(objectname)", "refs/tags"))
    here = f"git -C {shlex.quote(str(repo))}"
    return (
        f"{here} for-each-ref {shlex.quote(_ASK)} refs/tags >/dev/null && "
        f"{here} cat-file --batch --buffer <{shlex.quote(str(ids))} >/dev/null"
    )


def _one_artifact(small: int, large: int) -> Figure:
    """Hold `show NAME` in a large registry against the same in a small one."""
    name = registries.artifact_name(0)
    found = compare(
        mreg("show", name, "-r", str(registries.registry(large))),
        mreg("show", name, "-r", str(registries.registry(small))),
    )
    question = f"`mreg show NAME`, {large:,} tags : {small:,} tags"
    return ratio(question, found, Bound(least=False, value=2.0))


def _growth(small: int, large: int) -> Iterator[Figure]:
    """Hold `mreg show --json` at ten times the tags against itself."""
    times = large // small
    found = compare(
        mreg("show", "--json", "-r", str(registries.registry(large))),
        mreg("show", "--json", "-r", str(registries.registry(small))),
        pairs=FEWEST_PAIRS,
    )
    question = f"`mreg show --json`, {large:,} tags : {small:,} tags"
    linear = Bound(least=False, value=times * SLACK)
    yield ratio(f"{question}, time", found, linear)
    first, second = peak(found.first), peak(found.second)
    took = (seconds(found.first), seconds(found.second))
    yield Figure(f"{question}, peak memory", *took, first / second, bound=linear)
    bound = Bound(least=False, value=_MEMORY_BOUND / 1e6) if large == HUGE else None
    question = f"`mreg show --json`, {large:,} tags, peak memory"
    yield Figure(question, took[0], None, first / 1e6, "MB", bound=bound)


def _writing(size: int) -> Iterator[Figure]:
    """Hold making one event against `git tag -a`, in a copy of a registry."""
    repo = CACHE / "scratch"
    shutil.rmtree(repo, ignore_errors=True)
    shutil.copytree(registries.registry(size), repo)
    here = ("-r", str(repo))
    plain = _git_tag(repo)
    found = compare(lambda run: command("register", f"new-{run}", *here), plain, pairs=7)
    yield ratio(f"`mreg register` : `git tag -a`, {size:,} tags", found)
    plain = _git_tag(repo, begin=100)
    found = compare(lambda run: command("promote", f"new-{run}", "prod", *here), plain, pairs=7)
    yield ratio(f"`mreg promote` : `git tag -a`, {size:,} tags", found)
    shutil.rmtree(repo)


def _git_tag(repo: Path, begin: int = 0) -> Commands:
    """Return what makes another tag at each run."""
    return lambda run: ("git", "-C", str(repo), "tag", "-a", "-m", "plain", f"plain-{begin + run}")
