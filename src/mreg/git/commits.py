"""Questions about commits and other objects by their ids."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mreg.core import tagobject
from mreg.errors import NotFound
from mreg.git import bulk, objects, process
from mreg.git.repository import Repository

_PLAIN = re.compile(r"\w[\w./+-]*", re.ASCII)
"""A rev that is a name, or an id, and leads nowhere from there."""


_AT_ONCE = 2000
"""How many objects are asked about in one go: what Git complains of them has to fit into a pipe."""


def resolve(repo: Repository, rev: str) -> str:
    """Return the id of the commit that a rev stands for.

    Raises:
        NotFound: it stands for none, or the repository has no commits yet.
    """
    if "\0" in rev:  # which no argument of a process can hold
        raise NotFound(f"{rev!r} is not a commit here")
    if _PLAIN.fullmatch(rev):
        (found,) = objects.headers(repo, [rev])
        if found.kind == "commit":
            return found.oid
    try:
        asked = ("--verify", "--quiet", "--end-of-options", f"{rev}^{{commit}}")
        output = process.run(repo, "rev-parse", *asked)
    except process.CommandFailed:
        if rev == "HEAD":
            raise NotFound(
                "the repository has no commits yet",
                hint="create a commit first, with `git add` and `git commit`",
            ) from None
        raise NotFound(
            f"{rev!r} is not a commit here",
            hint="run `git log --oneline --all` to list the commits",
        ) from None
    return output.decode().strip()


def missing(repo: Repository, oids: Sequence[str]) -> list[str]:
    """Return those of the objects that are not in the repository."""
    found: list[str] = []
    with repo.session.here:  # one process answers for all portions
        for start in range(0, len(oids), _AT_ONCE):
            portion = oids[start : start + _AT_ONCE]
            said = bulk.headers(repo, portion)
            if said is None or b" missing\n" in said:
                lines = objects.lines(repo, portion) if said is None else said.splitlines()
                pairs = zip(portion, lines, strict=True)
                found += (it for it, line in pairs if line and not line.startswith(tagobject.MARK))
    return found


def trees(repo: Repository, oids: Sequence[str]) -> dict[str, str]:
    """Return the ids of commits' trees, which may not be here; what is no commit is left out."""
    found = ((it.oid, it.raw) for it in objects.contents(repo, oids) if it.kind == "commit")
    return {oid: raw[5 : 5 + len(oid)].decode("ascii", "replace") for oid, raw in found if raw}


def sizes(repo: Repository, oids: Sequence[str]) -> dict[str, int]:
    """Return the sizes of blobs in bytes, by id; what is no blob, or not here, is left out."""
    return {it.oid: it.size for it in objects.headers(repo, oids) if it.kind == "blob"}
