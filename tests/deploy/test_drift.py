"""Telling webhooks that something else runs than a stage holds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

import model_servers
from commandline import CommandLine
from mreg.deploy import drift
from mreg.deploy.drift import Drift
from mreg.deploy.payloads import Format
from mreg.deploy.running import Running, StageStatus, Status
from mreg.net import backoff
from receivers import Receiver, receiving, status
from repositories import Maker, Repository, Tag

SINCE = datetime(2026, 3, 5, 11, 5, tzinfo=UTC)
RUNS = Running("https://x.example/m", "v1.0.0", True, "differs")


def found(*endpoints: Running, stage: str = "prod") -> Status:
    held = ("v1.1.0", "churn#prod#2", "0" * 40, "c" * 40, SINCE, "Ann")
    return Status((StageStatus("churn", stage, *held, endpoints),))


def only(it: Status) -> Drift:
    [one] = drift.drifts(it, "https://git.example/models")
    return one


def test_what_is_told_is_a_difference_and_nothing_else() -> None:
    others = (RUNS._replace(outcome="same"), RUNS._replace(runs=None, outcome="unknown"))
    assert [*drift.drifts(found(*others), None)] == []
    assert only(found(*others, RUNS)).runs == "v1.0.0"


def test_as_json() -> None:
    it = only(found(RUNS))
    assert json.loads(drift.body(it, "json")) == {
        "event": "drift",
        "artifact": "churn",
        "stage": "prod",
        "version": "v1.1.0",
        "tag": "churn#prod#2",
        "oid": "0" * 40,
        "commit": "c" * 40,
        "since": "2026-03-05T11:05:00+00:00",
        "author": "Ann",
        "url": "https://x.example/m",
        "runs": "v1.0.0",
        "registered": True,
        "reason": "",
        "repository": "https://git.example/models",
    }


def test_as_a_cloud_event() -> None:
    it = only(found(RUNS))
    event = json.loads(drift.body(it, "cloudevents"))
    assert event.pop("data") == json.loads(drift.body(it, "json"))
    assert event == {
        "specversion": "1.0",
        "id": it.key,
        "source": "https://git.example/models",
        "type": "dev.mreg.stage.drifted.v1",
        "subject": "churn#prod",
        "datacontenttype": "application/json",
    }


@pytest.mark.parametrize("form", ["slack", "teams"])
def test_as_a_message_in_which_nothing_is_a_mention(form: Format) -> None:
    it = only(found(RUNS._replace(runs="<!channel> ${x}")))
    text = drift.body(it, form).decode()
    assert "should run v1.1.0" in text
    assert "<!channel>" not in text if form == "slack" else "${x}" not in text


def test_the_key_is_that_of_the_difference() -> None:
    it = only(found(RUNS))
    assert it.key == only(found(RUNS._replace(reason="else"))).key
    others = [
        only(found(RUNS._replace(runs="v0.9.0"))),
        only(found(RUNS._replace(url="https://y.example/m"))),
        only(found(RUNS, stage="dev")),
        it._replace(oid="1" * 40),
        it._replace(repository=None),
    ]
    assert len({one.key for one in [it, *others]}) == 6


# Told once


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "FIRST", 0.0)


@pytest.fixture
def models() -> Iterator[model_servers.Models]:
    with model_servers.running() as made:
        made["/churn"] = model_servers.serves("v1.0.0")
        yield made


@pytest.fixture
def repo(make_repository: Maker, models: model_servers.Models) -> Repository:
    tags = [Tag("churn@v1.0.0", 0, 0), Tag("churn@v1.1.0", 1, 1), Tag("churn#prod", 1, 2)]
    settings = f"endpoints: {{prod: '{models.url}/{{name}}'}}\n".encode()
    return make_repository(tags, commits=[{".mreg.yaml": settings}, {}])


def tell(mreg: CommandLine, repo: Repository, *receivers: Receiver, code: int = 1) -> str:
    webhooks = [word for it in receivers for word in ("--webhook", f"{it.url}/secret")]
    done = mreg("status", *webhooks, "--state", str(repo.path / "told.json"), repo=repo)
    assert done.code == code, done.err
    assert "secret" not in done.out + done.err
    return done.err


def test_a_difference_is_told_once(
    mreg: CommandLine, repo: Repository, models: model_servers.Models
) -> None:
    with receiving() as one, receiving() as other:
        said = tell(mreg, repo, one)
        assert said == f"Posted to {one.url}: churn#prod runs v1.0.0, but should run v1.1.0\n"
        assert tell(mreg, repo, one) == ""
        assert len(one.requests) == 1
        assert one.requests[0].headers["Idempotency-Key"]
        assert tell(mreg, repo, one, other).startswith(f"Posted to {other.url}: ")
        assert (len(one.requests), len(other.requests)) == (1, 1)
        assert one.requests[0].body == other.requests[0].body


def test_it_is_told_again_when_it_comes_back_and_not_when_nobody_knew(
    mreg: CommandLine, repo: Repository, models: model_servers.Models
) -> None:
    with receiving() as one:
        tell(mreg, repo, one)
        models["/churn"] = model_servers.says({}, 503)
        tell(mreg, repo, one)
        models["/churn"] = model_servers.serves("v1.0.0")
        tell(mreg, repo, one)
        assert len(one.requests) == 1
        models["/churn"] = model_servers.serves("v1.1.0")
        tell(mreg, repo, one, code=0)
        models["/churn"] = model_servers.serves("v1.0.0")
        tell(mreg, repo, one)
        first, second = one.requests
        assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"]


def test_what_could_not_be_told_is_told_the_next_time(mreg: CommandLine, repo: Repository) -> None:
    with receiving(status(400)) as one:
        assert tell(mreg, repo, one) == f"error: {one.url}: it answered 400\n"
        assert tell(mreg, repo, one).startswith("Posted to ")


def test_webhooks_of_the_environment_are_told_where_that_is_asked_for(
    mreg: CommandLine, repo: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = ("--state", str(tmp_path / "told.json"))
    with receiving() as one:
        monkeypatch.setenv("MREG_WEBHOOK", one.url)
        monkeypatch.setenv("MREG_WEBHOOK_SECRET", "geheim")
        assert mreg("status", *state, repo=repo).err == ""
        assert one.requests == []
        done = mreg("status", "--notify", "--json", *state, repo=repo)
        assert done.err.startswith(f"Posted to {one.url}: ")
        assert done.json["agrees"] is False
        assert "X-Mreg-Signature-256" in one.requests[0].headers
    monkeypatch.delenv("MREG_WEBHOOK")
    done = mreg("status", "--notify", repo=repo)
    assert (done.code, done.err.splitlines()[0]) == (2, "error: no webhook is given")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 1, "told": {"a": 1}}', "\xff"])
def test_a_file_that_is_another_one_is_left_alone(
    mreg: CommandLine, repo: Repository, tmp_path: Path, text: str
) -> None:
    state = tmp_path / "mine.txt"
    state.write_text(text, "latin-1")
    with receiving() as one:
        done = mreg("status", "--webhook", one.url, "--state", str(state), repo=repo)
        assert one.requests == []
    assert (done.code, state.read_text("latin-1")) == (1, text)
    assert "is not a record of reported differences" in done.err
