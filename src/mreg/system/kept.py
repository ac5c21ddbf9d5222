"""Values that can be worked out again, kept on disk by key: one file of SQLite for each user of it.

Losing a value costs time and changes no answer: whatever is wrong with the file, it holds nothing.
A checksum over key and value shows damage within it. Who can write into the user's cache folder
can run programs as that user anyway.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from mreg.system import cache

if TYPE_CHECKING:
    from sqlite3 import Connection

LARGEST = 1 << 29
"""How many bytes the values in a file may take up; beyond, those put there first go."""

MOST_FILES = 64
"""So many files are kept: where another one is begun, those that were used last stay."""

_WAIT = 0.5
"""The seconds to wait for another process that is writing; reading or putting is then left out."""

_AT_ONCE = 500
_PAGE = 8192
_CHECKSUM = 4


class KeptValues:
    """The values in one file, which is made when something is first put there."""

    def __init__(self, file: Path, form: str, *, largest: int = LARGEST) -> None:
        """Name a file; one of another `form`, such as another version wrote, is begun anew."""
        self._file = file
        self._form = zlib.crc32(form.encode()) >> 1  # what `PRAGMA user_version` takes
        self._largest = largest

    def get(self, keys: Iterable[bytes]) -> dict[bytes, bytes]:
        """Return the values of those of some keys that have one."""
        wanted = list(dict.fromkeys(keys))
        found: dict[bytes, bytes] = {}
        return found if self._reads(lambda it: found.update(_known(it, wanted))) else {}

    def within(self, prefixes: Iterable[bytes]) -> dict[bytes, bytes]:
        """Return the values of all keys that begin with one of some prefixes."""
        wanted = list(dict.fromkeys(prefixes))
        found: dict[bytes, bytes] = {}

        def read(connection: Connection) -> None:
            query = "SELECT key, value FROM kept WHERE key >= ? AND key < ?"
            for prefix in wanted:
                found.update(_sound(connection.execute(query, (prefix, prefix + b"\xff" * 64))))

        return found if self._reads(read) else {}

    def put(self, values: Mapping[bytes, bytes]) -> None:
        """Keep values, all or none; where that cannot be done, nothing is lost but time."""
        if values:
            self.change((), lambda _: values)

    def change(
        self, keys: Iterable[bytes], edit: Callable[[dict[bytes, bytes]], Mapping[bytes, bytes]]
    ) -> bool:
        """Put what is made of the values of some keys; nobody else puts anything in between.

        Return whether it was put.
        """
        wanted = list(dict.fromkeys(keys))

        def write(connection: Connection) -> None:
            made = edit(dict(_known(connection, wanted)))
            connection.executemany(
                "INSERT OR REPLACE INTO kept (key, value) VALUES (?, ?)",
                ((key, _checksum(key, it) + it) for key, it in made.items()),
            )
            self._make_room(connection)

        return self._writes(write)

    def _reads(self, read: Callable[[Connection], None]) -> bool:
        """Read, and tell whether that could be done."""
        import sqlite3

        if not self._file.is_file():
            return False
        with (
            suppress(sqlite3.Error, OSError),
            closing(self._connected(f"{self._file.as_uri()}?mode=ro")) as connection,
        ):
            if self._is_ours(connection):
                read(connection)
                return True
        return False

    def _writes(self, write: Callable[[Connection], None]) -> bool:
        """Write in one transaction, into a new file if what is there is no use."""
        import sqlite3

        for _ in range(2):
            try:
                self._begin_file()
                with closing(self._connected(self._file.as_uri())) as connection:
                    self._write(connection, write)
                    return True
            except (sqlite3.Error, OSError) as error:
                if getattr(error, "sqlite_errorcode", sqlite3.SQLITE_BUSY) & 0xFF in _PASSING:
                    return False
                _remove(self._file)
        return False

    def _write(self, connection: Connection, write: Callable[[Connection], None]) -> None:
        connection.execute("PRAGMA synchronous = OFF")  # what a power failure damages is begun anew
        connection.execute("BEGIN IMMEDIATE")
        if not self._is_ours(connection):
            connection.execute("DROP TABLE IF EXISTS kept")
            connection.execute(
                "CREATE TABLE kept (id INTEGER PRIMARY KEY, key BLOB UNIQUE, value BLOB)"
            )
            connection.execute(f"PRAGMA user_version = {self._form}")
        write(connection)
        connection.execute("COMMIT")

    def _begin_file(self) -> None:
        """Make the folder, in which only so many files stay."""
        if self._file.is_file():
            return
        cache.place_of_file(self._file)
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        used = sorted(self._file.parent.glob("*.sqlite"), key=_used, reverse=True)
        for file in used[MOST_FILES - 1 :]:
            _remove(file)

    def _connected(self, uri: str) -> Connection:
        import sqlite3

        connection = sqlite3.connect(uri, timeout=_WAIT, isolation_level=None, uri=True)
        connection.execute(f"PRAGMA page_size = {_PAGE}")
        return connection

    def _is_ours(self, connection: Connection) -> bool:
        found: int = connection.execute("PRAGMA user_version").fetchone()[0]
        return found == self._form

    def _make_room(self, connection: Connection) -> None:
        """Remove what was put there first, a quarter of it, if there is more than there may be."""
        pages, free, size = (
            connection.execute(f"PRAGMA {it}").fetchone()[0]
            for it in ("page_count", "freelist_count", "page_size")
        )
        if (pages - free) * size > self._largest:
            low, high = connection.execute("SELECT min(id), max(id) FROM kept").fetchone()
            connection.execute("DELETE FROM kept WHERE id <= ?", (low + (high - low) // 4,))


_PASSING = (5, 6, 8, 13, 14)
"""What SQLite says of a file that is in use, or cannot be written to or opened, or for which the
disk has no room (BUSY, LOCKED, READONLY, FULL, CANTOPEN): it may be sound. Source:
https://sqlite.org/rescode.html."""


def _remove(file: Path) -> None:
    for it in (file.with_name(f"{file.name}-journal"), file):
        with suppress(OSError):
            it.unlink(missing_ok=True)


def _used(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0


def _known(connection: Connection, keys: Sequence[bytes]) -> Iterator[tuple[bytes, bytes]]:
    for start in range(0, len(keys), _AT_ONCE):
        some = keys[start : start + _AT_ONCE]
        marks = ",".join("?" * len(some))
        query = f"SELECT key, value FROM kept WHERE key IN ({marks})"  # noqa: S608 - nothing typed
        yield from _sound(connection.execute(query, some))


def _sound(rows: Iterable[tuple[object, object]]) -> Iterator[tuple[bytes, bytes]]:
    """Iterate over keys and values, without those that are damaged."""
    for key, kept in rows:
        if isinstance(key, bytes) and isinstance(kept, bytes):
            value = kept[_CHECKSUM:]
            if kept[:_CHECKSUM] == _checksum(key, value):
                yield key, value


def _checksum(key: bytes, value: bytes) -> bytes:
    return zlib.crc32(value, zlib.crc32(key)).to_bytes(_CHECKSUM, "big")
