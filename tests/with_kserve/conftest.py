"""What the tests with KServe's server get: nothing of the user's, and registries to serve from."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from served_registry import ServedRegistry

from mreg.system import cache
from repositories import isolated


@pytest.fixture(scope="session", autouse=True)
def _isolated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the user's settings of Git, and the user's cache, out of the tests."""
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ:
            if name.startswith(("MREG_", "GIT_")):
                patch.delenv(name)
        home = tmp_path_factory.mktemp("home")
        for name, value in isolated(home).items():
            patch.setenv(name, value)
        patch.chdir(tmp_path_factory.mktemp("cwd"))
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
