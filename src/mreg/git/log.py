"""What commits say of themselves: one Git command each, however many commits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from mreg.core import tagobject
from mreg.core.commits import Committed
from mreg.core.times import EARLIEST, LATEST, moment
from mreg.git import process
from mreg.git.repository import Repository

FORMAT = "%H%x00%an%x00%ae%x00%ad%x00%s"
"""What is asked of each commit; `committed` reads it."""

FIELDS = 5
"""How many fields that is."""

PLAIN = ("--date=raw", "--encoding=UTF-8", "--no-show-signature", "--no-color")
"""`git log` shows more than its format asks for, if the user's settings say so."""

BY_PATH = (
    "--no-follow",
    "--no-renames",  # or a file that was moved away would not have been changed
    "--no-relative",
    "--ignore-submodules=none",
    "-O/dev/null",  # an order of files that is set and not there would be the end of it
    "--root",
)
"""What a commit changed does not depend on the user's settings either."""

_LOG = ("log", "-z", f"--format=tformat:{FORMAT}", *PLAIN)


def describe(repo: Repository, oids: Iterable[str]) -> dict[str, Committed]:
    """Return what commits say of themselves, by id; those that are nowhere are left out.

    Raises:
        Refused: it is a shallow clone, and its remote cannot be asked.
    """
    asked = list(dict.fromkeys(oids))
    found = _described(repo, asked)
    lacking = [oid for oid in asked if oid not in found]
    return found | _described(with_history(repo, lacking), lacking)


def _described(repo: Repository, oids: Sequence[str]) -> dict[str, Committed]:
    if not oids:
        return {}
    command = (*_LOG, "--no-walk=unsorted", "--ignore-missing", "--stdin")
    output = process.run_with_input(repo, process.lines(oids), *command)
    return {it.commit: it for it in parse(output)}


def touching(
    repo: Repository, since: str, until: str, paths: Sequence[str], *, limit: int
) -> tuple[Committed, ...]:
    """Return the commits between two that changed any of some paths, the newest first.

    They are as many as `limit` at the most. The paths are files and folders, from the repository's
    root; otherwise as `between`.

    Raises:
        CommandFailed, Refused: as for `between`.
    """
    whole = with_history(repo, [since, until])
    span = ("--end-of-options", f"{since}..{until}")
    if own := whole.mirror:  # which has no trees, and they tell what changed
        listed = process.run(whole, "rev-list", "--boundary", *span).decode().split()
        own.fetch_trees(it.lstrip("-") for it in listed)
    files = (f":(top,literal){it}" for it in paths)
    command = (*_LOG, *BY_PATH, f"--max-count={limit}")
    return tuple(parse(process.run(whole, *command, *span, "--", *files)))


def making(repo: Repository, commits: Iterable[str], paths: Iterable[str]) -> list[Committed]:
    """Return those of some commits, in their order, that hold at a path what no parent of them has.

    The paths are as for `touching`; those that hold a line feed, which cannot be asked for, and
    commits that are not here, are passed over.
    """
    asked = [*commits]
    files = [f":(top,literal){it}" for it in paths if "\n" not in it]
    if not asked or not files:
        return []
    source = process.lines([*asked, "--", *files])
    command = (*_LOG, *BY_PATH, "--no-walk=unsorted", "--ignore-missing", "--stdin")
    return [*parse(process.run_with_input(repo, source, *command))]


def between(repo: Repository, since: str, until: str) -> tuple[Committed, ...]:
    """Return the commits that lead to `until`, itself one, and not to `since`, the newest first.

    Of a shallow clone, whose history is cut off somewhere, they are read from its remote's mirror.

    Raises:
        CommandFailed: one of them is not here.
        Refused: it is a shallow clone, and its remote cannot be asked.
    """
    span = ("--end-of-options", f"{since}..{until}")
    return tuple(parse(process.run(with_history(repo, [since, until]), *_LOG, *span)))


def with_history(repo: Repository, commits: Sequence[str]) -> Repository:
    """Return where the history of commits is whole: the repository, or its remote's mirror."""
    if not commits or repo.mirror or not repo.shortage():
        return repo
    from mreg.git import upstream

    return upstream.mirror_with(repo, commits) or repo


def parse(output: bytes) -> Iterator[Committed]:
    """Read what `git log -z` printed: five fields, each ended by a NUL, for each commit."""
    fields = output.split(b"\0")[:-1]
    for start in range(0, len(fields), FIELDS):
        yield committed(fields[start : start + FIELDS])


def committed(fields: Sequence[bytes]) -> Committed:
    """Read the fields of a commit."""
    oid, author, email, date, subject = map(tagobject.decode, fields)
    seconds, _, zone = date.partition(" ")
    when = moment(min(max(int(seconds), EARLIEST), LATEST), zone)
    return Committed(oid, author, email, when, subject)
