"""Making tags: first the object, which nobody sees; then the ref, created and never moved.

GitPython opens the repository and runs the commands. Each has a fixed list of arguments; what
people typed goes in through standard input.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mreg.errors import GitError, Refused
from mreg.git import process, signing
from mreg.plans import Plan

if TYPE_CHECKING:
    from git import Repo

_IDENT = re.compile(r"(?P<who> .* > ) [ ] (?P<time> [0-9]+ ) [ ] (?P<zone> [+-][0-9]{4} )", re.X)


class Tagger(NamedTuple):
    """Whom Git takes the user for, and what time it is.

    Attributes:
        who: "Name <email>".
        now: the time, in seconds since 1970 (GIT_COMMITTER_DATE, if it is set).
        zone: the offset from UTC, such as "+0100".
    """

    who: str
    now: int
    zone: str


class Made(NamedTuple):
    """A tag object that was made.

    Attributes:
        tag: the name it has.
        oid: its id.
        raw: its bytes.
    """

    tag: str
    oid: str
    raw: bytes


def tagger(path: Path) -> Tagger:
    """Return whom Git takes the user for.

    Raises:
        Refused: Git knows no name or e-mail address.
        RepositoryError: there is no usable repository.
    """
    status, output, errors = _run(_open(path), "var", "GIT_COMMITTER_IDENT")
    found = _IDENT.fullmatch(output.decode("utf-8", "replace").strip())
    if status or found is None:
        if "ident" in errors or "tell me who you are" in errors:
            raise process.no_identity("tag")
        raise process.failure(path, ("var",), status, errors.encode())
    return Tagger(found["who"], int(found["time"]), found["zone"])


def make(path: Path, plan: Plan, who: Tagger, *, dry_run: bool = False) -> Made:
    """Make the tag object that a plan asks for, signed if Git is set up to sign tags.

    No ref points to it: until `publish`, nothing has happened, and Git's garbage collection takes
    it away in time. A dry run tells what it would be, unsigned, and writes nothing.

    Raises:
        GitError: Git refuses the object, or it cannot be signed.
    """
    headers = (
        f"object {plan.commit}\ntype commit\ntag {plan.tag}\n"
        f"tagger {who.who} {plan.time} {who.zone}\n\n"
    )
    raw = (headers + plan.message).encode()
    if not dry_run:
        raw += signing.signature(path, raw, who.who)
    command = ("hash-object", "-t", "tag", "--stdin") if dry_run else ("mktag",)
    status, output, errors = _run(_open(path), *command, stdin=raw)
    if status:
        if "could not read tagged object" in errors:
            raise Refused(
                f"the commit {plan.commit[:12]} is not in this clone, so it cannot be tagged here",
                hint=f"git fetch --depth=1 origin {plan.commit}, or record by URL: --repo URL",
            )
        raise GitError(f"Git does not take the tag: {errors.strip()}")
    return Made(plan.tag, output.decode().strip(), raw)


def publish(path: Path, made: Sequence[Made]) -> None:
    """Create the refs of tag objects: all of them or none, and only where there are none yet.

    Raises:
        Refused: there is a tag of such a name by now.
        GitError: Git could not do it.
    """
    commands = b"".join(f"create refs/tags/{it.tag}\0{it.oid}\0".encode() for it in made)
    status, _, errors = _run(_open(path), "update-ref", "--stdin", "-z", stdin=commands)
    if not status:
        return
    if "already exists" in errors:
        raise Refused(
            f"somebody else made {' or '.join(it.tag for it in made)} just now",
            hint="run the command again",
        )
    if ".lock': File exists" in errors:
        raise GitError(
            f"Git could not create the tag: {errors.strip()}",
            hint="another Git process is at work, or one was killed: see the file that it names",
        )
    raise GitError(f"Git could not create the tag: {errors.strip()}")


def delete(path: Path, tag: str, oid: str) -> None:
    """Delete a tag's ref, if it still holds the object that it is thought to hold.

    Raises:
        GitError: it does not, or Git could not do it.
    """
    command = f"delete refs/tags/{tag}\0{oid}\0".encode()
    status, _, errors = _run(_open(path), "update-ref", "--stdin", "-z", stdin=command)
    if status:
        raise GitError(f"Git could not delete the tag {tag}: {errors.strip()}")


def _open(path: Path) -> Repo:
    from git import InvalidGitRepositoryError, NoSuchPathError, Repo

    try:
        # A path is taken as it is: GitPython would put in variables ($HOME) and homes (~user).
        # Where none was named, GIT_DIR counts, as it does in `process`.
        named = None if path == Path() else path.absolute()
        return Repo(named, search_parent_directories=True, expand_vars=False)
    except (InvalidGitRepositoryError, NoSuchPathError):
        raise process.no_repository(path) from None


def _run(repo: Repo, *arguments: str, stdin: bytes = b"") -> tuple[int, bytes, str]:
    """Run a Git command with the given standard input; return exit code, output and complaints."""
    with tempfile.TemporaryFile() as source:
        source.write(stdin)
        source.seek(0)
        status, output, errors = repo.git.execute(
            ["git", *arguments],
            istream=source,
            env={"LC_ALL": "C", "GIT_DIR": str(repo.git_dir)},
            with_extended_output=True,
            with_exceptions=False,
            stdout_as_string=False,
            strip_newline_in_stdout=False,
        )
    return int(status), bytes(output), str(errors)
