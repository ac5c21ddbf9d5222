"""No test here sees the CI in which it may be running itself."""

from __future__ import annotations

import os

import pytest

from ci.environments import EVERY


@pytest.fixture(autouse=True)
def _outside_of_any_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in EVERY & os.environ.keys():
        monkeypatch.delenv(name)
