"""`mreg init`: sets a repository up, and never overwrites."""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from ruamel.yaml import YAML

import yaml_texts
from commandline import CommandLine
from mreg.system import distribution
from mreg.worktree import init
from mreg.worktree.validate import validate
from repositories import Maker, opened


def test_it_makes_files_that_are_good_as_they_are(
    make_repository: Maker, mreg: CommandLine
) -> None:
    repository = make_repository.empty()
    done = mreg.ok("init", "--ci", "github", repo=repository)
    assert [line.split() for line in done.out.splitlines()] == [
        ["created", "artifacts.yaml"],
        ["created", ".mreg.yaml"],
        ["created", ".pre-commit-config.yaml"],
        ["created", ".github/workflows/mreg.yml"],
    ]
    assert mreg.ok("validate", repo=repository).out == ""
    assert YAML(typ="safe").load((repository.path / ".mreg.yaml").read_text()) is None
    config = repository.path / ".pre-commit-config.yaml"
    check = [sys.executable, "-m", "pre_commit", "validate-config", str(config)]
    assert subprocess.run(check, check=False).returncode == 0
    pipeline = YAML(typ="safe").load((repository.path / ".github/workflows/mreg.yml").read_text())
    assert pipeline["permissions"] == {"contents": "read"}
    assert "The pipeline only checks the repository." in done.err


def test_what_is_there_is_kept(make_repository: Maker, mreg: CommandLine) -> None:
    repository = make_repository.empty()
    written = {
        "artifacts.yaml": yaml_texts.FULL,
        ".mreg.yaml": "types: [model]\n",
        ".pre-commit-config.yaml": "repos:\n- repo: local # mine\n  hooks: []\n",
        ".gitlab-ci.yml": "x: {script: [y]}\n",
    }
    for path, content in written.items():
        (repository.path / path).write_text(content)
    done = mreg.ok("init", "--ci", "gitlab", "--json", repo=repository).json["steps"]
    assert [it["done"] for it in done] == ["kept", "kept", "extended", "kept"]
    for path, content in written.items():
        assert (repository.path / path).read_text().startswith(content)
    again = mreg.ok("init", "--ci", "gitlab", "--json", repo=repository).json["steps"]
    assert [it["done"] for it in again] == ["kept"] * 4


def test_a_configuration_that_cannot_be_edited_is_kept(
    make_repository: Maker, mreg: CommandLine
) -> None:
    repository = make_repository.empty()
    (repository.path / ".pre-commit-config.yaml").write_text("repos: &a [\n")
    done = mreg.ok("init", repo=repository)
    assert "kept      .pre-commit-config.yaml: add the hook mreg-validate by hand" in done.out
    assert (repository.path / ".pre-commit-config.yaml").read_text() == "repos: &a [\n"


def test_the_example_is_good_when_its_comments_are_taken_away(tmp_path: Path) -> None:
    example = re.sub(r"(?m)^# ?", "", init.ARTIFACTS.split("\n#\n", 1)[1])
    (tmp_path / "artifacts.yaml").write_text(example)
    assert example.startswith("my-model:\n  type: model\n")
    count, found = validate([str(tmp_path / "artifacts.yaml")], repo=opened(tmp_path))
    assert (count, [it.code for it in found]) == (1, ["MA062"])


@pytest.mark.parametrize("bare", [False, True])
def test_it_needs_a_work_tree(tmp_path: Path, mreg: CommandLine, bare: bool) -> None:
    if bare:
        subprocess.run(["git", "init", "-q", "--bare", str(tmp_path)], check=True)
    before = sorted(tmp_path.iterdir())
    done = mreg("init", repo=tmp_path)
    assert done.code == 1
    assert "hint:" in done.err
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("service", "path"),
    [("gitlab", ".gitlab-ci.yml"), ("github", ".github/workflows/mreg.yml")],
)
def test_what_a_pipeline_that_is_there_lacks_is_printed(
    make_repository: Maker, mreg: CommandLine, service: init.Pipeline, path: str
) -> None:
    named, content = init.workflow(service)
    assert named == path
    assert f"{distribution.command()}\n" in content
    repository = make_repository.empty()
    file = repository.path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("x: {script: [y]}\n")
    done = mreg.ok("init", "--ci", service, repo=repository)
    head, _, rest = done.out.partition(f"{path}: it already exists; add this by hand\n")
    assert head
    assert textwrap.dedent(rest) == content
    assert file.read_text() == "x: {script: [y]}\n"
    file.write_text(content)
    again = mreg.ok("init", "--ci", service, repo=repository)
    assert again.out.endswith(f"{path}: it already runs `mreg validate`\n")
