"""How often Git is run, and what it reads: neither grows with what was not asked about."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pytest

import model_servers
from commandline import CommandLine
from mreg.git import commits
from mreg.git.repository import Repository as Opened
from repositories import Maker, Repository, Tag

ASKED = {
    "show": 1,
    "show --json": 1,
    "show --all --at 2023-12-01": 1,
    "show churn": 1,
    "show churn@v0.0.1 --json": 1,
    "show churn#prod": 2,  # the settings: whether an approval may be missing
    "describe churn": 1,
    "history": 1,
    "history churn --json": 1,
    "stages": 1,
    "search stage=prod": 1,
    "search metrics.auc>0.9|or|stage=prod --json": 1,
    "compare churn --json": 1,
    "best churn --metric auc --json": 1,
    "candidates churn --json": 4,  # the policy; commits since the versions; which changed a file
    "export churn --format model-card": 3,  # what its commit says of itself, and what it changed
    "env churn": 1,
    "check-tag churn@v0.0.1": 1,
    "doctor": 1,
    "pending": 2,
    "status": 2,
    "policy": 2,
    "verify --tampering": 2,
    "verify churn@v0.0.1": 4,  # which commits changed the policy, and when the tagged were made
    "audit": 4,
    "diff churn@v0.0.1 churn": 3,  # the commits between, and those that touched the files
    "lineage churn": 3,  # what led to its commit, and what its commit changed
    "changelog churn": 3,  # the commits between the versions, and what they say
    "validate artifacts.yaml": 3,
    "validate": 3,
}
"""Questions, words apart by a blank or |, and how many processes answer each at the most."""


@pytest.fixture
def trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let every Git process write down what it does; return the folder, a file a process."""
    folder = tmp_path / "trace"
    folder.mkdir()
    monkeypatch.setenv("GIT_TRACE2_EVENT", str(folder))
    return folder


def processes(trace: Path) -> list[str]:
    """Return the commands that mreg ran since the last call, and not what those ran in their turn.

    Without `git version`, which GitPython runs when a process first imports it.
    """
    found = []
    for file in sorted(trace.iterdir()):
        events = map(json.loads, file.read_text().splitlines())
        own = (it for it in events if it["event"] == "start" and "/" not in it["sid"])
        found += [" ".join(it["argv"][1:]) for it in own]
        file.unlink()
    return [it for it in found if it != "version"]


def registry(make_repository: Maker, name: str, artifacts: int, events: int) -> Repository:
    """Make a registry of `churn` and others, each with some versions, half of them in prod.

    Its refs are packed, as those of a clone.
    """
    names = ["churn", *(f"other{number}" for number in range(artifacts - 1))]
    tags = []
    for artifact in names:
        for number in range(1, events // 2 + 1):
            tags.append(Tag(f"{artifact}@v0.0.{number}", 0, number))
            tags.append(
                Tag(f"{artifact}#prod#{number}", 0, number, f"Go\n\nVersion: v0.0.{number}")
            )
    made = make_repository(tags, name=name, commits=COMMITS)
    made.git("pack-refs", "--all")
    made.git("checkout", "-q", "-f", "main")
    return made


COMMITS = [
    {
        "artifacts.yaml": b"churn:\n  type: model\n  path: churn.bin\n  metrics: [m.json]\n"
        b"  requirements: requirements.txt\n",
        "m.json": b'{"auc": 0.%d}\n' % number,
        "churn.bin": b"%d\n" % number,
        "requirements.txt": b"a==1.0\n",
    }
    for number in range(3)
]


def counts(
    commands: Iterable[str], repo: Repository, mreg: CommandLine, trace: Path
) -> dict[str, int]:
    """Return how many processes each command takes."""
    words = {it: [word.replace("|", " ") for word in it.split(" ")] for it in commands}
    return {it: len(processes_of(said, repo, mreg, trace)) for it, said in words.items()}


def processes_of(
    arguments: list[str], repo: Repository, mreg: CommandLine, trace: Path
) -> list[str]:
    """Return the processes that a command takes."""
    processes(trace)
    mreg.ok(*arguments, repo=repo)
    return processes(trace)


def too_many(found: dict[str, int], allowed: dict[str, int]) -> dict[str, int]:
    """Return what takes more processes than it may."""
    return {it: number for it, number in found.items() if number > allowed[it]}


def test_a_question_takes_few_processes_however_large_the_registry_is(
    make_repository: Maker, mreg: CommandLine, trace: Path
) -> None:
    small = counts(ASKED, registry(make_repository, "small", 1, 10), mreg, trace)
    large = counts(ASKED, registry(make_repository, "large", 10, 100), mreg, trace)
    assert large == small
    assert not too_many(large, ASKED)


def test_asking_what_runs_takes_no_more_for_many(
    make_repository: Maker, mreg: CommandLine, trace: Path
) -> None:
    with model_servers.running() as models:
        settings = f"endpoints: {{prod: '{models.url}/{{name}}'}}\n".encode()
        taken = []
        for count in (1, 50):
            tags = [
                Tag(f"m{it}{end}", 0, it) for it in range(count) for end in ("@v1.0.0", "#prod")
            ]
            repo = make_repository(tags, name=f"r{count}", commits=[{".mreg.yaml": settings}])
            for it in range(count):
                models[f"/m{it}"] = model_servers.serves("v1.0.0")
            taken.append(len(processes_of(["status"], repo, mreg, trace)))
        assert len(models.asked) == 51
    assert taken[0] == taken[1] <= 3


def test_refs_that_are_not_read_here_take_one_more(
    make_repository: Maker, mreg: CommandLine, trace: Path
) -> None:
    """So are more loose ones than Git reads sooner, and those of a kind that is not known."""
    repo = registry(make_repository, "small", 1, 10)
    for number in range(300):
        file = repo.path / ".git" / "refs" / "tags" / f"other-{number}"
        file.write_text(repo.commits[0] + "\n")
    everyday = [it for it in ASKED if ASKED[it] == 1]
    assert max(counts(everyday, repo, mreg, trace).values()) <= 2


def test_many_objects_are_looked_for_in_one_process(make_repository: Maker, trace: Path) -> None:
    repo = make_repository([])
    processes(trace)
    absent = [f"{number:040x}" for number in range(1, 5000)]
    assert commits.missing(Opened.at(repo.path), [repo.commits[0], *absent]) == absent
    assert len(processes(trace)) == 1


WRITTEN = {
    "register churn HEAD": 5,
    "promote churn dev": 4,
    "rollback churn prod": 4,
    "demote churn#dev dev": 4,
    "deregister churn@latest --force": 4,
    "deprecate churn": 4,
    "undo churn": 3,
}
"""What is recorded, and by how many processes at the most."""


def test_writing_takes_few_processes_too(
    make_repository: Maker, mreg: CommandLine, trace: Path
) -> None:
    small = counts(WRITTEN, registry(make_repository, "small", 1, 10), mreg, trace)
    large = counts(WRITTEN, registry(make_repository, "large", 10, 100), mreg, trace)
    assert large == small
    assert not too_many(large, WRITTEN)


def with_remote(make_repository: Maker, tmp_path: Path) -> Repository:
    """Make a registry, and a remote that has all of it."""
    here = registry(make_repository, "here", 1, 10)
    here.git("clone", "-q", "--bare", str(here.path), str(tmp_path / "remote.git"))
    here.git("remote", "add", "origin", str(tmp_path / "remote.git"))
    here.git("fetch", "-q", "origin")
    return here


def test_publishing_takes_few_processes_too(
    make_repository: Maker, mreg: CommandLine, trace: Path, tmp_path: Path
) -> None:
    """The first time the remote is asked; after that it is known what it held last."""
    here = with_remote(make_repository, tmp_path)
    bounds = {
        "register churn HEAD --push": 7,
        "promote churn dev --push": 5,
        "promote churn test --push": 5,
    }
    assert not too_many(counts(bounds, here, mreg, trace), bounds)


def test_a_new_artifact_is_published_without_a_list_of_all_that_the_remote_has(
    make_repository: Maker, mreg: CommandLine, trace: Path, tmp_path: Path
) -> None:
    here = with_remote(make_repository, tmp_path)
    made = processes_of(["register", "fresh", "--new", "--push"], here, mreg, trace)
    assert len(made) <= 7
    assert [it for it in made if "ls-remote" in it] == []


POLICY = """\
types: [model]
principals: {ann: {emails: [ann@example.com]}, bob: {emails: [bob@sample.org]}}
stages:
  dev: {}
  prod: {from: dev, approvals: 1, branches: [main], requires: {fields: [owner], inputs: dev}}
"""


def with_policy(repo: Repository) -> Repository:
    (repo.path / ".mreg.yaml").write_text(POLICY)
    repo.git("add", ".mreg.yaml")
    repo.git("commit", "-q", "-m", "Agree on a policy")
    return repo


def test_a_policy_takes_as_many_processes_however_large_the_registry_is(
    make_repository: Maker, mreg: CommandLine, trace: Path
) -> None:
    found = []
    bounds = {"register churn": 6, "promote churn dev": 5, "pending": 2, "policy": 2}
    for name, artifacts, events in (("small", 1, 10), ("large", 10, 100)):
        repo = with_policy(registry(make_repository, name, artifacts, events))
        found.append(counts(bounds, repo, mreg, trace))
        processes(trace)
        assert mreg("policy", "check", "churn", "prod", repo=repo).code == 1
        found[-1]["check"] = len(processes(trace))
    assert found[0] == found[1]
    # It tells what the tag would be, and which branches have the commit.
    assert not too_many(found[1], {**bounds, "check": 5})


@pytest.mark.parametrize(("ruled", "bound"), [(False, 6), (True, 8)])
def test_a_pipeline_takes_few_processes_once_the_mirror_is_there(
    ruled: bool,
    bound: int,
    make_repository: Maker,
    mreg: CommandLine,
    trace: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of which one to three ask the remote: for the tags, for trees, for what the policy wants."""
    here = registry(make_repository, "here", 1, 10)
    here = with_policy(here) if ruled else here
    here.git("clone", "-q", "--bare", str(here.path), str(tmp_path / "remote.git"))
    here.git("remote", "add", "origin", str(tmp_path / "remote.git"))
    here.git("fetch", "-q", "origin")
    mreg("ci", "churn#prod#5", repo=here)
    processes(trace)
    done = mreg("ci", "churn#prod#5", repo=here)
    assert done.code == (1 if ruled else 0), done.err  # nobody approved
    assert len(made := processes(trace)) <= bound, made


def test_reading_does_not_ask_the_policy(
    make_repository: Maker, mreg: CommandLine, trace: Path
) -> None:
    repo = registry(make_repository, "small", 1, 10)
    everyday = [it for it in ASKED if ASKED[it] == 1]
    before = counts(everyday, repo, mreg, trace)
    assert counts(everyday, with_policy(repo), mreg, trace) == before


@pytest.mark.parametrize(
    "arguments",
    [
        ["show", "churn"],
        ["show", "churn#prod"],
        ["history", "churn"],
        ["check-tag", "churn@v0.0.1"],
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
