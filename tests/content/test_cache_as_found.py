"""The cache as it is found: read-only, or with folders in the place of files."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mreg import Registry
from mreg.content import store as stores
from mreg.errors import GitError
from mreg.system import cache, locks
from repositories import Maker, Repository, Tag

COMMIT = {
    "artifacts.yaml": b"churn:\n  path: models/churn.bin\nbert:\n  path: models/bert\n",
    "models/churn.bin": b"weights",
    "models/bert/config.json": b"{}",
}
TAGS = [Tag("churn@v1.0.0"), Tag("bert@v1.0.0"), Tag("churn#prod#1", 0, 1, "Go\n\nVersion: v1.0.0")]

_PR_CAPBSET_DROP = 24
_OVERRIDES = (1, 2)
"""The capabilities by which root writes and reads whatever a file's mode says: capability.h."""


@pytest.fixture
def repo(make_repository: Maker) -> Repository:
    return make_repository(TAGS, commits=[COMMIT])


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The cache's folder, which can be written to again when the test ends."""
    folder = tmp_path / "kept"
    monkeypatch.setenv("MREG_CACHE_DIR", str(folder))
    monkeypatch.setattr(cache, "_chosen", folder)
    yield folder
    for it in (folder, *folder.rglob("*")):
        if it.is_dir():
            it.chmod(0o755)


def make_read_only(folder: Path) -> None:
    for it in (folder, *folder.rglob("*")):
        if not it.is_symlink():
            it.chmod(it.stat().st_mode & 0o555)


def _as_anybody() -> None:
    """Let modes hold for this process, even if it is root's."""
    for it in _OVERRIDES:
        ctypes.CDLL(None).prctl(_PR_CAPBSET_DROP, it, 0, 0, 0)


def run(*arguments: str, repo: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command, or a program of Python after `-c`, as a process for which modes hold."""
    words = arguments if arguments[0] == "-c" else ("-m", "mreg", *arguments)
    return subprocess.run(
        [sys.executable, "-B", *words],
        cwd=repo,
        env={**os.environ, "MREG_CACHE_DIR": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=_as_anybody,
    )


LIBRARY = """
import sys
from mreg import Registry
registry = Registry.open(sys.argv[1])
print(registry.get("churn").read_bytes(), [it.name for it in registry.artifacts()])
"""


class TestReadOnly:
    """A read-only cache that has what is wanted."""

    def test_a_version_is_got_and_read_in_place(
        self, repo: Repository, kept: Path, tmp_path: Path
    ) -> None:
        for name in ("churn", "bert"):
            assert run("get", name, "--print-path", repo=repo.path, folder=kept).returncode == 0
        make_read_only(kept)
        before = sorted(kept.rglob("*"))
        for name, words in (
            ("churn", ["--print-path"]),
            ("bert", ["--print-path"]),
            ("churn", ["-o", str(tmp_path / "out.bin")]),
        ):
            found = run("get", name, *words, repo=repo.path, folder=kept)
            assert (found.returncode, found.stderr) == (0, ""), found.stderr
        assert (tmp_path / "out.bin").read_bytes() == b"weights"
        assert sorted(kept.rglob("*")) == before

    def test_a_file_that_was_never_read_in_place_is(
        self, repo: Repository, kept: Path, tmp_path: Path
    ) -> None:
        for name in ("churn", "bert"):
            out = str(tmp_path / name)
            assert run("get", name, "-o", out, repo=repo.path, folder=kept).returncode == 0
        make_read_only(kept)
        found = run("get", "churn", "--print-path", repo=repo.path, folder=kept)
        assert Path(found.stdout.strip()).read_bytes() == b"weights", found.stderr
        found = run("get", "bert", "--print-path", repo=repo.path, folder=kept)
        assert found.returncode == 1
        assert found.stderr.startswith("error: cannot use the cache: "), found.stderr

    def test_a_registry_is_read_by_url_as_long_as_it_is_what_the_cache_has(
        self, repo: Repository, kept: Path
    ) -> None:
        url = f"file://{repo.path}"
        library = ("-c", LIBRARY, url)
        first = [
            run("show", "--repo", url, repo=repo.path, folder=kept),
            run(*library, repo=repo.path, folder=kept),
        ]
        make_read_only(kept)
        again = [
            run("show", "--repo", url, repo=repo.path, folder=kept),
            run(*library, repo=repo.path, folder=kept),
        ]
        assert [it.stderr for it in again] == ["", ""]
        assert [it.stdout for it in again] == [it.stdout for it in first]
        repo.git("tag", "-d", "churn#prod#1")
        stale = run("show", "--repo", url, repo=repo.path, folder=kept)
        assert stale.returncode == 1
        assert stale.stderr.startswith("error: cannot use the cache: "), stale.stderr

    def test_what_is_not_there_is_refused_in_words(self, repo: Repository, kept: Path) -> None:
        kept.mkdir()
        make_read_only(kept)
        for words in (["get", "churn", "--print-path"], ["show", "--repo", f"file://{repo.path}"]):
            found = run(*words, repo=repo.path, folder=kept)
            assert found.returncode == 1
            assert "error: cannot use the cache: " in found.stderr
            assert "set MREG_CACHE_DIR to a writable folder" in found.stderr


def object_file(store: stores.Store) -> Path:
    """Return the file of the content that is in the store."""
    (found,) = [it for it in (store.folder / "objects").rglob("*") if it.is_file()]
    return found


def record_file(store: stores.Store) -> Path:
    """Return the file of records that is in the store."""
    (found,) = (store.folder / "records").iterdir()
    return found


def view_file(store: stores.Store) -> Path:
    """Return the file at which the version is read in place."""
    (found,) = [it for it in (store.folder / "views").rglob("*") if it.is_file()]
    return found


@pytest.mark.parametrize("file_of", [object_file, record_file, view_file])
def test_a_folder_in_the_place_of_a_file_is_mended(
    repo: Repository, kept: Path, file_of: Callable[[stores.Store], Path]
) -> None:
    registry = Registry.open(repo.path)
    registry.get("churn")
    file = file_of(stores.store())
    shutil.move(file, f"{file}.old") if file_of is record_file else file.unlink()
    (file / "inside").mkdir(parents=True)
    assert registry.get("churn").read_bytes() == b"weights"
    assert file.is_file()


@pytest.mark.parametrize("name", ["locks", "partial"])
def test_a_folder_in_the_place_of_a_lock_or_a_part_is_mended(
    repo: Repository, kept: Path, name: str
) -> None:
    oid = repo.git("rev-parse", "HEAD:models/churn.bin").strip()
    suffix = ".lock" if name == "locks" else ""
    (kept / "contents" / name / f"git-{oid}{suffix}" / "inside").mkdir(parents=True)
    assert Registry.open(repo.path).get("churn").read_bytes() == b"weights"


def test_a_folder_in_the_place_of_a_mirrors_files_is_mended(repo: Repository, kept: Path) -> None:
    registry = Registry.open(f"file://{repo.path}")
    registry.artifacts()
    (mirror,) = [it for it in (kept / "mirrors").iterdir() if it.is_dir()]
    (mirror / "mreg.json").unlink()
    (mirror / "mreg.json" / "inside").mkdir(parents=True)
    (mirror.with_name(f"{mirror.name}.lock") / "inside").mkdir(parents=True)
    assert registry.artifacts()


def test_reading_what_is_there_takes_no_lock(
    repo: Repository, kept: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    registry = Registry.open(repo.path)
    path = registry.get("bert")

    def held(file: Path, *, seconds: float) -> None:
        raise AssertionError(f"{file} is locked")

    monkeypatch.setattr(locks, "held", held)
    assert registry.get("bert") == path
    registry.get("bert", tmp_path / "bert")


def test_a_cache_that_is_a_file_is_refused_in_words(repo: Repository, kept: Path) -> None:
    kept.write_text("")
    with pytest.raises(GitError, match="cannot use the cache"):
        Registry.open(repo.path).get("churn")
