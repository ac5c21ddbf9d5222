"""Tag objects by their ids: one process, that is asked for the size of each before its bytes.

A tag object may have any size, and Git holds the whole of one that it hands out; what is larger
than a tag may be is never asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from itertools import islice
from typing import NamedTuple, TypeAlias

from mreg.core import tagobject
from mreg.git import process
from mreg.git.process import CommandFailed, Conversation
from mreg.git.repository import Repository

_Target: TypeAlias = "tuple[str, str] | NotATag"
"""What a tag object points to, and of which type it says that is; or what stands in its place."""

Before = Callable[[bytes], str | None]
"""Reads out of a tag object's bytes which one comes before it; None if none does."""


class NotATag(NamedTuple):
    """What stands where a tag object should.

    Attributes:
        kind: commit, tree or blob; "missing", if the object is not there; "damaged", if Git cannot
            read it; "large", if it is a tag object of more bytes than one may have; for a tag of
            tags also "misnamed", if one points to what is not of the type that it says, and "deep".
    """

    kind: str


MISSING, _DAMAGED, LARGE = NotATag("missing"), NotATag("damaged"), NotATag("large")
_DEEP, _MISNAMED = NotATag("deep"), NotATag("misnamed")
_KINDS = ("commit", "tree", "blob")

_MOST_DAMAGED = 50

_FORM = "%(objecttype) %(objectsize)"
_PORTION = 250
"""How many objects an older Git is asked for at once: their ids fit a pipe's buffer."""

DEEPEST = 100
"""How many tags may stand one upon another."""


class Objects:
    """Reads tag objects.

    Git 2.36 and newer takes both questions in one process (`cat-file --batch-command`); before
    that there is a process for each. Git dies on an object whose bytes are damaged; then it is
    started anew for those behind it.
    """

    def __init__(self, repo: Repository, stack: ExitStack) -> None:
        self._repo = repo
        self._stack = stack
        self._talks: dict[str, Conversation] = {}
        self._has_verbs = True
        self._failures = 0

    def read(self, oids: Sequence[str]) -> Iterator[bytes | NotATag]:
        """Read the tag objects with the given ids, in that order; of anything else, say what it is.

        All have to be taken before others are asked for.

        Raises:
            CommandFailed: Git died more often than a few damaged objects explain.
            RepositoryError: there is no usable repository.
        """
        for portion in self._portions(oids):
            yield from self._contents(portion, self._headers(portion))

    def peel(self, oids: Iterable[str]) -> Iterator[str | NotATag]:
        """Follow tags of tags, each by itself: to a commit's id, or to what is there instead.

        Git's own `^{}` is not asked: it takes the word of one tag for what others point to.
        """
        first = [*oids]
        following: dict[str, _Target] = {}
        wanted = {*first}
        for _ in range(DEEPEST):
            asked = sorted(wanted - following.keys())
            targets = [_target(it) for it in self.read(asked)]
            following |= zip(asked, targets, strict=True)
            wanted = {it[0] for it in targets if not isinstance(it, NotATag)}
        return (_peeled(it, following) for it in first)

    def misnamed(self, oids: Collection[str]) -> set[str]:
        """Return those of some objects that are here, and are no commits.

        Git must not be asked for what such a tag object leads to: in the same process it then takes
        that one's word for the type of an object to which others point, too.
        """
        return {
            oid
            for portion in self._portions([*oids])
            for oid, header in zip(portion, self._headers(portion), strict=True)
            if header and not header.startswith(b"commit ") and not header.endswith(b" missing\n")
        }

    def follow(self, oid: str, before: Before) -> Iterator[tuple[str, bytes]]:
        """Iterate over the tag objects from one on, backwards; it ends where one cannot be read."""
        at: str | None = oid
        while at:
            (raw,) = self.read([at])
            if isinstance(raw, NotATag):
                return
            yield at, raw
            at = before(raw)

    def _portions(self, oids: Sequence[str]) -> Iterator[Sequence[str]]:
        """Iterate over what may be asked at once: all, unless an older Git has to be asked."""
        if oids:
            size = len(oids) if self._starts_with_verbs() else _PORTION
            yield from (oids[start : start + size] for start in range(0, len(oids), size))

    def _headers(self, oids: Sequence[str]) -> list[bytes]:
        """Return what Git says of objects: "TYPE SIZE"; nothing of one that it died of."""
        headers: list[bytes] = []
        while len(headers) < len(oids):
            talk = self._ask("info", oids[len(headers) :])
            answers = iter(talk.read_line, b"")
            headers += islice(answers, len(oids) - len(headers))
            if len(headers) < len(oids):
                headers.append(b"")
                self._restart()
        return headers

    def _contents(self, oids: Sequence[str], headers: Sequence[bytes]) -> Iterator[bytes | NotATag]:
        sizes = [_size(it) for it in headers]
        wanted = [oid for oid, it in zip(oids, sizes, strict=True) if isinstance(it, int)]
        talk = self._ask("contents", wanted)
        done = 0
        for header, size in zip(headers, sizes, strict=True):
            if isinstance(size, NotATag):
                yield size
                continue
            raw = talk.read(len(header) + size + 1)  # the same header again, and a line feed behind
            done += 1
            if len(raw) <= len(header) + size:
                self._restart()
                talk = self._ask("contents", wanted[done:])
                yield _DAMAGED
            else:
                yield raw[len(header) : -1]

    def _ask(self, verb: str, oids: Sequence[str]) -> Conversation:
        if self._starts_with_verbs():
            talk = self._talks[""]
            talk.write(process.lines([*(f"{verb} {oid}" for oid in oids), "flush"]))
            return talk
        talk = self._talks.get(verb) or self._start(verb, _OLD[verb])
        talk.write(process.lines(oids))
        return talk

    def _starts_with_verbs(self) -> bool:
        """Start the one process that takes all questions; tell whether this Git has such."""
        if self._has_verbs and not self._talks:
            talk = self._start("", "--batch-command", "--buffer")
            talk.write(b"info ?\nflush\n")  # no name at all, so no remote is asked for it
            if not talk.read_line():
                self._has_verbs = False
                self._restart()
        return self._has_verbs

    def _start(self, key: str, mode: str, *options: str) -> Conversation:
        arguments = ("cat-file", f"{mode}={_FORM}", *options)
        talk = self._stack.enter_context(process.conversation(self._repo, *arguments))
        self._talks[key] = talk
        return talk

    def _restart(self) -> None:
        self._talks.clear()
        try:
            self._stack.close()
        except CommandFailed:
            self._failures += 1
            if self._failures > _MOST_DAMAGED:
                raise


_OLD = {"info": "--batch-check", "contents": "--batch"}


@lru_cache(maxsize=1024)
def _size(header: bytes) -> int | NotATag:
    """Return the size of a tag object that may be read."""
    first, _, second = header.rstrip(b"\n").rpartition(b" ")
    if not first:
        return _DAMAGED
    if second == b"missing":
        return MISSING
    if first != b"tag":
        return NotATag(first.decode())
    return size if (size := int(second)) <= tagobject.LARGEST else LARGE


def _target(raw: bytes | NotATag) -> _Target:
    if isinstance(raw, NotATag):
        return raw
    try:
        found = tagobject.parse(raw)
    except tagobject.MalformedTag:
        return _DAMAGED
    return found.target.decode(), found.target_type.decode()


def _peeled(oid: str, following: Mapping[str, _Target]) -> str | NotATag:
    """Return the id of the commit that a tag leads to, or what is there instead."""
    claimed = "tag"
    for _ in range(DEEPEST):
        found = following.get(oid, _DEEP)
        if isinstance(found, NotATag):
            if found.kind in _KINDS and found.kind != claimed:
                return _MISNAMED
            return oid if found.kind == "commit" else found
        if claimed != "tag":
            return _MISNAMED
        oid, claimed = found
    return _DEEP


@contextmanager
def reading(repo: Repository) -> Iterator[Objects]:
    """Read tag objects while the block lasts.

    Raises:
        RepositoryError: there is no usable repository.
    """
    with ExitStack() as stack:
        yield Objects(repo, stack)


def read(repo: Repository, oids: Sequence[str]) -> Iterator[bytes | NotATag]:
    """Read tag objects, as `Objects.read` does."""
    with reading(repo) as objects:
        yield from objects.read(oids)


def contains(repo: Repository, last: str, wanted: str, before: Before) -> bool:
    """Tell whether a chain holds a tag object, from its last on; no, where it breaks off before."""
    with reading(repo) as objects:
        return any(oid == wanted for oid, _ in objects.follow(last, before))
