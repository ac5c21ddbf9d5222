"""Hostile and broken tags: whoever can push one chooses its bytes, name and what it points to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from repositories import ANN, START, Repository, Tag, tag_bytes

Make = Callable[[Repository, str], object]
"""Puts a tag into a repository, under a name."""

GOOD = [
    Tag("churn@v1.0.0", 0, 0),
    Tag("churn@v1.1.0", 1, 10),
    Tag("churn#prod#1", 0, 20),
    Tag("churn#prod#2", 1, 30),
]
"""What has to read the same whatever stands beside it."""


class Hostile(NamedTuple):
    """A tag that somebody made to do harm, or that broke.

    Attributes:
        make: puts it into a repository, under a name.
        code: that of the problem; empty where the tag is odd but reads well.
        tag: its name.
    """

    make: Make
    code: str
    tag: str = "bad@v1.0.0"


def object_of(**parts: Any) -> Make:
    """Return what puts a tag on the first commit, with some of its parts changed."""
    return lambda repo, tag: repo.put_tag(tag, tag_bytes(tag, repo.commits[0], **parts))


def on_object(kind: str, *, annotated: bool) -> Make:
    """Return what puts a tag on a tree or a blob, with a tag object or without."""

    def make(repo: Repository, tag: str) -> None:
        oid = repo.git("rev-parse", "HEAD^{tree}").strip()
        if kind == "blob":
            oid = repo.put_object(b"content", "blob")
        if annotated:
            repo.put_tag(tag, tag_bytes(tag, oid, kind=kind))
        else:
            repo.put_ref(tag, oid)

    return make


def nested(depth: int, kind: str = "commit") -> Make:
    """Return what puts a tag on a tag on a tag, with a commit or a blob at the bottom."""

    def make(repo: Repository, tag: str) -> None:
        oid = repo.commits[0] if kind == "commit" else repo.put_object(b"content", "blob")
        oid = repo.put_object(tag_bytes(tag, oid, kind=kind))
        for _ in range(depth - 1):
            oid = repo.put_object(tag_bytes(tag, oid, kind="tag"))
        repo.put_ref(tag, oid)

    return make


def on_missing(kind: str, *, deep: bool = False) -> Make:
    """Return what puts a tag on an object that is not there; `deep`: a tag on that one."""
    return lambda repo, tag: put(repo, tag, tag_bytes(tag, "1" * 40, kind=kind), deep=deep)


def put(repo: Repository, tag: str, raw: bytes, *, deep: bool) -> None:
    """Put a tag object into a repository, and if that is asked for, another on top of it."""
    oid = repo.put_object(raw)
    if deep:
        oid = repo.put_object(tag_bytes(tag, oid, kind="tag"))
    repo.put_ref(tag, oid)


def on_large(repo: Repository, tag: str) -> None:
    """Put a tag on a tag object that is larger than one may be."""
    raw = tag_bytes(tag, repo.commits[0], message=b"word " * 500_000)
    put(repo, tag, raw, deep=True)


def called(kind: str, what: str, *, deep: bool = False) -> Make:
    """Return what puts a tag on the target of good ones, or on another object, under a false type.

    Git holds what the first tag that it reads says of an object against all others.
    """

    def make(repo: Repository, tag: str) -> None:
        oid = {
            "commit": repo.commits[1],
            "tree": repo.git("rev-parse", "HEAD^{tree}").strip(),
            "blob": repo.put_object(b"content", "blob"),
            "tag": repo.refs()["refs/tags/churn#prod#2"],
            "lie": repo.put_object(tag_bytes("lie", repo.commits[1], kind="tag")),
        }[what]
        put(repo, tag, tag_bytes(tag, oid, kind=kind), deep=deep)

    return make


def without_its_object(repo: Repository, tag: str) -> None:
    """Make a tag and take its object away."""
    oid = repo.put_tag(tag, tag_bytes(tag, repo.commits[0]))
    repo.object_file(oid).unlink()


def overwrite(file: Path, content: bytes) -> None:
    """Give the file of an object, which Git makes read-only, other bytes."""
    file.chmod(0o644)
    file.write_bytes(content)


def damaged(repo: Repository, tag: str) -> None:
    """Make a tag and write over its object's bytes: Git takes it for missing."""
    oid = repo.put_tag(tag, tag_bytes(tag, repo.commits[0]))
    overwrite(repo.object_file(oid), b"no zlib stream")


def cut_short(repo: Repository, tag: str) -> None:
    """Make a tag and lose the end of its object's bytes: Git dies of it."""
    raw = tag_bytes(tag, repo.commits[0], message=b"A long message.\n" * 5000)
    file = repo.object_file(repo.put_tag(tag, raw))
    overwrite(file, file.read_bytes()[:-12])


def copied(repo: Repository, tag: str) -> None:
    """Make a ref that holds another tag's object."""
    repo.put_ref(tag, repo.refs()["refs/tags/churn@v1.0.0"])


def symbolic(repo: Repository, tag: str) -> None:
    """Make a ref that holds another ref's name."""
    repo.git("symbolic-ref", f"refs/tags/{tag}", "refs/heads/main")


def many_foreign_tags(repo: Repository, tag: str) -> None:
    """Make thousands of tags that are none of the registry's."""
    lines = sorted(f"{repo.commits[0]} refs/tags/v{number}.0\n" for number in range(5000))
    (repo.path / ".git" / "packed-refs").write_text("".join(lines))
    repo.put_tag(tag, tag_bytes(tag, repo.commits[0]))


def on_head(repo: Repository, tag: str) -> None:
    """Make a lightweight tag."""
    repo.put_ref(tag, repo.commits[0])


LONG = "x" * 150

HOSTILE = {
    "a message that is not UTF-8": Hostile(object_of(message=b"caf\xe9 \xff\n"), "MR009"),
    "an empty message": Hostile(object_of(message=b""), ""),
    "a message of megabytes": Hostile(object_of(message=b"word " * 500_000), "MR024"),
    "a tag on a tag of megabytes": Hostile(on_large, "MR024"),
    "a message as long as it may be": Hostile(object_of(message=b"word " * 200_000), ""),
    "a message of control characters": Hostile(object_of(message=b"\x1b[2J\x00\r\x08\n"), ""),
    "a message that looks like tag objects": Hostile(
        object_of(message=tag_bytes("churn@v9.9.9", "2" * 40) * 3), ""
    ),
    "a tagger that is not UTF-8": Hostile(
        object_of(tagger=f"Zo\udceb <z@\udcff> {START} +0000"), "MR009"
    ),
    "no tagger": Hostile(object_of(tagger=None), "MR006"),
    "a tagger without a date": Hostile(object_of(tagger=ANN), "MR006"),
    "a date in words": Hostile(object_of(tagger=f"{ANN} yesterday"), "MR006"),
    "a date of 30 digits": Hostile(object_of(tagger=f"{ANN} {10**29} +0000"), "MR006"),
    "a date that overflows": Hostile(object_of(tagger=f"{ANN} {2**63} +0000"), "MR007"),
    "a date before the calendar": Hostile(object_of(tagger=f"{ANN} {-(2**50)} +0000"), "MR007"),
    "a date before 1970": Hostile(object_of(tagger=f"{ANN} -86400 +0000"), ""),
    "a zone that no clock has": Hostile(object_of(tagger=f"{ANN} {START} +9999"), ""),
    "a zone of many digits": Hostile(object_of(tagger=f"{ANN} {START} +000000"), "MR006"),
    "a tag on a tree": Hostile(on_object("tree", annotated=True), "MR003"),
    "a tag on a blob": Hostile(on_object("blob", annotated=True), "MR003"),
    "a ref on a tree": Hostile(on_object("tree", annotated=False), "MR003"),
    "a ref on a blob": Hostile(on_object("blob", annotated=False), "MR003"),
    "a lightweight tag": Hostile(on_head, "MR002"),
    "a tag on a tag": Hostile(nested(2), ""),
    "a tag on twenty tags": Hostile(nested(20), ""),
    "a tag on more tags than may be": Hostile(nested(150), "MR003"),
    "a commit that is called a tag": Hostile(called("tag", "commit"), "MR003"),
    "a blob that is called a tag": Hostile(called("tag", "blob"), "MR003"),
    "a blob that is called a commit": Hostile(called("commit", "blob"), "MR003"),
    "a tree that is called a commit": Hostile(called("commit", "tree"), "MR003"),
    "a tag that is called a commit": Hostile(called("commit", "tag"), "MR003"),
    "a tag that lies, and is called a commit": Hostile(called("commit", "lie"), "MR003"),
    "a commit that is called a blob": Hostile(called("blob", "commit"), "MR003"),
    "a tag on a commit that is called a tag": Hostile(called("tag", "commit", deep=True), "MR003"),
    "a tag on a blob that is called a commit": Hostile(
        called("commit", "blob", deep=True), "MR003"
    ),
    "a tag on a tag that is called a commit": Hostile(called("commit", "tag", deep=True), "MR003"),
    "a tag on a tag on a missing commit": Hostile(on_missing("commit", deep=True), "MR005"),
    "a tag on a tag on a blob": Hostile(nested(3, "blob"), "MR003"),
    "a tag on a commit that is missing": Hostile(on_missing("commit"), "MR017"),
    "a tag on a tag that is missing": Hostile(on_missing("tag"), "MR005"),
    "a tag whose object is missing": Hostile(without_its_object, "MR005"),
    "a tag whose object is damaged": Hostile(damaged, "MR005"),
    "a tag whose object is cut short": Hostile(cut_short, "MR004"),
    "no tag object at all": Hostile(
        lambda repo, tag: repo.put_tag(tag, b"nothing of the kind\n"), "MR004"
    ),
    "a copy of another tag": Hostile(copied, "MR008"),
    "a symbolic ref": Hostile(symbolic, "MR002"),
    "thousands of foreign tags": Hostile(many_foreign_tags, ""),
    "a ref that looks like an option": Hostile(on_head, "", "--output=x"),
    "a near miss that looks like an option": Hostile(object_of(), "MR001", "--output=x@v1.0.0"),
    "a ref named HEAD": Hostile(on_head, "", "HEAD"),
    "a name that is not UTF-8": Hostile(on_head, "MR001", "b\udcffd@v1.0.0"),
    "a name in another script": Hostile(on_head, "MR001", "模型@v1.0.0"),
    "a name that turns text round": Hostile(on_head, "MR001", "bad\u202e@v1.0.0"),
    "GTO's @created": Hostile(object_of(), "MR001", "bad@created"),
    "a very long name": Hostile(object_of(), "", f"{LONG}@v1.0.0"),
    "a version of many digits": Hostile(object_of(), "MR001", f"bad@v{'9' * 150}.0.0"),
    "a number of many digits": Hostile(object_of(), "MR001", f"bad#prod#{'9' * 150}"),
    "a huge number": Hostile(object_of(), "", f"bad#prod#{'9' * 18}"),
}


def put_all(repo: Repository) -> None:
    """Put all of them into one repository; those that differ in their objects get other names."""
    for number, it in enumerate(HOSTILE.values()):
        it.make(repo, it.tag.replace("bad@v1.0.0", f"bad-{number}@v1.0.0"))
