"""Fetching a version into the store: each content once, by whoever can fetch its kind."""

from __future__ import annotations

import posixpath
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeVar

from mreg.content import digests, locate, location, sources
from mreg.content.location import (
    Content,
    DvcFolder,
    File,
    GitBlob,
    GitFolder,
    Member,
    OciImage,
    Place,
)
from mreg.content.sources import Origin
from mreg.content.store import CachedContent, FetchedFile, SecondFile, Store, Watch, digest_of
from mreg.dvc import pointers
from mreg.errors import Mismatch, Refused
from mreg.system.digest import blake2b

if TYPE_CHECKING:
    from mreg.content.images import ImageContents
    from mreg.net.oci import RegistryClient

T = TypeVar("T")
R = TypeVar("R")


class Progress(NamedTuple):
    """How many bytes of a fetch are there, and how many there are in all; None if not yet known."""

    done: int
    total: int | None


Report: TypeAlias = Callable[[Progress], None]
"""Hears, from any thread, how far a fetch is."""


class Held(NamedTuple):
    """A file of a version, and its content in the store; its path is empty if it is the version."""

    path: str
    executable: bool
    kept: CachedContent


def fetch(
    place: Place,
    origin: Origin,
    store: Store,
    *,
    recorded: str | None = None,
    report: Report | None = None,
    twin: SecondFile | None = None,
    to_copy: bool = False,
) -> tuple[Held, ...]:
    """Return the files of a version, all of them in the store and checked.

    A digest may have been recorded of it beside what its place says. If it is one file and has to
    be fetched, a twin of it may be written on the way. Who wants `to_copy` them, and no more, gets
    the small files of a folder in Git in memory, as far as there is room: they are not put into the
    store, since to write each once more takes longer than to read it out of Git again.

    Raises:
        Mismatch: something is not what was recorded.
        Refused: a path in it is not safe, or there is no room.
        GitError: something cannot be fetched.
    """
    known = store.recorded(key(place)) or ()
    held = _in_store(known, store)
    if not held:
        passing = to_copy and isinstance(place, GitFolder)
        held = _Fetch(place, origin, store, known, report, twin, passing=passing).run()
    if recorded:
        _check_recorded(held, place, recorded, store)
    return held


def fetch_image(
    client: RegistryClient,
    found: ImageContents,
    store: Store,
    *,
    patterns: tuple[str, ...] = (),
    report: Report | None = None,
) -> tuple[Held, ...]:
    """Fetch what an image holds that was asked already what it is; otherwise as `fetch`."""
    from mreg.content import images  # which few need

    known = store.recorded(key(OciImage(found.name, found.image, patterns))) or ()
    if held := _in_store(known, store):
        return held
    files = images.fetch(client, found, store, TransferTally(report).watching, patterns)
    return tuple(Held(*it) for it in files)


def _in_store(known: Sequence[FetchedFile], store: Store) -> tuple[Held, ...]:
    """Return the files of a version that was got before; none if one of them is not there."""
    found = [store.find(it.digest, it.stamp) for it in known]
    if not all(it and not _is_pointer(it) for it in found):
        return ()
    return tuple(
        Held(it.path, it.executable, kept) for it, kept in zip(known, found, strict=True) if kept
    )


def key(place: Place) -> str:
    """Return the name under which the store remembers a version."""
    if isinstance(place, File):
        return f"{place.digest}+x" if place.executable else place.digest
    if not place.patterns:
        return place.digest
    said = blake2b("\0".join(place.patterns).encode(errors="surrogateescape"), digest_size=8)
    return f"{place.digest}+{said.hexdigest()}"


def is_folder(held: Sequence[Held]) -> bool:
    """Tell whether a version is a folder rather than one file."""
    return [it.path for it in held] != [""]


def remember(place: Place, held: Iterable[Held], store: Store) -> None:
    """Note what a version consists of, and how its files look now that they were used."""
    parts = [
        FetchedFile(it.path, it.kept.digest, it.executable, store.restamped(it.kept)) for it in held
    ]
    store.record(key(place), tuple(parts))


def _check_recorded(held: Sequence[Held], place: Place, recorded: str, store: Store) -> None:
    """Hold a version against what was recorded of it beside what its place says.

    That it was right is noted: its bytes are not read again for it while its file looks the same.
    """
    if is_folder(held):
        raise Refused(
            f"{place.name} is a folder, but {recorded} is the digest of a file",
            hint="omit the digest: Git and DVC have a digest of each file in the folder",
        )
    kept = held[0].kept
    if recorded == kept.digest:
        return
    proof = f"{kept.digest}={recorded}", (FetchedFile("", kept.digest, False, kept.stamp),)
    if store.recorded(proof[0]) == proof[1]:
        return
    found = digest_of(kept.path, digests.checked(recorded), kept.size)
    if found != recorded:
        raise Mismatch(
            f"{place.name} does not match its recorded digest: found {found}, expected {recorded}",
            hint="the tag that registered it and its commit disagree; register a new version",
        )
    store.record(*proof)


def _is_pointer(kept: CachedContent) -> bool:
    """Tell whether a blob is a pointer: earlier releases took some for contents."""
    return kept.digest.startswith("git:") and pointers.read(_start(kept)) is not None


def _start(kept: CachedContent) -> bytes:
    """Return of a content what tells whether it is a pointer."""
    if kept.raw is not None:
        return kept.raw[: pointers.LARGEST + 1]
    with kept.path.open("rb", buffering=0) as file:
        return file.read(pointers.LARGEST + 1)


class _Fetch:
    """One fetch of one version."""

    def __init__(
        self,
        place: Place,
        origin: Origin,
        store: Store,
        known: Sequence[FetchedFile],
        report: Report | None,
        twin: SecondFile | None,
        *,
        passing: bool,
    ) -> None:
        self._place = place
        self._passing = passing
        self._twin = twin if isinstance(place, File) else None
        self._origin = origin
        self._store = store
        self._stamps = {it.digest: it.stamp for it in known}
        self._tally = TransferTally(report)
        self._stack = ExitStack()
        self._sources: dict[str, sources.Source[Any]] = {}

    def run(self) -> tuple[Held, ...]:
        if isinstance(self._place, OciImage):
            return self._images(self._place)
        with self._stack:
            inner = self._members()
            location.check_paths(it.path for it in inner if it.path)
            kept = self._ensure(inner)
            inner = tuple(self._resolved(it, kept[it.content.digest]) for it in inner)
            kept |= self._ensure([it for it in inner if it.content.digest not in kept])
            return tuple(Held(it.path, it.executable, kept[it.content.digest]) for it in inner)

    def _images(self, place: OciImage) -> tuple[Held, ...]:
        from mreg.content import images  # which few need

        client = images.client(place.image, self._origin.repo.network)
        found = images.described(client, place.image, self._store)
        files = images.fetch(client, found, self._store, self._tally.watching, place.patterns)
        return tuple(Held(*it) for it in files)

    def _members(self) -> tuple[Member, ...]:
        place = self._place
        assert not isinstance(place, OciImage)
        if isinstance(place, GitFolder):
            return location.chosen(place, locate.members(place, self._origin))
        if isinstance(place, DvcFolder):
            kept = self._ensure([Member(place.name, place.list)])[place.list.digest]
            return location.chosen(place, location.listed(place, kept.path.read_bytes()))
        return (Member("", place.content, place.executable),)

    def _ensure(self, inner: Sequence[Member]) -> dict[str, CachedContent]:
        """Return the contents of files, by digest, fetched where they are not in the store."""
        wanted = {it.content.digest: it for it in inner}
        kept = {}
        for digest in wanted:
            if found := self._store.find(digest, self._stamps.get(digest)):
                kept[digest] = found
        lacking: dict[str, list[Member]] = {}
        for digest, it in wanted.items():
            if digest not in kept:
                lacking.setdefault(sources.of(it.content), []).append(it)
        for name, several in lacking.items():
            kept |= self._fetch(name, several)
        return kept

    def _fetch(self, name: str, lacking: Sequence[Member]) -> dict[str, CachedContent]:
        source = self._source(name)
        contents = [it.content for it in lacking]
        self._tally.expect(contents)
        source.prepare(contents)
        kept = self._keep_small(source, lacking)
        return kept | self._fetch_large(
            source, [it for it in lacking if it.content.digest not in kept]
        )

    def _keep_small(
        self, source: sources.Source[Any], lacking: Sequence[Member]
    ) -> dict[str, CachedContent]:
        """Put small contents into the store under one lock, or into memory, be they a thousand."""
        small = [it for it in lacking if source.is_small(it.content)]
        if not small:
            return {}
        with self._store.locked(f"small:{key(self._place)}"):
            return {it.content.digest: self._keep(source, it) for it in small}

    def _keep(self, source: sources.Source[Any], member: Member) -> CachedContent:
        digest = member.content.digest
        if found := self._store.find(digest):  # another process was quicker
            return found
        raw = source.whole(member.content)
        watch = self._tally.of(member.content)
        watch.sized(len(raw))
        watch.came(len(raw))
        what = self._name(member)
        if self._passing:
            again = digest in self._stamps and self._stamps[digest] is None
            if passed := self._store.in_memory(digest, raw, what=what, fetched=not again):
                return passed
        return self._store.keep(digest, raw, what=what)

    def _fetch_large(
        self, source: sources.Source[Any], lacking: Sequence[Member]
    ) -> dict[str, CachedContent]:
        """Fetch contents into the store, each under a lock, several at once if its source can."""
        kept = several(partial(self._fetch_one, source), lacking, source.at_once, self._tally)
        return {it.content.digest: one for it, one in zip(lacking, kept, strict=True)}

    def _resolved(self, member: Member, kept: CachedContent) -> Member:
        """Return a file with the content that its pointer stands for, if it is one."""
        if not isinstance(member.content, GitBlob) or pointers.read(_start(kept)) is None:
            return member
        place = self._place
        path = place.path if isinstance(place, File | GitFolder) else ""
        path = posixpath.join(path or place.name, member.path) if member.path else path
        found = locate.behind(_start(kept), path or place.name)
        return member._replace(content=found) if found else member

    def _name(self, member: Member) -> str:
        return f"{self._place.name}/{member.path}" if member.path else self._place.name

    def _fetch_one(self, source: sources.Source[Any], member: Member) -> CachedContent:
        return self._store.ensure(
            member.content.digest,
            partial(source.fetch, member.content),
            what=self._name(member),
            resumes=source.resumes,
            watch=self._tally.of(member.content),
            twin=self._twin,
        )

    def _source(self, name: str) -> sources.Source[Any]:
        if name not in self._sources:
            made = sources.source(name, self._origin)
            self._stack.callback(made.close)
            self._sources[name] = made
        return self._sources[name]


def several(
    one: Callable[[T], R], wanted: Sequence[T], at_once: int, tally: TransferTally
) -> list[R]:
    """Fetch several contents, as many at once as may be; whatever ends one ends all."""
    if at_once == 1 or len(wanted) <= 1:
        return [one(it) for it in wanted]
    with ThreadPoolExecutor(min(at_once, len(wanted))) as pool:
        running = [pool.submit(one, it) for it in wanted]
        try:
            wait(running, return_when=FIRST_EXCEPTION)
            return [it.result() for it in running]
        except BaseException:
            tally.stop()
            pool.shutdown(cancel_futures=True)
            raise


class _Stopped(Exception):
    """Another thread has failed, or the user has had enough."""


class TransferTally:
    """How far several contents are, taken together."""

    def __init__(self, report: Report | None) -> None:
        self._report = report
        self._lock = threading.Lock()
        self._sizes: dict[str, int | None] = {}
        self._expected = self._unknown = 0  # the sum of the sizes; how many are not known yet
        self._done = 0
        self._stopped = False

    def expect(self, contents: Iterable[Content]) -> None:
        """Hear of contents that will come."""
        for it in contents:
            self.sized(it.digest, getattr(it, "size", None))

    def of(self, content: Content) -> Watch:
        """Return what hears how one of them comes."""
        return _TransferWatch(self, content.digest)

    def watching(self, digest: str, size: int) -> Watch:
        """Return what hears how a content of a digest and a size comes."""
        self.sized(digest, size)
        return _TransferWatch(self, digest)

    def stop(self) -> None:
        """Let whatever goes on end at its next piece."""
        self._stopped = True

    def sized(self, digest: str, size: int | None) -> None:
        """Hear how many bytes one of them has; None if that is not known."""
        with self._lock:
            before = self._sizes.get(digest, 0)
            self._unknown += (size is None) - (before is None)
            self._expected += (size or 0) - (before or 0)
            self._sizes[digest] = size

    def came(self, count: int) -> None:
        """Hear that so many more bytes are there."""
        if self._stopped:
            raise _Stopped
        with self._lock:
            self._done += count
            if self._report:
                total = None if self._unknown else self._expected
                self._report(Progress(self._done, total))


class _TransferWatch(Watch):
    """Hears how one content comes, for the tally."""

    def __init__(self, tally: TransferTally, digest: str) -> None:
        self._tally = tally
        self._digest = digest

    def sized(self, size: int) -> None:
        self._tally.sized(self._digest, size)

    def came(self, count: int) -> None:
        self._tally.came(count)
