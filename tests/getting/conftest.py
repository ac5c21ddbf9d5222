"""What tests of getting share."""

from __future__ import annotations

import sys

import pytest


@pytest.fixture
def _without_fsspec(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let there be no fsspec, whichever of its file systems an earlier test has loaded."""
    for name in [it for it in sys.modules if it.partition(".")[0] == "fsspec"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "fsspec", None)
