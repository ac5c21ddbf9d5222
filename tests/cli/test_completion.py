"""Completion in bash, by the script that mreg gives out and by bash itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer import _completion_shared

from mreg.cli import completion
from repositories import Maker, Repository, Tag

PATH = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])

BASH = """
COMP_LINE=$1 COMP_POINT=${#1}
_mreg_completion mreg "$2" ""
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture
def repository(make_repository: Maker) -> Repository:
    return make_repository(
        [
            Tag("churn@v1.0.0"),
            Tag("churn@v1.1.0", commit=1, time=1),
            Tag("churn#prod#1", time=2),
            Tag("churn#prod-eu#2", time=3),
            Tag("models=churn@v2.0.0", time=4),
        ]
    )


def script(shell: str) -> str:
    completion.set_up()
    return _completion_shared.get_completion_script(
        prog_name="mreg", complete_var="_MREG_COMPLETE", shell=shell
    )


@pytest.mark.parametrize(
    ("line", "word", "expected"),
    [
        ("mreg sho", "sho", ["show"]),
        ("mreg he", "he", ["help"]),
        ("mreg help exi", "exi", ["exit-codes"]),
        ("mreg check-", "check-", [""]),
        ("mreg show churn v1.0", "v1.0", ["v1.0.0"]),
        ("mreg promote churn v1.0.0 pr", "pr", ["prod", "prod-eu"]),
        ("mreg show ", "", ["churn", "models:churn"]),
        ("mreg show ch", "ch", ["churn"]),
        # bash completes the word from the "@" on, and from behind the ":"
        ("mreg show churn@", "@", ["@latest", "@release", "@v1.0.0", "@v1.1.0"]),
        ("mreg show churn@v1.1", "@v1.1", ["@v1.1.0"]),
        ("mreg show models:ch", "ch", ["churn"]),
        # and all of it where COMP_WORDBREAKS was changed
        ("mreg show churn@v1.1", "churn@v1.1", ["churn@v1.1.0"]),
        ("mreg show churn#pr", "churn#pr", ["churn#prod", "churn#prod-eu"]),
        ("mreg promote churn@v1.0.0 pr", "pr", ["prod", "prod-eu"]),
        ("mreg history --action de", "de", ["demote", "deprecate", "deregister"]),
        ("mreg show nothing@", "@", [""]),
    ],
)
def test_bash(repository: Repository, line: str, word: str, expected: list[str]) -> None:
    done = subprocess.run(
        ["bash", "--norc", "-c", script("bash") + BASH, "bash", line, word],
        cwd=repository.path,
        env={**os.environ, "PATH": PATH},
        capture_output=True,
        text=True,
        check=True,
    )
    assert sorted(done.stdout.split("\n")[:-1]) == expected
    assert done.stderr == ""
