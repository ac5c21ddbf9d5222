"""Objects by their names: one `git cat-file` for all questions about tags, commits, trees, blobs.

It is asked in portions: `cat-file --batch-command --buffer` takes all requests of one before it
answers the first, so neither side ever waits for the other. Git before 2.36 has a process for each
of the two questions, and takes no more at once than a pipe's buffer holds.

A process answers one question at a time. Who asks another while answers are still being taken gets
a process more. It stays open as long as the repository's session does. Objects that others write
meanwhile are found: where Git does not find one, it looks again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import TypeVar

from mreg.core import tagobject
from mreg.errors import MregError, RepositoryError
from mreg.git import process
from mreg.git.process import CommandFailed, Conversation
from mreg.git.repository import Repository
from mreg.git.session import Session
from mreg.tuples import NamedTuple

_T = TypeVar("_T")

_FORM = f"{tagobject.MARK.decode()}%(objecttype) %(objectsize) %(objectname)"
_KINDS = {b"commit": "commit", b"tree": "tree", b"blob": "blob", b"tag": "tag"}
_ID_SIZES = (40, 64)

_OLD = {"info": "--batch-check", "contents": "--batch"}

_PORTION = 200
"""How many requests are put at once: what Git complains of them has to fit into a pipe."""

_OLD_PORTION = 8 << 10
"""How many bytes of requests an older Git takes at once."""


class Content(NamedTuple):
    """What Git says of an object.

    Attributes:
        kind: commit, tree, blob or tag; "missing" if there is none of such a name; "damaged" if
            Git died of it.
        size: how many bytes it has.
        oid: its id.
        raw: its bytes, where they were asked for: no more than one above the limit.
    """

    kind: str
    size: int = 0
    oid: str = ""
    raw: bytes | None = None


_MISSING, _DAMAGED = Content("missing"), Content("damaged")


def can_be_asked(name: str) -> bool:
    """Tell whether Git can be asked for such a name, or path.

    A request is a line (Git has -z from 2.38 on only) that a NUL would cut short, which no name
    holds. What is no character, as a file may write one as an escape, has no bytes.
    """
    try:
        name.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return False
    return "\n" not in name and "\0" not in name


def headers(repo: Repository, names: Sequence[str]) -> Iterator[Content]:
    """Return what objects are, by ids or other names that Git knows, such as "COMMIT:PATH".

    Raises:
        RepositoryError: there is no usable repository.
    """
    return map(_header, lines(repo, names))


def contents(
    repo: Repository, names: Sequence[str], *, limit: int | None = None
) -> Iterator[Content]:
    """Read objects, as `headers` does; of each no more than one byte above the limit.

    Raises:
        RepositoryError: there is no usable repository.
    """

    def answers(talk: Conversation, _: int) -> Iterator[Content]:
        while line := talk.read_line():
            found = _header(line)
            if found.oid:
                wanted = found.size if limit is None else min(found.size, limit + 1)
                raw = talk.read(wanted)
                if len(raw) < wanted or talk.skip(found.size - wanted + 1):
                    return
                found = Content(found.kind, found.size, found.oid, raw)  # sooner than _replace
            yield found

    return _ask(repo, "contents", names, answers, _DAMAGED)


def lines(
    repo: Repository, names: Sequence[str], *, patience: int | None = None
) -> Iterator[bytes]:
    """Return what Git says of objects: a mark and "TYPE SIZE OID"; nothing of one that it died of.

    Raises:
        CommandFailed: Git died more often than there is patience for.
        RepositoryError: there is no usable repository.
    """
    return _ask(repo, "info", names, lambda talk, _: iter(talk.read_line, b""), b"", patience)


def bodies(
    repo: Repository, names: Sequence[str], heads: Sequence[bytes], *, patience: int | None = None
) -> Iterator[bytes | None]:
    """Read objects of which `lines` told the sizes; None of one that Git died of.

    Raises:
        CommandFailed, RepositoryError: as for `lines`.
    """

    def answers(talk: Conversation, start: int) -> Iterator[bytes]:
        for head in heads[start:]:
            # The same line again, and a line feed behind.
            size = len(head) + int(head.split(b" ", 2)[1]) + 1
            raw = talk.read(size)
            if len(raw) < size:
                return
            yield raw[len(head) : -1]

    return _ask(repo, "contents", names, answers, None, patience)


def bulk(
    repo: Repository, verb: str, names: Sequence[str], take: Callable[[Conversation], bytes | None]
) -> bytes | None:
    """Put all requests at once, and let one call take all answers to them.

    Returns:
        What `take` returns; None, too, of a Git before 2.36, which cannot be asked in this way.
        Where it is None, the process is ended, and whatever is left of the answers with it.
    """
    with _leased(repo) as reader:
        found = take(reader.ask(verb, names)) if reader.takes_verbs() else None
        if found is not None:
            reader.owed = 0
        return found


def heard(repo: Repository) -> str:
    """Return what Git has complained of since this was asked last, while the session is open."""
    session = repo.session.here
    said, session.said = session.said, []
    return "".join(said)


def _header(line: bytes) -> Content:
    """Read "TYPE SIZE OID"; anything else, such as "NAME missing", is no object."""
    if not line:
        return _DAMAGED
    kind, _, rest = line[:-1].removeprefix(tagobject.MARK).partition(b" ")
    size, _, oid = rest.partition(b" ")
    if kind in _KINDS and size.isdigit() and len(oid) in _ID_SIZES and b" " not in oid:
        return Content(_KINDS[kind], int(size), oid.decode())
    return _MISSING


def _ask(
    repo: Repository,
    verb: str,
    names: Sequence[str],
    answers: Callable[[Conversation, int], Iterator[_T]],
    dead: _T,
    patience: int | None = None,
) -> Iterator[_T]:
    """Put requests, and iterate over the answers to them; `dead` stands for one that Git died of.

    What `answers` returns, from the request of a number on, ends early where Git has died.
    """
    if not names:
        return
    with _leased(repo) as reader:
        done = 0
        for end in reader.portions(names):
            while done < end:
                talk = reader.ask(verb, names[done:end])
                for it in islice(answers(talk, done), end - done):
                    done += 1
                    reader.owed -= 1
                    yield it
                if done < end:
                    reader.restart(patience)
                    done += 1
                    yield dead
            reader.listen()
            reader.rest()


@contextmanager
def _leased(repo: Repository) -> Iterator[_Reader]:
    """Hand out a reader; who asks next gets it, too, unless it still owes answers by then."""
    with repo.session.here as session:
        reader: _Reader = session.idle.pop() if session.idle else _Reader(repo)
        try:
            yield reader
        finally:
            session.said += reader.complaints()
            if reader.owed:
                reader.end()
            else:
                reader.rest()
                session.idle.append(reader)


_MOST_ASKED = 200_000
"""So many objects a process is asked for before another takes its place: Git keeps something of
each, 0.4 kB on average, and would take up more than all of mreg where a registry is large."""


class _Reader:
    """The process that answers for objects, or, of an older Git, the two.

    Attributes:
        owed: how many answers are still to be taken.
        asked: how many objects its process was asked for.
    """

    def __init__(self, repo: Repository) -> None:
        # The session keeps its readers: one that kept the session would keep Git running with it.
        self._repo = repo._replace(session=Session())
        self._talks: dict[str, Conversation] = {}
        self._has_verbs = True
        self._deaths = 0
        self._said: list[str] = []
        self.owed = 0
        self.asked = 0

    def portions(self, names: Sequence[str]) -> Iterator[int]:
        """Iterate over the numbers of the requests before which a portion ends."""
        if self.takes_verbs():
            yield from range(_PORTION, len(names), _PORTION)
        else:
            length = 0
            for number, name in enumerate(names):
                length += len(name.encode("utf-8", "surrogateescape")) + 1
                if length > _OLD_PORTION:
                    yield number
                    length = 0
        yield len(names)

    def ask(self, verb: str, names: Sequence[str]) -> Conversation:
        """Put requests, of which each is a line; return where the answers come."""
        takes_verbs = self.takes_verbs()
        self.owed = len(names)
        self.asked += len(names)
        if takes_verbs:
            talk = self._talks[""]
            requests = f"\n{verb} ".join(names)  # in one go: a registry has many
            talk.write(f"{verb} {requests}\nflush\n".encode("utf-8", "surrogateescape"))
            return talk
        talk = self._talks.get(verb) or self._start(verb, f"{_OLD[verb]}={_FORM}")
        talk.write(process.lines(names))
        return talk

    def restart(self, patience: int | None) -> None:
        """Let another process take the place of one that died of an object."""
        failures = self.end()
        self._deaths += 1
        for it in failures:
            if not isinstance(it, CommandFailed) or (patience and self._deaths > patience):
                raise it

    def rest(self) -> None:
        """End a process that was asked for much, and owes nothing: the next question starts one."""
        if self.asked > _MOST_ASKED:
            self.end()

    def listen(self) -> None:
        """Take what was complained of out of the pipes, which would be full some time."""
        self._said += (it.overheard() for it in self._talks.values())

    def complaints(self) -> Iterable[str]:
        """Return what was complained of since the last call."""
        self.listen()
        found, self._said = self._said, []
        return filter(None, found)

    def takes_verbs(self) -> bool:
        """Start the one process that takes all questions; tell whether this Git has such."""
        if self._has_verbs and not self._talks:
            talk = self._start("", f"--batch-command={_FORM}", "--buffer")
            self.owed = 1
            talk.write(b"info ?\nflush\n")  # no name at all, so no remote is asked for it
            if talk.read_line():
                self.owed = 0
            else:
                failure = next(iter(self.end()), None)
                if not isinstance(failure, CommandFailed) or failure.returncode != process.USAGE:
                    raise failure or RepositoryError("Git cannot read objects")
                self._said = []
                self._has_verbs = False
        return self._has_verbs

    def _start(self, key: str, *mode: str) -> Conversation:
        talk = process.converse(self._repo, *process.IN_PIECES, "cat-file", *mode)
        self._talks[key] = talk
        return talk

    def end(self) -> list[MregError]:
        """End it; return what it had failed of before."""
        talks, self._talks, self.owed, self.asked = [*self._talks.values()], {}, 0, 0
        failures = [it for talk in talks if (it := talk.end())]
        self._said += (it.said for it in talks)
        return failures
