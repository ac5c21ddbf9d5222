"""Checkouts as CI systems make them, of a real bare remote over file://."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from repositories import Lightweight, Maker, Repository, Tag, run

ANNOTATIONS = [
    b"churn:\n  type: model\n  path: models/churn.pkl\n  description: Predicts churn\n"
    b"  metrics: {auc: %s}\n  inputs: [{artifact: data@v1.0.0}]\n" % auc
    for auc in (b"0.91", b"0.93", b"0.95")
]
TAGS = (
    Tag("data@v1.0.0", 0, 0),
    Tag("churn@v1.0.0", 0, 1),
    Tag("churn@v1.1.0", 1, 2),
    Tag("churn#eu/prod#1", 0, 3, "Promote.\n\nVersion: v1.0.0"),
    Tag("churn#eu/prod#2", 1, 4, "Promote.\n\nBetter.\n\nVersion: v1.1.0\nPrevious: none"),
    Tag("v1.0", 1, 5),
)
PROMOTION = TAGS[4].name


def remote(make_repository: Maker, tags: Sequence[Tag | Lightweight] = TAGS) -> Repository:
    """Make a bare repository that can be asked as a hosting service can."""
    files = [{"artifacts.yaml": it, "models/churn.pkl": it[-9:]} for it in ANNOTATIONS]
    made = make_repository(tags, name="made", commits=files)
    path = made.path.with_name("remote.git")
    run(made.path.parent, "clone", "-q", "--bare", str(made.path), str(path))
    found = Repository(path, made.commits)
    found.git("remote", "remove", "origin")
    found.git("config", "uploadpack.allowFilter", "true")
    found.git("config", "uploadpack.allowAnySHA1InWant", "true")
    return found


def _clone(origin: Repository, path: Path, *options: str) -> Repository:
    run(path.parent, "clone", "-q", *options, origin.path.as_uri(), str(path))
    return Repository(path, origin.commits)


def _begun(origin: Repository, path: Path) -> Repository:
    path.mkdir()
    run(path, "init", "-q")
    run(path, "remote", "add", "origin", origin.path.as_uri())
    return Repository(path, origin.commits)


def full(origin: Repository, path: Path, tag: str) -> Repository:
    """Clone all of it; HEAD is detached at the tag."""
    found = _clone(origin, path)
    found.git("checkout", "-q", "--detach", f"refs/tags/{tag}")
    return found


def shallow(origin: Repository, path: Path, tag: str) -> Repository:
    """Clone the tag with one commit, as CircleCI and Bitbucket can be told to."""
    return _clone(origin, path, "--depth", "1", "--branch", tag)


def tagless(origin: Repository, path: Path, tag: str) -> Repository:
    """Clone without any tag, as Azure Pipelines does; then check the commit out."""
    found = _clone(origin, path, "--no-tags")
    commit = origin.git("rev-parse", f"refs/tags/{tag}^{{commit}}").strip()
    found.git("checkout", "-q", "--detach", commit)
    return found


def stand_in(origin: Repository, path: Path, tag: str) -> Repository:
    """Fetch one commit and put a lightweight tag on it, as actions/checkout does."""
    found = _begun(origin, path)
    commit = origin.git("rev-parse", f"refs/tags/{tag}^{{commit}}").strip()
    found.git("fetch", "-q", "--no-tags", "--depth=1", "origin", f"+{commit}:refs/tags/{tag}")
    found.git("checkout", "-q", "--detach", f"refs/tags/{tag}")
    return found


def whole_with_stand_in(origin: Repository, path: Path, tag: str) -> Repository:
    """Fetch all, and put a lightweight tag on the commit: the same with `fetch-depth: 0`."""
    found = _clone(origin, path)
    commit = origin.git("rev-parse", f"refs/tags/{tag}^{{commit}}").strip()
    found.git("update-ref", f"refs/tags/{tag}", commit)
    found.git("checkout", "-q", "--detach", commit)
    return found


def by_ref(origin: Repository, path: Path, tag: str) -> Repository:
    """Fetch the tag and 20 commits into refs of one's own, as GitLab's runner does."""
    found = _begun(origin, path)
    commit = origin.git("rev-parse", f"refs/tags/{tag}^{{commit}}").strip()
    refs = (f"+{commit}:refs/pipelines/7", f"+refs/tags/{tag}:refs/tags/{tag}")
    found.git("fetch", "-q", "--no-tags", "--depth=20", "origin", *refs)
    found.git("checkout", "-q", "-f", "--detach", commit)
    return found


KINDS: Final[dict[str, Callable[[Repository, Path, str], Repository]]] = {
    "full": full,
    "shallow": shallow,
    "tagless": tagless,
    "stand-in": stand_in,
    "whole-with-stand-in": whole_with_stand_in,
    "by-ref": by_ref,
}
