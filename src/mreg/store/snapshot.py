"""The state of a large registry, kept on disk: reading 100,000 tag objects takes a second.

What the refs hold decides the state, since objects never change. So a state is kept under a digest
of the refs' listing, and counts only for exactly that listing: deleting it changes no answer
(docs/adr/0011-snapshots.md).
"""

from __future__ import annotations

import marshal
import os
import zlib
from contextlib import suppress
from pathlib import Path

from mreg import __version__
from mreg.core import parse
from mreg.core.diagnostics import Diagnostic
from mreg.core.events import Event
from mreg.core.replay import Dated, History, State
from mreg.git.repository import Repository
from mreg.system import cache, files

SMALLEST = 20_000
LARGEST = 300_000
"""How many refs a registry has whose state is kept: below, reading it is as quick; above, the file
would take more than some 80 MB of disk."""

_FIELDS = ",".join((*Event._fields, *Diagnostic._fields))
_FORM = f"mreg {__version__} {marshal.version} {_FIELDS}\n".encode()
_DIGEST = 32
_CHECKSUM = 4


def is_worth_it(listing: bytes) -> bool:
    """Tell whether the state for a listing of refs is kept."""
    return SMALLEST <= listing.count(b"\n") <= LARGEST


def has_damage(state: State) -> bool:
    """Tell whether a tag object is missing or damaged, which may come back while the refs stay."""
    return any(it.code == "MR005" or it.message == parse.DAMAGED for it in state.problems)


def load(repo: Repository, listing: bytes) -> State | None:
    """Return the state that is kept for a listing of refs; None if there is none.

    A file that is missing, cut short, damaged, or of another listing or version of mreg holds none.
    """
    with suppress(OSError):
        content = _file(repo).read_bytes()
        rows = content[len(_FORM) + _DIGEST + _CHECKSUM :]
        if content[: -len(rows)] == _head(listing, rows):
            return _state(rows)
    return None


def save(repo: Repository, listing: bytes, state: State) -> None:
    """Keep the state for a listing of refs; where that fails, nothing is lost but time."""
    if has_damage(state):
        return
    histories = {
        history.artifact: [(*dated[:3], tuple(dated.event)) for dated in history.timeline]
        for history in state
    }
    rows = marshal.dumps((histories, [tuple(problem[:5]) for problem in state.problems]))
    file = _file(repo)
    with suppress(OSError):
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        files.replace(cache.place_of_file(file), _head(listing, rows) + rows)


def _state(rows: bytes) -> State:
    # Whoever can write into the user's cache folder can run programs as that user anyway.
    histories, problems = marshal.loads(rows)  # noqa: S302
    return State(
        {
            name: History(
                name,
                [
                    Dated(effective, number, tag, Event._make(event))
                    for effective, number, tag, event in timeline
                ],
            )
            for name, timeline in histories.items()
        },
        tuple(Diagnostic(*problem) for problem in problems),
    )


def _file(repo: Repository) -> Path:
    """Return where the state of a repository is kept."""
    import hashlib

    place = hashlib.sha256(os.fsencode(os.path.realpath(repo.path))).hexdigest()
    return cache.folder() / "snapshots" / place[:32]


def _head(listing: bytes, rows: bytes) -> bytes:
    """Return what stands before the rows: who wrote them, for which refs, and their checksum."""
    import hashlib

    checksum = zlib.crc32(rows).to_bytes(_CHECKSUM, "big")
    return _FORM + hashlib.blake2b(listing, digest_size=_DIGEST).digest() + checksum
