"""What README.md and docs/ show is what happens."""

from __future__ import annotations

from pathlib import Path

import pytest

from documents import ROOT, TRAINS, Runner, make_demo

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_demo(tmp_path_factory.mktemp("demo"))


def holding(text: str) -> pytest.MarkDecorator:
    """Run a test once for each document that holds a text.

    Tutorials are whole examples, and training models takes seconds.
    """
    found = [(path, path.read_text()) for path in DOCUMENTS]
    cases = [
        pytest.param(
            path,
            id=path.name,
            marks=pytest.mark.integration
            if path.parent.name == "tutorials" or TRAINS.search(content)
            else (),
        )
        for path, content in found
        if text in content
    ]
    return pytest.mark.parametrize("path", cases)


@holding("```console")
def test_the_examples_print_what_the_document_says(path: Path, demo: Path, tmp_path: Path) -> None:
    text = path.read_text()
    assert Runner(demo, tmp_path).rewritten(text) == text


@holding("```python\n>>> ")
def test_the_python_in_it_gives_what_the_document_says(
    path: Path, demo: Path, tmp_path: Path
) -> None:
    assert Runner(demo, tmp_path).python_report(path.read_text()) == ""
