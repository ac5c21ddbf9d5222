"""Contents that are on this machine already, for who wants to look at them and fetch nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TypeVar

from mreg.content import digests, hash, sources
from mreg.content.location import File, GitBlob, UrlLocation
from mreg.content.sources import Origin
from mreg.content.store import CHUNK, store
from mreg.errors import Refused
from mreg.git import checkout, commits
from mreg.git.blobs import Blobs

T = TypeVar("T")


def read(
    place: File, path: str, origin: Origin, reader: Callable[[Iterator[bytes | memoryview]], T]
) -> T | None:
    """Let a file be read, in pieces, wherever it is on this machine; None if it is nowhere.

    That is Git, the cache of mreg, of DVC, Git LFS or git-annex, or its path in the work tree. One
    that does not have the digest by which the content is known is passed over.

    Raises:
        Refused: the reader refuses the content, or it is a pointer that cannot be followed.
    """
    content = place.content
    if isinstance(content, GitBlob) and _is_in_git(content, origin):
        content = hash.pointed(path, content, origin) or content
    files = [store().path_of(content.digest)]
    if isinstance(content, GitBlob):
        if _is_in_git(content, origin):
            with Blobs(*origin) as blobs:
                blobs.supply([content.oid])
                return _read(*blobs.read(content.oid), content.digest, reader)
    elif not isinstance(content, UrlLocation):
        with closing(sources.source(sources.of(content), origin)) as source:
            files += source.here(content)
        files.append(checkout.root(origin.repo) / path)
    for it in filter(Path.is_file, files):
        found = _read(it.stat().st_size, _pieces(it), content.digest, reader)
        if found is not None:
            return found
    return None


def _is_in_git(content: GitBlob, origin: Origin) -> bool:
    # Asked about what it left out, a partial clone fetches it.
    return not origin.repo.is_partial() and not commits.missing(origin.repo, [content.oid])


def _pieces(file: Path) -> Iterator[bytes]:
    with file.open("rb") as opened:
        while chunk := opened.read(CHUNK):
            yield chunk


def _read(
    size: int,
    chunks: Iterator[bytes | memoryview],
    digest: str,
    reader: Callable[[Iterator[bytes | memoryview]], T],
) -> T | None:
    hasher = digests.hasher(digest, size)

    def hashed() -> Iterator[bytes | memoryview]:
        for chunk in chunks:
            hasher.update(chunk)
            yield chunk

    passing, found, refused = hashed(), None, None
    try:
        found = reader(passing)
    except Refused as error:
        refused = error
    for _ in passing:
        pass
    if hasher.hexdigest() != digests.split(digest)[1]:
        return None
    if refused:
        raise refused
    return found
