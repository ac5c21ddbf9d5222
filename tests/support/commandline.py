"""mreg's command line, run inside the test's own process or as a process of its own."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from mreg.cli import main
from mreg.system.cache import DEFAULT_LIMIT
from repositories import Repository


class Result(NamedTuple):
    """What a command did.

    Attributes:
        code: its exit code.
        out: what it printed on standard output.
        err: what it printed on standard error.
    """

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed, read as JSON."""
        return json.loads(self.out)


class CommandLine:
    """Runs commands inside the test's process, through the function that `mreg` starts."""

    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self._capsys = capsys
        self._monkeypatch = monkeypatch

    def __call__(self, *arguments: str, repo: Repository | Path | None = None) -> Result:
        """Run a command; in a repository, if one is given."""
        folder = repo.path if isinstance(repo, Repository) else repo
        self._capsys.readouterr()
        with self._monkeypatch.context() as patch:
            if folder:
                patch.chdir(folder)
            code = run_main(patch, arguments)
        return Result(code, *self._capsys.readouterr())

    def ok(self, *arguments: str, repo: Repository | Path | None = None) -> Result:
        """Run a command that has to end well."""
        done = self(*arguments, repo=repo)
        assert done.code == 0, done.err
        return done


def run_main(patch: pytest.MonkeyPatch, arguments: Sequence[str]) -> int:
    """Run a command where everything else is put in place; return its exit code."""
    patch.setattr(sys, "argv", ["mreg", *arguments])
    # What holds for the process that a command has to itself ends with the command here.
    patch.setattr("mreg.system.cache._chosen", None)
    patch.setattr("mreg.system.cache._limit", DEFAULT_LIMIT)
    # main turns it off, for a process that ends with the command, and all that is open with it.
    patch.setattr(gc, "freeze", lambda: None)
    try:
        return _exit_code()
    finally:
        gc.enable()
        gc.collect(0)


def _exit_code() -> int:
    try:
        main()
    except SystemExit as ended:
        return int(ended.code or 0)


def process(*arguments: str, repo: Repository, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a command as a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "mreg", *arguments],
        cwd=repo.path,
        capture_output=True,
        text=True,
        check=False,
        **options,
    )
