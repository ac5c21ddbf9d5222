"""`--repo URL`: the same answers as from the repository itself, of which little is fetched."""

from __future__ import annotations

from pathlib import Path

import pytest

import origin
import remotes
from commandline import CommandLine
from mreg import Registry
from mreg.git import faults
from mreg.git.process import Finished
from mreg.policy.conveniences import FILE
from mreg.worktree import settings
from repositories import ANN, START, Maker, Tag, tag_bytes

QUESTIONS = [
    ("show",),
    ("show", "churn"),
    ("show", "churn@latest"),
    ("show", "churn#eu/prod"),
    ("show", "models:fraud"),
    ("history",),
    ("history", "churn"),
    ("stages",),
    ("describe", "churn@v0.1.0"),
    ("describe", "churn"),
    ("check-tag", "churn@v0.2.0"),
    ("doctor",),
]


@pytest.mark.parametrize("question", QUESTIONS, ids=" ".join)
@pytest.mark.parametrize("transport", ["file", "git"])
def test_the_answer_is_that_of_the_repository_itself(
    question: tuple[str, ...],
    transport: str,
    make_repository: Maker,
    mreg: CommandLine,
    tmp_path: Path,
) -> None:
    here = origin.make(make_repository)
    want = mreg.ok(*question, "--json", repo=here).json
    with remotes.served(tmp_path, transport) as base:
        url = f"{base}/origin/.git"
        cold = mreg.ok(*question, "--json", "--repo", url, repo=tmp_path).json
        warm = mreg.ok(*question, "--json", "--repo", url, repo=tmp_path).json
    assert cold == warm == want


def test_the_library_reads_by_url(make_repository: Maker) -> None:
    registry = Registry.open(origin.url(origin.make(make_repository)))
    assert registry.resolve("churn#prod").version == "v0.1.0"
    assert registry.names() == ("churn", "churn-eu", "models:fraud")


def test_history_needs_tags_and_commits_alone(make_repository: Maker, mreg: CommandLine) -> None:
    url = origin.url(origin.make(make_repository))
    mreg.ok("history", "--repo", url)
    assert origin.kinds(origin.mirror_of(url)) == {"tag", "commit"}


def test_a_question_about_one_artifact_fetches_its_tags_alone(
    make_repository: Maker, mreg: CommandLine
) -> None:
    url = origin.url(origin.make(make_repository))
    mreg.ok("history", "churn", "--repo", url)
    assert sorted(origin.mirror_of(url).refs()) == [
        "refs/mirror/HEAD",
        "refs/tags/churn#eu/prod#2",
        "refs/tags/churn#prod#1",
        "refs/tags/churn@v0.1.0",
        "refs/tags/churn@v0.2.0",
    ]


def test_all_is_shown_after_a_question_about_one(make_repository: Maker, mreg: CommandLine) -> None:
    here = origin.make(make_repository)
    mreg.ok("show", "churn", "--repo", origin.url(here))
    found = mreg.ok("show", "--json", "--repo", origin.url(here)).json
    assert found == mreg.ok("show", "--json", repo=here).json


@pytest.mark.parametrize("first", [(), ("churn",)], ids=["all", "one"])
def test_what_the_remote_adds_moves_and_removes_is_followed(
    first: tuple[str, ...], make_repository: Maker, mreg: CommandLine
) -> None:
    here = origin.make(make_repository)
    url = origin.url(here)
    mreg.ok("show", *first, "--repo", url)
    here.git("tag", "-d", "churn@v0.2.0")
    here.put_tag("churn@v0.3.0", tag_bytes("churn@v0.3.0", here.commits[2]))
    here.put_tag("churn@v0.1.0", tag_bytes("churn@v0.1.0", here.commits[1]))
    for question in (("show", "churn"), ("show",), ("history",)):
        found = mreg.ok(*question, "--json", "--repo", url).json
        assert found == mreg.ok(*question, "--json", repo=here).json


def test_the_annotations_are_those_of_the_remotes_head(
    make_repository: Maker, mreg: CommandLine
) -> None:
    here = origin.make(make_repository)
    url = origin.url(here)

    def path() -> str:
        done = mreg.ok("describe", "churn", "--rev", "HEAD", "--field", "path", "--repo", url)
        return done.out.strip()

    assert path() == "models/churn-2.pkl"
    here.git("update-ref", "refs/heads/old", here.commits[0])
    here.git("symbolic-ref", "HEAD", "refs/heads/old")
    assert path() == "models/churn-0.pkl"
    here.git("update-ref", "--no-deref", "HEAD", here.commits[1])
    assert path() == "models/churn-1.pkl"


def test_annotations_are_fetched_in_batches(
    make_repository: Maker, mreg: CommandLine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """However many versions there are, each in a commit with other contents."""
    count = 30
    files = [{"artifacts.yaml": b"churn:\n  path: m-%d.pkl\n" % number} for number in range(count)]
    tags = [Tag(f"churn@v0.0.{number + 1}", number, number) for number in range(count)]
    here = make_repository(tags, commits=files, name="origin")
    here.git("config", "uploadpack.allowFilter", "true")
    mreg.ok("history", "--repo", origin.url(here))
    monkeypatch.setenv("GIT_TRACE2_EVENT", str(tmp_path / "trace"))
    assert mreg.ok("doctor", "--json", "--repo", origin.url(here)).json == {"problems": []}
    fetches = [it for it in origin.commands(tmp_path / "trace") if it[-1] == "origin"]
    batches = [it for it in fetches if "fetch" in it and "--prune" not in it]
    # The registry's refs; and the policy's branch, with what principals said.
    assert len([it for it in fetches if "--prune" in it]) == 2
    # HEAD's trees and contents, then those of the versions' commits.
    assert len(batches) <= 4
    assert origin.kinds(origin.mirror_of(origin.url(here))) == {"tag", "commit", "tree", "blob"}


@pytest.mark.parametrize("filters", ["tree", "tree blob", ""])
@pytest.mark.parametrize("question", [("show",), ("show", "churn")], ids=["all", "one"])
def test_a_server_that_cannot_filter_is_read_all_the_same(
    filters: str, question: tuple[str, ...], make_repository: Maker, mreg: CommandLine
) -> None:
    here = origin.make(make_repository)
    for banned in filters.split():
        kind = {"tree": "tree", "blob": "blob:none"}[banned]
        here.git("config", f"uploadpackfilter.{kind}.allow", "false")
    if not filters:
        here.git("config", "--unset", "uploadpack.allowFilter")
    url = origin.url(here)
    want = mreg.ok(*question, "--json", repo=here).json
    assert mreg.ok(*question, "--json", "--repo", url).json == want
    here.put_tag("churn@v0.3.0", tag_bytes("churn@v0.3.0", here.commits[2]))
    want = mreg.ok(*question, "--json", repo=here).json
    assert mreg.ok(*question, "--json", "--repo", url).json == want
    described = mreg.ok("describe", "churn@v0.1.0", "--json", "--repo", url).json
    assert described["path"] == "models/churn-0.pkl"


@pytest.mark.parametrize("question", [("show",), ("show", "churn")], ids=["all", "one"])
def test_a_sha256_repository(
    question: tuple[str, ...], make_repository: Maker, mreg: CommandLine
) -> None:
    here = origin.make(make_repository, object_format="sha256")
    want = mreg.ok(*question, "--json", repo=here).json
    for _ in range(2):
        assert mreg.ok(*question, "--json", "--repo", origin.url(here)).json == want


def test_a_remote_without_a_commit(make_repository: Maker, mreg: CommandLine) -> None:
    url = origin.url(make_repository.empty())
    for _ in range(2):
        assert mreg.ok("show", "--json", "--repo", url).json == {"artifacts": [], "problems": []}
    absent = mreg("show", "churn", "--repo", url)
    assert absent.code == 1
    assert "churn" in absent.err


def test_tags_without_a_head(make_repository: Maker, mreg: CommandLine) -> None:
    here = origin.make(make_repository)
    here.git("symbolic-ref", "HEAD", "refs/heads/nowhere")
    found = mreg.ok("show", "churn", "--json", "--repo", origin.url(here)).json
    assert found["latest"]["version"] == "v0.2.0"
    assert found["annotated"] is False


def test_a_malformed_tag_is_a_problem_there_too(make_repository: Maker, mreg: CommandLine) -> None:
    here = origin.make(make_repository)
    here.put_tag("churn@v9.0.0", tag_bytes("churn@v9.0.0", here.commits[0], tagger=None))
    here.put_ref("churn@v8.0.0", here.commits[0])
    want = mreg.ok("show", "--json", repo=here).json
    assert len(want["problems"]) == 2
    assert mreg.ok("show", "--json", "--repo", origin.url(here)).json == want


def test_the_user_s_settings_for_fetching_do_no_harm(
    make_repository: Maker, mreg: CommandLine, tmp_path: Path
) -> None:
    here = origin.make(make_repository)
    here.put_tag("churn@v9.0.0", tag_bytes("churn@v9.0.0", here.commits[0], tagger=None))
    hostile = {
        "fetch.prune": "true",
        "fetch.pruneTags": "true",
        "fetch.fsckObjects": "true",
        "transfer.fsckObjects": "true",
        "clone.defaultRemoteName": "upstream",
        "fetch.writeCommitGraph": "true",
        "tag.sort": "-taggerdate",
        "safe.bareRepository": "explicit",
        "log.showSignature": "true",
    }
    for key, value in hostile.items():
        here.git("config", "--global", key, value)
    want = mreg.ok("show", "--json", repo=here).json
    for _ in range(2):
        assert mreg.ok("show", "--json", "--repo", origin.url(here), repo=tmp_path).json == want


def test_in_a_hook_of_another_repository(
    make_repository: Maker, mreg: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = origin.make(make_repository)
    other = make_repository(name="other")
    want = mreg.ok("show", "--json", repo=here).json
    monkeypatch.setenv("GIT_DIR", str(other.path / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other.path / ".git" / "index"))
    before = other.refs()
    for _ in range(2):
        assert mreg.ok("show", "--json", "--repo", origin.url(here), repo=other).json == want
    assert other.refs() == before


def test_completion_and_dates_work_by_url(make_repository: Maker, mreg: CommandLine) -> None:
    url = origin.url(origin.make(make_repository))
    assert mreg.ok("show", "churn", "--field", "version", "--repo", url).out == "v0.2.0\n"
    past = mreg.ok("show", "churn", "--at", "2023-11-14T22:13:20Z", "--json", "--repo", url).json
    assert past["latest"]["version"] == "v0.1.0"
    assert past["latest"]["author"] == ANN.partition(" <")[0]
    assert START == 1_700_000_000


@pytest.mark.parametrize(
    "command",
    ["init", "validate", "annotate churn --type model", "remove churn"],
    ids=lambda it: it.split()[0],
)
@pytest.mark.parametrize("by_url", [True, False], ids=["url", "bare"])
def test_what_works_on_files_says_that_there_are_none(
    command: str, by_url: bool, make_repository: Maker, mreg: CommandLine, tmp_path: Path
) -> None:
    bare = remotes.bare(tmp_path)
    here = origin.make(make_repository)
    here.git("push", "-q", str(bare.path), "main")
    name = bare.path.as_uri() if by_url else str(bare.path)
    done = mreg(*command.split(), f"--repo={name}")
    assert (done.code, done.out) == (1, "")
    said, hint = done.err.splitlines()
    assert name in said
    assert "files" in said
    assert hint.startswith(f"hint: run `git clone {name}`, " if by_url else "hint: clone it, ")


def test_files_that_are_here_can_be_checked_by_the_settings_that_are_there(
    make_repository: Maker, mreg: CommandLine, tmp_path: Path
) -> None:
    made = make_repository(commits=[{FILE: b"types: [dataset]\n"}])
    made.git("config", "uploadpack.allowFilter", "true")
    file = tmp_path / "artifacts.yaml"
    file.write_text("churn:\n  type: model\n")
    done = mreg("validate", str(file), f"--repo={origin.url(made)}")
    assert done.code == 1
    assert "MA024 'model' is not one of the registry's types" in done.out
    assert settings.read(origin.mirror_of(origin.url(made)).opened).types == frozenset(("dataset",))


def test_an_artifact_costs_three_connections(
    make_repository: Maker, mreg: CommandLine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Its tags, then the folders of HEAD and of all versions, then the files that annotate it."""
    said = b"churn: {type: model}\n"
    commits = [{"artifacts.yaml": said, "metrics.json": b"%d" % it} for it in range(3)]
    tags = [Tag(f"churn@v1.0.{number}", number, number) for number in range(3)]
    here = make_repository(tags, commits=commits)
    here.git("config", "uploadpack.allowFilter", "true")
    want = mreg.ok("show", "churn", "--json", repo=here).json
    monkeypatch.setenv("GIT_TRACE2_EVENT", str(tmp_path / "trace"))
    assert mreg.ok("show", "churn", "--json", "--repo", origin.url(here)).json == want
    commands = origin.commands(tmp_path / "trace")
    assert [it for it in commands if {"ls-tree", "rev-list", "ls-remote"} & {*it}] == []
    assert len([it for it in commands if "fetch" in it]) == 3


def test_a_lineage_asks_for_the_tags_once(
    make_repository: Maker, mreg: CommandLine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It is about one artifact first, then about all that this one was made from."""
    here = make_repository([Tag("churn@v1.0.0"), Tag("data@v1.0.0")])
    want = mreg.ok("lineage", "churn", "--json", repo=here).json
    monkeypatch.setenv("GIT_TRACE2_EVENT", str(tmp_path / "trace"))
    for asked in (1, 2):
        assert mreg.ok("lineage", "churn", "--json", "--repo", origin.url(here)).json == want
        fetches = [it for it in origin.commands(tmp_path / "trace") if "--prune" in it]
        assert len(fetches) <= asked


def test_a_full_disk_is_told_from_a_fault_of_the_remote() -> None:
    here = "fatal: write error: No space left on device\nfatal: fetch-pack: invalid index-pack"
    error = faults.explain("file:///models", Finished(128, b"", here), 60)
    assert "the disk is too full to fetch from file:///models" in str(error)
    assert "mreg cache prune" in error.hint
    there = "remote: fatal: write error: No space left on device"
    error = faults.explain("file:///models", Finished(128, b"", there), 60)
    assert "there is no room" not in str(error)
