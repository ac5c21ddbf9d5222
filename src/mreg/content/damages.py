"""Finding versions whose files in Git are pointers that cannot be followed."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence

from mreg.annotations.entry import Annotation, is_url
from mreg.annotations.sources import Wanted
from mreg.core.diagnostics import Diagnostic, problem
from mreg.dvc import pointers
from mreg.dvc.pointers import Damaged
from mreg.git.files import Files
from mreg.tuples import NamedTuple

MOST_IN_FOLDER = 10_000
"""Of a version that is a folder, not many more files are looked at."""


class Damage(NamedTuple):
    """A damaged pointer: whose version has it, what is wrong, and what to do about it."""

    subject: str
    why: str
    remedy: str


def problems(
    wanted: Sequence[Wanted], read: Sequence[Annotation | Diagnostic | None], contents: Files
) -> Iterator[Diagnostic]:
    """Iterate over the problem that each of what `find` finds is in a version that there is."""
    for it in find(wanted, read, contents):
        yield problem("MR027", it.subject, it.why, hint=it.remedy)


def find(
    wanted: Sequence[Wanted], read: Sequence[Annotation | Diagnostic | None], contents: Files
) -> Iterator[Damage]:
    """Iterate over the damaged pointers for which `mreg get` would refuse a version.

    Of each version there is what its commit says of it (`read`).
    """
    places = {
        it: (it.commit, note.path)
        for it, note in zip(wanted, read, strict=True)
        if isinstance(note, Annotation) and note.path and not is_url(note.path)
    }
    oids = contents.locate(places.values())
    folders = contents.inside(filter(None, oids.values()), most=MOST_IN_FOLDER)
    files = {it: folders.get(it, {"": it}) for it in oids.values() if it}
    blobs = (oid for inner in files.values() for oid in inner.values())
    raw = contents.small(blobs, limit=pointers.LOOKED_AT)
    own = {oid: path for (_, path), oid in oids.items()}  # what lies in a folder is as it is
    said = {it: pointers.read(raw[it], own.get(it, "")) for it in raw}
    damaged = {it: found for it, found in said.items() if isinstance(found, Damaged)}
    for it, place in places.items():
        for path, oid in files.get(oids[place] or "", {}).items():
            if oid in damaged:
                whole = posixpath.join(place[1], path) if path else place[1]
                why = f"{whole} is {damaged[oid]}"
                yield Damage(it.subject, why, pointers.remedy(whole))
