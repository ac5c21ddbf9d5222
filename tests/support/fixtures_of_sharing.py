"""Registries that are shared."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import remotes
from mreg.net import backoff
from people import Shared, share
from repositories import Maker


@pytest.fixture
def shared(make_repository: Maker, tmp_path: Path) -> Shared:
    """A registry that is shared over file://."""
    return share(make_repository, tmp_path, tmp_path.as_uri())


@pytest.fixture(params=remotes.TRANSPORTS)
def shared_by_all(
    request: pytest.FixtureRequest, make_repository: Maker, tmp_path: Path
) -> Iterator[Shared]:
    """A registry that is shared over each transport in turn."""
    with remotes.served(tmp_path, request.param) as url:
        yield share(make_repository, tmp_path, url)


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let tries follow each other at once: who waits for nobody need not wait."""
    monkeypatch.setattr(backoff, "FIRST", 0.0)
