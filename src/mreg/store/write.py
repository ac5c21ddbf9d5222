"""Making tags: first the object, which nobody sees; then the ref, created and never moved.

Each command has a fixed list of arguments; what people typed goes in through standard input.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress

from mreg.core.outcomes import Outcome
from mreg.core.plans import Plan
from mreg.errors import GitError, Refused
from mreg.git import identity, process, refs, signature
from mreg.git.repository import Repository
from mreg.store import read
from mreg.system import locks
from mreg.tuples import NamedTuple

_UPDATE = ("update-ref", "--stdin", "-z")
_IDENT = re.compile(r"(?P<who> .* > ) [ ] (?P<time> [0-9]+ ) [ ] (?P<zone> [+-][0-9]{4} )", re.X)


class Tagger(NamedTuple):
    """Whom Git takes the user for, "Name <email>", and what time it is.

    That is in seconds since 1970 (GIT_COMMITTER_DATE, if it is set), and the zone such as "+0100".
    """

    who: str
    now: int
    zone: str


class Made(NamedTuple):
    """A tag object that was made: the name it has, its id and its bytes."""

    tag: str
    oid: str
    raw: bytes


class Draft(NamedTuple):
    """Events that are planned and made, and not published yet.

    Attributes:
        made: their tag objects.
        outcomes: what came of each wish: what they say, or what was there already.
        heard: whether what principals said of a version bore on it.
    """

    made: tuple[Made, ...]
    outcomes: tuple[Outcome, ...]
    heard: bool = False

    @property
    def tags(self) -> dict[str, str]:
        """The object of each tag."""
        return {it.tag: it.oid for it in self.made}


class TagTaken(Refused):
    """Somebody else in this clone recorded an event of the artifact meanwhile, or is about to."""


class Basis(NamedTuple):
    """The tags of an artifact on which its next events are planned, as Git lists them."""

    artifact: str
    listing: bytes


def basis(repo: Repository, artifact: str) -> Basis:
    """Return the tags of an artifact that are here now."""
    return Basis(artifact, refs.listing(repo, read.patterns_of(artifact), refs.TAGS))


def tagger(repo: Repository) -> Tagger:
    """Return whom Git takes the user for.

    Raises:
        Refused: Git knows no name or e-mail address.
        RepositoryError: there is no usable repository.
    """
    said = identity.committer(repo)
    found = _IDENT.fullmatch(said)
    if found is None:
        raise GitError(f"cannot read your identity as Git prints it: {said}")
    return Tagger(found["who"], int(found["time"]), found["zone"])


def make(
    repo: Repository, plan: Plan, who: Tagger, *, dry_run: bool = False, must_sign: bool = False
) -> Made:
    """Make the tag object that a plan asks for, signed if it must be or Git is set up to sign tags.

    No ref points to it: until `publish`, nothing has happened, and Git's garbage collection takes
    it away in time. A dry run tells what it would be, unsigned, and writes nothing.

    Raises:
        GitError: Git refuses the object, or it cannot be signed.
    """
    raw = tag_bytes(plan.commit, "commit", plan.tag, who._replace(now=plan.time), plan.message)
    if not dry_run:
        raw += signature.signature(repo, raw, who.who, required=must_sign)
    return Made(plan.tag, store(repo, raw, plan.commit, dry_run=dry_run), raw)


def tag_bytes(target: str, kind: str, name: str, who: Tagger, message: str) -> bytes:
    """Return the bytes of a tag object that is not signed.

    It points to an object, by its id, of a kind: commit or tag; trailers are in the message.
    """
    headers = f"object {target}\ntype {kind}\ntag {name}\ntagger {who.who} {who.now} {who.zone}\n\n"
    return (headers + message).encode()


def store(repo: Repository, raw: bytes, target: str, *, dry_run: bool = False) -> str:
    """Write a tag object, to which no ref points; return its id. A dry run computes only that.

    Raises:
        Refused: its target is not here.
        GitError: Git refuses it.
    """
    command = ("hash-object", "-t", "tag", "--stdin") if dry_run else ("mktag",)
    done = process.attempt(repo, raw, *command)
    if done.returncode:
        if "could not read tagged object" in done.errors:
            if b"\ntype tag\n" in raw:
                raise Refused(
                    f"the tag object {target[:12]} is not in this clone",
                    hint="run `mreg fetch`, then try again",
                )
            raise Refused(
                f"the commit {target[:12]} is not in this clone, so it cannot be tagged here",
                hint=f"run `git fetch --depth=1 origin {target}`, or record through the URL with "
                "--repo URL",
            )
        raise GitError(f"Git does not accept the tag: {done.errors.strip()}")
    return done.output.decode().strip()


class Move(NamedTuple):
    """A branch, by its full ref, that is to hold another commit than before; "": none yet."""

    ref: str
    oid: str
    before: str


def publish(
    repo: Repository,
    made: Sequence[Made],
    moves: Sequence[Move] = (),
    planned_on: Basis | None = None,
) -> None:
    """Create the refs of tag objects: all of them or none, and only where there are none yet.

    Branches may be moved in the same step. If it is said what the events were `planned_on`, they
    are published only while that still holds: of two processes one comes first. Nothing is done
    before Git has heard all of it, so that this process may be ended at any time; what ends it from
    a terminal does not end Git.

    Raises:
        TagTaken: there is a tag of such a name by now, the artifact's tags are others than the
            events were planned on, or another process holds a lock.
        GitError: Git could not do it.
    """
    if not planned_on:
        _publish(repo, made, moves)
        return
    with ExitStack() as stack:
        # Where nothing can be locked (the file system cannot, or another user holds it), the tags
        # are compared all the same: that leaves the moment between this and Git's own step.
        with suppress(OSError):
            stack.enter_context(_lock(repo))
        if basis(repo, planned_on.artifact) != planned_on:
            raise TagTaken(
                f"someone else has just recorded an event of {planned_on.artifact}",
                hint="run the command again",
            )
        _publish(repo, made, moves)


_PATIENCE = 1.0


@contextmanager
def _lock(repo: Repository) -> Iterator[None]:
    """Keep other processes from publishing in this clone, its other work trees included.

    Raises:
        TagTaken: another process does so, for longer than that takes.
        OSError: nothing can be locked there.
    """
    inside = repo.common_dir()
    if inside is None:
        raise process.no_repository(repo)
    file = inside / "mreg-publish.lock"
    try:
        with locks.held(file, seconds=_PATIENCE):
            yield
    except locks.Taken:
        raise TagTaken(
            f"another process has been holding {file} for {_PATIENCE:.0f} second",
            hint="run the command again when that process has ended",
        ) from None


def _publish(repo: Repository, made: Sequence[Made], moves: Sequence[Move]) -> None:
    steps = (
        "start",
        *(_update(it.ref, it.oid, it.before) for it in moves),
        *(f"create refs/tags/{it.tag}\0{it.oid}" for it in made),
        "prepare",
        "commit",
    )
    commands = "".join(f"{it}\0" for it in steps).encode()
    done = process.attempt(repo, commands, *_UPDATE, detached=True)
    errors = done.errors.strip()
    if not done.returncode:
        return
    if "already exists" in errors:
        raise TagTaken(
            f"someone else has just created {' or '.join(it.tag for it in made)}",
            hint="run the command again",
        )
    if ".lock': File exists" in errors:
        from mreg.git import faults

        raise TagTaken(f"Git cannot create the tag: {errors}", hint=faults.LOCKED_HERE.hint)
    raise GitError(f"Git cannot create the tag: {errors}")


def delete(repo: Repository, tag: str, oid: str) -> None:
    """Delete a tag's ref, if it still holds the object that it is thought to hold.

    Raises:
        GitError: it does not, or Git could not do it.
    """
    command = f"delete refs/tags/{tag}\0{oid}\0".encode()
    done = process.attempt(repo, command, *_UPDATE)
    if done.returncode:
        raise GitError(f"Git cannot delete the tag {tag}: {done.errors.strip()}")


def move(repo: Repository, ref: str, oid: str, expected: str) -> None:
    """Let a full ref hold another object, if it holds the expected one; empty: there is none yet.

    Raises:
        GitError: it holds something else by now, or Git could not do it.
    """
    done = process.attempt(repo, f"{_update(ref, oid, expected)}\0".encode(), *_UPDATE)
    if done.returncode:
        raise GitError(
            f"Git cannot update {ref}: {done.errors.strip()}", hint="run the command again"
        )


def _update(ref: str, oid: str, expected: str) -> str:
    # Where all is zero, the ref must not exist; nothing at all would mean "whatever it holds".
    return f"update {ref}\0{oid}\0{expected or '0' * len(oid)}"
