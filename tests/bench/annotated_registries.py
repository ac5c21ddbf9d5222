"""How long annotations take: to validate, to describe, and beside thousands of versions."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from figure import Figure, command, mreg, ratio
from measure import always, compare
from surroundings import CACHE, ROOT

ARTIFACTS, VERSIONS = 200, 4_000


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


def _made(name: str, call: str) -> Path:
    """Return a registry that `tests/annotated.py` makes; it is kept for the next run."""
    folder = CACHE / name
    if not folder.exists():
        partial = folder.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        code = "import sys\nfrom pathlib import Path\nfrom annotated import *\n"
        program = f"{code}folder = sys.argv[1]\n{call}"
        subprocess.run(
            [sys.executable, "-c", program, str(partial)], cwd=ROOT / "tests", check=True
        )
        partial.rename(folder)
    return folder
