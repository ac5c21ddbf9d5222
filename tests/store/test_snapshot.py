"""What is kept on disk of a large registry changes no answer, whatever happens to it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mreg.core.replay import State
from mreg.git import tagobjects
from mreg.registry import Registry
from mreg.store import snapshot
from mreg.store.read import read_state
from mreg.system import cache
from repositories import Maker, Repository, Tag


@pytest.fixture
def repository(
    make_repository: Maker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Repository:
    """Make a registry that is large enough for its state to be kept."""
    monkeypatch.setattr(snapshot, "SMALLEST", 3)
    monkeypatch.setattr(cache, "_chosen", tmp_path / "cache")
    return make_repository(
        [
            Tag("a@v1.0.0"),
            Tag("a#prod#1", time=1, message="P\n\nVersion: v1.0.0\nPrevious: none\n"),
            Tag("d=b@v0.1.0", time=2),
            Tag("a@2", time=3),
        ]
    )


def kept(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]


def content(state: State) -> object:
    """Return all that a state says."""
    return {history.artifact: history.timeline for history in state}, state.problems


def test_the_kept_state_is_the_one_that_was_read(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh = read_state(repository.opened)
    assert len(kept(tmp_path)) == 1
    monkeypatch.setattr(tagobjects, "read", _never)
    assert content(read_state(repository.opened)) == content(fresh)


def _never(*_: object) -> None:
    raise AssertionError("the tag objects were read again")


def test_a_new_tag_is_seen(repository: Repository) -> None:
    registry = Registry.open(repository.path)
    assert [it.name for it in registry.artifacts()] == ["a", "d:b"]
    registry.register("c")
    assert [it.name for it in registry.artifacts()] == ["a", "c", "d:b"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda raw: b"",
        lambda raw: raw[:-1],
        lambda raw: raw[:40],
        lambda raw: raw[:-9] + b"\xff" + raw[-8:],
        lambda raw: b"mreg 0.0.0" + raw[10:],
    ],
    ids=["empty", "cut short", "cut in its head", "one byte changed", "another version"],
)
def test_a_file_that_is_not_whole_counts_for_nothing(
    repository: Repository, tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    fresh = content(read_state(repository.opened))
    [file] = kept(tmp_path)
    file.write_bytes(damage(file.read_bytes()))
    assert content(read_state(repository.opened)) == fresh


def test_a_cache_that_cannot_be_written_changes_nothing(
    repository: Repository, tmp_path: Path
) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    assert [it.name for it in Registry.open(repository.path).artifacts()] == ["a", "d:b"]


def test_problems_that_may_pass_are_not_kept(repository: Repository, tmp_path: Path) -> None:
    repository.git("update-ref", "--no-deref", "refs/tags/x@v1.0.0", "HEAD")
    (repository.path / ".git/refs/tags/y@v1.0.0").write_text(f"{'1' * 40}\n")
    state = read_state(repository.opened)
    assert sorted(it.code for it in state.problems) == ["MR001", "MR002", "MR005"]
    assert not kept(tmp_path)


def test_a_small_registry_is_not_kept(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot, "SMALLEST", 20_000)
    read_state(repository.opened)
    assert not kept(tmp_path)
