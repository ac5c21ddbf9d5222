"""A digest of each artifact's tags, kept: after one new tag, those of one artifact are listed.

Git writes a new ref into a file of its own, and rewrites packed-refs as a whole, now and then. So
what is kept of all artifacts, under a digest of what packed-refs has of tags, counts of those that
neither had a tag in a file of its own then nor have one now.
"""

from __future__ import annotations

import hashlib
import marshal
from pathlib import Path

from mreg import __version__
from mreg.core import listing, names
from mreg.core.listing import Listing
from mreg.git import ref_files, refs
from mreg.git.ref_files import HeldRefs
from mreg.git.repository import Repository
from mreg.store.read import LARGE
from mreg.system import kept_file

_FORM = 1
"""To be raised where it is kept in another form, or worked out otherwise."""


def of_each(repo: Repository) -> dict[str, str]:
    """Return for each artifact that has a tag of the registry a digest of the list of its tags.

    Raises:
        RepositoryError: there is no usable repository.
    """
    with ref_files.held(repo, refs.PREFIX) as held:
        file, loose = _file(repo), held.loose.listing() if held else None
        touched = {*listing.read(loose).runs} if loose is not None else set()
        if file and held and loose is not None:
            known = _looked_up(file, held, touched)
            if known is not None:
                return known
        lines = held.listing() if held and loose is not None else None
        if lines is None:
            return _digests(listing.read(refs.listing(repo, (refs.PREFIX,), refs.TAGS)))
        found = _digests(listing.read(lines))
        if file and held and lines.count(b"\n") >= LARGE:
            kept_file.write(file, _key(held), marshal.dumps((found, [*touched])))
        return found


def _looked_up(file: Path, held: HeldRefs, touched: set[str]) -> dict[str, str] | None:
    """Return the digests, of which most are kept; None where nothing is kept of such refs."""
    content = kept_file.read(file, _key(held))
    if content is None:
        return None
    digests, before = marshal.loads(content)  # noqa: S302 - see `kept_file`
    renewed = touched | {*before}
    starts = (f"{names.in_tag(it)}{mark}" for it in sorted(renewed) for mark in "#@")
    lines = [held.within(it.encode("utf-8", "surrogateescape")).listing() for it in starts]
    if None in lines:
        return None
    fresh = _digests(listing.read(b"".join(filter(None, lines))))
    return {**{it: said for it, said in digests.items() if it not in renewed}, **fresh}


def _digests(listed: Listing) -> dict[str, str]:
    return {it: hashlib.sha256(listed.of(it)).hexdigest() for it in listed.artifacts()}


def _key(held: HeldRefs) -> bytes:
    return b"%b %b" % (f"mreg {__version__} {marshal.version} {_FORM}".encode(), held.packed)


def _file(repo: Repository) -> Path | None:
    folder = repo.common_dir()
    return folder and folder / "mreg" / "tags"
