"""What is kept on disk of a registry's artifacts changes no answer, whatever happens to it."""

from __future__ import annotations

import marshal
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import hostile_tags
from mreg.core.replay import History
from mreg.git import bulk
from mreg.registry import Registry
from mreg.store import answers, read
from mreg.store.answers import AnswerKind
from mreg.store.read import Reader
from mreg.system import cache
from repositories import Lightweight, Maker, Repository, Tag

TAGS: list[Tag | Lightweight] = [
    Tag("a@v1.0.0"),
    Tag("a#prod#1", time=1, message="P\n\nVersion: v1.0.0\nPrevious: none\n"),
    Tag("a-b@v0.1.0", time=2),
    Tag("d=b@v0.1.0", time=2),
    Tag("a@2", time=3),
    Tag("!@2", time=3),
]


def _make(history: History) -> tuple[Any, bytes]:
    events = [tuple(it.event) for it in history.timeline]
    plain: Any = [(event, len(events)) for event in events]
    return len(events), marshal.dumps(plain)


EVERYTHING = AnswerKind("everything", "1", _make)


@pytest.fixture
def repository(
    make_repository: Maker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Repository:
    """Make a registry that is large enough for its answers to be kept."""
    monkeypatch.setattr(read, "LARGE", 1)
    monkeypatch.setattr(cache, "_chosen", tmp_path / "cache")
    return make_repository(TAGS)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the artifacts whose tags are read, as they are."""
    found: list[str] = []
    each = Reader.each

    def noting(self: Reader, listed: Any, artifacts: Any, **how: Any) -> Iterator[Any]:
        artifacts = [*artifacts]
        found.extend(artifacts)
        return each(self, listed, artifacts, **how)

    monkeypatch.setattr(Reader, "each", noting)
    return found


def kept(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]


def content(repository: Repository) -> object:
    """Return all that the answers say."""
    found = answers.read_answers(repository.opened, EVERYTHING)
    each = [*found.each()]
    assert [it[:2] for it in each] == [*found.rows()]
    return each, found.problems


def read_anew(repository: Repository) -> object:
    """Return the same out of the whole state."""
    found = EVERYTHING.of(read.read_state(repository.opened))
    return [*found.each()], found.problems


def test_what_is_kept_is_what_was_read(
    repository: Repository, tmp_path: Path, asked: list[str]
) -> None:
    fresh = content(repository)
    assert asked == ["a", "a-b", "d:b"]
    assert len(kept(tmp_path)) == 1
    assert content(repository) == fresh == read_anew(repository)
    assert asked == ["a", "a-b", "d:b"] * 2  # the second time for the whole state


@contextmanager
def _nothing(*_: object) -> Iterator[None]:
    raise AssertionError("Git was asked for objects")
    yield


def test_what_is_unchanged_asks_for_no_object(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh = content(repository)
    monkeypatch.setattr(read, "reading", _nothing)
    assert content(repository) == fresh


CHANGES: dict[str, tuple[Callable[[Repository], object], list[str]]] = {
    "a tag": (lambda it: it.git("tag", "-am", "x", "a-b@v0.2.0"), ["a-b"]),
    "a first tag": (lambda it: it.git("tag", "-am", "x", "Z@v1.0.0"), ["Z"]),
    "a last tag": (lambda it: it.git("tag", "-am", "x", "z#prod"), ["z"]),
    "another tool's tag": (lambda it: it.git("tag", "-am", "x", "v1.0.0"), []),
    "a near miss": (lambda it: it.git("tag", "-am", "x", "a@3"), ["a"]),
    "a stray near miss": (lambda it: it.git("tag", "-am", "x", "!@3"), []),
    "a tag moved": (lambda it: it.git("tag", "-fam", "x", "a@v1.0.0"), ["a"]),
    "a tag removed": (lambda it: it.git("tag", "-d", "a@v1.0.0"), ["a"]),
    "an artifact removed": (lambda it: it.git("tag", "-d", "d=b@v0.1.0"), []),
    "the first removed": (lambda it: it.git("tag", "-d", "a@v1.0.0", "a#prod#1", "a@2"), []),
    "refs packed": (lambda it: it.git("pack-refs", "--all"), []),
    "objects packed": (lambda it: it.git("repack", "-adq"), []),
    "HEAD moved": (lambda it: it.git("commit", "-q", "--allow-empty", "-m", "x"), []),
}


@pytest.mark.parametrize("blocks", [1, 1 << 20], ids=["a block each", "one block"])
@pytest.mark.parametrize("name", CHANGES)
def test_after_a_change_what_changed_is_read(
    name: str,
    blocks: int,
    repository: Repository,
    asked: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(answers, "SIZE", blocks)
    monkeypatch.setattr(answers, "ROOM", blocks - 1)
    content(repository)
    change, changed = CHANGES[name]
    change(repository)
    asked.clear()
    found = content(repository)
    assert asked == changed
    assert found == content(repository) == read_anew(repository)


def test_a_new_tag_is_seen(repository: Repository) -> None:
    registry = Registry.open(repository.path)
    assert '"name": "c"' not in "".join(registry.listed().json())
    registry.register("c")
    assert '"name": "c"' in "".join(registry.listed().json())


@pytest.mark.parametrize(
    "damage",
    [
        lambda raw: b"",
        lambda raw: raw[:-1],
        lambda raw: raw[:10],
        lambda raw: raw[:-9] + b"\xff" + raw[-8:],
        lambda raw: raw[:16][::-1] + raw[16:],
    ],
    ids=["empty", "cut short", "cut in its head", "one byte changed", "another key"],
)
def test_a_file_that_is_not_whole_counts_for_nothing(
    repository: Repository, tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    fresh = content(repository)
    [file] = kept(tmp_path)
    whole = file.read_bytes()
    assert damage(whole) != whole
    file.write_bytes(damage(whole))
    assert content(repository) == fresh
    assert file.read_bytes() == whole


def test_what_another_version_wrote_counts_for_nothing(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh = content(repository)
    [file] = kept(tmp_path)
    whole = file.read_bytes()
    monkeypatch.setattr(answers, "__version__", "0.0.0")
    assert content(repository) == fresh
    assert file.read_bytes() != whole


def test_a_cache_that_cannot_be_written_changes_nothing(
    repository: Repository, tmp_path: Path
) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    assert content(repository) == read_anew(repository)


def test_problems_that_may_pass_are_not_kept(repository: Repository, asked: list[str]) -> None:
    (repository.path / ".git/refs/tags/d=b@v1.0.0").write_text(f"{'1' * 40}\n")
    found = content(repository)
    asked.clear()
    assert content(repository) == found
    assert asked == ["d:b"]


def test_hostile_tags_say_the_same_kept_and_read_in_bulk(
    repository: Repository, make_repository: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = make_repository([*TAGS, *hostile_tags.GOOD], name="hostile")
    hostile_tags.put_all(repository)
    fast = read_anew(repository)
    with monkeypatch.context() as patch:
        patch.setattr(bulk, "contents", lambda *_: None)
        assert read_anew(repository) == fast
    assert content(repository) == fast
    assert content(repository) == fast


def test_a_small_registry_is_not_kept(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read, "LARGE", 500)
    content(repository)
    assert not kept(tmp_path)


def test_no_more_room_is_taken_up_than_there_is(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content(repository)
    [file] = kept(tmp_path)
    other = file.with_name("another-everything")
    other.write_bytes(bytes(10_000))
    os.utime(other, (1, 1))
    monkeypatch.setattr(answers, "LARGEST", file.stat().st_size + 1)
    repository.git("tag", "-d", "d=b@v0.1.0")
    content(repository)
    assert kept(tmp_path) == [file]
