"""The digests of artifacts' tags are those of a listing, whatever was kept of them before."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from mreg.git import refs
from mreg.git.ref_files import HeldRefs
from mreg.store import tag_digests
from repositories import Maker, Repository, Tag, opened

NAMES = ("churn", "churn-2", "team=churn", "team=churn/x", "ranker")


@pytest.fixture
def repo(make_repository: Maker, monkeypatch: pytest.MonkeyPatch) -> Repository:
    monkeypatch.setattr(tag_digests, "LARGE", 1)
    tags = [Tag(f"{it}@v1.0.0", 0, at) for at, it in enumerate(NAMES)]
    made = make_repository([*tags, Tag("churn#prod#1", 0, 9)])
    made.git("pack-refs", "--all")
    return made


def kept(repo: Repository) -> Path:
    return repo.path / ".git/mreg/tags"


def anew(repo: Repository) -> dict[str, str]:
    kept(repo).unlink(missing_ok=True)
    return tag_digests.of_each(opened(repo.path))


def test_after_one_new_tag_no_other_artifact_is_listed(
    repo: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = tag_digests.of_each(opened(repo.path))
    assert [*before] == ["churn", "churn-2", "ranker", "team:churn", "team:churn/x"]
    repo.git("update-ref", "refs/tags/churn@v1.1.0", "refs/tags/churn@v1.0.0")
    looked: list[bytes | None] = []

    list_tags = HeldRefs.listing

    def listing(held: HeldRefs) -> bytes | None:
        looked.append(list_tags(held))
        return looked[-1]

    monkeypatch.setattr(refs, "listing", None)
    monkeypatch.setattr(HeldRefs, "listing", listing)
    now = tag_digests.of_each(opened(repo.path))
    assert now["churn"] != before["churn"]
    assert {**now, "churn": before["churn"]} == before
    tags = b"".join(filter(None, looked)).splitlines()
    assert {it.partition(b" ")[2].partition(b"@")[0][:6] for it in tags} == {b"churn", b"churn#"}


@pytest.mark.parametrize("seed", range(4))
def test_they_are_the_same_as_with_nothing_kept(
    repo: Repository, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    dice = random.Random(seed)
    there = sorted(repo.refs())
    for number in range(12):
        name = dice.choice(NAMES)
        tail = dice.choice((f"@v2.{number}.0", f"#prod#{number + 2}", f"@v1/{number}", "@nothing"))
        change = dice.choice(
            (
                ("update-ref", f"refs/tags/{name}{tail}", repo.commits[0]),
                ("update-ref", f"refs/tags/other-{number}@v1.0.0", repo.commits[0]),
                ("update-ref", "-d", dice.choice(there)),
                ("symbolic-ref", f"refs/tags/{name}@v9.{number}.0", f"refs/tags/{name}@v1.0.0"),
                ("pack-refs", "--all"),
            )
        )
        repo.git(*change)
        there = sorted(it for it in repo.refs() if it.startswith("refs/tags/"))
        now = tag_digests.of_each(opened(repo.path))
        held = kept(repo).read_bytes() if kept(repo).exists() else None
        assert now == anew(repo), change
        if held is not None:
            kept(repo).write_bytes(held)


@pytest.mark.parametrize("damage", [b"", b"x", b"\xff" * 40])
def test_what_is_damaged_is_read_anew(repo: Repository, damage: bytes) -> None:
    before = tag_digests.of_each(opened(repo.path))
    whole = kept(repo).read_bytes()
    kept(repo).write_bytes(damage)
    assert tag_digests.of_each(opened(repo.path)) == before
    assert kept(repo).read_bytes() == whole


def test_of_few_tags_nothing_is_kept(repo: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    tag_digests.of_each(opened(repo.path))
    assert not kept(repo).exists()
