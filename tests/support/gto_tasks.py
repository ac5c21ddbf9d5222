"""Everyday tasks with GTO and with mreg: what is typed for each, played for real and counted.

The table of docs/coming-from/gto.md is made here. To write it anew:

    python tests/support/gto_tasks.py docs/coming-from/gto.md
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from documents import environment
from mreg.core import times

GTO = "gto"
MREG = "mreg"


class Task(NamedTuple):
    """Something that somebody wants to do or to know.

    Attributes:
        about: what, as the table says it.
        gto: the lines that a user of GTO types, with Git where GTO has no command.
        mreg: the lines that a user of mreg types.
        shown: a text that the last line prints, with both; empty if the task changes the registry.
        before: lines that the same person has typed before, with both; they are not counted.
        folder: where the lines are typed: the repository, or a pipeline's shallow checkout.
    """

    about: str
    gto: list[str]
    mreg: list[str]
    shown: str = ""
    before: Mapping[str, list[str]] = MappingProxyType({})
    folder: str = "work"

    def lines(self, tool: str) -> list[str]:
        """Return the lines that are typed with a tool."""
        return self.gto if tool == GTO else self.mreg


_NEXT = [
    "echo 'weights of a year' > model.pkl",
    "sed -i 's/0.87/0.91/' artifacts.yaml",
    "git commit -q -a -m 'Train on a year of data'",
]
_CHECKOUT = [
    "git push -q origin main",
    "git clone -q --depth 1 --branch churn#prod#2 file://$PWD/../origin.git ../checkout",
    "git -C ../checkout tag -f churn#prod#2 HEAD",  # as actions/checkout leaves it: lightweight
]
_FETCH_ALL = "git fetch -f --tags"
_OF_TAG = 'gto check-ref "$GITHUB_REF_NAME"'

TASKS = [
    Task(
        "Annotate a model; register its first version, and publish it",
        [
            "echo 'churn: {path: model.pkl, metrics: {accuracy: 0.87}}' >> artifacts.yaml",
            "git add artifacts.yaml",
            "git commit -m 'Annotate churn'",
            "gto register churn --push",
        ],
        [
            "mreg annotate churn --path model.pkl --metric accuracy=0.87 --commit",
            "mreg register churn --push",
        ],
    ),
    Task(
        "Promote the latest version, and publish it",
        ["gto assign churn --stage prod --push"],
        ["mreg promote churn prod --push"],
    ),
    Task(
        "Register the next version, and publish it",
        ["gto register churn --bump-minor --push"],
        ["mreg register churn --bump minor --push"],
        before={GTO: _NEXT, MREG: _NEXT},
    ),
    Task(
        "See which version is in production",
        ["gto show churn#prod"],
        ["mreg show churn#prod"],
        shown="v0.0.1",
    ),
    Task(
        "See the history of a model",
        ["gto history churn"],
        ["mreg history churn"],
        shown="v0.1.0",
    ),
    Task(
        "Compare two versions",
        ["git diff churn@v0.0.1 churn@v0.1.0"],
        ["mreg diff churn v0.0.1 v0.1.0"],
        shown="0.91",
    ),
    Task(
        "Find the version of a commit",
        ["git tag --points-at HEAD"],
        ["mreg search commit=HEAD"],
        shown="v0.1.0",
    ),
    Task(
        "In a pipeline, find what a pushed promotion deploys",
        [_FETCH_ALL, f"VERSION=$({_OF_TAG} --version)", f"STAGE=$({_OF_TAG} --stage)"],
        ['eval "$(mreg ci --format shell)"'],
        before={
            GTO: ["gto assign churn --stage prod --push", *_CHECKOUT],
            MREG: ["mreg promote churn prod --push", *_CHECKOUT],
        },
        folder="checkout",
    ),
    Task(
        "Roll production back to the version before",
        ["gto deprecate churn v0.1.0 prod"],
        ["mreg rollback churn prod"],
    ),
    Task(
        "Download the model that is in production",
        ["git show $(gto show churn#prod --ref):model.pkl > prod.pkl"],
        ["mreg get churn#prod -o prod.pkl"],
    ),
    Task(
        "Undo a promotion that was a mistake, before it is pushed",
        ["gto deprecate churn v0.0.1 staging -d"],
        ["mreg undo churn"],
        before={
            GTO: ["gto assign churn --version v0.0.1 --stage staging"],
            MREG: ["mreg promote churn@v0.0.1 staging"],
        },
    ),
    Task(
        "Deregister a version",
        ["gto deprecate churn v0.1.0"],
        ["mreg deregister churn@v0.1.0"],
    ),
]
"""The tasks, in the order of a story: each begins where the one before it ended."""


class Played(NamedTuple):
    """What came of a task.

    Attributes:
        said: what the last line printed.
        states: the registry after it, as each of the two tools reads it.
        outcome: what the task made outside of the registry: a file, or variables of a shell.
    """

    said: str
    states: dict[str, Any]
    outcome: str


class Story:
    """Plays the tasks with one tool, in a repository of its own that has a remote."""

    def __init__(self, tool: str, folder: Path) -> None:
        self.tool = tool
        self._folder = folder
        self._work = folder / "work"
        self._work.mkdir()
        for line in (
            "git init -q --bare ../origin.git",
            "git init -q -b main",
            "git config user.name 'Data Scientist'",
            "git config user.email data.scientist@example.com",
            "git remote add origin ../origin.git",
            "echo 'weights of a month' > model.pkl",
            "git add model.pkl",
            "git commit -q -m 'Train a model'",
            "git push -q -u origin main",
        ):
            self._run([line], self._work)

    def play(self, task: Task) -> Played:
        """Do a task, and what comes before it."""
        for line in task.before.get(self.tool, []):
            self._run([line], self._work)
            _wait_for_the_next_second()
        said = ""
        if task.folder == "work":
            for line in task.lines(self.tool):
                said = self._run([line], self._work)
                _wait_for_the_next_second()
            outcome = self._file("prod.pkl")
        else:
            shown = "echo ${MREG_VERSION-$VERSION} ${MREG_STAGE-$STAGE}"
            outcome = self._run([*task.lines(self.tool), shown], self._folder / task.folder)
        return Played(said, {GTO: self._by_gto(), MREG: self._by_mreg()}, outcome.splitlines()[-1])

    def _file(self, name: str) -> str:
        path = self._work / name
        return path.read_text() if path.exists() else "no file"

    def _run(self, lines: list[str], folder: Path) -> str:
        world = environment(times.now(), self._folder)
        for name in ("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"):  # GTO does not heed them
            del world[name]
        pushed = "churn#prod#2"
        world |= {"GITHUB_ACTIONS": "true", "GITHUB_REF": f"refs/tags/{pushed}"}
        done = subprocess.run(
            ["bash", "-e", "-c", "\n".join(lines)],
            cwd=folder,
            env=world | {"GITHUB_REF_NAME": pushed},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise AssertionError(f"{lines}: {done.stdout}{done.stderr}")
        return done.stdout

    def _by_mreg(self) -> dict[str, Any]:
        shown = json.loads(self._run(["mreg show --json"], self._work))
        return {
            it["name"]: {
                "latest": it["latest"]["version"],
                "stages": {stage: held[0]["version"] for stage, held in it["stages"].items()},
            }
            for it in shown["artifacts"]
        }

    def _by_gto(self) -> dict[str, Any]:
        shown = json.loads(self._run(["gto show --json"], self._work))
        return {
            name: {
                "latest": it["version"],
                "stages": {stage: version for stage, version in it["stage"].items() if version},
            }
            for name, it in shown.items()
        }


def _wait_for_the_next_second() -> None:
    """Wait: GTO orders the events of one second by their names."""
    time.sleep(1 - time.time() % 1 + 0.01)


def keystrokes(lines: list[str]) -> int:
    """Return how many keys are pressed to type lines, Enter too."""
    return sum(len(line) + 1 for line in lines)


def table() -> str:
    """Return the table of the tasks, in Markdown."""
    head = ["| task | GTO | keystrokes | mreg | keystrokes |", "| --- | --- | --: | --- | --: |"]
    rows = [
        f"| {task.about} | {_cell(task.gto)} | {keystrokes(task.gto)}"
        f" | {_cell(task.mreg)} | {keystrokes(task.mreg)} |"
        for task in TASKS
    ]
    gto, mreg = ([it.lines(tool) for it in TASKS] for tool in (GTO, MREG))
    last = f"| all {len(TASKS)} | {_sum(gto)} | {_sum(mreg)} |"
    return "\n".join([*head, *rows, last]) + "\n"


def _cell(lines: list[str]) -> str:
    return "<br>".join(f"`{line}`" for line in lines)


def _sum(tasks: list[list[str]]) -> str:
    return f"{sum(map(len, tasks))} lines | {sum(map(keystrokes, tasks))}"


_TABLE = re.compile(r"^\| task \| GTO \| keystrokes \|.*?\n(?!\|)", re.M | re.S)


def with_table(document: str) -> str:
    """Return a document with the table as it is now."""
    return _TABLE.sub(lambda _: table(), document + "\n")[:-1]


def main() -> None:
    """Write the table into the document that was named."""
    path = Path(sys.argv[1])
    path.write_text(with_table(path.read_text()))


if __name__ == "__main__":
    sys.path.insert(0, os.fspath(Path(__file__).parent))
    main()
