"""Registries to measure: real tags in real repositories, the same at every run.

Each artifact lives through 25 versions. Every version is registered at a commit of its own and
promoted to dev, every second one to staging, every fifth one to prod; every tenth is demoted from
staging. The artifacts' lives run side by side, as in a repository that several teams share.

    python tests/bench/registries.py SIZE [--loose] [--one] FOLDER
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from itertools import chain, islice, zip_longest
from pathlib import Path
from typing import NamedTuple

import packs
from packs import Entry, Pack, Placed
from surroundings import CACHE

from mreg.core import kinds, tagobject
from mreg.core.events import NO_PREVIOUS, PREVIOUS_TRAILER, VERSION_TRAILER, Action

EDITION = 2
"""Changes with what is made here, so that registries kept from before are not used."""

VERSIONS = 25

_BEGIN = 1_672_617_600  # 2023-01-02
_STEP = 60
_PEOPLE = ("Ada Byron", "Grace Murray", "Emmy N\u00f6ther", "Alan Mathison", "Release Bot")
_FAMILIES = ("churn", "fraud", "ads/click-rate", "demand", "search/ranking", "embeddings")


class Step(NamedTuple):
    """What happens to an artifact next."""

    artifact: str
    action: Action
    version: str
    stage: str | None = None


def artifact_name(index: int) -> str:
    """Return the name of the artifact with this index."""
    return f"{_FAMILIES[index % len(_FAMILIES)]}-{index:05}"


def life(artifact: str, versions: int = VERSIONS) -> Iterator[Step]:
    """Iterate over what happens to one artifact."""
    for count in range(versions):
        version = f"v{1 + count // 10}.{count // 3 % 10}.{count % 3}"
        yield Step(artifact, "register", version)
        yield Step(artifact, "promote", version, "dev")
        if count % 2 == 1:
            yield Step(artifact, "promote", version, "staging")
        if count % 5 == 4:
            yield Step(artifact, "promote", version, "prod")
        if count % 10 == 9:
            yield Step(artifact, "demote", version, "staging")


TAGS_OF_A_LIFE = sum(1 for _ in life("any"))


def artifact_count(size: int) -> int:
    """Return how many artifacts a registry of so many tags has."""
    return -(-size // TAGS_OF_A_LIFE)


def steps(size: int, *, one: bool = False) -> Iterator[Step]:
    """Iterate over what happens in a registry of so many tags, of one artifact or of several."""
    if one:
        return islice(life(artifact_name(0), size), size)
    lives = [life(artifact_name(index)) for index in range(artifact_count(size))]
    rounds = chain.from_iterable(zip_longest(*lives))
    return islice((step for step in rounds if step), size)


class _Writer:
    """Writes what happens into a pack: commits, and the tags on them."""

    def __init__(self, pack: Pack, annotations: str) -> None:
        """Begin with a commit whose artifacts.yaml all others have, too."""
        self._pack = pack
        self._events = 0
        self._numbers: dict[str, int] = {}
        self._previous: dict[str, str] = {}
        self._commit_of: dict[tuple[str, str], str] = {}
        self._annotations = Entry("artifacts.yaml", pack.add_file(annotations))
        tree = pack.add_tree([self._annotations])
        self.head = pack.add_commit(tree, None, self._person(), "Begin")
        self.tags: dict[str, Placed] = {}

    def add(self, step: Step) -> None:
        """Write an event, and the commit that a registration needs."""
        self._events += 1
        if step.action == "register":
            self._commit(step)
        version = None if step.stage else step.version
        number = 0
        if step.stage:
            number = self._numbers[step.artifact] = self._numbers.get(step.artifact, 0) + 1
        tag = str(kinds.TagName(step.action, step.artifact, version, step.stage, number))
        commit = self._commit_of[step.artifact, step.version]
        oid = self._pack.add_tag(commit, tag, self._person(), self._message(step))
        self._previous[step.artifact] = oid
        self.tags[tag] = Placed(oid, commit)

    def _commit(self, step: Step) -> None:
        metrics = f'{{"accuracy": 0.{900_000 + self._events}}}\n'
        written = Entry("metrics.json", self._pack.add_file(metrics))
        tree = self._pack.add_tree([self._annotations, written])
        title = f"Train {step.artifact} {step.version}"
        self.head = self._pack.add_commit(tree, self.head, self._person(), title)
        self._commit_of[step.artifact, step.version] = self.head

    def _message(self, step: Step) -> str:
        subject = kinds.KINDS[step.action].subject(step.artifact, step.version, step.stage)
        body = ""
        if step.action == "register":
            body = f"Trained on the data up to day {self._events % 365}; see metrics.json."
        elif step.stage == "prod":
            body = "Approved in the weekly review."
        trailers = {VERSION_TRAILER: step.version} if step.stage else {}
        trailers[PREVIOUS_TRAILER] = self._previous.get(step.artifact, NO_PREVIOUS)
        return tagobject.compose(subject, body, trailers)

    def _person(self) -> str:
        return person(self._events)


def person(moment: int) -> str:
    """Return who did something, and when: so many minutes after the registry began."""
    name = _PEOPLE[moment % len(_PEOPLE)]
    email = f"{name.split()[0].lower()}@example.com"
    return f"{name} <{email}> {_BEGIN + _STEP * moment} +0100"


def artifacts_yaml(artifacts: Iterable[str]) -> str:
    """Return an artifacts.yaml with an entry for each artifact: its metrics are in a file."""
    return "".join(
        f"{name}:\n  type: model\n  path: models/{name}.pkl\n  description: It predicts.\n"
        "  metrics: [metrics.json]\n"
        for name in artifacts
    )


def make(size: int, folder: Path, *, loose: bool = False, one: bool = False) -> None:
    """Make a registry of so many tags, packed as a clone or `git gc` leaves it.

    Each commit has an artifacts.yaml with all artifacts, the same throughout, and the metrics of
    the version that is registered at it.

    Args:
        size: how many tags.
        folder: where; it must not exist.
        loose: leave each ref in a file of its own, as `git tag` makes it.
        one: let all tags be of one artifact.
    """
    registered = sum(step.action == "register" for step in steps(size, one=one))
    artifacts = map(artifact_name, range(1 if one else artifact_count(size)))
    packs.begun(folder)
    with Pack(folder, size + 3 * (registered + 1)) as pack:
        writer = _Writer(pack, artifacts_yaml(artifacts))
        for step in steps(size, one=one):
            writer.add(step)
    packs.finish(folder, writer.head, writer.tags, loose=loose)


def registry(size: int, *, loose: bool = False) -> Path:
    """Return a registry of so many tags; it is made at the first call and kept."""
    name = f"{'loose' if loose else 'packed'}-{size}-{EDITION}"
    return kept(name, __file__, str(size), *(["--loose"] if loose else []))


def of_one_artifact(size: int) -> Path:
    """Return a registry of so many tags, all of one artifact."""
    return kept(f"one-{size}-{EDITION}", __file__, str(size), "--one")


def kept(name: str, program: str, *given: str) -> Path:
    """Return what a program makes in a folder, its last argument; it is kept for the next run.

    Another process makes it: a process that was large once makes those that it starts later look
    large too, since the kernel counts the memory before `exec` to theirs.
    """
    folder = CACHE / name
    if not folder.exists():
        print(f"making {name} ...", file=sys.stderr)
        partial = folder.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        subprocess.run([sys.executable, program, *given, str(partial)], check=True)
        partial.rename(folder)
    return folder


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, usage="%(prog)s SIZE [--loose] [--one] FOLDER"
    )
    parser.add_argument("size", type=int)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--loose", action="store_true")
    parser.add_argument("--one", action="store_true")
    given = parser.parse_args()
    make(given.size, given.folder, loose=given.loose, one=given.one)
