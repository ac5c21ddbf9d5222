"""Digests: what contents are known by, as texts such as "sha256:4f53...".

sha256:HEX, md5:HEX   of the bytes as they are: Git LFS, URLs; DVC
git:HEX               what Git calls a blob: of "blob SIZE NUL" and the bytes, by SHA-1 or, in
                      a repository with 64 digits an id, by SHA-256 (`git help hash-object`)
"""

from __future__ import annotations

import hashlib
import re
from typing import Protocol

from mreg.errors import Refused

_FORM = re.compile(r"git:(?:[0-9a-f]{40}|[0-9a-f]{64})|sha256:[0-9a-f]{64}|md5:[0-9a-f]{32}")
_SHA1_DIGITS = 40


class Hasher(Protocol):
    """What takes bytes and tells their digest: one of hashlib's objects."""

    def update(self, data: bytes | bytearray | memoryview, /) -> None:
        """Take the next bytes."""

    def hexdigest(self) -> str:
        """Return the digest of all bytes so far."""


def checked(digest: str) -> str:
    """Return a digest if it has one of the forms above.

    Raises:
        Refused: it has another; it may come from a repository that anybody wrote.
    """
    if not _FORM.fullmatch(digest):
        raise Refused(f"{digest!r} is no digest that mreg can check")
    return digest


def split(digest: str) -> tuple[str, str]:
    """Return a digest's algorithm and its hexadecimal digits."""
    algorithm, _, digits = digest.partition(":")
    return algorithm, digits


def hasher(digest: str, size: int) -> Hasher:
    """Return what computes a digest of the same kind as another.

    Args:
        digest: the other, of one of the forms above.
        size: how many bytes there are, which `git:` digests hold.
    """
    algorithm, digits = split(digest)
    if algorithm != "git":
        return hashlib.new(algorithm, usedforsecurity=algorithm != "md5")
    kind = "sha1" if len(digits) == _SHA1_DIGITS else "sha256"
    made = hashlib.new(kind, usedforsecurity=False)
    made.update(b"blob %d\0" % size)
    return made


def needs_size(digest: str) -> bool:
    """Tell whether the number of bytes must be known before the first of them is hashed."""
    return digest.startswith("git:")
