"""Hostile contents of a version's commit: what they are is in doubt, and nothing else is.

Whoever can push a commit chooses its metric files, annotations and DVC's files, and they stay in
the history for good. No command that asks about other versions may fail, or answer otherwise, for
them.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from commandline import CommandLine
from hostile_contents import COMMITS, GOOD, HOSTILE, LAST, METRICS, PARAMS, TAGS
from repositories import Maker, Repository, Tag

OF_ALL = [
    ["show"],
    ["show", "--all", "--json"],
    ["search", "metrics.auc>0.1 and params.depth>1"],
    ["search", "artifact=churn", "--json"],
    ["compare", "churn"],
    ["compare", "churn", "--json"],
    ["best", "churn", "--metric", "auc"],
    ["changelog", "churn"],
    ["changelog", "churn", "--json"],
    ["history", "churn"],
    ["lineage", "churn"],
    ["lineage", "churn", "--json"],
    ["doctor"],
    ["doctor", "--json"],
    ["audit"],
    ["pending"],
    ["ci", "churn@v1.2.0"],
    ["get", "churn@v1.1.0", "--print-path"],
    ["policy", "check", "churn@v1.1.0", "prod"],
]
OF_ONE = [
    ["describe", "BAD", "--json"],
    ["describe", "BAD"],
    ["diff", "BAD", "churn@v1.0.0"],
    ["lineage", "BAD"],
    ["export", "BAD", "--format", "model-card"],
    ["export", "BAD", "--format", "cyclonedx"],
]


@pytest.fixture
def registry(make_repository: Maker) -> Repository:
    """Make a registry whose first and last versions are good, and none between them."""
    return make_repository(TAGS, commits=COMMITS)


@pytest.mark.parametrize("command", OF_ALL, ids=" ".join)
def test_no_command_fails(command: list[str], registry: Repository, mreg: CommandLine) -> None:
    answered(command, registry, mreg)


@pytest.mark.parametrize("command", OF_ONE, ids=" ".join)
def test_each_version_is_answered_for(
    command: list[str], registry: Repository, mreg: CommandLine
) -> None:
    # Of these commands none looks further into metric and param files than `describe` does.
    first = 1 if command[0] == "describe" else len(METRICS) + len(PARAMS) + 1
    for number in range(first, len(HOSTILE) + 1):
        version = f"churn@v1.{number}.0"
        answered([it.replace("BAD", version) for it in command], registry, mreg)


def answered(command: list[str], repo: Repository, mreg: CommandLine) -> None:
    """Hold that a command answers, or says what it cannot answer."""
    found = mreg(*command, repo=repo)
    assert found.code in (0, 1), (command, found.err)
    assert "\x1b" not in found.out + found.err
    if "--json" in command and not found.code:
        json.loads(found.out, parse_constant=pytest.fail)


def test_other_versions_are_what_they_were(
    registry: Repository, make_repository: Maker, mreg: CommandLine
) -> None:
    good = make_repository(
        [Tag("churn@v1.0.0", 0, 0), Tag(f"churn@v1.{len(HOSTILE) + 1}.0", 1, 10)],
        name="good",
        commits=[GOOD, LAST],
    )
    last = f"churn@v1.{len(HOSTILE) + 1}.0"
    for words in (["describe", "churn@v1.0.0"], ["diff", "churn@v1.0.0", last], ["describe", last]):
        found, wanted = (mreg.ok(*words, "--json", repo=it).json for it in (registry, good))
        assert _of_contents(found) == _of_contents(wanted)


def _of_contents(answer: Any) -> Any:
    """Return what an answer says but for ids, times and what lies between two versions."""
    return {
        name: it
        for name, it in answer.items()
        if name not in ("commit", "commits", "created_at", "tag", "before", "after", "problems")
    }
