"""Questions about commits and the repository as a whole: one Git command each."""

from __future__ import annotations

from pathlib import Path

from mreg.errors import NotFound, RepositoryError
from mreg.git import process
from mreg.git.repository import Repository


def resolve(repo: Repository, rev: str) -> str:
    """Return the id of the commit that a rev stands for.

    Raises:
        NotFound: it stands for none, or the repository has no commit yet.
    """
    if "\0" in rev:  # which no argument of a process can hold
        raise NotFound(f"{rev!r} is not a commit here")
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
    return process.run(repo, "rev-parse", "--is-bare-repository").strip() == b"true"


def missing(repo: Repository, oids: list[str]) -> list[str]:
    """Return those of the objects that are not in the repository."""
    command = ("cat-file", "--batch-check", "--buffer")
    output = process.run_with_input(repo, process.lines(oids), *command)
    return [it.split(b" ")[0].decode() for it in output.splitlines() if it.endswith(b" missing")]


def sizes(repo: Repository, oids: list[str]) -> dict[str, int]:
    """Return the sizes of blobs in bytes, by id; what is no blob, or not here, is left out."""
    form = "--batch-check=%(objectname) %(objecttype) %(objectsize)"
    output = process.run_with_input(repo, process.lines(oids), "cat-file", form, "--buffer")
    headers = (line.split(" ") for line in output.decode().splitlines())
    return {oid: int(rest[1]) for oid, *rest in headers if rest[0] == "blob"}


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
