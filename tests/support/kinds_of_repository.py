"""The kinds of repositories that Git makes: each of these makes one out of a plain one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from repositories import Repository, run

Change = Callable[[Repository, Path], Repository]


def plain(here: Repository, _: Path) -> Repository:
    return here


def packed(here: Repository, _: Path) -> Repository:
    here.git("pack-refs", "--all")
    here.git("gc", "-q")
    return here


def packed_and_loose(here: Repository, _: Path) -> Repository:
    """Leave one ref, the last registration, in a file of its own."""
    name = max(it for it in here.refs() if "@v" in it)
    oid = here.refs()[name]
    here.git("update-ref", "-d", name)
    here.git("pack-refs", "--all")
    here.put_ref(name.removeprefix("refs/tags/"), oid)
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


def partial(kind: str) -> Change:
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


def shallow(here: Repository, path: Path) -> Repository:
    run(path.parent, "clone", "-q", "--depth=1", here.path.as_uri(), str(path))
    run(path, "fetch", "-q", "--depth=1", "--tags")
    return Repository(path, here.commits)


def without_tags(here: Repository, path: Path) -> Repository:
    run(path.parent, "clone", "-q", "--no-tags", here.path.as_uri(), str(path))
    return Repository(path, here.commits)


def borrowing(here: Repository, path: Path) -> Repository:
    """Make a repository whose objects are in another one's folder."""
    run(path.parent, "clone", "-q", "--shared", str(here.path), str(path))
    return Repository(path, here.commits)


def with_reftable(here: Repository, path: Path) -> Repository:
    run(path.parent, "clone", "-q", "--ref-format=reftable", str(here.path), str(path))
    return Repository(path, here.commits)


REFTABLE = (2, 45)
"""The first version of Git that knows reftables."""
