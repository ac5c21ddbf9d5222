"""docs/reference/annotations.md: every field and every code, with examples that are good."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mreg.annotations import document, entry
from mreg.annotations.findings import CODES
from mreg.worktree import init
from mreg.worktree.validate import validate
from repositories import opened

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "annotations.md").read_text()
EXAMPLES = re.findall(r"(?ms)^```yaml\n(.*?)^```$", PAGE)


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples_are_good(tmp_path: Path, example: str) -> None:
    file = tmp_path / "artifacts.yaml"
    file.write_text(example)
    _, found = validate([str(file)], repo=opened(tmp_path))
    assert [it.code for it in found if it.severity == "error"] == []
    assert document.load(example.encode())


@pytest.mark.parametrize("field", entry.FIELDS)
def test_every_field_has_a_section_with_an_example(field: str) -> None:
    section = re.search(rf"(?ms)^### {field}\n(.*?)^##", PAGE)
    assert section is not None
    (example,) = re.findall(r"(?ms)^```yaml\n(.*?)^```$", section[1])
    for value in document.load(example.encode()).values():
        assert field in entry.read(value, "").fields


def test_every_code_is_explained() -> None:
    rows = re.findall(r"(?m)^\| (MA\d+) \| (\w+) \| ([^|]+) \| [^|]+ \|$", PAGE)
    own = {code: tuple(kind[:2]) for code, kind in CODES.items() if code.startswith("MA")}
    assert {code: (severity, title) for code, severity, title in rows} == own
    assert len(rows) == len(own)


def test_the_hook_is_the_one_that_init_writes() -> None:
    (example,) = re.findall(r"(?ms)^```yaml pre-commit\n(.*?)^```$", PAGE)
    assert document.load(example.encode()) == {"repos": [init.HOOK_ENTRY]}
