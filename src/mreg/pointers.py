"""Pointers: small files that stand in Git for contents that are kept elsewhere.

Sources: https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md and
https://dvc.org/doc/user-guide/project-structure/dvc-files.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple, TypeAlias

from mreg.annotations import document
from mreg.annotations.entry import from_root
from mreg.annotations.text import Unreadable

Keeper: TypeAlias = Literal["lfs", "dvc"]
"""Who keeps the content that a pointer stands for."""

MAX_BYTES = 1 << 20
"""The size beyond which a file is no pointer that anybody wrote."""

_LFS = re.compile(
    rb"version\ https://(?: git-lfs\.github\.com | hawser\.github\.com )/spec/v1 \r?\n"
    rb"(?: ext-[^\n]* \n )*"
    rb"oid\ (?P<digest> sha256:[0-9a-f]{64} ) \r?\n"
    rb"size\ (?P<size> [0-9]{1,18} ) \r?\n?",
    re.VERBOSE,
)

# The algorithms by which DVC names contents: `md5`, and what clouds call theirs.
_DIGESTS = ("md5", "etag", "checksum")

_DVC = ".dvc"


class Pointer(NamedTuple):
    """What a pointer says of a content.

    Attributes:
        keeper: who keeps it.
        path: where it belongs, from the repository's root; None if the pointer does not say: its
            own place is meant.
        digest: what the content is known by, behind the name of the algorithm: "sha256:4f5...".
            DVC's of a folder ends in ".dir".
        size: its size in bytes; None if that is not said.
        files: of a folder, how many files are in it.
    """

    keeper: Keeper
    path: str | None
    digest: str | None
    size: int | None = None
    files: int | None = None


def lfs(raw: bytes) -> Pointer | None:
    """Read a Git LFS pointer; None if it is none."""
    found = _LFS.fullmatch(raw)
    return Pointer("lfs", None, found["digest"].decode(), int(found["size"])) if found else None


def dvc(raw: bytes, path: str) -> tuple[Pointer, ...]:
    """Read a `.dvc` file; it points to nothing if it cannot be read.

    Args:
        raw: its bytes.
        path: where it is, from the repository's root.
    """
    try:
        content = document.load(raw, aliases=True)
    except Unreadable:
        return ()
    wdir = content.get("wdir")
    folder = posixpath.join(posixpath.dirname(path), wdir if isinstance(wdir, str) else "")
    return tuple(outputs(content.get("outs"), folder))


def outputs(section: Any, folder: str) -> Iterator[Pointer]:
    """Iterate over the outputs or dependencies in a list of a `.dvc` file or a dvc.lock.

    Args:
        section: the list, as plain values; what in it is not as DVC writes it is passed over.
        folder: the folder from which its paths count, from the repository's root.
    """
    for it in section if isinstance(section, list) else ():
        if isinstance(it, dict) and isinstance(it.get("path"), str):
            yield Pointer(
                "dvc", from_root(it["path"], folder), _digest(it), _count(it, "size"),
                _count(it, "nfiles"),
            )  # fmt: skip


def candidates(path: str) -> tuple[str, ...]:
    """Return the `.dvc` files that may point to a path, the nearest first.

    DVC may track the path itself, or a folder that it is in.
    """
    if path.endswith(_DVC):
        return (path,)
    found = []
    while path not in ("", "/", "."):
        found.append(f"{path}{_DVC}")
        path = posixpath.dirname(path)
    return tuple(found)


def folders(path: str) -> tuple[str, ...]:
    """Return the folders whose dvc.lock may name a path: its own, and those around it."""
    found = []
    while path not in ("", "/"):
        path = posixpath.dirname(path)
        found.append(path)
    return tuple(found)


def _digest(out: dict[str, Any]) -> str | None:
    named = ((name, out.get(name)) for name in _DIGESTS)
    return next((f"{name}:{value}" for name, value in named if isinstance(value, str)), None)


def _count(out: dict[str, Any], name: str) -> int | None:
    value = out.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
