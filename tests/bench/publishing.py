"""How long publishing takes, held against what a person would type in Git."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import registries
from figure import Figure, command, ratio
from measure import compare
from surroundings import CACHE, git

_WORK = CACHE / "publishing"


def measured(size: int) -> Iterator[Figure]:
    """Hold `register --push` to a bare remote on the same disk against `git tag` and `git push`."""
    shutil.rmtree(_WORK, ignore_errors=True)
    _WORK.mkdir(parents=True)
    remote, clone = _WORK / "remote.git", _WORK / "clone"
    git(CACHE, "clone", "--quiet", "--bare", str(registries.registry(size)), str(remote))
    git(CACHE, "clone", "--quiet", str(remote), str(clone))
    tag_and_push = 'git tag -a -m plain "$1" && git push --quiet origin "refs/tags/$1"'
    found = compare(
        lambda run: command("register", f"new-{run}", "--push", "-r", str(clone)),
        lambda run: ("sh", "-c", f'cd "$0" && {tag_and_push}', str(clone), f"plain-{run}"),
        pairs=7,
    )
    yield ratio(f"`mreg register --push` : `git tag -a`, `git push`, {size:,} tags", found)
    shutil.rmtree(_WORK)
