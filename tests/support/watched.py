"""Remotes that are watched, and watchers, for the tests here."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mreg import Registry
from mreg.deploy.deployment import Deployment
from mreg.deploy.watch import Handled, WatchOptions
from mreg.net.network import Network
from repositories import Repository

PATIENCE = 120.0
"""How many seconds a condition may take to come true before a test fails."""

QUICK = WatchOptions(interval=0.05, jitter=0, tries=3)


class Acts:
    """Acts upon events by noting them.

    Attributes:
        done: the tag of each event, and whether it may have been acted upon before.
        failing: how often an event still fails, by its tag.
    """

    def __init__(self, **failing: int) -> None:
        self.done: list[tuple[str, bool]] = []
        self.failing: dict[str, int] = dict(failing)

    def __call__(self, found: Deployment, again: bool) -> str:
        """Note an event; fail if it is to."""
        tag = str(found.tag)
        self.done.append((tag, again))
        left = self.failing.get(tag, 0)
        self.failing[tag] = left - 1
        return "it fails" if left > 0 else ""

    @property
    def tags(self) -> list[str]:
        """The tags of the events, in the order in which they were acted upon."""
        return [tag for tag, _ in self.done]


class Stop:
    """Says that it is time to end when a condition is true; it waits no longer than a moment."""

    def __init__(self, condition: Callable[[], bool]) -> None:
        self._condition = condition
        self._end = time.monotonic() + PATIENCE

    def is_set(self) -> bool:
        """Tell whether it is time to end."""
        assert time.monotonic() < self._end, "that took too long"
        return self._condition()

    def wait(self, seconds: float, /) -> bool:
        """Wait a moment."""
        time.sleep(min(seconds, 0.05))
        return self.is_set()


def watch(
    url: str,
    state: Path,
    acts: Any,
    manner: WatchOptions = QUICK,
    *,
    until: Callable[[], bool] | None = None,
    told: list[str] | None = None,
) -> list[Handled]:
    """Watch a remote, once or until a condition is true; return what became of events.

    A watch that goes on from its state is not told where to begin. Of what it says, troubles are
    kept, and neither where it begins nor what came of all.
    """
    if state.exists():
        manner = manner._replace(from_start=None)
    heard: list[str] = [] if told is None else told

    def notice(text: str) -> None:
        if not re.match(r"following |checked \S+ once: ", text):
            heard.append(text)

    network = Network(notice=notice)
    registry = Registry.open(url, network=network)
    if until is None:
        return [*registry.watch(acts, state=state, manner=manner._replace(once=True))]
    return [*registry.watch(acts, state=state, manner=manner, stop=Stop(until))]


def command(folder: Path, text: str = "") -> tuple[str, Path]:
    """Make a command that notes each event in a file: its tag, and whether it is in doubt.

    Args:
        folder: where it is put.
        text: what it does besides, afterwards.
    """
    log = folder / "log"
    script = folder / "act.sh"
    script.write_text(f'#!/bin/sh\necho "$MREG_TAG $MREG_RETRY" >> "{log}"\n{text}\n')
    script.chmod(0o755)
    return str(script), log


def lines(log: Path) -> list[str]:
    """Return the lines of a file, which may not be there yet."""
    return log.read_text().splitlines() if log.exists() else []


def arguments(url: str, state: Path, *others: str) -> list[str]:
    """Return the arguments of a watcher as a process of its own."""
    own = ["--repo", url, "--state", str(state), "--interval", "0.05", "--jitter", "0"]
    return [sys.executable, "-m", "mreg", "watch", *own, *others]


@contextmanager
def watching(
    url: str, state: Path, *others: str, **variables: str
) -> Iterator[subprocess.Popen[str]]:
    """Run a watcher while the block lasts; at the end it is killed, unless it has ended."""
    process = subprocess.Popen(
        arguments(url, state, *others),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **variables},
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait until a condition is true."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "that took too long"
        time.sleep(0.02)


def record(clone: Repository, *requests: Sequence[str]) -> None:
    """Record events and publish them: ("churn", "prod") promotes, ("churn",) registers."""
    registry = Registry.open(clone.path)
    for name, *stage in requests:
        if stage:
            registry.promote(name, stage[0], push=True, force=True)
        else:
            registry.register(name, bump="minor", force=True, push=True)
