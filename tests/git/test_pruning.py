"""Git settings under which a plain `git fetch` deletes events that are not pushed."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

import remotes
from commandline import CommandLine
from repositories import Maker, Repository

DELETING = [
    {"fetch.prune": "true", "fetch.pruneTags": "true"},
    {"fetch.prune": "1", "remote.origin.pruneTags": "yes"},
    {"remote.origin.prune": "on", "fetch.pruneTags": "True"},
    {"fetch.prune": "true", "remote.origin.fetch": "+refs/tags/*:refs/tags/*"},
]
KEEPING = [
    {"fetch.prune": "true"},
    {"fetch.pruneTags": "true"},
    {"fetch.prune": "true", "fetch.pruneTags": "false"},
    {"fetch.prune": "true", "fetch.pruneTags": "true", "remote.origin.pruneTags": "no"},
    {"fetch.prune": "true", "fetch.pruneTags": "true", "remote.origin.prune": "0"},
    {"fetch.prune": "true", "fetch.pruneTags": "", "remote.other.pruneTags": "true"},
]


@pytest.fixture
def clone(make_repository: Maker, tmp_path: Path) -> Repository:
    """A clone with an event that is not pushed."""
    source = make_repository()
    bare = remotes.bare(tmp_path, "remote.git")
    source.git("push", "-q", str(bare.path), "main")
    found = remotes.clone(bare.path.as_uri(), tmp_path / "clone")
    found.git("tag", "-a", "churn@v1.0.0", "-m", "Register", "HEAD")
    return found


def survives(clone: Repository, settings: dict[str, str], mreg: CommandLine) -> tuple[bool, str]:
    """Tell whether an event outlives `git fetch`, and what doctor says to do beforehand."""
    for key, value in settings.items():
        clone.git("config", "--add", key, value)
    told = mreg("doctor", "--json", repo=clone).json["problems"]
    oid = clone.git("rev-parse", "refs/tags/churn@v1.0.0").strip()
    clone.git("fetch", "-q")
    there = "churn@v1.0.0" in clone.git("tag").split()
    clone.git("update-ref", "refs/tags/churn@v1.0.0", oid)
    return there, "".join(it["remedy"] for it in told if it["code"] == "MR041")


@pytest.mark.parametrize("settings", DELETING, ids=" ".join)
def test_doctor_and_init_tell_before_a_fetch_deletes(
    clone: Repository, mreg: CommandLine, settings: dict[str, str]
) -> None:
    there, cure = survives(clone, settings, mreg)
    assert (there, cure.startswith("git config remote.origin.prune")) == (False, True)
    command = cure.partition(";")[0]
    steps = mreg.ok("init", "--json", repo=clone).json["steps"]
    assert [it["by_hand"] for it in steps if it["path"] == ".git/config"] == [command]
    clone.git(*shlex.split(command)[1:])
    assert survives(clone, {}, mreg) == (True, "")


@pytest.mark.parametrize("settings", KEEPING, ids=" ".join)
def test_what_deletes_no_tag_is_not_told(
    clone: Repository, mreg: CommandLine, settings: dict[str, str]
) -> None:
    assert survives(clone, settings, mreg) == (True, "")
