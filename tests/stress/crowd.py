"""A crowd at one remote: many people register and promote at once, and some are killed at it.

A job is one event that somebody wants. It is tried, each time by a command `mreg` of its own, until
it is done: until that command said so, or a later one was told that it is done already. A command
that is killed may have done it or not; that is the point.
"""

from __future__ import annotations

import json
import os
import random
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import remotes
from mreg import Registry
from mreg.core import kinds
from mreg.git import refs
from mreg.policy import chain
from mreg.store.read import read_state
from repositories import Maker, Repository
from stress import refusing

ARTIFACTS = ("churn", "kmeans", "nlp/sentiment", "models:gpt")

_PROGRAM = str(Path(sys.executable).with_name("mreg"))

# What a command says when its event, or one that cannot stand beside it, is there already.
_DONE_ALREADY = "already"
# What it says when it may be run again: too many others were quicker, or were in the middle of it.
_BUSY = ("someone else published first", "locked")
_MOST_TRIES = 40

# A command that takes longer, in seconds, hangs: a call over the network may take 60.
_PATIENCE = 600


class Job(NamedTuple):
    """An event that somebody wants.

    Attributes:
        number: the job's own; its event's message says it.
        artifact: the artifact.
        rev: the commit to register, or to promote the version of.
        stage: the stage to promote to; empty for a registration.
    """

    number: int
    artifact: str
    rev: str
    stage: str = ""

    @property
    def command(self) -> list[str]:
        """The command that does it."""
        what = ("promote", self.artifact, self.stage) if self.stage else ("register", *self[1:3])
        return [_PROGRAM, *what, "--push", "--json", "--message", f"job {self.number}"]


@dataclass
class Tally:
    """What happened.

    Attributes:
        seconds: how long it all took.
        tries: how many commands were started.
        killed: how many of them were killed before they had ended.
        failed: how many ended with an error of an unreliable remote.
        unguarded: how many told that the remote takes no guard: none should.
        acknowledged: the object of each tag that a command said it made.
        done_already: the jobs that a killed or failed command turned out to have done.
        unexpected: what commands said or did that they should not.
    """

    seconds: float = 0.0
    tries: int = 0
    killed: int = 0
    failed: int = 0
    unguarded: int = 0
    acknowledged: dict[str, str] = field(default_factory=dict)
    done_already: set[int] = field(default_factory=set)
    unexpected: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Count what happened to another one of the crowd."""
        self.tries += other.tries
        self.killed += other.killed
        self.failed += other.failed
        self.unguarded += other.unguarded
        self.acknowledged.update(other.acknowledged)
        self.done_already |= other.done_already
        self.unexpected += other.unexpected


def crowd(
    make: Maker,
    folder: Path,
    url: str,
    *,
    jobs: int,
    members: int,
    share: float,
    seed: int,
    seconds: float,
    unreliable: bool = False,
) -> tuple[Tally, list[str]]:
    """Let a crowd do jobs at a remote, and look at what it leaves.

    Args:
        make: makes the repository that all start from.
        folder: where the remote and the clones are made.
        url: the folder's URL.
        jobs: how many events are wanted.
        members: how many are at work at the same time.
        share: at which part of the jobs a command is killed.
        seed: makes the choices; the timing is the machine's.
        seconds: after so many no command is started any more; what is not done then is wrong.
        unreliable: whether the remote fails at random (`stress.refusing`), once it is set up.

    Returns:
        What happened, and what is wrong.
    """
    choice = random.Random(seed)
    source = make(name="source", commits=jobs + 1)
    remote = remotes.bare(folder, "crowd.git")
    source.git("push", "-q", str(remote.path), "main")
    clones = [_clone(remote, folder, number) for number in range(members)]
    first = Registry.open(clones[0].path)
    for artifact in ARTIFACTS:
        first.register(artifact, source.commits[0], push=True)
    for clone in clones:
        clone.git("remote", "set-url", "origin", f"{url}/{remote.path.name}")
    if unreliable:
        refusing.make_unreliable(remote, seed)
    wanted = list(_jobs(source.commits, choice))
    begin = time.monotonic()
    passing = _BUSY + (refusing.SAYINGS if unreliable else ())
    people = [
        _Member(clone, share, random.Random(choice.random()), begin + seconds, passing)
        for clone in clones
    ]
    with ThreadPoolExecutor(members) as pool:
        shares = [wanted[number::members] for number in range(members)]
        for _ in pool.map(_Member.do, people, shares):
            pass
    tally = Tally(time.monotonic() - begin)
    for member in people:
        tally.add(member.tally)
    return tally, [*tally.unexpected, *faults(remote, clones, tally, wanted)]


def _jobs(commits: tuple[str, ...], choice: random.Random) -> Iterator[Job]:
    """Make as many jobs as there are commits but the first; some four in ten are registrations."""
    for number, rev in enumerate(commits[1:], start=1):
        artifact = choice.choice(ARTIFACTS)
        if choice.random() < 0.4:
            yield Job(number, artifact, rev)
        else:
            yield Job(number, artifact, commits[0], f"stage{number}")


def _clone(remote: Repository, folder: Path, number: int) -> Repository:
    clone = remotes.clone(str(remote.path), folder / f"member{number}")
    clone.git("config", "user.name", f"Member {number}")
    clone.git("config", "user.email", f"member{number}@example.com")
    return clone


class _Member:
    """One of the crowd: does jobs one after the other in a clone.

    Attributes:
        tally: what happened.
    """

    def __init__(
        self,
        clone: Repository,
        share: float,
        choice: random.Random,
        end: float,
        passing: Sequence[str],
    ) -> None:
        self.tally = Tally()
        self._passing = passing
        self._clone = clone
        self._share = share
        self._choice = choice
        self._end = end
        self._durations = [0.5]

    def do(self, jobs: Iterable[Job]) -> None:
        """Do some jobs."""
        for job in jobs:
            deadly = self._choice.random() < self._share
            tries = 0
            while tries < _MOST_TRIES and time.monotonic() < self._end:
                if self._done(job, deadly=deadly):
                    break
                deadly = False
                tries += 1
            else:
                self.tally.unexpected.append(f"{job} was not done in {tries} tries")

    def _done(self, job: Job, *, deadly: bool) -> bool:
        """Run the command of a job, and kill it if it is to be; tell whether the job is done."""
        begin = time.monotonic()
        process = subprocess.Popen(
            job.command,
            cwd=self._clone.path,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.tally.tries += 1
        if deadly:
            self._strike(process)
        try:
            out, err = process.communicate(timeout=_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            self.tally.unexpected.append(f"{job} took more than {_PATIENCE} seconds: {err}")
            return True
        if process.returncode == -signal.SIGKILL:
            self.tally.killed += 1
            return self._acknowledged(out)
        self._durations.append(time.monotonic() - begin)
        return self._judge(job, process.returncode, out, err)

    def _strike(self, process: subprocess.Popen[str]) -> None:
        """Kill a command at any moment of the life of such a one: all are as likely."""
        usual = statistics.median(self._durations[-20:])
        try:
            process.wait(self._choice.uniform(0, usual))
        except subprocess.TimeoutExpired:
            _kill(process.pid, with_push=self._choice.random() < 0.5)

    def _acknowledged(self, out: str) -> bool:
        """Note the tag that a command said it made, if it came to say so."""
        if not out.endswith("\n"):
            return False
        made = json.loads(out)
        self.tally.acknowledged[made["tag"]] = made["oid"]
        return True

    def _judge(self, job: Job, code: int, out: str, err: str) -> bool:
        self.tally.unguarded += "published without it" in err
        if code == 0 and self._acknowledged(out):
            return True
        if code == 1 and any(words in err for words in self._passing):
            self.tally.failed += not any(words in err for words in _BUSY)
            return False
        if code == 1 and _DONE_ALREADY in err:
            self.tally.done_already.add(job.number)
        else:
            self.tally.unexpected.append(f"{job}: exit code {code}: {out}{err}")
        return True


def _kill(process_id: int, *, with_push: bool) -> None:
    """Kill a command, and the push that it may be waiting for.

    Servers are left alone, and so is a Git that writes here: it would leave a lock behind, which
    mreg tells of and a person has to remove.
    """
    for each in (process_id, *(_pushes(process_id) if with_push else ())):
        with suppress(ProcessLookupError):
            os.kill(each, signal.SIGKILL)


def _pushes(process_id: int) -> Iterator[int]:
    """Iterate over the running `git push` of a process; Linux alone tells (man 5 proc)."""
    with suppress(FileNotFoundError, ProcessLookupError):
        children = Path(f"/proc/{process_id}/task/{process_id}/children").read_text()
        for child in children.split():
            with suppress(FileNotFoundError, ProcessLookupError):
                if b"\0push\0" in Path(f"/proc/{child}/cmdline").read_bytes():
                    yield int(child)


def faults(
    remote: Repository, clones: list[Repository], tally: Tally, wanted: list[Job]
) -> list[str]:
    """Return what is wrong with what a crowd left: nothing, that is."""
    found = []
    there = dict(refs.list_refs(remote.opened))
    state = read_state(remote.opened)
    for tag, oid in tally.acknowledged.items():
        if there.get(tag) != oid:
            found.append(f"{tag} was acknowledged and is not there")
    messages = [dated.event.message for history in state for dated in history.timeline]
    counts = {job: messages.count(f"job {job.number}") for job in wanted}
    found += [f"{job} is there {count} times" for job, count in counts.items() if count != 1]
    found += [f"{it.subject}: {it.message}" for it in state.problems]
    for history in state:
        numbers = [dated.number for dated in history.timeline if dated.number]
        if len(numbers) != len(set(numbers)):
            found.append(f"{history.artifact}: a number stands on two events")
        found += [
            f"{history.artifact}: {one.tag} and {two.tag} follow the same event"
            for one, two in chain.forks(history)
        ]
    for clone in clones:
        own = {tag: oid for tag, oid in refs.list_refs(clone.opened) if kinds.parse(tag)}
        found += [
            f"{clone.path.name}: {tag} is not there" for tag in own if there.get(tag) != own[tag]
        ]
    return [*found, *_damage([remote, *clones])]


def _damage(repositories: list[Repository]) -> Iterator[str]:
    """Iterate over what Git finds wrong with repositories, and lock files that were left."""
    for it in repositories:
        try:
            it.git("fsck", "--no-progress", "--no-dangling", "--strict")
        except AssertionError as error:
            yield f"{it.path.name}: {error}"
        for lock in it.path.rglob("*.lock"):
            yield f"{it.path.name}: {lock.name} was left"
