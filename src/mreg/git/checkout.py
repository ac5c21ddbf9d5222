"""How a repository is checked out: where its work tree begins, if it has one, and how deep it is.

What the files do not say for sure, Git is asked.
"""

from __future__ import annotations

from pathlib import Path

from mreg.errors import RepositoryError
from mreg.git import process
from mreg.git.repository import Repository


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


def is_bare(repo: Repository) -> bool:
    """Tell whether the repository has no work tree, as a server's has none."""
    if repo.usual_top():
        return False
    return process.run(repo, "rev-parse", "--is-bare-repository").strip() == b"true"


def is_shallow(repo: Repository) -> bool:
    """Tell whether the repository is a shallow clone, which lacks older commits.

    Its file says so to Git, too; where the folder is not found, Git is asked.
    """
    if folder := repo.common_dir():
        return (folder / "shallow").exists()
    return process.run(repo, "rev-parse", "--is-shallow-repository").strip() == b"true"


def branches(repo: Repository) -> set[str]:
    """Return the branches, as full refs, that are checked out in any of its work trees."""
    listed = process.run(repo, "worktree", "list", "--porcelain")
    lines = listed.decode("utf-8", "surrogateescape").split("\n")
    return {it.removeprefix("branch ") for it in lines if it.startswith("branch ")}


def _line(output: bytes) -> str:
    return output.decode("utf-8", "surrogateescape").removesuffix("\n")
