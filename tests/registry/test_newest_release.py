"""The newest release, and what is said where a prerelease is taken that nobody named."""

from __future__ import annotations

from pathlib import Path

import pytest

from commandline import CommandLine
from repositories import Maker, Repository, Tag

FILES = {"artifacts.yaml": b"churn:\n  path: churn.bin\n", "churn.bin": b"1"}


@pytest.fixture
def repository(make_repository: Maker) -> Repository:
    """v1.0.0 and v2.0.0-rc.1 of `churn`, and a prerelease of `early`, which has no release."""
    tags = [Tag("churn@v1.0.0", 0, 1), Tag("churn@v2.0.0-rc.1", 1, 2), Tag("early@v0.1.0-rc.1")]
    made = make_repository(tags, commits=[FILES, {**FILES, "churn.bin": b"2"}])
    made.git("checkout", "-q", "-f", "main")
    return made


SAID = "churn{} is v2.0.0-rc.1, a prerelease; the newest release is v1.0.0: churn@release"


@pytest.mark.parametrize("how", ["", "@latest"])
def test_a_prerelease_that_nobody_named_is_told(
    repository: Repository, mreg: CommandLine, how: str, tmp_path: Path
) -> None:
    said = SAID.format(how)
    got = mreg.ok("get", f"churn{how}", "-o", str(tmp_path / "got"), repo=repository)
    assert f"note: {said}\n" in got.err
    done = mreg.ok("promote", f"churn{how}", "prod", "--json", repo=repository)
    assert (done.json["version"], done.json["warnings"]) == ("v2.0.0-rc.1", [said])


@pytest.mark.parametrize("selector", ["churn@v2.0.0-rc.1", "churn@release"])
def test_one_that_was_chosen_is_not(
    repository: Repository, mreg: CommandLine, selector: str, tmp_path: Path
) -> None:
    got = mreg.ok("get", selector, "-o", str(tmp_path / "got"), repo=repository)
    assert "prerelease" not in got.err
    done = mreg.ok("promote", selector, "prod", "--json", repo=repository)
    assert done.json["warnings"] == []


def test_the_newest_release(repository: Repository, mreg: CommandLine) -> None:
    done = mreg.ok("show", "churn@release", "--json", repo=repository)
    assert done.json["version"] == "v1.0.0"
    mreg.ok("promote", "churn@release", "prod", repo=repository)
    mreg.ok("deregister", "churn@v1.0.0", "--force", repo=repository)
    done = mreg("show", "churn@release", repo=repository)
    assert (done.code, done.err) == (
        1,
        "error: churn has no release, only prereleases\nhint: churn@latest is v2.0.0-rc.1\n",
    )
    done = mreg.ok("promote", "early", "dev", "--json", repo=repository)
    assert done.json["warnings"] == ["early is v0.1.0-rc.1, a prerelease; it has no release"]
