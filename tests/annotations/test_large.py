"""Large files and histories: what is done does not grow faster than they do."""

from __future__ import annotations

from pathlib import Path

import pytest

from annotated import artifacts_yaml, with_many_artifacts, with_many_versions
from mreg.annotations import document, nodes, plain
from mreg.annotations.entry import Annotation
from mreg.registry import Registry
from mreg.worktree.validate import validate
from repositories import opened


def test_a_good_file_of_200_artifacts_needs_no_slow_parser(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = with_many_artifacts(tmp_path / "large")
    monkeypatch.setattr(nodes, "compose", None)
    assert validate(repo=opened(folder)) == (1, ())


def test_what_stays_between_versions_is_parsed_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = with_many_versions(tmp_path / "history", versions=50, artifacts=20)
    parsed: list[str] = []
    original = plain.parse

    def counted(text: str) -> object:
        parsed.append(text)
        return original(text)

    monkeypatch.setattr(plain, "parse", counted)
    registry = Registry.open(folder)
    found = registry.annotations(registry.versions("model-0"))
    runs = [it.metrics["accuracy"] for it in found if isinstance(it, Annotation)]
    assert runs == [float(f"0.{run:06}") for run in range(50, 0, -1)]
    assert len(parsed) == 50 + 19  # its own entry anew each time, the others once


def test_the_fast_reader_and_the_parser_agree_on_a_large_file() -> None:
    text = artifacts_yaml(40, 7)
    root = nodes.compose(text).root
    assert root is not None
    assert document.load(text.encode()) == root.plain()
