"""The store: contents in the user's cache folder, each under its digest.

    objects/ALGORITHM/HE/X...   contents, read-only; one appears, whole and checked, by a rename
    partial/...                 what is being fetched; of a killed getter it may be gone on with
    locks/...                   one lock a digest, and one a version for what is small: of several
                                getters one fetches, the others wait
    records/...                 what a version consisted of, and how its objects' files looked when
                                they were last checked

A file of the store may be altered: where a user wanted a link to it, or in a view, by which it is
read where it is. So none is used before it was checked: all of its bytes, unless its file looks in
every respect (inode, size, times) as it did after the last check. One that is not what it should be
is dropped and fetched anew.
Deleting any of this costs time and nothing else.
"""

from __future__ import annotations

import errno
import io
import json
import os
import re
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple, Self

from mreg.content import digests
from mreg.errors import GitError, Mismatch, Refused
from mreg.system import cache, files, locks

CHUNK = 1 << 20
"""How many bytes are read and written at a time."""

_MEMORY = 32 << 20
"""So many bytes of small contents, taken together, stay in memory while they are got."""

_READ_ONLY = 0o444

_PAST = 1_000_000_000
"""So far back, in nanoseconds, the last change of a content is set: see `Stamp`."""

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""How a system says that there is no more room."""

_UNWRITABLE = (errno.EACCES, errno.EPERM, errno.EROFS)
"""How it says that a folder may not be written to."""


class Watch:
    """Hears how the fetch of one content goes on; this one does nothing about it."""

    def sized(self, size: int) -> None:
        """Hear how many bytes the content has."""

    def came(self, count: int) -> None:
        """Hear that so many more bytes are there; fewer than none when a fetch starts again."""


UNWATCHED = Watch()


class Stamp(NamedTuple):
    """How a file looks without its bytes being read.

    Each change of its bytes changes the times: that of a content's last change is set into the
    past when it is stored, so that a later one differs even where clocks are coarse.
    """

    inode: int
    size: int
    modified: int
    changed: int


_NO_FILE = Stamp(0, 0, 0, 0)


class CachedContent(NamedTuple):
    """A content in the store, as it was when it was checked, maybe fetched just now.

    Of some small ones that were, the bytes are at hand (`raw`): they need not be read again, and
    may be nowhere else (`Store.in_memory`).
    """

    path: Path
    digest: str
    stamp: Stamp
    fetched: bool = False
    raw: bytes | None = None

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return self.stamp.size

    @property
    def stored(self) -> bool:
        """Whether it has a file in the store, and is not in memory alone."""
        return self.stamp.inode != _NO_FILE.inode


class FetchedFile(NamedTuple):
    """A file of a version that was got before; if it is the version, its path is empty.

    The stamp is how its object's file looked when last checked; None if it had none, being in
    memory alone, or if that cannot be told.
    """

    path: str
    digest: str
    executable: bool
    stamp: Stamp | None = None


class SecondFile:
    """A second file, for who wants a copy: it is written while a content is fetched.

    So no byte is read again for that. It has no name until it is whole, so that nothing is left of
    it whatever happens. Where that cannot be, or it cannot be written, or a copy would share blocks
    with the store's file and cost nothing, it is given up.
    """

    def __init__(self, folder: Path) -> None:
        """Make one that can be named in a folder."""
        self._folder = folder
        self._open: io.FileIO | None = None
        self._digest = ""
        self._given_up = False

    def begin(self, beside: int) -> None:
        """Begin, or begin again, to take a content that is written into another open file, too."""
        self._digest = ""
        with self._or_none():
            if self._open is None and not self._given_up:
                flags = os.O_WRONLY | os.O_TMPFILE | os.O_CLOEXEC
                self._open = io.FileIO(os.open(self._folder, flags, 0o666), "w")
                if files.share_blocks(beside, self._open.fileno()):
                    self.close()
            if self._open and self._open.tell():
                self._open.truncate(0)
                self._open.seek(0)

    def write(self, chunk: memoryview) -> None:
        """Take the next bytes."""
        with self._or_none():
            while self._open and chunk:
                chunk = chunk[self._open.write(chunk) :]

    def end(self, digest: str) -> None:
        """Hear by what digest the content is known that it has taken as a whole."""
        self._digest = digest

    def named(self, digest: str, path: Path) -> bool:
        """Give it a name in its folder; tell whether it holds what has a digest, and that was done.

        Raises:
            FileExistsError: something has that name.
        """
        if self._open is None or self._digest != digest:
            return False
        try:  # man 2 open, O_TMPFILE; with a descriptor os.link follows the link that /proc has
            number = self._open.fileno()
            os.link(f"/proc/self/fd/{number}", path, src_dir_fd=number)
        except FileExistsError:
            raise
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Take nothing any more; without a name, it is gone."""
        self._given_up = True
        if self._open:
            self._open.close()
            self._open = None

    @contextmanager
    def _or_none(self) -> Iterator[None]:
        try:
            yield
        except (OSError, AttributeError):  # not every system has O_TMPFILE
            self.close()


class Sink:
    """Where a source writes a content: into a file of its own, hashed on the way.

    A source calls `begin` once before the first `write`, and once more if it has to start again.

    Attributes:
        offset: how many bytes are there already, of a fetch that was cut short.
    """

    def __init__(
        self, file: Path, digest: str, watch: Watch = UNWATCHED, twin: SecondFile | None = None
    ) -> None:
        self._file = file
        self._twin = twin
        self._digest = digest
        self._watch = watch
        self._open = file.open("r+b" if file.exists() else "w+b", buffering=0)
        self.offset = self._open.seek(0, os.SEEK_END)
        self._hasher: digests.Hasher | None = None
        self._written = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def begin(self, size: int | None = None, *, at: int = 0) -> None:
        """Say from which byte on the content will be written: 0, or `offset`; the rest is dropped.

        The size of the whole has to be known for a `git:` digest.
        """
        self._watch.came(-self._written)
        if size is not None:
            self._watch.sized(size)
        self._hasher = digests.hasher(self._digest, size or 0)
        if self._twin:
            self._twin.begin(self.descriptor)
        self._open.seek(0)
        left = at
        while left and (chunk := self._open.read(min(left, CHUNK))):
            self._take(memoryview(chunk))
            left -= len(chunk)
        if (
            self._open.seek(0, os.SEEK_END) > at
        ):  # to cut an empty one would have it written: `copy`
            self._open.truncate(at)
        self._open.seek(at)
        self._written = at
        self._watch.came(at)

    def write(self, chunk: bytes | bytearray | memoryview) -> None:
        """Take the next bytes.

        Raises:
            OSError: the disk is full.
        """
        left = memoryview(chunk)
        self._take(left)
        while left:
            left = left[self._open.write(left) :]
        self._written += len(chunk)
        self._watch.came(len(chunk))

    def _take(self, chunk: memoryview) -> None:
        assert self._hasher is not None, "begin comes first"
        self._hasher.update(chunk)
        if self._twin:
            self._twin.write(chunk)

    def copy(self, path: Path) -> bool:
        """Take a file's bytes, if it can be opened; tell whether they are what they should be."""
        with suppress(FileNotFoundError, PermissionError), path.open("rb") as file:
            self.begin(path.stat().st_size)
            while chunk := file.read(CHUNK):
                self.write(chunk)
            return self.found == self._digest
        return False

    @property
    def descriptor(self) -> int:
        """The open file, for a process that writes into it by itself; `follow` goes with it."""
        return self._open.fileno()

    def follow(self, has_ended: Callable[[], bool]) -> None:
        """Take what a process writes into the file, while it writes.

        What tells whether it has ended does so after waiting a moment for that.
        """
        buffer = memoryview(bytearray(CHUNK))
        ended = False
        while not ended:
            ended = has_ended()
            while count := os.preadv(self.descriptor, [buffer], self._written):
                self._take(buffer[:count])
                self._written += count
                self._watch.came(count)

    @property
    def found(self) -> str:
        """The digest of all that was written."""
        algorithm, _ = digests.split(self._digest)
        return f"{algorithm}:{self._hasher.hexdigest()}" if self._hasher else ""


class Store:
    """The contents in a folder, which is made when it is needed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._made: dict[str, Path] = {}
        self._paths: dict[str, Path] = {}
        self._memory = _MEMORY
        self._own = secrets.token_hex(4)  # which no other process has

    def path_of(self, digest: str) -> Path:
        """Return where a content stands, or would."""
        if digest not in self._paths:
            algorithm, digits = digests.split(digests.checked(digest))
            path = f"{self.folder}/objects/{algorithm}/{digits[:2]}/{digits[2:]}"
            self._paths[digest] = Path(path)
        return self._paths[digest]

    def find(self, digest: str, stamp: Stamp | None = None) -> CachedContent | None:
        """Return a content if it is there and right; one that is not right is dropped.

        If its file looks as it did when it was last checked (`stamp`), its bytes are not read.
        """
        path = self.path_of(digest)
        try:
            now = stamp_of(path)
            if now == stamp or digest_of(path, digest, now.size) == digest:
                return CachedContent(path, digest, now)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except IsADirectoryError:
            pass
        with suppress(OSError):  # where it has to stay, it is passed over
            cache.place_of_file(path).unlink(missing_ok=True)
        return None

    def ensure(
        self,
        digest: str,
        fetch: Callable[[Sink], None],
        *,
        what: str,
        resumes: bool = False,
        watch: Watch = UNWATCHED,
        twin: SecondFile | None = None,
    ) -> CachedContent:
        """Return a content that was not there just now; of several who ask, one fetches it.

        Errors call it `what`. A source that `resumes` can go on with a fetch that was cut short.
        Who fetches it may want a twin of it.

        Raises:
            Mismatch: what was fetched has another digest; nothing of it is kept.
            Refused: there is no room for it.
            GitError: the cache cannot be used.
        """
        with self.locked(digest):
            if found := self.find(digest):
                return found
            with self._partial(digest, what, resumes) as file:
                _fetch_into(file, digest, fetch, what, watch, twin)
                return self._put(file, digest)

    def keep(self, digest: str, raw: bytes, *, what: str) -> CachedContent:
        """Put a small content that is in memory into the store, and return it.

        It takes no lock: each of several who do that puts the whole, in one step. Otherwise as
        `ensure`.
        """
        _check(digest, raw, what)
        partial = Path(f"{self._make('partial')}/{file_name(digest)}.{self._own}")
        try:
            files.create(partial, raw, mode=_READ_ONLY, modified=time.time_ns() - _PAST)
            kept = self._put(partial, digest)
        except BaseException as error:
            partial.unlink(missing_ok=True)
            if isinstance(error, OSError):
                raise self._unkept(error, what) from None
            raise
        return kept._replace(raw=raw) if self._has_room(len(raw)) else kept

    def in_memory(
        self, digest: str, raw: bytes, *, what: str, fetched: bool
    ) -> CachedContent | None:
        """Return a small content in memory alone; None if there is no more room for it.

        Raises:
            Mismatch: it has another digest.
        """
        if not self._has_room(len(raw)):
            return None
        _check(digest, raw, what)
        stamp = _NO_FILE._replace(size=len(raw))
        return CachedContent(self.path_of(digest), digest, stamp, fetched, raw)

    def _has_room(self, size: int) -> bool:
        """Tell whether there is room for so many bytes more in memory; they have it then."""
        if size > self._memory:
            return False
        self._memory -= size
        return True

    @contextmanager
    def locked(self, name: str) -> Iterator[None]:
        """Keep other getters from fetching what has a name while the block lasts.

        Who holds it may be fetching for an hour; it ends with the process that holds it.

        Raises:
            GitError: the cache cannot be written to.
        """
        with ExitStack() as stack:
            try:
                file = cache.place_of_file(self._make("locks") / f"{file_name(name)}.lock")
                stack.enter_context(locks.held(file, seconds=float("inf")))
            except OSError as error:
                raise cache.unusable(error) from None
            yield

    def recorded(self, name: str) -> tuple[FetchedFile, ...] | None:
        """Return what a version that was got before consisted of; None if that is not known."""
        return _parts(self._record(name), name)

    def named(self, record: Path) -> list[Path]:
        """Return the contents' files that a file of records names; none if it is damaged."""
        return [self.path_of(it.digest) for it in _parts(record) or ()]

    def record(self, name: str, parts: tuple[FetchedFile, ...]) -> None:
        """Keep what a version consists of, and that it was used now.

        Where that fails, nothing is lost but time.
        """
        with suppress(OSError, GitError):
            self._make("records")
            file = cache.place_of_file(self._record(name))
            rows = [[it.path, it.digest, it.executable, it.stamp] for it in parts]
            files.replace(file, json.dumps([name, rows]).encode(), mode=files.new_mode())

    @staticmethod
    def restamped(kept: CachedContent) -> Stamp | None:
        """Return how a content's file looks after its use, for the next check.

        It is None if the file was altered since it was checked.
        """
        try:
            now = stamp_of(kept.path)
        except FileNotFoundError:
            return None
        # A new link to it changes the last of the four, and no other.
        return now if now[:3] == kept.stamp[:3] else None

    def _record(self, name: str) -> Path:
        return self.folder / "records" / file_name(name)

    def _make(self, name: str) -> Path:
        """Return a folder of the store, made if it is not there."""
        if name not in self._made:
            path = Path(f"{self.folder}/{name}")
            try:
                path.mkdir(mode=0o700, parents=True, exist_ok=True)
            except OSError as error:
                raise cache.unusable(error) from None
            self._made[name] = path
        return self._made[name]

    @contextmanager
    def _partial(self, digest: str, what: str, resumes: bool) -> Iterator[Path]:
        """Give a file for a content that is not there, under its lock.

        Whether it is left there, if it is not whole, for the next to go on with it, depends.
        """
        partial = cache.place_of_file(self._make("partial") / file_name(digest))
        if not resumes:
            partial.unlink(missing_ok=True)
        try:
            yield partial
        except Mismatch:
            resumes = False
            raise
        except OSError as error:
            if error.errno in _FULL:
                resumes = False
            raise self._unkept(error, what) from None
        finally:
            if not resumes:
                partial.unlink(missing_ok=True)

    def _put(self, partial: Path, digest: str) -> CachedContent:
        path = self.path_of(digest)
        algorithm, digits = digests.split(digest)
        self._make(f"objects/{algorithm}/{digits[:2]}")
        partial.rename(path)
        return CachedContent(path, digest, stamp_of(path), fetched=True)

    def _unkept(self, error: OSError, what: str) -> Exception:
        """Return what to raise where a content cannot be written."""
        if error.errno in _UNWRITABLE:
            return cache.unusable(error)
        if error.errno not in _FULL:
            return error
        return Refused(
            f"not enough space for {what} in {self.folder}: {error.strerror}",
            hint="run `mreg cache prune`, or set MREG_CACHE_DIR to a folder on a larger disk",
        )


def _fetch_into(
    partial: Path,
    digest: str,
    fetch: Callable[[Sink], None],
    what: str,
    watch: Watch,
    twin: SecondFile | None,
) -> None:
    """Fetch a content into a file, so that it may be put into the store."""
    found, resumed = _fill(partial, digest, fetch, watch, twin)
    if found != digest and resumed:  # what was there may be what is wrong
        partial.unlink()
        found, _ = _fill(partial, digest, fetch, watch, twin)
    if found != digest:
        raise _mismatch(what, found, digest)
    if twin:
        twin.end(digest)
    partial.chmod(partial.stat().st_mode & _READ_ONLY)  # what the user's umask lets be read
    now = time.time_ns()
    os.utime(partial, ns=(now, now - _PAST))


def _check(digest: str, raw: bytes, what: str) -> None:
    found = digests.of(digest, raw)
    if found != digest:
        raise _mismatch(what, found, digest)


def _mismatch(what: str, found: str, digest: str) -> Mismatch:
    return Mismatch(
        f"{what} does not match its recorded digest: found {found}, expected {digest}",
        hint="nothing was kept; the content was changed or damaged where it is stored",
    )


def store() -> Store:
    """Return the store in the user's cache folder."""
    return Store(cache.folder() / "contents")


def stamp_of(path: Path) -> Stamp:
    """Return how a file looks; a symbolic link is looked at itself."""
    now = os.lstat(path)
    return Stamp(now.st_ino, now.st_size, now.st_mtime_ns, now.st_ctime_ns)


def _parts(record: Path, name: str | None = None) -> tuple[FetchedFile, ...] | None:
    """Read a file of records; None if it is not there, damaged, or of another version."""
    with suppress(OSError, ValueError, TypeError, LookupError, Refused):
        rows = json.loads(record.read_bytes())
        if name in (None, rows[0]):
            return tuple(
                FetchedFile(path, digests.checked(digest), executable, stamp and Stamp(*stamp))
                for path, digest, executable, stamp in rows[1]
            )
    return None


def _fill(
    partial: Path,
    digest: str,
    fetch: Callable[[Sink], None],
    watch: Watch,
    twin: SecondFile | None,
) -> tuple[str, bool]:
    """Fetch into a file; return the digest of what it then holds, and whether part was there."""
    with Sink(partial, digest, watch, twin) as sink:
        resumed = sink.offset > 0
        fetch(sink)
        return sink.found, resumed


def digest_of(path: Path, digest: str, size: int) -> str:
    """Return a file's digest, of the same kind as another."""
    hasher = digests.hasher(digest, size)
    buffer = bytearray(CHUNK)
    view = memoryview(buffer)
    with path.open("rb", buffering=0) as file:
        while count := file.readinto(buffer):
            hasher.update(view[:count])
    return f"{digests.split(digest)[0]}:{hasher.hexdigest()}"


def file_name(name: str) -> str:
    """Return a name for the file that stands for a digest, or for a path in what a digest names."""
    if re.fullmatch(r"[a-z0-9]+:[0-9a-f]+", name):
        return name.replace(":", "-")
    import hashlib

    return hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()
