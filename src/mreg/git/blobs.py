"""Blobs read in pieces, however large, and what stands at a path of a commit.

`git cat-file --batch` hands out what the object store holds: no filter and no line ending of a
checkout is applied.
"""

from __future__ import annotations

import posixpath
import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple, Self

from mreg.errors import GitError, NotFound, RemoteError
from mreg.git import commits, config, objects, process, trees
from mreg.git.process import CommandFailed
from mreg.git.repository import Repository

FOLDER, SUBMODULE, LINK, PROGRAM = "040000", "160000", "120000", "100755"
"""The modes in a tree that are not those of plain files."""

LARGE = 8 << 20
"""From this size on, in bytes, a blob is worth a process of its own, that writes it into a file."""

_BUFFER = 1 << 20

_AHEAD = 150
"""So many blobs are asked for before the first is read: their ids fit any pipe's buffer."""

_TRANSFER = 60.0
"""How many times as long as another call a transfer of contents may take."""


class TreeEntry(NamedTuple):
    """What stands at a path of a tree: a mode of six octal digits, and the id.

    Bytes of a path that are not UTF-8 stand as surrogates.
    """

    mode: str
    oid: str
    path: str


def holder(repo: Repository, commit: str) -> Repository:
    """Return a repository that has the trees of a commit: this one, or the mirror of its remote.

    Raises:
        NotFound: there is no such commit.
        RemoteError, Refused: the remote that may have it cannot be asked.
    """
    if not commits.missing(repo, [f"{commit}^{{tree}}"]):
        return repo
    if own := repo.mirror:
        own.fetch_trees([commit])
        found: Repository | None = repo
    else:
        from mreg.git import upstream

        found = upstream.mirror_with(repo, [commit])
    if found is None or commits.missing(found, [f"{commit}^{{tree}}"]):
        raise NotFound(
            f"the commit {commit[:12]} is not in this repository",
            hint=f"git fetch origin {commit}, or ask someone who has it to push it",
        )
    return found


def at(repo: Repository, commit: str, path: str) -> TreeEntry | None:
    """Return what stands at a path of a commit, from the root, which is "."; None if nothing does.

    The repository must have the commit's trees.
    """
    if path in ("", "."):
        (root,) = objects.headers(repo, [f"{commit}^{{tree}}"])
        tree = root.oid if root.kind == "tree" else _tree(repo, commit)
        return TreeEntry(FOLDER, tree, ".")
    if not objects.can_be_asked(path):
        return None
    if path == posixpath.normpath(path) and path[0] not in "/.":
        folder, _, name = path.rpartition("/")
        with repo.session.here:
            (found,) = objects.contents(repo, [f"{commit}:{folder}"])
            complained = objects.heard(repo)
        if found.kind == "missing" and not complained:
            return None
        if found.kind == "tree" and found.raw is not None:
            wanted = name.encode("utf-8", "surrogateescape")
            listed = trees.entries(found.raw, id_size=len(found.oid) // 2)
            here = ((mode, oid) for mode, it, oid in listed if it == wanted)
            return next((TreeEntry(m.decode().zfill(6), it.hex(), path) for m, it in here), None)
    return next((it for it in _listed(repo, commit, path) if it.path == path), None)


def _tree(repo: Repository, commit: str) -> str:
    return process.run(repo, "rev-parse", "--verify", f"{commit}^{{tree}}").decode().strip()


def inside(repo: Repository, tree: str) -> list[TreeEntry]:
    """Return all files of a folder, and its submodules, by their paths in it."""
    found = trees.walk(repo, tree)
    if found is None:
        return list(_listed(repo, tree, recursive=True))
    return [TreeEntry(*it) for it in found]


def _listed(
    repo: Repository, tree: str, *paths: str, recursive: bool = False
) -> Iterator[TreeEntry]:
    deep = ["-r"] if recursive else []
    command = ("ls-tree", *deep, "-z", "--full-tree", "--end-of-options", tree)
    output = process.run(repo, "--literal-pathspecs", *command, *paths)
    return (TreeEntry(mode, oid, path) for mode, _, oid, path in trees.listed(output))


class Blobs:
    """The blobs of a commit; a context manager that ends its Git process."""

    def __init__(self, repo: Repository, commit: str) -> None:
        self._given = repo
        self._commit = commit
        self._repo = repo
        self._stack = ExitStack()
        self._talk: process.Conversation | None = None
        self._buffer = memoryview(bytearray(_BUFFER))
        self._sizes: dict[str, int] = {}
        self._waiting: deque[str] = deque()
        self._asked: deque[str] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: Any) -> None:
        self._stack.__exit__(*error)

    def supply(self, oids: Sequence[str]) -> None:
        """Fetch those of some blobs that are not here, all in one go.

        They are read quickest in the order in which they are named here.

        Raises:
            RemoteError: the remote cannot be asked, or does not have them.
        """
        seconds = self._given.network.seconds * _TRANSFER
        self._repo = holder(self._given, self._commit)
        if own := self._repo.mirror:
            own.fetch_objects(oids, seconds=seconds)
        elif lacking := _promised(self._repo, self._commit, set(oids)):
            _fetch(self._repo, lacking, seconds)
        self._sizes |= commits.sizes(self._repo, list(oids))
        self._waiting.extend(it for it in oids if not self.is_large(it))

    def is_large(self, oid: str) -> bool:
        """Tell whether a blob is better written than read."""
        return self._sizes.get(oid, 0) >= LARGE

    @contextmanager
    def written(self, oid: str, descriptor: int) -> Iterator[Callable[[], bool]]:
        """Let Git write a blob into an open file; hand out what tells whether it has.

        Raises:
            GitError: it is damaged.
            OSError: there is no room for it.
        """
        command = (*process.STREAMED, "cat-file", "blob", oid)
        try:
            with process.into(self._repo, descriptor, *command) as has_ended:
                yield has_ended
        except CommandFailed:
            raise self._unreadable(oid) from None

    def size(self, oid: str) -> int:
        """Return a blob's size in bytes; it must have been supplied."""
        return self._sizes[oid]

    def read(self, oid: str) -> tuple[int, Iterator[memoryview]]:
        """Return a blob's size, and its bytes in pieces, each good until the next is asked for.

        All pieces have to be taken before another blob is read.

        Raises:
            GitError: there is no such blob, or it is damaged.
        """
        if self._talk is None:
            where = self._repo
            talking = process.conversation(where, *process.STREAMED, "cat-file", "--batch")
            self._talk = self._stack.enter_context(talking)
        size = self._find(self._talk, oid)
        return size, self._pieces(self._talk, oid, size)

    def _find(self, talk: process.Conversation, oid: str) -> int:
        """Pass over the answers before a blob's own; return the blob's size."""
        while True:
            if not self._asked:
                self._ask(talk, oid)
            answered = self._asked.popleft()
            header = talk.read_line().split()
            if answered == oid:
                break
            if header[1:2] == [b"blob"]:
                talk.skip(int(header[2]) + 1)
        if header[1:2] != [b"blob"]:
            raise self._unreadable(oid)
        return int(header[2])

    def _ask(self, talk: process.Conversation, oid: str) -> None:
        """Ask for a blob, and for some of those that will be read after it."""
        if oid in self._waiting:
            while self._waiting[0] != oid:
                self._waiting.popleft()
            portion = [self._waiting.popleft() for _ in range(min(_AHEAD, len(self._waiting)))]
        else:
            portion = [oid]
        self._asked.extend(portion)
        talk.write(process.lines(portion))

    def _pieces(self, talk: process.Conversation, oid: str, size: int) -> Iterator[memoryview]:
        left = size
        while left:
            count = talk.read_into(self._buffer[: min(left, _BUFFER)])
            if not count:
                raise self._unreadable(oid)
            left -= count
            yield self._buffer[:count]
        talk.skip(1)

    def _unreadable(self, oid: str) -> GitError:
        return GitError(
            f"Git cannot read the blob {oid[:12]}: it is missing from {self._repo} or damaged",
            hint="run `git fsck` to list damaged objects, or clone the repository again",
        )


def _promised(repo: Repository, commit: str, oids: set[str]) -> list[str]:
    """Return those of a commit's blobs that a partial clone left out."""
    if not repo.is_partial():
        return []
    listed = ("rev-list", "--objects", "--no-object-names", "--missing=print", f"{commit}^{{tree}}")
    lines = process.run(repo, *listed).decode().split()
    return [it[1:] for it in lines if it.startswith("?") and it[1:] in oids]


def _fetch(repo: Repository, oids: Sequence[str], seconds: float) -> None:
    """Fetch what a partial clone left out, as Git itself does, but all in one go.

    Git's own arguments are in its promisor-remote.c (fetch_objects).
    """
    keys = (it.key for it in config.read(repo))
    promised = next((it for it in keys if re.fullmatch(r"remote\..*\.promisor", it)), "")
    remote = promised.removeprefix("remote.").removesuffix(".promisor")
    quiet = ("--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules")
    silent = repo._replace(network=repo.network._replace(prompts=False))
    done = process.run_bounded(
        silent,
        *("-c", "fetch.negotiationAlgorithm=noop", "fetch", *quiet, "--filter=blob:none"),
        *("--stdin", "--end-of-options", remote),
        seconds=seconds,
        environment={"GIT_TERMINAL_PROMPT": "0"},
        source=process.lines(oids),
    )
    if done.returncode:
        raise RemoteError(
            f"this is a partial clone, and mreg cannot read from its remote: {done.errors.strip()}",
            hint="try again when the remote can be reached",
        )
