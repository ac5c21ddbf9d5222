"""Running Git: one place where a process starts, and where its complaints become errors."""

from __future__ import annotations

import io
import os
import re
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import IO, TypeVar

from mreg.errors import GitError, MregError, Refused, RepositoryError
from mreg.git.repository import OF_A_REPOSITORY, Repository
from mreg.net.network import Network
from mreg.tuples import NamedTuple

_ENVIRONMENT = {
    "LC_ALL": "C",  # its messages are matched below
    "GIT_OPTIONAL_LOCKS": "0",  # a question never takes a lock
    "GIT_NO_REPLACE_OBJECTS": "1",  # a tag is what its id says, whatever refs/replace/ holds
}


# Large enough that Git runs ahead while its output is parsed (Linux's default is 64 KiB).
_PIPE = 1 << 20

_MOMENT = 0.005
"""How many seconds pass before a file into which a command prints is looked at again."""


IN_PIECES = ("-c", "core.bigFileThreshold=1m")
"""The option by which Git holds no larger blob in memory as a whole, unless it is stored as a
delta."""

STREAMED = (*IN_PIECES, "-c", "core.packedGitWindowSize=4m", "-c", "core.packedGitLimit=16m")
"""The options by which it maps no more of a pack at a time, either."""

USAGE = 129
"""The exit code of a Git command that was asked for what it does not know."""


class CommandFailed(GitError):
    """A Git command ended with an exit code other than 0."""

    def __init__(self, arguments: tuple[str, ...], returncode: int, stderr: str) -> None:
        said = stderr.strip() or f"exit code {returncode}"
        super().__init__(f"git {_command(arguments)}: {said}")
        self.returncode = returncode
        self.stderr = stderr


def _command(arguments: tuple[str, ...]) -> str:
    """Return the name of a command, before which options of Git itself may stand."""
    rest = iter(arguments)
    for it in rest:
        if it == "-c":
            next(rest, None)
        elif not it.startswith("-"):
            return it
    return arguments[0]


def run(repo: Repository, *arguments: str, ok: tuple[int, ...] = (0,)) -> bytes:
    """Run a Git command in a repository and return what it printed.

    What a user typed stands in its arguments behind `--end-of-options` or `--`. An exit code that
    is `ok` is no failure.

    Raises:
        RepositoryError: there is no usable repository, or no Git.
        CommandFailed: any other failure.
    """
    return run_with_input(repo, b"", *arguments, ok=ok)


def run_with_input(
    repo: Repository, source: bytes, *arguments: str, ok: tuple[int, ...] = (0,)
) -> bytes:
    """Run a Git command that reads `source`; otherwise as `run`."""
    done = attempt(repo, source, *arguments)
    if done.returncode not in ok:
        raise failure(repo, arguments, done.returncode, done.errors)
    return done.output


def lines(items: Iterable[str]) -> bytes:
    """Return what a Git command reads by `--stdin` and the like: one item a line."""
    return "".join(f"{it}\n" for it in items).encode("utf-8", "surrogateescape")


def succeeds(repo: Repository, *arguments: str) -> bool:
    """Tell whether a Git command ends well."""
    try:
        run(repo, *arguments)
    except CommandFailed:
        return False
    return True


def attempt(repo: Repository, source: bytes, *arguments: str, detached: bool = False) -> Finished:
    """Run a Git command that reads `source`; its failure is the caller's to judge.

    One that is `detached` goes on where the terminal interrupts what runs in it.

    Raises:
        RepositoryError: there is no Git.
    """
    with _start(repo, arguments, subprocess.PIPE, detached=detached) as process:
        output, errors = process.communicate(source)
    return Finished(process.returncode, output, _text(errors))


@contextmanager
def stream(
    repo: Repository,
    *arguments: str,
    stdin: IO[bytes] | None = None,
    environment: dict[str, str] | None = None,
) -> Iterator[IO[bytes]]:
    """Run a Git command, that may read an open file; hand out its standard output while it runs.

    Raises:
        RepositoryError, CommandFailed: as for `run`, when the block ends.
    """
    with _start(repo, arguments, stdin or subprocess.DEVNULL, environment) as process:
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
        raise failure(repo, arguments, process.returncode, _text(errors))


@contextmanager
def into(repo: Repository, descriptor: int, *arguments: str) -> Iterator[Callable[[], bool]]:
    """Run a Git command that prints into an open file, whose position must not be moved meanwhile.

    Returns:
        What tells whether the command has ended, after waiting for that a moment.

    Raises:
        OSError: there is no room for what it prints.
        RepositoryError, CommandFailed: as for `run`, when the block ends.
    """
    with _start(repo, arguments, subprocess.DEVNULL, stdout=descriptor) as process:

        def has_ended() -> bool:
            with suppress(subprocess.TimeoutExpired):
                process.wait(_MOMENT)
            return process.returncode is not None

        try:
            yield has_ended
        except BaseException:
            process.kill()
            raise
        _, errors = process.communicate()
    if process.returncode:
        _claim_room(descriptor)
        raise failure(repo, arguments, process.returncode, _text(errors))


def _claim_room(descriptor: int) -> None:
    """Write on at a file's end: if the disk is full, Git does not say so, and an OSError does."""
    end = os.lseek(descriptor, 0, os.SEEK_END)
    left = memoryview(bytes(_PIPE))
    while left:
        count = os.pwrite(descriptor, left, end)
        left, end = left[count:], end + count


class Finished(NamedTuple):
    """What a command printed and said, and its exit code; None if it was ended for its time."""

    returncode: int | None
    output: bytes
    errors: str


def manners(network: Network, transports: Iterable[str], *, ssh: bool) -> dict[str, str]:
    """Return the variables that keep Git to some transports, and from asking where nobody is.

    The settings may leave it to mreg how ssh is called.
    """
    ours = [*transports]
    theirs = os.environ.get("GIT_ALLOW_PROTOCOL", ":".join(ours)).split(":")
    allowed = {"GIT_ALLOW_PROTOCOL": ":".join(it for it in ours if it in theirs)}
    if network.prompts:
        return allowed
    silent = {**allowed, "GIT_TERMINAL_PROMPT": "0"}
    if ssh and not {"GIT_SSH", "GIT_SSH_COMMAND"} & os.environ.keys():
        silent["GIT_SSH_COMMAND"] = "ssh -oBatchMode=yes"
    return silent


_GRACE = 2.0
"""How many seconds a command has to remove its lock files before it is killed."""


_UNASKED = {"GIT_TERMINAL_PROMPT": "0", "SSH_ASKPASS_REQUIRE": "never", "GPG_TTY": ""}
"""The variables with which nobody is asked for anything, before it is known to be needed."""

_WANTS_TO_ASK = re.compile(
    r"terminal prompts disabled|could not read (?:Username|Password)"
    r"|Host key verification failed|Permission denied \("
)
"""What Git and ssh say where they would have asked at the terminal."""

_ACTIVITIES = {
    "fetch": "Fetching from the remote",
    "ls-remote": "Asking the remote for its tags",
    "push": "Pushing to the remote",
}
"""What a command does while somebody waits for it."""

_Done = TypeVar("_Done", bound="Finished | None")


def _asking(
    repo: Repository,
    arguments: tuple[str, ...],
    environment: dict[str, str],
    run: Callable[[Repository, tuple[str, ...], dict[str, str]], _Done],
) -> _Done:
    """Run a command away from the terminal; once more with it, if it may ask there and wants to.

    So the line on which something moves is only left to a command that really asks.
    """
    network = repo.network
    with network.busy(_ACTIVITIES.get(_command(arguments), "Waiting for Git")):
        silent = repo._replace(network=network._replace(prompts=False))
        unasked = {**environment, **_UNASKED} if network.prompts else environment
        done = run(silent, arguments, unasked)
    if not network.prompts or done is None or not _WANTS_TO_ASK.search(done.errors):
        return done
    with network.busy(""):
        return run(repo, arguments, environment)


def run_bounded(
    repo: Repository,
    *arguments: str,
    environment: dict[str, str],
    seconds: float | None = None,
    source: bytes = b"",
) -> Finished:
    """Run a Git command that reads `source`; its failure is the caller's to judge.

    After so many seconds, or those of its network, the command and all that it started are ended.
    That takes a session of its own, without the terminal. Where it may ask for a password it is
    run once more, with the terminal to itself, if it turns out to need one.

    Raises:
        RepositoryError: there is no Git.
    """
    return _asking(repo, arguments, environment, partial(_run_bounded, seconds, source))


def _run_bounded(
    seconds: float | None,
    source: bytes,
    repo: Repository,
    arguments: tuple[str, ...],
    environment: dict[str, str],
) -> Finished:
    detached = not repo.network.prompts
    with _start(repo, arguments, subprocess.PIPE, environment, detached=detached) as process:
        try:
            output, errors = process.communicate(source, timeout=seconds or repo.network.seconds)
        except subprocess.TimeoutExpired:
            output, errors = end(process, detached=detached)
            return Finished(None, output, _text(errors))
        except BaseException:
            end(process, detached=detached)
            raise
    return Finished(process.returncode, output, _text(errors))


def run_if_short(
    repo: Repository,
    *arguments: str,
    environment: dict[str, str],
    source: bytes,
    most_indented: int,
) -> Finished | None:
    """Run a Git command as `run_bounded` does, unless it has much to say: it is ended then.

    Returns:
        What became of it; None if it said more than so many indented lines on standard error.

    Raises:
        RepositoryError: there is no Git.
    """
    return _asking(repo, arguments, environment, partial(_run_if_short, source, most_indented))


def _run_if_short(
    source: bytes,
    most_indented: int,
    repo: Repository,
    arguments: tuple[str, ...],
    environment: dict[str, str],
) -> Finished | None:
    detached = not repo.network.prompts
    with _start(repo, arguments, subprocess.PIPE, environment, detached=detached) as process:
        try:
            said, is_short = _listened(process, source, repo.network.seconds, most_indented)
        except BaseException:
            end(process, detached=detached)
            raise
        if process.returncode is None:
            end(process, detached=detached)
            return Finished(None, b"", _text(said)) if is_short else None
    return Finished(process.returncode, b"", _text(said))


def _listened(
    process: subprocess.Popen[bytes], source: bytes, seconds: float, most_indented: int
) -> tuple[bytes, bool]:
    """Return what a process said until its end, its time or its length was over.

    And whether it said no more indented lines than so many.
    """
    assert process.stdin is not None
    assert process.stderr is not None
    with suppress(BrokenPipeError):
        process.stdin.write(source)
        process.stdin.close()
    process.stdin = None  # which `communicate` would flush
    deadline = time.monotonic() + seconds
    said = b""
    while (left := deadline - time.monotonic()) > 0:
        if not select.select([process.stderr], [], [], left)[0]:
            break
        piece = os.read(process.stderr.fileno(), _PIPE)
        said += piece
        if not piece:
            with suppress(subprocess.TimeoutExpired):
                process.wait(deadline - time.monotonic())
            break
        if said.count(b"\n ") > most_indented:
            return said, False
    return said, True


def end(process: subprocess.Popen[bytes], *, detached: bool) -> tuple[bytes, bytes]:
    """End a process, and its session if it has one; return what it had printed and said."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            if detached:
                os.killpg(process.pid, number)
            else:
                process.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=_GRACE)
    try:
        return process.communicate(timeout=_GRACE)
    except subprocess.TimeoutExpired:
        # What it started left its session and still holds the pipes: they are left unread.
        return b"", b""


class Conversation:
    """A running Git command that answers requests.

    What it `said` on standard error is known once it has ended.
    """

    said = ""

    def __init__(self, repo: Repository, arguments: tuple[str, ...]) -> None:
        """Start it.

        Raises:
            RepositoryError: there is no Git.
        """
        self._repo = repo
        self._command = arguments
        self._process = _start(repo, arguments, subprocess.PIPE)
        self._owner = os.getpid()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._requests = self._process.stdin
        self._answers = self._process.stdout
        self._complaints = self._process.stderr

    def write(self, requests: bytes) -> None:
        """Send requests; one that the command did not live to see is answered by nothing."""
        with suppress(BrokenPipeError):
            self._requests.write(requests)
            self._requests.flush()

    def read_line(self) -> bytes:
        """Return the next line of the answer; nothing if the command has ended."""
        return self._answers.readline()

    def read_lines(self, count: int) -> bytes:
        """Return an answer of so many lines, with nothing behind; less if the command ended."""
        assert isinstance(self._answers, io.BufferedReader)
        pieces: list[bytes] = []
        while count > 0 and (piece := self._answers.read1(1 << 16)):
            pieces.append(piece)
            count -= piece.count(b"\n")
        return b"".join(pieces)

    def read_until(self, end: bytes, most: int) -> bytes | None:
        """Return an answer up to some bytes that end it, with nothing behind.

        None if the command ended before, or if the answer is longer than so many bytes.
        """
        assert isinstance(self._answers, io.BufferedReader)
        found = bytearray()
        while len(found) <= most and (piece := self._answers.read1(1 << 16)):
            found += piece
            if found.endswith(end):
                return bytes(memoryview(found)[: -len(end)])
        return None

    def read(self, size: int) -> bytes:
        """Return the next bytes of the answer; fewer if the command has ended."""
        return self._answers.read(size)

    def read_into(self, buffer: memoryview) -> int:
        """Fill a buffer with the next bytes of the answer; return how many there were.

        There are fewer than the buffer takes if the command has ended.
        """
        assert isinstance(self._answers, io.BufferedReader)
        return self._answers.readinto(buffer)

    def skip(self, size: int) -> int:
        """Pass over the next bytes of the answer; return how many of them there were not."""
        while size > 0 and (chunk := self._answers.read(min(size, 1 << 20))):
            size -= len(chunk)
        return size

    def overheard(self) -> str:
        """Return what the command has said on standard error since this was asked last."""
        found = b""
        while len(found) < _PIPE and _has_news(self._complaints):
            if not (chunk := os.read(self._complaints.fileno(), _PIPE)):
                break
            found += chunk
        return _text(found)

    def end(self) -> MregError | None:
        """End the command, whatever it was at; return what it failed of, if it had ended already.

        It is not waited for: a process that was forked meanwhile may hold its standard input open.
        """
        if os.getpid() != self._owner:  # it is not ours to end
            return None
        with suppress(BrokenPipeError):
            self._requests.close()
        with self._process as process:
            if process.poll() is None and not self._ends_by_itself():
                process.kill()
            self.said = _text(self._complaints.read())
        if process.returncode > 0:
            return failure(self._repo, self._command, process.returncode, self.said)
        return None

    def _ends_by_itself(self) -> bool:
        """Tell whether the command is on its way out: it has closed what it answers on."""
        if not _has_news(self._answers):
            return False
        assert isinstance(self._answers, io.BufferedReader)
        return not self._answers.peek(1)


def _has_news(pipe: IO[bytes]) -> bool:
    """Tell whether a pipe can be read from without waiting."""
    watch = select.poll()  # `select` takes no descriptor above 1023
    watch.register(pipe, select.POLLIN)
    return bool(watch.poll(0))


def converse(repo: Repository, *arguments: str) -> Conversation:
    """Run a Git command to talk with; whoever starts it ends it.

    Raises:
        RepositoryError: there is no Git.
    """
    return Conversation(repo, arguments)


@contextmanager
def conversation(repo: Repository, *arguments: str) -> Iterator[Conversation]:
    """Run a Git command to talk with while the block lasts.

    Raises:
        RepositoryError, CommandFailed: as for `run`, when the block ends.
    """
    talk = Conversation(repo, arguments)
    try:
        yield talk
    finally:
        failed = talk.end()
    if failed:
        raise failed


def _start(
    repo: Repository,
    arguments: tuple[str, ...],
    stdin: IO[bytes] | int,
    environment: dict[str, str] | None = None,
    *,
    stdout: int = subprocess.PIPE,
    detached: bool = False,
) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            ["git", "-C", str(repo.path), *arguments],
            stdin=stdin,
            stdout=stdout,
            pipesize=_PIPE,
            stderr=subprocess.PIPE,
            env={**_inherited(repo), **_ENVIRONMENT, **(environment or {})},
            start_new_session=detached,
        )
    except FileNotFoundError:
        raise RepositoryError("git is not installed", hint="install Git 2.34 or newer") from None
    except ValueError:  # a NUL, or half a character, which a file may write as an escape
        raise CommandFailed(
            arguments, USAGE, "remove the NUL characters and the invalid Unicode from the arguments"
        ) from None


def _inherited(repo: Repository) -> dict[str, str]:
    """Return the environment of a Git command in a repository: no other one is meant by it."""
    rest = {key: it for key, it in os.environ.items() if key not in OF_A_REPOSITORY}
    return {**rest, **repo.variables}


def _text(errors: bytes) -> str:
    return errors.decode("utf-8", "replace")


def failure(
    repo: Repository, arguments: tuple[str, ...], returncode: int | None, said: str
) -> MregError:
    """Return the error that a failed command amounts to."""
    if "not a git repository" in said or "cannot change to" in said:
        return no_repository(repo)
    if "dubious ownership" in said:
        import shlex

        return RepositoryError(
            f"Git does not trust the repository at {repo}: it belongs to another user",
            hint="if you trust it, run: git config --global --add safe.directory "
            f"{shlex.quote(str(repo.path.resolve()))}",
        )
    return CommandFailed(arguments, returncode or 0, said)


def no_repository(repo: Repository) -> RepositoryError:
    """Return the error for a folder that is in no repository, or in one that Git does not know."""
    if top := repo.marked():
        import shlex

        return RepositoryError(
            f"Git does not recognize {top / '.git'} as a repository",
            hint=f"run `git -C {shlex.quote(str(top))} status` to see why; a file such as HEAD "
            "may be missing: clone the repository again, or restore the file",
        )
    hint = "change to a repository, pass one with --repo (repo= in Python), or run `git init`"
    if repo.is_exact:
        hint = "pass the folder of a repository, or the top of its work tree"
    named = os.environ.get("MREG_REPO")
    if named and named != str(repo):  # which only the command line reads
        hint += "; in Python, pass repo= or Registry.open(...): the library does not read MREG_REPO"
    return RepositoryError(f"there is no Git repository at {repo}", hint=hint)


def no_identity(what: str) -> Refused:
    """Return the error where Git knows no name or address to put on a commit or a tag."""
    return Refused(
        f"Git does not know your name and e-mail address, which a {what} records",
        hint="git config --global user.name 'Your Name' && "
        "git config --global user.email you@example.com",
    )
