"""What stands for a repository that a file:// URL names: it changes with whatever Git would say."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from mreg.git import nearby
from mreg.net import urls
from repositories import Maker, Tag, add_tag, run


@pytest.fixture
def bare(make_repository: Maker, tmp_path: Path) -> Path:
    """Make a bare repository with a branch and a tag."""
    made = make_repository([Tag("a@v1.0.0", 0, 1)], commits=[{"a": b"1"}, {"a": b"2"}])
    path = tmp_path / "origin é.git"
    run(tmp_path, "clone", "-q", "--bare", str(made.path), str(path))
    run(path, "update-ref", "refs/heads/main", "HEAD")
    run(path, "symbolic-ref", "HEAD", "refs/heads/main")
    return path


def stands(path: Path) -> str:
    return nearby.standing(urls.parse(path.as_uri()))


CHANGES: dict[str, Callable[[Path], object]] = {
    "a tag": lambda it: add_tag(it, "a@v1.1.0"),
    "no tag": lambda it: run(it, "tag", "-d", "a@v1.0.0"),
    "a commit": lambda it: run(it, "update-ref", "HEAD", "HEAD~1"),
    "another branch": lambda it: run(it, "symbolic-ref", "HEAD", "refs/heads/other"),
    "no branch": lambda it: run(it, "update-ref", "--no-deref", "-d", "refs/heads/main"),
    "detached": lambda it: run(
        it, "update-ref", "--no-deref", "HEAD", run(it, "rev-parse", "HEAD").decode().strip()
    ),
    "hidden": lambda it: run(it, "config", "uploadpack.hideRefs", "refs/tags"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_it_changes_with_what_git_would_say(change: str, bare: Path) -> None:
    before = stands(bare)
    assert before == stands(bare)
    assert len(before) == 32
    CHANGES[change](bare)
    assert stands(bare) not in ("", before)


ODD: dict[str, Callable[[Path], object]] = {
    "gone": shutil.rmtree,
    "lost HEAD": lambda it: (it / "HEAD").unlink(),
    "nonsense in HEAD": lambda it: (it / "HEAD").write_text("nonsense"),
    "lost objects": lambda it: shutil.rmtree(it / "objects"),
    "lost refs": lambda it: shutil.rmtree(it / "refs"),
    "form of tomorrow": lambda it: run(it, "config", "core.repositoryFormatVersion", "99"),
    "nonsense in packed-refs": lambda it: (it / "packed-refs").write_text("nonsense\n"),
}


@pytest.mark.parametrize("odd", ODD)
def test_git_is_asked_about_what_is_odd(odd: str, bare: Path) -> None:
    ODD[odd](bare)
    assert stands(bare) == ""


def test_git_is_asked_about_what_belongs_to_others(
    bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: own + 1)
    assert stands(bare) == ""


def test_of_a_clone_its_git_folder_counts(bare: Path, tmp_path: Path) -> None:
    run(tmp_path, "clone", "-q", str(bare), "clone")
    before = stands(tmp_path / "clone")
    add_tag(tmp_path / "clone", "a@v2.0.0")
    assert stands(tmp_path / "clone") not in ("", before)


@pytest.mark.parametrize("url", ["https://example.com/a.git", "file://host/a.git", "ssh://a/b"])
def test_what_is_elsewhere_is_not_looked_for(url: str) -> None:
    assert nearby.standing(urls.Url(url, url, url.partition(":")[0])) == ""
