"""What a get does but once: it reads no byte twice, and takes one lock for many small files."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from commandline import CommandLine
from mreg.content import fetch, store
from mreg.content.store import SecondFile, Sink, Store
from mreg.errors import Mismatch
from mreg.git import process
from mreg.system import files, locks
from repositories import Maker, Repository, Tag

LARGE = bytes(range(256)) * 4096 * 9  # as large as what Git writes by itself
DIGEST = f"sha256:{hashlib.sha256(LARGE).hexdigest()}"


def counted(monkeypatch: pytest.MonkeyPatch, where: Any, name: str) -> list[tuple[Any, ...]]:
    """Count the calls of a function."""
    calls: list[tuple[Any, ...]] = []
    real = getattr(where, name)

    def then(*arguments: Any, **options: Any) -> Any:
        calls.append(arguments)
        return real(*arguments, **options)

    monkeypatch.setattr(where, name, then)
    return calls


def model(
    make_repository: Maker,
    contents: Mapping[str, bytes] = MappingProxyType({}),
    *,
    message: str = "A tag.",
    name: str = "models",
) -> Repository:
    """Return a repository with the folder `bert`, and `churn`, a large file that may be run."""
    inner = {f"bert/{file}": raw for file, raw in contents.items()}
    annotations = b"bert: {path: bert}\nchurn: {path: churn.bin}\n"
    tags = [Tag("bert@v1.0.0"), Tag("churn@v1.0.0", message=message)]
    return make_repository(
        tags, commits=[{"artifacts.yaml": annotations, "churn.bin": LARGE, **inner}], name=name
    )


def in_pieces(raw: bytes) -> Callable[[Sink], None]:
    def give(sink: Sink) -> None:
        sink.begin(len(raw), at=sink.offset)
        for start in range(sink.offset, len(raw), 1 << 20):
            sink.write(raw[start : start + (1 << 20)])

    return give


class TestSecondFiles:
    def test_it_holds_what_was_fetched_and_has_no_name_before(self, tmp_path: Path) -> None:
        twin = SecondFile(tmp_path)
        kept = Store(tmp_path / "store").ensure(DIGEST, in_pieces(LARGE), what="it", twin=twin)
        assert [it.name for it in tmp_path.iterdir()] == ["store"]
        assert not twin.named(f"sha256:{'0' * 64}", tmp_path / "copy")
        assert twin.named(DIGEST, tmp_path / "copy")
        twin.close()
        assert (tmp_path / "copy").read_bytes() == kept.path.read_bytes() == LARGE
        assert not (tmp_path / "copy").samefile(kept.path)
        assert os.access(tmp_path / "copy", os.W_OK)

    @pytest.mark.parametrize("there", [LARGE[: 1 << 20], b"wrong" * 10], ids=["right", "wrong"])
    def test_it_is_whole_after_a_fetch_that_went_on(self, there: bytes, tmp_path: Path) -> None:
        kept = Store(tmp_path / "store")
        partial = tmp_path / "store" / "partial" / DIGEST.replace(":", "-")
        partial.parent.mkdir(parents=True)
        partial.write_bytes(there)
        with closing(SecondFile(tmp_path)) as twin:
            kept.ensure(DIGEST, in_pieces(LARGE), what="it", resumes=True, twin=twin)
            assert twin.named(DIGEST, tmp_path / "copy")
        assert (tmp_path / "copy").read_bytes() == LARGE

    def test_wrong_bytes_have_none(self, tmp_path: Path) -> None:
        kept = Store(tmp_path / "store")
        with closing(SecondFile(tmp_path)) as twin:
            with pytest.raises(Mismatch):
                kept.ensure(DIGEST, in_pieces(LARGE[1:]), what="it", twin=twin)
            assert not twin.named(DIGEST, tmp_path / "copy")

    @pytest.mark.parametrize("at", ["folder", "begin", "blocks", "name"])
    def test_what_cannot_have_one_is_copied(
        self,
        at: str,
        make_repository: Maker,
        mreg: CommandLine,
        monkeypatch: pytest.MonkeyPatch,
        tmp_path: Path,
    ) -> None:
        """No O_TMPFILE, no room, a file system that shares blocks, no /proc: each is simulated."""
        repo = model(make_repository)
        copies = counted(monkeypatch, files, "copy")
        if at == "folder":
            monkeypatch.delattr(os, "O_TMPFILE")
        elif at == "begin":
            monkeypatch.setattr(SecondFile, "write", lambda twin, _: twin.close())
        elif at == "blocks":
            answers = iter([True])  # to the twin; the copy that follows is a plain one here
            monkeypatch.setattr(files, "share_blocks", lambda *_: next(answers, False))
        else:
            monkeypatch.setattr(SecondFile, "named", lambda *_: False)
        mreg.ok("get", "churn", "-o", str(tmp_path / "out"), repo=repo)
        assert (tmp_path / "out").read_bytes() == LARGE
        assert len(copies) == 1


def test_a_large_file_is_read_once_when_it_is_got(
    make_repository: Maker, mreg: CommandLine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    repo = model(make_repository)
    copies = counted(monkeypatch, files, "copy")
    hashed = counted(monkeypatch, store, "digest_of")
    mreg.ok("get", "churn", "-o", str(tmp_path / "cold"), repo=repo)
    assert (tmp_path / "cold").read_bytes() == LARGE
    assert (copies, hashed) == ([], [])
    mreg.ok("get", "churn", "-o", str(tmp_path / "warm"), repo=repo)
    assert (tmp_path / "warm").read_bytes() == LARGE
    assert (len(copies), hashed) == (1, [])
    assert {it.name for it in tmp_path.iterdir()} == {"models", "cold", "warm"}


def test_no_empty_file_is_cut(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """ext4 would write it to the disk as it is closed, and let that wait."""
    cut: list[int] = []

    class Noting(io.FileIO):
        def truncate(self, size: int | None = None) -> int:
            cut.append(self.seek(0, os.SEEK_END))
            return super().truncate(size)

    monkeypatch.setattr(io, "FileIO", Noting)
    with closing(SecondFile(tmp_path)) as twin, Sink(tmp_path / "it", DIGEST, twin=twin) as sink:
        sink._open.close()
        sink._open = Noting(tmp_path / "it", "r+")
        sink.begin()
        sink.write(b"half")
        assert cut == []
        sink.begin()
        assert cut == [4, 4]


def test_a_recorded_digest_is_checked_once_and_again_when_the_file_changed(
    make_repository: Maker, mreg: CommandLine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    repo = model(make_repository, message=f"A tag.\n\nDigest: {DIGEST}")
    hashed = counted(monkeypatch, fetch, "digest_of")
    for number, times in enumerate((1, 1, 2, 2)):
        if number == 2:
            os.utime(hashed[0][0])
        mreg.ok("get", "churn", "-o", str(tmp_path / f"{number}"), repo=repo)
        assert len(hashed) == times
    kept = hashed[0][0]
    kept.chmod(0o644)
    kept.write_bytes(LARGE[::-1])
    mreg.ok("get", "churn", "-o", str(tmp_path / "after"), repo=repo)
    assert (tmp_path / "after").read_bytes() == LARGE


def test_locks_processes_and_reads_do_not_grow_with_the_files_of_a_folder(
    make_repository: Maker, mreg: CommandLine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A small file that was fetched is still in memory when its copy is written."""
    held = counted(monkeypatch, locks, "held")
    started = counted(monkeypatch, process, "_start")
    opened = counted(monkeypatch, io, "open")
    numbers = []
    for count in (3, 40):
        contents = {f"f{number}": b"%d of %d" % (number, count) for number in range(count)}
        repo = model(make_repository, contents, name=f"models{count}")
        held.clear()
        started.clear()
        opened.clear()
        mreg.ok("get", "bert", "-o", str(tmp_path / f"out{count}"), repo=repo)
        assert len(list((tmp_path / f"out{count}").iterdir())) == count
        numbers.append((len(held), len(started), len(opened)))
    assert numbers[0] == numbers[1]
    assert numbers[0][0] <= 2


def test_what_does_not_fit_into_memory_is_read_again(
    make_repository: Maker, mreg: CommandLine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(store, "_MEMORY", 10)
    contents = {f"f{number}": b"%d" % number * 4 for number in range(5)}
    repo = model(make_repository, contents)
    mreg.ok("get", "bert", "-o", str(tmp_path / "out"), repo=repo)
    assert {it.name: it.read_bytes() for it in (tmp_path / "out").iterdir()} == contents


def test_small_files_of_a_folder_in_git_are_not_kept_twice(
    make_repository: Maker, mreg: CommandLine, tmp_path: Path
) -> None:
    """To write each into the store as well takes as long as the rest; links are to the store."""
    contents = {f"f{number}": b"%d" % number for number in range(5)}
    repo = model(make_repository, contents)
    objects = store.store().folder / "objects"
    for name in ("one", "two"):
        mreg.ok("get", "bert", "-o", str(tmp_path / name), repo=repo)
        assert {it.name: it.read_bytes() for it in (tmp_path / name).iterdir()} == contents
        assert not objects.exists()
    mreg.ok("get", "bert", "-o", str(tmp_path / "linked"), "--link", repo=repo)
    kept = {it.stat().st_ino for it in objects.rglob("*") if it.is_file()}
    assert {it.stat().st_ino for it in (tmp_path / "linked").iterdir()} == kept


def test_of_a_folder_in_part_in_git_lfs_what_lfs_has_is_hashed_once(
    make_repository: Maker, mreg: CommandLine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pointer = (
        f"version https://git-lfs.github.com/spec/v1\noid {DIGEST}\nsize {len(LARGE)}\n"
    ).encode()
    repo = model(make_repository, {"weights": pointer, "config": b"{}"})
    own = repo.path / ".git/lfs/objects" / DIGEST[7:9] / DIGEST[9:11] / DIGEST[7:]
    own.parent.mkdir(parents=True)
    own.write_bytes(LARGE)
    hashed = counted(monkeypatch, store, "digest_of")
    for name in ("one", "two"):
        mreg.ok("get", "bert", "-o", str(tmp_path / name), repo=repo)
        assert (tmp_path / name / "weights").read_bytes() == LARGE
        assert (tmp_path / name / "config").read_bytes() == b"{}"
    assert hashed == []
