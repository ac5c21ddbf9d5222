"""What the tests with the real ZenML get: nothing of the user's, and a store of their own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from repositories import Maker, isolated


@pytest.fixture(scope="session", autouse=True)
def _isolated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the user's settings of Git and of ZenML out of the tests; nobody is told of them."""
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ:
            if name.startswith(("MREG_", "GIT_", "ZENML_")):
                patch.delenv(name)
        home = tmp_path_factory.mktemp("home")
        ours = isolated(home) | {
            "ZENML_CONFIG_PATH": str(home / "zenml"),
            "ZENML_LOCAL_STORES_PATH": str(home / "stores"),
            "ZENML_ANALYTICS_OPT_IN": "false",
            "ZENML_LOGGING_COLORS_DISABLED": "true",
            "AUTO_OPEN_DASHBOARD": "false",
            "COLUMNS": "200",
        }
        for name, value in ours.items():
            patch.setenv(name, value)
        patch.chdir(tmp_path_factory.mktemp("cwd"))
        yield


@pytest.fixture(scope="session")
def _templates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("templates")


@pytest.fixture
def make_repository(_templates: Path, tmp_path: Path) -> Maker:
    """Makes repositories in the test's own folder."""
    return Maker(tmp_path, _templates)
