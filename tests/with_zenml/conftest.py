"""What the tests with the real ZenML get: nothing of the user's, and a store of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from isolation import alone
from repositories import Maker


@pytest.fixture(scope="session", autouse=True)
def _isolated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the user's settings of Git and of ZenML out of the tests; nobody is told of them."""
    with alone(
        tmp_path_factory,
        "ZENML_",
        ZENML_CONFIG_PATH="{home}/zenml",
        ZENML_LOCAL_STORES_PATH="{home}/stores",
        ZENML_ANALYTICS_OPT_IN="false",
        ZENML_LOGGING_COLORS_DISABLED="true",
        AUTO_OPEN_DASHBOARD="false",
        COLUMNS="200",
    ):
        yield


@pytest.fixture(scope="session")
def _templates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("templates")


@pytest.fixture
def make_repository(_templates: Path, tmp_path: Path) -> Maker:
    """Makes repositories in the test's own folder."""
    return Maker(tmp_path, _templates)
