"""How often Git is run, and what it reads: neither grows with what was not asked about."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from commandline import CommandLine
from mreg.store import entries
from repositories import Maker, Repository, Tag

ASKED = [
    ["show"],
    ["show", "--json"],
    ["show", "--all", "--at", "2023-12-01"],
    ["show", "churn"],
    ["show", "churn@v0.0.1", "--json"],
    ["show", "churn#prod"],
    ["history"],
    ["history", "churn", "--json"],
    ["stages"],
    ["search", "stage=prod"],
    ["search", "metrics.auc>0.9 or stage=prod", "--json"],
    ["diff", "churn@v0.0.1", "churn"],
    ["compare", "churn", "--json"],
    ["changelog", "churn"],
    ["check-ref", "churn@v0.0.1"],
    ["doctor"],
]


@pytest.fixture
def trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let every Git process write down what it does; return the folder, a file a process."""
    folder = tmp_path / "trace"
    folder.mkdir()
    monkeypatch.setenv("GIT_TRACE2_EVENT", str(folder))
    return folder


def processes(trace: Path) -> list[str]:
    """Return the commands that were run since the last call.

    Without `git version`, which GitPython runs when a process first imports it.
    """
    found = []
    for file in sorted(trace.iterdir()):
        events = map(json.loads, file.read_text().splitlines())
        found += [" ".join(it["argv"][1:]) for it in events if it["event"] == "start"]
        file.unlink()
    return [it for it in found if it != "version"]


def registry(make_repository: Maker, name: str, artifacts: int, events: int) -> Repository:
    """Make a registry of `churn` and others, each with some versions, half of them in prod."""
    names = ["churn", *(f"other{number}" for number in range(artifacts - 1))]
    tags = []
    for artifact in names:
        for number in range(1, events // 2 + 1):
            tags.append(Tag(f"{artifact}@v0.0.{number}", 0, number))
            tags.append(
                Tag(f"{artifact}#prod#{number}", 0, number, f"Go\n\nVersion: v0.0.{number}")
            )
    return make_repository(tags, name=name)


def counts(
    commands: list[list[str]], repo: Repository, mreg: CommandLine, trace: Path
) -> dict[str, int]:
    """Return how many processes each command takes."""
    return {" ".join(it): len(processes_of(it, repo, mreg, trace)) for it in commands}


def processes_of(
    arguments: list[str], repo: Repository, mreg: CommandLine, trace: Path
) -> list[str]:
    """Return the processes that a command takes."""
    processes(trace)
    mreg.ok(*arguments, repo=repo)
    return processes(trace)


def test_the_number_of_processes_does_not_grow(
    make_repository: Maker, mreg: CommandLine, trace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entries, "FEWEST", 1)  # what is kept saves processes in both
    small = counts(ASKED, registry(make_repository, "small", 1, 10), mreg, trace)
    large = counts(ASKED, registry(make_repository, "large", 10, 100), mreg, trace)
    assert large == small
    assert max(large.values()) <= 6


def test_writing_takes_as_many_processes_too(
    make_repository: Maker, mreg: CommandLine, trace: Path
) -> None:
    commands = [
        ["register", "churn", "HEAD"],
        ["promote", "churn", "dev"],
        ["rollback", "churn", "prod"],
        ["demote", "churn#dev", "dev"],
        ["deregister", "churn@latest", "--force"],
        ["deprecate", "churn"],
    ]
    small = counts(commands, registry(make_repository, "small", 1, 10), mreg, trace)
    large = counts(commands, registry(make_repository, "large", 10, 100), mreg, trace)
    assert large == small
    assert max(large.values()) <= 18


POLICY = """\
types: [model]
principals: {ann: {emails: [ann@example.com]}, bob: {emails: [bob@sample.org]}}
stages:
  dev: {}
  prod: {from: dev, approvals: 1, branches: [main], requires: {fields: [owner], inputs: dev}}
"""


def test_without_a_policy_asking_for_one_takes_little(
    make_repository: Maker, mreg: CommandLine, trace: Path
) -> None:
    repo = registry(make_repository, "small", 1, 10)
    made = processes_of(["promote", "churn", "dev"], repo, mreg, trace)
    assert sum("cat-file" in it for it in made) == 1, made
    assert len(made) <= 11, made


def test_a_policy_takes_as_many_processes_however_large_the_registry_is(
    make_repository: Maker, mreg: CommandLine, trace: Path
) -> None:
    found = []
    for name, artifacts, events in (("small", 1, 10), ("large", 10, 100)):
        repo = registry(make_repository, name, artifacts, events)
        repo.git("checkout", "-q", "-f", "main")
        (repo.path / ".mreg.yaml").write_text(POLICY)
        repo.git("add", ".mreg.yaml")
        repo.git("commit", "-q", "-m", "Agree on a policy")
        mreg.ok("register", "churn", repo=repo)
        commands = [["promote", "churn", "dev"], ["pending"], ["policy"]]
        found.append(counts(commands, repo, mreg, trace))
        processes(trace)
        assert mreg("policy", "check", "churn", "prod", repo=repo).code == 1
        found[-1]["check"] = len(processes(trace))
    assert found[0] == found[1]


def test_reading_does_not_ask_the_policy(
    make_repository: Maker, mreg: CommandLine, trace: Path
) -> None:
    repo = registry(make_repository, "small", 1, 10)
    before = counts(ASKED, repo, mreg, trace)
    repo.git("checkout", "-q", "-f", "main")
    (repo.path / ".mreg.yaml").write_text(POLICY)
    repo.git("add", ".mreg.yaml")
    repo.git("commit", "-q", "-m", "Agree on a policy")
    assert counts(ASKED, repo, mreg, trace) == before


@pytest.mark.parametrize(
    "arguments",
    [
        ["show", "churn"],
        ["show", "churn#prod"],
        ["history", "churn"],
        ["check-ref", "churn@v0.0.1"],
    ],
    ids=" ".join,
)
def test_a_question_about_one_artifact_reads_its_objects_alone(
    arguments: list[str], make_repository: Maker, mreg: CommandLine
) -> None:
    """The objects of all others are gone: nobody misses them."""
    repo = registry(make_repository, "large", 4, 20)
    for ref, oid in repo.refs().items():
        if ref.startswith("refs/tags/other"):
            repo.object_file(oid).unlink()
    assert mreg.ok(*arguments, repo=repo).err == ""


def test_names_that_begin_alike_are_told_apart(make_repository: Maker, mreg: CommandLine) -> None:
    """A ref pattern's * does not cross a "/", which names and stages may hold."""
    tags = [
        Tag("a@v1.0.0", 0, 0),
        Tag("a#eu/west/prod#1", 0, 1),
        Tag("a#eu#2", 0, 2),
        Tag("a/b@v2.0.0", 0, 3),
        Tag("a/b#eu/prod#1", 0, 4),
        Tag("a2@v3.0.0", 0, 5),
        Tag("x=a@v4.0.0", 0, 6),
        Tag("a@deprecated#3", 0, 7),
        Tag("a@v1.0.0+a.b#4", 1, 8),
    ]
    repo = make_repository(tags)
    for name in ("a", "a/b", "a2", "x:a"):
        own = mreg.ok("history", name, "--json", repo=repo).json["events"]
        every = mreg.ok("history", "--json", repo=repo).json["events"]
        assert own == [it for it in every if it["artifact"] == name]
    found = mreg.ok("show", "a", "--json", repo=repo).json
    assert set(found["stages"]) == {"eu/west/prod", "eu"}
