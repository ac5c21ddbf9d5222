"""What the tests with KServe and the schemas of Kubernetes get: nothing of the user's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from commandline import CommandLine
from isolation import alone
from repositories import Maker


@pytest.fixture(autouse=True)
def _isolated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the user's settings out of the tests."""
    with alone(tmp_path_factory, "KSERVE_", "CA_BUNDLE"):
        yield


@pytest.fixture(scope="session")
def _templates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("templates")


@pytest.fixture
def make_repository(_templates: Path, tmp_path: Path) -> Maker:
    """Makes repositories in the test's own folder."""
    return Maker(tmp_path, _templates)


@pytest.fixture
def mreg(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """The command line, in the test's own process."""
    return CommandLine(capsys, monkeypatch)
