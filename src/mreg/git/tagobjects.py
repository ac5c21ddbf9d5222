"""Tag objects by their ids: each is asked for its size before its bytes.

A tag object may have any size, and Git holds the whole of one that it hands out; what is larger
than a tag may be is never asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import TypeAlias

from mreg.core import tagobject
from mreg.git import objects
from mreg.git.repository import Repository
from mreg.tuples import NamedTuple

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

DEEPEST = 100
"""How many tags may stand one upon another."""


class Objects:
    """Reads tag objects."""

    def __init__(self, repo: Repository) -> None:
        self._repo = repo

    def read(self, oids: Sequence[str]) -> Iterator[bytes | NotATag]:
        """Read the tag objects with the given ids, in that order; of anything else, say what it is.

        Raises:
            CommandFailed: Git died more often than a few damaged objects explain.
            RepositoryError: there is no usable repository.
        """
        heads = [*objects.lines(self._repo, oids, patience=_MOST_DAMAGED)]
        sizes = [_size(it[: it.rfind(b" ")]) for it in heads]
        tags = [number for number, it in enumerate(sizes) if isinstance(it, int)]
        raws = objects.bodies(
            self._repo,
            [oids[it] for it in tags],
            [heads[it] for it in tags],
            patience=_MOST_DAMAGED,
        )
        for size in sizes:
            if isinstance(size, NotATag):
                yield size
            else:
                yield _DAMAGED if (raw := next(raws)) is None else raw

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
        asked = [*oids]
        heads = objects.lines(self._repo, asked, patience=_MOST_DAMAGED)
        return {
            oid
            for oid, it in zip(asked, heads, strict=True)
            if it
            and not it.startswith(tagobject.MARK + b"commit ")
            and not it.endswith(b" missing\n")
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


@lru_cache(maxsize=1024)
def _size(header: bytes) -> int | NotATag:
    """Return the size of a tag object that may be read, from "TYPE SIZE"; or of one ID, why not."""
    if not header:
        return _DAMAGED
    kind, has_size, size = header.removeprefix(tagobject.MARK).partition(b" ")
    if not has_size:
        return MISSING
    if kind != b"tag":
        return NotATag(kind.decode())
    return found if (found := int(size)) <= tagobject.LARGEST else LARGE


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
    with repo.session.here:
        yield Objects(repo)


def read(repo: Repository, oids: Sequence[str]) -> Iterator[bytes | NotATag]:
    """Read tag objects, as `Objects.read` does."""
    with reading(repo) as objects:
        yield from objects.read(oids)


def contains(repo: Repository, last: str, wanted: str, before: Before) -> bool:
    """Tell whether a chain holds a tag object, from its last on; no, where it breaks off before."""
    with reading(repo) as objects:
        return any(oid == wanted for oid, _ in objects.follow(last, before))
