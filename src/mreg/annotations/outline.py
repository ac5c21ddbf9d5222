"""What is listed of all annotations of a commit, and in which files they stand.

Whoever has it from elsewhere than from the files loads none of their readers.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Mapping, Sequence

from mreg.core import names
from mreg.core.diagnostics import Diagnostic
from mreg.tuples import NamedTuple

Find = Callable[[Iterable[tuple[str, str]]], Mapping[tuple[str, str], str | None]]
"""Returns the id of the content at each commit and path; None where there is none."""

FILE = "artifacts.yaml"
"""The name of mreg's own annotation files."""

DVC_FILE = "dvc.yaml"
"""The name of DVC's pipeline files, whose `artifacts:` section annotates too."""


class Outline(NamedTuple):
    """What is listed of an annotation: fields of it that are said in its entries alone."""

    type: str | None
    path: str | None


class Overview(NamedTuple):
    """Every annotation at one commit.

    Attributes:
        annotations: them, by the artifact's name.
        problems: what cannot be read of them.
        files: the ids of the files that they stand in, by path.
    """

    annotations: dict[str, Outline]
    problems: tuple[Diagnostic, ...]
    files: Mapping[str, str]

    def speaks_for(self, wanted: Sequence[tuple[str, str]], find: Find) -> list[bool]:
        """Tell of pairs of an artifact and a commit whether that says the same of the artifact.

        It does where the files that may annotate it are the same. What a dvc.yaml says may be
        filled in out of other files: it is no evidence.
        """
        paths = {name: source_files(name) for name in {name for name, _ in wanted}}
        found = find((commit, path) for name, commit in wanted for path in paths[name])
        return [
            all(
                (oid := found[commit, path]) == self.files.get(path)
                and (oid is None or not path.endswith(DVC_FILE))
                for path in paths[name]
            )
            for name, commit in wanted
        ]


def is_source(path: str) -> bool:
    """Tell whether a path is that of a file that annotates."""
    return path.rpartition("/")[2] in (FILE, DVC_FILE)


def source_files(artifact: str) -> list[str]:
    """Return the files that may annotate an artifact, from the root, the winning one first."""
    folder = names.directory(artifact)
    own = [posixpath.join(folder, FILE)]
    if folder:  # GTO keeps all of them at the root
        own.append(FILE)
    return [*own, posixpath.join(folder, DVC_FILE)]
