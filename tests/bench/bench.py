"""What the groups of figures share: the builds, the command lines of mreg, what is kept, copies."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

import builds
from builds import Build
from measure import Task, Tasks
from surroundings import CACHE, git

SMALL, MIDDLE, LARGE, HUGE = 1_500, 10_000, 100_000, 1_000_000
_BARE_APP = Path(__file__).with_name("bare_app.py")
_WITH_MESSAGES = (
    "--format=%(objectname) %(refname) %(*objectname) %(taggername) %(taggerdate) %(contents)"
)


class Bench:
    """A run of the bench.

    Attributes:
        sizes: of the registries whose growth is measured, in tags.
        gto_most: the largest of them that GTO is asked about.
        kept: the cache folder of mreg.
    """

    def __init__(self, sizes: tuple[int, ...], gto_most: int, before: str = builds.BEFORE) -> None:
        self.sizes = sizes
        self.gto_most = gto_most
        self.kept = CACHE / "kept"
        self._before = before

    @cached_property
    def now(self) -> Build:
        """The build of the work tree."""
        return builds.now()

    @cached_property
    def before(self) -> Build:
        """The build that the figures of before are of."""
        return builds.before(self._before)

    @cached_property
    def gto(self) -> Build:
        """GTO."""
        return builds.gto()

    def ask(
        self,
        *arguments: str,
        repo: Path,
        build: Build | None = None,
        prepare: Callable[[], object] | None = None,
        folder: Path | None = None,
    ) -> Task:
        """Return a command of mreg, about a repository, that keeps things where this bench says.

        Args:
            arguments: the command line, without `-r`.
            repo: the repository.
            build: which mreg; that of the work tree unless it is said.
            prepare: is called before, unmeasured.
            folder: where it runs.
        """
        words = (build or self.now).mreg(*arguments, "-r", str(repo))
        return Task(words, prepare, folder, environment={"MREG_CACHE_DIR": str(self.kept)})

    def asking(self, *arguments: str, repo: Path) -> Tasks:
        """Return the same command of mreg for each run."""
        task = self.ask(*arguments, repo=repo)
        return lambda _: task

    def asking_anew(self, *arguments: str, repo: Path) -> Tasks:
        """Return a command of mreg before which all that is kept is removed, each time."""
        task = self.ask(*arguments, repo=repo, prepare=lambda: self.forget(repo))
        return lambda _: task

    def forget(self, repo: Path) -> None:
        """Remove what mreg keeps, of a repository and of all."""
        shutil.rmtree(self.kept, ignore_errors=True)
        for beside in (repo / ".git" / "mreg", repo / "mreg"):
            shutil.rmtree(beside, ignore_errors=True)

    def bare_app(self) -> Tasks:
        """Return a typer app that does nothing, run by the Python of mreg."""
        task = Task(self.now.python(str(_BARE_APP), "first"))
        return lambda _: task


def with_messages(repo: Path) -> Tasks:
    """Return the Git command that lists all tags with their messages."""
    task = Task(("git", "-C", str(repo), "for-each-ref", _WITH_MESSAGES, "refs/tags"))
    return lambda _: task


def scratch(registry: Path, name: str = "scratch") -> Path:
    """Return a copy of a registry that may be changed."""
    folder = CACHE / name
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(registry, folder)
    shutil.rmtree(folder / ".git" / "mreg", ignore_errors=True)
    return folder


def tag(repo: Path, name: str) -> None:
    """Make a tag, unmeasured."""
    git(repo, "tag", "-a", "-m", "Made by hand", name)
