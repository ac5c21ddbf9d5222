"""What README.md and docs/ show is what happens."""

from __future__ import annotations

from pathlib import Path

import pytest

from documents import ROOT, Runner, make_demo

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_demo(tmp_path_factory.mktemp("demo"))


@pytest.mark.parametrize(
    "path",
    [path for path in DOCUMENTS if "```console" in path.read_text()],
    ids=lambda path: path.name,
)
def test_the_examples_print_what_the_document_says(path: Path, demo: Path, tmp_path: Path) -> None:
    text = path.read_text()
    assert Runner(demo, tmp_path).rewritten(text) == text
