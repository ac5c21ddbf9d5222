"""How long annotations take: to validate, to describe, and to search among thousands."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from figure import Bound, Figure, command, mreg, ratio
from measure import always, compare, seconds
from surroundings import CACHE, ROOT, git

ARTIFACTS, VERSIONS = 200, 4_000
MIXED = "10,000 tags, 4,000 artifacts.yaml"

_WHOLE, _ONE = 3_000, 500
"""The milliseconds in which questions about the whole registry, and one artifact, are answered."""


def measured() -> Iterator[Figure]:
    """Hold each command against a Python that starts and ends."""
    nothing = always(sys.executable, "-c", "")
    many = _made(f"annotated-{ARTIFACTS}", f"with_many_artifacts(Path(folder), {ARTIFACTS})")
    # The paths in the file count from the repository in which the command runs.
    here = ("sh", "-c", 'cd "$0" && exec "$@"', str(many))
    title = f"`mreg validate`, {ARTIFACTS} artifacts : an empty Python"
    yield ratio(title, compare(always(*here, *command("validate")), nothing))
    long = _made(f"annotated-{VERSIONS}", f"with_many_versions(Path(folder), {VERSIONS})")
    short = _made("annotated-10", "with_many_versions(Path(folder), 10)")
    for words in (("describe", "model-0"), ("show", "model-0")):
        found = compare(mreg(*words, "-r", str(long)), mreg(*words, "-r", str(short)))
        title = f"`mreg {words[0]} NAME`, {VERSIONS:,} versions, each with its own artifacts.yaml"
        yield ratio(f"{title} : 10 versions", found)


def searched() -> Iterator[Figure]:
    """Hold questions about what versions are against Git, which reads out what they are about."""
    repo = _made("annotated-40x100", "with_many_of_both(Path(folder))")
    everything, one = _raw_read(repo, "*"), _raw_read(repo, "model-1@*")
    for words, read, most in (
        (("search", "metrics.accuracy>=0.003998"), everything, _WHOLE),
        (("search", "stage=prod and metrics.accuracy>=0.003998"), everything, _WHOLE),
        (("compare", "model-1"), one, _ONE),
        (("lineage", "model-0@v0.0.2", "--down"), everything, _WHOLE),
    ):
        found = compare(mreg(*words, "-r", str(repo)), always("sh", "-c", read))
        title = f"`{shlex.join(('mreg', *words))}`, {MIXED}"
        yield ratio(f"{title} : cat-file --batch of the same", found)
        times = [it.seconds * 1000 for it in found.first]
        took = seconds(found.first)
        bound = Bound(least=False, value=most, aim=True)
        yield Figure(title, took, None, took * 1000, "ms", (min(times), max(times)), bound)


def _raw_read(repo: Path, tags: str) -> str:
    """Return the shell command that reads tags and the annotations of the versions among them.

    The ids are listed beforehand, untimed.
    """
    refs = git(repo, "for-each-ref", "--format=%(objectname) %(refname)", f"refs/tags/{tags}")
    pairs = [line.split(" ") for line in refs.splitlines()]
    versions = [f"{ref}:artifacts.yaml" for _, ref in pairs if "@" in ref]
    ids = CACHE / f"{repo.name}-{len(pairs)}.ids"
    ids.write_text("\n".join([*(oid for oid, _ in pairs), *_resolved(repo, versions)]))
    here = f"git -C {shlex.quote(str(repo))} cat-file --batch --buffer"
    return f"{here} <{shlex.quote(str(ids))} >/dev/null"


def _resolved(repo: Path, names: list[str]) -> list[str]:
    """Return the ids of objects."""
    done = subprocess.run(
        ["git", "-C", str(repo), "cat-file", "--batch-check=%(objectname)"],
        input="\n".join(names),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout.split()


def _made(name: str, call: str) -> Path:
    """Return a registry that `tests/support/annotated.py` makes; it is kept for the next run."""
    folder = CACHE / name
    if not folder.exists():
        partial = folder.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        code = "import sys\nfrom pathlib import Path\nfrom annotated import *\n"
        program = f"{code}folder = sys.argv[1]\n{call}"
        subprocess.run(
            [sys.executable, "-c", program, str(partial)], cwd=ROOT / "tests/support", check=True
        )
        partial.rename(folder)
    return folder
