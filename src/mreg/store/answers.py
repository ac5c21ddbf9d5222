"""What whole-registry questions ask of each artifact, kept on disk by the ids of its tags' objects.

An artifact's tags decide its answer, since objects never change. So an answer is kept under a
digest of the lines that list these tags, and counts only for exactly those: after one new tag one
artifact is read. Deleting what is kept changes no answer (docs/adr/0011-kept-answers.md).
"""

from __future__ import annotations

import marshal
import os
import zlib
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeAlias

from mreg import __version__
from mreg.core import listing
from mreg.core.diagnostics import Diagnostic
from mreg.core.listing import Listing
from mreg.core.plain import PlainStanding
from mreg.core.replay import History, State
from mreg.git import ref_files, refs
from mreg.git.repository import Repository
from mreg.store import read
from mreg.system import cache, kept_file
from mreg.system.digest import blake2b
from mreg.tuples import NamedTuple

LARGEST = 256 << 20
"""How many bytes all files together may take up. Of a million tags `show` keeps some 25 MB."""

FOLDER = "answers"
"""Where answers are kept, in the cache's folder."""

SIZE = 64 << 10
"""How many bytes the lines of a block's tags have, or somewhat more: about 1,000 tags."""

ROOM = 32 << 20
"""How many bytes of answers that were just made stay in memory until they are asked for."""

_DIGEST = 16
_WORDS = 5
"""How many fields of a `Diagnostic` a problem of a tag has: all but where it is."""


class AnswerKind(NamedTuple):
    """A kind of answer.

    Attributes:
        name: its name, which is that of its files, too.
        form: what its values are: values of another form are not read.
        make: makes it of an artifact's history. It has two parts: a small one of plain values,
            which are all in memory at once, and bytes, which are not.
        quick: makes the same of how an artifact stands whose tags are all plain, if that is enough.
    """

    name: str
    form: str
    make: Callable[[History], tuple[Any, bytes]]
    quick: Callable[[str, PlainStanding], tuple[Any, bytes]] | None = None

    def of(self, state: State) -> Answers:
        """Return the answers of a state that was read."""
        found = [_answered(self, read.FoundHistory(it, []), b"") for it in state]
        return Answers([_block(found)], state.problems)


class _Kept(NamedTuple):
    """What is kept of an artifact; plain values alone.

    Attributes:
        artifact: its name.
        digest: of the lines of its tags; empty where what they say may be another another time.
        exists: whether it has an event.
        row: the small part of its answer.
        problems: what is wrong with its tags.
    """

    artifact: str
    digest: bytes
    exists: bool
    row: Any
    problems: tuple[tuple[Any, ...], ...]


class _Block(NamedTuple):
    """Some artifacts that follow each other by name.

    Attributes:
        kept: what is kept of each.
        bodies: the large parts of their answers, compressed.
        fresh: these as they are, where they were just made, and there is room for them.
    """

    kept: Sequence[_Kept]
    bodies: bytes
    fresh: Sequence[bytes] | None = None


_Whole: TypeAlias = tuple[bytes, Sequence[_Block], Sequence[str]]
"""All answers: a digest of all refs of tags, the blocks, and the names of other tags that look
meant for the registry. The digest is empty where a tag may be read otherwise another time."""


class Answers:
    """The answers of a registry's artifacts, by name.

    Attributes:
        problems: what is wrong with the registry's tags.
    """

    def __init__(self, blocks: Sequence[_Block], problems: tuple[Diagnostic, ...]) -> None:
        self._blocks = blocks
        self.problems = problems

    def saying(self, problems: tuple[Diagnostic, ...]) -> Answers:
        """Return the same answers, with other problems."""
        return Answers(self._blocks, problems)

    def rows(self) -> Iterator[tuple[str, Any]]:
        """Iterate over the artifacts, and the small part of the answer of each."""
        return ((it.artifact, it.row) for them in self._blocks for it in them.kept if it.exists)

    def each(self) -> Iterator[tuple[str, Any, bytes]]:
        """Iterate over the artifacts, and both parts of the answer of each."""
        for them in self._blocks:
            for it, body in _both(them):
                if it.exists:
                    yield it.artifact, it.row, body


def read_answers(repo: Repository, kind: AnswerKind) -> Answers:
    """Return the answers of all artifacts.

    Raises:
        RepositoryError: there is no usable repository.
    """
    whole, blocks, others = _load(repo, kind)
    with ref_files.held(repo, refs.PREFIX) as held:
        key = held.fingerprint() if held else b""
        known = key and key == whole
        lines = None if known or not held else held.listing()
    if not known:
        if lines is None:  # the refs are elsewhere, too
            lines = refs.listing(repo, (refs.PREFIX,), refs.TAGS)
            key = _digest(lines)
        if key != whole:
            listed = listing.read(lines)
            renewed = _within(ROOM, _renewed(repo, kind, listed, blocks))
            blocks, others = [*renewed], listed.others
            if lines.count(b"\n") >= read.LARGE:
                sure = all(it.digest for them in blocks for it in them.kept)
                _save(repo, kind, (key if sure else b"", blocks, others))
    found = (Diagnostic(*it) for them in blocks for one in them.kept for it in one.problems)
    return Answers(blocks, read.in_order([*map(read.near_miss, others), *found]))


def _renewed(
    repo: Repository, kind: AnswerKind, listed: Listing, blocks: Sequence[_Block]
) -> Iterator[_Block]:
    """Iterate over the blocks as they are now, given those that are kept."""
    digests = {artifact: _digest(listed.of(artifact)) for artifact in listed.runs}
    with read.reading(repo) as reader:
        for artifacts, old in _shared_out(digests, blocks):
            if [it[:2] for it in old.kept] == [(it, digests[it]) for it in artifacts]:
                yield old
            elif artifacts:
                yield from _made(reader, kind, listed, {it: digests[it] for it in artifacts}, old)


def _shared_out(
    artifacts: Iterable[str], blocks: Sequence[_Block]
) -> Iterator[tuple[list[str], _Block]]:
    """Iterate over the artifacts that belong into each block, and the block."""
    firsts = [them.kept[0].artifact for them in blocks[1:]]
    shares: list[list[str]] = [[] for _ in (None, *firsts)]
    for artifact in artifacts:
        shares[bisect_right(firsts, artifact)].append(artifact)
    yield from zip(shares, blocks or (_EMPTY,), strict=True)


def _made(
    reader: read.Reader, kind: AnswerKind, listed: Listing, digests: dict[str, bytes], old: _Block
) -> Iterator[_Block]:
    """Make blocks of artifacts; what is kept of them in an old block is taken out of that."""
    known = {
        it.artifact: (it, body) for it, body in _both(old) if it.digest == digests.get(it.artifact)
    }
    lacking = [it for it in digests if it not in known]
    fresh = reader.each(listed, lacking, standing=kind.quick is not None)
    block: list[tuple[_Kept, bytes]] = []
    size = 0
    for artifact, digest in digests.items():
        block.append(known.get(artifact) or _answered(kind, next(fresh), digest))
        size += sum(end - start for start, end in listed.runs[artifact])
        if size >= SIZE:
            yield _block(block)
            block, size = [], 0
    if block:
        yield _block(block)


def _answered(kind: AnswerKind, found: read.FoundHistory, digest: bytes) -> tuple[_Kept, bytes]:
    """Return what is to be kept of an artifact that was read, and the large part of its answer."""
    history, problems, plain = found
    exists = plain is not None or bool(history.timeline)
    row, body = None, b""
    if plain is not None and kind.quick:
        row, body = kind.quick(history.artifact, plain)
    elif exists:
        row, body = kind.make(history)
    sure = not any(map(read.may_pass, problems))
    words = tuple(tuple(it[:_WORDS]) for it in problems)
    return _Kept(history.artifact, digest if sure else b"", exists, row, words), body


def _block(found: Sequence[tuple[_Kept, bytes]]) -> _Block:
    bodies = [body for _, body in found]
    compressed = zlib.compress(marshal.dumps(bodies), zlib.Z_BEST_SPEED)
    return _Block(tuple(it for it, _ in found), compressed, bodies)


def _both(block: _Block) -> Iterator[tuple[_Kept, bytes]]:
    """Iterate over what is kept of artifacts, with the large parts of their answers."""
    bodies = block.fresh
    if bodies is None:
        bodies = marshal.loads(zlib.decompress(block.bodies))  # noqa: S302 - see `kept_file`
    return zip(block.kept, bodies, strict=True)


def _within(room: int, blocks: Iterable[_Block]) -> Iterator[_Block]:
    """Iterate over blocks, of which those that were just made stay as they are in so many bytes."""
    for them in blocks:
        if room > 0:
            room -= sum(map(len, them.fresh or ()))
            yield them
        else:
            yield them._replace(fresh=None)


_EMPTY = _block(())


def _load(repo: Repository, kind: AnswerKind) -> _Whole:
    """Return what is kept of a repository's artifacts; nothing where that is not whole."""
    content = kept_file.read(_file(repo, kind), _key(kind))
    if content is None:
        return b"", [], ()
    digest, blocks, others = marshal.loads(content)  # noqa: S302 - see `kept_file`
    return digest, [_Block([*map(_Kept._make, kept)], it) for kept, it in blocks], others


def _save(repo: Repository, kind: AnswerKind, whole: _Whole) -> None:
    """Keep the answers of a repository's artifacts."""
    digest, blocks, others = whole
    plain: Any = [([tuple(it) for it in them.kept], them.bodies) for them in blocks]
    file = _file(repo, kind)
    with suppress(OSError):
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        kept_file.write(file, _key(kind), marshal.dumps((digest, plain, tuple(others))))
        _make_room(file.parent)


def _make_room(folder: Path) -> None:
    """Remove the files that were not written for longest, where all of them are too large."""
    known = [(it.stat().st_mtime, it.stat().st_size, it.path) for it in os.scandir(folder)]
    room = LARGEST
    for _, size, path in sorted(known, reverse=True):
        room -= size
        if room < 0:
            Path(path).unlink(missing_ok=True)


def _file(repo: Repository, kind: AnswerKind) -> Path:
    return cache.folder() / FOLDER / f"{repo.cache_name()}-{kind.name}"


def _key(kind: AnswerKind) -> bytes:
    """Return who writes values, and in which form."""
    return f"mreg {__version__} {marshal.version} {_Kept._fields} {kind.form}".encode()


def _digest(content: bytes) -> bytes:
    return blake2b(content, digest_size=_DIGEST).digest()
