"""Asking a server that runs how it stands: `mreg serve status`."""

from __future__ import annotations

import json
from types import NoneType
from typing import Any

from mreg.errors import RemoteError
from mreg.net import http
from mreg.net.network import Network
from mreg.tuples import NamedTuple

PATH = "/mreg/status"
_MOST = 1 << 20
_LATEST = 1 << 37
"""No server has begun to fail after the year 6000."""


class ServedStatus(NamedTuple):
    """How a server stands.

    Attributes:
        url: its address.
        said: what it said.
        well: whether it serves what the registry wants.
    """

    url: str
    said: dict[str, Any]
    well: bool


def ask(url: str, network: Network) -> ServedStatus:
    """Ask a server.

    Raises:
        RemoteError: there is none, or it is another program's.
    """
    base = url.rstrip("/")
    if not base.startswith(tuple(f"{it}://" for it in http.SCHEMES)):
        raise RemoteError(f"{http.shown(base)!r} is not an HTTP URL", hint=f"write http://{base}")
    try:
        said = json.loads(_answer(f"{base}{PATH}", network))
    except http.Interrupted as interrupted:
        raise RemoteError(
            f"{http.shown(base)} does not answer: {interrupted}",
            hint="check that `mreg serve` is running there; it prints its address when it is ready",
        ) from None
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict) or not _is_follower(said.get("served")):
        raise _stranger(base)
    shadow = said.get("shadow")
    if shadow is not None and not _is_follower(shadow):
        raise _stranger(base)
    well = said["served"]["served"] is not None and all(
        it is None or it["failing_since"] is None for it in (said["served"], shadow)
    )
    return ServedStatus(http.shown(base), said, well)


def _answer(url: str, network: Network) -> bytes:
    raw = b""
    with http.Client(network).open(url) as answer:
        for chunk in answer.chunks():
            raw += chunk
            if len(raw) > _MOST:
                break
    return raw


def _stranger(base: str) -> RemoteError:
    return RemoteError(
        f"{http.shown(base)} is not a server of `mreg serve`",
        hint="use the address that `mreg serve` printed",
    )


def _is_follower(said: Any) -> bool:
    """Tell whether what a server says has the form of `mreg.serve.follow.FollowStatus`."""
    return (
        isinstance(said, dict)
        and isinstance(said.get("selector"), str)
        and all(it in said and _is_version(said[it]) for it in ("served", "wanted"))
        and "failing_since" in said
        and _is_time(said["failing_since"])
        and all(isinstance(said.get(it), (str, NoneType)) for it in ("error", "remark"))
    )


def _is_version(said: Any) -> bool:
    texts = ("artifact", "version", "commit")
    return said is None or (
        isinstance(said, dict) and all(isinstance(said.get(it), (str, NoneType)) for it in texts)
    )


def _is_time(said: Any) -> bool:
    return said is None or (type(said) in (int, float) and 0 <= said < _LATEST)
