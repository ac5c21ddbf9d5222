"""The next version follows the newest one among the commit's ancestors, not the highest of all."""

from __future__ import annotations

from pathlib import Path

import pytest

from commandline import CommandLine
from mreg.git import reach
from repositories import Maker, Repository, Tag, opened, run


@pytest.fixture
def repository(make_repository: Maker) -> Repository:
    """Three commits on main, v1.0.0 at the first and v2.0.0 at the last; HEAD is a fix of v1.0.0.

    Beside them stands a commit that shares no history with any.
    """
    made = make_repository(
        [Tag("churn@v1.0.0", 0, 1), Tag("churn@v2.0.0", 2, 2)],
        commits=[{"f": b"1"}, {"f": b"2"}, {"f": b"3"}],
    )
    made.git("checkout", "-q", "-f", "-b", "fix", "churn@v1.0.0")
    made.git("commit", "-q", "--allow-empty", "-m", "Mend it")
    tree = made.git("rev-parse", "HEAD^{tree}").strip()
    made.git("branch", "alone", made.git("commit-tree", "-m", "Begin anew", tree).strip())
    return made


FOLLOWS_FIX = "follows v1.0.0, the newest version among the ancestors of commit "


@pytest.mark.parametrize(
    ("rev", "bump", "version", "told"),
    [
        ("HEAD", "patch", "v1.0.1", f"v1.0.1 {FOLLOWS_FIX}"),
        ("HEAD", "minor", "v1.1.0", f"v1.1.0 {FOLLOWS_FIX}"),
        ("HEAD", "major", "v3.0.0", f"v3.0.0 {FOLLOWS_FIX}"),
        ("HEAD", "prerelease", "v1.0.1-rc.1", f"v1.0.1-rc.1 {FOLLOWS_FIX}"),
        ("main~1", "patch", "v1.0.1", f"v1.0.1 {FOLLOWS_FIX}"),
        ("alone", "patch", "v2.0.1", "no version of churn is an ancestor of commit "),
    ],
)
def test_a_version_follows_its_ancestors(
    repository: Repository, mreg: CommandLine, rev: str, bump: str, version: str, told: str
) -> None:
    words = ("register", "churn", rev, "--bump", bump, "--dry-run", "--json")
    done = mreg.ok(*words, repo=repository)
    assert done.json["version"] == version
    assert [it[: len(told)] for it in done.json["warnings"]] == [told]


def test_what_is_said_of_the_highest(repository: Repository, mreg: CommandLine) -> None:
    done = mreg.ok("register", "churn", repo=repository)
    assert "; the latest version is still v2.0.0\n" in done.err
    repository.git("commit", "-q", "--allow-empty", "-m", "Mend it again")
    done = mreg.ok("register", "churn", "--bump", "major", repo=repository)
    assert "; v2.0.0 is not one of them\n" in done.err


def test_said_twice_it_is_done_once(repository: Repository, mreg: CommandLine) -> None:
    """What a bump asked for is known again, though a higher version stands elsewhere."""
    mreg.ok("register", "churn", "--bump", "minor", repo=repository)
    done = mreg.ok("register", "churn", "--bump", "minor", repo=repository)
    assert done.out == "churn v1.1.0 is already registered (tag churn@v1.1.0)\n"
    done = mreg.ok("promote", "churn", "dev", "--register", "--bump", "minor", repo=repository)
    assert done.out == "Promoted churn v1.1.0 to dev (tag churn#dev#1) (new stage)\n"


def test_what_is_taken_on_another_branch_is_passed_over(
    repository: Repository, mreg: CommandLine
) -> None:
    mreg.ok("register", "churn", "main~1", "--version", "v1.0.1", repo=repository)
    done = mreg.ok("register", "churn", "--json", repo=repository)
    assert done.json["version"] == "v1.0.2"
    done = mreg.ok(
        "register", "churn", "main~1", "--force", "--version", "v1.1.0-rc.1", repo=repository
    )
    mreg.ok("register", "churn", "alone", "--version", "v1.1.0", repo=repository)
    done = mreg("register", "churn", "main~1", "--force", "--bump", "release", repo=repository)
    assert (done.code, done.err.splitlines()[0]) == (1, "error: churn v1.1.0 is already registered")


def test_a_shallow_clone_says_that_it_cannot_know(
    repository: Repository, mreg: CommandLine, tmp_path: Path
) -> None:
    address = f"file://{repository.path}"
    run(tmp_path, "clone", "-q", "--depth=1", "--branch=fix", address, "shallow")
    shallow = tmp_path / "shallow"
    run(shallow, "fetch", "-q", "--depth=1", "origin", "refs/tags/*:refs/tags/*")
    done = mreg.ok("register", "churn", "--dry-run", "--json", repo=shallow)
    assert done.json["version"] == "v2.0.1"
    (said,) = done.json["warnings"]
    unsure = (
        "this clone is shallow, so mreg cannot determine whether v2.0.0 is an ancestor of commit "
    )
    assert said.startswith(unsure)
    assert f"warning: {said}\n" in done.err


def test_far_ancestors_are_asked_of_git(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, last = repository.commits[0], repository.commits[2]
    alone = repository.git("rev-parse", "alone").strip()
    for near in (1, reach.NEAR):
        monkeypatch.setattr(reach, "NEAR", near)
        repo = opened(repository.path)
        assert reach.leads_to(repo, first, first)
        assert reach.leads_to(repo, first, last)
        assert not reach.leads_to(repo, last, first)
        assert not reach.leads_to(repo, alone, last)
        assert not reach.leads_to(repo, "0" * 40, last)
