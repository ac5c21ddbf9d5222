"""Hints: what they tell to run is for the repository that was named."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

import remotes
from commandline import CommandLine
from mreg.cli import failures
from mreg.cli.commands import COMMANDS
from repositories import Maker, Repository, Tag


@pytest.fixture
def repo(make_repository: Maker) -> Repository:
    return make_repository([Tag("churn@v1.0.0"), Tag("churn#prod#1", time=1)], name="its own")


def test_a_hint_names_the_repository_again(repo: Repository, mreg: CommandLine) -> None:
    for options in (["-r", str(repo.path)], [f"--repo={repo.path}"]):
        done = mreg("rollback", "churn", "prod", *options)
        named = shlex.quote(str(repo.path))
        hint = f"hint: run `mreg demote --repo {named} churn#prod` to empty the stage"
        assert done.err.splitlines()[1] == hint
        command = shlex.split(hint.split("`")[1])[1:]
        assert mreg.ok(*command, "--dry-run").out.startswith("Would demote churn v1.0.0")


def test_a_hint_without_need_names_none(
    repo: Repository, mreg: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    hint = "hint: run `mreg show` to list the artifacts"
    assert hint in mreg("show", "nope", repo=repo).err
    monkeypatch.setenv("MREG_REPO", str(repo.path))
    assert hint in mreg("show", "nope").err
    assert "--repo" not in mreg("parse-tag", "nope").err


def test_the_name_of_a_stage_in_place_of_an_artifact(repo: Repository, mreg: CommandLine) -> None:
    hint = "hint: prod is a stage: run `mreg stages` to list what it contains, or `mreg history"
    for command in ("show", "stages", "history", "audit", "verify", "pending"):
        assert hint in mreg(command, "prod", repo=repo).err


def test_a_password_is_not_printed_in_a_hint() -> None:
    named = {"repo": "https://ann:secret@sample.org/x"}
    hint = failures.repeating("`mreg fetch`, and try again", named)
    assert hint == "`mreg fetch --repo 'https://***@sample.org/x'`, and try again"


def test_what_is_named_comes_out_literally() -> None:
    hint = failures.repeating("`mreg push churn`, see `mreg push --help`", {"remote": r"a\1 \g<0>"})
    assert hint == r"`mreg push --remote 'a\1 \g<0>' churn`, see `mreg push --help`"


def test_a_hint_names_the_remote_again(repo: Repository, mreg: CommandLine, tmp_path: Path) -> None:
    remote = remotes.bare(tmp_path)
    repo.git("remote", "add", "up", str(remote.path))
    wanted = ("promote", "churn", "dev", "--push", "--remote", "up")
    assert mreg(*wanted, repo=repo).err.endswith(
        "hint: run `mreg push --remote up churn`, then try again; "
        "if the push is refused, run `mreg undo churn` to remove the newest event here\n"
    )
    mreg.ok("push", "--remote", "up", "churn", repo=repo)
    mreg.ok(*wanted, repo=repo)


@pytest.mark.parametrize("option", ["--repo", "--remote"])
def test_an_empty_name_is_refused(option: str, repo: Repository, mreg: CommandLine) -> None:
    done = mreg("fetch", option, "", repo=repo)
    assert (done.code, done.out) == (2, "")
    assert "it is empty" in done.err


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_take_a_repository_unless_they_need_none(
    command: str, mreg: CommandLine, tmp_path: Path
) -> None:
    done = mreg(*command.split(), "--repo", str(tmp_path), "--unknown")
    assert (done.code, done.out) == (2, "")
    wrong = "--repo" if command in failures.ANYWHERE else "--unknown"
    assert done.err.startswith(f"error: there is no option {wrong}")


@pytest.mark.parametrize("option", ["-r", "--repo", "--json"])
def test_an_option_before_the_command(option: str, mreg: CommandLine) -> None:
    assert mreg(option, "x", "show") == (
        2,
        "",
        (
            f"error: there is no option {option}\n"
            "hint: put options after the command: mreg show --repo ../models\n"
        ),
    )
