"""A crowd at one remote: many processes register and promote at once, and some of them are killed.

A job is one event that somebody wants. It is tried, each time by a process of its own, until it is
done: until that process said so, or a later one was told that it is done already. A process that is
killed may have done it or not; that is the point.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import statistics
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

import remotes
from mreg import Registry, kinds
from mreg.errors import MregError
from mreg.git import tags
from repositories import Maker, Repository

ARTIFACTS = ("churn", "kmeans", "nlp/sentiment", "models:gpt")

# What a process is told when its event, or one that cannot stand beside it, is there already.
_DONE_ALREADY = ("already",)
_MOST_TRIES = 40

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["mreg.registry", "mreg.sharing", "mreg.git.writing", "git"])


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


@dataclass
class Tally:
    """What happened.

    Attributes:
        seconds: how long it all took.
        tries: how many processes were started.
        killed: how many of them were killed before they had ended.
        acknowledged: the object of each tag that a process said it made.
        done_already: the jobs that a killed process turned out to have done.
        unexpected: what processes said that they should not.
    """

    seconds: float = 0.0
    tries: int = 0
    killed: int = 0
    acknowledged: dict[str, str] = field(default_factory=dict)
    done_already: set[int] = field(default_factory=set)
    unexpected: list[str] = field(default_factory=list)


def crowd(
    make: Maker, folder: Path, url: str, *, jobs: int, processes: int, share: float, seed: int
) -> tuple[Tally, list[str]]:
    """Let a crowd do jobs at a remote, and look at what it leaves.

    Args:
        make: makes the repository that all start from.
        folder: where the remote and the clones are made.
        url: the folder's URL.
        jobs: how many events are wanted.
        processes: how many are at work at the same time.
        share: which part of the processes that begin a job are killed.
        seed: makes the choices; the timing is the machine's.

    Returns:
        What happened, and what is wrong.
    """
    choice = random.Random(seed)
    source = make(name="source", commits=jobs)
    remote = remotes.bare(folder, "crowd.git")
    source.git("push", "-q", str(remote.path), "main")
    clones = [_member(f"{url}/crowd.git", folder, number) for number in range(processes)]
    first = Registry.open(clones[0].path)
    for artifact in ARTIFACTS:
        first.register(artifact, source.commits[0], push=True)
    wanted = list(_jobs(source.commits, choice))
    tally = Tally()
    begin = time.monotonic()
    members = [
        _Member(clone, wanted[number::processes], share, random.Random(choice.random()), tally)
        for number, clone in enumerate(clones)
    ]
    for member in members:
        member.start()
    for member in members:
        member.join()
    tally.seconds = time.monotonic() - begin
    return tally, [*tally.unexpected, *faults(remote, clones, tally, jobs=len(wanted))]


def _jobs(commits: tuple[str, ...], choice: random.Random) -> Iterator[Job]:
    """Make as many jobs as there are commits but the first; some four in ten are registrations."""
    for number, rev in enumerate(commits[1:], start=1):
        artifact = choice.choice(ARTIFACTS)
        if choice.random() < 0.4:
            yield Job(number, artifact, rev)
        else:
            yield Job(number, artifact, commits[0], f"stage{number}")


def _member(url: str, folder: Path, number: int) -> Repository:
    clone = remotes.clone(url, folder / f"member{number}")
    clone.git("config", "user.name", f"Member {number}")
    clone.git("config", "user.email", f"member{number}@example.com")
    return clone


class _Member(threading.Thread):
    """One of the crowd: does its jobs one after the other in its own clone."""

    def __init__(
        self,
        clone: Repository,
        jobs: list[Job],
        share: float,
        choice: random.Random,
        tally: Tally,
    ) -> None:
        super().__init__()
        self._clone = clone
        self._jobs = jobs
        self._share = share
        self._choice = choice
        self._tally = tally
        self._durations = [0.5]

    def run(self) -> None:
        for job in self._jobs:
            deadly = self._choice.random() < self._share
            for _ in range(_MOST_TRIES):
                if self._done(job, deadly=deadly):
                    break
                deadly = False
            else:
                self._tally.unexpected.append(f"{job} was not done in {_MOST_TRIES} tries")

    def _done(self, job: Job, *, deadly: bool) -> bool:
        """Start a process for a job, and kill it if it is to be; tell whether the job is done."""
        ours, theirs = CONTEXT.Pipe(duplex=False)
        arguments = (theirs, str(self._clone.path), job, dict(os.environ))
        process = CONTEXT.Process(target=_work, args=arguments)
        begin = time.monotonic()
        process.start()
        theirs.close()
        self._tally.tries += 1
        if deadly:
            # Anywhere in the life of such a process: the moments are all as likely.
            process.join(self._choice.uniform(0, statistics.median(self._durations[-20:])))
            if process.is_alive():
                _kill(int(process.pid or 0), with_push=self._choice.random() < 0.5)
        try:
            said = ours.recv()
        except EOFError:
            said = None
        process.join()
        if process.exitcode == -signal.SIGKILL:
            self._tally.killed += 1
        if said is None:
            return False
        self._durations.append(time.monotonic() - begin)
        return self._judge(job, *said)

    def _judge(self, job: Job, made: dict[str, str], error: str) -> bool:
        if not error:
            self._tally.acknowledged.update(made)
        elif any(words in error for words in _DONE_ALREADY):
            self._tally.done_already.add(job.number)
        elif "somebody else was quicker" in error or "locked" in error:
            return False
        else:
            self._tally.unexpected.append(f"{job}: {error}")
        return True


def _kill(process_id: int, *, with_push: bool) -> None:
    """Kill a process, and the push that it may be waiting for.

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


def _work(
    channel: Connection[Any, Any],
    path: str,
    job: Job,
    environment: Mapping[str, str],
) -> None:
    """Do a job, and say what came of it: the tags made, and the error."""
    os.environ.clear()
    os.environ.update(environment)
    registry = Registry.open(path)
    message = f"job {job.number}"
    try:
        if job.stage:
            record = registry.promote(job.artifact, job.stage, message=message, push=True)
        else:
            record = registry.register(job.artifact, job.rev, message=message, push=True)
    except MregError as error:
        channel.send(({}, str(error)))
    else:
        channel.send(({record.tag: record.oid}, ""))


def faults(remote: Repository, clones: list[Repository], tally: Tally, *, jobs: int) -> list[str]:
    """Return what is wrong with what a crowd left: nothing, that is."""
    found = []
    there = dict(tags.list_refs(remote.path))
    state = tags.read_state(remote.path)
    for tag, oid in tally.acknowledged.items():
        if there.get(tag) != oid:
            found.append(f"{tag} was acknowledged and is not there")
    messages = [dated.event.message for history in state for dated in history.timeline]
    counts = {number: messages.count(f"job {number}") for number in range(1, jobs + 1)}
    found += [
        f"job {number} is there {count} times" for number, count in counts.items() if count != 1
    ]
    found += [f"{it.subject}: {it.message}" for it in state.problems]
    for history in state:
        numbers = [dated.number for dated in history.timeline if dated.number]
        if len(numbers) != len(set(numbers)):
            found.append(f"{history.artifact}: a number stands on two events")
    for clone in clones:
        own = {tag: oid for tag, oid in tags.list_refs(clone.path) if kinds.parse(tag)}
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
