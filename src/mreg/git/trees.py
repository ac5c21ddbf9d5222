"""Trees: the bytes in which Git keeps a folder.

Source: decode_tree_entry in Git's tree-walk.c. For each entry "MODE NAME NUL" and the id of the
object, in binary.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

_FOLDER, _SUBMODULE = b"40000", b"160000"


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


def parse(raw: bytes, *, id_size: int) -> Tree:
    """Read a tree, in which an object's id has 20 bytes, or 32 with SHA-256."""
    found = Tree({}, {}, {})
    kinds = {_FOLDER: found.folders, _SUBMODULE: found.submodules}
    start = 0
    while start < len(raw):
        end = raw.index(b"\0", start)
        mode, _, name = raw[start:end].partition(b" ")
        start = end + 1 + id_size
        kinds.get(mode, found.files)[name] = raw[end + 1 : start].hex()
    return found
