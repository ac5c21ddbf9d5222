"""The requirement that installs this mreg elsewhere; all documents and examples name the same."""

from __future__ import annotations

import importlib.metadata
import json
import re
import shlex
from runpy import run_path
from typing import Any

import pytest
from packaging.requirements import Requirement

from documents import ROOT
from mreg import __version__
from mreg.system import distribution

HERE = f"git+{distribution.REPOSITORY}@v{__version__}"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def installed(monkeypatch: pytest.MonkeyPatch, origin: dict[str, Any] | None) -> None:
    """Let an installer have recorded where mreg is from; None: from a package index."""

    class Recorded:
        def read_text(self, name: str) -> str | None:
            assert name == "direct_url.json"
            return None if origin is None else json.dumps(origin)

    monkeypatch.setattr(importlib.metadata, "distribution", lambda _: Recorded())


@pytest.mark.parametrize(
    ("origin", "wanted"),
    [
        (None, f"=={__version__}"),
        (
            {
                "url": "https://git.example.org/fork/mreg.git",
                "vcs_info": {"vcs": "git", "commit_id": COMMIT, "requested_revision": "main"},
            },
            f" @ git+https://git.example.org/fork/mreg.git@{COMMIT}",
        ),
        (
            {
                "url": "ssh://git@git.example.org/mreg.git",
                "vcs_info": {"vcs": "git", "commit_id": COMMIT},
            },
            f" @ git+ssh://git@git.example.org/mreg.git@{COMMIT}",
        ),
        (
            {"url": "https://example.org/mreg-1.0-py3-none-any.whl", "archive_info": {}},
            " @ https://example.org/mreg-1.0-py3-none-any.whl",
        ),
        # Of use on this machine alone.
        ({"url": "file:///home/user/mreg", "dir_info": {"editable": True}}, f" @ {HERE}"),
        ({"url": "file:///tmp/mreg-1.0-py3-none-any.whl", "archive_info": {}}, f" @ {HERE}"),
        (
            {"url": "file:///srv/mreg.git", "vcs_info": {"vcs": "git", "commit_id": COMMIT}},
            f" @ {HERE}",
        ),
    ],
    ids=["index", "git", "ssh", "wheel", "editable", "file", "git of this machine"],
)
def test_it_names_where_this_one_is_from(
    monkeypatch: pytest.MonkeyPatch, origin: dict[str, Any] | None, wanted: str
) -> None:
    installed(monkeypatch, origin)
    assert distribution.requirement() == f"mreg{wanted}"
    assert distribution.requirement("remote") == f"mreg[remote]{wanted}"
    assert Requirement(distribution.requirement("serve", "remote")).extras == {"serve", "remote"}
    assert shlex.split(distribution.command())[2:] == [distribution.requirement()]


def test_one_that_is_not_installed_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> None:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "distribution", absent)
    assert distribution.requirement() == f"mreg @ {HERE}"


_NAME = r"mreg(?:\[[\w,]+\])?"
_PLACE = re.compile(r"git\+https?://[^\s'\"`)]*mreg[^\s'\"`)]*")
_BY_NAME = re.compile(
    rf"(?:pip|pipx|tool|uv) (?:install|add) (?:-\S+ )*[\"']?{_NAME}(?=[\"'`\s]|$)(?! @)"
    rf"|\b{_NAME}[=~<>]=[\w.]+",
    re.MULTILINE,
)
"""How a text says to install mreg: from a place, or by its name from a package index."""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("run: pip install mreg && mreg show", True),
        ("uv tool install 'mreg[remote]'", True),
        ("MREG=mreg==1.0", True),
        (f"pip install --quiet 'mreg @ {HERE}'", False),
        ("pip install ./mreg", False),
        ("pip uninstall mreg", False),
    ],
)
def test_installations_by_name_are_found(text: str, found: bool) -> None:
    assert bool(_BY_NAME.search(text)) == found


_BUMP = run_path(str(ROOT / "tests" / "release" / "bump.py"))
FILES = [it.relative_to(ROOT).as_posix() for it in _BUMP["documents"](ROOT)]


@pytest.mark.parametrize("name", FILES)
def test_documents_and_examples_install_this_version_from_its_repository(name: str) -> None:
    text = (ROOT / name).read_text()
    assert set(_PLACE.findall(text)) <= {HERE}
    assert _BY_NAME.findall(text) == []


def test_some_of_them_do() -> None:
    assert sum(HERE in (ROOT / it).read_text() for it in FILES) > 10


def test_the_readme_clones_that_repository() -> None:
    assert f"git clone {distribution.REPOSITORY} " in (ROOT / "README.md").read_text()
