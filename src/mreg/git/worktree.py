"""The work tree: reading a file of it, replacing one in a single step, committing it alone."""

from __future__ import annotations

import stat
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mreg.errors import GitError, Refused
from mreg.git import checkout, commits, process
from mreg.git.repository import Repository
from mreg.tuples import NamedTuple

if TYPE_CHECKING:
    from git import Repo


def root(repo: Repository) -> Repository:
    """Return a repository by the top of its work tree.

    Raises:
        Refused: there is none: the repository is bare, or it was named by its URL.
        RepositoryError: there is no usable repository.
    """
    if own := repo.mirror:
        raise Refused(
            f"{own.url.shown} is a URL, and this command needs a work tree",
            hint=f"run `git clone {own.url.shown}`, then repeat the command in the clone",
        )
    found = top(repo)
    if found is None:
        raise Refused(
            f"the repository at {repo} is bare, and this command needs a work tree",
            hint="clone it, then repeat the command in the clone",
        )
    return repo.within(found)


def top(repo: Repository) -> Path | None:
    """Return the top of the work tree; None if the repository is bare or was named by its URL.

    Raises:
        RepositoryError: there is no usable repository.
    """
    if repo.mirror:
        return None
    found = checkout.root(repo)
    return found if (found / ".git").exists() else None


def read(file: Path) -> bytes:
    """Return a file's bytes; none if there is no such file.

    Raises:
        Refused: it cannot be read, or is a device or a pipe, which might never end.
    """
    if file.exists() and not (file.is_file() or file.is_dir()):
        raise Refused(f"cannot read {file}: it is not a regular file")
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise Refused(f"cannot read {file}: {error.strerror}") from None


def read_start(file: Path, size: int) -> bytes:
    """Return the first bytes of a file, whatever its size.

    Raises:
        OSError: it cannot be read.
    """
    with file.open("rb") as opened:
        return opened.read(size)


def list_files(repo: Repository, patterns: list[str], *, others: bool = True) -> list[str]:
    """Return the files that match Git's pathspecs (all, if there are none), from the root, sorted.

    They are those of the index and, unless told otherwise, `others` that are not ignored. The
    repository is given by the top of its work tree.
    """
    kinds = ("--cached", "--others", "--exclude-standard") if others else ("--cached",)
    output = process.run(repo, "ls-files", "-z", *kinds, "--", *patterns)
    return sorted({it.decode("utf-8", "surrogateescape") for it in output.split(b"\0")[:-1]})


def leaves_out(repo: Repository, paths: Sequence[str]) -> bool:
    """Tell whether a sparse checkout leaves out one of some files at the top of the work tree."""
    if not _may_list(repo, paths):
        return False
    listed = process.run(repo, "ls-files", "-t", "-z", "--", *paths)
    return any(it.startswith(b"S ") for it in listed.split(b"\0"))


def _may_list(repo: Repository, paths: Sequence[str]) -> bool:
    """Tell whether the index may have one of some files at the top of the work tree.

    Source: `git help gitformat-index`. In versions 2 and 3 each file stands there with its path.
    """
    file = repo.index_file()
    if file is None or any(file.parent.glob("sharedindex.*")):
        return True
    try:
        listed = file.read_bytes()
    except FileNotFoundError:
        return False
    if listed[:4] != b"DIRC" or listed[4:8] not in (b"\0\0\0\2", b"\0\0\0\3"):
        return True
    return any(b"%b\0" % it.encode() in listed for it in paths)


class Uncommitted(NamedTuple):
    """Files and folders of a work tree that are not as HEAD's commit has them, from the root.

    Attributes:
        changed: those that were changed, deleted or added.
        staged: those of them of which the index has all.
        new: those that are neither in the commit nor in the index.
        ignored: those that Git ignores.
    """

    changed: frozenset[str]
    staged: frozenset[str]
    new: frozenset[str]
    ignored: frozenset[str]


def uncommitted(repo: Repository, paths: Iterable[str]) -> Uncommitted:
    """Return which of some files and folders, or what in them, HEAD's commit does not have.

    What the user's settings would hide counts; what a sparse checkout leaves out does not. A file
    that a filter changes (line ends, Git LFS) is as the filter has it.

    Raises:
        CommandFailed: Git cannot tell, as where a filter that it needs is not installed.
    """
    asked = ("--untracked-files=normal", "--ignored=matching", "--ignore-submodules=untracked")
    specs = (f":(top,literal){it}" for it in paths)
    output = process.run(
        repo, "status", "--porcelain=v1", "-z", *asked, "--no-renames", "--", *specs
    )
    found: dict[str, set[str]] = {}
    for it in output.decode("utf-8", "surrogateescape").split("\0")[:-1]:
        kind = {"??": "new", "!!": "ignored"}.get(it[:2], "staged" if it[1] == " " else "")
        found.setdefault(kind, set()).add(it[3:].rstrip("/"))
    staged, new, ignored = (frozenset(found.get(it, ())) for it in ("staged", "new", "ignored"))
    return Uncommitted(staged | found.get("", set()), staged, new, ignored)


def ignored(repo: Repository, paths: Sequence[str]) -> frozenset[str]:
    """Return those of some files, be they there or not, that Git ignores and does not have.

    The repository is given by the top of its work tree, the files from there.
    """
    asked = b"".join(b"%b\0" % it.encode("utf-8", "surrogateescape") for it in paths)
    # The exit code is 1 where none of them is.
    output = process.run_with_input(repo, asked, "check-ignore", "-z", "--stdin", ok=(0, 1))
    return frozenset(output.decode("utf-8", "surrogateescape").split("\0")[:-1])


def filter_of(repo: Repository, path: str) -> str:
    """Return the filter that Git has files at a path go through ("lfs"); "unspecified" if none.

    The repository is given by the top of its work tree, the path from there.
    """
    said = process.run(repo, "check-attr", "-z", "filter", "--", path)
    return said.split(b"\0")[2].decode("utf-8", "surrogateescape")


def replace(file: Path, content: bytes) -> None:
    """Put content in a file's place, so that nobody ever sees half of it.

    A symbolic link stays one, and the file that it leads to is replaced; its mode stays.

    Raises:
        Refused: the file cannot be written.
    """
    from mreg.system import files  # which who reads does without

    target = file.resolve()
    try:
        mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else files.new_mode()
        files.replace(target, content, mode=mode, sync=True)  # a person's own work
    except OSError as error:
        raise Refused(f"cannot write {file}: {error.strerror}") from None


def commit(repo: Repository, paths: Sequence[str], message: str) -> str | None:
    """Commit some files alone; whatever else is staged stays staged.

    The repository is given by the top of its work tree, the files from there.

    Returns:
        The id of the commit; None if the files are as they were committed last.

    Raises:
        Refused: Git knows no name or e-mail address.
        GitError: Git could not do it, or a hook refused it.
    """
    from git import Repo

    # To sign the commit, or in a hook, somebody may be asked for something.
    with Repo(repo.path) as opened, repo.network.busy(""):
        if not _run(opened, "status", "--porcelain", "--ignored", "--", *paths)[1]:
            return None
        # `git commit -- PATH` takes only files that the index has.
        new = [it for it in paths if _run(opened, "ls-files", "--error-unmatch", "--", it)[0]]
        if new:
            _must(opened, "add", "--intent-to-add", "--", *new)
        try:
            _must(opened, "commit", "--quiet", "--only", "--file=-", "--", *paths, stdin=message)
        except BaseException:
            if new:
                _run(opened, "rm", "--quiet", "--cached", "--force", "--", *new)
            raise
    return commits.resolve(repo, "HEAD")


def _must(repo: Repo, *arguments: str, stdin: str = "") -> None:
    status, errors = _run(repo, *arguments, stdin=stdin)
    if not status:
        return
    if "tell me who you are" in errors or "empty ident" in errors:
        raise process.no_identity("commit")
    raise GitError(
        f"Git did not {arguments[0]} the file: {errors.strip() or f'exit code {status}'}",
        hint="the file is written; commit it when that problem is fixed",
    )


def _run(repo: Repo, *arguments: str, stdin: str = "") -> tuple[int, str]:
    """Run a Git command; return its exit code and what it said."""
    import tempfile

    with tempfile.TemporaryFile() as source:
        source.write(stdin.encode())
        source.seek(0)
        status, output, errors = repo.git.execute(
            ["git", "--literal-pathspecs", *arguments],
            istream=source,
            env={"LC_ALL": "C"},
            with_extended_output=True,
            with_exceptions=False,
        )
    return int(status), f"{errors}\n{output}".strip()
