"""mreg works in every kind of repository that Git makes: it reads, it writes, it checks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from commandline import CommandLine
from mreg.git import commits
from repositories import Maker, Repository, Tag, run

FILES = [
    {
        "artifacts.yaml": b"churn:\n  type: model\n  path: models/%d.pkl\n" % number,
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

Change = Callable[[Repository, Path], Repository]


def plain(here: Repository, _: Path) -> Repository:
    return here


def packed(here: Repository, _: Path) -> Repository:
    here.git("pack-refs", "--all")
    here.git("gc", "-q")
    return here


def packed_and_loose(here: Repository, _: Path) -> Repository:
    oid = here.git("rev-parse", "refs/tags/churn@v0.2.0").strip()
    here.git("update-ref", "-d", "refs/tags/churn@v0.2.0")
    here.git("pack-refs", "--all")
    here.put_ref("churn@v0.2.0", oid)
    return here


def detached(here: Repository, _: Path) -> Repository:
    here.git("checkout", "-q", "--detach", here.commits[2])
    return here


def bare(here: Repository, path: Path) -> Repository:
    run(path.parent, "clone", "-q", "--bare", str(here.path), str(path))
    return Repository(path, here.commits)


def mirrored(here: Repository, path: Path) -> Repository:
    run(path.parent, "clone", "-q", "--mirror", str(here.path), str(path))
    return Repository(path, here.commits)


def git_folder(here: Repository, _: Path) -> Repository:
    return Repository(here.path / ".git", here.commits)


def separate_git_folder(here: Repository, path: Path) -> Repository:
    aside = path.with_name("aside.git")
    run(path.parent, "clone", "-q", f"--separate-git-dir={aside}", str(here.path), str(path))
    return Repository(path, here.commits)


def worktree(here: Repository, path: Path) -> Repository:
    here.git("worktree", "add", "-q", "--detach", str(path), "main")
    return Repository(path, here.commits)


def submodule(here: Repository, path: Path) -> Repository:
    path.mkdir()
    kind = here.git("rev-parse", "--show-object-format").strip()
    run(path, "init", "-q", f"--object-format={kind}")
    allowed = ("-c", "protocol.file.allow=always")
    run(path, *allowed, "submodule", "--quiet", "add", here.path.as_uri(), "models")
    return Repository(path / "models", here.commits)


def sparse(here: Repository, path: Path) -> Repository:
    run(path.parent, "clone", "-q", "--sparse", str(here.path), str(path))
    run(path, "sparse-checkout", "set", "--no-cone", "src")
    assert not (path / "artifacts.yaml").exists()
    return Repository(path, here.commits)


def _partial(kind: str) -> Change:
    def make(here: Repository, path: Path) -> Repository:
        here.git("config", "uploadpack.allowFilter", "true")
        url = here.path.as_uri()
        run(path.parent, "clone", "-q", f"--filter={kind}", "--no-checkout", url, str(path))
        return Repository(path, here.commits)

    make.__name__ = f"partial_{kind.partition(':')[0]}"
    return make


def linked(here: Repository, path: Path) -> Repository:
    path.symlink_to(here.path)
    return Repository(path, here.commits)


def elsewhere(here: Repository, path: Path) -> Repository:
    path.mkdir()
    here.git("config", "core.worktree", str(path))
    return here


def included(here: Repository, path: Path) -> Repository:
    path.mkdir()
    path.with_name("more").write_text(f"[core]\n\tworktree = {path}\n")
    here.git("config", "include.path", str(path.with_name("more")))
    return here


def nested(here: Repository, path: Path) -> Repository:
    """A folder called .git that is no repository, inside one that is."""
    (here.path / "src/.git").mkdir()
    return Repository(here.path / "src", here.commits)


def subfolder(here: Repository, _: Path) -> Repository:
    here.git("checkout", "-q", "main")
    return Repository(here.path / "src", here.commits)


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
    _partial("blob:none"),
    _partial("tree:0"),
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
        ("check-ref", "churn#prod#1"),
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
        assert commits.root(made.opened) == said
        assert (usual is None) == (make in UNUSUAL)


@pytest.mark.parametrize("make", KINDS)
def test_writing(make: Change, here: Repository, mreg: CommandLine, tmp_path: Path) -> None:
    made = make(here, tmp_path / "made")
    assert (
        mreg.ok("register", "churn", "main~1", "--json", repo=made).json["commit"]
        == (here.commits[1])
    )
    mreg.ok("promote", "churn@v0.2.1", "prod", repo=made)
    mreg.ok("rollback", "churn", "prod", repo=made)
    mreg.ok("deregister", "churn@v0.2.1", repo=made)
    mreg.ok("register", "new", repo=made)
    shown = mreg.ok("show", "churn", "--json", repo=made).json
    assert shown["stages"]["prod"][0]["version"] == "v0.1.0"
    assert made.git("rev-parse", "new@v0.0.1^{commit}").strip() == here.commits[2]
    assert mreg.ok("doctor", "--json", repo=made).json == {"problems": []}


@pytest.mark.parametrize("kind", ["blob:none", "tree:0"])
def test_what_a_partial_clone_left_out_is_not_taken_for_absent_without_the_network(
    kind: str, here: Repository, mreg: CommandLine, tmp_path: Path
) -> None:
    made = _partial(kind)(here, tmp_path / "made")
    here.path.rename(tmp_path / "elsewhere")
    refused = mreg("describe", "churn@v0.1.0", repo=made)
    assert refused.code == 1
    assert "this is a partial clone, and its remote cannot be asked" in refused.err
    # Tags and commits are here.
    mreg.ok("history", repo=made)
