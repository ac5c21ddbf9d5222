"""examples/gitops: what is promoted in one repository is committed in another."""

from __future__ import annotations

import json
import os
import runpy
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from commandline import CommandLine
from models_to_package import MODEL, with_model
from mreg import Registry
from remotes import bare, copied
from repositories import Maker, Repository

pytestmark = pytest.mark.integration

FOLDER = Path(__file__).parents[1] / "examples" / "gitops"
SCRIPT = FOLDER / "deploy.py"


class Team:
    """A registry that others read, a GitOps repository, and somebody who pushes to both."""

    def __init__(self, make: Maker, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        # `mreg`, as it is installed beside the Python that runs this.
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        monkeypatch.setenv("PATH", path)
        self.folder = folder
        made = with_model(make, schema=None)
        self.registry = copied(made, folder / "models.git")
        self.gitops = bare(folder, "gitops.git")
        self.work = folder / "work"
        subprocess.run(["git", "clone", "-q", self.gitops.path, self.work], check=True)
        self.push_something("README.md")
        self.settings = folder / "settings.json"
        said = {
            "registry": self.registry.path.as_uri(),
            "gitops": self.gitops.path.as_uri(),
            "options": ["--namespace", "models"],
        }
        self.settings.write_text(json.dumps(said))
        self.registry.git("config", "user.name", "Ann")
        self.registry.git("config", "user.email", "ann@example.com")

    def push_something(self, name: str) -> None:
        """Push to the GitOps repository, as others do."""
        one = Repository(self.work)
        one.git("fetch", "-q", "origin")
        if "refs/remotes/origin/main" in one.refs():
            one.git("reset", "-q", "--hard", "origin/main")
        (self.work / name).write_text(name)
        one.git("add", name)
        one.git("commit", "-q", "-m", f"Add {name}")
        one.git("push", "-q", "origin", "HEAD:main")

    def release(self, version: str) -> None:
        """Register another version, and promote it."""
        folder = self.registry.path
        (folder / "models").mkdir(exist_ok=True)
        self.registry.git("reset", "-q", "--hard")
        (folder / "models" / "churn.onnx").write_bytes(MODEL + version.encode())
        self.registry.git("commit", "-q", "-a", "-m", version)
        registry = Registry.open(folder)
        registry.register("churn", version=version)
        registry.promote(f"churn@{version}", "prod")

    def subjects(self) -> list[str]:
        """Return what was committed to the GitOps repository, the oldest first."""
        return self.gitops.git("log", "--reverse", "--format=%s", "main").splitlines()

    def manifest(self) -> Any:
        """Return the manifest that the cluster would apply."""
        return YAML(typ="safe").load(self.gitops.git("show", "main:apps/prod/churn.yaml"))

    def version(self) -> str:
        """Return the version that the cluster would run."""
        uri: str = self.manifest()["spec"]["predictor"]["model"]["storageUri"]
        return uri.rpartition("@")[2].partition("?")[0]

    def deploy(self, artifact: str = "churn", stage: str = "prod") -> tuple[int, str]:
        """Run the script by itself, for an event of a stage."""
        done = subprocess.run(
            [sys.executable, str(SCRIPT), str(self.settings)],
            env={**os.environ, "MREG_ARTIFACT": artifact, "MREG_STAGE": stage},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr


@pytest.fixture
def team(make_repository: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Team:
    return Team(make_repository, tmp_path, monkeypatch)


def test_promotions_and_a_rollback_become_commits(team: Team, mreg: CommandLine) -> None:
    command = shlex.join([sys.executable, str(SCRIPT), str(team.settings)])
    url = team.registry.path.as_uri()
    watch = ("watch", "--repo", url, "--once", "--stage", "prod", "--exec", command)
    state = ("--state", str(team.folder / "state.jsonl"))
    mreg.ok(*watch, *state, "--from-start")
    assert team.version() == "v1.2.0"
    team.release("v1.3.0")
    mreg.ok(*watch, *state)
    assert team.version() == "v1.3.0"
    before = team.manifest()
    Registry.open(team.registry.path).rollback("churn", "prod")
    mreg.ok(*watch, *state)
    assert team.version() == "v1.2.0"
    assert team.manifest()["metadata"]["namespace"] == "models"
    assert team.manifest() != before
    # None for those that were there already.
    mreg.ok(*watch, *state)
    assert team.subjects() == [
        "Add README.md",
        "churn v1.2.0 is in prod",
        "churn v1.3.0 is in prod",
        "churn v1.2.0 is in prod",
    ]
    body = team.gitops.git("log", "-1", "--format=%B", "main")
    assert "Tag: churn@v1.2.0" in body


def test_events_that_were_missed_end_in_one_commit(team: Team) -> None:
    team.release("v1.3.0")
    team.release("v1.4.0")
    assert team.deploy() == (0, "churn v1.4.0 is in apps/prod/churn.yaml now\n")
    assert team.deploy() == (0, "churn v1.4.0 is in apps/prod/churn.yaml already\n")
    assert team.subjects() == ["Add README.md", "churn v1.4.0 is in prod"]


def in_process(
    team: Team, monkeypatch: pytest.MonkeyPatch, before_push: Callable[[], None], tries: int = 8
) -> tuple[int, int]:
    """Run the script in this process; return its exit code, and how often it waited."""
    script = runpy.run_path(str(SCRIPT))
    script["main"].__globals__["TRIES"] = tries
    inner = script["main"].__globals__["run"]

    def run(words: list[str], at: Path | None = None) -> subprocess.CompletedProcess[str]:
        if words[:2] == ["git", "push"]:
            before_push()
        found: subprocess.CompletedProcess[str] = inner(words, at)
        return found

    script["main"].__globals__["run"] = run
    monkeypatch.setenv("MREG_ARTIFACT", "churn")
    monkeypatch.setenv("MREG_STAGE", "prod")
    waits: list[float] = []
    return script["main"]([str(team.settings)], waits.append), len(waits)


def test_who_pushes_in_between_loses_nothing(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    races = iter(["one", "two"])

    def race() -> None:
        if name := next(races, None):
            team.push_something(name)

    assert in_process(team, monkeypatch, race) == (0, 2)
    assert team.subjects() == ["Add README.md", "Add one", "Add two", "churn v1.2.0 is in prod"]
    assert team.version() == "v1.2.0"


def test_what_is_promoted_in_between_is_what_is_committed(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    races = iter(["one"])

    def race() -> None:
        if name := next(races, None):
            team.release("v1.3.0")
            team.push_something(name)

    assert in_process(team, monkeypatch, race) == (0, 1)
    assert team.subjects() == ["Add README.md", "Add one", "churn v1.3.0 is in prod"]


def test_it_gives_up_in_the_end(
    team: Team, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    names = (f"file{number}" for number in range(100))
    assert in_process(team, monkeypatch, lambda: team.push_something(next(names)), 3) == (1, 2)
    assert "pushed to by others 3 times" in capsys.readouterr().err
    assert "churn" not in "".join(team.subjects())


def test_a_push_that_is_refused_is_no_race(team: Team) -> None:
    hook = team.gitops.path / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'not you' >&2\nexit 1\n")
    hook.chmod(0o755)
    code, said = team.deploy()
    assert code == 1
    assert "not you" in said


def test_an_empty_stage_takes_nothing_down(team: Team) -> None:
    assert team.deploy()[0] == 0
    Registry.open(team.registry.path).demote("churn", "prod")
    code, said = team.deploy()
    assert (code, "stays as it is" in said) == (0, True), said
    assert team.version() == "v1.2.0"


def test_what_cannot_be_asked_fails(team: Team) -> None:
    said = json.loads(team.settings.read_text())
    team.settings.write_text(json.dumps({**said, "registry": "file:///nowhere/models.git"}))
    assert team.deploy()[0] == 1
    team.settings.write_text(json.dumps({**said, "gitops": "file:///nowhere/gitops.git"}))
    assert team.deploy()[0] == 1
    team.settings.write_text(json.dumps({**said, "options": ["--replicas", "x"]}))
    code, words = team.deploy()
    assert (code, "--replicas" in words) == (1, True)
    team.settings.write_text("{")
    assert team.deploy()[0] == 2
    assert team.subjects() == ["Add README.md"]


def test_no_two_names_share_a_file() -> None:
    script = runpy.run_path(str(SCRIPT))
    names = ("a/b", "a_b", "a-b", "A-b", "a:b", "a=b", "a_2f_b", ".a", "a..b", "../a", "Ä", "ä")
    made = [script["escaped"](it) for it in names]
    assert len({it.casefold() for it in made}) == len(names)
    assert not any(set("/.") & set(it) for it in made)


def test_what_applies_it_looks_where_it_is_committed() -> None:
    settings = json.loads((FOLDER / "settings.json").read_text())
    yaml = YAML(typ="safe")
    argo = yaml.load(FOLDER / "argo-cd.yaml")
    source, kustomization = yaml.load_all(FOLDER / "flux.yaml")
    assert argo["spec"]["source"]["repoURL"] == source["spec"]["url"] == settings["gitops"]
    assert argo["spec"]["source"]["targetRevision"] == settings["branch"]
    assert source["spec"]["ref"] == {"branch": settings["branch"]}
    where = f"{settings['folder']}/prod"
    assert argo["spec"]["source"]["path"] == where
    assert kustomization["spec"]["path"] == f"./{where}"
    assert kustomization["spec"]["sourceRef"]["name"] == source["metadata"]["name"]
