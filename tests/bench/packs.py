"""Git's objects, made by the hundred thousand: one pack that Git indexes, and refs in one file.

`git fast-import` writes each ref into a file of its own, and is waited for at each commit whose id
has to be known: 100,000 tags took it six times as long.
"""

from __future__ import annotations

import hashlib
import struct
import subprocess
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from surroundings import ENVIRONMENT, git

_KINDS = {"commit": 1, "tree": 2, "blob": 3, "tag": 4}


class Entry(NamedTuple):
    """What a tree holds under a name: a file, or a folder."""

    name: str
    oid: str
    folder: bool = False


class Pack:
    """A pack that Git reads while it is written (`git help format-pack`)."""

    def __init__(self, repo: Path, count: int) -> None:
        """Begin a pack in a repository.

        Args:
            repo: the repository.
            count: how many objects it will have; all of them differ.
        """
        self._process = subprocess.Popen(
            ["git", "-C", str(repo), "index-pack", "--stdin"],
            env=ENVIRONMENT,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
        )
        self._digest = hashlib.sha1(usedforsecurity=False)
        self._write(b"PACK" + struct.pack(">II", 2, count))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        """End the pack; Git refuses it if the count is wrong."""
        self._write(self._digest.digest())
        assert self._process.stdin
        self._process.stdin.close()
        if self._process.wait() and error is None:
            raise SystemExit("git index-pack refuses the pack")

    def add(self, kind: str, raw: bytes) -> str:
        """Add an object, and return its id."""
        size, first = len(raw) >> 4, _KINDS[kind] << 4 | len(raw) & 15
        head = bytearray()
        while size:
            head.append(first | 0x80)
            size, first = size >> 7, size & 0x7F
        head.append(first)
        self._write(bytes(head) + zlib.compress(raw, 1))
        return object_id(kind, raw)

    def add_file(self, text: str) -> str:
        """Add a file's content, and return its id."""
        return self.add("blob", text.encode())

    def add_tree(self, entries: Iterable[Entry]) -> str:
        """Add a folder, and return its id."""
        rows = sorted((f"{it.name}/" if it.folder else it.name, it) for it in entries)
        modes = (f"{40000 if it.folder else 100644} {it.name}\0" for _, it in rows)
        ids = (bytes.fromhex(it.oid) for _, it in rows)
        raw = b"".join(mode.encode() + oid for mode, oid in zip(modes, ids, strict=True))
        return self.add("tree", raw)

    def add_commit(self, tree: str, parent: str | None, person: str, message: str) -> str:
        """Add a commit, and return its id; the person is "Name <email> SECONDS ZONE"."""
        first = f"tree {tree}\n" + (f"parent {parent}\n" if parent else "")
        raw = f"{first}author {person}\ncommitter {person}\n\n{message}\n"
        return self.add("commit", raw.encode())

    def add_tag(self, commit: str, name: str, person: str, message: str) -> str:
        """Add an annotated tag's object, and return its id."""
        head = f"object {commit}\ntype commit\ntag {name}\ntagger {person}\n\n"
        return self.add("tag", f"{head}{message}".encode())

    def _write(self, raw: bytes) -> None:
        assert self._process.stdin
        self._digest.update(raw)
        self._process.stdin.write(raw)


def object_id(kind: str, raw: bytes) -> str:
    """Return the id that Git gives to an object."""
    whole = b"%s %d\0%s" % (kind.encode(), len(raw), raw)
    return hashlib.sha1(whole, usedforsecurity=False).hexdigest()


def begun(folder: Path) -> Path:
    """Make an empty repository, its branch called main, and return it."""
    folder.mkdir(parents=True)
    git(folder, "init", "--quiet", "--object-format=sha1", "--initial-branch=main")
    return folder


class Placed(NamedTuple):
    """A tag's object, and the commit that it is on."""

    oid: str
    commit: str


def finish(repo: Path, head: str, tags: Mapping[str, Placed], *, loose: bool = False) -> None:
    """Give a repository its branch and its tags, packed as a clone or `git gc` leaves them.

    Args:
        repo: the repository, which has the objects.
        head: the branch's commit.
        tags: by name.
        loose: leave each ref in a file of its own, as `git tag` makes it.
    """
    top = repo / ".git"
    if loose:
        for name, it in tags.items():
            file = top / "refs" / "tags" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"{it.oid}\n")
    lines = ["# pack-refs with: peeled fully-peeled sorted ", f"{head} refs/heads/main"]
    for name in sorted(tags if not loose else (), key=str.encode):
        lines += (f"{tags[name].oid} refs/tags/{name}", f"^{tags[name].commit}")
    (top / "packed-refs").write_text("\n".join([*lines, ""]))
    git(repo, "repack", "-a", "-d", "--quiet")
    git(repo, "reset", "--quiet", "--hard")
