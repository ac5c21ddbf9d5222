"""One value that can be worked out again, kept in a file under all that it depends on.

Losing it costs time and changes no answer: where the file is damaged, or of another key, it holds
nothing. It is replaced in one step. Whoever can write there, which is the user's cache folder or a
repository's Git folder, can run programs as the user anyway.
"""

from __future__ import annotations

import zlib
from contextlib import suppress
from pathlib import Path

from mreg.system.digest import blake2b

_DIGEST = 16
_HEAD = _DIGEST + 4
"""How many bytes stand before the value: a digest of the key, and a checksum of the value."""


def read(file: Path, key: bytes) -> memoryview | None:
    """Return what a file holds under a key; None if that is nothing."""
    with suppress(OSError):
        content = memoryview(file.read_bytes())
        value = content[_HEAD:]
        if content[:_HEAD] == _head(key, value):
            return value
    return None


def write(file: Path, key: bytes, value: bytes) -> None:
    """Keep a value in the place of what a file held; where that fails, only time is lost."""
    from mreg.system import cache, files

    with suppress(OSError):
        files.replace(cache.place_of_file(file), _head(key, value) + value)


def _head(key: bytes, value: bytes | memoryview) -> bytes:
    checksum = zlib.crc32(value).to_bytes(_HEAD - _DIGEST, "big")
    return blake2b(key, digest_size=_DIGEST).digest() + checksum
