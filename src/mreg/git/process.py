"""Running Git: one place where a process starts, and where its complaints become errors."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from mreg.errors import GitError, MregError, RepositoryError

_ENVIRONMENT = {
    "LC_ALL": "C",  # its messages are matched below
    "GIT_OPTIONAL_LOCKS": "0",  # a question never takes a lock
}


class CommandFailed(GitError):
    """A Git command ended with an exit code other than 0.

    Attributes:
        returncode: the exit code.
        stderr: what it said.
    """

    def __init__(self, arguments: tuple[str, ...], returncode: int, stderr: str) -> None:
        said = stderr.strip() or f"exit code {returncode}"
        super().__init__(f"git {arguments[0]}: {said}")
        self.returncode = returncode
        self.stderr = stderr


def run(repo: Path, *arguments: str, ok: tuple[int, ...] = (0,)) -> bytes:
    """Run a Git command in a repository and return what it printed.

    Args:
        repo: a folder in the repository.
        arguments: the command and its fixed arguments; what a user typed stands behind
            `--end-of-options` or `--`.
        ok: the exit codes that are no failure.

    Raises:
        RepositoryError: there is no usable repository, or no Git.
        CommandFailed: any other failure.
    """
    return run_with_input(repo, b"", *arguments, ok=ok)


def run_with_input(repo: Path, source: bytes, *arguments: str, ok: tuple[int, ...] = (0,)) -> bytes:
    """Run a Git command that reads `source`; otherwise as `run`."""
    with _started(repo, arguments, subprocess.PIPE) as process:
        output, errors = process.communicate(source)
    if process.returncode not in ok:
        raise failure(repo, arguments, process.returncode, errors)
    return output


@contextmanager
def stream(repo: Path, *arguments: str, stdin: IO[bytes] | None = None) -> Iterator[IO[bytes]]:
    """Run a Git command and hand out its standard output while it runs.

    Args:
        repo: a folder in the repository.
        arguments: as for `run`.
        stdin: an open file that the command reads.

    Raises:
        RepositoryError, CommandFailed: as for `run`, when the block ends.
    """
    with _started(repo, arguments, stdin or subprocess.DEVNULL) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            yield process.stdout
        except BaseException:
            process.kill()
            raise
        # What Git says on stderr is a few lines; it fits the pipe, so it can wait until now.
        errors = process.stderr.read()
        process.wait()
    if process.returncode:
        raise failure(repo, arguments, process.returncode, errors)


@contextmanager
def _started(
    repo: Path, arguments: tuple[str, ...], stdin: IO[bytes] | int
) -> Iterator[subprocess.Popen[bytes]]:
    try:
        process = subprocess.Popen(
            ["git", "-C", str(repo), *arguments],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **_ENVIRONMENT},
        )
    except FileNotFoundError:
        raise RepositoryError("git is not installed", hint="install Git 2.34 or newer") from None
    with process:
        yield process


def failure(repo: Path, arguments: tuple[str, ...], returncode: int, errors: bytes) -> MregError:
    """Return the error that a failed command amounts to."""
    said = errors.decode("utf-8", "replace")
    if "not a git repository" in said or "cannot change to" in said:
        return no_repository(repo)
    if "dubious ownership" in said:
        return RepositoryError(
            f"Git does not trust the repository at {repo}: it belongs to another user",
            hint=f"if you do, run: git config --global --add safe.directory {repo.resolve()}",
        )
    return CommandFailed(arguments, returncode, said)


def no_repository(path: Path) -> RepositoryError:
    """Return the error for a path where there is no repository."""
    return RepositoryError(
        f"there is no Git repository at {path}",
        hint="go into one, name one with --repo, or make one with `git init`",
    )
