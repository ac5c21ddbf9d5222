"""What every test gets: a Git that sees nothing of the user's, and ways to make and run things."""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import settings

from commandline import CommandLine
from environments import EVERY
from repositories import START, Maker, SetClock, isolated

pytest_plugins = [
    "fixtures_of_experiments",
    "fixtures_of_pipelines",
    "fixtures_of_policy",
    "fixtures_of_sharing",
]

# What is imported and collected stays until the end, and is a million objects: to look through them
# for cycles, even once, would take a fifth of the time.
gc.disable()
gc.set_threshold(50_000, 20, 50)


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


# The same examples in each run: what a test finds depends on the code alone. The profile
# "thorough" looks further: pytest --hypothesis-profile thorough
settings.register_profile("steady", deadline=None, derandomize=True, database=None)
settings.register_profile("thorough", deadline=None, max_examples=3000)
settings.load_profile("steady")

# Of the last one: the tests start thousands of commands, each of which would compile mreg anew.
_LEFT_OVER = (
    *("MREG_", "GIT_", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "PAGER", "EDITOR", "SSH_"),
    "PYTHONDONTWRITEBYTECODE",
)


@pytest.fixture(scope="session")
def _homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Hand out new folders; pytest's own factory lists all that it made before, each time."""
    folder = tmp_path_factory.mktemp("homes")
    return map(folder.joinpath, map(str, count()))


@pytest.fixture(autouse=True)
def _isolated(_homes: Iterator[Path]) -> Iterator[None]:
    """Keep the user's Git settings, home folder, CI, time zone and terminal out of the test."""
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ:
            if name.startswith(_LEFT_OVER) or name in EVERY:
                patch.delenv(name)
        home = next(_homes)
        home.mkdir()
        for name, value in isolated(home).items():
            patch.setenv(name, value)
        time.tzset()
        yield
    time.tzset()


@pytest.fixture(scope="session")
def _templates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("templates")


@pytest.fixture
def make_repository(_templates: Path, tmp_path: Path) -> Maker:
    """Makes repositories in the test's own folder."""
    return Maker(tmp_path, _templates)


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> SetClock:
    """Sets what Git takes for the present."""

    def set_to(seconds: int, zone: str = "+0000") -> None:
        for name in ("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"):
            monkeypatch.setenv(name, f"{START + seconds} {zone}")

    return set_to


@pytest.fixture
def mreg(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """Runs mreg's command line inside the test's own process."""
    return CommandLine(capsys, monkeypatch)


@pytest.fixture
def _without_fsspec(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let there be no fsspec, whichever of its file systems an earlier test has loaded."""
    for name in [it for it in sys.modules if it.partition(".")[0] == "fsspec"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "fsspec", None)
