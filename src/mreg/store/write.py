"""Making tags: first the object, which nobody sees; then the ref, created and never moved.

GitPython opens the repository and runs the commands. Each has a fixed list of arguments; what
people typed goes in through standard input.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from mreg.core.plans import Plan
from mreg.errors import GitError, Refused
from mreg.git import process, signature
from mreg.git.repository import Repository

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


def tagger(repo: Repository) -> Tagger:
    """Return whom Git takes the user for.

    Raises:
        Refused: Git knows no name or e-mail address.
        RepositoryError: there is no usable repository.
    """
    status, output, errors = _run(_open(repo), "var", "GIT_COMMITTER_IDENT")
    found = _IDENT.fullmatch(output.decode("utf-8", "replace").strip())
    if status or found is None:
        if "ident" in errors or "tell me who you are" in errors:
            raise process.no_identity("tag")
        raise process.failure(repo, ("var",), status, errors.encode())
    return Tagger(found["who"], int(found["time"]), found["zone"])


def make(
    repo: Repository, plan: Plan, who: Tagger, *, dry_run: bool = False, must_sign: bool = False
) -> Made:
    """Make the tag object that a plan asks for, signed if Git is set up to sign tags.

    No ref points to it: until `publish`, nothing has happened, and Git's garbage collection takes
    it away in time. A dry run tells what it would be, unsigned, and writes nothing.

    Args:
        repo: the repository.
        plan: the plan.
        who: the tagger.
        dry_run: write nothing.
        must_sign: sign it even if Git is not set up to sign tags.

    Raises:
        GitError: Git refuses the object, or it cannot be signed.
    """
    raw = tag_bytes(plan.commit, "commit", plan.tag, who._replace(now=plan.time), plan.message)
    if not dry_run:
        raw += signature.signature(repo, raw, who.who, required=must_sign)
    return Made(plan.tag, store(repo, raw, plan.commit, dry_run=dry_run), raw)


def tag_bytes(target: str, kind: str, name: str, who: Tagger, message: str) -> bytes:
    """Return the bytes of a tag object that is not signed.

    Args:
        target: the id of the object that it points to.
        kind: what that is: commit or tag.
        name: what the tag object calls itself.
        who: the tagger, and when.
        message: the message, trailers included.
    """
    headers = f"object {target}\ntype {kind}\ntag {name}\ntagger {who.who} {who.now} {who.zone}\n\n"
    return (headers + message).encode()


def store(repo: Repository, raw: bytes, target: str, *, dry_run: bool = False) -> str:
    """Write a tag object, to which no ref points; return its id.

    Args:
        repo: the repository.
        raw: its bytes.
        target: the id of the object that it points to.
        dry_run: compute the id and write nothing.

    Raises:
        Refused: that object is not here.
        GitError: Git refuses it.
    """
    command = ("hash-object", "-t", "tag", "--stdin") if dry_run else ("mktag",)
    status, output, errors = _run(_open(repo), *command, stdin=raw)
    if status:
        if "could not read tagged object" in errors:
            raise Refused(
                f"the commit {target[:12]} is not in this clone, so it cannot be tagged here",
                hint=f"git fetch --depth=1 origin {target}, or record by URL: --repo URL",
            )
        raise GitError(f"Git does not take the tag: {errors.strip()}")
    return output.decode().strip()


def publish(repo: Repository, made: Sequence[Made]) -> None:
    """Create the refs of tag objects: all of them or none, and only where there are none yet.

    Raises:
        Refused: there is a tag of such a name by now.
        GitError: Git could not do it.
    """
    commands = b"".join(f"create refs/tags/{it.tag}\0{it.oid}\0".encode() for it in made)
    status, _, errors = _run(_open(repo), "update-ref", "--stdin", "-z", stdin=commands)
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


def delete(repo: Repository, tag: str, oid: str) -> None:
    """Delete a tag's ref, if it still holds the object that it is thought to hold.

    Raises:
        GitError: it does not, or Git could not do it.
    """
    command = f"delete refs/tags/{tag}\0{oid}\0".encode()
    status, _, errors = _run(_open(repo), "update-ref", "--stdin", "-z", stdin=command)
    if status:
        raise GitError(f"Git could not delete the tag {tag}: {errors.strip()}")


def move(repo: Repository, ref: str, oid: str, expected: str) -> None:
    """Let a ref hold another object, if it holds what it is thought to hold.

    Args:
        repo: the repository.
        ref: the full ref.
        oid: the object's id.
        expected: the id of what it holds now; empty: it does not exist.

    Raises:
        GitError: it holds something else by now, or Git could not do it.
    """
    # Where all is zero, the ref must not exist; nothing at all would mean "whatever it holds".
    command = f"update {ref}\0{oid}\0{expected or '0' * len(oid)}\0".encode()
    status, _, errors = _run(_open(repo), "update-ref", "--stdin", "-z", stdin=command)
    if status:
        raise GitError(f"Git could not set {ref}: {errors.strip()}", hint="run the command again")


def _open(repo: Repository) -> Repo:
    from git import InvalidGitRepositoryError, NoSuchPathError, Repo

    try:
        # A path is taken as it is: GitPython would put in variables ($HOME) and homes (~user).
        # Where none was named, GIT_DIR counts, as it does in `process`.
        named = repo.variables.get("GIT_DIR") or repo.path
        return Repo(named, search_parent_directories=True, expand_vars=False)
    except (InvalidGitRepositoryError, NoSuchPathError):
        raise process.no_repository(repo.path) from None


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
