"""A registry read from a bundle: what travels where no network does."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

import origin
from commandline import CommandLine
from repositories import Maker, Tag, run

QUESTIONS = [("show",), ("history", "churn"), ("describe", "churn@v0.1.0"), ("doctor",)]


def test_a_bundle_answers_as_its_repository_does(
    make_repository: Maker, mreg: CommandLine, tmp_path: Path
) -> None:
    here = origin.make(make_repository)
    file = tmp_path / "all.bundle"
    here.git("bundle", "create", "-q", str(file), "--all")
    for question in QUESTIONS:
        asked = mreg.ok(*question, "--json", "--repo", str(file))
        assert asked.json == mreg.ok(*question, "--json", repo=here).json
        assert asked.err == ""
    got = tmp_path / "got"
    mreg.ok("get", "churn-eu", "--path", "models/2.bin", "--repo", str(file), "-o", str(got))
    assert got.read_bytes() == b"2" * 999


def test_a_bundle_that_was_made_anew_is_read_anew(
    make_repository: Maker, mreg: CommandLine, tmp_path: Path
) -> None:
    here = origin.make(make_repository)
    file = tmp_path / "all.bundle"
    for version in ("v0.2.0", "v0.2.1"):
        here.git("bundle", "create", "-q", str(file), "--all")
        found = mreg.ok("show", "churn", "--field", "version", "--repo", str(file))
        assert found.out == f"{version}\n"
        mreg.ok("register", "churn", "--force", "--allow-dirty", repo=here)


def test_nothing_is_recorded_in_a_bundle(
    make_repository: Maker, mreg: CommandLine, tmp_path: Path
) -> None:
    here = origin.make(make_repository)
    file = tmp_path / "all.bundle"
    here.git("bundle", "create", "-q", str(file), "--all")
    before = file.read_bytes()
    for command in (("promote", "churn", "dev"), ("approve", "churn", "prod"), ("push",)):
        refused = mreg(*command, "--repo", str(file))
        assert (refused.code, "is a bundle, which is read-only" in refused.err) == (1, True)
    assert file.read_bytes() == before


def test_a_bundle_of_new_tags_alone_is_refused_with_what_to_do(
    make_repository: Maker, mreg: CommandLine, tmp_path: Path
) -> None:
    here = origin.make(make_repository, (Tag("churn@v0.1.0", 0, 0),))
    clone = origin.clone(here, tmp_path / "clone")
    here.git("tag", "-a", "churn@v0.2.0", "-m", "Register", "HEAD")
    file = tmp_path / "new.bundle"
    here.git("bundle", "create", "-q", str(file), "HEAD~1..HEAD", "churn@v0.2.0")
    refused = mreg("show", "--repo", str(file))
    assert refused.code == 1
    assert f"what is new after commit {here.commits[1][:12]}" in refused.err
    command = refused.err.partition("has the rest: ")[2].partition(";")[0]
    run(clone.path, *shlex.split(command)[1:])
    assert mreg.ok("show", "churn", "--field", "version", repo=clone).out == "v0.2.0\n"


def test_a_bundle_without_its_tags_commits_is_refused_as_well(
    make_repository: Maker, mreg: CommandLine, tmp_path: Path
) -> None:
    """Git names no commit that it builds on, and `git bundle verify` calls it complete."""
    here = origin.make(make_repository)
    file = tmp_path / "new.bundle"
    here.git("bundle", "create", "-q", str(file), "churn@v0.1.0", "^main")
    refused = mreg("show", "--repo", str(file))
    assert refused.code == 1
    assert refused.err.startswith(
        f"error: {file} is a bundle of only what is new and it lacks the commits"
    )
    assert "fatal" not in refused.err


def test_a_file_that_is_no_bundle_is_no_repository(mreg: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"\0\n\n")
    refused = mreg("show", "--repo", str(tmp_path / "file"))
    assert (refused.code, "there is no folder" in refused.err) == (1, True)


@pytest.mark.parametrize("rest", [b"", b"a" * (1 << 25)], ids=["cut short", "a line without end"])
def test_a_bundle_whose_refs_have_no_end_is_refused(
    mreg: CommandLine, tmp_path: Path, rest: bytes
) -> None:
    """The one was read as an empty registry; with the other Git was busy for minutes."""
    file = tmp_path / "x.bundle"
    file.write_bytes(b"# v2 git bundle\n" + rest)
    refused = mreg("show", "--repo", str(file))
    assert (refused.code, "its list of refs is cut short" in refused.err) == (1, True)
