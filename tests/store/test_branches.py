"""Tags that are published without the branch that has their commit: told, found, prevented."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

import remotes
from commandline import CommandLine
from repositories import Maker, Repository

ANNOTATION = "churn: {type: model, path: m.pkl}\n"


class Shared(NamedTuple):
    """A remote, a clone with a commit that was not pushed, and a colleague's clone."""

    hub: Repository
    ann: Repository
    bob: Repository

    def commit(self, who: Repository, text: str = ANNOTATION) -> str:
        (who.path / "artifacts.yaml").write_text(text)
        (who.path / "m.pkl").write_text("model")
        who.git("add", "artifacts.yaml", "m.pkl")
        who.git("commit", "-q", "-m", "Train")
        return who.git("rev-parse", "HEAD").strip()

    def tip(self) -> str:
        return self.hub.git("rev-parse", "refs/heads/main").strip()


@pytest.fixture
def shared(make_repository: Maker, tmp_path: Path) -> Shared:
    source = make_repository(name="source")
    hub = remotes.bare(tmp_path, "hub.git")
    source.git("push", "-q", str(hub.path), "main")
    ann, bob = (remotes.clone(hub.path.as_uri(), tmp_path / it) for it in ("ann", "bob"))
    found = Shared(hub, ann, bob)
    found.commit(ann)
    return found


def test_it_is_told_when_a_version_is_published_without_its_branch(
    shared: Shared, mreg: CommandLine
) -> None:
    told = mreg.ok("register", "churn", "--push", repo=shared.ann).err
    assert "warning: churn@v0.0.1 is published, but no branch of origin contains its commit" in told
    assert "--with-branch" in told
    again = mreg.ok("push", repo=shared.ann).err
    assert "no branch of origin contains its commit" in again
    (found,) = mreg.ok("doctor", "--json", repo=shared.ann).json["problems"]
    assert (found["code"], found["subject"]) == ("MR042", "churn@v0.0.1")
    shared.ann.git("push", "-q", "origin", "main")
    assert "no branch" not in mreg.ok("push", repo=shared.ann).err
    assert mreg.ok("doctor", "--json", repo=shared.ann).json["problems"] == []


def test_one_warning_for_all_versions_says_which_branch_to_push(
    shared: Shared, mreg: CommandLine
) -> None:
    for number in range(1, 5):
        shared.commit(shared.ann, f"{ANNOTATION}# {number}\n")
        mreg.ok("register", "churn", repo=shared.ann)
    told = [it for it in mreg.ok("push", repo=shared.ann).err.splitlines() if "warning" in it]
    assert told == [
        (
            "warning: churn@v0.0.1, churn@v0.0.2, churn@v0.0.3 and 1 more are published, but no "
            "branch of origin contains their commits: run `git push origin main`; next time, "
            "--with-branch publishes both together"
        )
    ]
    shared.ann.git("config", "--unset", "branch.main.remote")
    told_again = mreg.ok("push", repo=shared.ann).err
    assert "run `git push -u origin main`" in told_again
    shared.ann.git("push", "-q", "-u", "origin", "main")
    assert "no branch" not in mreg.ok("push", repo=shared.ann).err


def test_the_commit_of_another_branch_is_looked_for(shared: Shared, mreg: CommandLine) -> None:
    mreg.ok("register", "churn", repo=shared.ann)
    commit = shared.ann.git("rev-parse", "HEAD").strip()[:12]
    shared.ann.git("branch", "work")
    shared.ann.git("reset", "-q", "--hard", "origin/main")
    told = mreg.ok("push", repo=shared.ann).err
    assert f"push a branch that contains it: `git branch --contains {commit}` lists them" in told


def test_the_branch_goes_along_when_it_is_asked_for(shared: Shared, mreg: CommandLine) -> None:
    made = mreg.ok("register", "churn", "--push", "--with-branch", repo=shared.ann)
    assert "no branch" not in made.err
    assert shared.tip() == shared.ann.git("rev-parse", "HEAD").strip()
    shared.commit(shared.ann, ANNOTATION + "# again\n")
    mreg.ok("promote", "churn", "prod", "--register", "--push", "--with-branch", repo=shared.ann)
    assert shared.tip() == shared.ann.git("rev-parse", "HEAD").strip()
    shared.commit(shared.ann)
    mreg.ok("register", "churn", repo=shared.ann)
    assert "warning" not in mreg.ok("push", "--with-branch", repo=shared.ann).err
    assert shared.tip() == shared.ann.git("rev-parse", "HEAD").strip()
    assert shared.hub.git("tag").split() == shared.ann.git("tag").split()


@pytest.mark.parametrize("command", [("register", "churn", "--push"), ("push",)], ids=" ".join)
def test_where_the_branch_is_refused_the_tag_is_not_published_either(
    shared: Shared, mreg: CommandLine, command: tuple[str, ...]
) -> None:
    if command == ("push",):
        mreg.ok("register", "churn", repo=shared.ann)
    shared.commit(shared.bob, "")
    shared.bob.git("push", "-q", "origin", "main")
    before = shared.tip()
    refused = mreg(*command, "--with-branch", repo=shared.ann)
    assert refused.code == 1
    assert "origin refused the branch main" in refused.err
    assert "hint: run `git pull origin main`, then try again" in refused.err
    assert (shared.tip(), shared.hub.git("tag")) == (before, "")


@pytest.mark.parametrize(
    ("hook", "refused", "advised"),
    [
        ("update", "origin refused the branch main: hook declined", "without --with-branch"),
        (
            "pre-receive",
            "origin refused churn@v0.0.1: pre-receive hook declined",
            "ask its administrator",
        ),
    ],
)
def test_a_server_that_refuses_says_why(
    shared: Shared, mreg: CommandLine, hook: str, refused: str, advised: str
) -> None:
    """No pull cures that: what the hook said was left out, and `git pull` advised."""
    file = shared.hub.path / "hooks" / hook
    file.parent.mkdir(exist_ok=True)
    file.write_text(
        '#!/bin/sh\ncase "$1" in refs/heads/main|"") echo by a merge request >&2; exit 1;; esac\n'
    )
    file.chmod(0o755)
    before = shared.tip()
    found = mreg("register", "churn", "--push", "--with-branch", repo=shared.ann)
    assert found.code == 1
    assert all(it in found.err for it in (refused, "by a merge request", advised))
    assert "git pull" not in found.err
    assert (shared.tip(), shared.hub.git("tag"), shared.ann.git("tag")) == (before, "", "")


def test_doctor_finds_what_a_rejected_branch_left_behind(
    shared: Shared, mreg: CommandLine, tmp_path: Path
) -> None:
    """`git push --follow-tags` publishes the tags and not the branch; a colleague sees the type."""
    mreg.ok("register", "churn", repo=shared.ann)
    assert mreg.ok("doctor", "--json", repo=shared.ann).json["problems"] == []  # not published yet
    shared.commit(shared.bob, "other: {type: model, path: m.pkl}\n")
    shared.bob.git("push", "-q", "origin", "main")
    with pytest.raises(Exception, match="push"):
        shared.ann.git("push", "-q", "--follow-tags", "origin", "main")
    (found,) = mreg.ok("doctor", "--json", repo=shared.ann).json["problems"]
    assert found["code"] == "MR042"
    assert "git branch --contains" in found["remedy"]
    mreg.ok("fetch", repo=shared.bob)
    (row,) = [
        it
        for it in mreg.ok("show", "--json", repo=shared.bob).json["artifacts"]
        if it["name"] == "churn"
    ]
    assert row["type"] == "model"
    (found,) = mreg.ok("doctor", "--json", repo=shared.bob).json["problems"]
    assert found["code"] == "MR042"
    cure = found["remedy"].partition("git push ")[2].split()
    shared.bob.git("push", "-q", *cure)
    assert mreg.ok("doctor", "--json", repo=shared.bob).json["problems"] == []


def test_what_cannot_go_along_is_refused(shared: Shared, mreg: CommandLine) -> None:
    alone = mreg("register", "churn", "--with-branch", repo=shared.ann)
    assert (alone.code, "--with-branch requires --push" in alone.err) == (2, True)
    shared.ann.git("switch", "-q", "-c", "other", "HEAD~1")
    elsewhere = mreg("register", "churn", "main", "--push", "--with-branch", repo=shared.ann)
    assert (elsewhere.code, "is not on the current branch" in elsewhere.err) == (1, True)
    shared.ann.git("switch", "-q", "--detach")
    detached = mreg("register", "churn", "--push", "--with-branch", repo=shared.ann)
    assert (detached.code, "HEAD is detached" in detached.err) == (1, True)
    assert shared.hub.git("tag") == ""
