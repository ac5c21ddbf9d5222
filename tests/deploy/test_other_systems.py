"""The pipelines of the other CI systems, with their variables, in checkouts as they make them."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import tag_filters
from ci_machines import (
    Done,
    Machine,
    Machines,
    Project,
    Pushed,
    gitlab_job,
    script_of_gitlab,
    scripts_of_jenkins,
)
from pipeline_files import EXAMPLES, load

STRICT = ["bash", "-eo", "pipefail"]


class Part(NamedTuple):
    """A part of a pipeline that a tag started.

    Attributes:
        name: its name.
        shell: the shell that runs its script.
        script: the script.
    """

    name: str
    shell: list[str]
    script: str


class System(NamedTuple):
    """A CI system.

    Attributes:
        checkout: checks a tag out.
        variables: returns its variables.
        parts: iterates over the parts that a tag starts.
    """

    checkout: Callable[[Machine, str, Pushed], None]
    variables: Callable[[str, Pushed], dict[str, str]]
    parts: Callable[[str], Iterator[Part]]


# GitLab: https://docs.gitlab.com/runner/configuration/feature_flags, "fetch" strategy


def _checkout_by_gitlab(machine: Machine, url: str, pushed: Pushed) -> None:
    machine.begin(url)
    refspec = f"+refs/tags/{pushed.tag}:refs/tags/{pushed.tag}"
    machine.git("fetch", "-q", "--depth", "20", "--no-tags", "--prune", "origin", refspec)
    machine.git("checkout", "-q", "--force", "--detach", pushed.commit)


def _variables_of_gitlab(url: str, pushed: Pushed) -> dict[str, str]:
    return {
        "GITLAB_CI": "true",
        "CI_COMMIT_TAG": pushed.tag,
        "CI_COMMIT_SHA": pushed.commit,
        "CI_PROJECT_URL": url.removesuffix(".git"),
        "CI_SERVER_URL": "https://gitlab.example.com",
    }


def _parts_of_gitlab(tag: str) -> Iterator[Part]:
    for name in ("test-version", "deploy-staging", "deploy-prod"):
        (rule,) = gitlab_job(name)["rules"]
        if tag_filters.gitlab(rule["if"], tag):
            yield Part(name, STRICT, script_of_gitlab(name))


# Bitbucket: https://support.atlassian.com/bitbucket-cloud/docs/git-clone-behavior/


def _checkout_by_bitbucket(machine: Machine, url: str, pushed: Pushed) -> None:
    machine.checkout.rmdir()
    command = ["git", "clone", "-q", f"--branch={pushed.tag}", "--depth=50", url]
    subprocess.run([*command, str(machine.checkout)], check=True, capture_output=True)
    machine.git("reset", "-q", "--hard", pushed.commit)


def _variables_of_bitbucket(url: str, pushed: Pushed) -> dict[str, str]:
    return {
        "BITBUCKET_BUILD_NUMBER": "7",
        "BITBUCKET_TAG": pushed.tag,
        "BITBUCKET_COMMIT": pushed.commit,
        "BITBUCKET_GIT_HTTP_ORIGIN": url,
    }


def _parts_of_bitbucket(tag: str) -> Iterator[Part]:
    for pattern, steps in load("bitbucket/bitbucket-pipelines.yml")["pipelines"]["tags"].items():
        if tag_filters.bitbucket(pattern, tag):
            step = steps[0]["step"]
            yield Part(step["name"], ["bash", "-e"], "\n".join(step["script"]))


# Jenkins: https://plugins.jenkins.io/git


def _checkout_by_jenkins(machine: Machine, url: str, pushed: Pushed) -> None:
    machine.begin(url)
    refspec = f"+refs/tags/{pushed.tag}:refs/tags/{pushed.tag}"
    machine.git("fetch", "-q", "--no-tags", "--force", "--", url, refspec)
    machine.git("checkout", "-q", "-f", pushed.commit)


def _variables_of_jenkins(url: str, pushed: Pushed) -> dict[str, str]:
    return {
        "JENKINS_URL": "https://jenkins.example.com/",
        "BRANCH_NAME": pushed.tag,
        "TAG_NAME": pushed.tag,
        "GIT_URL": url,
    }


def _parts_of_jenkins(tag: str) -> Iterator[Part]:
    text = (EXAMPLES / "jenkins" / "Jenkinsfile").read_text()
    for name, script in scripts_of_jenkins("Jenkinsfile").items():
        (stage,) = re.findall(rf"stage\('{name}'\) \{{\s+when \{{(.*?)\}}", text, re.DOTALL)
        pattern = re.search(r"tag pattern: '([^']+)', comparator: 'REGEXP'", stage)
        if pattern is None or tag_filters.jenkins(pattern[1], tag):
            yield Part(name, ["sh", "-xe"], script)


# CircleCI: https://circleci.com/docs/guides/toolkit/env-vars, on BASH_ENV


def _checkout_by_circleci(machine: Machine, url: str, pushed: Pushed) -> None:
    machine.begin(url)
    machine.git("fetch", "-q", "--force", "origin", f"refs/tags/{pushed.tag}")
    machine.git("tag", "-f", pushed.tag, pushed.commit)
    machine.git("checkout", "-q", "--force", pushed.commit)


def _variables_of_circleci(url: str, pushed: Pushed) -> dict[str, str]:
    return {"CIRCLECI": "true", "CIRCLE_TAG": pushed.tag, "CIRCLE_REPOSITORY_URL": url}


def _parts_of_circleci(tag: str) -> Iterator[Part]:
    document = load("circleci/config.yml")
    prepare = [it["run"] for it in document["commands"]["ask"]["steps"] if isinstance(it, dict)]
    for entry in document["workflows"]["registry"]["jobs"]:
        ((kind, job),) = entry.items()
        if tag_filters.circleci(job["filters"]["tags"]["only"], tag):
            # A step is a shell of its own, which reads the file at BASH_ENV first.
            runs = [*prepare, *(it["run"] for it in document["jobs"][kind]["steps"][1:])]
            steps = "\n".join(f'(. "$BASH_ENV"; {it})' for it in runs)
            yield Part(kind, STRICT, f"export BASH_ENV=$PWD/../bash_env; : > $BASH_ENV\n{steps}")


# Woodpecker: https://woodpecker-ci.org/docs/usage/environment


def _variables_of_woodpecker(url: str, pushed: Pushed) -> dict[str, str]:
    return {
        "CI": "woodpecker",
        "CI_COMMIT_TAG": pushed.tag,
        "CI_COMMIT_REF": f"refs/tags/{pushed.tag}",
        "CI_REPO_URL": url,
    }


def _parts_of_woodpecker(_: str) -> Iterator[Part]:
    (step,) = load("woodpecker/registry.yml")["steps"]
    yield Part(step["name"], ["sh", "-e"], "\n".join(step["commands"]))


# Azure: https://learn.microsoft.com/azure/devops/pipelines/build/variables


def _variables_of_azure(url: str, pushed: Pushed) -> dict[str, str]:
    return {
        "TF_BUILD": "True",
        "BUILD_SOURCEBRANCH": f"refs/tags/{pushed.tag}",
        "BUILD_REPOSITORY_URI": url,
        "AGENT_TEMPDIRECTORY": "..",
    }


def _parts_of_azure(tag: str) -> Iterator[Part]:
    for stage in load("azure/azure-pipelines.yml")["stages"]:
        pattern = r"contains\(variables\['Build.SourceBranch'\], '(.+)'\)"
        wanted = re.fullmatch(pattern, stage["condition"])
        assert wanted
        if wanted[1].lower() in f"refs/tags/{tag}".lower():
            (script,) = re.findall(r'"bash": ("(?:[^"\\]|\\.)*")', json.dumps(stage))
            yield Part(stage["stage"], ["bash"], json.loads(script))


SYSTEMS = {
    "gitlab": System(_checkout_by_gitlab, _variables_of_gitlab, _parts_of_gitlab),
    "bitbucket": System(_checkout_by_bitbucket, _variables_of_bitbucket, _parts_of_bitbucket),
    "jenkins": System(_checkout_by_jenkins, _variables_of_jenkins, _parts_of_jenkins),
    "circleci": System(_checkout_by_circleci, _variables_of_circleci, _parts_of_circleci),
    "woodpecker": System(_checkout_by_gitlab, _variables_of_woodpecker, _parts_of_woodpecker),
    "azure": System(_checkout_by_gitlab, _variables_of_azure, _parts_of_azure),
}


def _nothing() -> None:
    """Do nothing."""


def _started(
    name: str,
    project: Project,
    machines: Machines,
    pushed: Pushed,
    meanwhile: Callable[[], object] = _nothing,
) -> list[Done]:
    """Run what a pushed tag starts; the parts of Jenkins have one machine together.

    Args:
        name: the system.
        project: where the tag was pushed.
        machines: gives out machines.
        pushed: the tag.
        meanwhile: what happens between a checkout and the script.
    """
    system = SYSTEMS[name]
    machine: Machine | None = None
    done = []
    for part in system.parts(pushed.tag):
        if machine is None or name != "jenkins":
            machine = machines.new()
            system.checkout(machine, project.url, pushed)
            if name not in ("jenkins", "azure"):  # which make a virtual environment
                machine.install()
            meanwhile()
        variables = system.variables(project.url, pushed)
        done.append(machine.run(part.shell, part.script, variables))
    return done


def _assert_all_well(done: list[Done]) -> None:
    for it in done:
        assert it.code == 0, it.err


@pytest.mark.parametrize("system", SYSTEMS)
def test_registering_tests_and_promoting_deploys(
    system: str, project: Project, machines: Machines
) -> None:
    _assert_all_well(_started(system, project, machines, project.do("register", "churn")))
    assert machines.ran == ["test churn v0.0.1  false"]
    promoted = project.do("promote", "churn", "prod")
    _assert_all_well(_started(system, project, machines, promoted))
    assert machines.ran[1:] == ["deploy churn v0.0.1 prod false"]
    command = "install --quiet mreg @ git+https://git.example.com/mreg.git@v0.1.0"
    assert {line for it in machines.used for line in it.installed} <= {command}
    assert all(it.installed for it in machines.used)


def test_other_events_foreign_tags_and_what_was_superseded_do_nothing(
    project: Project, machines: Machines
) -> None:
    """The pushes are made once: no system changes anything at the remote."""
    project.do("register", "churn")
    superseded = project.do("promote", "churn", "prod")
    every = (
        superseded,
        project.do("demote", "churn", "prod"),
        project.do("deregister", "churn@v0.0.1"),
        project.do("deprecate", "churn"),
        project.tag("team/v1.0"),
        project.tag("churn@vnext"),
    )
    for system in SYSTEMS:
        for pushed in every:
            _assert_all_well(_started(system, project, machines, pushed))
        assert machines.ran == [], system


@pytest.mark.parametrize("system", SYSTEMS)
def test_what_somebody_wrote_runs_nothing(
    system: str, project: Project, machines: Machines, tmp_path: Path
) -> None:
    word = f"$(touch {tmp_path}/pwned) `touch {tmp_path}/pwned` '; touch {tmp_path}/pwned; '\n"
    pushed = project.do("register", "churn", "--message", f"{word}MREG_EVENT=promote\n{word}")
    _assert_all_well(_started(system, project, machines, pushed))
    assert machines.ran == ["test churn v0.0.1  false"]
    assert not (tmp_path / "pwned").exists()


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_tag_that_is_gone_fails_the_pipeline(
    system: str, project: Project, machines: Machines
) -> None:
    project.do("register", "churn")
    pushed = project.do("promote", "churn", "prod")
    delete = ("push", "-q", "origin", f":refs/tags/{pushed.tag}")
    done = _started(system, project, machines, pushed, lambda: project.work.git(*delete))
    assert done[-1].code == 1
    assert "error: " in done[-1].err
    assert pushed.tag in done[-1].err
    assert machines.ran == []


# Rolling back by hand


def _at_main(machine: Machine, project: Project) -> None:
    machine.begin(project.url)
    machine.git("fetch", "-q", "--depth", "20", "--no-tags", "origin", "refs/heads/main")
    machine.git("checkout", "-q", "--detach", "FETCH_HEAD")


def _rollback_of_bitbucket() -> Part:
    steps = load("bitbucket/bitbucket-pipelines.yml")["pipelines"]["custom"]["rollback"]
    return Part("rollback", ["bash", "-e"], "\n".join(steps[1]["step"]["script"]))


def _rollback_of_jenkins() -> Part:
    scripts = scripts_of_jenkins("rollback.Jenkinsfile")
    assert list(scripts) == ["Install mreg", "Roll back"]
    return Part("rollback", ["sh", "-xe"], "\n".join(scripts.values()))


ROLLBACKS: dict[str, Callable[[], Part]] = {
    "gitlab": lambda: Part("rollback", STRICT, script_of_gitlab("rollback")),
    "bitbucket": _rollback_of_bitbucket,
    "jenkins": _rollback_of_jenkins,
}


@pytest.mark.parametrize("system", ROLLBACKS)
def test_rolling_back_by_hand_pushes_a_tag_that_deploys(
    system: str, project: Project, machines: Machines
) -> None:
    for message in ("Train", "Train again"):
        project.commit(message)
        project.do("register", "churn")
        last = project.do("promote", "churn", "prod")
    machine = machines.new()
    machine.install()
    _at_main(machine, project)
    part = ROLLBACKS[system]()
    variables = SYSTEMS[system].variables(project.url, Pushed("", "", "")) | {
        "ARTIFACT": "churn",
        "STAGE": "prod",
        "MREG_PUSH_TOKEN": "glpat",
        "GIT_COMMITTER_NAME": "Ann",
        "GIT_COMMITTER_EMAIL": "ann@example.com",
    }
    done = machine.run(part.shell, part.script, variables)
    assert done.code == 0, done.err
    made = "churn#prod#3"
    oid, commit = project.remote.git("rev-parse", made, f"{made}^{{}}").split()
    assert commit != last.commit
    _assert_all_well(_started(system, project, machines, Pushed(made, oid, commit)))
    assert machines.ran == ["deploy churn v0.0.1 prod true"]


def test_gitlabs_later_jobs_get_the_fields_by_dotenv(project: Project, machines: Machines) -> None:
    said = "50 % of $HOME\nand \\more"
    _started("gitlab", project, machines, project.do("register", "churn", "--message", said))
    lines = (machines.used[-1].checkout / "mreg.env").read_text().splitlines()
    fields = dict(it.split("=", 1) for it in lines)
    assert (fields["MREG_EVENT"], fields["MREG_VERSION"]) == ("register", "v0.0.1")
    shown = subprocess.run(
        ["sh", "-c", 'printf %b "$MREG_MESSAGE"'], env=fields, capture_output=True, check=True
    )
    assert said in shown.stdout.decode()


def test_gitlab_guards_each_stage_by_a_group_of_its_own() -> None:
    for stage in ("staging", "prod"):
        job = gitlab_job(f"deploy-{stage}")
        assert (job["environment"], job["resource_group"]) == (stage, stage)


def test_jenkins_takes_the_lock_only_where_the_stage_runs() -> None:
    text = (EXAMPLES / "jenkins" / "Jenkinsfile").read_text()
    locks = re.findall(
        r"beforeOptions true.*?options \{ lock\('deploy (\w+)'\) \}", text, re.DOTALL
    )
    assert locks == ["staging", "prod"]
    assert text.count("lock(") == 2
