"""How fast mreg reads by URL, held against `git clone` of the same registry."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence

import registries
from figure import Figure, command, ratio
from measure import always, compare
from surroundings import CACHE, git

_WORK = CACHE / "by-url"
_MIRRORS = _WORK / "cache"


def measured(size: int) -> Iterator[Figure]:
    """Hold the registry, and one artifact of it, against a clone: cold, and once it is known."""
    origin = registries.registry(size)
    git(origin, "config", "uploadpack.allowFilter", "true")
    shutil.rmtree(_WORK, ignore_errors=True)
    _WORK.mkdir(parents=True)
    url, target = origin.as_uri(), _WORK / "clone"
    clone = ("sh", "-c", 'rm -rf "$0" && git clone --quiet "$1" "$0"', str(target), url)
    for words in (("show",), ("show", registries.artifact_name(0))):
        known: Sequence[str] = (
            "env",
            f"MREG_CACHE_DIR={_MIRRORS}",
            *command(*words, "--repo", url),
        )
        cold = ("sh", "-c", 'rm -rf "$0" && exec "$@"', str(_MIRRORS), *known)
        title = f"`mreg {' '.join(('show', *(['NAME'] if words[1:] else [])))} --repo URL`"
        for when, asked in (("cold", cold), ("warm", known)):
            found = compare(always(*asked), always(*clone), pairs=5)
            yield ratio(f"{title}, {when} : `git clone`, {size:,} tags", found)
    shutil.rmtree(_WORK)
