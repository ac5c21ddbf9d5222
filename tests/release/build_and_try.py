"""Build what is released, install each file by itself, and test what is installed.

    make release                     # into dist/; it takes as long as `make test`
    make release ARGS='tests/core'   # and run only these tests

In the environment variable RELEASE, the tag that starts the release is held to the version.

The files are built from a clean clone of the commit that is checked out: nothing uncommitted gets
into them. The wheel is built from the source distribution, and the tests are those in it.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from mreg import __version__

ROOT = Path(__file__).parents[2]
DIST = ROOT / "dist"
_WORKERS = (os.cpu_count() or 2) + 1

_FILES = """
import hashlib, importlib.metadata as metadata
for it in sorted(metadata.distribution("mreg").files, key=str):
    if "dist-info" not in str(it) and "__pycache__" not in str(it) and not str(it).startswith(".."):
        print(it, hashlib.sha256(it.read_binary()).hexdigest())
"""
"""Prints each file of the installed mreg with its digest, without what the installer wrote."""


def main() -> int:
    """Build, install and test; return 0 if all of it went well."""
    parser = argparse.ArgumentParser(description="Build and try what is released.")
    parser.add_argument("tests", nargs="*", help="what to give pytest in place of all tests")
    given = parser.parse_args()
    _must(
        not _output("git", "-C", str(ROOT), "status", "--porcelain"),
        "there are uncommitted changes: a release is built from a commit",
    )
    if tag := os.environ.get("RELEASE"):
        must_be_ready(tag, (ROOT / "docs" / "changelog.md").read_text())
    with tempfile.TemporaryDirectory(prefix="mreg-release-") as folder:
        scratch = Path(folder)
        source, wheel = _build(scratch)
        with tarfile.open(source) as packed:
            packed.extractall(scratch, filter="data")
        tree = scratch / source.name.removesuffix(".tar.gz")
        # Without the sources at hand, what is tested can only be what is installed.
        shutil.rmtree(tree / "src")
        _title(f"Installing {wheel.name}, with what the tests need")
        of_wheel = _environment(scratch / "of_wheel", f"{wheel}[test]")
        _title(f"Installing {source.name}")
        of_source = _environment(scratch / "of_source", str(source))
        _must(
            _output(str(of_wheel), "-c", _FILES, folder=scratch)
            == _output(str(of_source), "-c", _FILES, folder=scratch),
            "the two files install different things",
        )
        for python in (of_source, of_wheel):
            said = _output(str(python.parent / "mreg"), "--version", folder=scratch)
            _must(__version__ in said, f"{python.parent} says {said!r}, not {__version__}")
        _title("make demo, with what the source distribution installs")
        _run(str(of_source), "examples/demo.py", str(scratch / "demo"), folder=tree)
        _title("The tests of the source distribution, with what the wheel installs")
        _run(
            *(str(of_wheel), "-m", "pytest", "-q", "-m", "not integration"),
            *("-n", str(_WORKERS), "--dist", "worksteal", *given.tests),
            folder=tree,
        )
    for file in (source, wheel):
        print(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.relative_to(ROOT)}")
    return 0


def must_be_ready(tag: str, changelog: str) -> None:
    """Stop unless a tag, such as v1.2.0, is that of the version, and the changelog has its day."""
    _must(tag == f"v{__version__}", f"the tag {tag} is not that of the version {__version__}")
    newest = changelog.partition("\n## ")[2].partition("\n")[0]
    dated = re.fullmatch(rf"{re.escape(__version__)} \(\d{{4}}-\d\d-\d\d\)", newest)
    _must(dated is not None, f"docs/changelog.md does not begin with {__version__} and its date")


def _build(scratch: Path) -> tuple[Path, Path]:
    """Build the source distribution and the wheel of the commit, and return where they are."""
    _title("Building")
    clone = scratch / "clone"
    _run("git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(clone))
    _run(sys.executable, "-m", "build", "--outdir", str(scratch / "dist"), str(clone))
    built = sorted((scratch / "dist").iterdir())
    _run(sys.executable, "-m", "twine", "check", "--strict", *map(str, built))
    DIST.mkdir(exist_ok=True)
    kept = [it.replace(DIST / it.name) for it in built]
    [source] = [it for it in kept if it.name == f"mreg-{__version__}.tar.gz"]
    [wheel] = [it for it in kept if it.name == f"mreg-{__version__}-py3-none-any.whl"]
    return source, wheel


def _environment(folder: Path, requirement: str) -> Path:
    """Make an environment in which a requirement is installed, and return its Python."""
    _run(sys.executable, "-m", "venv", str(folder))
    python = folder / "bin" / "python"
    pinned = ("--constraint", str(ROOT / "constraints.txt"))
    _run(str(python), "-m", "pip", "install", "--quiet", *pinned, requirement)
    return python


def _title(text: str) -> None:
    print(f"== {text}", flush=True)


def _must(holds: bool, otherwise: str) -> None:
    if not holds:
        raise SystemExit(f"error: {otherwise}")


def _run(*command: str, folder: Path | None = None) -> None:
    if subprocess.run(command, cwd=folder, check=False).returncode:
        raise SystemExit(f"error: {' '.join(command[:6])} failed")


def _output(*command: str, folder: Path | None = None) -> str:
    return subprocess.run(command, cwd=folder, check=True, text=True, capture_output=True).stdout


if __name__ == "__main__":
    sys.exit(main())
