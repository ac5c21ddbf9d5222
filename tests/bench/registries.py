"""Registries to measure: real tags in real repositories, the same at every run.

Each artifact lives through 25 versions. Every version is registered at a commit of its own and
promoted to dev, every second one to staging, every fifth one to prod; every tenth is demoted from
staging. The artifacts' lives run side by side, as in a repository that several teams share.

    python tests/bench/registries.py SIZE FOLDER [--loose]
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain, islice, zip_longest
from pathlib import Path
from typing import IO, NamedTuple

from surroundings import CACHE, ENVIRONMENT, git

from mreg.core import kinds, tagobject
from mreg.core.events import NO_PREVIOUS, PREVIOUS_TRAILER, VERSION_TRAILER, Action

EDITION = 1
"""Changes with what is made here, so that registries kept from before are not used."""

VERSIONS = 25
MOST_ANNOTATED = 10_000
"""Up to this many tags the registry has an artifacts.yaml with an entry for each artifact."""

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


def life(artifact: str) -> Iterator[Step]:
    """Iterate over what happens to one artifact."""
    for count in range(VERSIONS):
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


def steps(size: int) -> Iterator[Step]:
    """Iterate over what happens in a registry of so many tags."""
    lives = [life(artifact_name(index)) for index in range(artifact_count(size))]
    rounds = chain.from_iterable(zip_longest(*lives))
    return islice((step for step in rounds if step), size)


class _Writer:
    """Writes one `git fast-import` stream (Git's documentation of that command has the format)."""

    def __init__(self, requests: IO[bytes], answers: IO[bytes]) -> None:
        self._requests = requests
        self._answers = answers
        self._commits = 0
        self._events = 0
        self._numbers: dict[str, int] = {}
        self._previous: dict[str, str] = {}
        self._commit_of: dict[tuple[str, str], str] = {}

    def begin(self, annotations: str) -> None:
        """Write the first commit; all others have its artifacts.yaml."""
        self._commit("Begin", "artifacts.yaml", annotations)

    def add(self, step: Step) -> None:
        """Write an event, and the commit that a registration needs."""
        self._events += 1
        if step.action == "register":
            title = f"Train {step.artifact} {step.version}"
            metrics = f'{{"accuracy": 0.{900_000 + self._events}}}\n'
            self._commit_of[step.artifact, step.version] = self._commit(
                title, "metrics.json", metrics
            )
        self._tag(step, self._commit_of[step.artifact, step.version])

    def _commit(self, title: str, path: str, content: str) -> str:
        """Write a commit that changes one file, and return its id."""
        self._commits += 1
        self._line("commit refs/heads/main")
        self._line(f"mark :{self._commits}")
        self._line(f"committer {self._person()}")
        self._data(title)
        self._line(f"M 100644 inline {path}")
        self._data(content)
        self._line(f"get-mark :{self._commits}")
        self._requests.flush()
        return self._answers.readline().decode().strip()

    def _tag(self, step: Step, commit: str) -> None:
        number = 0
        if step.stage:
            number = self._numbers[step.artifact] = self._numbers.get(step.artifact, 0) + 1
        version = None if step.stage else step.version
        tag = str(kinds.TagName(step.action, step.artifact, version, step.stage, number))
        person, message = self._person(), self._message(step)
        self._line(f"tag {tag}")
        self._line(f"from {commit}")
        self._line(f"tagger {person}")
        self._data(message)
        self._previous[step.artifact] = _tag_id(commit, tag, person, message)

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
        name = _PEOPLE[self._events % len(_PEOPLE)]
        email = f"{name.split()[0].lower()}@example.com"
        return f"{name} <{email}> {_BEGIN + _STEP * self._events} +0100"

    def _line(self, text: str) -> None:
        self._requests.write(f"{text}\n".encode())

    def _data(self, text: str) -> None:
        raw = text.encode()
        self._requests.write(b"data %d\n%s\n" % (len(raw), raw))


def _tag_id(commit: str, tag: str, person: str, message: str) -> str:
    """Return the id that Git gives to a tag object: the next event's `Previous:` needs it."""
    raw = f"object {commit}\ntype commit\ntag {tag}\ntagger {person}\n\n{message}".encode()
    return hashlib.sha1(b"tag %d\0%s" % (len(raw), raw), usedforsecurity=False).hexdigest()


def artifacts_yaml(artifacts: Iterable[str]) -> str:
    """Return an artifacts.yaml with an entry for each artifact."""
    return "".join(
        f"{name}:\n  type: model\n  path: models/{name}.pkl\n  description: It predicts.\n"
        for name in artifacts
    )


def make(size: int, folder: Path, *, loose: bool = False) -> None:
    """Make a registry of so many tags, packed as a clone or `git gc` leaves it.

    Args:
        size: how many tags.
        folder: where; it must not exist.
        loose: leave each ref in a file of its own, as `git tag` makes it.
    """
    count = artifact_count(size) if size <= MOST_ANNOTATED else 0
    folder.mkdir(parents=True)
    git(folder, "init", "--quiet", "--object-format=sha1", "--initial-branch=main")
    with _fast_import(folder) as writer:
        writer.begin(artifacts_yaml(map(artifact_name, range(count))))
        for step in steps(size):
            writer.add(step)
    git(folder, "repack", "-a", "-d", "--quiet")
    if not loose:
        git(folder, "pack-refs", "--all")
    git(folder, "reset", "--quiet", "--hard")


@contextmanager
def _fast_import(folder: Path) -> Iterator[_Writer]:
    # To flush each of a million refs to the disk would take hours, and nothing is lost here.
    command = ["git", "-C", str(folder), "-c", "core.fsync=none", "fast-import", "--quiet"]
    with subprocess.Popen(
        command, env=ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield _Writer(process.stdin, process.stdout)
        process.stdin.close()
    if process.returncode:
        raise SystemExit(f"git fast-import ended with exit code {process.returncode}")


def registry(size: int, *, loose: bool = False) -> Path:
    """Return a registry of so many tags; it is made at the first call and kept.

    Another process makes it: a process that was large once makes those that it starts later look
    large too, since the kernel counts the memory before `exec` to theirs.
    """
    folder = CACHE / f"{'loose' if loose else 'packed'}-{size}-{EDITION}"
    if not folder.exists():
        print(f"making a registry of {size:,} tags ...", file=sys.stderr)
        partial = folder.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        command = [sys.executable, __file__, str(size), str(partial)]
        subprocess.run([*command, *(["--loose"] if loose else [])], check=True)
        partial.rename(folder)
    return folder


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, usage="%(prog)s SIZE FOLDER [--loose]")
    parser.add_argument("size", type=int)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--loose", action="store_true")
    given = parser.parse_args()
    make(given.size, given.folder, loose=given.loose)
