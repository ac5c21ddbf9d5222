"""The requirement that installs this mreg: for generated pipelines and images, and for hints.

Source of how an installation records where it is from:
https://packaging.python.org/en/latest/specifications/direct-url/
"""

from __future__ import annotations

import json
from typing import Any

from mreg import __version__

REPOSITORY = "https://git.example.com/mreg.git"
"""Where mreg is installed from, as long as it is on no package index.

Documents and examples repeat it, and the version: a test holds them together. Once mreg is
published, `_origin` returns "" in place of it.
"""


def requirement(*extras: str) -> str:
    """Return the requirement that installs this mreg elsewhere.

    It names the commit or the archive that this mreg was installed from, and the version where it
    came from a package index. A folder or a file of this machine is of no use elsewhere: then it is
    this version in mreg's repository.

    Args:
        extras: those to install with it, such as "remote".

    Returns:
        Such as "mreg[remote] @ git+https://git.example.com/mreg.git@v1.2.0", or "mreg==1.2.0".
    """
    name = f"mreg[{','.join(extras)}]" if extras else "mreg"
    origin = _origin()
    return f"{name} @ {origin}" if origin else f"{name}=={__version__}"


def command(*extras: str) -> str:
    """Return the command that installs this mreg, for a shell."""
    from shlex import quote

    return f"pip install {quote(requirement(*extras))}"


def _origin() -> str:
    """Return the URL to install from; empty if that is a package index."""
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        recorded = distribution("mreg").read_text("direct_url.json")
    except PackageNotFoundError:  # it runs out of its sources
        recorded = "{}"
    return "" if recorded is None else _elsewhere(json.loads(recorded))


def _elsewhere(recorded: dict[str, Any]) -> str:
    """Return the URL by which another machine installs what is recorded."""
    url, vcs = str(recorded.get("url", "")), recorded.get("vcs_info")
    if "://" not in url or url.startswith("file:"):
        return f"git+{REPOSITORY}@v{__version__}"
    return f"{vcs['vcs']}+{url}@{vcs['commit_id']}" if vcs else url
