"""What any command prints into a pipeline's log: no line of it is a command to who runs it."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import readers
from commandline import CommandLine, process
from hostile import CORPUS
from mreg.cli import streams
from repositories import Maker, Repository, Tag

SIGNS = (
    "::error::a\n  ::add-mask::b\n##[command]c\n##vso[task.x]d\n##teamcity[e]\nsection_start:1:f\r"
)
"""What repository text may hold in each of its lines."""

COMMANDS = [
    ["describe", "churn"],
    ["describe", "churn", "--field", "description"],
    ["show", "churn"],
    ["show", "churn", "--all"],
    ["history", "churn"],
    ["compare", "churn", "--csv"],
    ["diff", "churn@v1.0.0", "churn@v1.1.0"],
    ["changelog", "churn"],
    ["changelog", "churn", "--md"],
    ["compare", "churn"],
    ["search", "description~error"],
    ["lineage", "churn"],
    ["export", "churn", "--format", "model-card"],
    ["validate"],
    ["doctor"],
    ["check-tag", "::error::x"],
    ["show", "::error::x"],
    ["audit"],
]
JSON = [
    ["describe", "churn", "--json"],
    ["history", "churn", "--json"],
    ["changelog", "churn", "--json"],
    ["export", "churn", "--format", "cyclonedx"],
    ["validate", "--format", "json"],
    ["validate", "--format", "sarif"],
]


def _annotation(text: str) -> dict[str, bytes]:
    shown = json.dumps(text)
    fields = f"  description: {shown}\n  owner: {shown}\n  labels: [{shown}]\n"
    more = f"  params: {{{shown}: {shown}}}\n  ? {shown}\n  : {shown}\n"
    return {"artifacts.yaml": f"churn:\n{fields}{more}".encode()}


@pytest.fixture
def repo(make_repository: Maker) -> Repository:
    text = f"{SIGNS}\nx"
    tags = [
        Tag("churn@v1.0.0", 0, 0, SIGNS),
        Tag("churn@v1.1.0", 1, 10, f"Register\n\n{SIGNS}"),
        Tag("churn#prod#1", 1, 20, f"{SIGNS}\n\nVersion: v1.1.0"),
    ]
    made = make_repository(tags, commits=[_annotation("a"), _annotation(text)])
    made.git("checkout", "-q", "-f", "main")
    return made


@pytest.mark.parametrize("system", ["CI", "TF_BUILD", "TEAMCITY_VERSION", "JENKINS_URL"])
def test_a_system_is_known_by_its_variable(system: str) -> None:
    assert streams.is_watched({system: "true"})
    assert not streams.is_watched({system: "false"})
    assert not streams.is_watched({})


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_no_line_is_a_command(
    command: list[str], repo: Repository, mreg: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    found = mreg(*command, repo=repo)
    assert found.code in (0, 1), found.err
    assert readers.commands(found.out) + readers.commands(found.err) == []


@pytest.mark.parametrize("command", JSON, ids=" ".join)
def test_json_says_the_same(
    command: list[str], repo: Repository, mreg: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CI", raising=False)
    outside = mreg(*command, repo=repo)
    monkeypatch.setenv("CI", "true")
    found = mreg(*command, repo=repo)
    assert found.json == outside.json
    assert readers.commands(found.out) == []


def test_what_is_meant_as_a_command_is_one(
    repo: Repository, mreg: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    (repo.path / "artifacts.yaml").write_text("churn: [\n")
    found = mreg("validate", "--format", "github", repo=repo)
    (command,) = readers.commands(found.out)
    assert command.startswith("::error file=artifacts.yaml,line=")


def test_what_goes_into_a_file_is_as_it_is(repo: Repository, tmp_path: Path) -> None:
    command = ("describe", "churn", "--field", "description")
    env = {**os.environ, "CI": "true"}
    plain = process(*command, repo=repo, env={**env, "CI": ""}).stdout
    assert process(*command, repo=repo, env=env).stdout != plain
    with (tmp_path / "description").open("w+") as file:
        words = [sys.executable, "-m", "mreg", *command]
        subprocess.run(words, cwd=repo.path, env=env, stdout=file, check=True)
        file.seek(0)
        assert file.read() == plain


@pytest.mark.parametrize("text", [SIGNS, *CORPUS])
def test_text_that_is_written_in_parts_is_no_command_either(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    stream = streams.Log(sys.stdout)
    for line in text.replace("\r", "\\r").splitlines(keepends=True):
        begin = len(line) - len(line.lstrip())
        for part in (line[:begin], line[begin:], "", "x\n"):
            stream.write(part)
    assert readers.commands(capsys.readouterr().out) == []


def test_a_log_takes_no_bytes_wherever_it_stands_in_a_line() -> None:
    """Typer asks a stream by writing b"", and would wrap one that takes it: "b''" in the log."""
    stream = streams.Log(io.StringIO())
    stream.write("begun")
    with pytest.raises(TypeError, match="a text stream takes text, not bytes"):
        stream.write(b"")  # type: ignore[arg-type]
