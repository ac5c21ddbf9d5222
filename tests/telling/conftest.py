"""A remote to be watched, for the tests here."""

from __future__ import annotations

from pathlib import Path

import pytest

from repositories import Maker
from sharing.people import Shared, share


@pytest.fixture
def shared(make_repository: Maker, tmp_path: Path) -> Shared:
    """A registry that is shared over file://."""
    return share(make_repository, tmp_path, tmp_path.as_uri())
