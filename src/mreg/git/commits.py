"""Questions about commits and the repository as a whole."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from mreg.core import tagobject
from mreg.errors import NotFound, RepositoryError
from mreg.git import bulk, objects, process
from mreg.git.repository import Repository

_PLAIN = re.compile(r"\w[\w./+-]*", re.ASCII)
"""A rev that is a name, or an id, and leads nowhere from there."""


_AT_ONCE = 2000
"""How many objects are asked about in one go: what Git complains of them has to fit into a pipe."""


def resolve(repo: Repository, rev: str) -> str:
    """Return the id of the commit that a rev stands for.

    Raises:
        NotFound: it stands for none, or the repository has no commit yet.
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
                "the repository has no commit yet", hint="git add and git commit something first"
            ) from None
        raise NotFound(
            f"{rev!r} is not a commit here", hint="`git log --oneline --all` lists the commits"
        ) from None
    return output.decode().strip()


def is_shallow(repo: Repository) -> bool:
    """Tell whether the repository is a shallow clone, which lacks older commits.

    Its file says so to Git, too; where the folder is not found, Git is asked.
    """
    if folder := repo.common_dir():
        return (folder / "shallow").exists()
    return process.run(repo, "rev-parse", "--is-shallow-repository").strip() == b"true"


def is_bare(repo: Repository) -> bool:
    """Tell whether the repository has no work tree, as a server's has none."""
    if repo.usual_top():
        return False
    return process.run(repo, "rev-parse", "--is-bare-repository").strip() == b"true"


def missing(repo: Repository, oids: Sequence[str]) -> list[str]:
    """Return those of the objects that are not in the repository."""
    found: list[str] = []
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


def root(repo: Repository) -> Path:
    """Return the top of the work tree; of a bare repository, the repository itself.

    Raises:
        RepositoryError: there is no usable repository.
    """
    if usual := repo.usual_top():
        return usual
    asked = ("--path-format=absolute", "--git-dir", "--is-bare-repository")
    output = process.run(repo, "rev-parse", *asked)
    git_dir, _, bare = _line(output).rpartition("\n")  # a folder's name may hold line feeds
    if bare == "true":
        return Path(git_dir)
    try:
        top = process.run(repo, "rev-parse", "--path-format=absolute", "--show-toplevel")
    except process.CommandFailed as error:
        if Path(git_dir).name == ".git":  # `repo` is inside it, where Git knows of no work tree
            return Path(git_dir).parent
        raise RepositoryError(str(error)) from None
    return Path(_line(top))


def _line(output: bytes) -> str:
    return output.decode("utf-8", "surrogateescape").removesuffix("\n")
