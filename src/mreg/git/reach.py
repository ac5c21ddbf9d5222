"""Questions about many commits at once: when they were made, and from where they can be reached."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from mreg.git import process
from mreg.git.repository import Repository


def times(repo: Repository, commits: Iterable[str]) -> dict[str, int]:
    """Return the committers' times of commits, by id; what is not here is left out."""
    wanted = process.lines(dict.fromkeys(commits))
    if not wanted:
        return {}
    command = ("rev-list", "--no-walk=unsorted", "--timestamp", "--ignore-missing", "--stdin")
    output = process.run_with_input(repo, wanted, *command)
    lines = (line.split(" ") for line in output.decode().splitlines())
    return {oid: int(time) for time, oid in lines}


def outside(repo: Repository, commits: Collection[str], tips: Iterable[str]) -> set[str]:
    """Return those of some commits, all of which are here, that none of the tips leads to."""
    known = {*tips}
    asked = {*commits} - known
    if not asked:
        return set()
    source = process.lines([*asked, *(f"^{it}" for it in known)])
    listed = process.run_with_input(repo, source, "rev-list", "--stdin").decode().split()
    return {*listed} & asked
