"""Tools that work out a package's version from Git's tags, and take a registry's tags for theirs.

`git describe` answers with the nearest tag, whatever it is for. So from the first registration on a
package whose version comes from Git does not build, or gets a model's version. Each of these tools
has a setting that keeps it to its own tags. What they do was seen by running setuptools-scm 10.3.4,
hatch-vcs 0.5.0, versioningit 3.3.0, git-cliff 2.14.2 and release-it 20.2.1.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from mreg.tuples import NamedTuple

_DESCRIBE: Final = 'git_describe_command = "git describe --dirty --tags --long --match v[0-9]*"'

LARGEST: Final = 1 << 20
"""A larger file is not read, in bytes."""

_MOST_DOTS: Final = 1000
"""Nor is TOML of so many in a line: what Python takes for a key grows with their square."""


class Confused(NamedTuple):
    """A tool that a repository uses, and that takes registry tags for a package's.

    Attributes:
        tool: its name.
        file: the file that sets it up, from the repository's root.
        lines: what to add to that file, for a package whose own tags begin with `v` and a digit.
    """

    tool: str
    file: str
    lines: str


def find(contents: Mapping[str, bytes]) -> Iterator[Confused]:
    """Iterate over the tools that take registry tags for a package's.

    Args:
        contents: what stands in those of `FILES` that are there. What is no TOML or JSON, or too
            much of it, sets up no tool.
    """
    settings = {file: _parsed(file, content) for file, content in contents.items()}
    return (it for it, takes in TOOLS.items() if (said := settings.get(it.file)) and takes(said))


def _parsed(file: str, content: bytes) -> dict[str, Any]:
    nested = file.endswith(".toml") and max(it.count(b".") for it in content.split(b"\n"))
    if len(content) > LARGEST or nested > _MOST_DOTS:
        return {}
    try:
        text = content.decode()
        found = json.loads(text or "{}") if file.endswith(".json") else tomllib.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _at(settings: object, *path: str) -> Any:
    """Return what stands at a path of keys; None where there is nothing."""
    for key in path:
        settings = settings.get(key) if isinstance(settings, dict) else None
    return settings


def _setuptools_scm(project: dict[str, Any]) -> bool:
    own = _at(project, "tool", "setuptools_scm")
    needed = _at(project, "build-system", "requires")
    names = [str(it).replace("_", "-") for it in needed] if isinstance(needed, list) else []
    used = own is not None or any(it.startswith("setuptools-scm") for it in names)
    told = _at(own, "git_describe_command") or _at(own, "scm", "git", "describe_command")
    return used and not told


def _hatch_vcs(project: dict[str, Any]) -> bool:
    own = _at(project, "tool", "hatch", "version")
    return _at(own, "source") == "vcs" and not _at(own, "raw-options", "git_describe_command")


def _versioningit(project: dict[str, Any]) -> bool:
    own = _at(project, "tool", "versioningit")
    return own is not None and not (_at(own, "vcs", "match") or _at(own, "vcs", "exclude"))


def _git_cliff(settings: dict[str, Any]) -> bool:
    return not _at(settings, "git", "tag_pattern")


def _release_it(settings: dict[str, Any]) -> bool:
    return not _at(settings, "git", "tagMatch")


TOOLS: Final[dict[Confused, Callable[[dict[str, Any]], bool]]] = {
    Confused(
        "setuptools-scm", "pyproject.toml", f"[tool.setuptools_scm]\n{_DESCRIBE}\n"
    ): _setuptools_scm,
    Confused(
        "hatch-vcs", "pyproject.toml", f"[tool.hatch.version.raw-options]\n{_DESCRIBE}\n"
    ): _hatch_vcs,
    Confused(
        "versioningit", "pyproject.toml", '[tool.versioningit.vcs]\nmatch = ["v[0-9]*"]\n'
    ): _versioningit,
    Confused(
        "git-cliff", "cliff.toml", '[git]\ntag_pattern = "^v[0-9]+\\\\.[0-9.]+"\n'
    ): _git_cliff,
    Confused("release-it", ".release-it.json", '"git": {"tagMatch": "v[0-9]*"}\n'): _release_it,
}
"""Whether a tool takes registry tags, by what its file says."""

FILES: Final = tuple(dict.fromkeys(it.file for it in TOOLS))
"""The files that set them up, from the repository's root."""
