"""Take the pictures of commands in docs/: the real commands, in a real terminal.

    make pictures                                                # those that the documents show
    python examples/terminal_pictures.py --all FOLDER            # all commands, 80 and 120 columns
    python examples/terminal_pictures.py --recording FOLDER      # the quickstart, as a film

It needs Chromium, Node's npm (for xterm.js), faketime and the font JetBrains Mono (Debian:
fonts-jetbrains-mono), and from PyPI playwright and pillow.
"""

from __future__ import annotations

import argparse
import io
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import company
import emulator
from emulator import Emulator, Scheme, Size
from PIL import Image
from playwright.sync_api import Browser, sync_playwright

SCHEMES: tuple[Scheme, ...] = ("light", "dark")
WIDTHS = (80, 120)

COMMANDS = {
    "help": "mreg --help",
    "show": "mreg show",
    "show-churn": "mreg show churn",
    "history": "mreg history churn -n 12",
    "compare": "mreg compare churn@v4.0.0 v5.0.0 v5.2.0",
    "diff": "mreg diff churn v4.0.0 v5.2.0",
    "describe": "mreg describe churn@v5.2.0",
    "search": "mreg search 'stage=prod and metrics.latency_ms<40'",
    "lineage": "mreg lineage churn --depth 2",
    "pending": "mreg pending",
    "error": "mreg show chrun@v5.2.0",
    "audit": "mreg audit features --since 2026-03-15",
}
"""What each picture shows, in the repository customer-ml of the made-up company."""

WIDER = ("show-churn", "pending", "audit")
"""What the documents show at 120 columns, too: more is to be seen there than at 80."""

NOW = datetime.fromtimestamp(company.NOW, UTC)


class Told(NamedTuple):
    """A line of the recording.

    Attributes:
        typed: what is typed.
        seconds: for how long its answer is to be read.
        minutes: how long after the one before.
        hidden: what is done before, without being shown.
    """

    typed: str
    seconds: float
    minutes: int = 1
    hidden: str = ""


BEFORE = (
    "git init -q -b main",
    "git config user.name 'Data Scientist'",
    "git config user.email data.scientist@example.com",
    "echo '{\"weights\": [0.3, 1.2]}' > model.json",
    "git add model.json",
    "git commit -q -m 'Train a model'",
)
"""The repository in which the recording begins."""

QUICKSTART = (
    Told("mreg annotate churn --type model --path model.json --metric accuracy=0.87 --commit", 1.6),
    Told("mreg register churn -m 'Logistic regression'", 1.6),
    Told("mreg promote churn prod -m 'First release'", 1.8),
    Told(
        "mreg annotate churn --metric accuracy=0.91 --commit",
        1.4,
        hidden="echo '{\"weights\": [0.4, 1.1]}' > model.json; git commit -qam 'A year of data'",
    ),
    Told("mreg promote churn prod --register --bump minor -m 'A year of data'", 2.0),
    Told("mreg show", 2.4),
    Told("mreg show churn", 2.6),
    Told("mreg compare churn", 2.8),
    Told("mreg rollback churn prod -m 'Too many false alarms'", 2.4),
    Told("mreg history churn", 5.0),
)


def main() -> None:
    """Make the repositories in a temporary folder, and take what is asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("target", type=Path)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--all", action="store_true", help="all commands, 80 and 120 columns")
    what.add_argument("--recording", action="store_true", help="the quickstart, as a film")
    asked = parser.parse_args()
    asked.target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name, sync_playwright() as driver:
        place = Path(name)
        script = emulator.fetch_script(place)
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"))
        if asked.recording:
            record(browser, script, place / "churn-model", asked.target / "quickstart.gif")
            return
        repo = next(it for it in company.make(place / "company", ["customer-ml"]))
        for called, width in pictures(everything=asked.all):
            printed = answer(COMMANDS[called], repo, Size(width, 60))
            for scheme in SCHEMES:
                suffix = f"-{width}" if width != WIDTHS[0] else ""
                target = asked.target / f"terminal-{called}{suffix}-{scheme}.png"
                with emulator.opened(browser, script, Size(width, 60), scheme, scale=1.5) as shown:
                    shown.write(printed.rstrip())
                    shown.fit()
                    save(shown.picture(), target, scheme)


def pictures(*, everything: bool) -> Iterator[tuple[str, int]]:
    """Iterate over the commands of which pictures are taken, and how wide these are."""
    for called in COMMANDS:
        for width in WIDTHS if everything or called in WIDER else WIDTHS[:1]:
            yield called, width


def answer(command: str, repo: Path, size: Size) -> bytes:
    """Return a command as somebody types it, and what it prints."""
    return prompt(command) + b"\r\n" + run(command, repo, NOW, size)


def prompt(command: str = "") -> bytes:
    """Return what stands before a command, and the command."""
    return f"\x1b[1;34m$\x1b[0m {command}".encode()


def run(command: str, folder: Path, now: datetime, size: Size) -> bytes:
    """Run a command line in a terminal at a time, without any settings of the user's."""
    kept = {key: it for key, it in os.environ.items() if not key.startswith(("GIT_", "MREG_"))}
    environment = {
        **kept,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "MREG_PAGER": "cat",
        "TZ": "UTC",
    }
    words = ["faketime", "-f", f"@{now:%Y-%m-%d %H:%M:%S}", "sh", "-c", command]
    return emulator.run(words, folder, environment, size)


def save(picture: bytes, target: Path, scheme: Scheme) -> None:
    """Write a picture in the colours of its terminal: a third of the room that all would take."""
    with Image.open(io.BytesIO(picture)) as found:
        few = found.convert("RGB").quantize(palette=palette(scheme), dither=Image.Dither.NONE)
        few.save(target, optimize=True)


SHADES = 6
"""So many shades the edges of letters have in a picture, from the background to their colour."""


def palette(scheme: Scheme) -> Image.Image:
    """Return the colours of a terminal, as Pillow takes them: an image that has just them."""
    named = emulator.COLORS[scheme]
    back = rgb(named["background"])
    taken: list[int] = []
    for name in ("foreground", "red", "green", "blue", "cyan"):
        for step in range(SHADES + 1):
            taken += (
                round(ground + (full - ground) * step / SHADES)
                for ground, full in zip(back, rgb(named[name]), strict=True)
            )
    found = Image.new("P", (1, 1))
    found.putpalette(taken)
    return found


def rgb(color: str) -> tuple[int, int, int]:
    """Return the parts of a colour that is written as "#rrggbb"."""
    red, green, blue = bytes.fromhex(color.removeprefix("#"))
    return red, green, blue


class Film:
    """Pictures of a terminal, one after the other."""

    def __init__(self, shown: Emulator, scheme: Scheme) -> None:
        self._shown = shown
        self._scheme = scheme
        self._frames: list[Image.Image] = []
        self._milliseconds: list[int] = []

    def show(self, printed: bytes, seconds: float) -> None:
        """Show what was printed, for some time."""
        self._shown.write(printed)
        self._frames.append(Image.open(io.BytesIO(self._shown.picture())).convert("RGB"))
        self._milliseconds.append(int(seconds * 1000))

    def save(self, target: Path) -> None:
        """Write the film; it begins anew when it ends."""
        colors = palette(self._scheme)
        first, *rest = (
            it.quantize(palette=colors, dither=Image.Dither.NONE) for it in self._frames
        )
        first.save(
            target, save_all=True, append_images=rest, duration=self._milliseconds, loop=0,
            optimize=False, disposal=1,
        )  # fmt: skip


TYPED_AT_ONCE = 3
"""So many letters come with each picture of somebody who types."""


def record(browser: Browser, script: Path, folder: Path, target: Path) -> None:
    """Record the quickstart in a new repository."""
    size, now = Size(86, 24), datetime(2026, 3, 9, 9, 2, tzinfo=UTC)
    folder.mkdir()
    for command in BEFORE:
        run(command, folder, now, size)
    with emulator.opened(browser, script, size, "dark", scale=1.25) as shown:
        film = Film(shown, "dark")
        for told in QUICKSTART:
            if told.hidden:
                run(told.hidden, folder, now, size)
            now += timedelta(minutes=told.minutes)
            film.show(prompt(), 0.5)
            for begin in range(0, len(told.typed), TYPED_AT_ONCE):
                film.show(told.typed[begin : begin + TYPED_AT_ONCE].encode(), 0.08)
            film.show(b"\r\n" + run(told.typed, folder, now, size), told.seconds)
        film.save(target)


if __name__ == "__main__":
    main()
