"""Pushes of which the policy need not be asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from mreg.git.repository import Repository
from mreg.governance import receive
from mreg.governance.updates import Received, Update
from mreg.policy.model import Governing

NEW = "1" * 40


def policy() -> Governing:
    raise AssertionError("nobody may ask for the policy")


def received(tmp_path: Path, *updates: Update) -> Received:
    return receive.check(Repository.at(tmp_path / "none"), updates, policy, present=0)


@pytest.mark.parametrize(
    "ref", ["refs/heads/main", "refs/tags/v1.0.0", "refs/notes/commits", "refs/heads/a@b"]
)
def test_what_is_not_the_registrys_passes_unread(ref: str, tmp_path: Path) -> None:
    assert received(tmp_path, Update("", NEW, ref)) == Received(())


def test_a_near_miss_is_a_warning(tmp_path: Path) -> None:
    """For which the policy is asked whether another tool makes such tags."""
    update = Update("", NEW, "refs/tags/churn@v1")
    found = receive.check(Repository.at(tmp_path / "none"), [update], Governing, present=0)
    assert found.refused == ()
    assert found.warnings == (
        "churn@v1 looks almost like the name of a registry tag; mreg ignores it",
    )


def test_what_takes_the_place_of_a_registry_tag_is_refused(tmp_path: Path) -> None:
    [found] = received(tmp_path, Update("", NEW, "refs/tags/churn@v1.0.0/x")).refused
    assert (found.code, found.subject) == ("name", "churn@v1.0.0/x")


def test_to_delete_it_is_not(tmp_path: Path) -> None:
    assert received(tmp_path, Update(NEW, "", "refs/tags/churn@v1.0.0/x")).refused == ()
