"""What a remote was last seen to hold: a file for each remote, in the repository's Git folder.

It saves a question before each push, and it is how a tag that the remote moved or lost is noticed.
Losing it, or a line of it, costs a question and no answer: what it does not say is asked for.

The form: lines "OID REF", of which a later one for the same ref counts. A line is added by one
write, so that processes may add at the same time, and only when what it says is here as well.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from mreg.git import process
from mreg.git.remote import Remote
from mreg.git.repository import Repository
from mreg.system import files

_LINE = re.compile(
    r"(?P<oid> [0-9a-f]{40} (?: [0-9a-f]{24} )? ) [ ] (?P<ref> refs/.+ )", re.VERBOSE
)


class Seen:
    """The record of one remote."""

    def __init__(self, repo: Repository, remote: Remote) -> None:
        import hashlib

        inside = repo.common_dir()
        if inside is None:
            raise process.no_repository(repo)
        # A URL may hold a password, so it does not become a file name.
        key = hashlib.sha256(remote.url.encode("utf-8", "surrogateescape")).hexdigest()[:16]
        self._file = inside / "mreg" / "remotes" / key

    def read(self) -> dict[str, str]:
        """Return the object that each ref was last seen to hold."""
        try:
            text = self._file.read_text("utf-8", "surrogateescape")
        except FileNotFoundError:
            return {}
        lines = (_LINE.fullmatch(line) for line in text.split("\n"))
        return {line["ref"]: line["oid"] for line in lines if line}

    def add(self, refs: Mapping[str, str]) -> None:
        """Note that the remote holds these refs."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        # The line feed in front ends what another process may have been killed while writing.
        text = "\n" + "".join(f"{oid} {ref}\n" for ref, oid in refs.items())
        descriptor = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
        with os.fdopen(descriptor, "wb") as file:
            file.write(text.encode("utf-8", "surrogateescape"))

    def replace(self, refs: Mapping[str, str]) -> None:
        """Note that the remote holds these refs and no others."""
        text = "".join(f"{oid} {ref}\n" for ref, oid in sorted(refs.items()))
        files.replace(self._file, text.encode("utf-8", "surrogateescape"))
