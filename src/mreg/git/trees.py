"""Trees: the bytes in which Git keeps a folder, and all that is in a folder.

Source: decode_tree_entry in Git's tree-walk.c. For each entry "MODE NAME NUL" and the id of the
object, in binary.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from mreg.git import objects
from mreg.git.repository import Repository
from mreg.tuples import NamedTuple

_FOLDER, _SUBMODULE = b"40000", b"160000"
SUBMODULE = _SUBMODULE.decode()
"""The mode of a submodule, as `walk` returns it."""

# Texts of patterns, with the size of ids left open: each is compiled when it is used, for the one
# size that a repository has (docs/adr/0003).
_ENTRY = rb"(?s)([0-7]+) ([^\0]+)\0(.{%d})"
_WHOLE = rb"(?s)(?>(?:[0-7]++ [^\0]++\0.{%d})*)"
_FOLDERS = rb"(?s)40000 [^\0]++\0(.{%d})|[0-7]++ [^\0]++\0.{%d}"
_BEFORE = rb"(?s)(?>(?:[0-7]++ [^\0]++\0.{%d})*)([0-7]++)"
"""What stands before the name of an entry: the entries before it, and its mode."""


@cache
def _pattern(text: bytes, id_size: int) -> re.Pattern[bytes]:
    return re.compile(text.replace(b"%d", b"%d" % id_size))


def listed(output: bytes) -> Iterator[tuple[str, str, str, str]]:
    """Read what `git ls-tree -z` prints: the mode, type, id and path of each entry.

    Bytes of a path that are not UTF-8 stand as surrogates.
    """
    for line in output.decode("utf-8", "surrogateescape").split("\0")[:-1]:
        fields, _, path = line.partition("\t")
        mode, kind, oid = fields.split(" ")
        yield mode, kind, oid, path


class FolderItem(NamedTuple):
    """A file, folder or submodule in a folder: which of them, and its object's id."""

    mode: bytes
    oid: str

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return self.mode == _FOLDER

    @property
    def is_submodule(self) -> bool:
        """Whether it is a submodule."""
        return self.mode == _SUBMODULE


class Tree:
    """A folder, as Git keeps it: of its bytes no more is taken apart than what is asked about."""

    __slots__ = ("_id_size", "_known", "oid", "raw")

    def __init__(self, oid: str, raw: bytes) -> None:
        """Take its id and its bytes."""
        self.oid = oid
        self.raw = raw
        self._id_size = len(oid) // 2
        self._known: dict[bytes, FolderItem | None] = {}

    def entry(self, name: bytes) -> FolderItem | None:
        """Return what it holds under a name, be it a file or a folder."""
        if name not in self._known:  # many paths begin with the same folder
            self._known[name] = self._find(name)
        return self._known[name]

    def _find(self, name: bytes) -> FolderItem | None:
        wanted = b" %b\0" % name
        at = self.raw.find(wanted)
        while at >= 0:  # an id, too, may have such bytes
            if before := _pattern(_BEFORE, self._id_size).fullmatch(self.raw, 0, at):
                begin = at + len(wanted)
                oid = self.raw[begin : begin + self._id_size]
                return FolderItem(before[1], oid.hex()) if len(oid) == self._id_size else None
            at = self.raw.find(wanted, at + 1)
        return None

    def entries(self) -> list[tuple[bytes, bytes, bytes]]:
        """Return the mode, name and id of each entry, as `entries` does."""
        return entries(self.raw, id_size=self._id_size)

    def folders(self) -> list[bytes]:
        """Return the ids of the folders in it."""
        if _pattern(_WHOLE, self._id_size).fullmatch(self.raw):
            return [it for it in _pattern(_FOLDERS, self._id_size).findall(self.raw) if it]
        return [oid for mode, _, oid in self.entries() if mode == _FOLDER]


def entries(raw: bytes, *, id_size: int) -> list[tuple[bytes, bytes, bytes]]:
    """Read a tree, in which an object's id has 20 bytes, or 32 with SHA-256.

    Returns:
        The mode, name and id of each entry, in Git's order; those before the place, if there is
        one, from which on it cannot be read.
    """
    entry = _pattern(_ENTRY, id_size)
    found: list[tuple[bytes, bytes, bytes]] = entry.findall(raw)
    if sum(len(mode) + len(name) for mode, name, _ in found) + len(found) * (id_size + 2) == len(
        raw
    ):
        return found
    start, whole = 0, []
    while it := entry.match(raw, start):
        whole.append((it[1], it[2], it[3]))
        start = it.end()
    return whole


def walk(repo: Repository, root: str) -> list[tuple[str, str, str]] | None:
    """Return what `git ls-tree -r` lists of a folder: mode, id and path of files and submodules.

    Each distinct folder is read once, a level after the other. Bytes of a path that are not UTF-8
    stand as surrogates.

    Args:
        repo: the repository.
        root: the folder's id, or another name of it.

    Returns:
        None where there is no such folder, or one in it is not here or cannot be read.
    """
    known: dict[str, list[tuple[bytes, bytes, bytes]]] = {}
    level = [root]
    while level:
        for asked, it in zip(level, objects.contents(repo, level), strict=True):
            if it.kind != "tree" or it.raw is None:
                return None
            known[asked] = entries(it.raw, id_size=len(it.oid) // 2)
        below = (oid.hex() for it in level for mode, _, oid in known[it] if mode == _FOLDER)
        level = [it for it in dict.fromkeys(below) if it not in known]
    found: list[tuple[str, str, str]] = []
    waiting = [(b"", iter(known[root]))]
    while waiting:
        path, rest = waiting.pop()
        for mode, name, oid in rest:
            if mode == _FOLDER:
                waiting += [(path, rest), (path + name + b"/", iter(known[oid.hex()]))]
                break
            place = (path + name).decode("utf-8", "surrogateescape")
            found.append((mode.decode().zfill(6), oid.hex(), place))
    return found
