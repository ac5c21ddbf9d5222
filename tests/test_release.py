"""A release: its version in all places, and what its workflow runs."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path
from runpy import run_path

import pytest

import mreg
from documents import ROOT
from mreg import __version__
from mreg.system import distribution

BUMP = ROOT / "tests" / "release" / "bump.py"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of what has the version in it."""
    for name in ("docs", "examples"):
        without = shutil.ignore_patterns("__pycache__", "*.png")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=without)
    shutil.copy(ROOT / "README.md", tmp_path)
    (tmp_path / "src/mreg").mkdir(parents=True)
    shutil.copy(mreg.__file__, tmp_path / "src/mreg")
    return tmp_path


def test_a_new_version_is_written_everywhere(tree: Path) -> None:
    changed = run_path(str(BUMP))["written"](tree, "9.8.7", date(2030, 1, 2))
    assert {"src/mreg/__init__.py", "docs/changelog.md", "docs/how-to/ci.md"} <= set(changed)
    assert '__version__ = "9.8.7"' in (tree / "src/mreg/__init__.py").read_text()
    assert "\n## 9.8.7 (2030-01-02)\n" in (tree / "docs/changelog.md").read_text()
    installing = re.compile(rf"{re.escape(distribution.REPOSITORY)}@v([\w.]+)")
    files = [it for it in tree.rglob("*") if it.is_file() and it.suffix not in (".webp", ".gif")]
    said = [version for it in files for version in installing.findall(it.read_text())]
    assert len(said) > 10
    assert set(said) == {"9.8.7"}


@pytest.mark.parametrize("given", [[], ["latest"]])
def test_what_is_no_version_changes_nothing(given: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, BUMP, *given], check=False, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stderr.startswith("usage: ")


def test_the_changelog_begins_with_this_version_or_the_next() -> None:
    text = (ROOT / "docs" / "changelog.md").read_text()
    newest = re.findall(r"^## (.+)$", text, re.MULTILINE)[0]
    assert newest == "Unreleased" or newest.startswith(f"{__version__} (")


READY = f"# Changelog\n\n## {__version__} (2030-01-02)\n\n- One.\n\n## 0.0.1 (2029-01-02)\n"


@pytest.mark.parametrize(
    ("tag", "changelog", "error"),
    [
        ("v99.0.0", READY, f"the tag v99.0.0 is not that of the version {__version__}"),
        (f"v{__version__}", "# Changelog\n\n## Unreleased\n", "does not begin with"),
        (f"v{__version__}", READY.replace("(2030-01-02)", ""), "does not begin with"),
    ],
    ids=["another tag", "unreleased", "no date"],
)
def test_a_release_that_is_not_ready_is_refused(tag: str, changelog: str, error: str) -> None:
    with pytest.raises(SystemExit, match=error):
        _ready(tag, changelog)


def test_one_that_is_ready_is_not() -> None:
    _ready(f"v{__version__}", READY)


def _ready(tag: str, changelog: str) -> None:
    run_path(str(ROOT / "tests" / "release" / "build_and_try.py"))["must_be_ready"](tag, changelog)
