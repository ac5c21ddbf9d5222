"""Digests: what contents are known by, as texts such as "sha256:4f53...".

sha256:HEX, md5:HEX   of the bytes as they are: Git LFS, URLs; DVC
sha224:HEX, sha512:HEX   the same, and sha384: git-annex
md5-dos2unix:HEX      the same as DVC 2 has it: in what looks like a text, CR LF counts as LF
git:HEX               what Git calls a blob: of "blob SIZE NUL" and the bytes, by SHA-1 or, in
                      a repository with 64 digits an id, by SHA-256 (`git help hash-object`)
"""

from __future__ import annotations

import hashlib
import re
from typing import Protocol

from mreg.errors import Refused

_FORM = re.compile(
    r"git:(?:[0-9a-f]{40}|[0-9a-f]{64})|sha256:[0-9a-f]{64}|md5(?:-dos2unix)?:[0-9a-f]{32}"
    r"|sha224:[0-9a-f]{56}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128}"
)
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
        raise Refused(f"mreg cannot check the digest {digest!r}")
    return digest


def split(digest: str) -> tuple[str, str]:
    """Return a digest's algorithm and its hexadecimal digits."""
    algorithm, _, digits = digest.partition(":")
    return algorithm, digits


def hasher(digest: str, size: int) -> Hasher:
    """Return what computes a digest of the same kind as another; one of `git:` holds the size."""
    algorithm, digits = split(digest)
    if algorithm == "md5-dos2unix":
        return _OfText()
    if algorithm != "git":
        return hashlib.new(algorithm, usedforsecurity=algorithm != "md5")
    kind = "sha1" if len(digits) == _SHA1_DIGITS else "sha256"
    made = hashlib.new(kind, usedforsecurity=False)
    made.update(b"blob %d\0" % size)
    return made


def of(digest: str, raw: bytes) -> str:
    """Return the digest of some bytes, of the same kind as another."""
    made = hasher(digest, len(raw))
    made.update(raw)
    return f"{split(digest)[0]}:{made.hexdigest()}"


class _OfText:
    """The digest of DVC 2.

    DVC reads pieces of 1 MiB and decides of each by its first 512 bytes whether it is text: without
    a NUL, and at most 30 % of the bytes are neither printable ASCII nor white space. CR LF that
    fall into two pieces stay what they are.
    """

    _PIECE, _SEEN = 1 << 20, 512
    _OF_TEXTS = bytes(range(32, 127)) + b"\n\r\t\f\b"
    _STRANGE = 0.3

    def __init__(self) -> None:
        self._hasher = hashlib.md5(usedforsecurity=False)
        self._piece = bytearray()

    def update(self, data: bytes | bytearray | memoryview, /) -> None:
        left = memoryview(data)
        while left:
            room = self._PIECE - len(self._piece)
            self._piece += left[:room]
            left = left[room:]
            if len(self._piece) == self._PIECE:
                self._hasher.update(self._counted())
                self._piece.clear()

    def hexdigest(self) -> str:
        whole = self._hasher.copy()
        whole.update(self._counted())
        return whole.hexdigest()

    def _counted(self) -> bytes | bytearray:
        seen = self._piece[: self._SEEN]
        strange = len(seen.translate(None, self._OF_TEXTS))
        if 0 in seen or strange > self._STRANGE * len(seen):
            return self._piece
        return self._piece.replace(b"\r\n", b"\n")
