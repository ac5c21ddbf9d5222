"""How commits follow each other, and which files they changed: one Git command each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice, takewhile
from typing import NamedTuple

from mreg.core.commits import Committed
from mreg.git import log, process
from mreg.git.repository import Repository

# An empty field tells where a commit begins: no path is empty.
_LOG = ("log", "-z", f"--format=tformat:%x00{log.FORMAT}", "--name-only", *log.BY_PATH, *log.PLAIN)


class Changed(NamedTuple):
    """A commit, and the files that it changed, from the repository's root."""

    commit: Committed
    paths: tuple[str, ...]


def parents(
    repo: Repository, commits: Iterable[str], *, above: str | None = None
) -> dict[str, tuple[str, ...]]:
    """Return the parents of commits, and of those that lead to them; none before its children.

    Commits that are not here are passed over, and so is what leads to `above`; it itself is not.
    """
    asked = [*commits, *([f"^{above}^@"] if above else [])]
    command = ("rev-list", "--topo-order", "--parents", "--ignore-missing", "--stdin")
    lines = process.run_with_input(repo, process.lines(asked), *command).decode().splitlines()
    return {oid: tuple(rest) for oid, *rest in (line.split(" ") for line in lines)}


def newest(
    repo: Repository, tips: Iterable[str], without: Iterable[str], *, limit: int
) -> dict[str, tuple[str, ...]]:
    """Return the newest commits that lead to any of some, and to none of others, with parents.

    They come newest first; what is not here is passed over.
    """
    asked = process.lines([*tips, *(f"^{it}" for it in without)])
    command = ("rev-list", "--parents", "--ignore-missing", f"--max-count={limit}", "--stdin")
    lines = process.run_with_input(repo, asked, *command).decode().splitlines()
    return {oid: tuple(rest) for oid, *rest in (line.split(" ") for line in lines)}


def to_paths(
    repo: Repository, commits: Mapping[str, Iterable[str]], paths: Iterable[str]
) -> dict[str, Changed]:
    """Return what commits changed of some paths, by id; merges, and those that did not, are absent.

    Each commit comes with the ids of its parents. The paths are files and folders from the
    repository's root, which itself is "."; one that holds a line feed cannot be asked for.
    """
    files = [_pathspec(it) for it in paths if "\n" not in it]
    if not commits or not files:
        return {}
    if own := repo.mirror:  # which has no trees, and they tell what changed
        own.fetch_trees(dict.fromkeys(chain(commits, *commits.values())))
    asked = process.lines([*commits, "--", *files])
    output = process.run_with_input(repo, asked, *_LOG, "--no-walk=unsorted", "--stdin")
    return {it.commit.commit: it for it in parse(output)}


def parse(output: bytes) -> Iterator[Changed]:
    """Read what `git log -z --name-only` printed: an empty field, a commit's fields, its files.

    A line feed stands before the first of the files.
    """
    fields = iter(output.split(b"\0")[1:-1])
    while head := list(islice(fields, log.FIELDS)):
        files = takewhile(bool, fields)
        names = (it.decode("utf-8", "surrogateescape") for it in files)
        yield Changed(log.committed(head), tuple(it.removeprefix("\n") for it in names))


def _pathspec(path: str) -> str:
    return ":(top)" if path == "." else f":(top,literal){path}"
