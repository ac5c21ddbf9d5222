"""Receivers of webhooks for tests: real HTTP servers on the loopback interface."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any, NamedTuple

import remotes
from remotes import Certificate


class Request(NamedTuple):
    """What a receiver got.

    Attributes:
        path: the path of the URL.
        headers: the headers.
        body: the exact bytes.
    """

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)


Answer = Callable[[BaseHTTPRequestHandler], None]
"""Answers a request."""


def status(code: int, text: bytes = b"", **headers: str) -> Answer:
    """Answer with a status."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(text)))
        handler.end_headers()
        handler.wfile.write(text)

    return answer


def drop(handler: BaseHTTPRequestHandler) -> None:
    """Answer nothing, and hang up."""
    handler.close_connection = True


def never(handler: BaseHTTPRequestHandler) -> None:
    """Answer nothing until the other side hangs up."""
    handler.rfile.read(1)
    handler.close_connection = True


@dataclass
class Receiver:
    """A receiver that is listening.

    Attributes:
        url: its URL.
        answers: what it answers, one after the other; at the end, 200.
        requests: what it got.
    """

    url: str = ""
    answers: list[Answer] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def events(self) -> list[str]:
        """Return the tags of the events that it was told, in order."""
        return [it.json["tag"] for it in self.requests]


@contextmanager
def receiving(*answers: Answer, certificate: Certificate | None = None) -> Iterator[Receiver]:
    """Listen for posts while the block lasts."""
    receiver = Receiver(answers=[*answers])

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            with receiver.lock:
                receiver.requests.append(Request(self.path, dict(self.headers), body))
                answer = receiver.answers.pop(0) if receiver.answers else status(200)
            answer(self)

        def do_GET(self) -> None:
            raise AssertionError("nobody gets anything from a webhook")

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing of each request."""

    with remotes.listening(Handler, certificate) as url:
        receiver.url = url
        yield receiver
