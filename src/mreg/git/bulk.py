"""Many tag objects at once, whose bytes are read in large pieces and taken apart elsewhere.

It is for those that are as they should be; whatever else there may be is left to `git.tagobjects`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from mreg.core import tagobject
from mreg.git import objects
from mreg.git.process import Conversation
from mreg.git.repository import Repository

_SIZE = re.compile(tagobject.MARK + rb"tag ([0-9]{1,7}) [^\n]*\n")


def contents(repo: Repository, oids: Sequence[str]) -> bytes | None:
    """Return tag objects, in one piece (`mreg.core.parse.read_all`).

    Returns:
        They; None if some are not here, not tags, too large or damaged, or Git is older than 2.36.
    """
    heads = headers(repo, oids)
    sizes = [*map(int, _SIZE.findall(heads))] if heads else []
    if len(sizes) != len(oids) or max(sizes, default=0) > tagobject.LARGEST:
        return None
    length = len(heads or b"") + sum(sizes) + len(oids)

    def take(talk: Conversation) -> bytes | None:
        raw = talk.read(length)
        return raw if len(raw) == length else None

    return objects.bulk(repo, "contents", oids, take)


def has_only_commits(repo: Repository, oids: Collection[str]) -> bool:
    """Tell whether of some objects all that are here are commits; no, if it cannot be told."""
    heads = headers(repo, [*oids]) or b""
    found = heads.count(tagobject.MARK + b"commit ") + heads.count(b" missing\n")
    return found == len(oids)


def headers(repo: Repository, oids: Sequence[str]) -> bytes | None:
    """Return what Git says of objects, a line each; None where it dies of one."""

    def take(talk: Conversation) -> bytes | None:
        lines = talk.read_lines(len(oids))
        return lines if lines.count(b"\n") == len(oids) else None

    return objects.bulk(repo, "info", oids, take) if oids else b""
