"""The batch API of Git LFS: where the bytes of objects can be downloaded.

Source: docs/api/batch.md and docs/api/basic-transfers.md in Git LFS's repository.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from mreg.dvc.pointers import Pointer
from mreg.errors import RemoteError
from mreg.net.http import shown

MOST = 100
"""So many objects are asked for in one request, as Git LFS itself does."""

HEADERS = {"Accept": "application/vnd.git-lfs+json", "Content-Type": "application/vnd.git-lfs+json"}

_EARLY = 5.0
"""So many seconds before its end an address is taken to have expired."""

_HINT = "ask someone who has it to push it: `git lfs push --all REMOTE`"
_WORDS = {
    404: "does not have it",
    410: "no longer has it: it was removed there",
    422: "cannot deliver it",
}


class Action(NamedTuple):
    """From where an object can be had, with what headers, and until when by `time.monotonic`."""

    href: str
    headers: dict[str, str]
    until: float

    @property
    def expired(self) -> bool:
        """Whether it holds no longer."""
        return time.monotonic() > self.until


def request(objects: Sequence[Pointer]) -> bytes:
    """Return what a server is sent to learn how objects can be downloaded."""
    said = {
        "operation": "download",
        "transfers": ["basic"],
        "objects": [{"oid": it.hex, "size": it.size} for it in objects],
        "hash_algo": "sha256",
    }
    return json.dumps(said).encode()


def answer(endpoint: str, raw: bytes) -> dict[str, Action | RemoteError]:
    """Read a server's answer: by each object's sha256, how it can be downloaded, or why it cannot.

    Raises:
        RemoteError: it is not an answer in the form of Git LFS.
    """
    try:
        said: Any = json.loads(raw)
        transfer = said.get("transfer", "basic")
        found = dict(_read(endpoint, said["objects"]))
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        raise RemoteError(
            f"{shown(endpoint)} did not answer like a Git LFS server",
            hint="set another server with `git config lfs.url` or in .lfsconfig",
        ) from None
    if transfer != "basic":
        raise RemoteError(
            f"{shown(endpoint)} transfers objects only by {str(transfer)[:40]!r}",
            hint="install Git LFS (git-lfs.com), which may support that transfer",
        )
    return found


def absent(endpoint: str) -> RemoteError:
    """Return the error for an object of which a server says nothing."""
    return RemoteError(f"the Git LFS server {shown(endpoint)} did not mention it", hint=_HINT)


def _read(endpoint: str, rows: Iterable[Any]) -> Iterator[tuple[str, Action | RemoteError]]:
    for row in rows:
        if error := row.get("error"):
            yield row["oid"], _refused(endpoint, int(error.get("code", 0)), error.get("message"))
        elif action := (row.get("actions") or {}).get("download"):
            yield row["oid"], _action(endpoint, action)
        else:
            yield row["oid"], absent(endpoint)


def _action(endpoint: str, said: dict[str, Any]) -> Action | RemoteError:
    href, headers = said["href"], said.get("header") or {}
    if not isinstance(href, str) or any(not isinstance(it, str) for it in headers.values()):
        raise TypeError
    if endpoint.startswith("https:") and not href.startswith("https:"):
        return RemoteError(
            f"{shown(endpoint)} points to {shown(href)} for it, which is not encrypted",
            hint="ask the operator of the server to use https addresses",
        )
    return Action(href, dict(headers), time.monotonic() + _seconds(said) - _EARLY)


def _seconds(said: dict[str, Any]) -> float:
    """Return for how long an action holds; `expires_in` counts for more than `expires_at`."""
    if said.get("expires_in"):
        return float(said["expires_in"])
    if not said.get("expires_at"):
        return float("inf")
    end = datetime.fromisoformat(said["expires_at"])
    return ((end if end.tzinfo else end.replace(tzinfo=UTC)) - datetime.now(UTC)).total_seconds()


def _refused(endpoint: str, code: int, message: Any) -> RemoteError:
    what = _WORDS.get(code, f"refused it ({code})")
    said = f": {message[:200]}" if isinstance(message, str) and message else ""
    hint = _HINT if code in (404, 410) else ""
    return RemoteError(f"the Git LFS server {shown(endpoint)} {what}{said}", hint=hint)
