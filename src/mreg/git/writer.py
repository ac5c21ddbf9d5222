"""Making blobs, trees and commits: objects that no ref leads to yet.

One `git hash-object` for each kind of object makes any number of them; the work tree and the index
are not touched. Until a ref leads to them nothing has happened, and Git's garbage collection takes
them away in time.
Source: `git help hash-object`; of the bytes of trees, decode_tree_entry in Git's tree-walk.c.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple, Self

from mreg.errors import GitError, Mismatch
from mreg.git import process
from mreg.git.process import Conversation
from mreg.git.repository import Repository

FILE, FOLDER = "100644", "40000"

_CHUNK = 1 << 20


class CommitHeader(NamedTuple):
    """What a commit says beside its tree and its message.

    Attributes:
        parent: the commit before it; empty for a first one.
        who: its author and committer, "Name <email>".
        time: when, in seconds since 1970; in UTC.
    """

    parent: str
    who: str
    time: int


class ObjectWriter:
    """Makes objects in a repository while a block lasts."""

    def __init__(self, repo: Repository) -> None:
        self._repo = repo
        self._talks: dict[str, Conversation] = {}
        self._hash = "sha256" if repo.id_digits() == _LONG else "sha1"

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="mreg-")
        return self

    def __exit__(self, *error: object) -> None:
        for it in self._talks.values():
            it.end()
        self._folder.cleanup()

    def blob(self, file: Path) -> str:
        """Make a blob of a file as it is; return its id.

        Raises:
            Mismatch: what Git has is not what the file held before.
            GitError: Git cannot make it.
        """
        expected = self._digest(file)
        made = self._hashed("blob", str(file))
        if made != expected:
            raise Mismatch(
                f"Git stored {file.name} with the id {made}, not {expected}",
                hint="the file was changed in between: run the command again",
            )
        return made

    def text(self, raw: bytes) -> str:
        """Make a blob of some bytes; return its id."""
        return self._made("blob", raw)

    def tree(self, files: Mapping[str, str]) -> str:
        """Make the tree of files, which are blobs' ids by paths; return its id."""
        entries: dict[str, tuple[str, str]] = {}
        below: dict[str, dict[str, str]] = {}
        for path, oid in files.items():
            name, deeper, rest = path.partition("/")
            if deeper:
                below.setdefault(name, {})[rest] = oid
            else:
                entries[name] = FILE, oid
        entries |= {name: (FOLDER, self.tree(rest)) for name, rest in below.items()}
        return self._made("tree", _tree_bytes(entries.items()))

    def commit(self, tree: str, header: CommitHeader, message: str) -> str:
        """Make a commit; return its id."""
        parents = [f"parent {header.parent}"] if header.parent else []
        when = f"{header.who} {header.time} +0000"
        lines = [f"tree {tree}", *parents, f"author {when}", f"committer {when}", "", message]
        return self._made("commit", "\n".join(lines).encode())

    def _made(self, kind: str, raw: bytes) -> str:
        file = Path(self._folder.name) / "object"
        file.write_bytes(raw)
        return self._hashed(kind, str(file))

    def _hashed(self, kind: str, file: str) -> str:
        if kind not in self._talks:
            how = ("-w", "--no-filters") if kind == "blob" else ("-w",)
            asked = ("hash-object", "-t", kind, *how, "--stdin-paths")
            self._talks[kind] = process.converse(self._repo, *asked)
        talk = self._talks[kind]
        talk.write(os.fsencode(f"{file}\n"))
        made = talk.read_line().decode().rstrip("\n")
        if not made:
            failed = self._talks.pop(kind).end()
            raise failed or GitError(f"Git ended before it had created a {kind}")
        return made

    def _digest(self, file: Path) -> str:
        found = hashlib.new(self._hash, usedforsecurity=False)
        found.update(b"blob %d\0" % file.stat().st_size)
        with file.open("rb") as opened:
            while chunk := opened.read(_CHUNK):
                found.update(chunk)
        return found.hexdigest()


_LONG = 64


def _tree_bytes(entries: Iterable[tuple[str, tuple[str, str]]]) -> bytes:
    """Return the bytes of a tree: a folder is sorted as if its name ended in "/"."""
    found = [
        (os.fsencode(name) + b"/" * (mode == FOLDER), mode, oid) for name, (mode, oid) in entries
    ]
    return b"".join(
        b"%b %b\0%b" % (mode.encode(), name.removesuffix(b"/"), bytes.fromhex(oid))
        for name, mode, oid in sorted(found)
    )
