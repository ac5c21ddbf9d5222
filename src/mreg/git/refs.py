"""Refs, in one process for any number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mreg.git import process
from mreg.git.repository import Repository

PREFIX = "refs/tags/"


def list_refs(repo: Repository, patterns: Iterable[str] = (PREFIX,)) -> Iterator[tuple[str, str]]:
    """Iterate over the tags whose refs match any of the patterns of `git for-each-ref`.

    They are pairs of the tag's name, without refs/tags/, and the id of the object that it holds.
    Bytes of a name that are not UTF-8 stand as surrogates.
    """
    return list_names(repo, patterns, "refname:lstrip=2")


def list_names(
    repo: Repository, patterns: Iterable[str], form: str = "refname"
) -> Iterator[tuple[str, str]]:
    """Iterate over the refs that match any of the patterns of `git for-each-ref`.

    They are pairs of a name, in full if nothing else is asked for, and an object's id.
    """
    return pairs(listing(repo, patterns, form))


def listing(repo: Repository, patterns: Iterable[str], form: str) -> bytes:
    """Return what `git for-each-ref` lists: "OID NAME" in each line."""
    return process.run(repo, "for-each-ref", f"--format=%(objectname) %({form})", *patterns)


def pairs(listing: bytes) -> Iterator[tuple[str, str]]:
    """Iterate over what `listing` returned: pairs of a name and an object's id."""
    for line in listing.decode("utf-8", "surrogateescape").split("\n")[:-1]:
        oid, _, name = line.partition(" ")
        yield name, oid
