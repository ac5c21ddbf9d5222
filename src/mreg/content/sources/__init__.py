"""Where contents are fetched from: one module a source, loaded when it is needed.

A source writes bytes into a sink and does not judge them: the store does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeVar

from mreg.content import location
from mreg.content.location import Content
from mreg.content.store import Sink
from mreg.dvc.pointers import Pointer
from mreg.dvc.records import DvcObject
from mreg.git.repository import Repository

C_contra = TypeVar("C_contra", contravariant=True)


class Origin(NamedTuple):
    """From where a version is fetched: a clone, or a mirror without work tree; and its commit."""

    repo: Repository
    commit: str


class Source(Protocol[C_contra]):
    """What fetches contents of one kind, for one get.

    Attributes:
        resumes: whether it can go on with a content that was cut short (`Sink.offset`).
        at_once: how many threads may call `fetch` at the same time.
    """

    resumes: bool
    at_once: int

    def prepare(self, contents: Sequence[C_contra]) -> None:
        """Hear, before the first fetch, of all that will be fetched: some is asked for in one go.

        It may be called again with more.
        """

    def here(self, content: C_contra) -> Iterator[Path]:
        """Iterate over the files on this machine that should hold a content."""
        yield from ()

    def is_small(self, content: C_contra) -> bool:
        """Tell whether a content is at hand, and small enough to be `whole` in memory."""
        return False

    def whole(self, content: C_contra) -> bytes:
        """Return a small content; otherwise as `fetch`."""
        raise NotImplementedError

    def fetch(self, content: C_contra, into: Sink) -> None:
        """Fetch one content: call `into.begin`, then `into.write` for each piece.

        Raises:
            GitError: it cannot be had: a RemoteError if a remote is why.
            Refused: what was recorded of it is not enough to fetch it.
        """

    def close(self) -> None:
        """Give back what is held, if anything is: processes, connections."""


SOURCES: dict[type, str] = {
    location.GitBlob: "blobs",
    DvcObject: "dvc",
    location.UrlLocation: "url",
    location.Outside: "outside",
}
"""The modules here that fetch contents; what a pointer stands for is fetched by its keeper's."""


def of(content: Content) -> str:
    """Return the module that fetches a content."""
    return content.keeper if isinstance(content, Pointer) else SOURCES[type(content)]


def source(name: str, origin: Origin) -> Source[Any]:
    """Return what fetches contents: a module here calls it `source`."""
    made: Source[Any] = import_module(f"{__name__}.{name}").source(origin)
    return made
