"""What is listed of all annotations is kept, and counts for the files alone that it was read of."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import Mock

import pytest

from mreg.annotations import sources
from mreg.git import files
from mreg.store import outlines
from repositories import Maker, Repository, opened


@pytest.fixture
def repo(make_repository: Maker) -> Repository:
    raw = b"churn:\n  type: model\n  path: churn.pkl\n  owner: [1]\n"
    return make_repository(commits=[{"artifacts.yaml": raw}])


def kept(repo: Repository) -> Path:
    return repo.path / ".git/mreg/outlines"


def test_a_second_look_reads_no_annotation(
    repo: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = outlines.read(opened(repo.path), "HEAD")
    assert first.annotations["churn"] == ("model", "churn.pkl")
    assert [it.code for it in first.problems] == ["MR019"]
    monkeypatch.setattr(sources, "overview", None)
    assert outlines.read(opened(repo.path), "HEAD") == first


def test_a_session_lists_the_files_of_a_commit_once(
    repo: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repo.path / "artifacts.yaml").write_text("churn: {type: model}\n")
    repo.git("commit", "-qam", "Mend")
    here = opened(repo.path)
    listed = Mock(side_effect=files.list_tree)
    monkeypatch.setattr(files, "list_tree", listed)
    with here.session.here:
        assert outlines.read(here, "HEAD") == outlines.read(here, "HEAD")
        assert listed.call_count == 1
        repo.git("update-ref", "--no-deref", "HEAD", "HEAD~1")
        assert outlines.read(here, "HEAD").problems


@pytest.mark.parametrize("damage", [b"", b"x", bytes(20) + b"{}", b"\xff" * 40])
def test_what_is_damaged_is_read_anew(repo: Repository, damage: bytes) -> None:
    first = outlines.read(opened(repo.path), "HEAD")
    whole = kept(repo).read_bytes()
    kept(repo).write_bytes(damage)
    assert outlines.read(opened(repo.path), "HEAD") == first
    assert kept(repo).read_bytes() == whole


def paths(repo: Repository) -> list[str | None]:
    """Return the path of churn at each commit, which are asked about in turn, twice."""
    found = [outlines.read(opened(repo.path), it) for it in repo.commits * 2]
    return [it.annotations["churn"].path for it in found]


def test_of_another_commit_it_is_another(make_repository: Maker) -> None:
    files = [{"artifacts.yaml": b"churn:\n  path: %s\n" % it} for it in (b"a", b"b")]
    assert paths(make_repository(commits=files)) == ["a", "b", "a", "b"]


def test_what_a_dvc_yaml_fills_in_is_not_kept(make_repository: Maker) -> None:
    raw = b"artifacts:\n  churn:\n    path: ${path}\n"
    files = [{"dvc.yaml": raw, "params.yaml": b"path: %s\n" % it} for it in (b"a", b"b")]
    assert paths(make_repository(commits=files)) == ["a", "b", "a", "b"]


def test_what_is_missing_is_looked_for_again(repo: Repository) -> None:
    blob = repo.object_file(repo.git("rev-parse", "HEAD:artifacts.yaml").strip())
    aside = blob.rename(blob.with_name("aside"))
    assert not outlines.read(opened(repo.path), "HEAD").annotations
    aside.rename(blob)
    assert outlines.read(opened(repo.path), "HEAD").annotations


def test_where_nothing_can_be_kept_nothing_is_lost(repo: Repository) -> None:
    (repo.path / ".git/mreg").write_text("a file where a folder should be")
    assert outlines.read(opened(repo.path), "HEAD").annotations
