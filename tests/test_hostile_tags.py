"""Hostile and broken tags: each is a problem with its code, and the rest reads as if it were not.

Whoever can push a tag chooses its bytes, its name and what it points to.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from commandline import CommandLine, Result
from repositories import ANN, START, Lightweight, Maker, Repository, Tag, tag_bytes

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
        make: puts it into a repository; `tag` is its name.
        code: that of the problem; empty where the tag is odd but reads well.
        tag: its name.
    """

    make: Callable[[Repository], object]
    code: str
    tag: str = "bad@v1.0.0"


def object_of(tag: str = "bad@v1.0.0", **parts: Any) -> Callable[[Repository], str]:
    """Return what puts a tag on the first commit, with some of its parts changed."""
    return lambda repo: repo.put_tag(tag, tag_bytes(tag, repo.commits[0], **parts))


def on_object(kind: str, *, annotated: bool) -> Callable[[Repository], object]:
    """Return what puts a tag on a tree or a blob, with a tag object or without."""

    def make(repo: Repository) -> None:
        oid = repo.git("rev-parse", "HEAD^{tree}").strip()
        if kind == "blob":
            oid = repo.put_object(b"content", "blob")
        if annotated:
            repo.put_tag("bad@v1.0.0", tag_bytes("bad@v1.0.0", oid, kind=kind))
        else:
            repo.put_ref("bad@v1.0.0", oid)

    return make


def nested(depth: int, kind: str = "commit") -> Callable[[Repository], object]:
    """Return what puts a tag on a tag on a tag, with a commit or a blob at the bottom."""

    def make(repo: Repository) -> None:
        oid = repo.commits[0] if kind == "commit" else repo.put_object(b"content", "blob")
        oid = repo.put_object(tag_bytes("bad@v1.0.0", oid, kind=kind))
        for _ in range(depth - 1):
            oid = repo.put_object(tag_bytes("bad@v1.0.0", oid, kind="tag"))
        repo.put_ref("bad@v1.0.0", oid)

    return make


def on_missing(repo: Repository, kind: str, *, deep: bool = False) -> None:
    """Put a tag on an object that is not there; `deep`: put a tag on that one."""
    put(repo, tag_bytes("bad@v1.0.0", "1" * 40, kind=kind), deep=deep)


def put(repo: Repository, raw: bytes, *, deep: bool) -> None:
    """Put a tag object into a repository, and if that is asked for, another on top of it."""
    oid = repo.put_object(raw)
    if deep:
        oid = repo.put_object(tag_bytes("bad@v1.0.0", oid, kind="tag"))
    repo.put_ref("bad@v1.0.0", oid)


def on_large(repo: Repository) -> None:
    """Put a tag on a tag object that is larger than one may be."""
    raw = tag_bytes("bad@v1.0.0", repo.commits[0], message=b"word " * 500_000)
    put(repo, raw, deep=True)


def called(kind: str, what: str, *, deep: bool = False) -> Callable[[Repository], object]:
    """Return what puts a tag on the target of good ones, or on another object, under a false type.

    Git holds what the first tag that it reads says of an object against all others.
    """

    def make(repo: Repository) -> None:
        oid = {
            "commit": repo.commits[1],
            "tree": repo.git("rev-parse", "HEAD^{tree}").strip(),
            "blob": repo.put_object(b"content", "blob"),
            "tag": repo.refs()["refs/tags/churn#prod#2"],
            "lie": repo.put_object(tag_bytes("lie", repo.commits[1], kind="tag")),
        }[what]
        put(repo, tag_bytes("bad@v1.0.0", oid, kind=kind), deep=deep)

    return make


def without_its_object(repo: Repository) -> None:
    """Make a tag and take its object away."""
    oid = repo.put_tag("bad@v1.0.0", tag_bytes("bad@v1.0.0", repo.commits[0]))
    repo.object_file(oid).unlink()


def overwrite(file: Path, content: bytes) -> None:
    """Give the file of an object, which Git makes read-only, other bytes."""
    file.chmod(0o644)
    file.write_bytes(content)


def damaged(repo: Repository) -> None:
    """Make a tag and write over its object's bytes: Git takes it for missing."""
    oid = repo.put_tag("bad@v1.0.0", tag_bytes("bad@v1.0.0", repo.commits[0]))
    overwrite(repo.object_file(oid), b"no zlib stream")


def cut_short(repo: Repository) -> None:
    """Make a tag and lose the end of its object's bytes: Git dies of it."""
    raw = tag_bytes("bad@v1.0.0", repo.commits[0], message=b"A long message.\n" * 5000)
    file = repo.object_file(repo.put_tag("bad@v1.0.0", raw))
    overwrite(file, file.read_bytes()[:-12])


def copied(repo: Repository) -> None:
    """Make a ref that holds another tag's object."""
    repo.put_ref("bad@v1.0.0", repo.refs()["refs/tags/churn@v1.0.0"])


def symbolic(repo: Repository) -> None:
    """Make a ref that holds another ref's name."""
    repo.git("symbolic-ref", "refs/tags/bad@v1.0.0", "refs/heads/main")


def many_foreign_tags(repo: Repository) -> None:
    """Make thousands of tags that are none of the registry's."""
    lines = sorted(f"{repo.commits[0]} refs/tags/v{number}.0\n" for number in range(5000))
    (repo.path / ".git" / "packed-refs").write_text("".join(lines))
    repo.put_tag("bad@v1.0.0", tag_bytes("bad@v1.0.0", repo.commits[0]))


def on_head(tag: str) -> Callable[[Repository], object]:
    """Return what makes a lightweight tag."""
    return lambda repo: repo.put_ref(tag, repo.commits[0])


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
    "a lightweight tag": Hostile(on_head("bad@v1.0.0"), "MR002"),
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
    "a tag on a tag on a missing commit": Hostile(
        lambda repo: on_missing(repo, "commit", deep=True), "MR005"
    ),
    "a tag on a tag on a blob": Hostile(nested(3, "blob"), "MR003"),
    "a tag on a commit that is missing": Hostile(lambda r: on_missing(r, "commit"), "MR017"),
    "a tag on a tag that is missing": Hostile(lambda r: on_missing(r, "tag"), "MR005"),
    "a tag whose object is missing": Hostile(without_its_object, "MR005"),
    "a tag whose object is damaged": Hostile(damaged, "MR005"),
    "a tag whose object is cut short": Hostile(cut_short, "MR004"),
    "no tag object at all": Hostile(
        lambda repo: repo.put_tag("bad@v1.0.0", b"nothing of the kind\n"), "MR004"
    ),
    "a copy of another tag": Hostile(copied, "MR008"),
    "a symbolic ref": Hostile(symbolic, "MR002"),
    "thousands of foreign tags": Hostile(many_foreign_tags, ""),
    "a ref that looks like an option": Hostile(on_head("--output=x"), "", "--output=x"),
    "a near miss that looks like an option": Hostile(
        object_of("--output=x@v1.0.0"), "MR001", "--output=x@v1.0.0"
    ),
    "a ref named HEAD": Hostile(on_head("HEAD"), "", "HEAD"),
    "a name that is not UTF-8": Hostile(on_head("b\udcffd@v1.0.0"), "MR001", "b\udcffd@v1.0.0"),
    "a name in another script": Hostile(on_head("模型@v1.0.0"), "MR001", "模型@v1.0.0"),
    "a name that turns text round": Hostile(
        on_head("bad\u202e@v1.0.0"), "MR001", "bad\u202e@v1.0.0"
    ),
    "GTO's @created": Hostile(object_of("bad@created"), "MR001", "bad@created"),
    "a very long name": Hostile(object_of(f"{LONG}@v1.0.0"), "", f"{LONG}@v1.0.0"),
    "a version of many digits": Hostile(
        object_of(f"bad@v{'9' * 150}.0.0"), "MR001", f"bad@v{'9' * 150}.0.0"
    ),
    "a number of many digits": Hostile(
        object_of(f"bad#prod#{'9' * 150}"), "MR001", f"bad#prod#{'9' * 150}"
    ),
    "a huge number": Hostile(object_of(f"bad#prod#{'9' * 18}"), "", f"bad#prod#{'9' * 18}"),
}


@pytest.fixture(params=list(HOSTILE))
def hostile(request: pytest.FixtureRequest) -> Hostile:
    return HOSTILE[request.param]


@pytest.fixture
def bad(make_repository: Maker, hostile: Hostile) -> Repository:
    found = make_repository(GOOD, name="bad")
    hostile.make(found)
    return found


QUESTIONS = [
    ["show", "churn", "--json"],
    ["show", "churn"],
    ["show", "churn@latest", "--json"],
    ["show", "churn#prod"],
    ["show", "churn", "--at", "2023-11-14T22:13:45Z", "--json"],
    ["history", "churn", "--json"],
    ["history", "churn"],
    ["check-ref", "churn#prod#2", "--json"],
]


_GOOD_ANSWERS: dict[str, Result] = {}


@pytest.fixture
def answers(make_repository: Maker, mreg: CommandLine) -> dict[str, Result]:
    """Return what each question is answered where nothing is hostile; it is always the same."""
    if not _GOOD_ANSWERS:
        good = make_repository(GOOD, name="good")
        for question in [*QUESTIONS, ["show", "--json"], ["history", "--json"]]:
            _GOOD_ANSWERS[" ".join(question)] = mreg.ok(*question, repo=good)
    return _GOOD_ANSWERS


def test_the_others_are_unaffected(
    answers: dict[str, Result], bad: Repository, mreg: CommandLine
) -> None:
    for question in QUESTIONS:
        assert mreg(*question, repo=bad) == answers[" ".join(question)]
    shown = mreg.ok("show", "--json", repo=bad).json["artifacts"]
    churn = [it for it in shown if it["name"] == "churn"]
    assert churn == answers["show --json"].json["artifacts"]
    history = mreg.ok("history", "--json", repo=bad).json["events"]
    assert [it for it in history if it["artifact"] == "churn"] == answers["history --json"].json[
        "events"
    ]


def test_each_question_is_answered(bad: Repository, mreg: CommandLine) -> None:
    for question in (["show"], ["show", "--all", "--json"], ["history"], ["stages", "--json"]):
        assert "\x1b" not in mreg.ok(*question, repo=bad).out
    assert mreg("doctor", repo=bad).code in (0, 1)


def test_it_is_found_with_its_code(bad: Repository, hostile: Hostile, mreg: CommandLine) -> None:
    found = mreg("doctor", "--json", repo=bad)
    problems = [(it["code"], it["subject"]) for it in found.json["problems"]]
    assert problems == ([(hostile.code, hostile.tag)] if hostile.code else [])
    errors = [it for it in found.json["problems"] if it["severity"] == "error"]
    assert found.code == (1 if errors else 0)


def test_check_ref_tells_of_it(bad: Repository, hostile: Hostile, mreg: CommandLine) -> None:
    found = mreg("check-ref", "--", hostile.tag, repo=bad)
    assert found.code in (0, 1)
    assert bool(found.out) == (found.code == 0)
    assert found.err == "" or found.err.startswith("error: ")


def test_writing_goes_on(bad: Repository, mreg: CommandLine) -> None:
    assert mreg.ok("register", "churn", "HEAD", "--json", repo=bad).json["version"] == "v1.1.1"
    assert mreg.ok("promote", "churn", "prod", "--json", repo=bad).json["tag"] == "churn#prod#3"


def test_an_object_in_the_place_of_another_is_not_looked_at(
    make_repository: Maker, mreg: CommandLine
) -> None:
    """`git replace` shows every other command another object under the same id."""
    repo = make_repository(GOOD)
    before = mreg.ok("history", "--json", repo=repo)
    oid = repo.refs()["refs/tags/churn@v1.0.0"]
    repo.git("replace", oid, repo.put_object(tag_bytes("churn@v1.0.0", repo.commits[2])))
    assert mreg.ok("history", "--json", repo=repo) == before


def test_a_lightweight_tag_does_not_hide_the_real_one(
    make_repository: Maker, mreg: CommandLine
) -> None:
    repo = make_repository([*GOOD, Lightweight("churn@v9.0.0", 2)])
    assert mreg.ok("show", "churn@latest", "--field", "version", repo=repo).out == "v1.1.0\n"


def test_a_damaged_object_between_many_costs_only_itself(
    make_repository: Maker, mreg: CommandLine
) -> None:
    """Git dies on a damaged object; it is asked again for those behind it."""
    repo = make_repository([Tag(f"churn@v1.{number}.0", 0, number) for number in range(30)])
    for number in (0, 7, 8, 29):
        file = repo.object_file(repo.refs()[f"refs/tags/churn@v1.{number}.0"])
        overwrite(file, file.read_bytes()[:-12])
    found = mreg.ok("show", "churn", "--json", repo=repo).json
    assert len(found["versions"]) == 26
    assert sorted(it["subject"] for it in found["problems"]) == [
        "churn@v1.0.0",
        "churn@v1.29.0",
        "churn@v1.7.0",
        "churn@v1.8.0",
    ]
    assert {it["code"] for it in found["problems"]} == {"MR004"}


def test_a_shallow_clone_is_told_of(make_repository: Maker, mreg: CommandLine) -> None:
    repo = make_repository(GOOD)
    shallow = repo.path.parent / "shallow"
    repo.git("clone", "-q", "--depth", "1", f"file://{repo.path}", str(shallow))
    found = mreg.ok("doctor", "--json", repo=shallow).json["problems"]
    assert [it["code"] for it in found] == ["MR018"]
