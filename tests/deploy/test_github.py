"""The GitHub action and workflows, run as GitHub's runner runs them."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

import remotes
from ci_machines import GitHub, Job, Machine, Machines, Project, Pushed, Run, by_push
from pipeline_files import ACTION, ROOT

HOSTILE = (
    "first\nEOF\n::set-output name=event::promote\n$(touch pwned) `touch pwned` ${{ github.token }}"
    "\nevent=promote\nstage<<EOF\nprod\nEOF\n%0A##[error]no"
)


def _results(jobs: dict[str, Job]) -> dict[str, str]:
    return {name: it.result for name, it in jobs.items()}


def _registry(github: GitHub, pushed: Pushed) -> dict[str, Job]:
    return github.workflow("registry.yml", by_push(pushed))


# The workflow


def test_a_registered_version_is_tested(
    project: Project, github: GitHub, machines: Machines
) -> None:
    jobs = _registry(github, project.do("register", "churn"))
    assert _results(jobs) == {"event": "success", "test": "success", "deploy": "skipped"}
    assert machines.ran == ["test churn v0.0.1  "]


def test_a_promoted_version_is_deployed_by_its_stage(
    project: Project, github: GitHub, machines: Machines
) -> None:
    project.do("register", "churn")
    jobs = _registry(github, project.do("promote", "churn", "eu/prod"))
    assert _results(jobs) == {"event": "success", "test": "skipped", "deploy": "success"}
    assert machines.ran == ["deploy churn v0.0.1 eu/prod false"]
    assert jobs["deploy"].environment == "eu/prod"
    assert jobs["deploy"].group == "deploy churn#eu/prod"
    assert "v0.0.1" in jobs["event"].summary


def test_nothing_is_done_for_other_events_and_foreign_tags(
    project: Project, github: GitHub, machines: Machines
) -> None:
    project.do("register", "churn")
    project.do("promote", "churn", "prod")
    for pushed, event in (
        (project.do("demote", "churn", "prod"), "demote"),
        (project.do("deregister", "churn@v0.0.1"), "deregister"),
        (project.do("deprecate", "churn"), "deprecate"),
        (project.tag("churn@vnext"), "none"),
    ):
        jobs = _registry(github, pushed)
        assert _results(jobs) == {"event": "success", "test": "skipped", "deploy": "skipped"}
        assert jobs["event"].outputs["event"] == event
    assert machines.ran == []


def test_a_promotion_that_was_superseded_while_it_waited_is_not_deployed(
    project: Project, github: GitHub, machines: Machines
) -> None:
    project.do("register", "churn")
    waiting = project.do("promote", "churn", "prod")
    project.commit("Train again")
    project.do("register", "churn")
    last = project.do("promote", "churn", "prod")
    for pushed in (last, waiting):
        assert _registry(github, pushed)["deploy"].result == "success"
    assert machines.ran == ["deploy churn v0.0.2 prod false"]


def test_a_tag_that_was_moved_after_the_event_is_refused(
    project: Project, github: GitHub, machines: Machines
) -> None:
    project.do("register", "churn")
    pushed = project.do("promote", "churn", "prod")
    bad = project.commit("Something else")
    project.work.git("tag", "-f", "-a", "-m", "Moved", pushed.tag, bad)
    project.work.git("push", "-q", "-f", "origin", f"refs/tags/{pushed.tag}")
    jobs = _registry(github, pushed)
    assert _results(jobs) == {"event": "failure", "test": "skipped", "deploy": "skipped"}
    assert pushed.oid in jobs["event"].log
    assert machines.ran == []


def test_rolling_back_by_hand_deploys_what_was_there_before(
    project: Project, github: GitHub, machines: Machines
) -> None:
    for message in ("Train", "Train again"):
        head = project.commit(message)
        project.do("register", "churn")
        project.do("promote", "churn", "prod")
    by_hand = Run("refs/heads/main", head, {}, {"artifact": "churn", "stage": "prod"})
    jobs = github.workflow("rollback.yml", by_hand)
    assert _results(jobs) == {"rollback": "success", "deploy": "success"}, jobs
    assert jobs["rollback"].outputs["tag"] == "churn#prod#3"
    assert machines.ran == ["deploy churn v0.0.1 prod true"]
    made = project.remote.git("cat-file", "tag", "churn#prod#3")
    assert "tagger ann <17+ann@users.noreply.github.com>" in made


def test_a_tag_whose_push_started_nothing_is_run_by_hand(
    project: Project, github: GitHub, machines: Machines
) -> None:
    project.do("register", "churn")
    pushed = project.do("promote", "churn", "prod")
    head = project.commit("Go on")
    jobs = github.workflow("registry.yml", Run("refs/heads/main", head, {}, {"tag": pushed.tag}))
    assert _results(jobs) == {"event": "success", "test": "skipped", "deploy": "success"}
    assert machines.ran == ["deploy churn v0.0.1 prod false"]


def test_a_rollback_with_nothing_to_go_back_to_deploys_nothing(
    project: Project, github: GitHub, machines: Machines
) -> None:
    head = project.do("register", "churn").commit
    by_hand = Run("refs/heads/main", head, {}, {"artifact": "--help", "stage": "prod"})
    jobs = github.workflow("rollback.yml", by_hand)
    assert _results(jobs) == {"rollback": "failure", "deploy": "skipped"}
    assert machines.ran == []


def test_the_shortest_workflow_deploys_what_was_promoted(
    project: Project, github: GitHub, machines: Machines
) -> None:
    for pushed in (
        project.do("register", "churn"),
        project.do("promote", "churn", "prod"),
        project.do("demote", "churn", "prod"),
        project.do("promote", "churn", "prod"),
        project.tag("not-a-stage#"),
    ):
        (job,) = github.workflow("shortest.yml", by_push(pushed)).values()
        assert job.result == "success", job.log
        assert job.group == "deploy"
    assert machines.ran == ["deploy churn v0.0.1 prod "]  # of the two promotions, the last


# The action


def _ask(
    github: GitHub, machine: Machine, pushed: Pushed, inputs: dict[str, str] | None = None
) -> tuple[Job, Any]:
    github.fetch(machine, by_push(pushed), "")
    return github.action(by_push(pushed), inputs or {}, machine)


def test_the_checkout_is_shallow_and_its_tag_is_no_tag_object(
    project: Project, github: GitHub, machines: Machines
) -> None:
    pushed = project.do("register", "churn")
    machine = machines.new()
    job, outputs = _ask(github, machine, pushed)
    assert job.result == "success"
    assert (machine.checkout / ".git" / "shallow").exists()
    ref = machine.checkout / ".git" / "refs" / "tags" / pushed.tag
    assert ref.read_text().strip() == pushed.commit
    assert (outputs["event"], outputs["oid"]) == ("register", pushed.oid)


@pytest.mark.parametrize("tags", ["--tags", "--no-tags"])
def test_a_whole_checkout_with_or_without_tags_says_the_same(
    project: Project, github: GitHub, machines: Machines, tags: str
) -> None:
    pushed = project.do("register", "churn")
    machine = machines.new()
    machine.begin(project.url)
    machine.git("fetch", "-q", tags, "origin", "+refs/heads/*:refs/remotes/origin/*")
    machine.git("checkout", "-q", pushed.commit)
    job, outputs = github.action(by_push(pushed), {}, machine)
    assert job.result == "success"
    assert (outputs["event"], outputs["oid"]) == ("register", pushed.oid)


def test_nothing_that_somebody_wrote_injects_an_output(
    project: Project, github: GitHub, machines: Machines
) -> None:
    project.commit("Describe", f"churn:\n  description: {HOSTILE!r}\n".replace("'", '"'))
    pushed = project.do("register", "churn", "--message", HOSTILE)
    job, outputs = _ask(github, machines.new(), pushed)
    assert job.result == "success"
    assert outputs["message"].endswith(HOSTILE)
    assert outputs["description"] == HOSTILE
    assert (outputs["event"], outputs["stage"]) == ("register", "")
    assert not list(machines.used[0].folder.rglob("pwned"))
    commands = [it for it in job.log.splitlines() if it.lstrip().startswith("::")]
    assert commands == [f"::add-mask::{_secret(github.token)}"]


def test_a_tag_and_an_object_can_be_named(
    project: Project, github: GitHub, machines: Machines
) -> None:
    first = project.do("register", "churn")
    second = project.do("promote", "churn", "prod")
    named = {"tag": second.tag, "expect-oid": second.oid}
    job, outputs = _ask(github, machines.new(), first, named)
    assert job.result == "success"
    assert (outputs["event"], outputs["tag"]) == ("promote", second.tag)
    job, _ = _ask(github, machines.new(), first, named | {"expect-oid": first.oid})
    assert job.result == "failure"


def test_it_installs_the_mreg_of_its_own_checkout(
    project: Project, github: GitHub, machines: Machines
) -> None:
    machine = machines.new()
    _ask(github, machine, project.do("register", "churn"))
    (line,) = machine.installed
    assert Path(line.split()[-1]).resolve() == ROOT
    assert Path(line.split()[-1]) == ACTION.parent / "../../.."


def test_the_runners_own_python_can_be_used(
    project: Project, github: GitHub, machines: Machines
) -> None:
    job, _ = _ask(github, machines.new(), project.do("register", "churn"), {"python-version": ""})
    assert job.result == "success"


# The token


def _secret(token: str) -> str:
    return base64.b64encode(f"x-access-token:{token}".encode()).decode()


class _Private(remotes.Backend):
    """A server that wants one token, and refuses two headers as GitHub does."""

    token = "ghs_token"

    def respond(self, body: bytes) -> None:
        given = self.headers.get_all("Authorization") or []
        if given == [f"basic {_secret(self.token)}"]:
            super().respond(body)
            return
        self.send_response(401 if not given else 400)
        self.send_header("Content-Length", "0")
        self.end_headers()


@pytest.mark.parametrize("left", [False, True], ids=["no credentials", "those of actions/checkout"])
def test_the_token_reads_a_private_repository(
    project: Project, machines: Machines, tmp_path: Path, left: bool
) -> None:
    pushed = project.do("register", "churn")
    handler = type("Handler", (_Private,), {"folder": tmp_path})
    with remotes.listening(handler) as url:
        github = GitHub(f"{url}/{project.remote.path.name}", machines)
        github.server = url
        header = f"AUTHORIZATION: basic {_secret(github.token)}"
        machine = machines.new()
        machine.begin(github._url)
        machine.git("config", f"http.{url}/.extraheader", header)
        machine.git("fetch", "-q", "--depth=1", "origin", "refs/heads/main")
        machine.git("checkout", "-q", pushed.commit)
        if not left:
            machine.git("config", "--unset", f"http.{url}/.extraheader")
        job, outputs = github.action(by_push(pushed), {}, machine)
        assert job.result == "success", job.log
        assert outputs["oid"] == pushed.oid
        job, _ = github.action(by_push(pushed), {"token": "another"}, machine)
        assert job.result == "failure"
