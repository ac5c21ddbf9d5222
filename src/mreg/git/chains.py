"""Chains of tag objects, each of which points to the one before it, followed in one process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from mreg.git import process
from mreg.git.process import CommandFailed, Conversation

Before = Callable[[bytes], str | None]
"""Reads out of a tag object's bytes which one comes before it; None if none does."""


class Chains:
    """Reads tag objects one by one."""

    def __init__(self, talk: Conversation) -> None:
        self._talk = talk

    def follow(self, oid: str, before: Before) -> Iterator[tuple[str, bytes]]:
        """Iterate over the tag objects from one on, backwards; it ends where one cannot be read.

        Args:
            oid: the id of the last one.
            before: which one comes before it.
        """
        at: str | None = oid
        while at and (raw := self._read(at)) is not None:
            yield at, raw
            at = before(raw)

    def _read(self, oid: str) -> bytes | None:
        self._talk.write(f"{oid}\n".encode())
        header = self._talk.read_line().split()
        if len(header) < len(("OID", "TYPE", "SIZE")):
            return None
        size = int(header[2])
        if header[1] != b"tag":
            self._talk.skip(size + 1)
            return None
        return self._talk.read(size + 1)[:-1]


@contextmanager
def reading(repo: Path) -> Iterator[Chains]:
    """Read chains while the block lasts.

    Raises:
        RepositoryError: there is no usable repository.
    """
    with process.conversation(repo, "cat-file", "--batch") as talk:
        yield Chains(talk)


def contains(repo: Path, last: str, wanted: str, before: Before) -> bool:
    """Tell whether a chain holds a tag object; no, where it breaks off before that.

    Args:
        repo: a folder in the repository.
        last: the last of the chain.
        wanted: the object's id.
        before: which one comes before another.
    """
    try:
        with reading(repo) as chains:
            return any(oid == wanted for oid, _ in chains.follow(last, before))
    except CommandFailed:  # a damaged object, at which Git gives up
        return False
