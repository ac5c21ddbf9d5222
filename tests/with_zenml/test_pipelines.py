"""A real pipeline on a local stack, and ZenML's own commands: what docs/how-to/zenml.md says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mreg import Registry

TEXT = (Path(__file__).parents[2] / "docs" / "how-to" / "zenml.md").read_text()
SET_UP, RUN = re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)[:2]
PROGRAM = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)[0]


def shell(script: str, folder: Path) -> str:
    """Run a script in a folder; return what it printed."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-euc", script],
        cwd=folder,
        env={**os.environ, "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Do what the first five minutes are; return the repository, and what the last part printed."""
    folder = tmp_path_factory.mktemp("five_minutes")
    install, _, rest = SET_UP.partition("\n")
    assert install.startswith("pip install")
    shell(rest, folder)
    (folder / "churn" / "training.py").write_text(PROGRAM)
    return folder / "churn", shell(RUN, folder / "churn")


@pytest.fixture(scope="module")
def registry(printed: tuple[Path, str]) -> Registry:
    return Registry.open(printed[0])


def test_it_trains_registers_promotes_and_loads(
    printed: tuple[Path, str], registry: Registry
) -> None:
    assert registry.resolve("churn#prod").version == "v0.0.1"
    assert "v0.0.1" in printed[1]


def test_what_it_loaded_predicts(registry: Registry) -> None:
    from zenml.client import Client

    run = Client().list_pipeline_runs(size=1).items[0]
    assert run.status == "completed"
    assert run.steps["predict"].output.load() == 1


def test_the_tag_says_which_step_it_was(registry: Registry) -> None:
    from zenml.client import Client

    run = Client().list_pipeline_runs(size=1).items[0]
    said = registry.resolve("churn@v0.0.1").message
    assert re.findall(r"^Zenml-(\S+): (.*)$", said, re.MULTILINE) == [
        ("Run-Name", run.name),
        ("Pipeline", "training"),
        ("Pipeline-Id", str(run.pipeline.id)),
        ("Run", str(run.id)),
        ("Step", "train"),
        ("Project", "default"),
        ("Version", version("zenml")),
    ]
    assert "Zenml-Run:" in TEXT


def test_it_is_read_back_as_metadata(registry: Registry) -> None:
    from zenml.client import Client

    component = Client().active_stack.model_registry
    found = component.get_model_version("churn", "0.0.1").metadata
    assert (found.zenml_pipeline_name, found.zenml_step_name) == ("training", "train")
    at = component.get_model_uri_artifact_store(component.get_model_version("churn", "0.0.1"))
    assert at.startswith(Client().active_stack.artifact_store.path)
    with registry.open_file("churn@v0.0.1") as kept:
        assert Path(at).read_bytes() == kept.read()


@pytest.fixture(scope="module")
def zenml(registry: Registry) -> Any:
    """Run a command of `zenml model-registry models`; return how it ended, and what it printed."""
    import zenml.cli  # which registers the commands
    from zenml.cli.cli import cli

    def called(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(cli, ["model-registry", "models", *words])
        assert isinstance(done.exception, (SystemExit, type(None))), done.exception
        return done.exit_code, done.output

    assert zenml.cli
    return called


COMMANDS = [
    (("list",), 0, "churn"),
    (("get", "churn"), 0, "mreg.latest"),
    (("get", "nothing"), 1, "does not exist"),
    (("register", "new"), 0, "registered successfully"),
    (("register", "churn"), 1, "already exists"),
    (("update", "churn"), 0, "updated successfully"),
    (("update", "churn", "-d", "Words"), 1, "artifacts.yaml"),
    (("list-versions", "churn"), 0, "v0.0.1"),
    (("list-versions", "churn", "--created-before", "2000-01-01"), 0, "No model versions"),
    (("get-version", "churn", "-v", "0.0.1"), 0, "training"),
    (("get-version", "churn", "-v", "9.0.0"), 1, "does not exist"),
    (("update-version", "churn", "-v", "0.0.1", "-s", "Archived"), 1, "--archived=STAGE"),
    (("update-version", "churn", "-v", "0.0.1", "-m", "a", "b"), 1, "artifacts.yaml"),
    (("delete-version", "churn", "-v", "0.0.1", "-y"), 1, "prod"),
    (("delete", "churn", "-y"), 1, "delete its versions"),
    (("update-version", "churn", "-v", "0.0.1", "-s", "None"), 0, "updated successfully"),
    (("update-version", "churn", "-v", "0.0.1", "-s", "Production"), 0, "Production"),
    (("update-version", "churn", "-v", "0.0.1", "-s", "None"), 0, "updated successfully"),
    (("delete-version", "churn", "-v", "0.0.1", "-y"), 0, "deleted successfully"),
    (("list",), 0, "No models found"),
]


def test_the_commands_of_zenml_run(zenml: Any) -> None:
    """One after the other: the last ones take out of production, and deregister, what is there."""
    for words, code, text in COMMANDS:
        ended, output = zenml(*words)
        assert (ended, text in output) == (code, True), (words, output)


def test_one_command_cannot_run_with_any_registry(zenml: Any) -> None:
    """It does not take the option that it declares itself; docs/how-to/zenml.md says so."""
    with pytest.raises(AssertionError, match="zenml_pipeline_run_id"):
        zenml("register-version", "churn", "-v", "1.0.0", "-u", "mreg:///x?rev=HEAD")
