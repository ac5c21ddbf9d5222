"""Contents in Git's object store, as they are there: no filter and no line ending is applied."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

from mreg.content.location import GitBlob
from mreg.content.sources import Origin, Source
from mreg.content.store import Sink
from mreg.git.blobs import Blobs

if TYPE_CHECKING:
    from mreg.net.http import Taker


class _Blobs(Source[GitBlob]):
    """Blobs, all through one Git process."""

    resumes = False
    at_once = 1

    def __init__(self, origin: Origin) -> None:
        self._stack = ExitStack()
        self._blobs = self._stack.enter_context(Blobs(origin.repo, origin.commit))

    def prepare(self, contents: Sequence[GitBlob]) -> None:
        self._blobs.supply([it.oid for it in contents])

    def is_small(self, content: GitBlob) -> bool:
        return not self._blobs.is_large(content.oid)

    def whole(self, content: GitBlob) -> bytes:
        _, chunks = self._blobs.read(content.oid)
        return b"".join(map(bytes, chunks))

    def fetch(self, content: GitBlob, into: Sink | Taker) -> None:
        if self._blobs.is_large(content.oid) and isinstance(into, Sink):
            into.begin(self._blobs.size(content.oid))
            with self._blobs.written(content.oid, into.descriptor) as has_ended:
                into.follow(has_ended)
            return
        size, chunks = self._blobs.read(content.oid)
        into.begin(size)
        for chunk in chunks:
            into.write(chunk)

    def close(self) -> None:
        self._stack.close()


source = _Blobs
