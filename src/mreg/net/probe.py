"""Asking many servers something short, side by side: bounded in time, in bytes and in threads.

Each is asked once, by GET. Redirects are not followed: what is sent is meant for the host that was
named. Only http and https are spoken, certificates are checked, and the proxies of the environment
(HTTPS_PROXY, HTTP_PROXY, NO_PROXY) are used, as Git and curl do. Addresses of this machine and of
private networks are as good as others, since that is where clusters are.
"""

from __future__ import annotations

import http.client
import queue
import ssl
import time
from collections import Counter
from collections.abc import Callable, Iterable
from email.message import Message
from functools import cached_property
from threading import Lock, Thread
from typing import TypeVar
from urllib.parse import urljoin, urlsplit
from urllib.request import Request

from mreg.net import http as client
from mreg.tuples import NamedTuple

T = TypeVar("T")

SECONDS = 10.0
"""How long one answer may take where nobody says otherwise."""

MOST_BYTES = 1 << 20
"""So long an answer may be."""

MOST_AT_ONCE = 16
"""So many servers are asked at a time."""

_GRACE = 5.0
"""The seconds beyond the limits that names may take to be looked up, which nothing can cut."""

_LONGEST = 300
_ABSENT = (404, 410)
_OK, _REDIRECTS, _FAULTS = 200, 300, 400


class Asked(NamedTuple):
    """What is asked: a URL, and the headers that are sent, each a name and a value."""

    url: str
    headers: tuple[tuple[str, str], ...] = ()

    def __repr__(self) -> str:
        return f"Asked({client.shown(self.url)})"  # a header may hold a secret


class Reply(NamedTuple):
    """What a server says.

    Attributes:
        headers: the headers of its answer; their names are looked up in any case.
        body: the answer itself.
        failure: why there is none; then these two are empty.
        absent: whether that is because the server has nothing there (404, 410).
    """

    headers: Message = http.client.HTTPMessage()
    body: bytes = b""
    failure: str = ""
    absent: bool = False


def ask_all(
    asked: Iterable[Asked],
    read: Callable[[Asked, Reply], T],
    *,
    seconds: float = SECONDS,
    limit: int = MOST_BYTES,
) -> dict[Asked, T]:
    """Ask servers side by side, each question once; return what was read out of their answers.

    A host that let as many questions as are asked at a time go without an answer is asked no more.

    Args:
        asked: what is asked.
        read: reads an answer, from any thread; nothing else of it is kept.
        seconds: how long one answer may take, from the connection to its last byte.
        limit: how many bytes it may have.
    """
    left: queue.SimpleQueue[Asked] = queue.SimpleQueue()
    found: queue.SimpleQueue[tuple[Asked, T | _Fault]] = queue.SimpleQueue()
    wanted = dict.fromkeys(asked)
    for it in wanted:
        left.put(it)
    asking = _Asking(seconds, limit)

    def work() -> None:
        while True:
            try:
                it = left.get_nowait()
            except queue.Empty:
                return
            try:
                found.put((it, read(it, asking.ask(it))))
            except Exception as error:
                found.put((it, _Fault(error)))

    count = min(MOST_AT_ONCE, len(wanted))
    for _ in range(count):
        Thread(target=work, daemon=True).start()  # none holds up the program's end
    rounds = -(-len(wanted) // count) if count else 0
    deadline = time.monotonic() + rounds * seconds + _GRACE
    answers: dict[Asked, T] = {}
    while len(answers) < len(wanted):
        try:
            it, answer = found.get(timeout=max(0, deadline - time.monotonic()))
        except queue.Empty:
            asking.end()  # what has not begun need not
            late = Reply(failure=_late(seconds))
            return {it: read(it, late) for it in wanted if it not in answers} | answers
        if isinstance(answer, _Fault):
            raise answer.error
        answers[it] = answer
    return answers


class _Fault:
    """A fault of ours in a thread, raised where the question was asked."""

    def __init__(self, error: Exception) -> None:
        self.error = error


class _Asking:
    """How servers are asked, from any number of threads."""

    def __init__(self, seconds: float, limit: int) -> None:
        self._seconds = seconds
        self._limit = limit
        self._lock = Lock()
        self._late: Counter[str] = Counter()
        self._ended = False

    def end(self) -> None:
        """Ask nobody any more."""
        self._ended = True

    @cached_property
    def _certificates(self) -> ssl.SSLContext:
        return ssl.create_default_context()

    def ask(self, asked: Asked) -> Reply:
        """Ask a server."""
        end = time.monotonic() + self._seconds
        context = None
        if not asked.url.startswith(("http://", "https://")):
            return Reply(failure="its URL is neither http nor https")
        host = urlsplit(asked.url).netloc
        if self._ended or self._late[host] >= MOST_AT_ONCE:
            return Reply(failure=f"it was not asked: {host} does not answer in time")
        try:
            if asked.url.startswith("https:"):
                with self._lock:  # it takes a while to read them: once for all
                    context = self._certificates
            request = Request(asked.url, headers={**_SENT, **dict(asked.headers)})  # noqa: S310
            with (
                client.limited(self._seconds, context or _NONE) as opener,
                opener.open(request, timeout=self._seconds) as response,
            ):
                found = self._read(asked.url, response, end)
        except (OSError, http.client.HTTPException) as error:
            found = Reply(failure=client.reason(error))
        except ValueError:  # its text may hold what was sent
            found = Reply(failure="it cannot be asked: its URL or a header is malformed")
        if time.monotonic() >= end:
            with self._lock:
                self._late[host] += 1
            return Reply(failure=_late(self._seconds))
        self._late[host] = 0
        return found._replace(failure=found.failure[:_LONGEST])

    def _read(self, url: str, response: http.client.HTTPResponse, end: float) -> Reply:
        status, headers = response.status, response.headers
        if _REDIRECTS <= status < _FAULTS:
            place = _led_to(url, headers.get("Location", ""))
            return Reply(
                failure=f"it redirects ({status}) to {place}, and redirects are not followed"
            )
        if status != _OK:
            said = http.client.responses.get(status, "")
            return Reply(failure=f"it answered {status} {said}".rstrip(), absent=status in _ABSENT)
        if headers.get("Content-Encoding", "identity").lower() != "identity":
            return Reply(failure="its answer is compressed, which was not requested")
        body = b""
        while chunk := response.read1(client.CHUNK):
            body += chunk
            if len(body) > self._limit:
                return Reply(failure=f"its answer is longer than {self._limit:,} bytes")
            if time.monotonic() >= end:
                break
        return Reply(headers, body)


_SENT = {
    "User-Agent": client.AGENT,
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    "Cache-Control": "no-cache",  # what runs now is asked, not what ran when a proxy last asked
}

_NONE = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For servers without TLS: it trusts nobody."""


def _led_to(url: str, location: str) -> str:
    try:
        return client.shown(urljoin(url, location))[: _LONGEST // 2]
    except ValueError:
        return "an invalid address"


def _late(seconds: float) -> str:
    return f"it did not answer within {seconds:g} s"
