"""What endpoints are asked, and what their answers are taken to say."""

from __future__ import annotations

import json
from http.client import HTTPMessage
from typing import Any

import pytest

import handmade
from mreg.deploy import endpoints, running
from mreg.deploy.endpoints import CannotAsk, Said
from mreg.deploy.running import Running
from mreg.net.probe import Asked, Reply
from mreg.policy.model import Endpoint, SentHeader

SECRETS = {"MREG_ENDPOINT_TOKEN": "abc\n", "MREG_ENDPOINT_BAD": "a\r\nX: y", "MREG_ENDPOINT_N": ""}
URL = "http://models.example/v2/models/{name}"


def asked(url: str, artifact: str = "churn", **headers: str) -> Asked:
    sent = tuple(SentHeader(*it) for it in headers.items())
    return endpoints.question(Endpoint(url, headers=sent), artifact, "prod", SECRETS)


@pytest.mark.parametrize(
    ("url", "artifact", "wanted"),
    [
        (URL, "churn", "http://models.example/v2/models/churn"),
        (URL, "team/churn", "http://models.example/v2/models/team%2Fchurn"),
        (URL, "..:churn", "http://models.example/v2/models/..%3Achurn"),
        ("https://{name}.{stage}.svc:8443/v1?m={name}", "a", "https://a.prod.svc:8443/v1?m=a"),
        ("http://127.0.0.1/x#{name}", "churn", "http://127.0.0.1/x"),
        ("http://[::1]:80/", "churn", "http://[::1]:80/"),
    ],
)
def test_the_name_is_filled_in(url: str, artifact: str, wanted: str) -> None:
    assert asked(url, artifact).url == wanted


@pytest.mark.parametrize("artifact", ["evil/x", "evil.example:x", "a_b", "x" * 64])
def test_a_name_leads_to_no_other_host(artifact: str) -> None:
    with pytest.raises(CannotAsk, match="cannot be part of a host name"):
        asked("http://{name}.svc/", artifact)


def test_secrets_come_from_the_variables_that_are_named() -> None:
    found = asked(URL, Authorization="Bearer ${MREG_ENDPOINT_TOKEN}", Host="{name}.example")
    assert found.headers == (("Authorization", "Bearer abc"), ("Host", "churn.example"))


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("${MREG_ENDPOINT_OTHER}", "MREG_ENDPOINT_OTHER is not set in the environment"),
        ("${MREG_ENDPOINT_N}", "MREG_ENDPOINT_N is not set in the environment"),
        (
            "${MREG_ENDPOINT_BAD}",
            "MREG_ENDPOINT_BAD contains characters that a header cannot contain",
        ),
    ],
)
def test_a_secret_that_cannot_be_sent(value: str, why: str) -> None:
    with pytest.raises(CannotAsk) as caught:
        asked(URL, Authorization=value)
    assert str(caught.value) == why


def said(body: Any, **more: Any) -> Said:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = HTTPMessage()
    headers["X-Model-Version"] = "v1.0.0"
    return endpoints.said(Endpoint(URL, **more), Reply(headers, raw))


OID = "0123456789" * 4


@pytest.mark.parametrize(
    ("body", "more", "wanted"),
    [
        ({"name": "churn", "versions": ["v1.0.0"]}, {}, Said("v1.0.0")),
        ({"versions": ["1"], "version": "v1.0.0"}, {}, Said("v1.0.0")),
        ({"properties": {"version": "v1.0.0", "commit": OID}}, {}, Said("v1.0.0", OID)),
        (
            {"versions": [OID], "properties": {"version": None, "commit": OID}},
            {},
            Said(OID, OID),
        ),
        (
            {"versions": ["v1.0.0"], "properties": {"failing_since": "2026"}},
            {},
            Said("v1.0.0", None, True),
        ),
        ({"versions": ["v1.0.0"], "commit": "no"}, {}, Said("v1.0.0")),
        ({"model": {"version": " v1.0.0\n"}}, {"field": "model.version"}, Said("v1.0.0")),
        ({"all": [{"v": "v1"}, {"v": "v2"}]}, {"field": "all.1.v"}, Said("v2")),
        (b"<html>", {"header": "x-model-version"}, Said("v1.0.0")),
    ],
)
def test_where_a_version_is_said(body: Any, more: dict[str, Any], wanted: Said) -> None:
    assert said(body, **more) == wanted


NO_VERSIONS = (
    "its answer does not contain the version: versions is missing; if it is elsewhere, "
    "name the place with field or header in .mreg.yaml"
)


@pytest.mark.parametrize(
    ("body", "more", "why"),
    [
        (b"", {}, "its answer is empty"),
        (b"<html>", {}, "its answer is not JSON"),
        (b"3.17.2", {}, "its answer is not JSON"),  # what MLflow's /version says
        (b"\xff\xfe", {}, "its answer is not JSON"),
        (b"[" * 100_000, {}, "its answer is not JSON"),
        (b'{"a":' * 100_000, {"field": "a"}, "its answer is not JSON"),
        (b"1" * 5000, {}, "its answer is not JSON"),
        ([], {}, "its answer is not model metadata: the JSON is not an object"),
        ({}, {}, NO_VERSIONS),
        ({"versions": None}, {}, NO_VERSIONS),
        (
            {"versions": ["1", "2"]},
            {},
            "it serves 2 versions, and its answer does not identify the active one",
        ),
        ({"versions": [1]}, {}, "versions in its answer is not text"),
        ({"versions": ["  "]}, {}, "versions in its answer is empty"),
        ({"v": {}}, {"field": "v"}, "v in its answer is not text"),
        ({"v": True}, {"field": "v"}, "v in its answer is not text"),
        ({"v": "a"}, {"field": "v.w"}, "its answer does not contain the version: v.w is missing"),
        ({"v": [1]}, {"field": "v.7"}, "its answer does not contain the version: v.7 is missing"),
        ({"v": "v1\x1b[31m"}, {"field": "v"}, "v in its answer is not a version: 'v1\\x1b[31m'"),
        ({"v": "v\u202e1"}, {"field": "v"}, "v in its answer is not a version: 'v\\u202e1'"),
        ({"v": "v" * 300}, {"field": "v"}, f"v in its answer is not a version: '{'v' * 60}...'"),
        (
            {},
            {"header": "X-Other"},
            "its answer does not contain the version: the header X-Other is missing",
        ),
    ],
)
def test_what_says_no_version(body: Any, more: dict[str, Any], why: str) -> None:
    with pytest.raises(CannotAsk) as caught:
        said(body, **more)
    assert str(caught.value) == why


# Held against the registry

HISTORY = handmade.history(
    "churn@v1.0.0", "churn@v1.1.0+cu12", "churn@v2.0.0", "churn@v2.0.0!", "churn#prod#1"
)


def compared(text: str, commit: str | None = None) -> Running:
    held = HISTORY.standing.current("prod")
    return running._compared(HISTORY, held, Said(text, commit), "http://x")


def test_the_handmade_history_is_as_these_tests_take_it_to_be() -> None:
    held = HISTORY.standing.current("prod")
    assert held
    assert held.version == "v1.1.0+cu12"


@pytest.mark.parametrize(
    "text",
    ["v1.1.0+cu12", "1.1.0+cu12", "v1.1.0_cu12", "1.1.0_cu12", "churn@v1.1.0+cu12"],
)
def test_a_version_is_written_in_several_ways(text: str) -> None:
    found = compared(text)
    assert (found.outcome, found.runs, found.registered) == ("same", "v1.1.0+cu12", True)


@pytest.mark.parametrize(
    ("text", "runs", "registered", "reason"),
    [
        ("v1.0.0", "v1.0.0", True, ""),
        ("v2.0.0", "v2.0.0", True, ""),
        ("v1.1.0", "v1.1.0", False, "the registry has no such version"),
        ("1", "1", False, "the registry has no such version"),
        ("other@v1.1.0+cu12", "other@v1.1.0+cu12", False, "the registry has no such version"),
    ],
)
def test_what_runs_is_another(text: str, runs: str, registered: bool, reason: str) -> None:
    assert compared(text) == Running("http://x", runs, registered, "differs", reason)


def test_a_server_says_that_it_cannot_load_what_it_should() -> None:
    held = HISTORY.standing.current("prod")
    found = running._compared(HISTORY, held, Said("v1.0.0", None, True), "http://x")
    assert (found.outcome, found.reason) == (
        "differs",
        "it cannot load the version that it should run",
    )


def test_an_id_of_a_commit_is_a_version() -> None:
    history = handmade.history(("churn@v1.0.0", "a"), ("churn@v1.1.0", "b"), ("churn#prod#1", "b"))
    held = history.standing.current("prod")
    for letter, outcome, runs in (("b", "same", "v1.1.0"), ("a", "differs", "v1.0.0")):
        found = running._compared(history, held, Said(handmade.commit(letter)), "http://x")
        assert (found.outcome, found.runs) == (outcome, runs)


def test_a_bare_commit_is_named_by_its_id() -> None:
    history = handmade.history(("churn#prod#1", "b"))
    held = history.standing.current("prod")
    found = running._compared(history, held, Said(handmade.commit("b")), "http://x")
    assert (found.outcome, found.registered) == ("same", False)


def test_a_tag_of_an_artifact_in_a_folder() -> None:
    history = handmade.history("a/b=churn@v1.0.0", "a/b=churn#prod#1")
    held = history.standing.current("prod")
    for text in ("a/b=churn@v1.0.0", "a/b:churn@v1.0.0"):
        assert running._compared(history, held, Said(text), "http://x").outcome == "same"


def test_a_version_of_that_name_may_be_another_one() -> None:
    held = HISTORY.standing.current("prod")
    assert held
    assert compared("v1.1.0+cu12", held.commit).outcome == "same"
    found = compared("v1.1.0+cu12", OID)
    assert (found.outcome, found.reason) == (
        "differs",
        "it runs a version from another commit: 0123456",
    )
