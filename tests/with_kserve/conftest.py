"""What the tests with KServe's server get: nothing of the user's, and registries to serve from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from served_registry import ServedRegistry

from isolation import alone
from mreg.system import cache


@pytest.fixture(scope="session", autouse=True)
def _isolated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the user's settings of Git, and the user's cache, out of the tests."""
    with alone(tmp_path_factory):
        yield


@pytest.fixture(autouse=True)
def cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep the cache of mreg in the test's own folder."""
    folder = tmp_path / "cache"
    monkeypatch.setattr(cache, "_chosen", folder)
    monkeypatch.setenv("MREG_CACHE_DIR", str(folder))
    return folder


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> ServedRegistry:
    """A registry with five versions, to be copied."""
    return ServedRegistry.make(tmp_path_factory.mktemp("template"))


@pytest.fixture
def registry(template: ServedRegistry, tmp_path: Path) -> ServedRegistry:
    """A registry of the test's own, at a remote."""
    return template.copied(tmp_path)
