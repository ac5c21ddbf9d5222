"""An artifact that is annotated and has no version yet, and versions older than the annotation."""

from __future__ import annotations

import pytest

from commandline import CommandLine
from mreg import Registry
from mreg.annotations import entry
from repositories import Maker, Repository, Tag

OLD = {"README": b"\n"}
NEW = {"artifacts.yaml": b"churn: {type: model}\nnew: {type: model}\n"}


@pytest.fixture
def repo(make_repository: Maker) -> Repository:
    tags = [Tag("churn@v1.0.0", 0), Tag("churn@v1.1.0", 1, 1), Tag("plain@v1.0.0", 0, 2)]
    return make_repository(tags, commits=[OLD, NEW])


ASKED = [
    ["show", "new@latest"],
    ["show", "new#prod"],
    ["show", "new", "--field", "version"],
    ["history", "new"],
    ["describe", "new@latest"],
    ["diff", "new", "churn"],
    ["diff", "churn", "new"],
    ["compare", "new"],
    ["best", "new", "--metric", "auc"],
    ["lineage", "new"],
    ["changelog", "new"],
    ["export", "new", "--format", "model-card"],
    ["get", "new"],
    ["env", "new"],
    ["promote", "new", "prod"],
    ["rollback", "new", "prod"],
    ["demote", "new#prod", "prod"],
    ["deregister", "new@v1.0.0"],
    ["deprecate", "new"],
    ["approve", "new", "prod"],
    ["policy", "check", "new", "prod"],
    ["pending", "new"],
    ["push", "new"],
    ["undo", "new"],
    ["audit", "--artifact", "new"],
]


def test_what_is_annotated_and_has_no_version_is_not_called_unknown(
    repo: Repository, mreg: CommandLine
) -> None:
    for command in ASKED:
        done = mreg(*command, repo=repo)
        said = "error: new is annotated, but has no version\nhint: mreg register new\n"
        assert (done.code, done.out, done.err) == (1, "", said), command
    done = mreg.ok("show", "new", repo=repo)
    assert (done.out, done.err) == ("", "new is annotated, but has no version: mreg register new\n")
    assert "hint: did you mean new?" in mreg("show", "ne", repo=repo).err
    mreg.ok("register", "new", repo=repo)
    assert "v0.0.1" in mreg.ok("show", "new", repo=repo).out


def test_versions_older_than_their_annotation_are_marked(
    repo: Repository, mreg: CommandLine
) -> None:
    lines = mreg.ok("show", "churn", repo=repo).out.splitlines()
    assert [it.partition("  ")[0] for it in lines[1:]] == ["v1.1.0", "v1.0.0 (not annotated)"]
    assert mreg.ok("show", "churn", "--json", repo=repo).json["unannotated"] == ["v1.0.0"]
    details = Registry.open(repo.path).details("churn")
    assert details.unannotated == ("v1.0.0",)
    assert "v1.0.0 (not annotated)" in details._repr_html_()
    assert mreg.ok("show", "plain", "--json", repo=repo).json["unannotated"] == []
    assert "(not" not in mreg.ok("show", "plain", repo=repo).out


def test_what_is_annotated_unreadably_is_annotated(
    make_repository: Maker, mreg: CommandLine
) -> None:
    broken = {"artifacts.yaml": b"churn: {metrics: {a: b}\n"}
    repo = make_repository([Tag("churn@v1.0.0", 0), Tag("churn@v2.0.0", 1)], commits=[broken, NEW])
    assert mreg.ok("show", "churn", "--json", repo=repo).json["unannotated"] == []


@pytest.mark.parametrize(("later", "times"), [(b"", 2), (b"# Later.\n", 4)])
def test_what_commits_share_is_asked_once_what_it_says(
    later: bytes, times: int, make_repository: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both entries at HEAD; if it has another file: churn's at the latest version, and at all."""
    asked: list[object] = []

    def counted(said: object, folder: str) -> object:
        asked.append(said)
        return read(said, folder)

    read = entry.read
    monkeypatch.setattr(entry, "read", counted)
    tags = [Tag(f"churn@v1.{number}.0", number, number) for number in range(12)]
    commits = [{**NEW, "weights": b"%d\n" % number} for number in range(12)]
    commits.append({"artifacts.yaml": NEW["artifacts.yaml"] + later})
    details = Registry.open(make_repository(tags, commits=commits).path).details("churn")
    assert (len(details.versions), details.unannotated) == (12, ())
    assert len(asked) == times
