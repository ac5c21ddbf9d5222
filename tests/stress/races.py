"""Races of two: both register the same version at the same moment, and one of them wins.

They run the library in processes that wait for each other: two commands do not start at quite the
same moment.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Barrier
from pathlib import Path
from threading import BrokenBarrierError
from typing import Any, NamedTuple

import remotes
from mreg import Registry
from mreg.core import kinds
from mreg.errors import MregError
from mreg.git import refs
from repositories import Maker, Repository

RUNNERS = ("Ann", "Bob")

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["mreg.registry", "mreg.store.publish", "mreg.store.write", "git"])


class Race(NamedTuple):
    """How a race ended.

    Attributes:
        version: what both wanted.
        winners: who was told that it is theirs, and the object of the tag.
        errors: what the others were told.
    """

    version: str
    winners: dict[str, str]
    errors: dict[str, str]


def races(
    make: Maker, folder: Path, url: str, *, count: int, seconds: float
) -> tuple[list[Race], list[str]]:
    """Let two race for as many versions.

    Args:
        make: makes the repository that both start from.
        folder: where the remote and the clones are made.
        url: the folder's URL.
        count: how many races.
        seconds: after so many no race is started any more; what is not run then is wrong.

    Returns:
        How each race ended, and what is wrong.
    """
    source = make(name="race-source", commits=len(RUNNERS))
    remote = remotes.bare(folder, "races.git")
    source.git("push", "-q", str(remote.path), "main")
    start = _CONTEXT.Barrier(len(RUNNERS))
    course = _Course(start, count, time.time() + seconds)
    runs = [
        _started(course, f"{url}/races.git", folder, who, rev)
        for who, rev in zip(RUNNERS, source.commits, strict=True)
    ]
    told = {who: channel.recv() for who, (channel, _) in zip(RUNNERS, runs, strict=True)}
    for _, process in runs:
        process.join()
    found = [_race(number, told) for number in range(min(map(len, told.values())))]
    faults = [fault for race in found for fault in _faults(remote, race)]
    if len(found) < count:
        faults.append(f"{len(found)} races of {count} were run in {seconds:.0f} seconds")
    return found, faults


class _Course(NamedTuple):
    """What both runners know.

    Attributes:
        start: where they wait for each other.
        races: how many they run.
        end: when they stop, in seconds since the epoch.
    """

    start: Barrier
    races: int
    end: float


def _started(
    course: _Course, url: str, folder: Path, who: str, rev: str
) -> tuple[Connection[Any, Any], BaseProcess]:
    clone = remotes.clone(url, folder / who)
    clone.git("config", "user.name", who)
    ours, theirs = _CONTEXT.Pipe(duplex=False)
    arguments = (theirs, course, str(clone.path), rev, dict(os.environ))
    process = _CONTEXT.Process(target=_run, args=arguments)
    process.start()
    theirs.close()
    return ours, process


def _run(
    channel: Connection[Any, Any],
    course: _Course,
    path: str,
    rev: str,
    environment: Mapping[str, str],
) -> None:
    """Run all races, and say how they ended: the object of one's own tag, or the error."""
    os.environ.clear()
    os.environ.update(environment)
    registry = Registry.open(path)
    outcomes: list[tuple[str, str]] = []
    with suppress(BrokenBarrierError):  # the time is up for one, and so for both
        for number in range(course.races):
            course.start.wait(max(0.0, course.end - time.time()))
            outcomes.append(_raced(registry, rev, _version(number)))
    channel.send(outcomes)


def _raced(registry: Registry, rev: str, version: str) -> tuple[str, str]:
    try:
        made = registry.register("churn", rev, version=version, force=True, push=True)
    except MregError as error:
        return "", str(error)
    if not made.changed:
        return "", f"{made.already}, by {made.author} at {made.created_at}"
    return made.oid, ""


def _version(number: int) -> str:
    return f"v1.0.{number}"


def _version_of(tag: str) -> str | None:
    name = kinds.parse(tag)
    return name.version if name else None


def _race(number: int, told: Mapping[str, list[tuple[str, str]]]) -> Race:
    return Race(
        _version(number),
        {who: said[number][0] for who, said in told.items() if said[number][0]},
        {who: said[number][1] for who, said in told.items() if said[number][1]},
    )


def _faults(remote: Repository, race: Race) -> list[str]:
    there = [oid for tag, oid in refs.list_refs(remote.opened) if _version_of(tag) == race.version]
    if len(race.winners) != 1:
        return [f"{race.version}: {len(race.winners)} winners: {race}"]
    ((winner, oid),) = race.winners.items()
    found = []
    if there != [oid]:
        found.append(f"{race.version}: {winner} won, and the remote has {there}")
    expected = f"churn {race.version} is already registered, by {winner} at "
    found += [f"{race.version}: {error}" for error in race.errors.values() if expected not in error]
    return found
