"""Trees: the bytes in which Git keeps a folder, and all that is in a folder.

Source: decode_tree_entry in Git's tree-walk.c. For each entry "MODE NAME NUL" and the id of the
object, in binary.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from mreg.git import objects
from mreg.git.repository import Repository

_FOLDER, _SUBMODULE = b"40000", b"160000"
SUBMODULE = _SUBMODULE.decode()
"""The mode of a submodule, as `walk` returns it."""

# The text of a pattern: a repository has ids of one size (docs/adr/0003).
_ENTRY = rb"(?s)([0-7]+) ([^\0]+)\0(.{%d})"


def listed(output: bytes) -> Iterator[tuple[str, str, str, str]]:
    """Read what `git ls-tree -z` prints: the mode, type, id and path of each entry.

    Bytes of a path that are not UTF-8 stand as surrogates.
    """
    for line in output.decode("utf-8", "surrogateescape").split("\0")[:-1]:
        fields, _, path = line.partition("\t")
        mode, kind, oid = fields.split(" ")
        yield mode, kind, oid, path


class Tree(NamedTuple):
    """What a folder holds: the ids of its files, folders and submodules, by name."""

    files: dict[bytes, str]
    folders: dict[bytes, str]
    submodules: dict[bytes, str]


def entries(raw: bytes, *, id_size: int) -> list[tuple[bytes, bytes, bytes]]:
    """Read a tree, in which an object's id has 20 bytes, or 32 with SHA-256.

    Returns:
        The mode, name and id of each entry, in Git's order; those before the place, if there is
        one, from which on it cannot be read.
    """
    entry = re.compile(_ENTRY % id_size)
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


def parse(raw: bytes, *, id_size: int) -> Tree:
    """Read a tree, as `entries` does."""
    found = Tree({}, {}, {})
    kinds = {_FOLDER: found.folders, _SUBMODULE: found.submodules}
    for mode, name, oid in entries(raw, id_size=id_size):
        kinds.get(mode, found.files)[name] = oid.hex()
    return found


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
