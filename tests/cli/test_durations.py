"""How long something may take is written alike wherever it is typed."""

from __future__ import annotations

import pytest

from commandline import CommandLine
from mreg.cli import online
from mreg.errors import UsageError
from repositories import Maker, Tag


@pytest.mark.parametrize(
    ("text", "lasts"),
    [("60", 60), ("0.5", 0.5), ("1e3", 1000), ("30s", 30), ("5m", 300), ("5min", 300),
     ("1.5h", 5400), ("24d", 2_073_600)],
)  # fmt: skip
def test_one_grammar(text: str, lasts: float, monkeypatch: pytest.MonkeyPatch) -> None:
    assert online.as_seconds(text, "--timeout") == lasts
    monkeypatch.setenv("MREG_TIMEOUT", text)
    assert online.network().seconds == lasts


@pytest.mark.parametrize("text", ["", "soon", "0", "0s", "-5m", "nan", "inf", "5m ago", "25d"])
def test_what_is_no_time_or_longer_than_the_system_can_wait(text: str) -> None:
    with pytest.raises(UsageError, match=r"^--timeout is "):
        online.as_seconds(text, "--timeout")


def test_options_take_it(mreg: CommandLine, make_repository: Maker) -> None:
    repo = make_repository([Tag("churn@v0.0.1", 0, 0)])
    for text in ("5m", "5"):
        mreg.ok("notify", "churn@v0.0.1", "--dry-run", "--timeout", text, repo=repo)
    for command in ("notify", "watch"):
        done = mreg(command, "--timeout", "25d", repo=repo)
        assert (done.code, done.err.splitlines()[0]) == (2, "error: --timeout is '25d'")
