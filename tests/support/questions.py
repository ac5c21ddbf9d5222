"""Asking mreg the same again and again: with nothing kept of earlier answers, and with all kept."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from itertools import count
from pathlib import Path

import pytest

from commandline import CommandLine, Result
from repositories import Repository, run

Question = tuple[str, ...]
Answers = dict[Question, Result]


def about(artifact: str, version: str, metric: str, moment: str) -> tuple[Question, ...]:
    """Return questions of every kind about a registry, and one artifact and version of it."""
    one = f"{artifact}@{version}"
    return (
        ("show",),
        ("show", "--json"),
        ("show", "--all", "--json"),
        ("show", "--at", moment, "--json"),
        ("show", artifact),
        ("show", artifact, "--json"),
        ("show", artifact, "--all", "--at", moment),
        ("show", one),
        ("show", one, "--json"),
        ("history",),
        ("history", artifact, "--limit", "3", "--json"),
        ("history", "--limit", "3", "--json"),
        ("stages", "--json"),
        ("search", f"metrics.{metric}>=0"),
        ("search", "stage=prod", "--json"),
        ("search", f"input={artifact} or metrics.{metric}<0", "--all", "--json"),
        ("compare", artifact, "--json"),
        ("candidates", artifact, "--json"),
        ("best", artifact, "--metric", metric),
        ("lineage", one, "--json"),
        ("lineage", one, "--down"),
        ("lineage", artifact, "--also", "--json"),
        ("lineage", one, "--depth", "1", "--limit", "2", "--json"),
        ("changelog", artifact, "--json"),
        ("describe", one),
        ("describe", artifact, "--rev", "HEAD"),
        ("doctor", "--json"),
    )


class Asker:
    """Asks questions about one repository, and says what is kept of them on disk."""

    def __init__(
        self, repo: Repository, questions: Iterable[Question], mreg: CommandLine, folder: Path
    ) -> None:
        """Ask questions about a repository.

        Args:
            repo: the repository.
            questions: what is asked.
            mreg: runs the command line.
            folder: where caches may be put.
        """
        self.repo = repo
        self.cache = folder / "kept"
        self._questions = tuple(questions)
        self._mreg = mreg
        self._new = map(str, count())
        self._folder = folder
        common = run(repo.path, "rev-parse", "--path-format=absolute", "--git-common-dir")
        self._beside = Path(os.fsdecode(common.removesuffix(b"\n"))) / "mreg"

    def plain(self) -> Answers:
        """Return the answers where nothing is kept: each in an empty cache of its own."""
        aside = self._beside.with_name("mreg-aside")
        if self._beside.exists():
            self._beside.rename(aside)
        found = {}
        for question in self._questions:
            found[question] = self._ask(question, self._folder / next(self._new))
            shutil.rmtree(self._beside, ignore_errors=True)
        if aside.exists():
            aside.rename(self._beside)
        return found

    def kept(self) -> Answers:
        """Return the answers where all is kept that earlier calls of this left behind."""
        return {question: self._ask(question, self.cache) for question in self._questions}

    def files(self) -> list[Path]:
        """Return the files that are kept."""
        folders = (self.cache, self._beside)
        found = (path for folder in folders for path in folder.rglob("*") if path.is_file())
        return sorted(found)

    def agree(self) -> None:
        """Hold that an answer is the same with nothing kept and with all, the second time too."""
        wanted = self.plain()
        for _ in range(2):
            same(self.kept(), wanted)

    def _ask(self, question: Question, cache: Path) -> Result:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("MREG_CACHE_DIR", str(cache))
            return self._mreg(*question, repo=self.repo)


def same(found: Answers, wanted: Answers) -> None:
    """Hold that answers are the same, one by one, so that a difference is short."""
    assert found.keys() == wanted.keys()
    for question, answer in wanted.items():
        assert found[question] == answer, question
