"""What commits say of themselves: one Git command each, however many commits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from mreg import tagobject
from mreg.events import EARLIEST, LATEST, moment
from mreg.git import place, process
from mreg.git.process import CommandFailed
from mreg.lineage.nodes import Committed

# `git log` shows more than its format asks for, if the user's settings say so.
_LOG = (
    "log",
    "-z",
    "--format=tformat:%H%x00%an%x00%ae%x00%ad%x00%s",
    "--date=raw",
    "--encoding=UTF-8",
    "--no-show-signature",
    "--no-color",
)
_FIELDS = 5


def describe(repo: Path, oids: Iterable[str]) -> dict[str, Committed]:
    """Return what commits say of themselves, by id; those that are not here are left out."""
    asked = "".join(f"{oid}\n" for oid in dict.fromkeys(oids))
    if not asked:
        return {}
    command = (*_LOG, "--no-walk=unsorted", "--ignore-missing", "--stdin")
    output = process.run_with_input(repo, asked.encode(), *command)
    return {it.commit: it for it in parse(output)}


def touching(
    repo: Path, since: str, until: str, paths: Sequence[str], *, limit: int
) -> tuple[Committed, ...]:
    """Return the commits that changed any of some paths, the newest first.

    Args:
        repo: a folder in the repository.
        since: the id of a commit; it and what leads to it is left out.
        until: the id of the last commit that counts.
        paths: files and folders, from the repository's root.
        limit: at most so many.

    Returns:
        The commits; none where the history between the two is not here.
    """
    span = (f"--max-count={limit}", "--end-of-options", f"{since}..{until}")
    try:
        if own := place.mirrors.get(repo):  # which has no trees, and they tell what changed
            listed = process.run(repo, "rev-list", "--boundary", *span).decode().split()
            own.fetch_trees(it.lstrip("-") for it in listed)
        output = process.run(repo, *_LOG, *span, "--", *(f":(top,literal){it}" for it in paths))
    except CommandFailed:
        return ()
    return tuple(parse(output))


def between(repo: Path, since: str, until: str) -> tuple[Committed, ...]:
    """Return the commits that lead to one commit and not to another, the newest first.

    Of a shallow clone, whose history is cut off somewhere, they are read from its remote's mirror.

    Args:
        repo: a folder in the repository.
        since: the id of a commit; it and what leads to it is left out.
        until: the id of the last commit that counts.

    Raises:
        CommandFailed: one of them is not here.
        Refused: it is a shallow clone, and its remote cannot be asked.
    """
    whole: Path | None = repo
    if repo not in place.mirrors and place.shortage(repo):
        from mreg.git import lending

        whole = lending.mirror_with(repo, [since, until])
    span = ("--end-of-options", f"{since}..{until}")
    return tuple(parse(process.run(whole or repo, *_LOG, *span)))


def parse(output: bytes) -> Iterator[Committed]:
    """Read what `git log -z` printed: five fields, each ended by a NUL, for each commit."""
    fields = output.split(b"\0")[:-1]
    for start in range(0, len(fields), _FIELDS):
        oid, author, email, date, subject = map(tagobject.decode, fields[start : start + _FIELDS])
        seconds, _, zone = date.partition(" ")
        when = moment(min(max(int(seconds), EARLIEST), LATEST), zone)
        yield Committed(oid, author, email, when, subject)
