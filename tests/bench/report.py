"""What the figures look like: lines on a terminal, a table in docs/performance.md."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from figure import Bound, Figure

BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
"""The part of the page between these is written by the bench; the rest by people."""

HEADER = f"{'figure':>10}  {'bound':>12}  {'holds':5}  what"


def line(figure: Figure) -> str:
    """Return a figure as a line of text."""
    took = f"{_time(figure.first)} : {_time(figure.second)}"
    question = figure.question.replace("`", "")
    return f"{_value(figure):>10}  {_bound(figure):>12}  {_holds(figure):5}  {question} ({took})"


def page(figures: Sequence[Figure], command: str) -> str:
    """Return the part of the page that the bench writes."""
    rows = (
        f"| {it.question} | {_time(it.first)} | {_time(it.second)} | {_value(it)} | "
        f"{_spread(it)} | {_bound(it)} | {_holds(it)} |"
        for it in figures
    )
    return "\n".join(
        (
            BEGIN,
            "",
            f"Measured on {datetime.now(UTC):%Y-%m-%d} with `{command}`, on {machine()}.",
            "",
            "| what : against what | time | against | figure | lowest to highest | bound | holds |",
            "| --- | ---: | ---: | ---: | ---: | ---: | --- |",
            *rows,
            "",
            END,
        )
    )


def write(path: Path, figures: Sequence[Figure], command: str) -> None:
    """Put the figures in their place in a page.

    Raises:
        SystemExit: the page has no place for them.
    """
    content = path.read_text(encoding="utf-8")
    place = re.compile(f"{re.escape(BEGIN)}.*{re.escape(END)}", re.DOTALL)
    if not place.search(content):
        raise SystemExit(f"{path}: there are no lines {BEGIN} and {END}")
    path.write_text(place.sub(lambda _: page(figures, command), content), encoding="utf-8")


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


def _time(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _value(figure: Figure) -> str:
    return f"{_number(figure.value)} {figure.unit}"


def _spread(figure: Figure) -> str:
    return " to ".join(map(_number, figure.spread)) if figure.spread else "-"


def _bound(figure: Figure) -> str:
    if figure.bound is None:
        return "-"
    return f"{_sign(figure.bound)} {_number(figure.bound.value)}{' (aim)' * figure.bound.aim}"


def _sign(bound: Bound) -> str:
    return "\u2265" if bound.least else "\u2264"


def _holds(figure: Figure) -> str:
    if figure.bound is None:
        return "-"
    return "yes" if figure.bound.holds(figure.value) else "no"
