"""`mreg notify`: from the command line, from CI, and from a server's hook."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import cloud_events
import environments
import remotes
import watched
from commandline import CommandLine
from mreg.net import backoff, signature
from people import Shared
from receivers import receiving, status
from repositories import Maker, Repository, Tag, run, tag_bytes

TAGS = (
    Tag("churn@v1.0.0", 0, 0),
    Tag("churn#prod#1", 0, 10, "Promote churn v1.0.0 to prod\n\nGo <!channel>\n\nPrevious: none"),
    Tag("v9", 0, 1),
)


@pytest.fixture
def repo(make_repository: Maker) -> Repository:
    return make_repository(TAGS)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "FIRST", 0.0)


def test_an_event_is_posted(mreg: CommandLine, repo: Repository) -> None:
    with receiving() as receiver:
        url = f"{receiver.url}/hook/secret"
        done = mreg.ok("notify", "churn#prod#1", "--webhook", url, repo=repo)
    assert done.out == f"Posted churn#prod#1 to {receiver.url}\n"
    assert "secret" not in done.out + done.err
    [got] = receiver.requests
    assert got.path == "/hook/secret"
    assert got.json == json.loads(mreg.ok("ci", "churn#prod#1", repo=repo).out)
    assert got.headers["Idempotency-Key"] == got.json["oid"]


def test_which_repository_it_is_comes_from_its_remote_or_its_user(
    mreg: CommandLine, repo: Repository, tmp_path: Path
) -> None:
    clone = tmp_path / "clone"
    run(tmp_path, "clone", "-q", (repo.path / ".git").as_uri(), str(clone))
    wanted = "https://example.com/ml/churn.git"
    given = ("--repository", wanted.replace("//", "//ann:secret@"))
    made = repo.git("rev-parse", "churn@v1.0.0").strip()
    push = ("--new", "0" * 40, made, "refs/tags/churn@v1.0.0")
    with receiving() as receiver:
        post = ("notify", "--webhook", receiver.url)
        mreg.ok(*post, "churn@v1.0.0", repo=clone)
        mreg.ok(*post, "churn@v1.0.0", *given, repo=clone)
        mreg.ok(*post, *push, *given, repo=repo)
    found = [it.json["repository"] for it in receiver.requests]
    assert found == [(repo.path / ".git").as_uri(), wanted, wanted]


def test_all_webhooks_are_told_even_if_one_fails(mreg: CommandLine, repo: Repository) -> None:
    with receiving(status(404)) as first, receiving() as second:
        options = ("--webhook", first.url, "--webhook", second.url, "--webhook", first.url)
        done = mreg("notify", "churn@v1.0.0", *options, "--json", repo=repo)
    assert done.code == 1
    assert done.err == f"error: {first.url}: it answered 404\n"
    [notice] = done.json["notices"]
    assert notice["event"]["tag"] == "churn@v1.0.0"
    assert notice["refused"] == ""
    assert [it["delivered"] for it in notice["deliveries"]] == [False, True]
    assert notice["deliveries"][0] == {
        "webhook": first.url,
        "delivered": False,
        "status": 404,
        "tries": 1,
        "reason": "it answered 404",
    }
    assert len(first.requests) == 1


def test_urls_and_secret_of_the_environment(
    mreg: CommandLine, repo: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    with receiving() as first, receiving() as second:
        monkeypatch.setenv("MREG_WEBHOOK", f"{first.url}/a {second.url}/b")
        monkeypatch.setenv("MREG_WEBHOOK_SECRET", "between us")
        mreg.ok("notify", "churn#prod#1", repo=repo)
    assert (first.requests[0].path, second.requests[0].path) == ("/a", "/b")
    got = first.requests[0]
    sent = int(got.headers[signature.TIMESTAMP])
    assert got.headers[signature.SIGNATURE] == signature.sign(b"between us", sent, got.body)


def test_the_secret_of_a_file(mreg: CommandLine, repo: Repository, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_bytes(b"between us\n")
    options = ("--secret-file", str(file))
    with receiving() as receiver:
        mreg.ok("notify", "churn#prod#1", "--webhook", receiver.url, *options, repo=repo)
    [got] = receiver.requests
    sent = int(got.headers[signature.TIMESTAMP])
    assert got.headers[signature.SIGNATURE] == signature.sign(b"between us", sent, got.body)


@pytest.mark.parametrize("content", [None, b"", b"\n"])
def test_a_secret_that_is_none_stops_it(
    mreg: CommandLine, repo: Repository, tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)
    with receiving() as receiver:
        options = ("--webhook", receiver.url, "--secret-file", str(file))
        done = mreg("notify", "churn#prod#1", *options, repo=repo)
    assert done.code == (1 if content is None else 2)
    assert str(file) in done.err
    assert receiver.requests == []


@pytest.mark.parametrize("form", ["slack", "teams"])
def test_messages(mreg: CommandLine, repo: Repository, form: str) -> None:
    with receiving() as receiver:
        options = ("--webhook", receiver.url, "--format", form)
        mreg.ok("notify", "churn#prod#1", *options, repo=repo)
    text = receiver.requests[0].body.decode()
    assert "churn v1.0.0 was promoted to prod" in text
    assert ("<!channel>" in text) == (form == "teams")  # to which it means nothing


def test_a_cloud_event_of_standard_webhooks(
    mreg: CommandLine, repo: Repository, tmp_path: Path
) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{cloud_events.SECRET}\n")
    with receiving() as receiver:
        options = ("--webhook", receiver.url, "--format", "cloudevents", "--secret-file", str(file))
        mreg.ok("notify", "churn#prod#1", *options, "--repository", "git@host:a/b", repo=repo)
    [got] = receiver.requests
    found = json.loads(got.body)
    assert got.headers["Content-Type"] == "application/cloudevents+json"
    assert (found["type"], found["subject"]) == ("dev.mreg.stage.promoted.v1", "churn#prod#1")
    assert (found["source"], found["time"]) == ("ssh://git@host/a/b", found["data"]["created_at"])
    headers = {name.lower(): it for name, it in got.headers.items()}
    oid = found["data"]["oid"]
    assert found["id"] == headers["webhook-id"] == headers["idempotency-key"] == oid
    sent = headers["webhook-timestamp"]
    given, secret = headers["webhook-signature"], cloud_events.SECRET.encode()
    assert signature.is_right_standard(given, secret, oid, sent, got.body)


def test_a_malformed_secret_of_standard_webhooks_stops_it(
    mreg: CommandLine, repo: Repository, tmp_path: Path
) -> None:
    file = tmp_path / "secret"
    file.write_text("whsec_no Base64")
    with receiving() as receiver:
        options = ("--webhook", receiver.url, "--secret-file", str(file))
        done = mreg("notify", "churn#prod#1", *options, repo=repo)
    assert (done.code, receiver.requests) == (2, [])
    assert "not a key in Base64" in done.err
    assert "no Base64'" not in done.err


@pytest.mark.parametrize("command", ["notify", "watch"])
def test_a_form_that_there_is_not(mreg: CommandLine, repo: Repository, command: str) -> None:
    done = mreg(command, "--format", "cloudevent", "--webhook", "https://h.example", repo=repo)
    assert done.code == 2
    assert "cloudevents" in done.err


def test_dry_run_prints_it_and_posts_nothing(mreg: CommandLine, repo: Repository) -> None:
    with receiving() as receiver:
        options = ("--webhook", receiver.url, "--dry-run")
        done = mreg.ok("notify", "churn#prod#1", *options, repo=repo)
    assert done.json["tag"] == "churn#prod#1"
    assert receiver.requests == []


def test_a_foreign_tag_is_none_of_our_business(mreg: CommandLine, repo: Repository) -> None:
    with receiving() as receiver:
        done = mreg.ok("notify", "v9", "--webhook", receiver.url, repo=repo)
    assert (done.out, done.err) == ("", "v9 is not an event: nothing was posted.\n")
    assert receiver.requests == []


def test_nobody_hears_of_what_the_policy_does_not_allow(
    mreg: CommandLine, make_repository: Maker
) -> None:
    policy = b"stages:\n  prod:\n    requires: {fields: [owner]}\n"
    repo = make_repository(TAGS, commits=[{".mreg.yaml": policy}])
    with receiving() as receiver:
        refused = mreg("notify", "churn#prod#1", "--webhook", receiver.url, repo=repo)
        assert refused.code == 1
        assert refused.err.startswith("error: the policy does not allow churn#prod#1: ")
        assert receiver.requests == []
        options = ("--webhook", receiver.url, "--no-policy")
        mreg.ok("notify", "churn#prod#1", *options, repo=repo)
    assert receiver.events() == ["churn#prod#1"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("notify", "churn#prod#1"), "no webhook is given"),
        (
            ("notify", "churn#prod#1", "--webhook", "ftp://secret.example"),
            "not the URL of a webhook",
        ),
        (("notify", "--webhook", "https://hooks.example/secret"), "not a supported CI system"),
        (("notify", "x", "--new", "0", "1", "x", "--webhook", "https://h.example"), "together"),
    ],
)
def test_what_makes_no_sense(
    mreg: CommandLine, repo: Repository, arguments: tuple[str, ...], said: str
) -> None:
    done = mreg(*arguments, repo=repo)
    assert done.code == 2
    assert said in done.err
    assert "secret" not in done.err


def test_the_tag_of_the_pipeline(
    mreg: CommandLine, repo: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITLAB_CI", "true")
    monkeypatch.setenv("CI_COMMIT_TAG", "churn#prod#1")
    monkeypatch.setenv("CI_PROJECT_URL", "https://gitlab.example/acme/models")
    with receiving() as receiver:
        mreg.ok("notify", "--webhook", receiver.url, repo=repo)
    assert receiver.events() == ["churn#prod#1"]
    assert receiver.requests[0].json["repository"] == "https://gitlab.example/acme/models"


def test_githubs_event_says_which_object_is_meant(
    mreg: CommandLine, repo: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pushed = repo.refs()["refs/tags/churn#prod#1"]
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"ref": "refs/tags/churn#prod#1", "after": pushed}))
    for name, value in environments.github("churn#prod#1").items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("GITHUB_EVENT_PATH", str(event))
    with receiving() as receiver:
        to = ("--webhook", receiver.url)
        mreg.ok("notify", *to, repo=repo)
        # The commit is the same one: only the event tells.
        moved = repo.put_object(tag_bytes("churn#prod#1", repo.commits[0], message=b"Other.\n"))
        repo.git("update-ref", "refs/tags/churn#prod#1", moved)
        for named in ((), ("churn#prod#1",)):
            other = mreg("notify", *named, *to, repo=repo)
            assert other.code == 1
            assert f"{moved}, but {pushed} was expected" in other.err
    assert receiver.events() == ["churn#prod#1"]


def test_one_update_of_a_push(mreg: CommandLine, repo: Repository) -> None:
    oid = repo.refs()["refs/tags/churn#prod#1"]
    with receiving() as receiver:
        to = ("--webhook", receiver.url)
        for update in (
            ("0" * 40, oid, "refs/tags/churn#prod#1"),
            (oid, "0" * 40, "refs/tags/churn#prod#1"),
            ("0" * 40, repo.commits[0], "refs/heads/main"),
        ):
            mreg.ok("notify", "--new", *update, *to, repo=repo)
        other = mreg(
            "notify", "--new", "0" * 40, "5" * 40, "refs/tags/churn#prod#1", *to, repo=repo
        )
    assert receiver.events() == ["churn#prod#1"]
    assert other.code == 1
    assert "was expected" in other.err


def test_a_servers_hook_tells_the_events_of_a_push_in_their_order(shared: Shared) -> None:
    with receiving() as receiver:
        command = f'"{sys.executable}" -m mreg notify - --webhook {receiver.url}'
        remotes.install_hook(shared.remote, "post-receive", command)
        clone = shared.ann
        watched.record(clone, ["churn"])
        for stage in ("dev", "staging", "prod"):
            run(clone.path, *_recorded(stage))
        run(clone.path, "push", "-q", "--atomic", "origin", "--tags", "main:topic")
    assert receiver.events() == [
        "churn@v0.1.0",
        "churn#dev#1",
        "churn#staging#2",
        "churn#prod#3",
    ]


def _recorded(stage: str) -> tuple[str, ...]:
    """Return the Git command that promotes to a stage, within the same second."""
    number = ("dev", "staging", "prod").index(stage) + 1
    return ("tag", "-a", "-m", "Go", f"churn#{stage}#{number}", "HEAD")


def test_a_hook_says_who_could_not_be_told(shared: Shared) -> None:
    """The push is done by then."""
    with receiving(status(403, b"who are you?")) as receiver:
        command = f'"{sys.executable}" -m mreg notify - --webhook {receiver.url}/secret'
        remotes.install_hook(shared.remote, "post-receive", command)
        run(shared.ann.path, "tag", "-a", "-m", "Go", "churn@v1.0.0")
        done = subprocess.run(
            ["git", "push", "origin", "churn@v1.0.0"],
            cwd=shared.ann.path,
            capture_output=True,
            text=True,
            check=True,
        )
    said = [it.strip() for it in done.stderr.splitlines() if it.startswith("remote:")]
    assert said == [f"remote: error: {receiver.url}: it answered 403: who are you?"]
    assert "churn@v1.0.0" in shared.tags()


@pytest.mark.parametrize("text", ["churn@v1.0.0", "0 1 refs/tags/x", f"{'0' * 40} {'1' * 40} x"])
def test_what_is_not_said_of_a_push_is_wrong_usage(text: str, repo: Repository) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mreg", "notify", "-", "--webhook", "http://127.0.0.1:1"],
        cwd=repo.path,
        input=f"{text}\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert f"error: '{text}' is not valid input of a post-receive hook" in done.stderr
