"""The index: what a catalog's repositories held when each was last read, in one file of SQLite.

A repository is replaced in one transaction, so that a reader finds it as it was or as it is, and a
process that is killed leaves all others whole. Readers and the one writer do not wait for each
other (https://www.sqlite.org/wal.html). Nothing is lost with the file: another form of it, or a
damaged one, is begun anew by whoever writes next.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple, Self

from mreg import __version__
from mreg.catalog.rows import RepositoryRows, Row, spelled
from mreg.errors import Refused
from mreg.system import cache

_SCHEMA = """
CREATE TABLE repositories (
  id INTEGER PRIMARY KEY, label TEXT NOT NULL UNIQUE, address TEXT NOT NULL, source TEXT NOT NULL,
  remote TEXT NOT NULL DEFAULT '', mark TEXT NOT NULL DEFAULT '',
  first INTEGER NOT NULL DEFAULT 1, last INTEGER NOT NULL DEFAULT 0,
  problems INTEGER NOT NULL DEFAULT 0, read INTEGER, failing INTEGER,
  reason TEXT NOT NULL DEFAULT '', hint TEXT NOT NULL DEFAULT '');
CREATE INDEX repository_of ON repositories (remote);
CREATE INDEX repository_failing ON repositories (label) WHERE failing IS NOT NULL;
CREATE TABLE artifacts (
  id INTEGER PRIMARY KEY, repository INTEGER NOT NULL, name TEXT NOT NULL, type TEXT, path TEXT,
  annotated INTEGER NOT NULL, deprecated INTEGER NOT NULL, latest TEXT, current BLOB NOT NULL,
  form TEXT NOT NULL);
CREATE UNIQUE INDEX artifact_of ON artifacts (repository, name);
CREATE INDEX artifact_named ON artifacts (name);
CREATE TABLE versions (
  id INTEGER PRIMARY KEY, artifact INTEGER NOT NULL, version TEXT, tag TEXT NOT NULL,
  commit_id BLOB NOT NULL, created INTEGER NOT NULL, zone TEXT NOT NULL, author TEXT NOT NULL,
  email TEXT NOT NULL, message TEXT NOT NULL, active INTEGER NOT NULL, stages TEXT NOT NULL,
  current TEXT NOT NULL, latest INTEGER NOT NULL, deprecated INTEGER NOT NULL, type TEXT,
  unsure INTEGER NOT NULL, said BLOB);
CREATE INDEX version_of ON versions (artifact);
CREATE INDEX version_latest ON versions (latest) WHERE latest;
CREATE INDEX version_created ON versions (created);
CREATE INDEX version_unsure ON versions (unsure) WHERE unsure;
CREATE TABLE held (stage TEXT NOT NULL, version INTEGER NOT NULL, current INTEGER NOT NULL,
  PRIMARY KEY (stage, current, version)) WITHOUT ROWID;
CREATE TABLE said (version INTEGER NOT NULL, field TEXT NOT NULL, value NOT NULL,
  latest INTEGER NOT NULL, PRIMARY KEY (version, field, value)) WITHOUT ROWID;
CREATE INDEX said_is ON said (field, value, latest);
CREATE TABLE people (id INTEGER PRIMARY KEY, tagger BLOB NOT NULL UNIQUE);
CREATE TABLE events (
  id INTEGER PRIMARY KEY, artifact INTEGER NOT NULL, effective INTEGER NOT NULL, about TEXT,
  action TEXT NOT NULL, version TEXT, stage TEXT, number INTEGER NOT NULL, tag TEXT NOT NULL,
  oid BLOB NOT NULL, commit_id BLOB NOT NULL, time INTEGER NOT NULL, zone TEXT NOT NULL,
  tagger INTEGER NOT NULL, text BLOB NOT NULL);
CREATE INDEX event_of ON events (artifact);
CREATE INDEX event_at ON events (effective, number, tag, action, stage, tagger);
CREATE TABLE inputs (
  version INTEGER NOT NULL, remote TEXT, repo TEXT, name TEXT NOT NULL, selector TEXT NOT NULL,
  role TEXT);
CREATE INDEX input_of ON inputs (version);
CREATE INDEX input_from ON inputs (name);
CREATE VIRTUAL TABLE words USING fts5(text, detail=none);
"""

_FORM = zlib.crc32(f"{__version__}{_SCHEMA}".encode()) >> 1  # what `PRAGMA user_version` takes

_WAIT = 30.0
"""The seconds to wait for another process that writes."""


class RepositoryState(NamedTuple):
    """How a repository stands in the index.

    Attributes:
        repository: its label.
        address: its URL or folder, without a password.
        models: how many artifacts it has.
        problems: how many problems were met in it.
        read: when it was last read, or found to be as it was, in seconds since 1970; None: never.
        failing: since when it cannot be read; None if it can.
        reason: why not.
        hint: what to do about it.
    """

    repository: str
    address: str
    models: int
    problems: int
    read: int | None
    failing: int | None
    reason: str
    hint: str


class CatalogIndex:
    """An index that is open, in one thread."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    @classmethod
    @contextmanager
    def reading(cls, file: Path) -> Iterator[Self]:
        """Open an index to read it, while the block lasts.

        Raises:
            Refused: there is none yet, or it cannot be used.
        """
        if not file.exists():
            raise Refused("the catalog has not been read yet", hint="run `mreg catalog refresh`")
        _check_is_file(file)
        with _explained(file):
            connection = sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True, timeout=_WAIT)
            try:
                if _begun(connection, file) is None:
                    raise Refused(
                        "the catalog has not been read yet", hint="run `mreg catalog refresh`"
                    )
                connection.execute("BEGIN")  # all answers are of one moment
                yield cls(connection)
            finally:
                connection.close()

    @classmethod
    @contextmanager
    def writing(cls, file: Path) -> Iterator[Self]:
        """Open an index to change it, while the block lasts; it is made where there is none.

        Raises:
            Refused: this Python's SQLite has no full-text search, or the file cannot be used.
        """
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _explained(file):
            connection = _opened(file)
            try:
                yield cls(connection)
            finally:
                connection.close()

    def rows(self, query: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        """Return the rows that a query has."""
        try:
            return self.connection.execute(query, values)
        except UnicodeEncodeError:  # a byte that is no UTF-8 was typed
            return self.connection.execute(query, [*map(spelled, values)])

    def states(self) -> tuple[RepositoryState, ...]:
        """Return how all repositories stand, by label."""
        return tuple(map(RepositoryState._make, self.rows(f"{_STATE} ORDER BY label")))

    def failing(self) -> tuple[RepositoryState, ...]:
        """Return how those stand that cannot be read."""
        found = self.rows(f"{_STATE} WHERE failing IS NOT NULL ORDER BY label")
        return tuple(map(RepositoryState._make, found))

    def marks(self) -> dict[str, str]:
        """Return what stands for each repository as it is known, by its label and address."""
        found = self.rows("SELECT label, address, mark FROM repositories WHERE read IS NOT NULL")
        return {f"{label} {address}": mark for label, address, mark in found}

    def replace(
        self, label: str, address: str, source: str, rows: RepositoryRows, now: int
    ) -> None:
        """Put what was read of a repository in the place of what was known of it."""
        try:
            self._replace(label, address, source, rows, now)
        except UnicodeEncodeError:  # half a character, which YAML may write as an escape
            self._replace(label, address, source, spelled(rows), now)

    def _replace(
        self, label: str, address: str, source: str, rows: RepositoryRows, now: int
    ) -> None:
        with self.connection:
            self.connection.execute("BEGIN IMMEDIATE")
            self._forget(label)
            (repository,) = self._insert(
                "repositories",
                "label address source remote mark problems read",
                [(label, address, source, rows.remote, rows.mark, rows.problems, now)],
            )
            artifacts = self._insert(
                "artifacts",
                "repository name type path annotated deprecated latest current form",
                ((repository, *it) for it in rows.artifacts),
                len(rows.artifacts),
            )
            versions = self._insert(
                "versions", _VERSION, _under(artifacts, rows.versions), len(rows.versions)
            )
            self.rows(
                "UPDATE repositories SET first = ?, last = ? WHERE id = ?",
                (versions.start, versions.stop - 1, repository),
            )
            self.connection.executemany(
                "INSERT INTO words (rowid, text) VALUES (?, ?)",
                zip(versions, rows.words, strict=True),
            )
            self._insert("events", _EVENT, self._events(artifacts, rows.events), len(rows.events))
            self._fill(
                "inputs", "version remote repo name selector role", _under(versions, rows.inputs)
            )
            self._fill("said", "version field value latest", _under(versions, rows.said))
            held = ((stage, versions[number], current) for stage, number, current in rows.held)
            self._fill("held", "stage version current", held)

    def _events(self, artifacts: Sequence[int], rows: Iterable[Row]) -> Iterator[Row]:
        """Iterate over rows of events, with the number of who made each in the place of a name."""
        known: dict[bytes, int] = {}
        for *event, tagger, text in _under(artifacts, rows):
            if tagger not in known:
                self.rows("INSERT OR IGNORE INTO people (tagger) VALUES (?)", (tagger,))
                who = self.rows("SELECT id FROM people WHERE tagger = ?", (tagger,))
                (known[tagger],) = who.fetchone()
            yield (*event, known[tagger], text)

    def note_unchanged(self, labels: Iterable[str], now: int) -> None:
        """Note that repositories are as they were."""
        with self.connection:
            self.connection.execute("BEGIN IMMEDIATE")
            self.connection.executemany(
                "UPDATE repositories SET read = ?, failing = NULL, reason = '', hint = ''"
                " WHERE label = ?",
                ((now, it) for it in labels),
            )

    def note_fault(
        self, label: str, address: str, source: str, fault: tuple[str, str], now: int
    ) -> None:
        """Note why a repository cannot be read; what was known of it stays."""
        with self.connection:
            self.connection.execute(
                "INSERT INTO repositories (label, address, source, failing, reason, hint)"
                " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (label) DO UPDATE SET"
                " failing = coalesce(failing, excluded.failing), reason = excluded.reason,"
                " hint = excluded.hint",
                (label, address, source, now, *fault),
            )

    def keep(self, labels: Collection[str], silent: Collection[str]) -> tuple[str, ...]:
        """Forget repositories but some, and those of some sources; return which were forgotten."""
        found = self.rows("SELECT label, source FROM repositories ORDER BY label").fetchall()
        gone = [it for it, source in found if it not in labels and source not in silent]
        for it in gone:
            with self.connection:
                self.connection.execute("BEGIN IMMEDIATE")
                self._forget(it)
        if gone:
            with self.connection:
                self.rows("DELETE FROM people WHERE id NOT IN (SELECT tagger FROM events)")
        return tuple(gone)

    def note_silent(self, source: str, fault: tuple[str, str], now: int) -> None:
        """Note of all repositories of a source why it cannot be told whether they are there."""
        with self.connection:
            self.connection.execute(
                "UPDATE repositories SET failing = coalesce(failing, ?), reason = ?, hint = ?"
                " WHERE source = ?",
                (now, *fault, source),
            )

    def _forget(self, label: str) -> None:
        found = self.rows("SELECT id FROM repositories WHERE label = ?", (label,)).fetchone()
        if not found:
            return
        of_artifact = "IN (SELECT id FROM artifacts WHERE repository = ?)"
        of_version = f"IN (SELECT id FROM versions WHERE artifact {of_artifact})"
        for table, which in (
            *(("words", f"rowid {of_version}"), ("held", f"version {of_version}")),
            *(("inputs", f"version {of_version}"), ("said", f"version {of_version}")),
            ("events", f"artifact {of_artifact}"),
            *(("versions", f"artifact {of_artifact}"), ("artifacts", "repository = ?")),
            ("repositories", "id = ?"),
        ):
            self.rows(f"DELETE FROM {table} WHERE {which}", found)

    def _insert(self, table: str, columns: str, rows: Iterable[Row], count: int = 1) -> range:
        """Add rows under the next numbers, and return these."""
        (last,) = self.rows(f"SELECT coalesce(max(id), 0) FROM {table}").fetchone()
        ids = range(last + 1, last + 1 + count)
        self._fill(table, f"id {columns}", ((id_, *it) for id_, it in zip(ids, rows, strict=True)))
        return ids

    def _fill(self, table: str, columns: str, rows: Iterable[Row]) -> None:
        names = columns.split()
        places = ", ".join("?" * len(names))
        query = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places})"
        self.connection.executemany(query, rows)


_STATE = (
    "SELECT label, address, (SELECT count(*) FROM artifacts WHERE repository = r.id), problems,"
    " read, failing, reason, hint FROM repositories r"
)
_VERSION = (
    "artifact version tag commit_id created zone author email message active stages current latest"
    " deprecated type unsure said"
)
_EVENT = (
    "artifact effective about action version stage number tag oid commit_id time zone tagger text"
)


def _under(ids: Sequence[int], rows: Iterable[Row]) -> Iterator[Row]:
    """Iterate over rows with the number of what they belong to in the place of its position."""
    return ((ids[number], *rest) for number, *rest in rows)


def _opened(file: Path) -> sqlite3.Connection:
    """Open an index for writing, begun anew where it is damaged or of another form."""
    if file.exists():
        _check_is_file(file)
    for _ in range(2):
        connection = sqlite3.connect(file, timeout=_WAIT, isolation_level=None)
        try:
            _prepare(connection, file)
        except _Outdated:
            connection.close()
        except sqlite3.OperationalError:
            connection.close()
            raise
        except sqlite3.DatabaseError:
            connection.close()
            if not _was_index(file):
                raise _no_index(file) from None
        else:
            return connection
        remove(file)
    raise Refused(f"cannot create the index {file}", hint="remove it, or choose another file")


class _Outdated(Refused):
    """An index has another form."""


def _check_is_file(file: Path) -> None:
    """Refuse what is no file: to open a pipe takes until somebody writes into it."""
    if not file.is_file():
        raise Refused(f"the index {file} is not a file", hint=_ANOTHER)


_ANOTHER = "remove it, or choose another file in catalog.yaml: index: FILE"
_TABLES = {"repositories", "artifacts", "versions", "events", "words"}
"""Tables that indexes of every form have."""


def _begun(connection: sqlite3.Connection, file: Path) -> bool | None:
    """Return whether an index has the form of today; None if nothing is in it yet.

    Raises:
        _Outdated: it has another form.
        Refused: it is no index, but a database of somebody else.
    """
    (form,) = connection.execute("PRAGMA user_version").fetchone()
    if form == _FORM:
        return True
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    if not tables:
        return None
    if not tables.issuperset(_TABLES):
        raise _no_index(file)
    why = "another version of mreg made the index"
    raise _Outdated(why, hint="run `mreg catalog refresh` to rebuild it")


def _was_index(file: Path) -> bool:
    """Tell whether a damaged file is an index: in the cache, or by how it begins.

    Source: https://www.sqlite.org/fileformat.html#the_database_header
    """
    if file.is_relative_to(cache.folder()):
        return True
    with file.open("rb") as stream:
        head = stream.read(64)
    return head.startswith(b"SQLite format 3\0") and head[60:] == _FORM.to_bytes(4)


def _no_index(file: Path) -> Refused:
    return Refused(f"{file} is not an index of mreg, or is damaged", hint=_ANOTHER)


def _prepare(connection: sqlite3.Connection, file: Path) -> None:
    begun = _begun(connection, file)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    if not begun:
        try:
            connection.executescript(
                f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version={_FORM}; COMMIT;"
            )
        except sqlite3.OperationalError as error:
            if "fts5" not in str(error):
                raise
            raise Refused(
                "the SQLite library of this Python has no full-text search (FTS5), which an "
                "index needs",
                hint="use a Python whose SQLite has it, such as one from python.org or uv",
            ) from None


def remove(file: Path) -> None:
    """Remove an index."""
    for suffix in ("", "-wal", "-shm"):
        with suppress(FileNotFoundError):
            file.with_name(f"{file.name}{suffix}").unlink()


@contextmanager
def _explained(file: Path) -> Iterator[None]:
    """Say in plain words what SQLite complains of."""
    try:
        yield
    except sqlite3.Error as error:
        kind = getattr(error, "sqlite_errorcode", 0) & 0xFF
        hint = _HINTS.get(kind, "remove it, and run `mreg catalog refresh` to rebuild it")
        raise Refused(f"cannot use the index {file}: {error}", hint=hint) from None


_HINTS = {
    sqlite3.SQLITE_FULL: "free some disk space, and run the command again",
    sqlite3.SQLITE_CANTOPEN: "check that its folder exists and is writable",
    sqlite3.SQLITE_READONLY: "check that it and its folder are writable",
    sqlite3.SQLITE_BUSY: "another process is using it: run the command again later",
}
"""What to do about an error, by SQLite's code (https://www.sqlite.org/rescode.html)."""
