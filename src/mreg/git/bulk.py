"""Many objects at once, of which the answers are read in large pieces and taken apart elsewhere.

It is for those that are as they should be; of any others the answer is None, and `git.objects` or
`git.tagobjects` reads them one by one.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Sequence

from mreg.core import tagobject
from mreg.git import objects
from mreg.git.process import Conversation
from mreg.git.repository import Repository

_TAG = tagobject.MARK + b"tag "
_SIZE = re.compile(_TAG + rb"([0-9]++) ")

_MOST = 16 << 20
"""How many bytes are taken at once."""


def contents(repo: Repository, oids: Sequence[str]) -> bytes | None:
    """Return tag objects, in one piece (`mreg.core.parse.read_all`).

    How large they are is not asked first, which would take a sixth of the time. So that no bytes of
    theirs can pass for the end of the answer, a name that nobody knew before is asked for last.

    Returns:
        They; None if some are not here, not tags, too large or damaged, or Git is older than 2.36.
    """
    name = f"?{os.urandom(16).hex()}"
    end = f"{name} missing\n".encode()

    def take(talk: Conversation) -> bytes | None:
        return talk.read_until(end, _MOST)

    raw = objects.bulk(repo, "contents", [*oids, name], take)
    if raw is None or not raw.count(_TAG) == raw.count(tagobject.MARK) == len(oids):
        return None
    if len(raw) > tagobject.LARGEST and max(map(int, _SIZE.findall(raw))) > tagobject.LARGEST:
        return None
    return raw


def has_only_commits(repo: Repository, oids: Collection[str]) -> bool:
    """Tell whether of some objects all that are here are commits; no, if it cannot be told."""
    said = headers(repo, [*oids]) or b""
    return said.count(tagobject.MARK + b"commit ") + said.count(b" missing\n") == len(oids)


def headers(repo: Repository, oids: Sequence[str]) -> bytes | None:
    """Return what Git says of objects, a line each; None where it dies of one."""

    def take(talk: Conversation) -> bytes | None:
        lines = talk.read_lines(len(oids))
        return lines if lines.count(b"\n") == len(oids) else None

    return objects.bulk(repo, "info", oids, take) if oids else b""
