"""What the figures look like: lines on a terminal, tables in docs/concepts/performance.md."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from figure import Figure

BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
"""The part of the page between these is written by the bench; the rest by people."""

HEADER = f"{'CPU':>10}  {'wall':>10}  {'required':>14}  {'target':>6}  {'met':6}  measured"

_TITLES = (
    "measured : baseline",
    "CPU",
    "wall",
    "range",
    "times",
    "required",
    "target",
    "met",
)


class Section(NamedTuple):
    """A group of figures, and what it is called on the page."""

    title: str
    figures: list[Figure]


def line(figure: Figure) -> str:
    """Return a figure as a line of text."""
    cells = (_cpu(figure), _wall(figure), _must(figure), _aim(figure), _holds(figure))
    values = "  ".join(
        f"{it:>{width}}" for it, width in zip(cells, (10, 10, 14, 6, 6), strict=True)
    )
    why = f"\n    failed: {figure.failed}" if figure.failed else f" ({_took(figure)})"
    return f"{values}  {figure.question.replace('`', '')}{why}"


def page(sections: Sequence[Section], command: str, growth: str = "") -> str:
    """Return the part of the page that the bench writes.

    Args:
        sections: the groups of figures.
        command: what was typed.
        growth: what tells of the growth, in Markdown.
    """
    parts = [f"Measured on {datetime.now(UTC):%Y-%m-%d} with `{command}`, on {machine()}."]
    parts += [growth] if growth else []
    for section in sections:
        table = ["| " + " | ".join(_TITLES) + " |", "| --- |" + " ---: |" * 6 + " --- |"]
        table += (f"| {' | '.join(_row(it))} |" for it in section.figures)
        parts += (f"### {section.title}", "\n".join(table))
    return "\n\n".join((BEGIN, *parts, END))


def write(path: Path, content: str) -> None:
    """Put what the bench writes in its place in a page.

    Raises:
        SystemExit: the page has no place for it.
    """
    text = path.read_text(encoding="utf-8")
    place = re.compile(f"{re.escape(BEGIN)}.*{re.escape(END)}", re.DOTALL)
    if not place.search(text):
        raise SystemExit(f"{path}: there are no lines {BEGIN} and {END}")
    path.write_text(place.sub(lambda _: content, text), encoding="utf-8")


def machine() -> str:
    """Name the machine in general terms."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    git = subprocess.run(["git", "--version"], stdout=subprocess.PIPE, text=True, check=True)
    return (
        f"{platform.system()} with {os.cpu_count()} cores ({_processor()}) and {memory:.0f} GiB of "
        f"memory, Python {platform.python_version()}, {git.stdout.strip()}"
    )


def _processor() -> str:
    """Return the processor's name, as Linux tells it."""
    path = Path("/proc/cpuinfo")
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    found = re.search(r"^model name\s*: (.+)$", text, re.MULTILINE)
    return found[1] if found else platform.machine()


def duration(seconds: float) -> str:
    """Return a time in words."""
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"


def number(value: float) -> str:
    """Return a number to three digits."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _row(it: Figure) -> tuple[str, ...]:
    spread = " to ".join(map(number, it.spread)) if it.spread else "-"
    if 0 < it.pairs < 5:
        spread += f" ({it.pairs} runs)"
    measured = (_cpu(it), _wall(it), spread, _took(it), _must(it), _aim(it))
    return (it.question, *measured, _holds(it))


def _cpu(it: Figure) -> str:
    return "-" if it.failed or not it.cpu else f"{number(it.cpu)} {it.unit}"


def _wall(it: Figure) -> str:
    return "-" if it.failed or it.measure in ("memory", "size") else f"{number(it.wall)} {it.unit}"


def _took(it: Figure) -> str:
    return " : ".join(map(duration, it.took)) + f" {it.measure}" if it.took else "-"


def _must(it: Figure) -> str:
    if it.bound is None:
        return "-"
    sign = "\u2265" if it.bound.least else "\u2264"
    return f"{it.measure} {sign} {number(it.bound.must)}"


def _aim(it: Figure) -> str:
    return "-" if it.bound is None or it.bound.aim is None else number(it.bound.aim)


def _holds(it: Figure) -> str:
    if it.failed:
        return "failed"
    if it.bound is None:
        return "-"
    if it.bound.reaches_the_aim(it.value):
        return "target"
    return "yes" if it.bound.holds(it.value) else "no"
