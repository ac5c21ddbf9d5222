"""Refs, however many: from their files where all is as usual, else by one process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mreg.core import refnames
from mreg.git import process, ref_files
from mreg.git.repository import Repository

PREFIX = "refs/tags/"

TAGS = "refname:lstrip=2"
"""The form of a tag's name without its beginning."""

LINKS = "--format=%(objectname) %(refname) %(symref)"
"""What `parse_links` reads."""


def list_refs(repo: Repository, patterns: Iterable[str] = (PREFIX,)) -> Iterator[tuple[str, str]]:
    """Iterate over the tags whose refs match any of the patterns of `git for-each-ref`.

    They are pairs of the tag's name, without refs/tags/, and the id of the object that it holds.
    Bytes of a name that are not UTF-8 stand as surrogates.
    """
    return refnames.listed(listing(repo, patterns, TAGS))


def list_names(repo: Repository, patterns: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Iterate over the refs that match any of the patterns of `git for-each-ref`.

    They are pairs of a full name and an object's id.
    """
    return refnames.listed(listing(repo, patterns, "refname"))


def listing(repo: Repository, patterns: Iterable[str], form: str) -> bytes:
    """Return what `git for-each-ref` lists: "OID NAME" in each line, sorted by name.

    The form of a name is "refname", or `TAGS`.

    Raises:
        RepositoryError: there is no usable repository.
    """
    wanted = [*patterns]
    if wanted == [PREFIX] and form == TAGS:
        return _all_tags(repo)
    found = ref_files.read(repo, wanted)
    if found is not None:
        skipped = len(PREFIX) if form == TAGS else 0
        return b"".join([b"%b %b\n" % (oid, name[skipped:]) for name, oid in found.oids.items()])
    return _git_listing(repo, wanted, form)


def fingerprint_of_tags(repo: Repository) -> bytes:
    """Return a digest of which tags there are, and of what they hold.

    They are not even listed where the files that hold them tell as much.

    Raises:
        RepositoryError: there is no usable repository.
    """
    if found := ref_files.fingerprint(repo, PREFIX):
        return found
    from mreg.system.digest import blake2b

    return blake2b(_all_tags(repo), digest_size=32).digest()


def _all_tags(repo: Repository) -> bytes:
    """List all tags; a second time at one moment, Git is not asked for them again."""
    with ref_files.held(repo, PREFIX) as held:
        if held and (lines := held.listing()) is not None:
            return lines
    opened = repo.session.here
    if opened.listed is not None:
        return opened.listed
    found = _git_listing(repo, [PREFIX], TAGS)
    if opened.asked is not None and repo.mirror is None:  # a mirror may be made anew meanwhile
        opened.listed = found
    return found


def _git_listing(repo: Repository, patterns: list[str], form: str) -> bytes:
    return process.run(repo, "for-each-ref", f"--format=%(objectname) %({form})", *patterns)


def list_links(repo: Repository, patterns: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """Iterate over refs: the object's id, the full name, and what a symbolic one stands for."""
    wanted = [*patterns]
    found = ref_files.read(repo, wanted)
    if found is None:
        return parse_links(process.run(repo, "for-each-ref", LINKS, *wanted))
    return (
        (oid.decode(), _text(name), _text(found.links.get(name, b"")))
        for name, oid in found.oids.items()
    )


def parse_links(output: bytes) -> Iterator[tuple[str, str, str]]:
    """Read lines of "OID REF LINK", of which the last is empty unless the ref is symbolic."""
    for line in output.decode("utf-8", "surrogateescape").split("\n")[:-1]:
        oid, ref, link = line.split(" ")
        yield oid, ref, link


def _text(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")
