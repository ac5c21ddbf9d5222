"""Posting to a webhook: one request, and another try where that can help.

A receiver that cannot be reached, is busy (429) or has failed (5xx) is tried again; any other
answer is final. Redirects are not followed: what is posted is meant for the host that was named.
Certificates are checked. The proxies of the environment (HTTPS_PROXY, HTTP_PROXY, NO_PROXY) are
used, as Git and curl do. No message holds a URL in full: Slack's and Teams' are secrets.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from http.client import HTTPException, HTTPResponse
from typing import NamedTuple
from urllib.error import URLError
from urllib.parse import SplitResult, urlsplit
from urllib.request import Request

from mreg.errors import UsageError
from mreg.net import backoff, http

SECONDS = 10.0
"""How long one try may take where nobody says otherwise."""

MOST_WAITED = 60.0
"""The longest that a receiver may have us wait (Retry-After), in seconds."""

_MOST_READ = 4096
_MOST_QUOTED = 120
_OK, _REDIRECTS, _FAULTS_OF_OURS, _FAILURES = 200, 300, 400, 500
_BUSY = 429


class Webhook(NamedTuple):
    """Where to post to: the URL, which may be a secret, and its host, which may be printed."""

    secret: str
    shown: str

    def __repr__(self) -> str:
        return f"Webhook({self.shown})"


class Delivery(NamedTuple):
    """What became of a post to a host: its last answer, if there was one, and after how many tries.

    The reason why it was not delivered is empty if it was.
    """

    webhook: str
    delivered: bool
    status: int | None
    tries: int
    reason: str


class _Answer(NamedTuple):
    """What a receiver said; with status 0 the reason why it said nothing."""

    status: int
    reason: str = ""
    retry_after: float = 0
    final: bool = False

    @property
    def settled(self) -> bool:
        """Whether another try would be of no use."""
        return self.final or (0 < self.status < _FAILURES and self.status != _BUSY)


Sleep = Callable[[float], bool]
"""Waits for some seconds; tells whether to give up."""

Headers = Callable[[int], Mapping[str, str]]
"""Returns the headers of a post that is sent at a time, in seconds since 1970."""


def sleep(seconds: float) -> bool:
    """Wait, and give up nothing."""
    time.sleep(seconds)
    return False


def parse(url: str) -> Webhook:
    """Read the URL of a webhook.

    Raises:
        UsageError: it is none; the message does not hold it.
    """
    try:
        found = urlsplit(url)
        usable = _is_usable(found) and url.isprintable() and url.isascii() and " " not in url
    except ValueError:  # a port that is no number, brackets that do not match
        usable = False
    if not usable:
        raise UsageError(
            "that is not the URL of a webhook",
            hint="write http:// or https:// and a host, without a user name or password",
        )
    return Webhook(url, f"{found.scheme}://{found.netloc}")


def _is_usable(url: SplitResult) -> bool:
    has_host = bool(url.hostname) and (url.port is None or url.port > 0)
    return url.scheme in ("http", "https") and has_host and "@" not in url.netloc


def post(
    webhook: Webhook,
    body: bytes,
    headers: Headers,
    *,
    seconds: float = SECONDS,
    tries: int = backoff.TRIES,
    sleep: Sleep = sleep,
) -> Delivery:
    """Post a body, and try again while that can help.

    Each try has headers with the time of its own, and may take so many seconds.
    """
    waits = [*backoff.waits(tries), None]
    for number, wait in enumerate(waits, start=1):
        answer = _ask(webhook, body, headers(int(time.time())), seconds)
        if _OK <= answer.status < _REDIRECTS:
            return Delivery(webhook.shown, True, answer.status, number, "")
        if answer.settled or wait is None or sleep(max(wait, min(answer.retry_after, MOST_WAITED))):
            break
    return Delivery(webhook.shown, False, answer.status or None, number, answer.reason)


def _ask(webhook: Webhook, body: bytes, headers: Mapping[str, str], seconds: float) -> _Answer:
    """Post once."""
    end = time.monotonic() + seconds
    request = Request(webhook.secret, body, dict(headers), method="POST")  # noqa: S310 - see parse
    request.add_header("User-Agent", http.AGENT)
    try:
        with http.limited(seconds) as opener, opener.open(request, timeout=seconds) as response:
            return _read(response, end)
    except (OSError, HTTPException) as error:
        if time.monotonic() >= end:
            return _Answer(0, f"it did not answer within {seconds:g} s")
        cause = error.reason if isinstance(error, URLError) else error
        untrusted = isinstance(cause, ssl.SSLCertVerificationError)
        return _Answer(0, http.reason(error), final=untrusted)


def _read(response: HTTPResponse, end: float) -> _Answer:
    """Return what a response says; of its text no more than explains a failure."""
    status = response.status
    if _OK <= status < _REDIRECTS:
        return _Answer(status)
    if _REDIRECTS <= status < _FAULTS_OF_OURS:
        return _Answer(status, f"it redirects ({status}), and redirects are not followed")
    text = b""
    # The status is known: a text that does not arrive changes nothing.
    with suppress(OSError, HTTPException):
        while len(text) < _MOST_READ and time.monotonic() < end:
            if not (chunk := response.read1(_MOST_READ - len(text))):
                break
            text += chunk
    said = " ".join(text.decode("utf-8", "replace").split())[:_MOST_QUOTED]
    reason = f"it answered {status}: {said}" if said else f"it answered {status}"
    return _Answer(status, reason, http.retry_after(response.headers.get("Retry-After", "")))
