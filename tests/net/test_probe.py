"""Asking many servers side by side: what is bounded, and what a server cannot bring about."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

import model_servers
import remotes
from model_servers import Models, moved, says
from mreg.net import probe
from mreg.net.probe import Asked, Reply


@pytest.fixture
def models() -> Iterator[Models]:
    with model_servers.running() as found:
        yield found


def ask(url: str, seconds: float = 10, **headers: str) -> Reply:
    asked = Asked(url, tuple(headers.items()))
    return probe.ask_all([asked], reply, seconds=seconds, limit=1000)[asked]


def reply(_: Asked, found: Reply) -> Reply:
    return found


def test_an_answer_with_its_headers(models: Models) -> None:
    models["/x"] = says(b"{}", X_Model_Version="v1.0.0")
    found = ask(f"{models.url}/x", Authorization="Bearer abc", Host="churn.example")
    assert (found.body, found.headers["x-model-version"], found.failure) == (b"{}", "v1.0.0", "")
    [(path, headers)] = models.asked
    assert (path, headers["Authorization"]) == ("/x", "Bearer abc")
    assert (headers["Host"], headers["Accept"]) == ("churn.example", "application/json")


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (says({}, 404), "it answered 404 Not Found"),
        (says({}, 503), "it answered 503 Service Unavailable"),
        (says({}, 204), "it answered 204 No Content"),
        (says(b"x", Content_Encoding="gzip"), "its answer is compressed"),
        (says(b"x" * 1001), "its answer is longer than 1,000 bytes"),
        (model_servers.endless, "its answer is longer than 1,000 bytes"),
        (lambda it: it.wfile.write(b"\x1b[31m\n\n"), "\x1b[31m"),
        (lambda it: it.wfile.write(b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 200), "got more than"),
        (lambda it: setattr(it, "close_connection", True), "Remote end closed connection"),
    ],
)
def test_what_is_no_answer(models: Models, answer: model_servers.Answer, failure: str) -> None:
    models["/x"] = answer
    found = ask(f"{models.url}/x")
    assert found.failure.startswith(failure)
    assert len(found.failure) <= 300
    assert found.body == b""


@pytest.mark.parametrize("answer", [model_servers.dripping, model_servers.silent])
def test_who_takes_too_long_is_cut_off(models: Models, answer: model_servers.Answer) -> None:
    models["/x"] = answer
    assert ask(f"{models.url}/x", 0.2).failure == "it did not answer within 0.2 s"


def test_no_redirect_is_followed_to_this_host_or_another(models: Models) -> None:
    with model_servers.running() as other:
        models["/x"] = moved(f"{other.url}/y?token=1")
        models["/z"] = moved("/x")
        there = ask(f"{models.url}/x", Authorization="Bearer abc").failure
        here = ask(f"{models.url}/z").failure
        assert other.asked == []
    assert there == f"it redirects (307) to {other.url}/y, and redirects are not followed"
    assert here == f"it redirects (307) to {models.url}/x, and redirects are not followed"


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("http://[", "an invalid address"),
        ("//x:y@evil/z?q", "http://***@evil/z"),
        ("", "http://127."),
    ],
)
def test_wherever_it_leads(models: Models, location: str, shown: str) -> None:
    models["/x"] = moved(location)
    assert ask(f"{models.url}/x").failure.startswith(f"it redirects (307) to {shown}")


def test_a_host_that_answers_nobody_is_asked_no_more(models: Models) -> None:
    models["/x"] = model_servers.silent
    count = 6 * probe.MOST_AT_ONCE
    with model_servers.running() as other:
        other["/x"] = says({})
        asked = [Asked(f"{models.url}/x", (("N", str(it)),)) for it in range(count)]
        asked.append(Asked(f"{other.url}/x"))
        found = probe.ask_all(asked, reply, seconds=0.3)
    assert len(models.asked) <= 2 * probe.MOST_AT_ONCE
    failures = {it.failure for it in found.values()}
    assert failures == {
        "",
        "it did not answer within 0.3 s",
        f"it was not asked: {models.url.partition('//')[2]} does not answer in time",
    }


def test_a_fault_of_ours_is_raised_where_it_was_asked(models: Models) -> None:
    def broken(_: Asked, found: Reply) -> Reply:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        probe.ask_all([Asked(models.url)], broken)


@pytest.mark.parametrize("url", ["file:///etc/hostname", "ftp://127.0.0.1/x", "data:,x"])
def test_no_other_scheme_is_opened(url: str) -> None:
    assert ask(url).failure == "its URL is neither http nor https"


def test_a_certificate_that_nobody_vouches_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = remotes.make_certificate(tmp_path)
    with model_servers.running(made) as models:
        models["/x"] = says({})
        assert ask(f"{models.url}/x").failure.startswith("its certificate is not trusted: ")
        assert models.asked == []
        monkeypatch.setenv("SSL_CERT_FILE", str(made.file))
        assert ask(f"{models.url}/x").body == b"{}"
        plain = ask(models.url.replace("https", "http"))
        assert plain.failure


def test_what_cannot_be_sent_is_not_shown(models: Models) -> None:
    found = ask(f"{models.url}/x", Authorization="geheim\nX: y")
    assert found.failure == "it cannot be asked: its URL or a header is malformed"
    assert "geheim" not in repr(Asked(models.url, (("Authorization", "geheim"),)))
    assert models.asked == []


def test_the_same_is_asked_once_and_nothing_else_twice(models: Models) -> None:
    for number in range(40):
        models[f"/{number}"] = says(str(number).encode())
    asked = [Asked(f"{models.url}/{number % 40}") for number in range(120)]
    found = probe.ask_all(asked, reply)
    assert [found[it].body for it in asked[:40]] == [str(it).encode() for it in range(40)]
    assert sorted(path for path, _ in models.asked) == sorted(f"/{it}" for it in range(40))


def test_they_are_asked_side_by_side_and_not_all_at_once(models: Models) -> None:
    """Nobody is answered before as many ask as may at a time; one more never does."""
    count, most, lock = 0, 0, threading.Lock()
    gate = threading.Barrier(probe.MOST_AT_ONCE)

    def meet(handler: BaseHTTPRequestHandler) -> None:
        nonlocal count, most
        with lock:
            count += 1
            most = max(most, count)
        gate.wait(30)
        with lock:
            count -= 1
        says({})(handler)

    models["/x"] = meet
    asked = [Asked(f"{models.url}/x", (("N", str(it)),)) for it in range(2 * probe.MOST_AT_ONCE)]
    found = probe.ask_all(asked, reply, seconds=60)
    assert {it.body for it in found.values()} == {b"{}"}
    assert most == probe.MOST_AT_ONCE


def test_nobody_is_asked_where_nothing_is() -> None:
    assert probe.ask_all([], reply) == {}
