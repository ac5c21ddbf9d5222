"""How fast mreg reads by URL, held against `git clone` of the same registry.

python tests/bench/by_url.py [--size 10000]
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import registries
from measure import always, compare, seconds
from surroundings import CACHE, ENVIRONMENT, git

WORK = CACHE / "by-url"
MIRRORS = WORK / "cache"


def commands(url: str) -> dict[str, Sequence[str]]:
    """Return the commands to time, by what they are called."""
    mreg = (sys.executable, "-m", "mreg")
    name = registries.artifact_name(0)
    return {
        "show --repo URL, cold": _fresh(MIRRORS, *mreg, "show", "--repo", url),
        "show --repo URL, warm": (*mreg, "show", "--repo", url),
        "show NAME --repo URL, cold": _fresh(MIRRORS, *mreg, "show", name, "--repo", url),
        "show NAME --repo URL, warm": (*mreg, "show", name, "--repo", url),
    }


def _fresh(folder: Path, *command: str) -> Sequence[str]:
    """Return a command that begins without a folder."""
    return ("sh", "-c", 'rm -rf "$0" && exec "$@"', str(folder), *command)


def main() -> None:
    """Print a line for each command: the two median times, and the median of the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=10_000, help="how many tags")
    origin = registries.registry(parser.parse_args().size)
    git(origin, "config", "uploadpack.allowFilter", "true")
    ENVIRONMENT["MREG_CACHE_DIR"] = str(MIRRORS)
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    url, target = origin.as_uri(), WORK / "clone"
    clone = _fresh(target, "git", "clone", "--quiet", url, str(target))
    for title, command in commands(url).items():
        found = compare(always(*command), always(*clone))
        print(
            f"{title:28} {seconds(found.first):7.3f} s   git clone {seconds(found.second):7.3f} s"
            f"   ratio {found.ratio:.2f}"
        )
    shutil.rmtree(WORK)


if __name__ == "__main__":
    main()
