"""What the test with the real Ray gets: a network of its own, and nothing of the user's.

Some of Ray's processes listen on all addresses, whatever it is told. In a network namespace there
is the loopback interface alone.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from isolation import alone
from repositories import Maker, Repository

_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000


@pytest.fixture(scope="session", autouse=True)
def _alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Leave the network, and keep the user's settings out."""
    flags = _NEW_NETWORK if os.geteuid() == 0 else _NEW_NETWORK | _NEW_USER
    if ctypes.CDLL(None, use_errno=True).unshare(flags):
        pytest.skip("Ray listens on all addresses, and no network namespace can be made here")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    with alone(
        tmp_path_factory,
        "RAY_",
        RAY_USAGE_STATS_ENABLED="0",
        RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S="60",
    ):
        yield


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """An empty repository in the test's own folder."""
    templates = tmp_path / "templates"
    templates.mkdir()
    return Maker(tmp_path, templates).empty()
