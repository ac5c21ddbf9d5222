"""What is asked of a repository: noted, and blank until it is read."""

from __future__ import annotations

from pathlib import Path

from mreg.annotations.sources import Wanted
from mreg.git import tagobjects
from mreg.git.repository import Repository
from mreg.governance.facts import ApprovalSubject, Facts

COMMIT = "a" * 40


def facts(tmp_path: Path) -> Facts:
    return Facts(Repository.at(tmp_path / "none"), "refs/heads/")


def test_before_it_is_read_every_answer_is_blank(tmp_path: Path) -> None:
    found = facts(tmp_path)
    assert found.committed(COMMIT) is None
    assert found.tag("b" * 40) is tagobjects.MISSING
    assert found.annotation(Wanted("churn", COMMIT, "churn@v1.0.0")) is None
    assert found.reachable(["main"], COMMIT) == {}
    assert found.approvals(ApprovalSubject("churn", "v1.0.0", "prod")) == ()


def test_nothing_is_lacking_where_no_tag_was_read(tmp_path: Path) -> None:
    found = facts(tmp_path)
    found.tag("b" * 40)
    assert found.is_complete
