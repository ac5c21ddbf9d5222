"""Push events: which are right, what they say, which repositories they mean, what is read when."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from http import HTTPStatus

import pytest

import cloud_events
from mreg.catalog import places, pushes
from mreg.catalog.members import CatalogMember
from mreg.catalog.queue import FIRST, LONGEST, MOST, TRIED_AGAIN, RefreshQueue
from mreg.deploy import payloads
from mreg.net import signature
from mreg.web.ui.requests import BadRequest
from posts import HOSTS, SECRET, TOKEN, push, signed

NOW = 1_800_000_000
SECRETS = (b"another secret of somebody", SECRET, TOKEN)
URL = "https://git.example.com/ml/churn.git"


def low(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): it for name, it in headers.items()}


@pytest.mark.parametrize("host", HOSTS)
def test_a_push_is_taken_that_its_host_signed(host: str) -> None:
    body = push(host, URL)
    found = pushes.received(low(signed(host, body, sent=NOW)), body, SECRETS, NOW + 200)
    assert found.host == host.removesuffix(" token")
    assert (found.is_push, found.is_ping, found.id, found.urls) == (True, False, "1", (URL,))


def test_a_cloud_event_of_mreg_is_taken() -> None:
    event = cloud_events.EVENTS["dev.mreg.version.registered.v1"]
    body = payloads.body(event, "cloudevents")
    kind = payloads.media_type("cloudevents")
    sent = signature.headers(body, key=str(event.oid), timestamp=NOW, secret=TOKEN, kind=kind)
    found = pushes.received(low(sent), body, SECRETS, NOW)
    assert (found.host, found.is_push, found.id) == ("mreg", True, event.oid)
    assert found.urls == (event.repository,)


def test_github_s_own_example_is_right() -> None:
    """docs.github.com, "Testing the webhook payload validation"."""
    sum_ = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    with pytest.raises(BadRequest) as caught:
        pushes.received(
            {"x-hub-signature-256": f"sha256={sum_}", "content-type": "application/json"},
            b"Hello, World!",
            [b"It's a Secret to Everybody"],
            NOW,
        )
    assert caught.value.status == HTTPStatus.BAD_REQUEST  # the signature is right, the body no JSON


def refused(headers: Mapping[str, str], body: bytes, now: int = NOW) -> int:
    with pytest.raises(BadRequest) as caught:
        pushes.received(low(headers), body, SECRETS, now)
    return caught.value.status


@pytest.mark.parametrize("host", HOSTS)
def test_what_is_not_signed_rightly_is_refused_before_it_is_read(host: str) -> None:
    body = push(host, URL)
    headers = signed(host, body, sent=NOW)
    if host != "GitLab token":  # which signs no body
        assert refused(headers, body + b" ") == 401
    wrong = signed(host, b"{", secret=b"guessed guessed guessed", key=b"\1" * 32, sent=NOW)
    assert refused(wrong, b"{") == 401
    bare = {
        name: it
        for name, it in headers.items()
        if "signature" not in name.lower() and name != "X-Gitlab-Token"
    }
    assert refused(bare, body) == 401
    for name in ({*headers} - {*bare}) & {
        "X-Hub-Signature-256",
        "X-Gitea-Signature",
        "X-Gitlab-Token",
        "X-Mreg-Signature-256",
        "webhook-signature",
    }:
        for text in ("", "sha256=", "v1,", "ÿ", "0" * 5000):
            assert refused({**bare, name: text}, body) == 401


@pytest.mark.parametrize("host", ["mreg", "GitLab"])
@pytest.mark.parametrize("seconds", [-301, 301, 10**6])
def test_what_was_signed_long_ago_is_refused(host: str, seconds: int) -> None:
    body = push(host, URL)
    assert refused(signed(host, body, sent=NOW), body, NOW + seconds) == 401


@pytest.mark.parametrize("text", ["", "x", "-1", "1e9", "٣", "9" * 400])
def test_a_time_that_is_none_is_refused(text: str) -> None:
    body = push("mreg", URL)
    sum_ = hmac.new(SECRET, text.encode() + b"." + body, hashlib.sha256).hexdigest()
    said = {"X-Mreg-Timestamp": text, "X-Mreg-Signature-256": f"sha256={sum_}"}
    assert refused(said, body) == 401


def test_a_secret_of_another_kind_is_no_signing_token() -> None:
    body = push("GitLab", URL)
    for key in (SECRET, b"", b"another secret of somebody"):
        assert refused(signed("GitLab", body, key=key, sent=NOW), body) == 401


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b"1", b"\xff", b"[" * 100_000, b'"' + b"a" * 9999]
)
def test_what_is_signed_and_no_event_is_refused(body: bytes) -> None:
    assert refused(signed("GitHub", body), body) == 400


def test_a_form_is_told_what_to_choose() -> None:
    body = b"payload=%7B%7D"
    said = {**signed("GitHub", body), "Content-Type": "application/x-www-form-urlencoded"}
    assert refused(said, body) == 415


@pytest.mark.parametrize(
    ("host", "event", "is_push", "is_ping"),
    [
        ("GitHub", "ping", False, True),
        ("GitHub", "create", True, False),
        ("GitHub", "issues", False, False),
        ("Gitea", "delete", True, False),
        ("Gitea", "pull_request", False, False),
        ("GitLab", "Push Hook", True, False),
        ("GitLab token", "Merge Request Hook", False, False),
        ("GitLab token", "System Hook", False, False),
    ],
)
def test_which_events_are_pushes(host: str, event: str, *, is_push: bool, is_ping: bool) -> None:
    body = push(host, URL)
    found = pushes.received(low(signed(host, body, event=event, sent=NOW)), body, SECRETS, NOW)
    assert (found.is_push, found.is_ping) == (is_push, is_ping)


def test_a_hook_of_a_whole_gitlab_names_its_event_in_the_body() -> None:
    body = json.dumps({"event_name": "tag_push", "project": {"git_ssh_url": "git@a:b/c"}}).encode()
    headers = low(signed("GitLab token", body, event="System Hook"))
    found = pushes.received(headers, body, SECRETS, NOW)
    assert (found.is_push, found.urls) == (True, ("git@a:b/c",))


@pytest.mark.parametrize(
    "repository", [None, 1, [], {}, {"clone_url": 1}, {"clone_url": "a" * 4000}, {"clone_url": {}}]
)
def test_what_names_no_repository_has_no_url(repository: object) -> None:
    body = json.dumps({"repository": repository}).encode()
    found = pushes.received(low(signed("GitHub", body)), body, SECRETS, NOW)
    assert found.urls == ()


SAME = [
    "https://git.example.com/ml/churn.git",
    "https://git.example.com/ml/churn",
    "https://git.example.com/ml/churn/",
    "https://token@git.example.com/ml/churn.git",
    "https://GIT.example.com:443/ml/Churn",
    "http://git.example.com:3000/ml/churn.git",
    "ssh://git@git.example.com/ml/churn.git",
    "ssh://git@git.example.com:2222/ml/churn.git",
    "git@git.example.com:ml/churn.git",
    "git://git.example.com/ml/churn",
]
OTHER = [
    "https://git.example.com/ml/churn2.git",
    "https://git.example.com/churn.git",
    "https://git.example.com/x/ml/churn.git",
    "https://example.com/ml/churn.git",
    "https://evil.example/git.example.com/ml/churn.git",
    "git.example.com/ml/churn",
    "/ml/churn",
    "churn",
    "",
    "https://",
    "*",
    "file:///ml/churn.git",
]


def member(address: str, label: str = "risk") -> CatalogMember:
    return CatalogMember(label, address, address)


@pytest.mark.parametrize("listed", SAME)
def test_one_repository_is_known_by_all_its_urls(listed: str) -> None:
    for url in SAME:
        assert places.meant([member(listed)], [url]) == ["risk"], url
    for url in OTHER:
        assert places.meant([member(listed)], [url]) == [], url


def test_a_folder_is_known_by_its_end_its_path_and_its_label() -> None:
    members = [member("/srv/git/ml/churn.git"), member("/srv/work/ml/fraud/.git", "fraud")]
    assert places.meant(members, SAME) == ["risk"]
    for url in (OTHER[0], OTHER[2], *OTHER[4:]):
        assert places.meant(members, [url]) == [], url
    for text in ("risk", "/srv/git/ml/churn.git", "file:///srv/git/ml/churn", "/srv/git/ml/churn/"):
        assert places.meant(members, [text]) == ["risk"], text
    assert places.meant(members, ["https://a.example/ml/fraud", "risk"]) == ["risk", "fraud"]
    assert places.meant(members, ["/srv/git", "ml/churn", "srv/git/ml/churn.git"]) == []


class TestQueue:
    def test_a_repository_waits_once_however_often_it_is_pushed_to(self) -> None:
        queue = RefreshQueue(300)
        queue.begin(["a", "b"], 0)
        assert queue.take(0) == ("schedule", ("a", "b"))
        for _ in range(10):
            queue.push(["a"])  # while it is being read
        assert len(queue) == 1
        queue.done(["a", "b"], frozenset(), 5)
        assert queue.take(5) == ("push", ("a",))
        queue.done(["a"], frozenset(), 6)
        assert (queue.take(6), queue.wait(6)) == (("schedule", ()), 294)

    def test_pushes_come_before_the_rest_of_a_round(self) -> None:
        queue = RefreshQueue(300)
        names = [f"r{it:03}" for it in range(2 * MOST)]
        queue.begin(names, 0)
        assert queue.take(0)[1] == tuple(names[:MOST])
        queue.push([names[-1], names[0]])
        assert queue.take(0) == ("push", (names[-1], names[0]))
        assert queue.take(0) == ("schedule", tuple(names[MOST:-1]))
        assert not queue.is_planned

    def test_one_that_fails_is_tried_after_times_that_double_up_to_a_bound(self) -> None:
        queue = RefreshQueue(60)
        queue.begin(["a", "b"], 0)
        queue.take(0)
        waits, now = [], 0.0
        for _ in range(20):
            queue.done(["a", "b"], {"a"}, now)
            queue.begin(["a", "b"], now)
            assert queue.take(now) == ("schedule", ("b",))
            queue.done(["b"], frozenset(), now)
            queue.next_round = now + 10 * LONGEST
            waits.append(queue.wait(now))
            now += waits[-1]
            assert queue.take(now) == ("retry", ("a",))
        assert waits[:4] == [FIRST, 2 * FIRST, 4 * FIRST, 8 * FIRST]
        assert {*waits[8:]} == {LONGEST}
        queue.done(["a"], frozenset(), now)
        queue.done(["a"], {"a"}, now)
        assert queue.wait(now) == FIRST

    def test_those_that_failed_keep_a_push_waiting_for_a_few_of_them_at_most(self) -> None:
        queue = RefreshQueue(60)
        names = [f"r{it}" for it in range(3 * TRIED_AGAIN)]
        queue.begin(names, 0)
        queue.done(queue.take(0)[1], {*names}, 0)
        reason, labels = queue.take(FIRST)
        assert (reason, len(labels)) == ("retry", TRIED_AGAIN)
        queue.done(labels, {*labels}, FIRST)
        queue.push([names[0]])
        assert queue.take(FIRST) == ("push", (names[0],))
        assert queue.take(FIRST) == ("retry", tuple(names[TRIED_AGAIN : 2 * TRIED_AGAIN]))

    def test_a_push_does_not_wait_and_what_is_gone_is_forgotten(self) -> None:
        queue = RefreshQueue(60)
        queue.begin(["a"], 0)
        queue.take(0)
        queue.done(["a"], {"a"}, 0)
        queue.push(["a"])
        assert queue.take(1) == ("push", ("a",))
        queue.done(["a"], {"a"}, 1)
        queue.push(["a"])
        queue.begin(["b"], 2)
        assert queue.take(2) == ("schedule", ("b",))
        assert queue.wait(2) == 60
