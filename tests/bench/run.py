"""The bench: how fast mreg is, held against GTO and against Git itself.

    python tests/bench/run.py [--sizes 100,1500] [--million] [--gto-10000] [--write PAGE]

Whole processes are run in turn, and each figure is the median of their ratios. It reports; it
does not judge: the exit code is 0 whatever holds.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path

import report
from figures import HUGE, LARGE, MIDDLE, SMALL, Wanted, measured

SIZES = (100, SMALL, MIDDLE, LARGE)


def main() -> None:
    """Measure, print each figure as it is there, and write the page if it is asked for."""
    given = _parser().parse_args()
    sizes = (*given.sizes, *([HUGE] if given.million else []))
    wanted = Wanted(tuple(sorted(set(sizes))), MIDDLE if given.gto_10000 else SMALL)
    figures = []
    print(report.HEADER)
    for figure in measured(wanted):
        figures.append(figure)
        print(report.line(figure), flush=True)
    if given.write:
        report.write(given.write, figures, _command())


def _command() -> str:
    """Return the command that was typed, as it is typed in the repository's root."""
    return shlex.join(("python", "tests/bench/run.py", *sys.argv[1:]))


def _sizes(text: str) -> tuple[int, ...]:
    return tuple(int(size) for size in text.split(","))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--sizes", type=_sizes, default=SIZES, help="tags in each registry, such as 100,1500")
    add("--million", action="store_true", help=f"a registry of {HUGE:,} tags too")
    add("--gto-10000", action="store_true", help="ask GTO about 10,000 tags: it takes minutes")
    add("--write", type=Path, metavar="PAGE", help="put the figures in this Markdown page")
    return parser


if __name__ == "__main__":
    main()
