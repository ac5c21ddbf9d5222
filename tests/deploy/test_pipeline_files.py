"""The action and the pipelines are what each CI system takes, and nothing in a tag can inject."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mreg.deploy.deployment import Deployment
from pipeline_files import ACTION, EXAMPLES, ROOT, WORKFLOWS, load

SCHEMAS = {
    "github-actions": [ACTION],
    "github-workflows": WORKFLOWS,
    "gitlab-ci": [EXAMPLES / "gitlab/registry.gitlab-ci.yml"],
    "bitbucket-pipelines": [EXAMPLES / "bitbucket/bitbucket-pipelines.yml"],
    "azure-pipelines": [EXAMPLES / "azure/azure-pipelines.yml"],
    "circle-ci": [EXAMPLES / "circleci/config.yml"],
    "woodpecker-ci": [EXAMPLES / "woodpecker/registry.yml"],
}
OPTIONS = {
    "gitlab-ci": ["--data-transform", "gitlab-ci"],
    # The schema's own patterns hold escapes that are none in Unicode mode.
    "azure-pipelines": ["--regex-variant", "nonunicode"],
}
EXPRESSION = re.compile(r"\$\{\{.*?\}\}")


def _tool(name: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).parent / name
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=False)


def _short(path: Path) -> str:
    return str(path.relative_to(ROOT))


# Schemas


def test_every_file_has_a_schema() -> None:
    files = {it for it in EXAMPLES.rglob("*") if it.suffix in (".yml", ".yaml")}
    assert files | {ACTION, *WORKFLOWS} == {it for paths in SCHEMAS.values() for it in paths}


@pytest.mark.parametrize("schema", SCHEMAS)
def test_the_files_keep_to_their_schema(schema: str, capsys: pytest.CaptureFixture[str]) -> None:
    from check_jsonschema import main  # it takes two seconds to load, once for all files

    options = ["--builtin-schema", f"vendor.{schema}", *OPTIONS.get(schema, ())]
    code = main([*options, *map(str, SCHEMAS[schema])], standalone_mode=False)
    assert code == 0, capsys.readouterr().out


# Expressions


def _zizmor(*paths: Path) -> subprocess.CompletedProcess[str]:
    return _tool("zizmor", "--offline", "--no-progress", "--persona=regular", "--no-config", *paths)


def test_zizmor_finds_nothing() -> None:
    done = _zizmor(ACTION, *WORKFLOWS)
    assert done.returncode == 0, done.stdout
    assert done.stderr.count("completed") == 1 + len(WORKFLOWS)


def test_zizmor_would_find_a_template_in_a_script(tmp_path: Path) -> None:
    text = (EXAMPLES / "github" / "registry.yml").read_text()
    broken = tmp_path / ".github" / "workflows" / "registry.yml"
    broken.parent.mkdir(parents=True)
    broken.write_text(text.replace("run: ./ci/test", "run: ./ci/test ${{ github.ref_name }}"))
    done = _zizmor(broken)
    assert done.returncode != 0
    assert "template-injection" in done.stdout


def _steps(document: Any) -> Iterator[dict[str, Any]]:
    jobs = document["jobs"].values() if "jobs" in document else [document["runs"]]
    for job in jobs:
        yield from job.get("steps", ())


@pytest.mark.parametrize("path", [ACTION, *WORKFLOWS], ids=_short)
def test_no_script_holds_an_expression(path: Path) -> None:
    assert not [it["run"] for it in _steps(load(path)) if EXPRESSION.search(it.get("run", ""))]


@pytest.mark.parametrize("path", [ACTION, *WORKFLOWS], ids=_short)
def test_other_actions_are_pinned_by_commit(path: Path) -> None:
    for step in _steps(load(path)):
        used = step.get("uses", "./")
        assert used.startswith("./") or re.fullmatch(r"[\w/.-]+@[0-9a-f]{40}", used), used


@pytest.mark.parametrize("path", WORKFLOWS, ids=_short)
def test_a_workflow_has_no_permissions_by_default_and_each_job_has_a_time_limit(path: Path) -> None:
    workflow = load(path)
    assert workflow["permissions"] == {}
    for job in workflow["jobs"].values():
        assert job["permissions"] in (
            {"contents": "read"},
            {"contents": "write"},
            {"id-token": "write"},
        )
        assert "uses" in job or job["timeout-minutes"] <= 60


def test_a_job_that_publishes_runs_nothing_of_the_repository() -> None:
    [job] = [
        it
        for path in WORKFLOWS
        for it in load(path)["jobs"].values()
        if "id-token" in it["permissions"]
    ]
    assert job["environment"] == "release"
    used = [it.get("uses", "").partition("@")[0] for it in job["steps"]]
    assert used == ["actions/download-artifact", "pypa/gh-action-pypi-publish"]


def test_only_the_rollback_may_write() -> None:
    writing = [
        (path.name, name)
        for path in WORKFLOWS
        for name, job in load(path)["jobs"].items()
        if job["permissions"] == {"contents": "write"}
    ]
    assert writing == [("rollback.yml", "rollback")]


# The action


def test_the_action_has_every_field_as_an_output() -> None:
    outputs = load(ACTION)["outputs"]
    assert list(outputs) == ["mreg", *Deployment._fields]
    for name in Deployment._fields:
        assert outputs[name]["value"] == f"${{{{ steps.event.outputs.{name} }}}}"


def test_the_workflow_uses_outputs_that_are_there() -> None:
    fields = {"mreg", *Deployment._fields}
    for path in (EXAMPLES / "github").glob("*.yml"):
        text = path.read_text()
        assert set(re.findall(r"steps\.(?:mreg|now)\.outputs\.(\w+)", text)) <= fields
        declared = load(path)["jobs"].get("event", {}).get("outputs", {})
        assert set(re.findall(r"needs\.event\.outputs\.(\w+)", text)) <= set(declared)


# Shell


def _scripts() -> Iterator[tuple[str, str, str]]:
    """Iterate over what is run: where it stands, in which shell, and the script."""
    for path in (ACTION, *WORKFLOWS):
        for number, step in enumerate(_steps(load(path))):
            if "run" in step:
                yield f"{_short(path)} {number}", "bash", step["run"]
    for name, job in load("gitlab/registry.gitlab-ci.yml").items():
        if "script" in job:
            yield f"gitlab {name}", "bash", "\n".join(job["script"])
    bitbucket = load("bitbucket/bitbucket-pipelines.yml")
    for entry in bitbucket["definitions"]["steps"]:
        yield f"bitbucket {entry['step']['name']}", "bash", "\n".join(entry["step"]["script"])
    rollback = bitbucket["pipelines"]["custom"]["rollback"][1]["step"]
    yield "bitbucket rollback", "bash", "\n".join(rollback["script"])
    for file in sorted((EXAMPLES / "jenkins").iterdir()):
        for number, script in enumerate(re.findall(r"sh '''(.*?)'''", file.read_text(), re.S)):
            yield f"{file.name} {number}", "sh", script
    for stage in load("azure/azure-pipelines.yml")["stages"]:
        for script in re.findall(r'"bash": ("(?:[^"\\]|\\.)*")', json.dumps(stage)):
            yield f"azure {stage['stage']}", "bash", json.loads(script)
    circleci = load("circleci/config.yml")
    for name, part in (circleci["jobs"] | circleci["commands"]).items():
        runs = [it["run"] for it in part["steps"] if isinstance(it, dict)]
        yield f"circleci {name}", "bash", "\n".join(runs)
    yield "woodpecker", "sh", "\n".join(load("woodpecker/registry.yml")["steps"][0]["commands"])


SCRIPTS = list(_scripts())


def test_no_script_is_overlooked() -> None:
    assert len(SCRIPTS) >= 25


@pytest.mark.parametrize(
    ("shell", "script"), [it[1:] for it in SCRIPTS], ids=[it[0] for it in SCRIPTS]
)
def test_shellcheck_finds_nothing(shell: str, script: str, tmp_path: Path) -> None:
    file = tmp_path / "script.sh"
    file.write_text(script + "\n")
    # SC2154: a variable that `eval` of what mreg printed, or the system, sets.
    done = _tool("shellcheck", f"--shell={shell}", "--exclude=SC2154", file)
    assert done.returncode == 0, done.stdout
