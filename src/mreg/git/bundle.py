"""Bundles: a repository's refs and objects in one file (`git help gitformat-bundle`)."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from mreg.errors import GitError, RepositoryError
from mreg.net.urls import Url

TRANSPORT = "bundle"
"""How a bundle is reached, among the transports of URLs."""

_SIGNATURE = re.compile(rb"# v[0-9]+ git bundle\n")
_MOST = 1 << 24  # bytes of a header


def address(path: Path) -> Url | None:
    """Return the address of a bundle that can be read by itself; None for what is no bundle.

    Raises:
        RepositoryError: it is cut short, or builds on commits that are not in it, as one of new
            tags alone does.
    """
    with path.open("rb") as file:
        if not _SIGNATURE.fullmatch(file.readline(100)):
            return None
        header, end, _ = file.read(_MOST).partition(b"\n\n")
    if not end:  # Git would take none of its refs, without a word, after reading to the end
        raise RepositoryError(
            f"{path} starts like a bundle, but its list of refs is cut short",
            hint="copy the file again from its source",
        )
    needed = [it[1:].split(b" ")[0].decode() for it in header.split(b"\n") if it.startswith(b"-")]
    shown = str(path.absolute())
    if needed:
        others = f" and {len(needed) - 1} more" if needed[1:] else ""
        raise incomplete(shown, f"after commit {needed[0][:12]}{others}, which is not in it")
    return Url(shown, shown, TRANSPORT)


def lacks_objects(said: str) -> bool:
    """Tell whether Git, by what it said, found less in a bundle than its header promises.

    One of a tag without the tag's own commit names no commit that it builds on.
    """
    return "did not send all necessary objects" in said


def incomplete(shown: str, what: str = "and it lacks the commits of its tags") -> GitError:
    """Return the error of a bundle that cannot be read by itself."""
    return RepositoryError(
        f"{shown} is a bundle of only what is new {what}, so mreg cannot read the registry from it",
        hint=f"fetch it into a clone that has the rest: git fetch {shlex.quote(shown)} "
        "'refs/tags/*:refs/tags/*'; or create a complete bundle: git bundle create FILE --all",
    )
