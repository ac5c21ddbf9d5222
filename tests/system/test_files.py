"""Replacing a file: the old content or the new, never half of one, and nothing left beside it."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from mreg.system import files


def mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file that others may read, alone in its folder."""
    made = tmp_path / "it"
    made.write_bytes(b"old")
    made.chmod(0o644)
    return made


def test_a_file_is_made_with_the_folders_around_it(tmp_path: Path) -> None:
    made = tmp_path / "a" / "b" / "it"
    files.replace(made, b"new")
    assert (made.read_bytes(), mode(made)) == (b"new", 0o600)
    assert list(made.parent.iterdir()) == [made]


@pytest.mark.parametrize("wanted", [0o600, 0o644, 0o755])
def test_it_has_the_mode_that_was_asked_for_whatever_it_had_before(wanted: int, file: Path) -> None:
    mask = os.umask(0o077)
    try:
        files.replace(file, b"new", mode=wanted)
    finally:
        os.umask(mask)
    assert (file.read_bytes(), mode(file)) == (b"new", wanted)


@pytest.mark.parametrize(("mask", "expected"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_a_new_file_of_a_user_has_the_mode_that_the_mask_leaves(mask: int, expected: int) -> None:
    before = os.umask(mask)
    try:
        found = files.new_mode()
    finally:
        left = os.umask(before)
    assert (found, left) == (expected, mask)


def test_a_symbolic_link_is_replaced_and_what_it_leads_to_is_left(file: Path) -> None:
    link = file.with_name("link")
    link.symlink_to(file)
    files.replace(link, b"new")
    assert not link.is_symlink()
    assert (link.read_bytes(), file.read_bytes()) == (b"new", b"old")


@pytest.mark.parametrize("sync", [False, True])
def test_what_is_to_outlast_a_power_failure_is_synced_and_then_its_name(
    sync: bool, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[tuple[int, bytes]] = []

    def fsync(descriptor: int) -> None:
        done.append((os.fstat(descriptor).st_ino, file.read_bytes()))

    monkeypatch.setattr(os, "fsync", fsync)
    files.replace(file, b"new", sync=sync)
    made, folder = file.stat().st_ino, file.parent.stat().st_ino
    assert done == ([(made, b"old"), (folder, b"new")] if sync else [])


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "no space"), KeyboardInterrupt()])
@pytest.mark.parametrize("step", ["fchmod", "fsync", "replace"])
def test_after_a_failure_the_old_content_is_there_alone(
    step: str, error: BaseException, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(Path if step == "replace" else os, step, fail)
    with pytest.raises(type(error)):
        files.replace(file, b"new", sync=True)
    assert (file.read_bytes(), mode(file)) == (b"old", 0o644)
    assert list(file.parent.iterdir()) == [file]


def test_a_folder_in_its_place_stays(tmp_path: Path) -> None:
    (tmp_path / "it").mkdir()
    with pytest.raises(IsADirectoryError):
        files.replace(tmp_path / "it", b"new")
    assert list(tmp_path.iterdir()) == [tmp_path / "it"]


CONTENT = bytes(range(256)) * 5000


@pytest.mark.parametrize("at", ["never", "first", "later", "no such call"])
def test_a_copy_is_whole_however_the_system_makes_it(
    at: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it does not copy by itself, or not to the end, the bytes are read and written."""
    calls: list[int] = []

    def copy_some(source: int, target: int, count: int) -> int:
        calls.append(count)
        if len(calls) > {"never": 99, "first": 0, "later": 1}[at]:
            raise OSError(errno.EXDEV, "other file systems")
        return os.write(target, os.read(source, 1000))

    if at == "no such call":
        monkeypatch.delattr(os, "copy_file_range", raising=False)
    else:
        monkeypatch.setattr(os, "copy_file_range", copy_some, raising=False)
    source, target = tmp_path / "a", tmp_path / "b"
    source.write_bytes(CONTENT[:90_000])
    with source.open("rb", buffering=0) as original, target.open("xb", buffering=0) as made:
        files.copy(original, made)
    assert target.read_bytes() == CONTENT[:90_000]


def test_a_copy_for_which_there_is_no_room_is_an_error(tmp_path: Path) -> None:
    source = tmp_path / "a"
    source.write_bytes(CONTENT)
    with (
        Path("/dev/full").open("wb", buffering=0) as full,
        source.open("rb", buffering=0) as original,
        pytest.raises(OSError, match="No space left"),
    ):
        files.copy(original, full)


def test_what_is_wrong_is_said_of_the_file_and_not_of_the_one_beside_it(tmp_path: Path) -> None:
    (tmp_path / "it" / "more").mkdir(parents=True)
    with pytest.raises(IsADirectoryError) as raised:
        files.replace(tmp_path / "it", b"new")
    assert raised.value.filename == str(tmp_path / "it")
