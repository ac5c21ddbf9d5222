"""README.md, pasted into a shell from its top to its end, leaves one with a model loaded."""

from __future__ import annotations

import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from documents import ROOT, environment, examples

README = (ROOT / "README.md").read_text()

LEFT_OUT = {
    "git clone https://git.example.com/mreg.git && cd mreg": "there is no such host",
    "make demo": "it sets up an environment of its own; tests/test_demo.py runs what it runs",
    "pip install .": "the tests run what is installed",
}
"""The lines that are not run, and why not."""

_BLOCK = re.compile(r"^```(?P<language>sh|console)\b.*\n(?P<text>(?:.*\n)*?)^```$", re.M)


def pasted() -> str:
    """Return what somebody pastes into a shell: all blocks, in their order."""
    found = []
    for block in _BLOCK.finditer(README):
        text = block["text"]
        if block["language"] == "console":
            text = "".join(f"{it.command}\n" for it in examples(text))
        found.append(text)
    return "".join(found)


def test_what_it_shows_ends_with_a_model_loaded_and_without_a_warning(tmp_path: Path) -> None:
    """It takes seconds: each command is a process of its own, as it is for the reader."""
    lines = pasted().splitlines()
    assert not LEFT_OUT.keys() - set(lines), "a line that is left out is gone"
    clone = tmp_path / "mreg"
    clone.mkdir()
    done = subprocess.run(
        ["bash", "-e"],
        input="\n".join(it for it in lines if it not in LEFT_OUT),
        cwd=clone,
        env=environment(datetime(2026, 3, 9, 9, tzinfo=UTC), tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith('\n{"weights": [0.3, 1.2]}\n\n')
    # What is said beside the answers is what it shows itself.
    assert set(done.stderr.splitlines()) <= set(README.splitlines())
    assert not re.search(r"^(warning|note|error|hint)", done.stderr, re.M)


def test_it_is_one_screen() -> None:
    """All else is in docs/, to which it leads."""
    assert len(README.splitlines()) <= 85


@pytest.mark.parametrize("command", ["make demo", "make test"])
def test_a_command_that_a_clone_begins_with_is_there(command: str) -> None:
    assert re.search(rf"(^|`){command}(`|$)", README, re.M)
