"""Where what was worked out of a repository's objects is kept: a file for each repository."""

from __future__ import annotations

import marshal
from pathlib import Path

from mreg import __version__
from mreg.annotations.entry import Annotation, Framework, Input
from mreg.core.diagnostics import Diagnostic, Location
from mreg.git.repository import Repository
from mreg.system import cache
from mreg.system.kept import KeptValues

_NUMBER = 1
"""To be raised where something is kept in another form, or worked out otherwise, and no field is
added or renamed."""

_VALUES = (Annotation, Framework, Input, Diagnostic, Location)
_FIELDS = ",".join(field for it in _VALUES for field in it._fields)
_FORM = f"mreg {__version__} {marshal.version} {_NUMBER} {_FIELDS}"


FOLDER = "kept"
"""The folder in the cache's where the files are."""

_LARGEST = 1 << 30
"""How many bytes an index of a registry may take up: losing a part of it costs all of it."""


def of(repo: Repository) -> KeptValues:
    """Return the values that are kept of a repository, of which the oldest may go."""
    return KeptValues(_file(repo, ""), _FORM)


def index(repo: Repository, name: str) -> KeptValues:
    """Return the values of an index of a repository, which needs all of them."""
    return KeptValues(_file(repo, f"-{name}"), _FORM, largest=_LARGEST)


def _file(repo: Repository, ending: str) -> Path:
    return cache.folder() / FOLDER / f"{repo.cache_name()}{ending}.sqlite"
