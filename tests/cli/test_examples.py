"""The examples in the help: each command has some, they fit, and they run."""

from __future__ import annotations

import re
import shlex
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from commandline import CommandLine
from documents import environment, run, with_examples
from mreg.cli import direct, examples
from mreg.cli.commands import COMMANDS, FORMER, load

ROOT = Path(__file__).parents[2]

READ_ONLY = {
    "mreg hook install pre-receive --repo": "there is no such server here",
    "mreg ui": "it serves until it is stopped",
    "mreg serve": "it serves until it is stopped, and needs KServe",
    "mreg watch": "it follows until it is stopped",
    "mreg catalog ui": "it serves until it is stopped",
    "mreg catalog serve": "it serves until it is stopped",
    "mreg notify": "it posts to the web",
    "mreg import": "it asks another registry",
    "mreg package churn#prod --as kserve": "it wants a model of a kind that KServe's servers load",
}
"""The examples whose words alone are checked, and why."""

EXAMPLES = [
    pytest.param(name, line, id=line)
    for name in COMMANDS
    for line in examples.of(load(name)).examples
]

SET_UP = r"""
git init -q -b main
git config user.name 'Data Scientist'
git config user.email data.scientist@example.com
git init -q --bare -b main ../origin.git
git remote add origin ../origin.git
echo weights > model.pkl
echo x,y > data.csv
echo numpy==2.0.0 > requirements.txt
git add . && git commit -q -m 'Train a model'
mreg init
mreg annotate churn --path model.pkl --type model --metric accuracy=0.91 --label fraud
mreg annotate churn --owner ann@example.com --framework scikit-learn==1.5.0 --input data.csv
echo '  requirements: requirements.txt' >> artifacts.yaml
git add . && git commit -q -m 'Describe the model'
mreg register churn@v1.0.0
mreg promote churn v1.0.0 prod
mreg annotate churn --metric accuracy=0.93 --commit
mreg register churn@v1.1.0
mreg promote churn v1.1.0 prod
mreg promote churn#prod staging
git push -q origin main && mreg push
echo better > model.pkl
git commit -q -a -m 'Train it again'
mreg promote churn v1.1.0 dev
echo 'repositories: [{path: .}]' > catalog.yaml
"""
"""What the examples are run in: a registry with a remote, of which it has not the last event."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the registry and its remote."""
    folder = tmp_path_factory.mktemp("examples")
    (folder / "registry").mkdir()
    for line in SET_UP.strip().splitlines():
        assert done(line, folder) == (0, ""), line
    return folder


def done(line: str, folder: Path) -> tuple[int, str]:
    """Run a command line; return its exit code, and what it says if that is not 0."""
    world = environment(datetime(2026, 3, 9, 9, tzinfo=UTC), folder)
    code, said = run(line, folder / "registry", world)
    return code, said if code else ""


def words(line: str) -> list[str]:
    """Return what stands behind `mreg` in an example; what the shell does with it is left out."""
    return shlex.split(line)[1:]


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_some_and_its_help_shows_them(name: str, mreg: CommandLine) -> None:
    found = examples.of(load(name)).examples
    shown = mreg.ok(*name.split(), "--help").out
    assert found
    assert f"\n Examples\n{''.join(f'   {it}{chr(10)}' for it in found)}" in shown
    for it in found:
        assert it.startswith(f"mreg {name}")


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_fits_80_columns(
    name: str, mreg: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    text = mreg.ok(*name.split(), "--help").out
    assert max(map(len, text.splitlines())) <= 80
    assert "…" not in text
    assert not re.search(r"\bdocs/", text)


@pytest.mark.parametrize(("name", "line"), EXAMPLES)
def test_each_runs(name: str, line: str, made: Path, tmp_path: Path) -> None:
    if any(line.startswith(it) for it in READ_ONLY):
        assert direct.read(words(line), {}) is not None
        return
    folder = Path(shutil.copytree(made, tmp_path / "copy"))
    if name.startswith("catalog "):
        assert done("mreg catalog refresh", folder) == (0, "")
    assert done(line, folder) == (0, "")


def test_the_documents_have_them_too() -> None:
    text = (ROOT / "docs" / "reference" / "commands.md").read_text()
    assert with_examples(text) == text
    assert text.count("\n```sh\nmreg ") >= len(COMMANDS) - len(FORMER)
