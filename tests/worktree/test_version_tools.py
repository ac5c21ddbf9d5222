"""Tools that take a package's version from tags: what registry tags do to them, and the cure."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Final

import pytest

from commandline import CommandLine
from mreg.worktree import version_tools
from repositories import Maker, Repository

PROJECT: Final = """\
[build-system]
requires = ["{requires}"]
build-backend = "{backend}"
[project]
name = "package"
dynamic = ["version"]
{table}
"""
SCRIPTS: Final = Path(sysconfig.get_path("scripts"))
REAL: Final = {
    "setuptools-scm": (
        PROJECT.format(requires="setuptools-scm", backend="setuptools.build_meta", table=""),
        [sys.executable, "-m", "setuptools_scm"],
    ),
    "hatch-vcs": (
        PROJECT.format(
            requires='hatchling", "hatch-vcs',
            backend="hatchling.build",
            table='[tool.hatch.version]\nsource = "vcs"',
        ),
        [sys.executable, "-m", "hatchling", "version"],
    ),
    "versioningit": (
        PROJECT.format(
            requires="versioningit", backend="setuptools.build_meta", table="[tool.versioningit]"
        ),
        [str(SCRIPTS / "versioningit")],
    ),
}
"""A project of each, and the command that prints the package's version."""


@pytest.fixture
def package(make_repository: Maker, mreg: CommandLine) -> Repository:
    """A package of version 1.2.3, in whose repository a model was registered and promoted."""
    repository = make_repository()
    repository.git("tag", "-a", "v1.2.3", "-m", "v1.2.3", repository.commits[0])
    mreg.ok("register", "churn", repo=repository)
    mreg.ok("promote", "churn", "prod", repo=repository)
    return repository


@pytest.mark.parametrize("tool", REAL)
def test_the_real_one_is_confused_until_what_init_and_doctor_say_is_done(
    package: Repository, mreg: CommandLine, tool: str
) -> None:
    project, command = REAL[tool]
    file = package.path / "pyproject.toml"
    file.write_text(project)
    package.git("add", "pyproject.toml")
    package.git("commit", "-qm", "A package")
    assert "churn#prod#" in version(package, command, fails=True)
    steps = mreg.ok("init", "--json", repo=package).json["steps"]
    (step,) = [it for it in steps if it["path"] == "pyproject.toml"]
    assert step["note"].startswith(f"{tool} would mistake registry tags")
    (found,) = mreg.ok("doctor", "--json", repo=package).json["problems"]
    assert (found["code"], found["subject"]) == ("MR040", "pyproject.toml")
    assert step["by_hand"].strip().replace("\n", " ") in found["remedy"]
    file.write_text(project + step["by_hand"])
    package.git("commit", "-qam", "Its own tags alone")
    assert version(package, command).startswith(("1.2.3.", "1.2.4."))
    assert mreg.ok("doctor", "--json", repo=package).json["problems"] == []


def version(package: Repository, command: list[str], *, fails: bool = False) -> str:
    """Return the version that a tool works out, or what it says as it fails."""
    done = subprocess.run(command, cwd=package.path, capture_output=True, text=True, check=False)
    assert bool(done.returncode) == fails, done.stderr
    return done.stderr if fails else done.stdout


def test_git_describe_with_the_patterns_of_the_document(package: Repository) -> None:
    assert package.git("describe").startswith("churn#prod#1")
    for pattern in ("--match=v[0-9]*", "--exclude=*[@#]*"):
        assert package.git("describe", pattern).startswith("v1.2.3-")


@pytest.mark.parametrize(
    ("file", "content", "tools"),
    [
        ("pyproject.toml", "[project]\nname = 'x'", set()),
        ("pyproject.toml", "[tool.setuptools_scm]", {"setuptools-scm"}),
        ("pyproject.toml", "[build-system]\nrequires = ['setuptools_scm>=8']", {"setuptools-scm"}),
        ("pyproject.toml", "[tool.setuptools_scm]\ngit_describe_command = 'x'", set()),
        ("pyproject.toml", "[tool.setuptools_scm.scm.git]\ndescribe_command = 'x'", set()),
        ("pyproject.toml", "[tool.hatch.version]\npath = 'x'", set()),
        ("pyproject.toml", "[tool.versioningit.vcs]\nexclude = ['*[@#]*']", set()),
        ("pyproject.toml", "[tool\n", set()),
        ("pyproject.toml", "tool = 1\nbuild-system = {requires = 1}", set()),
        ("cliff.toml", "[git]\nfilter_commits = true", {"git-cliff"}),
        ("cliff.toml", "[git]\ntag_pattern = '^v'", set()),
        (".release-it.json", '{"git": {"push": true}}', {"release-it"}),
        (".release-it.json", '{"git": {"tagMatch": "v*"}}', set()),
        (".release-it.json", "[1]", set()),
        (".release-it.json", "", set()),
    ],
)
def test_what_files_say(file: str, content: str, tools: set[str]) -> None:
    assert {it.tool for it in version_tools.find({file: content.encode()})} == tools


def test_the_document_says_what_to_add() -> None:
    document = (Path(__file__).parents[2] / "docs/how-to/interop.md").read_text()
    for tool in REAL:
        (found,) = [it for it in version_tools.TOOLS if it.tool == tool]
        assert found.lines in document
    assert json.dumps({"git": {"tagMatch": "v[0-9]*"}})[1:-1] in document


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"[" + b"t." * 400_000 + b"t]\nx = 1\n", id="a deep table"),
        pytest.param(b"t." * 400_000 + b"t = 1\n", id="a deep key"),
        pytest.param(b"x = " + b"{a = " * 50_000 + b"1" + b"}" * 50_000, id="deep values"),
        pytest.param(b"".join(b"k%d = 1\n" % it for it in range(200_000)), id="a large file"),
    ],
)
def test_hostile_settings_of_other_tools_cost_little(content: bytes) -> None:
    """The deep ones took an hour: the tests' own time limit would end them."""
    assert list(version_tools.find({"pyproject.toml": content})) == []


@pytest.mark.parametrize("file", ["pyproject.toml", ".pre-commit-config.yaml"])
def test_init_reads_no_device(make_repository: Maker, mreg: CommandLine, file: str) -> None:
    """Git checks symbolic links out, and a read of this device has no end."""
    repository = make_repository()
    (repository.path / file).symlink_to("/dev/zero")
    refused = mreg("init", repo=repository)
    assert (
        refused.code,
        f"cannot read {repository.path / file}: it is not a regular file" in refused.err,
    ) == (1, True)
