"""Tag objects read by their ids: no more of them than is asked for, by newer and by older Git."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mreg.git import process, tagobjects
from mreg.git.tagobjects import NotATag
from mreg.store.read import read_state
from repositories import Maker, Repository, Tag, tag_bytes

TAGS = [Tag(f"churn@v1.{number}.0", number % 3, number) for number in range(600)]

OLDER = """\
#!/bin/sh
case "$*" in *--batch-command*) echo "error: unknown option \\`batch-command'" >&2; exit 129 ;; esac
exec {git} "$@"
"""


@pytest.fixture(params=["newer", "older"])
def git(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Let Git be one that takes all questions in one process, and one from before 2.36."""
    if request.param == "older":
        program = tmp_path / "older" / "git"
        program.parent.mkdir()
        program.write_text(OLDER.format(git=shutil.which("git")))
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(program.parent), prepend=":")
    return str(request.param)


@pytest.fixture
def repo(make_repository: Maker) -> Repository:
    return make_repository(TAGS)


def test_many_are_read_in_order(git: str, repo: Repository) -> None:
    oids = list(repo.refs().values())
    found = [*tagobjects.read(repo.opened, oids)]
    assert all(isinstance(it, bytes) or it == NotATag("commit") for it in found)
    assert sum(isinstance(it, bytes) for it in found) == len(TAGS)
    assert len(read_state(repo.opened).history("churn").timeline) == len(TAGS)


def test_what_is_no_tag_object_is_told(git: str, repo: Repository) -> None:
    tag = repo.refs()["refs/tags/churn@v1.0.0"]
    damaged = repo.put_object(tag_bytes("damaged", repo.commits[0], message=b"word " * 9000))
    file = repo.object_file(damaged)
    file.chmod(0o644)
    file.write_bytes(file.read_bytes()[:-12])
    blob = repo.put_object(b"content", "blob")
    found = [
        *tagobjects.read(repo.opened, [blob, damaged, "1" * 40, damaged, tag, repo.commits[0]])
    ]
    assert [it.kind if isinstance(it, NotATag) else "tag" for it in found] == [
        *("blob", "damaged", "missing", "damaged", "tag", "commit")
    ]


def test_a_large_one_is_not_read(
    git: str, repo: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = []

    def read(talk: process.Conversation, size: int) -> bytes:
        taken.append(size)
        return real(talk, size)

    real = process.Conversation.read
    monkeypatch.setattr(process.Conversation, "read", read)
    large = repo.put_object(tag_bytes("churn@v9.0.0", repo.commits[0], message=b"a" * (3 << 20)))
    tag = repo.refs()["refs/tags/churn@v1.0.0"]
    raw, found = tagobjects.read(repo.opened, [tag, large])
    assert found == tagobjects.LARGE
    assert isinstance(raw, bytes)
    assert sum(taken) < 2 * len(raw)


def test_a_chain_ends_where_one_cannot_be_read(git: str, repo: Repository) -> None:
    large = repo.put_object(tag_bytes("large", repo.commits[0], message=b"a" * (3 << 20)))
    last = repo.refs()["refs/tags/churn@v1.0.0"]
    chain = {last: repo.refs()["refs/tags/churn@v1.1.0"]}
    chain[chain[last]] = large
    with tagobjects.reading(repo.opened) as objects:
        behind = iter([*chain.values()])
        assert [oid for oid, _ in objects.follow(last, lambda raw: next(behind))] == [*chain]
    assert not tagobjects.contains(repo.opened, large, last, lambda raw: last)
