"""What is asked about versions: what they were made from, how good they are, what is new in them.

Among 100,000 versions, and among 1,000: a question about one thing takes as long in both.
"""

from __future__ import annotations

from collections.abc import Iterator

import teams
from bench import Bench
from figure import Bound, Figure, in_turn
from measure import FEWEST_PAIRS, Tasks

LARGE, SMALL = 100_000, 1_000
MODEL = teams.model_name(0, 3)
VERSION = f"{MODEL}@{teams.version_name(50)}"
SOURCE = f"{teams.model_name(0, 0)}@{teams.version_name(50)}"
SEARCH = ("search", "metrics.accuracy>=0.00999")

_OF_ONE = (
    ("show", VERSION),
    ("describe", VERSION),
    ("history", MODEL, "--limit", "20"),
    ("changelog", MODEL, "--limit", "1"),
    ("compare", MODEL),
    ("best", MODEL, "--metric", "accuracy"),
)


def measured(bench: Bench) -> Iterator[Figure]:
    """Ask in turn among many versions and among few."""
    yield from _lineage(bench)
    yield from _searched(bench)
    large, small = teams.registry(LARGE), teams.registry(SMALL)
    for words in _OF_ONE:
        found = in_turn(
            {"large": bench.asking(*words, repo=large), "small": bench.asking(*words, repo=small)},
            most=FEWEST_PAIRS,
        )
        named = [{MODEL: "NAME", VERSION: "NAME@VERSION"}.get(it, it) for it in words]
        title = f"`mreg {' '.join(named)}`, {LARGE:,} versions : {SMALL:,} versions"
        yield found.ratio(title, "large", "small")


def _lineage(bench: Bench) -> Iterator[Figure]:
    """Ask what one version was made from, and what was made from one."""
    large, small = teams.registry(LARGE), teams.registry(SMALL)
    of = f"{LARGE:,} versions : {SMALL:,} versions"
    for words, title, bound in (
        (("lineage", VERSION), "`mreg lineage NAME@VERSION`", Bound(2, 1.2)),
        (("lineage", SOURCE, "--down"), "`mreg lineage NAME@VERSION --down`", None),
    ):
        # The first question alone, since `--down` may take minutes while nothing is kept.
        for state, ask in (("empty cache", bench.asking_anew), ("again", bench.asking)):
            tasks: dict[str, Tasks] = {
                "large": ask(*words, repo=large),
                "small": ask(*words, repo=small),
            }
            once = bound is None and state == "empty cache"
            found = in_turn(tasks, most=1 if once else FEWEST_PAIRS)
            yield found.ratio(f"{title}, {state}, {of}", "large", "small", bound)
            if bound is None:
                yield found.seconds(f"{title}, {state}, {LARGE:,} versions", "large")


def _searched(bench: Bench) -> Iterator[Figure]:
    """Search all versions by a metric: where nothing is kept, and again."""
    repo = teams.registry(LARGE)
    title = f"`mreg search 'metrics.accuracy>=0.00999'`, {LARGE:,} versions"
    found = in_turn({"it": bench.asking_anew(*SEARCH, repo=repo)}, most=1)
    yield found.seconds(f"{title}, empty cache", "it")
    found = in_turn({"it": bench.asking(*SEARCH, repo=repo)}, most=FEWEST_PAIRS)
    yield found.seconds(f"{title}, the second time", "it", Bound(3, 1.5))
    yield found.memory(f"{title}, the second time, peak memory", "it")
