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
from mreg.git import process
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
    arguments = ("for-each-ref", "--format=%(objectname) %(refname:lstrip=2)", *patterns)
    with process.stream(repo, *arguments) as output:
        for line in output.read().decode("utf-8", "surrogateescape").split("\n")[:-1]:
            oid, _, tag = line.partition(" ")
            yield tag, oid


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
    named: list[tuple[str, TagName]] = []
    oids: list[str] = []
    problems: list[Problem] = []
    for tag, oid in list_refs(repo, patterns_of(artifact) if artifact else (PREFIX,)):
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
    if nested:
        for found in _peeled(repo, nested):
            (events if isinstance(found, Event) else problems).append(found)  # type: ignore[arg-type]
    return State.of(events, problems)


def _peeled(repo: Path, nested: Sequence[Event]) -> Iterator[Event | Problem]:
    """Find the commits of the events whose tags point to other tags."""
    for event, (oid, kind) in zip(nested, peel(repo, [e.oid for e in nested]), strict=True):
        if kind == "commit":
            yield event._replace(commit=oid)
        else:
            yield reading.not_a_commit(event.tag, kind)
