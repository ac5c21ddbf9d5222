"""Recording what another registry has had: versions at their own times, each at its own commit.

The commits are made for it, on a branch of their own that holds nothing but annotations and, if
wanted, the files: neither the work tree nor the user's own branches are touched. Objects are made
first; then one step makes all tags of an artifact and moves the branch, or does nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from mreg.annotations import outline
from mreg.content import deposit
from mreg.content.deposit import Keeper
from mreg.core import names, plans, refnames, tagobject
from mreg.core.events import IMPORT_TRAILER
from mreg.core.kinds import KINDS
from mreg.core.outcomes import Outcome
from mreg.core.plans import Ground, Plan
from mreg.errors import InvalidName, Refused
from mreg.git import branches, checkout, objects, refs, worktree
from mreg.git.repository import Repository
from mreg.git.writer import CommitHeader, ObjectWriter
from mreg.registry import record, requests
from mreg.registry.record import Request
from mreg.render import yaml
from mreg.store import complete, write
from mreg.store.write import Move, Tagger

_OTHER = "choose another beginning: --branch NAME"
_MARKED = re.compile(rf"(?m)^{IMPORT_TRAILER}: ".encode())


class PastVersion(NamedTuple):
    """A version that another registry has had.

    Attributes:
        version: the version that it becomes.
        time: when it was registered there, in seconds since 1970.
        message: what to say of it.
        origin: what stands for it in `Imported-From:`: a text of visible ASCII characters.
        said: the fields of its annotation, as artifacts.yaml has them.
        folder: what its files are in, from the root of the commit.
        files: its files, by path in that folder; they are read when their commit is made.
    """

    version: str
    time: int
    message: str
    origin: str
    said: Mapping[str, Any]
    folder: str = ""
    files: Mapping[str, Path] = {}


class PastPromotion(NamedTuple):
    """A version that holds a stage in another registry; nothing is known of when it came there.

    Attributes:
        version: the version, as it is called here.
        stage: the stage.
        message: what to say of it.
        origin: as that of the version.
    """

    version: str
    stage: str
    message: str
    origin: str


def record_past(
    repo: Repository,
    artifact: str,
    versions: Iterable[PastVersion],
    promotions: Sequence[PastPromotion],
    branch: str,
    keep: Keeper,
) -> tuple[Outcome, ...]:
    """Record versions of an artifact, each at a commit that is made for it: see `Registry`."""
    if repo.mirror:
        worktree.root(repo)  # says that it is to be cloned
    with repo.session.here:  # one process answers for all versions
        who = write.tagger(repo)
        line = _Branch(repo, names.artifact(artifact), branch, keep)
        with ObjectWriter(repo) as writer:
            made = [(it, line.add(writer, it, who)) for it in versions]
        for _, commit in made:
            asked = (repo, artifact, commit, commit)
            requests.check_commit(*asked, digest=False, allow_dirty=True, force=False)
        wishes = [*(_registration(it, commit) for it, commit in made), *map(_promotion, promotions)]
        return record.record_here(repo, artifact, wishes, line.moves)


def _registration(it: PastVersion, commit: str) -> Request:
    def request(ground: Ground) -> Plan:
        then = ground._replace(now=it.time)
        return plans.register(
            then, commit, version=it.version, message=it.message, origin=it.origin
        )

    return request


def _promotion(it: PastPromotion) -> Request:
    return lambda ground: plans.promote(
        ground, it.version, it.stage, message=it.message, origin=it.origin
    )


class _Branch:
    """The branch of an artifact's imported versions, and the commits that are added to it."""

    def __init__(self, repo: Repository, artifact: str, branch: str, keep: Keeper) -> None:
        """Find where the branch is, or where it would go on.

        Raises:
            InvalidName: Git could not hold the branch.
            Refused: it is checked out, or holds something else than imported versions.
        """
        self._repo, self._artifact = repo, artifact
        self._deposit = deposit.deposit(keep, repo)
        self._ref = f"{branches.LOCAL}{branch}"
        if fault := refnames.fault(self._ref):
            raise InvalidName(f"Git cannot hold the branch {branch}: {fault}")
        there = dict(refs.list_names(repo, [self._ref]))
        self._before = there.pop(self._ref, "")
        around = [self._ref.rsplit("/", it + 1)[0] for it in range(branch.count("/"))]
        found = zip(around, objects.headers(repo, around), strict=True)
        if beside := [*there, *(ref for ref, it in found if it.oid)]:
            raise Refused(
                f"Git cannot hold the branch {branch} beside the branch "
                f"{beside[0].removeprefix(branches.LOCAL)}",
                hint=_OTHER,
            )
        self._tip = self._before or self._newest()
        if self._before:
            self._refuse_others(branch)

    @property
    def moves(self) -> list[Move]:
        """The move of the branch, if commits were added."""
        there = self._tip == self._before
        return [] if there else [Move(self._ref, self._tip, self._before)]

    def add(self, writer: ObjectWriter, it: PastVersion, who: Tagger) -> str:
        """Make the commit of a version; return its id."""
        said = yaml.dumps({self._artifact: dict(it.said)}).encode()
        files = self._deposit.put(writer, it.folder, it.files) if it.files else {}
        tree = writer.tree({outline.FILE: writer.text(said), **files})
        subject = f"Import {self._artifact} {it.version}"
        text = tagobject.compose(subject, it.message, {IMPORT_TRAILER: it.origin})
        header = CommitHeader(self._tip, who.who, it.time)
        self._tip = writer.commit(tree, header, text)
        return self._tip

    def _newest(self) -> str:
        """Return the commit of the version that was imported last; empty without one."""
        events = complete.read_state(self._repo, self._artifact).history(self._artifact).timeline
        found = (
            it.event.commit
            for it in reversed(events)
            if KINDS[it.event.action].registers and IMPORT_TRAILER in it.event.trailers
        )
        return next(found, "")

    def _refuse_others(self, branch: str) -> None:
        (found,) = objects.contents(self._repo, [self._before])
        if not _MARKED.search(found.raw or b""):
            raise Refused(
                f"the branch {branch} already exists with other contents",
                hint=_OTHER,
            )
        if self._ref in checkout.branches(self._repo):
            raise Refused(
                f"the branch {branch} is checked out, so an import cannot move it",
                hint="switch to another branch first: git switch",
            )
