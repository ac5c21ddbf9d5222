"""What commits say of artifacts, kept once it was read: a question about all versions is a lookup.

A commit decides what it says of an artifact, unless something of it is kept elsewhere, as by DVC,
or cannot be read: then nothing is kept. A question about few versions reads them as they are.
"""

from __future__ import annotations

import marshal
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING

from mreg.annotations import entry, packed, sources
from mreg.annotations.packed import Said
from mreg.annotations.sources import Wanted
from mreg.git import files
from mreg.git.repository import Repository
from mreg.store.versioned_files import Fetcher, VersionedFiles

if TYPE_CHECKING:
    from mreg.system.kept import KeptValues

FEWEST = 50
"""What is said of so many versions is looked up, and kept; to read fewer is as quick."""


def read(
    repo: Repository,
    wanted: Sequence[Wanted],
    *,
    checked: bool = False,
    fetcher: Fetcher | None = None,
) -> list[Said]:
    """Return what commits say of artifacts; what has to be `checked` is read anew each time.

    What DVC keeps of a commit, and its cache on this machine lacks, a fetcher may fetch. Of such a
    commit nothing is kept, so that an answer without a fetcher is the same before and after.
    """
    with VersionedFiles(repo, fetcher=fetcher) as contents:
        if checked or len(wanted) < FEWEST:
            return sources.read(wanted, contents, checked=checked)
        return read_and_keep(repo, wanted, contents)[0]


def read_and_keep(
    repo: Repository, wanted: Sequence[Wanted], contents: VersionedFiles
) -> tuple[list[Said], set[str]]:
    """Return what commits say of artifacts, and the commits that lack objects: it may change."""
    from mreg.store import repository_cache  # which a question about few versions does without

    values = repository_cache.of(repo)
    found = dict(_looked_up(values, wanted))
    rest = [it for it in dict.fromkeys(wanted) if it not in found]
    lacking: set[str] = set()
    if rest:
        said = dict(zip(rest, sources.read(rest, contents), strict=True))
        lacking = contents.unsettled()
        passing = lacking | contents.asked_elsewhere
        found |= said
        values.put(dict(_lasting(it for it in said.items() if it[0].commit not in passing)))
    return [found[it] for it in wanted], lacking


def annotated(repo: Repository, rev: str) -> frozenset[str]:
    """Return the names of the artifacts that a commit annotates; none of their entries is read."""
    with VersionedFiles(repo) as contents:
        return sources.annotated_names(files.list_tree(repo, rev), contents)


def _looked_up(values: KeptValues, wanted: Sequence[Wanted]) -> Iterator[tuple[Wanted, Said]]:
    """Iterate over what is kept of what commits say."""
    known = values.within({_prefix(it.artifact) for it in wanted})
    for it in wanted:
        if raw := known.get(_key(it)):
            # Whoever can write into the user's cache folder can run programs as that user anyway.
            subject, fields = marshal.loads(raw)  # noqa: S302
            if subject in (None, it.subject):
                yield it, packed.unpack(fields)


def _lasting(said: Iterable[tuple[Wanted, Said]]) -> Iterator[tuple[bytes, bytes]]:
    """Iterate over keys and what is kept under them."""
    for it, content in said:
        # What a problem is about stands in its text, too: it counts for that alone.
        subject = it.subject if entry.problems(content) else None
        with suppress(ValueError):  # YAML has values that are none of the plain ones
            yield _key(it), marshal.dumps((subject, packed.pack(content)))


def _key(it: Wanted) -> bytes:
    """Return what it is kept under: all of an artifact lies together."""
    return _prefix(it.artifact) + it.commit.encode()


@lru_cache(maxsize=1024)
def _prefix(artifact: str) -> bytes:
    from mreg.system.digest import blake2b

    digest = blake2b(artifact.encode("utf-8", "surrogatepass"), digest_size=16).digest()
    return b"a" + digest
