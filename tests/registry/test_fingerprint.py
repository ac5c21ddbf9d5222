"""The fingerprint of a registry is another one whenever anything that pages show may be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import kinds_of_repository
from mreg import Registry
from mreg.core import kinds
from repositories import Maker, Repository, Tag

TAGS = [
    Tag("churn@v1.0.0", 0, 0),
    Tag("churn@v1.1.0", 1, 10),
    Tag("churn#prod#1", 0, 20),
]
APPROVAL = "refs/mreg/approvals/churn@v1.0.0/prod/ann"


@pytest.fixture
def repo(make_repository: Maker) -> Repository:
    files = {"artifacts.yaml": b"churn: {type: model}\nearly: {type: model}\n"}
    return make_repository(TAGS, commits=[files, {"README": b"second\n"}])


CHANGES = {
    "a tag more": ("update-ref", "refs/tags/churn#prod#9", "refs/tags/churn#prod#1"),
    "a tag moved": ("update-ref", "refs/tags/churn@v1.1.0", "refs/tags/churn@v1.0.0"),
    "a tag removed": ("update-ref", "-d", "refs/tags/churn#prod#1"),
    "an approval": ("update-ref", APPROVAL, "refs/tags/churn@v1.0.0"),
    "a branch more": ("update-ref", "refs/heads/release", "refs/heads/main"),
    "a branch of a remote": ("update-ref", "refs/remotes/origin/main", "refs/heads/main"),
    "a remote's HEAD": ("symbolic-ref", "refs/remotes/origin/HEAD", "refs/heads/main"),
    "HEAD elsewhere": ("update-ref", "--no-deref", "HEAD", "HEAD~1"),
    "HEAD detached where it was": ("update-ref", "--no-deref", "HEAD", "HEAD"),
    "an experiment": ("update-ref", f"refs/exps/ab/{'c' * 38}/brown-moth", "refs/heads/main"),
    "a setting": ("config", "remote.origin.url", "https://example.com/models.git"),
}


@pytest.mark.parametrize("packed", [False, True], ids=["loose", "packed"])
@pytest.mark.parametrize("change", CHANGES)
def test_it_changes_with(change: str, packed: bool, repo: Repository) -> None:
    if packed:
        repo.git("pack-refs", "--all")
    registry = Registry.open(repo.path)
    before, each = registry.fingerprint(), registry.fingerprints()
    assert before is not None
    assert (registry.fingerprint(), registry.fingerprints()) == (before, each)
    repo.git(*CHANGES[change])
    assert registry.fingerprint() != before


@pytest.mark.parametrize("file", ["shallow", "info/grafts"])
def test_it_changes_with_where_commits_end(file: str, repo: Repository) -> None:
    """What of the policy asks for branches, and candidates, hang on what leads where."""
    registry = Registry.open(repo.path)
    before, each = registry.fingerprint(), registry.fingerprints(candidates=True)
    place = repo.path / ".git" / file
    place.parent.mkdir(exist_ok=True)
    place.write_text(f"{repo.commits[1]}\n")
    assert registry.fingerprint() != before
    now = registry.fingerprints(candidates=True)
    assert all(now[name] != it for name, it in each.items())


def test_it_stays_where_nothing_changes(repo: Repository) -> None:
    registry = Registry.open(repo.path)
    before = registry.fingerprint()
    (repo.path / "notes.txt").write_text("not committed\n")
    repo.git("update-ref", "refs/notes/commits", "refs/heads/main")
    assert registry.fingerprint() == before


def test_it_lists_no_tags(
    repo: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_TRACE2_EVENT", str(tmp_path))
    with Registry.open(repo.path) as registry:
        assert registry.fingerprint()
    started = [it.read_text().splitlines()[1] for it in tmp_path.iterdir() if it.is_file()]
    commands = sorted(json.loads(it)["argv"][-1] for it in started)
    assert len(commands) == 2, commands  # what HEAD is, and the settings


def test_an_artifact_s_tags_are_not_taken_apart(
    make_repository: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    tags = [Tag(f"{it}@v1.{n}.0", 0, n) for it in ("churn", "fraud") for n in range(30)]
    asked: list[str] = []
    parse = kinds.parse

    def counted(name: str) -> kinds.TagName | None:
        asked.append(name)
        return parse(name)

    monkeypatch.setattr(kinds, "parse", counted)
    with Registry.open(make_repository(tags).path) as registry:
        asked.clear()
        assert registry.fingerprints().keys() == {"churn", "fraud"}
    assert len(asked) <= 2 * 2  # its name, and the first of its tags


def test_of_a_clone_that_lacks_tags_only_reading_tells(
    repo: Repository, make_repository: Maker, tmp_path: Path
) -> None:
    for kind in (kinds_of_repository.shallow, kinds_of_repository.without_tags):
        lacking = kind(repo, tmp_path / kind.__name__)
        assert Registry.open(lacking.path).fingerprint() is None


def test_by_url_it_is_that_of_the_remote_as_it_is(repo: Repository) -> None:
    registry = Registry.open(repo.path.as_uri())
    before = registry.fingerprint()
    assert before is not None
    assert registry.fingerprint() == before
    for change in ("a tag more", "an approval", "a branch more"):
        repo.git(*CHANGES[change])
        assert registry.fingerprint() != before
        before = registry.fingerprint()
