"""The bench: how fast mreg is, held against Git, GTO, a bare typer app, and an earlier build.

    python tests/bench/run.py [--only every-day,growth] [--million] [--gto-10000] [--write PAGE]
    python tests/bench/run.py --check [--sizes 1500,100000]

What runs is an installed and compiled copy of the work tree, in an environment of its own. Whole
processes run in turn, and each figure is the median of their ratios. It reports; it does not judge:
the exit code is 0 whatever holds, and 1 only where a command failed and there is no figure.
"""

from __future__ import annotations

import argparse
import fcntl
import shlex
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import against_gto
import annotated_registries
import as_pages
import beside_mlflow
import builds
import by_url
import catalogs
import checking
import downloads
import every_day
import in_ci
import questions_of_versions
import receiving
import report
import serving
import verifying
from bench import HUGE, LARGE, MIDDLE, SMALL, Bench
from figure import Figure
from growth import DRAWN, Growth, drawn, table
from report import Section
from surroundings import CACHE

SIZES = (100, SMALL, MIDDLE, LARGE)

Group = Callable[[Bench], Iterator[Figure]]


def groups(growth: Growth) -> dict[str, tuple[str, Group]]:
    """Return the groups of figures: what `--only` calls each, its title, and what measures it."""
    return {
        "every-day": ("Everyday commands: reading", every_day.read),
        "writing": ("Everyday commands: writing", every_day.write),
        "gto": ("Comparison with GTO", against_gto.measured),
        "growth": ("Large registries", growth.measured),
        "questions": ("Queries about versions", questions_of_versions.measured),
        "url": ("Registries read by URL", by_url.measured),
        "bytes": ("Downloading a version", downloads.measured),
        "annotations": ("Annotations", annotated_registries.measured),
        "ci": ("In a pipeline", in_ci.measured),
        "verify": ("Verifying signatures", verifying.measured),
        "receive": ("Receiving a push", receiving.measured),
        "catalog": ("Catalogs", catalogs.measured),
        "site": ("Static sites", as_pages.measured),
        "mlflow": ("mreg as the registry of MLflow", beside_mlflow.measured),
        "serve": ("Model servers", serving.measured),
    }


def main() -> None:
    """Measure, print each figure as it is there, and write the page if it is asked for."""
    given = _parser().parse_args()
    with _alone():
        sys.exit(_run(given))


def _run(given: argparse.Namespace) -> bool:
    """Do what is asked for, and return whether something is wrong."""
    sizes = {*given.sizes, *([HUGE] if given.million else [])}
    bench = Bench(tuple(sorted(sizes)), MIDDLE if given.gto_10000 else SMALL, given.before)
    if given.check:
        return _check(bench)
    growth = Growth()
    known = groups(growth)
    sections = []
    for name in given.only or known:
        title, group = known[name]
        section = Section(title, [])
        begin = time.monotonic()
        print(f"{name}: {title}\n{report.HEADER}", flush=True)
        for figure in group(bench):
            section.figures.append(figure)
            print(report.line(figure), flush=True)
        print(f"{name}: {time.monotonic() - begin:.0f} s\n", flush=True)
        sections.append(section)
        if given.write:  # after each group: a run that is ended early has not been for nothing
            _write(given.write, sections, growth)
    return any(it.failed for section in sections for it in section.figures)


def _write(page: Path, sections: Sequence[Section], growth: Growth) -> None:
    """Put figures in a page, and how they grow in an image beside it."""
    grown = ""
    if growth.points:
        image = page.with_suffix(".svg")
        image.write_text(drawn(growth.points), encoding="utf-8")
        grown = f"![{DRAWN}]({image.name})\n\n{table(growth.points)}"
    report.write(page, report.page(sections, _command(), grown))


@contextmanager
def _alone() -> Iterator[None]:
    """Keep other runs away: two at once would measure each other, and remove each other's build."""
    CACHE.mkdir(exist_ok=True)
    with (CACHE / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit("another run of the bench is at work here")
        yield


def _check(bench: Bench) -> bool:
    """Print each answer that is not the one of before, and return whether there is one."""
    found = False
    for it in checking.checked(bench):
        found = True
        print(f"{it.registry}, {it.state}: `mreg {it.question}`: another {it.differs}", flush=True)
    print("The answers are the same bytes." if not found else "The answers differ.")
    return found


def _command() -> str:
    """Return the command that was typed, as it is typed in the repository's root."""
    return shlex.join(("python", "tests/bench/run.py", *sys.argv[1:]))


def _sizes(text: str) -> tuple[int, ...]:
    return tuple(int(size) for size in text.split(","))


def _names(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    if unknown := [it for it in names if it not in groups(Growth())]:
        raise argparse.ArgumentTypeError(f"there is no group {unknown[0]}")
    return names


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--only", type=_names, metavar="GROUPS", help=", ".join(groups(Growth())))
    add("--sizes", type=_sizes, default=SIZES, help="of the registries that grow, in tags")
    add("--million", action="store_true", help=f"a registry of {HUGE:,} tags too")
    add("--gto-10000", action="store_true", help="ask GTO about 10,000 tags: it takes minutes")
    add("--check", action="store_true", help="measure nothing: compare answers with that build")
    add("--before", metavar="REV", default=builds.BEFORE, help="the build to compare with")
    add("--write", type=Path, metavar="PAGE", help="put the figures in this Markdown page")
    return parser


if __name__ == "__main__":
    main()
