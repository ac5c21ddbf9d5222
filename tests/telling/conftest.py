"""A remote to be watched, for the tests here."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ci.environments import EVERY
from repositories import Maker
from sharing.people import Shared, share


@pytest.fixture(autouse=True)
def _outside_of_any_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in EVERY & os.environ.keys():
        monkeypatch.delenv(name)


@pytest.fixture
def shared(make_repository: Maker, tmp_path: Path) -> Shared:
    """A registry that is shared over file://."""
    return share(make_repository, tmp_path, tmp_path.as_uri())
