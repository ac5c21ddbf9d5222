"""Values that are kept on disk: whatever happens to the file, none is another's or half there."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from mreg.system import kept
from mreg.system.kept import KeptValues

VALUES = {b"a1": b"one", b"a2": b"two" * 9000, b"b1": b""}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "a repository?.sqlite"


def test_what_is_put_is_found(file: Path) -> None:
    values = KeptValues(file, "1")
    assert values.get(VALUES) == {}
    values.put(VALUES)
    assert values.get([*VALUES, b"nothing"]) == VALUES
    assert values.within([b"a"]) == {key: VALUES[key] for key in (b"a1", b"a2")}
    values.put({b"a1": b"other"})
    assert KeptValues(file, "1").get([b"a1"]) == {b"a1": b"other"}
    assert values.get(str(number).encode() for number in range(3000)) == {}


def test_of_another_form_there_is_nothing(file: Path) -> None:
    KeptValues(file, "1").put(VALUES)
    values = KeptValues(file, "2")
    assert values.get(VALUES) == {}
    values.put({b"c": b"new"})
    assert values.within([b""]) == {b"c": b"new"}


@pytest.mark.parametrize("content", [b"", b"no database at all" * 500, b"SQLite format 3\0"])
def test_a_file_that_is_none_is_begun_anew(file: Path, content: bytes) -> None:
    file.parent.mkdir()
    file.write_bytes(content)
    values = KeptValues(file, "1")
    assert values.get(VALUES) == {}
    values.put(VALUES)
    assert values.get(VALUES) == VALUES


def test_no_damage_makes_another_value(file: Path) -> None:
    """Each place in turn is damaged, or the file is cut short there."""
    KeptValues(file, "1").put({key: value[:900] for key, value in VALUES.items()})
    whole = file.read_bytes()
    known = {key: value[:900] for key, value in VALUES.items()}
    for place in range(0, len(whole), 173):
        for damaged in (whole[:place], whole[:place] + b"\xa5" * 8 + whole[place + 8 :]):
            file.write_bytes(damaged)
            values = KeptValues(file, "1")
            assert values.get(known).items() <= known.items()
            values.put({b"c": b"new"})
            assert values.get([b"c", *known]).items() <= {**known, b"c": b"new"}.items()
            file.with_name(f"{file.name}-journal").unlink(missing_ok=True)


def test_while_another_process_writes_nothing_is_waited_for_long(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "_WAIT", 0)
    values = KeptValues(file, "1")
    values.put(VALUES)
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert values.get(VALUES) == {}
        values.put({b"c": b"new"})
    assert values.get([b"c", *VALUES]) == VALUES


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes anywhere")
def test_a_folder_that_cannot_be_written_to(file: Path) -> None:
    values = KeptValues(file, "1")
    values.put(VALUES)
    file.chmod(0o400)
    file.parent.chmod(0o500)
    values.put({b"c": b"new"})
    assert values.get([b"c", *VALUES]) == VALUES
    file.parent.chmod(0o700)


def test_on_a_full_disk_what_is_kept_stays(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    values = KeptValues(file, "1")
    values.put(VALUES)
    connect = KeptValues._connected

    def without_room(self: KeptValues, uri: str) -> sqlite3.Connection:
        connection = connect(self, uri)
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
        return connection

    monkeypatch.setattr(KeptValues, "_connected", without_room)
    values.put({b"c": b"new" * 99_999})
    assert values.get([*VALUES, b"c"]) == VALUES


def test_where_there_can_be_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    values = KeptValues(tmp_path / "file" / "x.sqlite", "1")
    values.put(VALUES)
    assert values.get(VALUES) == {}


def test_what_was_put_there_first_goes_first(file: Path) -> None:
    values = KeptValues(file, "1", largest=100_000)
    for number in range(64):
        values.put({b"%d" % number: bytes(4000)})
    assert values.get([b"0"]) == {}
    assert values.get([b"63"])
    assert file.stat().st_size < 200_000


def test_only_so_many_files_stay(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST_FILES", 3)
    for number in range(5):
        made = file.with_name(f"{number}.sqlite")
        KeptValues(made, "1").put(VALUES)
        os.utime(made, (number, number))
    assert sorted(it.name for it in file.parent.iterdir()) == ["2.sqlite", "3.sqlite", "4.sqlite"]


def test_a_change_is_made_on_what_is_there(file: Path) -> None:
    values = KeptValues(file, "1")
    for _ in range(3):
        assert values.change([b"n"], lambda known: {b"n": known.get(b"n", b"") + b"x"})
    assert values.get([b"n"]) == {b"n": b"xxx"}
