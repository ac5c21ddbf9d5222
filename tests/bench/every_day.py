"""What people and hooks type all day, in a registry of 1,500 tags."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import registries
from bench import SMALL, Bench, scratch, tag
from figure import Bound, Figure, held, in_turn
from measure import Task, Tasks, always
from surroundings import CACHE, git


def read(bench: Bench) -> Iterator[Figure]:
    """Hold reading commands against a typer app that does nothing."""
    repo, name = registries.registry(SMALL), registries.artifact_name(0)
    newest = f"{name}@latest"
    found = in_turn(
        {
            "version": always(*bench.now.mreg("--version")),
            "show": bench.asking("show", repo=repo),
            "one": bench.asking("show", name, repo=repo),
            "app": bench.bare_app(),
            "python": always(*bench.now.python("-c", "")),
            "describe": bench.asking("describe", newest, repo=repo),
            "history": bench.asking("history", name, "--limit", "10", repo=repo),
        },
        budget=40,
    )
    app = "a bare typer app"
    yield found.ratio(f"`mreg --version` : {app}", "version", "app", Bound(0.35, 0.2))
    yield found.ratio(f"`mreg show`, {SMALL:,} tags : {app}", "show", "app", Bound(1.1, 0.9))
    yield found.ratio(f"`mreg show NAME`, {SMALL:,} tags : {app}", "one", "app", Bound(1.05, 0.8))
    yield found.ratio(f"`mreg history NAME --limit 10` : {app}", "history", "app")
    yield found.ratio(f"`mreg describe NAME` : {app}", "describe", "app")
    yield found.ratio(f"{app} : an empty Python program", "app", "python")
    yield held(
        f"`mreg show`, {SMALL:,} tags : the earlier build",
        bench.asking("show", repo=repo),
        lambda _: bench.ask("show", repo=repo, build=bench.before),
    )
    loose = registries.registry(SMALL, loose=True)
    yield held(
        f"`mreg show`, {SMALL:,} tags, loose refs : packed refs",
        bench.asking("show", repo=loose),
        bench.asking("show", repo=repo),
    )


def write(bench: Bench) -> Iterator[Figure]:
    """Hold writing commands against those of the build before, and against Git's own."""
    here, there = (scratch(registries.registry(SMALL), it) for it in ("scratch", "scratch-before"))
    for words, bound in ((("promote", "prod"), Bound(0.4, 0.25)), (("register",), None)):
        yield held(
            f"`mreg {words[0]}`, {SMALL:,} tags : the earlier build",
            _writing(bench, words, here, f"{words[0]}-a"),
            _writing(bench, words, there, f"{words[0]}-b", before=True),
            bound,
        )
    for words in (("register",), ("promote", "prod")):
        yield held(
            f"`mreg {words[0]}`, {SMALL:,} tags : `git tag -a`",
            _writing(bench, words, here, f"{words[0]}-c"),
            _git_tag(here, words[0]),
        )
    yield _pushed(bench)
    for folder in (here, there):
        shutil.rmtree(folder)


def _writing(
    bench: Bench, words: tuple[str, ...], repo: Path, name: str, *, before: bool = False
) -> Tasks:
    """Return what registers another artifact each time, or promotes one that was registered."""
    build = bench.before if before else bench.now

    def task(run: int) -> Task:
        action, *stage = words
        made = (lambda: tag(repo, f"{name}-{run}@v1.0.0")) if stage else None
        return bench.ask(action, f"{name}-{run}", *stage, repo=repo, build=build, prepare=made)

    return task


def _git_tag(repo: Path, name: str) -> Tasks:
    """Return what makes another tag each time, with Git alone."""
    plain = ("git", "-C", str(repo), "tag", "-a", "-m", "plain")
    return lambda run: Task((*plain, f"plain-{name}-{run}"))


def _pushed(bench: Bench) -> Figure:
    """Hold `register --push` to a bare remote on the same disk against what one types in Git."""
    work = CACHE / "publishing"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    remote, clone = work / "remote.git", work / "clone"
    git(CACHE, "clone", "--quiet", "--bare", str(registries.registry(SMALL)), str(remote))
    git(CACHE, "clone", "--quiet", remote.as_uri(), str(clone))
    both = 'git tag -a -m plain "$0" && git push --quiet origin "refs/tags/$0"'
    figure = held(
        f"`mreg register --push`, `file://`, {SMALL:,} tags : `git tag -a` and `git push`",
        lambda run: bench.ask("register", f"new-{run}", "--push", repo=clone),
        lambda run: Task(("sh", "-c", both, f"plain-{run}"), folder=clone),
        Bound(2.5, 1.5),
    )
    shutil.rmtree(work)
    return figure
