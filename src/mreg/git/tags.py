"""Reading the registry's tags: every ref in one pass, every tag object in another.

Two Git processes, however large the registry; a third only if a tag points to another tag.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

from mreg import kinds, names, reading
from mreg.events import Event
from mreg.git import process, snapshot
from mreg.kinds import TagName
from mreg.problems import Problem, problem
from mreg.state import State

PREFIX = "refs/tags/"


class NotATag(NamedTuple):
    """What a ref holds instead of a tag object.

    Attributes:
        kind: commit, tree or blob; "missing" if the object is not there, "damaged" if Git cannot
            read it.
    """

    kind: str


def list_refs(repo: Path, patterns: Iterable[str] = (PREFIX,)) -> Iterator[tuple[str, str]]:
    """Iterate over the tags whose refs match any of the patterns of `git for-each-ref`.

    Returns:
        Pairs of the tag's name, without refs/tags/, and the id of the object that it holds. Bytes
        of a name that are not UTF-8 stand as surrogates.
    """
    return list_names(repo, patterns, "refname:lstrip=2")


def list_names(
    repo: Path, patterns: Iterable[str], form: str = "refname"
) -> Iterator[tuple[str, str]]:
    """Iterate over the refs that match any of the patterns: pairs of a name and an object's id.

    Args:
        repo: a folder in the repository.
        patterns: those of `git for-each-ref`.
        form: how the name is given; in full if nothing else is asked for.
    """
    return _pairs(_listing(repo, patterns, form))


def _listing(repo: Path, patterns: Iterable[str], form: str) -> bytes:
    """Return what `git for-each-ref` lists: "OID NAME" in each line."""
    return process.run(repo, "for-each-ref", f"--format=%(objectname) %({form})", *patterns)


def _pairs(listing: bytes) -> Iterator[tuple[str, str]]:
    for line in listing.decode("utf-8", "surrogateescape").split("\n")[:-1]:
        oid, _, name = line.partition(" ")
        yield name, oid


def patterns_of(artifact: str) -> tuple[str, ...]:
    """Return the ref patterns that match an artifact's tags, and few others.

    A `*` does not cross a "/", which a stage may hold; a `**` does, where it stands between two.
    """
    start = f"{PREFIX}{names.in_tag(artifact)}"
    return (f"{start}@*", f"{start}#*", f"{start}#*/**")


_MOST_DAMAGED = 50


def read_objects(repo: Path, oids: Sequence[str]) -> Iterator[bytes | NotATag]:
    """Read the tag objects with the given ids, in that order, in one process.

    What is no tag object is passed over: a ref may as well hold a blob of any size. Git dies on
    an object whose bytes are damaged; then it is asked again for those behind it.

    Raises:
        CommandFailed: Git died more often than a few damaged objects explain.
    """
    done = failures = 0
    while done < len(oids):
        try:
            for found in _read_batch(repo, oids[done:]):
                done += 1
                yield found
        except process.CommandFailed:
            failures += 1
            if failures > _MOST_DAMAGED:
                raise
        if done < len(oids):
            done += 1
            yield NotATag("damaged")


def _read_batch(repo: Path, oids: Iterable[str]) -> Iterator[bytes | NotATag]:
    """Run `git cat-file --batch`: "TYPE SIZE" and the object's bytes, or "OID missing"."""
    command = ("cat-file", "--batch=%(objecttype) %(objectsize)", "--buffer")
    with (
        _requests(oids) as requests,
        process.stream(repo, *command, stdin=requests) as output,
    ):
        for header in output:
            if header.startswith(b"tag "):
                size = int(header[4:])
                raw = output.read(size + 1)
                if len(raw) <= size:
                    return
                yield raw[:-1]
                continue
            first, second = header.split()
            if second == b"missing":
                yield NotATag("missing")
            else:
                _skip(output, int(second) + 1)
                yield NotATag(first.decode())


def _skip(output: IO[bytes], size: int) -> None:
    while size > 0 and (chunk := output.read(min(size, 1 << 20))):
        size -= len(chunk)


@contextmanager
def _requests(lines: Iterable[str]) -> Iterator[IO[bytes]]:
    """Put lines where a process can read them: a file, since a pipe could fill up both ways."""
    with tempfile.TemporaryFile() as file:
        file.write("\n".join(lines).encode())
        file.seek(0)
        yield file


def peel(repo: Path, oids: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Follow tags of tags to what they stand for: its id and its type, in one process."""
    with (
        _requests(f"{oid}^{{}}" for oid in oids) as requests,
        process.stream(repo, "cat-file", "--batch-check", stdin=requests) as output,
    ):
        for line in output:
            oid, kind, *_ = line.decode().split()
            yield oid, kind


def read_state(repo: Path, artifact: str | None = None) -> State:
    """Read the registry's state; of one artifact alone if it is named.

    Raises:
        RepositoryError: there is no usable repository.
    """
    patterns = patterns_of(artifact) if artifact else (PREFIX,)
    listing = _listing(repo, patterns, "refname:lstrip=2")
    keep = not artifact and snapshot.is_worth_it(listing)
    if keep and (kept := snapshot.load(repo, listing)):
        return kept
    state = _read(repo, _pairs(listing))
    if keep and not any(
        it.code == "MR005" or it.message == reading.DAMAGED for it in state.problems
    ):
        # A missing object may come back without any change to the refs.
        snapshot.save(repo, listing, state)
    return state


def _read(repo: Path, refs: Iterable[tuple[str, str]]) -> State:
    """Read the registry tags among some tags, given by name and object id."""
    named: list[tuple[str, TagName]] = []
    oids: list[str] = []
    problems: list[Problem] = []
    for tag, oid in refs:
        name = kinds.parse(tag)
        if name is not None:
            named.append((tag, name))
            oids.append(oid)
        elif kinds.is_near_miss(tag):
            problems.append(problem("MR001", tag, "it is almost a registry tag, but not quite"))
    events: list[Event] = []
    nested: list[Event] = []
    objects = read_objects(repo, oids)
    for (tag, name), oid, raw in zip(named, oids, objects, strict=True):
        found = (
            reading.not_a_tag(tag, raw.kind)
            if isinstance(raw, NotATag)
            else reading.read(tag, name, oid, raw)
        )
        if isinstance(found, Event):
            events.append(found)
        elif isinstance(found, Problem):
            problems.append(found)
        else:
            nested.append(found.event)
    for found in _peeled(repo, nested) if nested else ():
        if isinstance(found, Event):
            events.append(found)
        else:
            problems.append(found)
    return State.of(events, problems)


def _peeled(repo: Path, nested: Sequence[Event]) -> Iterator[Event | Problem]:
    """Find the commits of the events whose tags point to other tags."""
    for event, (oid, kind) in zip(nested, peel(repo, [e.oid for e in nested]), strict=True):
        if kind == "commit":
            yield event._replace(commit=oid)
        else:
            yield reading.not_a_commit(event.tag, kind)
