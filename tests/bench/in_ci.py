"""How fast `mreg ci` answers in a shallow checkout, held against `git clone` of the same registry.

The checkout is what actions/checkout makes for a tag: one commit, and a lightweight tag on it.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import registries
from figure import Figure, command, ratio
from measure import always, compare
from surroundings import CACHE, git

_WORK = CACHE / "in-ci"
_MIRRORS = _WORK / "cache"


def measured(size: int) -> Iterator[Figure]:
    """Hold a promotion's pipeline against a clone: the first run on a machine, and later ones."""
    origin = registries.registry(size)
    for setting in ("allowFilter", "allowAnySHA1InWant"):
        git(origin, "config", f"uploadpack.{setting}", "true")
    shutil.rmtree(_WORK, ignore_errors=True)
    _WORK.mkdir(parents=True)
    tag, checkout = _checked_out(origin)
    clone = ("sh", "-c", 'rm -rf "$0" && git clone -q "$1" "$0"')
    whole = always(*clone, str(_WORK / "clone"), origin.as_uri())
    for words, summary in (("mreg ci", ()), ("mreg ci --summary", ("--summary", "summary.md"))):
        asking = command("ci", tag, "--repo", str(checkout), *summary)
        known = ("env", "-C", str(_WORK), f"MREG_CACHE_DIR={_MIRRORS}", *asking)
        cold = ("sh", "-c", 'rm -rf "$0" && exec "$@"', str(_MIRRORS), *known)
        for when, asked in (("cold", cold), ("warm", known)):
            found = compare(always(*asked), whole, pairs=5)
            yield ratio(f"`{words}`, {when} : `git clone`, {size:,} tags", found)
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
