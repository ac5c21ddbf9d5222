"""mreg works in every kind of repository that Git makes: it reads, it writes, it checks."""

from __future__ import annotations

from pathlib import Path

import pytest

from commandline import CommandLine
from kinds_of_repository import (
    Change,
    bare,
    detached,
    elsewhere,
    git_folder,
    included,
    linked,
    mirrored,
    nested,
    packed,
    packed_and_loose,
    partial,
    plain,
    separate_git_folder,
    sparse,
    subfolder,
    submodule,
    worktree,
)
from mreg.git import checkout
from repositories import Maker, Repository, Tag, run

FILES = [
    {
        "artifacts.yaml": b"churn:\n  type: model\n  path: models/%d.pkl\n" % number,
        f"models/{number}.pkl": b"model",
        "src/train.py": b"print(%d)\n" % number,
    }
    for number in range(3)
]
TAGS = [
    Tag("churn@v0.1.0", 0, 0),
    Tag("churn@v0.2.0", 2, 1),
    Tag("churn#prod#1", 0, 2, "Promote.\n\nVersion: v0.1.0"),
    Tag("nested/name@v1.0.0", 1, 3),
]

KINDS = [
    plain,
    packed,
    packed_and_loose,
    detached,
    bare,
    mirrored,
    git_folder,
    separate_git_folder,
    worktree,
    submodule,
    sparse,
    partial("blob:none"),
    partial("tree:0"),
    subfolder,
]


UNUSUAL = (separate_git_folder, worktree, submodule, sparse, elsewhere, included, nested)
"""Those of whose top Git is asked."""


@pytest.fixture(params=["sha1", "sha256"])
def here(request: pytest.FixtureRequest, make_repository: Maker) -> Repository:
    made = make_repository(TAGS, commits=FILES, name="here", object_format=request.param)
    made.git("reset", "-q", "--hard")
    return made


@pytest.mark.parametrize("make", KINDS)
def test_reading(make: Change, here: Repository, mreg: CommandLine, tmp_path: Path) -> None:
    questions = (
        ("show",),
        ("show", "churn"),
        ("show", "nested/name@latest"),
        ("history",),
        ("stages",),
        ("describe", "churn@v0.1.0"),
        ("check-tag", "churn#prod#1"),
        ("doctor",),
    )
    want = [mreg.ok(*question, "--json", repo=here).json for question in questions]
    made = make(here, tmp_path / "made")
    assert [mreg.ok(*question, "--json", repo=made).json for question in questions] == want
    by_option = [
        mreg.ok(*question, "--json", "--repo", str(made.path), repo=tmp_path).json
        for question in questions
    ]
    assert by_option == want


@pytest.mark.parametrize("make", [*KINDS, linked, elsewhere, included, nested])
def test_the_top_of_the_work_tree_is_what_git_says(
    make: Change, make_repository: Maker, tmp_path: Path
) -> None:
    """With Git or without: where nothing is unusual, a file or two say it."""
    here = make_repository(TAGS, commits=FILES, name="here")
    here.git("reset", "-q", "--hard")
    made = make(here, tmp_path / "made")
    usual = made.opened.usual_top()
    if run(made.path, "rev-parse", "--is-bare-repository") == b"true\n":
        assert usual is None
    elif make is git_folder:  # where Git knows of no work tree
        assert usual == here.path
    else:
        said = Path(run(made.path, "rev-parse", "--show-toplevel").decode().rstrip("\n"))
        assert checkout.root(made.opened) == said
        assert (usual is None) == (make in UNUSUAL)


@pytest.mark.parametrize("make", KINDS)
def test_writing(make: Change, here: Repository, mreg: CommandLine, tmp_path: Path) -> None:
    made = make(here, tmp_path / "made")
    assert (
        mreg.ok("register", "churn", "main~1", "--json", repo=made).json["commit"]
        == (here.commits[1])
    )
    mreg.ok("promote", "churn@v0.1.1", "prod", repo=made)
    mreg.ok("rollback", "churn", "prod", repo=made)
    mreg.ok("deregister", "churn@v0.1.1", repo=made)
    mreg.ok("register", "new", repo=made)
    shown = mreg.ok("show", "churn", "--json", repo=made).json
    assert shown["stages"]["prod"][0]["version"] == "v0.1.0"
    assert made.git("rev-parse", "new@v0.0.1^{commit}").strip() == here.commits[2]
    assert mreg.ok("doctor", "--json", repo=made).json == {"problems": []}


@pytest.mark.parametrize("kind", ["blob:none", "tree:0"])
def test_what_a_partial_clone_left_out_is_not_taken_for_absent_without_the_network(
    kind: str, here: Repository, mreg: CommandLine, tmp_path: Path
) -> None:
    made = partial(kind)(here, tmp_path / "made")
    here.path.rename(tmp_path / "elsewhere")
    refused = mreg("describe", "churn@v0.1.0", repo=made)
    assert refused.code == 1
    assert "this is a partial clone, and mreg cannot read from its remote" in refused.err
    # Tags and commits are here.
    mreg.ok("history", repo=made)
