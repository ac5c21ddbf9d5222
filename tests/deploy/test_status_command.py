"""`mreg status`: what stages hold, held against what real servers say that they run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import model_servers
import repositories
from commandline import CommandLine
from model_servers import Models, moved, says, serves, silent
from mreg.deploy.running import Running, StageStatus, Status
from mreg.errors import Refused
from mreg.registry import Registry
from mreg.registry import status as registry_status
from repositories import Maker, Repository, Tag

TAGS = (
    Tag("churn@v1.0.0", 0, 0),
    Tag("churn@v1.1.0", 1, 10),
    Tag("churn@v1.2.0", 2, 20),
    Tag("churn#prod#1", 0, 30, "Go"),
    Tag("churn#prod#2", 1, 40, "Go on"),
    Tag("churn#dev#3", 2, 50, "Try"),
    Tag("fraud@v3.0.0", 0, 0),
    Tag("fraud#prod#1", 0, 60, "Go"),
    Tag("fraud#prod!#2", 0, 70, "Stop"),
)

SETTINGS = """\
endpoints:
  prod:
    url: {url}/v2/models/{{name}}
    headers: {{Authorization: "Bearer ${{MREG_ENDPOINT_TOKEN}}"}}
"""


@pytest.fixture
def models() -> Iterator[Models]:
    with model_servers.running() as found:
        yield found


@pytest.fixture(autouse=True)
def _token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MREG_ENDPOINT_TOKEN", "abc")
    monkeypatch.setenv("GITHUB_TOKEN", "not for them")


@pytest.fixture
def repo(make_repository: Maker, models: Models) -> Repository:
    return made(make_repository, SETTINGS.format(url=models.url))


def made(make_repository: Maker, settings: str, tags: tuple[Tag, ...] = TAGS) -> Repository:
    files = {".mreg.yaml": settings.encode()}
    return make_repository(tags, commits=[files, {}, {}])


def test_what_runs_is_what_is_held(mreg: CommandLine, repo: Repository, models: Models) -> None:
    models["/v2/models/churn"] = serves("v1.1.0")
    done = mreg.ok("status", "--utc", repo=repo)
    assert done.out == (
        "artifact  stage  holds   since              runs\n"
        "churn     dev    v1.2.0  2023-11-14 22:14Z  -\n"
        "churn     prod   v1.1.0  2023-11-14 22:14Z  v1.1.0\n"
        "fraud     prod   -       2023-11-14 22:14Z  nothing\n"
    )
    assert done.err == ""
    assert {headers["Authorization"] for _, headers in models.asked} == {"Bearer abc"}


def test_what_runs_is_another(mreg: CommandLine, repo: Repository, models: Models) -> None:
    models["/v2/models/churn"] = serves("v1.0.0")
    models["/v2/models/fraud"] = serves("v3.0.0")
    done = mreg("status", repo=repo)
    assert done.code == 1
    assert [it.split("Z  ")[-1] for it in done.out.splitlines()[2:]] == [
        "v1.0.0: differs",
        "v3.0.0: the stage is empty",
    ]


def test_of_what_was_taken_out_only_a_server_can_say_that_it_is_gone(
    mreg: CommandLine, repo: Repository, models: Models
) -> None:
    models["/v2/models/fraud"] = says({}, 503)
    done = mreg("status", "fraud", "--json", repo=repo)
    [said] = done.json["stages"][0]["endpoints"]
    assert (done.code, said["outcome"], said["runs"]) == (1, "unknown", None)


def test_the_json_has_all_of_it(mreg: CommandLine, repo: Repository, models: Models) -> None:
    models["/v2/models/churn"] = serves("v1.0.0")
    done = mreg("status", "churn", "--stage", "prod", "--json", repo=repo)
    assert done.code == 1
    [stage] = done.json["stages"]
    promoted = json.loads(mreg.ok("check-ref", "churn#prod#2", "--json", repo=repo).out)
    assert stage == {
        "artifact": "churn",
        "stage": "prod",
        "version": "v1.1.0",
        "tag": "churn#prod#2",
        "oid": promoted["oid"],
        "commit": promoted["commit"],
        "since": promoted["created_at"],
        "author": promoted["author"],
        "agrees": False,
        "endpoints": [
            {
                "url": f"{models.url}/v2/models/churn",
                "runs": "v1.0.0",
                "registered": True,
                "outcome": "differs",
                "reason": "",
            }
        ],
    }
    assert (done.json["agrees"], done.json["pending"], done.json["problems"]) == (False, [], [])
    assert [path for path, _ in models.asked] == ["/v2/models/churn"]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (says({}, 404), "it answered 404 Not Found"),
        (says(b"<script>"), "its answer is not JSON"),
        (
            says({"versions": ["v1\x1b]0;x\x07"]}),
            "versions in its answer is not a version: 'v1\\x1b",
        ),
        (model_servers.endless, "its answer is longer than 1,048,576 bytes"),
        (silent, "it did not answer within 0.5 s"),
    ],
)
def test_an_endpoint_that_does_not_say(
    mreg: CommandLine, repo: Repository, models: Models, answer: model_servers.Answer, reason: str
) -> None:
    models["/v2/models/churn"] = answer
    done = mreg("status", "churn", "--timeout", "0.5s" if answer is silent else "30s", repo=repo)
    assert done.code == 1
    assert f"unknown: {reason}" in done.out
    assert done.out.replace("\n", "").isprintable()


def test_a_redirect_gets_no_secret(mreg: CommandLine, repo: Repository, models: Models) -> None:
    with model_servers.running() as other:
        models["/v2/models/churn"] = moved(f"{other.url}/v2/models/churn")
        done = mreg("status", "churn", "--json", repo=repo)
        assert other.asked == []
    assert done.code == 1
    assert "redirects are not followed" in done.json["stages"][1]["endpoints"][0]["reason"]


def test_a_secret_that_is_missing(
    mreg: CommandLine, repo: Repository, models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MREG_ENDPOINT_TOKEN")
    done = mreg("status", "churn", repo=repo)
    assert done.code == 1
    assert "unknown: MREG_ENDPOINT_TOKEN is not set in the environment" in done.out
    assert models.asked == []


def test_the_branch_that_is_checked_out_does_not_say_where_secrets_go(
    mreg: CommandLine, repo: Repository, models: Models
) -> None:
    """Who sends a pull request must not lead them to a host of their own."""
    models["/v2/models/churn"] = serves("v1.1.0")
    with model_servers.running() as other:
        repo.git("checkout", "-q", "-b", "theirs", "main")
        (repo.path / ".mreg.yaml").write_text(SETTINGS.format(url=other.url))
        identity = ("-c", "user.name=Eve", "-c", "user.email=eve@example.com")
        repo.git(*identity, "commit", "-q", "-a", "-m", "Mine")
        mreg.ok("status", "churn", repo=repo)
        assert other.asked == []
        other["/v2/models/churn"] = serves("v1.1.0")
        mreg.ok("status", "churn", "--policy", "theirs", repo=repo)
        assert len(other.asked) == len(models.asked) == 1


def test_several_endpoints_and_only_some_artifacts(
    mreg: CommandLine, make_repository: Maker, models: Models
) -> None:
    settings = f"""
endpoints:
  prod:
    - {{url: "{models.url}/eu", field: model.version, artifacts: [ch*]}}
    - {{url: "{models.url}/us?key=1", header: X-Model-Version, artifacts: churn}}
"""
    models["/eu"] = says({"model": {"version": "1.1.0"}})
    models["/us?key=1"] = says(b"<html>", X_Model_Version="v1.0.0")
    repo = made(make_repository, settings)
    done = mreg("status", "--stage", "prod", repo=repo)
    assert done.code == 1
    lines = done.out.splitlines()
    assert lines[0].split() == ["artifact", "stage", "holds", "since", "runs", "endpoint"]
    assert lines[1].endswith(f"v1.1.0           {models.url}/eu")
    assert lines[2].endswith(f"v1.0.0: differs  {models.url}/us")
    assert len(lines) == 3


def test_nobody_says_what_runs(mreg: CommandLine, make_repository: Maker) -> None:
    repo = make_repository(TAGS)
    done = mreg.ok("status", repo=repo)
    assert "No endpoints were checked: .mreg.yaml on the protected branch has none" in done.err
    assert "--policy HEAD" in done.err
    done = mreg.ok("status", "--policy", "HEAD", repo=repo)
    assert "No endpoints were checked: .mreg.yaml in HEAD has none" in done.err
    assert "try out" not in done.err
    done = mreg("status", "--wait", "1s", repo=repo)
    assert (done.code, done.out) == (1, "")
    assert "there is nothing to wait for" in done.err


def test_the_format_of_posts_is_not_that_of_the_answer(
    mreg: CommandLine, make_repository: Maker
) -> None:
    """A script would read a table as JSON."""
    done = mreg("status", "--format", "json", repo=make_repository(TAGS))
    assert (done.code, done.out) == (2, "")
    assert "hint: use --json to print JSON" in done.err


def test_an_artifact_that_is_not_there(mreg: CommandLine, repo: Repository) -> None:
    assert mreg("status", "chrun", repo=repo).code == 1
    assert mreg("status", "churn", "--stage", "p!", repo=repo).code == 1
    assert mreg("status", "--wait", "soon", repo=repo).code == 2


def test_what_a_promotion_waits_for(
    mreg: CommandLine, make_repository: Maker, models: Models
) -> None:
    settings = (
        SETTINGS.format(url=models.url)
        + """\
principals: {ann: {emails: [ann@example.com]}, bob: {emails: [bob@example.com]}}
stages: {dev: , prod: {from: dev, approvals: 1, approvers: [bob]}}
"""
    )
    models["/v2/models/churn"] = serves("v1.1.0")
    repo = made(make_repository, settings)
    done = mreg.ok("status", "churn", repo=repo)
    assert done.out.split("\n\n")[1] == mreg.ok("pending", "churn", repo=repo).out
    [waits] = mreg.ok("status", "churn", "--json", repo=repo).json["pending"]
    assert waits == mreg.ok("pending", "churn", "--json", repo=repo).json["pending"][0]
    assert mreg.ok("status", "--stage", "dev", "--json", repo=repo).json["pending"] == []


def test_by_url_and_from_a_program(repo: Repository, models: Models, tmp_path: Path) -> None:
    models["/v2/models/churn"] = serves("v1.1.0")
    bare = tmp_path / "bare.git"
    repositories.run(tmp_path, "clone", "-q", "--bare", str(repo.path), str(bare))
    found = Registry.open(bare.as_uri()).status(
        "churn", stage="prod", secrets={"MREG_ENDPOINT_TOKEN": "xyz"}
    )
    assert found.agrees
    assert models.asked[-1][1]["Authorization"] == "Bearer xyz"
    without = Registry.open(repo.path).status("churn", stage="prod")
    assert without.stages[0].endpoints[0].reason == (
        "MREG_ENDPOINT_TOKEN is not set in the environment"
    )


# Waiting


def answer(*outcomes: str) -> Status:
    endpoints = tuple(Running("http://x", "v1.0.0", True, it) for it in outcomes)  # type: ignore[arg-type]
    return Status((StageStatus("churn", "prod", "v1.0.0", "", "", "a", None, "", endpoints),))


class Clock:
    """A clock that goes on by what is slept."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def waited(seconds: float, *answers: Status) -> tuple[list[bool], list[float]]:
    left, clock = [*answers], Clock()

    def ask() -> Status:
        return left.pop(0) if len(left) > 1 else left[0]

    found = registry_status.wait(ask, seconds, sleep=clock.sleep, clock=clock)
    return [it.agrees for it in found], clock.slept


SAME, OTHER = answer("same"), answer("same", "differs")


def test_it_is_over_when_all_agree_three_times_in_a_row() -> None:
    """Of two replicas behind one address, one may be of the version before."""
    asked, slept = waited(300, OTHER, SAME, SAME, OTHER, SAME)
    assert asked == [False, True, True, False, True, True, True]
    assert slept == [1, 1, 1, 2, 1, 1]


def test_it_is_asked_less_and_less_often_until_the_time_is_over() -> None:
    asked, slept = waited(100, OTHER)
    assert asked == [False] * 9
    assert slept == [1, 2, 4, 8, 16, 30, 30, 9]


def test_when_the_time_is_over_one_answer_that_agrees_is_not_enough() -> None:
    """It may be that of the one replica of two which is new."""
    assert waited(0.5, OTHER, SAME) == ([False, True, True, True], [0.5, 1, 1])
    assert waited(0.5, OTHER, SAME, OTHER) == ([False, True, False], [0.5, 1])
    assert waited(0, SAME) == ([True, True, True], [1, 1])
    assert waited(0, OTHER) == ([False], [])


def test_a_stage_that_nobody_knows_is_an_error(mreg: CommandLine, repo: Repository) -> None:
    """A mistyped name would agree with everything, and a pipeline go on."""
    done = mreg("status", "--stage", "prood", repo=repo)
    assert (done.code, done.out) == (1, "")
    assert (
        done.err == "error: no version has ever been in the stage prood\nhint: did you mean prod?\n"
    )
    done = mreg("status", "fraud", "--stage", "dev", repo=repo)
    assert (done.code, done.err) == (
        1,
        "error: no version of fraud has ever been in the stage dev\nhint: the stages are prod\n",
    )


def test_there_is_nothing_to_wait_for() -> None:
    with pytest.raises(Refused, match="nothing to wait for"):
        waited(10, answer())


def test_a_rollout_is_waited_for(
    mreg: CommandLine, repo: Repository, models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry_status, "_FIRST", 0.0)
    models["/v2/models/churn"] = [serves("v1.0.0"), says({}, 503), serves("v1.1.0")]
    done = mreg.ok("status", "churn", "--stage", "prod", "--wait", "5m", repo=repo)
    url = f"{models.url}/v2/models/churn"
    assert done.err == (
        f"churn#prod runs v1.0.0, but should run v1.1.0 ({url})\n"
        "churn#prod should run v1.1.0; the running version is unknown: it answered 503 Service"
        f" Unavailable ({url})\n"
    )
    assert done.out.endswith("v1.1.0\n")
    models["/v2/models/churn"] = serves("v1.0.0")
    done = mreg("status", "churn", "--wait", "0.1s", "--json", repo=repo)
    assert (done.code, done.err, done.json["agrees"]) == (1, "", False)
