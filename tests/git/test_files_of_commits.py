"""Many paths at once are looked up in the folders that they are in, each of which is read once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mreg.git import commits, files, objects, trees
from mreg.git.files import Files
from repositories import Maker, Repository, run

CONTENT = {
    "artifacts.yaml": b"root\n",
    "a/artifacts.yaml": b"a\n",
    "a/b/c.json": b"{}\n",
    "a/b/c/d.json": b"{}\n",
    "a/link": b"x\n",
    "caf\u00e9/it": b"x\n",
    "deep/same/dvc.lock": b"lock\n",
    "same/dvc.lock": b"lock\n",
    "only/dvc.yaml": b"yaml\n",
}
PATHS = [
    *CONTENT,
    *("a", "a/b", "a/b/c", "a/", "a/link/", "a//b", "./a/link", "a/../artifacts.yaml", "/a", ""),
    *("a/none", "none/none", "a/link/none", "sub", "sub/in", "caf\udcff", "a/b/c.jso", "new\nline"),
]


@pytest.fixture
def repo(make_repository: Maker) -> Repository:
    """Make commits, the last of which has a symbolic link and a submodule, too."""
    repo = make_repository([], commits=[CONTENT, {**CONTENT, "a/artifacts.yaml": b"other\n"}])
    repo.git("reset", "-q", "--hard")
    (repo.path / "soft").symlink_to("a")
    repo.git("add", "soft")
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{repo.commits[0]},sub")
    repo.git("commit", "-q", "-m", "Link.")
    return repo


def pairs_of(repo: Repository) -> list[tuple[str, str]]:
    commits = [*repo.git("rev-list", "--all").split(), "1" * len(repo.commits[0]), "HEAD"]
    return [(commit, path) for commit in commits for path in (*PATHS, "soft", "soft/link")]


def both_ways(
    repo: Repository, monkeypatch: pytest.MonkeyPatch
) -> list[tuple[dict[tuple[str, str], str | None], set[str], list[tuple[str, bytes | None]]]]:
    """Return what is found, which commits are unsettled, and what is read: by folders, by Git."""
    found = []
    for fewest in (0, 1 << 30):
        monkeypatch.setattr(files, "_MANY", fewest)
        with Files(repo.opened) as contents:
            oids = contents.find(pairs_of(repo))
            read = sorted(contents.read(filter(None, oids.values()), limit=100))
            found.append((oids, contents.unsettled(), read))
    return found


def test_they_are_those_that_git_finds(repo: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    by_folders, by_git = both_ways(repo, monkeypatch)
    assert by_folders == by_git
    head = {path: oid for (commit, path), oid in by_folders[0].items() if commit == "HEAD"}
    assert [bool(head[it]) for it in ("a/b/c.json", "soft", "a", "sub")] == [
        True,
        True,
        False,
        False,
    ]


@pytest.mark.parametrize("name", ["HEAD:a/b/c.json", "HEAD:a/b", "HEAD:a", "HEAD^{tree}"])
@pytest.mark.parametrize("how", ["lost", "damaged"])
def test_of_a_broken_repository_too(
    repo: Repository, monkeypatch: pytest.MonkeyPatch, name: str, how: str
) -> None:
    oid = repo.git("rev-parse", name).strip()
    file = repo.path / ".git" / "objects" / oid[:2] / oid[2:]
    file.chmod(0o644)
    if how == "lost":
        file.unlink()
    else:
        file.write_bytes(b"x" * 20)
    by_folders, by_git = both_ways(repo, monkeypatch)
    assert by_folders == by_git


def test_bytes_of_an_id_pass_for_no_name(monkeypatch: pytest.MonkeyPatch) -> None:
    for size in (20, 32):
        hidden = b" x\0".ljust(size, b"1")
        raw = b"100644 a\0" + hidden + b"40000 x\0" + b"2" * size + b"40000 y\0" + b"3" * size
        tree = trees.Tree("0" * 2 * size, raw)
        assert tree.entry(b"x") == (b"40000", (b"2" * size).hex())
        assert tree.entry(b"a") == (b"100644", hidden.hex())
        assert tree.entry(b"1") is None
        assert tree.folders() == [b"2" * size, b"3" * size]
        cut = trees.Tree(tree.oid, raw[:-1])
        assert cut.folders() == [b"2" * size]
        assert cut.entry(b"y") is None


def test_of_what_its_folders_do_not_have_nothing_more_is_asked(
    repo: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_MANY", 1)
    monkeypatch.setattr(commits, "missing", pytest.fail)
    absent = [(it, path) for it in repo.commits for path in ("dvc.yaml", "a/none", "none/dvc.yaml")]
    with Files(repo.opened) as contents_there:
        assert contents_there.find(absent) == dict.fromkeys(absent)


def test_each_folder_is_read_once(repo: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    contents_of = objects.contents

    def contents(opened: Any, names: Any, **options: Any) -> Iterator[objects.Content]:
        asked.extend(names)
        return contents_of(opened, names, **options)

    monkeypatch.setattr(objects, "contents", contents)
    monkeypatch.setattr(files, "_MANY", 1)
    commit = repo.commits[0]
    with Files(repo.opened) as contents_there:
        for _ in range(2):
            contents_there.find((commit, it) for it in CONTENT)
            contents_there.search([commit], ("dvc.lock", "dvc.yaml"))
        assert not contents_there.unsettled()
    assert len(asked) == len(set(asked))
    monkeypatch.setattr(files, "_ROOM", 0)
    with Files(repo.opened) as contents_there:
        again = contents_there.find((commit, it) for it in CONTENT)
    assert None not in again.values()


def test_a_folder_that_stands_in_two_places_is_found_in_both(repo: Repository) -> None:
    """One at the top, and in it; and one that is the top of another commit."""
    tree = repo.git("rev-parse", "HEAD:same").strip()
    top = repo.git("commit-tree", tree, "-m", "Top.").strip()
    with Files(repo.opened) as contents, repo.opened.session.here:
        for _ in range(2):  # of those that have nothing, it is known then
            found = contents.search([top, repo.commits[0]], ("dvc.lock", "dvc.yaml"))
            assert [*found[top]] == ["dvc.lock"]
            assert [*found[repo.commits[0]]] == [
                *("deep/same/dvc.lock", "only/dvc.yaml", "same/dvc.lock")
            ]


def test_of_a_folder_that_is_not_here_nothing_is_remembered(
    repo: Repository, tmp_path: Path
) -> None:
    oid = repo.git("rev-parse", "HEAD:deep/same").strip()
    file = repo.path / ".git" / "objects" / oid[:2] / oid[2:]
    file.rename(tmp_path / "aside")
    opened = repo.opened
    with opened.session.here:
        with Files(opened) as contents:
            assert [*contents.search(["HEAD"], ("dvc.lock",))["HEAD"]] == []
            assert not contents.is_whole
        (tmp_path / "aside").rename(file)
        with Files(opened) as contents:
            assert len(contents.search(["HEAD"], ("dvc.lock",))["HEAD"]) == 2
    run(repo.path, "fsck", "--connectivity-only")
