"""Remote repositories for the tests here, and what to look at in their mirrors."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from mreg.git import mirror_files
from mreg.net.urls import parse
from repositories import Lightweight, Maker, Repository, Tag, run

ANNOTATIONS = [
    b"churn:\n  type: model\n  path: models/churn-%d.pkl\n" % number for number in range(3)
]
TAGS = (
    Tag("churn@v0.1.0", 0, 0),
    Tag("churn@v0.2.0", 1, 1),
    Tag("churn#prod#1", 0, 2, "Promote.\n\nVersion: v0.1.0"),
    Tag("churn#eu/prod#2", 1, 3, "Promote.\n\nVersion: v0.2.0"),
    Tag("churn-eu@v3.0.0", 2, 4),
    Tag("models=fraud@v1.0.0", 2, 5),
    Tag("v1.0", 2, 6),
)


def make(
    make_repository: Maker,
    tags: Sequence[Tag | Lightweight] = TAGS,
    *,
    name: str = "origin",
    object_format: str = "sha1",
) -> Repository:
    """Make a repository that can be read by URL, with other annotations in each of 3 commits."""
    files = [
        {
            "artifacts.yaml": content,
            f"models/churn-{number}.pkl": b"model",
            f"models/{number}.bin": b"%d" % number * 999,
        }
        for number, content in enumerate(ANNOTATIONS)
    ]
    origin = make_repository(tags, name=name, commits=files, object_format=object_format)
    origin.git("config", "uploadpack.allowFilter", "true")
    return origin


def url(repository: Repository) -> str:
    """Return the file:// URL of a repository."""
    return repository.path.as_uri()


def mirror_of(address: str) -> Repository:
    """Return the mirror of a URL."""
    return Repository(
        mirror_files.mirror_of(parse(address, ("file", "git", "http", "https", "ssh")))
    )


def kinds(mirror: Repository) -> set[str]:
    """Return the kinds of objects that a mirror holds."""
    return set(objects(mirror).values())


def objects(mirror: Repository) -> dict[str, str]:
    """Return the objects that a mirror holds, each with its kind."""
    every = ("cat-file", "--batch-all-objects", "--batch-check=%(objectname) %(objecttype)")
    lines = mirror.git(*every).splitlines()
    return dict(line.split(" ") for line in lines)


def clone(origin: Repository, path: Path, *options: str) -> Repository:
    """Clone a repository over file://."""
    run(path.parent, "clone", "-q", *options, url(origin), str(path))
    return Repository(path, origin.commits)


def vanish(origin: Repository) -> None:
    """Let a repository be out of reach, as a remote is without a network."""
    origin.path.rename(origin.path.with_name("elsewhere"))


def commands(trace: Path) -> list[list[str]]:
    """Return the Git commands that ran, from what GIT_TRACE2_EVENT wrote."""
    events = [json.loads(line) for line in trace.read_text().splitlines()]
    return [it["argv"] for it in events if it["event"] == "start"]
