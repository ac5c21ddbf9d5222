"""A mirror's refs put in place at once: in the one file `packed-refs`.

Git writes each ref that it fetches into a file of its own, which takes longer than the fetch where
there are thousands. A mirror is a repository of our own making, in which Git's files of refs are
used. Source of their format: packed-backend.c of Git, from 2.34 to 2.47; `git help pack-refs`.

What a remote says that its tags are peeled to is not written down: Git would believe it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from mreg.core import refnames

_HEADER = b"# pack-refs with: sorted \n"
_ROW = rb"^([0-9a-f]{40}(?:[0-9a-f]{24})?)[\t ](%s)$"
_NAME = rb"refs/[^\t\n ]+"
_FORBIDDEN = bytes({*range(9), *range(0x0B, 0x20), 0x7F, *rb"~^:?*[\\"})
_SUSPECT = (b"..", b"/.", b"./", b".\n", b"//", b"/\n", b".lock\n", b".lock/", b"@{")
"""What is in each name that Git refuses, and hardly in another."""


def listed(rows: bytes, patterns: Iterable[str]) -> dict[bytes, bytes]:
    """Return what refs hold that match any of the patterns, in which `*` stands for anything.

    The rows are those of `git ls-remote --refs` or `packed-refs`: an id and a name. A name that Git
    refuses is left out, as it is from a fetch.
    """
    either = (re.escape(os.fsencode(it)).replace(rb"\*", rb"[^\t\n ]*") for it in patterns)
    found = {name: oid for oid, name in _rows(rows, b"|".join(either) or b"(?!)")}
    ended = rows + b"\n"
    if any(it in ended for it in _SUSPECT) or rows.translate(None, _FORBIDDEN) != rows:
        found = {name: oid for name, oid in found.items() if not refnames.fault(_text(name))}
    return found


def _rows(rows: bytes, name: bytes) -> list[tuple[bytes, bytes]]:
    """Return the ids and names in rows whose names are of a form."""
    found: list[tuple[bytes, bytes]] = re.findall(_ROW % name, rows, re.MULTILINE)
    return found


def put(folder: Path, patterns: Iterable[str], held: Mapping[bytes, bytes]) -> None:
    """Make the packed refs that match any of the patterns just those in `held`; in one step.

    No matching ref may be in a file of its own.

    Raises:
        FileExistsError: somebody else is changing them, or was killed in it.
        OSError: they cannot be written.
    """
    lock = folder / "packed-refs.lock"
    descriptor = os.open(lock, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    try:
        with os.fdopen(descriptor, "wb") as file:
            others = _others(folder / "packed-refs", patterns)
            file.write(_HEADER)
            file.writelines(_lines({**others, **held}))
        lock.replace(folder / "packed-refs")
    except BaseException:
        lock.unlink(missing_ok=True)
        raise


def _others(file: Path, patterns: Iterable[str]) -> dict[bytes, bytes]:
    """Return what the packed refs hold that match none of the patterns."""
    try:
        rows = file.read_bytes()
    except FileNotFoundError:
        return {}
    matches = _matcher(patterns)
    return {name: oid for oid, name in _rows(rows, _NAME) if not matches(name)}


def _lines(held: Mapping[bytes, bytes]) -> Iterator[bytes]:
    return (b"%s %s\n" % (held[name], name) for name in sorted(held))


def _matcher(patterns: Iterable[str]) -> Callable[[bytes], object]:
    either = (re.escape(os.fsencode(it)).replace(rb"\*", rb".*") for it in patterns)
    return re.compile(b"|".join(either), re.DOTALL).fullmatch


def _text(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")
