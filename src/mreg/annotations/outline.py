"""What is listed of all annotations of a commit, and in which files they stand.

Whoever has it from elsewhere than from the files loads none of their readers.
"""

from __future__ import annotations

from typing import NamedTuple

from mreg.core.diagnostics import Diagnostic

FILE = "artifacts.yaml"
"""The name of mreg's own annotation files."""

DVC_FILE = "dvc.yaml"
"""The name of DVC's pipeline files, whose `artifacts:` section annotates too."""


class Outline(NamedTuple):
    """What is listed of an annotation: fields of it that are said in its entries alone."""

    type: str | None
    path: str | None


class Overview(NamedTuple):
    """Every annotation at one commit, by the artifact's name, and what cannot be read of them."""

    annotations: dict[str, Outline]
    problems: tuple[Diagnostic, ...]


def is_source(path: str) -> bool:
    """Tell whether a path is that of a file that annotates."""
    return path.rpartition("/")[2] in (FILE, DVC_FILE)
