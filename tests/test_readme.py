"""README.md, pasted into a shell from its top to its end, leaves one with a model loaded."""

from __future__ import annotations

import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from documents import ROOT, environment, examples

README = (ROOT / "README.md").read_text()

LEFT_OUT = {
    "git clone https://git.example.com/mreg.git && cd mreg": "there is no such host",
    "make demo": "it sets up an environment of its own; tests/test_demo.py runs what it runs",
    "pip install ./mreg        # from a clone": "the tests run what is installed",
    "make test   # the tests": "they are running",
    "make lint   # style, formatting, types": "it is for those who work on mreg",
}
"""The lines that are not run, and why not."""

_BLOCK = re.compile(r"^```(?P<language>sh|console|python)\b.*\n(?P<text>(?:.*\n)*?)^```$", re.M)


def pasted() -> str:
    """Return what somebody pastes into a shell: all blocks, in their order."""
    found = []
    for block in _BLOCK.finditer(README):
        text = block["text"]
        if block["language"] == "console":
            text = "".join(f"{it.command}\n" for it in examples(text))
        if block["language"] == "python":
            text = f"python - <<'END'\n{text}END\n"
        found.append(text)
    return "".join(found)


def test_what_it_shows_ends_with_a_model_loaded_and_without_a_warning(tmp_path: Path) -> None:
    """It takes seconds: each command is a process of its own, as it is for the reader."""
    lines = pasted().splitlines()
    assert not LEFT_OUT.keys() - set(lines), "a line that is left out is gone"
    done = subprocess.run(
        ["bash", "-e"],
        input="\n".join(it for it in lines if it not in LEFT_OUT),
        cwd=tmp_path,
        env=environment(datetime(2026, 3, 9, 9, tzinfo=UTC), tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("\n[0.3, 1.2]\n")
    # What is said beside the answers is what it shows itself.
    assert set(done.stderr.splitlines()) <= set(README.splitlines())
    assert not re.search(r"^(warning|note|error|hint)", done.stderr, re.M)
