"""Asking a server that runs how it stands: `mreg serve status`."""

from __future__ import annotations

import json
from typing import Any

from mreg.errors import RemoteError
from mreg.net import http
from mreg.net.network import Network
from mreg.tuples import NamedTuple

PATH = "/mreg/status"
_MOST = 1 << 20


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
    client = http.Client(network)
    with client.open(f"{base}{PATH}") as answer:
        raw = b""
        for chunk in answer.chunks():
            raw += chunk
            if len(raw) > _MOST:
                break
    try:
        said = json.loads(raw)
        served = said["served"]
        well = served["served"] is not None and served["failing_since"] is None
        shadow = said.get("shadow")
        well = well and (shadow is None or shadow["failing_since"] is None)
    except (ValueError, KeyError, TypeError):
        raise RemoteError(
            f"{http.shown(base)} is no server of mreg's", hint="it is what mreg serve printed"
        ) from None
    return ServedStatus(http.shown(base), said, well)
