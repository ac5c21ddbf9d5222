"""Where what was worked out of a repository's objects is kept: a file for each repository."""

from __future__ import annotations

import marshal
import os

from mreg import __version__
from mreg.annotations.entry import Annotation, Framework, Input
from mreg.annotations.sources import Outline
from mreg.core.diagnostics import Diagnostic, Location
from mreg.git.repository import Repository
from mreg.system import cache
from mreg.system.kept import KeptValues

_NUMBER = 1
"""To be raised where something is kept in another form, or worked out otherwise, and no field is
added or renamed."""

_VALUES = (Annotation, Framework, Input, Outline, Diagnostic, Location)
_FIELDS = ",".join(field for it in _VALUES for field in it._fields)
_FORM = f"mreg {__version__} {marshal.version} {_NUMBER} {_FIELDS}"


def of(repo: Repository) -> KeptValues:
    """Return the values that are kept of a repository."""
    from mreg.system.digest import blake2b

    where = os.fsencode(os.path.realpath(repo.common_dir() or repo.path))
    place = blake2b(where, digest_size=16)
    return KeptValues(cache.folder() / FOLDER / f"{place.hexdigest()}.sqlite", _FORM)


FOLDER = "kept"
"""Its place in the cache's folder."""
