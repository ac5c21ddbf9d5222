"""The ledger of a watcher: a file that says what became of each event, and survives being killed.

The form: a line of JSON each. The first says what the file is and of which remote, each other what
became of one tag: `{"tag": "churn@v1.0.0", "oid": "...", "outcome": "done"}`; of several lines for
a tag the last one counts. A line is on the disk before anything is done that it speaks of. One that
was cut short, as whoever wrote it was killed, was never acted upon, and is dropped.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Literal, NamedTuple, TypeAlias, get_args

from mreg.errors import Refused
from mreg.git import mirror_files
from mreg.system import files

Outcome: TypeAlias = Literal["begun", "done", "refused", "passed", "skipped"]
"""What became of an event: begun: it is being acted upon, or was when the watcher was killed; done;
refused: the policy does not allow it; passed: it was there before the watcher, or is of no interest
to it; skipped: a person said so."""

_FORMAT = 1
_OUTCOMES: dict[str, Outcome] = {it: it for it in get_args(Outcome)}


def default(remote: str) -> Path:
    """Return the ledger of whoever watches a remote, named without passwords, and names no file."""
    from platformdirs import user_state_path

    return user_state_path("mreg") / "watch" / f"{mirror_files.path_of(remote).name}.jsonl"


class JournalEntry(NamedTuple):
    """A line of the ledger: what became of a tag that held an object."""

    tag: str
    oid: str
    outcome: Outcome


class Ledger:
    """A ledger that is there, open for more."""

    def __init__(self, file: Path, remote: str) -> None:
        """Read a ledger, which must exist; what was cut short in it is dropped.

        Raises:
            Refused: it is none, or that of another remote.
            OSError: it cannot be read or written.
        """
        self._file = file
        head, *lines = file.read_bytes().split(b"\n")[:-1] or [b""]
        self._check(head, remote)
        entries = map(self._read, lines)
        self._entries: dict[str, JournalEntry] = {it.tag: it for it in entries}
        _write(file, remote, self._entries.values())

    @classmethod
    def create(cls, file: Path, remote: str, entries: Iterable[JournalEntry] = ()) -> Ledger:
        """Begin a ledger with some entries: all of it, or none.

        Raises:
            OSError: it cannot be written.
        """
        _write(file, remote, entries)
        return cls(file, remote)

    @property
    def entries(self) -> Mapping[str, JournalEntry]:
        """What became of each tag."""
        return MappingProxyType(self._entries)

    def note(self, entries: Iterable[JournalEntry]) -> None:
        """Add entries; when this returns, they are on the disk.

        Raises:
            OSError: they cannot be written.
        """
        added = list(entries)
        if not added:
            return
        with self._file.open("ab") as file:
            file.write(b"".join(map(_line, added)))
            file.flush()
            os.fsync(file.fileno())
        self._entries |= {it.tag: it for it in added}

    def _check(self, head: bytes, remote: str) -> None:
        found = _parsed(head)
        if found.get("mreg") != "watch" or found.get("format") != _FORMAT:
            why = "is not the state of a watcher, or another release of mreg wrote it"
        elif found.get("remote") != remote:
            why = f"is the state of a watcher of {found.get('remote')}, not of {remote}"
        else:
            return
        raise Refused(f"{self._file} {why}", hint="choose another file with --state")

    def _read(self, line: bytes) -> JournalEntry:
        match _parsed(line):
            case {"tag": str(tag), "oid": str(oid), "outcome": str(word)} if word in _OUTCOMES:
                return JournalEntry(tag, oid, _OUTCOMES[word])
        raise Refused(
            f"{self._file} is damaged: it contains a line that is not about an event",
            hint="remove that line; the action that it recorded may then run again",
        )


def _parsed(line: bytes) -> dict[str, object]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _line(entry: JournalEntry) -> bytes:
    return json.dumps(entry._asdict()).encode() + b"\n"


def _write(file: Path, remote: str, entries: Iterable[JournalEntry]) -> None:
    """Put a whole ledger in place: at once for whoever looks, and on the disk when this returns."""
    head = {"mreg": "watch", "format": _FORMAT, "remote": remote}
    rows = [json.dumps(head).encode() + b"\n", *map(_line, entries)]
    files.replace(file, b"".join(rows), sync=True)  # what it says was done is not to be done again
