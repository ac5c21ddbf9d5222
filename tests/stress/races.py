"""Races of two: both register the same version at the same moment, and one of them wins."""

from __future__ import annotations

import os
from collections.abc import Mapping
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any, NamedTuple

import remotes
from mreg import Registry, kinds
from mreg.errors import MregError
from mreg.git import tags
from repositories import Maker, Repository
from stress.crowd import CONTEXT

RUNNERS = ("Ann", "Bob")
_PATIENCE = 120


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


def races(make: Maker, folder: Path, url: str, *, count: int) -> tuple[list[Race], list[str]]:
    """Let two race for as many versions; return how each ended, and what is wrong."""
    source = make(name="race-source", commits=len(RUNNERS))
    remote = remotes.bare(folder, "races.git")
    source.git("push", "-q", str(remote.path), "main")
    start = CONTEXT.Barrier(len(RUNNERS))
    runs = [
        _started(start, f"{url}/races.git", folder, who, rev, count)
        for who, rev in zip(RUNNERS, source.commits, strict=True)
    ]
    told = {who: channel.recv() for who, (channel, _) in zip(RUNNERS, runs, strict=True)}
    for _, process in runs:
        process.join()
    found = [_race(number, told) for number in range(count)]
    return found, [fault for race in found for fault in _faults(remote, race)]


def _started(
    start: Barrier, url: str, folder: Path, who: str, rev: str, count: int
) -> tuple[Connection[Any, Any], BaseProcess]:
    clone = remotes.clone(url, folder / who)
    clone.git("config", "user.name", who)
    ours, theirs = CONTEXT.Pipe(duplex=False)
    arguments = (theirs, start, str(clone.path), rev, count, dict(os.environ))
    process = CONTEXT.Process(target=_run, args=arguments)
    process.start()
    theirs.close()
    return ours, process


def _run(
    channel: Connection[Any, Any],
    start: Barrier,
    path: str,
    rev: str,
    count: int,
    environment: Mapping[str, str],
) -> None:
    os.environ.clear()
    os.environ.update(environment)
    registry = Registry.open(path)
    outcomes: list[tuple[str, str]] = []
    for number in range(count):
        start.wait(_PATIENCE)
        try:
            made = registry.register("churn", rev, version=_version(number), force=True, push=True)
        except MregError as error:
            outcomes.append(("", str(error)))
        else:
            outcomes.append((made.oid, ""))
    channel.send(outcomes)


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
    there = [oid for tag, oid in tags.list_refs(remote.path) if _version_of(tag) == race.version]
    if len(race.winners) != 1:
        return [f"{race.version}: {len(race.winners)} winners: {race}"]
    ((winner, oid),) = race.winners.items()
    found = []
    if there != [oid]:
        found.append(f"{race.version}: {winner} won, and the remote has {there}")
    expected = f"churn {race.version} is registered already, by {winner} at "
    found += [f"{race.version}: {error}" for error in race.errors.values() if expected not in error]
    return found
