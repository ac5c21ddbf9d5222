"""Questions about many commits at once: when they were made, and from where they can be reached."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from mreg.git import objects, process
from mreg.git.repository import Repository

_PARENTS = re.compile(rb"^parent ([0-9a-f]+)$", re.MULTILINE)


def times(repo: Repository, commits: Iterable[str]) -> dict[str, int]:
    """Return the committers' times of commits, by id; what is not here is left out."""
    wanted = process.lines(dict.fromkeys(commits))
    if not wanted:
        return {}
    command = ("rev-list", "--no-walk=unsorted", "--timestamp", "--ignore-missing", "--stdin")
    output = process.run_with_input(repo, wanted, *command)
    lines = (line.split(" ") for line in output.decode().splitlines())
    return {oid: int(time) for time, oid in lines}


NEAR = 64
"""So many commits are read to see whether one leads to another, before Git is asked to walk."""


def leads_to(repo: Repository, ancestor: str, commit: str) -> bool:
    """Tell whether a commit is another or one of its ancestors; not if it is not here.

    The nearest commits are read by the process that answers for objects: the commit of the version
    before is nearly always among them.
    """
    seen, front = {commit}, [commit]
    while ancestor not in seen and front and len(seen) < NEAR:
        heads = [(it.raw or b"").partition(b"\n\n")[0] for it in objects.contents(repo, front)]
        parents = [oid.decode("ascii") for it in heads for oid in _PARENTS.findall(it)]
        front = [it for it in dict.fromkeys(parents) if it not in seen]
        seen.update(front)
    if ancestor in seen:
        return True
    here = front and next(objects.headers(repo, [ancestor])).kind == "commit"
    return bool(here) and not outside(repo, [ancestor], [commit])


def outside(repo: Repository, commits: Collection[str], tips: Iterable[str]) -> set[str]:
    """Return those of some commits, all of which are here, that none of the tips leads to."""
    known = {*tips}
    asked = {*commits} - known
    if not asked:
        return set()
    source = process.lines([*asked, *(f"^{it}" for it in known)])
    listed = process.run_with_input(repo, source, "rev-list", "--stdin").decode().split()
    return {*listed} & asked
