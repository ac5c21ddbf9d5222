"""Refs read from the files in which Git keeps them, where all is as usual; without a process.

A ref is a file of its own ("loose"), or a line of packed-refs, which is sorted, so that one
artifact's are found by halving. Loose files are looked at first: a ref that is packed meanwhile has
its line before its file goes. Whatever is not of the plain forms below is left to Git.
Source: `git help gitrepository-layout`, `git help pack-refs`; files-backend.c and packed-backend.c.
"""

from __future__ import annotations

import mmap
import os
import re
import stat
import sys
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from itertools import chain
from pathlib import Path

from mreg.errors import RepositoryError
from mreg.git.repository import Repository
from mreg.tuples import NamedTuple

LARGEST = 4 << 20
"""How many bytes of packed-refs are read here; of more, Git makes a list sooner."""

_PIECE = 1 << 20

_MOST_LOOSE = 300
"""How many loose refs are read here; more of them, Git reads sooner."""

_HEADER = re.compile(rb"# pack-refs with:[^\n]* sorted[ \n]")
_LINK = b"ref: "
_CARET = ord("^")
_HEX = b"0123456789abcdef"
_GLOB = re.compile(r"[*?\[\\]")
_ENDS = {"*": re.compile(rb"[^/]*"), "*/**": re.compile(rb"[^/]*/.+", re.DOTALL)}

_ALLOWED = bytes(it for it in range(33, 256) if it not in b"~^:?*[\\{\x7f") + b"\n"
"""The bytes that may be in a ref's name (`git help check-ref-format`); "{" may not behind an @."""

_PEELED = re.compile(rb"\^[^\n]*+\n")
"""What a tag leads to, on a line below its own; no name of a ref holds a caret."""

_SHAPE = bytes(it if it in b"\n " else b"-0"[it in _HEX] for it in range(256))
"""Makes zeros of what an id is made of, to find ids by."""

_DOTS = bytes.maketrans(b"/\n", b"..")
"""Makes dots of what may stand beside no dot, nor beside itself."""


class _Odd(Exception):
    """Something is not of the plain forms."""


class Refs(NamedTuple):
    """Refs by their full names, sorted: the ids of the objects that they hold.

    For symbolic ones there is the name of the ref that each stands for, too.
    """

    oids: dict[bytes, bytes]
    links: dict[bytes, bytes]


class _Pattern(NamedTuple):
    """A pattern of `git for-each-ref`: what names begin with, and what may follow."""

    start: bytes
    end: re.Pattern[bytes] | None

    def matches(self, name: bytes) -> bool:
        """Tell whether a name that begins so is meant."""
        rest = name[len(self.start) :]
        if self.end:
            return bool(self.end.fullmatch(rest))
        return self.start.endswith(b"/") or not rest or rest.startswith(b"/")


def read(repo: Repository, patterns: Iterable[str]) -> Refs | None:
    """Return the refs that match any of some patterns, in the order of `git for-each-ref`.

    Returns:
        None where Git has to be asked.
    """
    folder = repo.plain_dir()
    if folder is None:
        return None
    try:
        wanted = [_pattern(it) for it in patterns]
        starts = _outermost({it.start for it in wanted})
        digits = repo.id_digits()
        loose = dict(_loose(os.fsencode(folder), starts, digits))
        found = {**dict(_packed(folder / "packed-refs", starts, digits)), **loose}
        whole = len(wanted) == 1 and wanted[0].end is None and wanted[0].start.endswith(b"/")
        if not whole:
            found = {
                name: oid
                for name, oid in found.items()
                if any(name.startswith(it.start) and it.matches(name) for it in wanted)
            }
        _check_names(found)
        if loose or len(starts) > 1:
            found = dict(sorted(found.items()))
        return _resolved(found, loose)
    except (_Odd, OSError, ValueError):
        return None


class HeldRefs:
    """The refs that begin in one way, in the files that hold them, as these are at one moment."""

    def __init__(
        self,
        start: bytes,
        loose: Sequence[tuple[bytes, bytes]],
        packed: tuple[mmap.mmap | bytes, int, int],
        digits: int,
        known: dict[str, bytes] | None = None,
    ) -> None:
        self._start = start
        self._loose = loose
        self._lines, self._begin, self._end = packed
        self._digits = digits
        self._known = {} if known is None else known

    def fingerprint(self) -> bytes:
        """Return a digest: where it is the same as before, so are the refs."""
        from mreg.system.digest import blake2b

        loose = b"".join([b"%b %b\n" % (held, name) for name, held in self._loose])
        return blake2b(loose + self.packed, digest_size=32).digest()

    @property
    def packed(self) -> bytes:
        """A digest of those that are in packed-refs; a session takes it once of a file.

        That costs a fifth of listing a million of them.
        """
        if (known := self._known.get("digest")) is None:
            from mreg.system.digest import blake2b

            found = blake2b(digest_size=32)
            for at in range(self._begin, self._end, _PIECE):
                found.update(self._lines[at : min(self._end, at + _PIECE)])
            known = self._known["digest"] = found.digest()
        return known

    @property
    def loose(self) -> HeldRefs:
        """Those of them that are files of their own."""
        return HeldRefs(self._start, self._loose, (b"", 0, 0), self._digits)

    def within(self, start: bytes) -> HeldRefs:
        """Return those of them whose names, without what all begin with, begin so."""
        begins = self._start + start
        loose = [it for it in self._loose if it[0].startswith(begins)]
        span = _span(self._lines, self._begin, begins, self._digits, self._end)
        return HeldRefs(self._start, loose, (self._lines, *span), self._digits)

    def listing(self) -> bytes | None:
        """Return the lines "OID NAME", sorted by name, of names without what all begin with.

        Returns:
            None where Git has to be asked.
        """
        beginning = b" " + self._start
        loose = b"".join([b"%b %b\n" % (held, name) for name, held in self._loose])
        packed = (_PEELED.sub(b"", it) for it in self._pieces())
        pieces = [it.replace(beginning, b" ") for it in chain([loose], packed)]
        if not all(_is_listing(it, self._digits) for it in pieces):
            return None
        return self._with_loose(b"".join(pieces[1:]))

    def _pieces(self) -> Iterator[bytes]:
        """Iterate over the lines of packed-refs, some at a time: there may be a million."""
        at = self._begin
        while at < self._end:
            stop = self._end
            if at + _PIECE < stop:
                stop = self._lines.rfind(b"\n", at, at + _PIECE) + 1 or stop
            yield self._lines[at:stop]
            at = stop

    def _with_loose(self, packed: bytes) -> bytes:
        """Return a listing of packed refs with the loose ones in their places."""
        if not self._loose:
            return packed
        behind, skipped = self._digits + 1, len(self._start)
        lines = packed.split(b"\n")[:-1]
        for full, held in self._loose:
            name = full[skipped:]
            at = bisect_left(lines, name, key=lambda it: it[behind:])
            same = at < len(lines) and lines[at][behind:] == name
            lines[at : at + same] = [b"%b %b" % (held, name)]
        return b"\n".join([*lines, b""])


@contextmanager
def held(repo: Repository, start: str) -> Iterator[HeldRefs | None]:
    """Hand out the refs that begin so, as they are at one moment, while the block lasts.

    It is None where Git has to be asked for them.
    """
    folder = repo.plain_dir()
    if folder is None:
        yield None
        return
    digits, begins = repo.id_digits(), start.encode()
    with ExitStack() as stack:
        found = None
        with suppress(_Odd, OSError, ValueError):
            loose = sorted(_loose(os.fsencode(folder), [begins], digits))
            elsewhere = (it for _, it in loose if it.startswith(_LINK))
            if all(it.startswith(_LINK + begins) for it in elsewhere):
                lines, first, which = stack.enter_context(_mapped(folder / "packed-refs"))
                packed = (lines, *_span(lines, first, begins, digits))
                opened = stack.enter_context(repo.session.here)
                known = opened.kept.setdefault(f"packed refs {which} {start}", {})
                found = HeldRefs(begins, loose, packed, digits, known)
        yield found


def fingerprint(repo: Repository, start: str) -> bytes | None:
    """Return a digest of all files that say which refs begin so, and what they hold.

    Returns:
        None where Git has to be asked for the refs.
    """
    with held(repo, start) as found:
        return found.fingerprint() if found else None


def has(repo: Repository, start: str, wanted: Callable[[bytes], bool]) -> bool | None:
    """Tell whether any ref that begins so has a rest that is wanted; no more are looked at then.

    Returns:
        None where Git has to be asked.
    """
    folder = repo.plain_dir()
    if folder is None:
        return None
    digits, begins = repo.id_digits(), start.encode()
    try:
        if any(
            wanted(name[len(begins) :]) for name, _ in _loose(os.fsencode(folder), [begins], digits)
        ):
            return True
        with _mapped(folder / "packed-refs") as (lines, first, _):
            at, end = _span(lines, first, begins, digits)
            while at < end:
                following = lines.find(b"\n", at) + 1
                if lines[at] != _CARET and wanted(
                    lines[at + digits + 1 + len(begins) : following - 1]
                ):
                    return True
                at = following
    except (_Odd, OSError, ValueError):
        return None
    return False


def _pattern(text: str) -> _Pattern:
    glob = _GLOB.search(text)
    start, end = (text[: glob.start()], text[glob.start() :]) if glob else (text, "")
    if not start.startswith("refs/") or (end and end not in _ENDS):
        raise _Odd
    return _Pattern(start.encode("utf-8", "surrogateescape"), _ENDS.get(end))


def _outermost(starts: Iterable[bytes]) -> list[bytes]:
    """Return the beginnings of names without those that begin with another."""
    kept: list[bytes] = []
    for it in sorted(starts):
        if not kept or not it.startswith(kept[-1]):
            kept.append(it)
    return kept


def _resolved(found: dict[bytes, bytes], loose: dict[bytes, bytes]) -> Refs:
    """Return refs with the ids that the symbolic ones among them lead to."""
    links = {name: it.removeprefix(_LINK) for name, it in loose.items() if it.startswith(_LINK)}
    links = {name: it for name, it in links.items() if name in found}
    if not all(it in found and it not in links for it in links.values()):
        raise _Odd  # one leads elsewhere, on, or nowhere
    return Refs({**found, **{name: found[it] for name, it in links.items()}}, links)


def _is_listing(text: bytes, digits: int) -> bool:
    """Tell whether each line of a text is an id, a blank, and a name that a ref may have."""
    count = text.count(b"\n")
    begins = (b"\n" + text).translate(_SHAPE).count(b"\n" + b"0" * digits + b" ")
    null = text.startswith(b"0" * digits) or b"\n" + b"0" * digits in text
    return begins == text.count(b" ") == count and not null and _are_names(text.replace(b" ", b"/"))


def _check_names(names: Iterable[bytes]) -> None:
    if not _are_names(b"\n".join(names) + b"\n"):
        raise _Odd


def _are_names(every: bytes) -> bool:
    dotted = every.translate(_DOTS)
    return not (every.translate(None, _ALLOWED) or b".." in dotted or b".lock." in dotted)


def _check_ids(ids: Sequence[bytes]) -> None:
    if b"".join(ids).translate(None, _HEX) or b"0" * len(next(iter(ids), b"-")) in ids:
        raise _Odd


def _is_id(text: bytes, digits: int) -> bool:
    return len(text) == digits and not text.translate(None, _HEX) and text.count(b"0") < digits


def _loose(folder: bytes, starts: Sequence[bytes], digits: int) -> Iterator[tuple[bytes, bytes]]:
    """Iterate over the loose refs that begin in some ways: the name, and the id or "ref: NAME"."""
    left = _MOST_LOOSE
    waiting = [it.rpartition(b"/") for it in starts]
    known: dict[bytes, list[os.DirEntry[bytes]]] = {}
    while waiting:
        parent, _, begin = waiting.pop()
        if parent not in known:
            known[parent] = _entries(b"/".join((folder, parent)))
        for it in known[parent]:
            name = it.name
            if not name.startswith(begin) or name.startswith(b".") or name.endswith(b".lock"):
                continue
            # Elsewhere Git may read other characters than those on disk (core.precomposeUnicode).
            if it.is_symlink() or not (name.isascii() or sys.platform == "linux"):
                raise _Odd
            if it.is_dir():
                waiting.append((parent + b"/" + name, b"/", b""))
                continue
            left -= 1
            if not left:
                raise _Odd
            with suppress(FileNotFoundError):  # it was packed or deleted meanwhile
                yield parent + b"/" + name, _held(it.path, digits)


def _entries(folder: bytes) -> list[os.DirEntry[bytes]]:
    try:
        with os.scandir(folder) as found:
            return list(found)
    except (FileNotFoundError, NotADirectoryError):
        return []


def _held(path: bytes, digits: int) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    text = b""
    try:
        with suppress(BlockingIOError):
            text = os.read(descriptor, 4096)
        if not text and stat.S_ISFIFO(os.fstat(descriptor).st_mode):
            import shlex

            shown = os.fsdecode(path)
            raise RepositoryError(
                f"{shown} is a named pipe, and Git would wait for it permanently",
                hint=f"rm {shlex.quote(shown)}",
            )
    finally:
        os.close(descriptor)
    held = text.rstrip()
    if not (held.startswith(_LINK + b"refs/") or _is_id(held, digits)):
        raise _Odd
    return held


class _PackedRefs(NamedTuple):
    """The file packed-refs.

    Attributes:
        lines: its bytes.
        first: where its first line of a ref begins.
        which: what tells it from the one that takes its place: Git never writes into one that is
            there.
    """

    lines: mmap.mmap | bytes = b""
    first: int = 0
    which: tuple[int, ...] = ()


@contextmanager
def _mapped(file: Path) -> Iterator[_PackedRefs]:
    """Hand out packed-refs."""
    try:
        opened = file.open("rb")
    except FileNotFoundError:
        yield _PackedRefs()
        return
    with opened:
        it = os.fstat(opened.fileno())
        if not it.st_size:
            yield _PackedRefs()
            return
        with mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as lines:
            if lines[-1:] != b"\n" or not _HEADER.match(lines):
                raise _Odd
            which = (it.st_dev, it.st_ino, it.st_size, it.st_mtime_ns, it.st_ctime_ns)
            yield _PackedRefs(lines, lines.find(b"\n") + 1, which)


def _packed(file: Path, starts: Sequence[bytes], digits: int) -> Iterator[tuple[bytes, bytes]]:
    """Iterate over the lines of packed-refs whose refs begin in some ways: names and ids."""
    with _mapped(file) as (lines, first, _):
        for start in starts:
            begin, end = _span(lines, first, start, digits)
            if end - begin > LARGEST:
                raise _Odd
            yield from _lines(lines[begin:end], digits)


def _span(
    lines: mmap.mmap | bytes, first: int, start: bytes, digits: int, end: int | None = None
) -> tuple[int, int]:
    """Return where the lines of the refs begin and end that begin so, of all or up to an end."""
    high = len(lines) if end is None else end
    begin = _half(lines, first, high, start, digits)
    return begin, _half(lines, begin, high, start[:-1] + bytes((start[-1] + 1,)), digits)


def _half(lines: mmap.mmap | bytes, low: int, high: int, name: bytes, digits: int) -> int:
    """Return where the first line begins whose ref does not come before a name."""
    while low < high:
        at = lines.rfind(b"\n", low, (low + high) // 2) + 1 or low
        if lines[at] == _CARET:  # what the tag leads to stands on a line below its own
            at = lines.rfind(b"\n", low, at - 1) + 1 or low
        end = lines.find(b"\n", at)
        following = end + digits + 3 if lines[end + 1 : end + 2] == b"^" else end + 1
        if lines[at + digits + 1 : end] < name:
            low = following
        else:
            high = at
    return low


def _lines(raw: bytes, digits: int) -> Iterator[tuple[bytes, bytes]]:
    lines = [it for it in raw.split(b"\n")[:-1] if it[:1] != b"^"]
    ids = [it[:digits] for it in lines]
    if any(it[digits : digits + 1] != b" " for it in lines):
        raise _Odd
    _check_ids(ids)
    return ((it[digits + 1 :], oid) for it, oid in zip(lines, ids, strict=True))
