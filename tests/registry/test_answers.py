"""What `--json` prints is what a program gets of the facade, without the command line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from commandline import CommandLine
from mreg import Registry
from mreg.core import kinds
from mreg.registry import documents
from mreg.render import json
from repositories import Maker, Repository, Tag

FILES = {"artifacts.yaml": b"churn: {type: model, metrics: {auc: 0.9}}\n"}
TAGS = [
    Tag("churn@v1.0.0", 0, 0),
    Tag("churn@v1.1.0", 1, 10),
    Tag("churn#prod#1", 0, 20),
    Tag("broken@v1", 0, 30),
]


@pytest.fixture
def repo(make_repository: Maker) -> Repository:
    return make_repository(TAGS, commits=[FILES, {"README": b"second\n"}])


ANSWERS: dict[str, Callable[[Registry], Any]] = {
    "show": lambda it: documents.overview(*it.overview()),
    "show churn": lambda it: documents.details(it.details("churn")),
    "show churn#prod": lambda it: documents.version(
        it.resolve("churn#prod"),
        it.annotations([it.resolve("churn#prod")])[0],
        it.backers(it.resolve("churn#prod")),
    ),
    "describe churn": lambda it: documents.description(it.describe("churn")),
    "history": lambda it: it.events(),
    "history churn -n 1": lambda it: it.events("churn", limit=1),
    "stages": lambda it: it.all_stages(),
    "diff churn@v1.0.0 churn@v1.1.0": lambda it: documents.diff(
        it.diff("churn@v1.0.0", "churn@v1.1.0")
    ),
    "compare churn": lambda it: documents.comparison(it.compare("churn")),
    "best churn --metric auc": lambda it: documents.best(it.best("churn", "auc")),
    "search version=v1.0.0": lambda it: documents.results(it.results("version=v1.0.0")),
    "lineage churn": lambda it: documents.lineage(it.lineage("churn")),
    "changelog churn": lambda it: it.changelog("churn"),
    "check-tag churn#prod#1": lambda it: it.check_ref("churn#prod#1"),
    "doctor": lambda it: documents.listed("problems", it.problems()),
    "policy": lambda it: documents.policy(it.policy(), ""),
    "policy check churn@v1.1.0 prod": lambda it: it.check_policy("churn@v1.1.0", "prod"),
    "pending": lambda it: documents.listed("pending", it.pending()),
    "audit": lambda it: documents.listed("events", it.audit()),
    "verify churn@v1.0.0": lambda it: documents.verification(it.verification(["churn@v1.0.0"])),
}


@pytest.mark.parametrize("command", ANSWERS)
def test_a_program_gets_what_the_command_prints(
    command: str, repo: Repository, mreg: CommandLine
) -> None:
    printed = mreg(*command.split(), "--json", repo=repo).out
    assert json.dumps(ANSWERS[command](Registry.open(repo.path))) == printed.rstrip("\n")


def test_what_needs_no_repository(mreg: CommandLine) -> None:
    name = kinds.parse("churn@v1.0.0!#7")
    assert name
    printed = mreg.ok("parse-tag", "churn@v1.0.0!#7", "--json").out
    assert json.dumps(documents.tag_name(name)) == printed.rstrip("\n")
    printed = mreg.ok("cache", "--json").out
    assert json.dumps(Registry.cache()) == printed.rstrip("\n")


def test_files_of_the_work_tree(repo: Repository) -> None:
    registry = Registry.open(repo.path)
    repo.git("checkout", "-q", "-f", "HEAD")
    assert [it.done for it in registry.init()] == ["kept", "created", "created"]
    assert registry.validate().findings == ()
    (repo.path / "artifacts.yaml").write_text("churn: {type: 1}\n")
    assert [it.severity for it in registry.validate().findings] == ["error"]
