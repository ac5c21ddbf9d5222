"""How fast `mreg ci` answers in a shallow checkout, held against `git clone` of the same registry.

The checkout is what actions/checkout makes for a tag: one commit, and a lightweight tag on it.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import registries
from bench import MIDDLE, Bench
from figure import Figure, held
from measure import always
from surroundings import CACHE, git

_WORK = CACHE / "in-ci"


def measured(bench: Bench) -> Iterator[Figure]:
    """Hold a promotion's pipeline against a clone: the first run on a machine, and later ones."""
    origin = registries.registry(MIDDLE)
    for setting in ("allowFilter", "allowAnySHA1InWant"):
        git(origin, "config", f"uploadpack.{setting}", "true")
    shutil.rmtree(_WORK, ignore_errors=True)
    _WORK.mkdir(parents=True)
    tag, checkout = _checked_out(origin)
    target = _WORK / "clone"
    whole = always(
        *("git", "clone", "--quiet", origin.as_uri(), str(target)),
        prepare=lambda: shutil.rmtree(target, ignore_errors=True),
    )
    for words, summary in (("mreg ci", ()), ("mreg ci --summary", ("--summary", "summary.md"))):
        asked = ("ci", tag, *summary)
        for when, anew in (("cold", True), ("warm", False)):
            prepare = (lambda: bench.forget(checkout)) if anew else None
            task = bench.ask(*asked, repo=checkout, prepare=prepare, folder=_WORK)
            title = f"`{words}`, {when} : `git clone`, {MIDDLE:,} tags"
            yield held(title, lambda _, it=task: it, whole)  # type: ignore[misc]
    shutil.rmtree(_WORK)


def _checked_out(origin: Path) -> tuple[str, Path]:
    """Check a promotion out as a pipeline does; return its tag, and the folder."""
    pattern = f"refs/tags/{registries.artifact_name(0)}#prod#*"
    listed = git(origin, "for-each-ref", "--format=%(refname:lstrip=2) %(*objectname)", pattern)
    tag, commit = listed.splitlines()[-1].split(" ")
    checkout = _WORK / "checkout"
    checkout.mkdir()
    git(checkout, "init", "-q")
    git(checkout, "remote", "add", "origin", origin.as_uri())
    fetched = f"+{commit}:refs/tags/{tag}"
    git(checkout, "fetch", "-q", "--no-tags", "--depth=1", "origin", fetched)
    git(checkout, "checkout", "-q", "--detach", f"refs/tags/{tag}")
    return tag, checkout
