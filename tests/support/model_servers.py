"""Servers that say which version of a model they run: real ones, on the loopback interface."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any

import remotes
from remotes import Certificate

Answer = Callable[[BaseHTTPRequestHandler], None]
"""Answers a request."""


def says(body: Any, status: int = 200, **headers: str) -> Answer:
    """Answer with a JSON value, or with bytes as they are."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(raw)))
        handler.end_headers()
        handler.wfile.write(raw)

    return answer


def serves(*versions: str) -> Answer:
    """Answer with model metadata of the Open Inference Protocol."""
    return says({"name": "churn", "versions": [*versions], "platform": "sklearn"})


def moved(url: str) -> Answer:
    """Redirect to another address."""
    return says(b"", 307, Location=url)


def endless(handler: BaseHTTPRequestHandler) -> None:
    """Answer with bytes until the other side hangs up."""
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(b'"' + b"x" * 65536)


def dripping(handler: BaseHTTPRequestHandler) -> None:
    """Answer with a byte now and then until the other side hangs up."""
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(b" ")
        time.sleep(0.02)


def silent(handler: BaseHTTPRequestHandler) -> None:
    """Answer nothing until the other side hangs up."""
    handler.rfile.read(1)
    handler.close_connection = True


class Models:
    """Model servers behind one address.

    Attributes:
        url: its URL.
        answers: what is answered, by path; several are given one after the other, the last for
            ever.
        asked: the path and the headers of each request.
    """

    def __init__(self) -> None:
        self.url = ""
        self.answers: dict[str, list[Answer]] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self._lock = threading.Lock()

    def __setitem__(self, path: str, answers: Answer | list[Answer]) -> None:
        self.answers[path] = answers if isinstance(answers, list) else [answers]

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer a request."""
        with self._lock:
            self.asked.append((handler.path, dict(handler.headers)))
            known = self.answers.get(handler.path, [says({"error": "no such model"}, 404)])
            answer = known.pop(0) if len(known) > 1 else known[0]
        answer(handler)


@contextmanager
def running(certificate: Certificate | None = None) -> Iterator[Models]:
    """Let model servers answer while the block lasts."""
    models = Models()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            models.answer(self)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing of each request."""

    with remotes.listening(Handler, certificate) as url:
        models.url = url
        yield models
