"""Holding the answers of large registries against those of an earlier build: not a byte differs.

What the earlier build says is written down, since it takes minutes, and asked once.
`tests/test_same_answers.py` does the same with small registries, and more of it.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import questions_of_versions
import registries
import teams
from bench import HUGE, Bench, scratch
from builds import Build
from surroundings import CACHE, ENVIRONMENT, git

_LATER = "2026-01-02T03:04:05+0000"
_MOST = 900
"""Seconds after which the earlier build is asked no longer: there is nothing to compare with."""


class Outcome(NamedTuple):
    """What a command did: its exit code, and digests of what it printed."""

    code: int
    out: str
    err: str


class Difference(NamedTuple):
    """An answer that is not the one of before.

    Attributes:
        registry: the name of the registry's folder.
        state: whether it was asked for the first time, or again.
        question: the command line.
        differs: "exit code", "stdout" or "stderr".
    """

    registry: str
    state: str
    question: str
    differs: str


def checked(bench: Bench) -> Iterator[Difference]:
    """Ask both builds the same: with nothing kept, with all kept, and after a tag was added."""
    for repo, questions in _registries(bench):
        # A million tags are not copied, and get no more.
        here = scratch(repo, "scratch-check") if str(HUGE) not in repo.name else repo
        bench.forget(here)
        yield from _compared(bench, here, repo.name, questions)
        if here is not repo:
            git(here, "tag", "-a", "-m", "Made by hand", "added/by-hand@v0.1.0", date=_LATER)
            yield from _compared(bench, here, f"{repo.name}, and a tag", questions)
            shutil.rmtree(here)
        bench.forget(repo)


def _registries(bench: Bench) -> Iterator[tuple[Path, list[tuple[str, ...]]]]:
    """Iterate over registries, and what is asked of them."""
    name = registries.artifact_name(0)
    of_tags: list[tuple[str, ...]] = [
        *(("show",), ("show", "--json"), ("show", "--all", "--json"), ("stages", "--json")),
        *(("show", "--at", "2023-01-03", "--json"), ("show", name), ("show", name, "--json")),
        *(("show", f"{name}@v1.0.0", "--json"), ("history", "--limit", "50", "--json")),
        *(("history", name, "--json"), ("describe", name), ("compare", name, "--json")),
        *(("best", name, "--metric", "accuracy"), ("changelog", name, "--limit", "3", "--json")),
    ]
    for size in bench.sizes:
        yield registries.registry(size), of_tags
    model, version = questions_of_versions.MODEL, questions_of_versions.VERSION
    of_versions: list[tuple[str, ...]] = [
        *(("show", model, "--json"), ("describe", version, "--json"), ("compare", model, "--json")),
        *(("best", model, "--metric", "accuracy"), ("changelog", model, "--limit", "3", "--json")),
        *(("lineage", version, "--json"), ("lineage", questions_of_versions.SOURCE, "--down")),
        *(("search", "metrics.accuracy>=0.0000900", "--json"), ("search", "stage=prod")),
    ]
    yield teams.registry(questions_of_versions.SMALL), [*of_versions, ("doctor", "--json")]
    if max(bench.sizes, default=0) >= questions_of_versions.LARGE:
        yield teams.registry(questions_of_versions.LARGE), of_versions


def _compared(
    bench: Bench, repo: Path, name: str, questions: list[tuple[str, ...]]
) -> Iterator[Difference]:
    """Compare what is said of one registry, twice: the second time, all is kept."""
    wanted = {question: _before(bench, repo, question) for question in questions}
    for state in ("first", "again"):
        for question, was in wanted.items():
            found = _outcome(bench.now, question, repo, bench.kept)
            words = " ".join(question)
            if was.code:
                yield Difference(name, state, words, "outcome than an answer, before, too")
            for what, it, before in zip(("exit code", "stdout", "stderr"), found, was, strict=True):
                if it != before:
                    yield Difference(name, state, words, what)


def _before(bench: Bench, repo: Path, question: tuple[str, ...]) -> Outcome:
    """Return what the earlier build says, which is written down."""
    refs = hashlib.sha256(git(repo, "for-each-ref").encode()).hexdigest()  # all that decides it
    key = json.dumps([bench.before.name, question, refs])
    file = CACHE / "answers" / hashlib.sha256(key.encode()).hexdigest()[:32]
    if file.exists():
        return Outcome(*json.loads(file.read_text()))
    kept = CACHE / "kept-before"
    found = _outcome(bench.before, question, repo, kept)
    bench.forget(repo)
    shutil.rmtree(kept, ignore_errors=True)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(found))
    return found


def _outcome(build: Build, question: tuple[str, ...], repo: Path, kept: Path) -> Outcome:
    done = subprocess.run(
        build.mreg(*question),
        cwd=repo,
        env={**ENVIRONMENT, "MREG_CACHE_DIR": str(kept)},
        capture_output=True,
        timeout=_MOST,
        check=False,
    )
    out, err = (hashlib.sha256(it).hexdigest() for it in (done.stdout, done.stderr))
    return Outcome(done.returncode, out, err)
