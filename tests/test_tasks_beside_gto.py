"""The tasks that docs/coming-from/gto.md counts: both tools reach the same state by them."""

from __future__ import annotations

from pathlib import Path

import pytest

from documents import ROOT
from gto_tasks import GTO, MREG, TASKS, Story, keystrokes, table, with_table

PAGE = ROOT / "docs" / "coming-from" / "gto.md"


@pytest.mark.integration
def test_both_reach_the_same_state(tmp_path: Path) -> None:
    stories = {tool: Story(tool, made(tmp_path / tool)) for tool in (GTO, MREG)}
    states = []
    for task in TASKS:
        with_gto, with_mreg = (story.play(task) for story in stories.values())
        assert with_gto.outcome == with_mreg.outcome, task.about
        assert with_gto.states == with_mreg.states, task.about
        assert with_gto.states[GTO] == with_gto.states[MREG], task.about
        for played in (with_gto, with_mreg):
            assert task.shown in played.said
        states.append((with_mreg.states[MREG]["churn"], with_mreg.outcome))
    changes = [it for it, before in zip(states, [None, *states], strict=False) if it != before]
    assert changes == [
        (state("v0.0.1"), "no file"),
        (state("v0.0.1", prod="v0.0.1"), "no file"),
        (state("v0.1.0", prod="v0.0.1"), "no file"),
        (state("v0.1.0", prod="v0.1.0"), "v0.1.0 prod"),
        (state("v0.1.0", prod="v0.0.1"), "no file"),
        (state("v0.1.0", prod="v0.0.1"), "weights of a month"),
        (state("v0.0.1", prod="v0.0.1"), "weights of a month"),
    ]


def made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def state(latest: str, **stages: str) -> dict[str, object]:
    return {"latest": latest, "stages": stages}


def test_the_page_has_the_table_as_it_is_counted() -> None:
    text = PAGE.read_text()
    assert with_table(text) == text
    assert text.count(table()) == 1


def test_enter_is_a_key() -> None:
    assert keystrokes(["ab", "c"]) == 5
