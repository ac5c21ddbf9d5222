"""Posting to webhooks: what is tried again, what is final, and what bounds it."""

from __future__ import annotations

import time
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

import receivers
import remotes
from mreg.errors import UsageError
from mreg.net import backoff, http, signature
from mreg.net import webhook as posting
from receivers import Answer, Receiver, receiving, status

BODY = b'{"event": "promote"}'
OID = "5f" * 20


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "FIRST", 0.0)


def post(to: Receiver | str, *, secret: bytes = b"", seconds: float = 10.0) -> posting.Delivery:
    url = to if isinstance(to, str) else to.url
    return posting.post(
        posting.parse(f"{url}/T0/secret-path"),
        BODY,
        lambda now: signature.headers(BODY, key=OID, timestamp=now, secret=secret),
        seconds=seconds,
        tries=4,
    )


def test_the_exact_bytes_arrive_with_the_key_and_a_signature() -> None:
    with receiving() as receiver:
        done = post(receiver, secret=b"between us")
    assert done == posting.Delivery(receiver.url, True, 200, 1, "")
    [got] = receiver.requests
    assert (got.path, got.body) == ("/T0/secret-path", BODY)
    assert got.headers["Content-Type"] == "application/json"
    assert got.headers["Idempotency-Key"] == OID
    sent = int(got.headers["X-Mreg-Timestamp"])
    assert abs(sent - time.time()) < 60
    expected = signature.sign(b"between us", sent, BODY)
    assert got.headers["X-Mreg-Signature-256"] == expected


def test_without_a_secret_nothing_is_signed() -> None:
    with receiving() as receiver:
        post(receiver)
    assert "X-Mreg-Signature-256" not in receiver.requests[0].headers


def test_a_signature_is_hmac_sha256_of_time_and_body() -> None:
    """Computed with: printf '1700000000.{}' | openssl dgst -sha256 -hmac key."""
    assert signature.sign(b"key", 1_700_000_000, b"{}") == (
        "sha256=9d713ed406bb7076d4123f0dc2c39d2df5c654ed4b0cd56b52c8b4c940bd63ae"
    )


@pytest.mark.parametrize(
    "failing",
    [
        pytest.param([status(500)], id="500"),
        pytest.param([status(503, b"busy"), status(502)], id="503, 502"),
        pytest.param([receivers.drop], id="dropped"),
        pytest.param([status(429, Retry_After="0")], id="429"),
        pytest.param([status(429, Retry_After="soon")], id="429 with nonsense"),
        pytest.param(
            [status(503, Retry_After="Wed, 21 Oct 2015 07:28:00 GMT")], id="503 until a date"
        ),
    ],
)
def test_what_may_pass_is_tried_again(failing: list[Answer]) -> None:
    with receiving(*failing) as receiver:
        done = post(receiver)
    assert (done.delivered, done.tries) == (True, len(failing) + 1)
    assert {it.headers["Idempotency-Key"] for it in receiver.requests} == {OID}


@pytest.mark.parametrize("code", [400, 401, 403, 404, 410, 413, 422])
def test_a_fault_of_ours_is_final(code: int) -> None:
    with receiving(status(code, b"invalid_payload\n")) as receiver:
        done = post(receiver)
    assert done == posting.Delivery(
        receiver.url, False, code, 1, f"it answered {code}: invalid_payload"
    )
    assert len(receiver.requests) == 1


def test_failing_for_ever_is_bounded() -> None:
    with receiving(*[status(500)] * 9) as receiver:
        done = post(receiver)
    assert done == posting.Delivery(receiver.url, False, 500, 4, "it answered 500")
    assert len(receiver.requests) == 4


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_redirects_are_refused(code: int) -> None:
    with receiving() as other, receiving(status(code, Location=other.url)) as receiver:
        done = post(receiver, secret=b"between us")
    assert (done.delivered, done.status, done.tries) == (False, code, 1)
    assert done.reason == f"it redirects ({code}), and redirects are not followed"
    assert other.requests == []


def test_nobody_listens() -> None:
    with receiving() as receiver:
        gone = receiver.url
    done = post(gone)
    assert done == posting.Delivery(gone, False, None, 4, "Connection refused")


def test_a_receiver_that_never_answers() -> None:
    with receiving(*[receivers.never] * 4) as receiver:
        done = post(receiver, seconds=0.1)
    assert done == posting.Delivery(receiver.url, False, None, 4, "it did not answer within 0.1 s")


def test_a_receiver_that_sends_a_byte_now_and_then() -> None:
    """Each byte comes in time, and all of them would take for ever."""

    def drip(handler: BaseHTTPRequestHandler) -> None:
        for _ in range(1500):  # half a minute: where nobody hangs up, the server ends some day
            handler.wfile.write(b"H")
            time.sleep(0.02)

    with receiving(*[drip] * 4) as receiver:
        begun = time.monotonic()
        done = post(receiver, seconds=0.2)
        assert time.monotonic() - begun < 20
    assert not done.delivered
    assert done.reason == "it did not answer within 0.2 s"


def test_what_connects_after_the_time_is_over_is_cut_too() -> None:
    """On a busy machine the time was over before the connection was made, and nothing ended it."""
    sent: list[bytes] = []

    def drip(handler: BaseHTTPRequestHandler) -> None:
        while len(sent) < 1500:
            handler.wfile.write(b"H")
            sent.append(b"H")
            time.sleep(0.02)

    with receiving(drip) as receiver, http.limited(0.01) as opener:
        time.sleep(0.1)
        with pytest.raises((OSError, HTTPException)):
            opener.open(receiver.url, data=b"late", timeout=5)
    assert len(sent) < 1500


@pytest.mark.parametrize("code", [200, 400])
def test_a_giant_body_is_not_read(code: int) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        handler.send_header("Content-Length", str(10**12))
        handler.end_headers()
        while True:
            handler.wfile.write(b"x" * 65536)

    with receiving(answer) as receiver:
        done = post(receiver)
    assert (done.delivered, done.status, done.tries) == (code == 200, code, 1)
    assert len(done.reason) < 200


def test_a_receiver_says_when_to_come_back_but_not_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    with receiving(status(429, Retry_After="7"), status(503, Retry_After="86400")) as receiver:
        assert post(receiver).delivered
    assert waited == [7, posting.MOST_WAITED]


def test_a_certificate_that_nobody_trusts_is_final(tmp_path: Path) -> None:
    certificate = remotes.make_certificate(tmp_path)
    with receiving(certificate=certificate) as receiver:
        done = post(receiver)
    assert (done.delivered, done.tries) == (False, 1)
    assert done.reason.startswith("its certificate is not trusted: ")
    assert receiver.requests == []


def test_a_certificate_that_is_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate = remotes.make_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
    with receiving(certificate=certificate) as receiver:
        assert post(receiver).delivered


def test_the_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        assert post("http://models.example").delivered
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        with receiving() as direct:
            assert post(direct).delivered
    [got] = proxy.requests
    assert got.path == "http://models.example/T0/secret-path"
    assert len(direct.requests) == 1


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hooks.example",
        "ftp://hooks.example/secret",
        "file:///etc/passwd",
        "http://",
        "https://user:secret@hooks.example",
        "https://hooks.example/secret\r\nX: y",
        "https://hooks.example/sec ret",
        "https://hooks.example:secret",
        "https://[::1/secret",
        "https://h\xf6oks.example/secret",
    ],
)
def test_what_is_no_url_of_a_webhook_is_refused_and_not_printed(url: str) -> None:
    with pytest.raises(UsageError) as refused:
        posting.parse(url)
    assert "secret" not in f"{refused.value} {refused.value.hint}"


def test_the_secret_part_of_a_url_does_not_show() -> None:
    webhook = posting.parse("https://hooks.example/services/T0/B0/secret?sig=secret")
    assert webhook.shown == "https://hooks.example"
    assert "secret" not in repr(webhook)


def test_a_secret_of_standard_webhooks_signs_by_both_ways() -> None:
    """The example of standardwebhooks.com; by: printf %s ID.TIME.BODY | openssl dgst -hmac."""
    secret = b"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'
    found = signature.headers(
        body, key="msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp=1_614_265_330, secret=secret
    )
    assert found == {
        "Content-Type": "application/json",
        "Idempotency-Key": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "X-Mreg-Timestamp": "1614265330",
        "X-Mreg-Signature-256": signature.sign(secret, 1_614_265_330, body),
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


@pytest.mark.parametrize("secret", [b"whsec_", b"whsec_no Base64", b"whsec_YWI"])
def test_a_secret_that_only_begins_like_one_of_standard_webhooks(secret: bytes) -> None:
    with pytest.raises(UsageError, match="not a key in Base64"):
        signature.standard_key(secret)
    assert not signature.is_right_standard("v1,", secret, "1", "1", b"")
