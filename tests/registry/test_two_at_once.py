"""Several people at once in one clone, without a remote: each event gets a number of its own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from mreg.core.outcomes import Outcome
from mreg.registry import Registry
from mreg.store import write
from repositories import Maker, Repository, Tag

VERSIONS = [f"v0.0.{number}" for number in range(1, 5)]


@pytest.fixture
def repository(make_repository: Maker) -> Repository:
    """Four versions of `churn`, a commit each, and none of them in a stage."""
    tags = [Tag(f"churn@{it}", at, at + 1) for at, it in enumerate(VERSIONS)]
    return make_repository(tags, commits=[{"f": b"%d" % at} for at in range(5)])


def test_each_promotion_gets_its_number(repository: Repository) -> None:
    def promote(version: str) -> Outcome:
        return Registry.open(repository.path).promote(f"churn@{version}", "prod", new=True)

    with ThreadPoolExecutor(len(VERSIONS)) as pool:
        made = list(pool.map(promote, VERSIONS))
    assert [it.version for it in made] == VERSIONS
    assert sorted(it.tag for it in made) == [f"churn#prod#{number}" for number in range(1, 5)]
    assert Registry.open(repository.path).doctor() == ()


@pytest.mark.parametrize(
    ("theirs", "tag", "already"),
    [("churn@v0.0.2", "churn#prod#2", ""), ("churn@v0.0.1", "churn#prod#1", "already")],
)
def test_whoever_was_slower_plans_again(
    repository: Repository,
    monkeypatch: pytest.MonkeyPatch,
    theirs: str,
    tag: str,
    already: str,
) -> None:
    """What others made in between is seen: a number that is taken, or what is wanted itself."""
    publish, others = write.publish, [theirs]

    def slowly(*given: Any, **named: Any) -> None:
        while others:
            Registry.open(repository.path).promote(others.pop(), "prod", message="quicker")
        publish(*given, **named)

    monkeypatch.setattr(write, "publish", slowly)
    made = Registry.open(repository.path).promote("churn@v0.0.1", "prod")
    assert (made.tag, already in made.already, bool(made.already)) == (tag, True, bool(already))


def test_each_stage_gets_a_number_of_its_own(repository: Repository) -> None:
    """A number is an artifact's, not a stage's: two tags of other names must not share one."""

    def promote(stage: str) -> Outcome:
        return Registry.open(repository.path).promote("churn", stage, new=True)

    with ThreadPoolExecutor(len(VERSIONS)) as pool:
        made = list(pool.map(promote, ["dev", "staging", "prod", "canary"]))
    assert sorted(it.tag.rpartition("#")[2] for it in made) == ["1", "2", "3", "4"]
    assert Registry.open(repository.path).doctor() == ()


def test_an_event_of_another_stage_is_seen(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish, others = write.publish, ["dev"]

    def slowly(*given: Any, **named: Any) -> None:
        while others:
            Registry.open(repository.path).promote("churn", others.pop())
        publish(*given, **named)

    monkeypatch.setattr(write, "publish", slowly)
    assert Registry.open(repository.path).promote("churn", "prod").tag == "churn#prod#2"


def test_a_version_is_given_out_once(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two who register one commit at once, the second is told that it was done."""
    publish, others = write.publish, ["HEAD"]

    def slowly(*given: Any, **named: Any) -> None:
        while others:
            Registry.open(repository.path).register("churn", others.pop())
        publish(*given, **named)

    monkeypatch.setattr(write, "publish", slowly)
    made = Registry.open(repository.path).register("churn", "HEAD")
    assert (made.version, made.already) == ("v0.0.5", "churn v0.0.5 was already registered")


def test_a_lock_that_stays_is_told(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = repository.path / ".git" / "refs" / "tags" / "churn#prod#1.lock"
    lock.touch()
    waited: list[float] = []
    monkeypatch.setattr("time.sleep", waited.append)
    with pytest.raises(write.TagTaken, match=r"\.lock': File exists") as error:
        Registry.open(repository.path).promote("churn@v0.0.1", "prod")
    assert error.value.hint.startswith("another Git process is running, or one was killed")
    assert (len(waited), lock.exists()) == (5, True)
