"""A server of live pages that runs in a test, and clients of it that say whatever they like."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from threading import Thread
from typing import Any, NamedTuple, cast

from mreg import Registry
from mreg.web.read import Choice
from mreg.web.ui.application import ServedPages
from mreg.web.ui.connections import Bounds, Server
from mreg.web.ui.door import Door, OpenDoor
from mreg.web.ui.pages import LivePages

PATIENCE = 60.0
"""So many seconds an answer may take on a busy machine; where one hangs, the test fails then."""

QUICK = Bounds(look=0.1)


TRAVERSALS = (
    "/../etc/passwd",
    "/..%2f..%2fetc/passwd",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/a/../../etc/passwd",
    "/a/%2e%2e/%2e%2e/x",
    "/a/..%5c..%5cx",
    "/a/%00",
    "//etc/passwd",
    "/m/../index.html",
    "/m/repository/..%2f..%2f..%2fetc/passwd",
    "/at/../index.html",
    "/at/2026-03-03/../../x",
    "/ui/../index.html",
    "/./index.html",
    "/a/%ff",
)
"""Targets that lead out of a site."""


class Answer(NamedTuple):
    """What a server answered."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class ServedUi:
    """A server, and how to ask it.

    Attributes:
        door: its door.
        application: what it serves.
        bugs: what it was told that should not have happened.
        stop: lets it end.
    """

    application: ServedPages

    def __init__(self, server: Server) -> None:
        self.server = server
        self.bugs: list[Exception] = []
        self.door: Door
        self.stop: Callable[[], object]

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.door.port}"

    @property
    def cookie(self) -> str:
        cookie: str = getattr(self.door, "cookie", "")  # one that is open has none
        return cookie.partition(";")[0]

    def connect(self) -> socket.socket:
        """Open a connection, and say nothing."""
        return socket.create_connection(("127.0.0.1", self.door.port), timeout=PATIENCE)

    def say(self, raw: bytes) -> Answer:
        """Send bytes, and return the answer to them."""
        with self.connect() as opened:
            opened.sendall(raw)
            return heard(opened)

    def ask(
        self,
        target: str = "/",
        method: str = "GET",
        body: bytes = b"",
        **headers: str | None,
    ) -> Answer:
        """Send a request as a browser does that was let in, but for what is said of its headers."""
        said: dict[str, str | None] = {"Host": self.host, "Cookie": self.cookie}
        if method == "POST":
            origin = f"http://{self.host}"
            said |= {"Origin": origin, "Content-Type": "application/json"}
        if body:
            said["Content-Length"] = str(len(body))
        said |= {key.replace("_", "-"): it for key, it in headers.items()}
        lines = [f"{method} {target} HTTP/1.1"]
        lines += [f"{key}: {it}" for key, it in said.items() if it is not None]
        return self.say("\r\n".join([*lines, "", ""]).encode("latin-1") + body)

    def page(self, target: str) -> str:
        """Return a page, once it is there."""
        for _ in range(int(PATIENCE)):
            answer = self.ask(target)
            assert answer.status == 200, answer
            if "Refresh" not in answer.headers:
                return answer.body.decode()
        raise AssertionError(f"{target} never came")

    def act(self, path: str, action: str, model: str, values: Mapping[str, Any], seen: str) -> Any:
        """Send what a page sends."""
        sent = {"action": action, "model": model, "values": values, "seen": seen}
        answer = self.ask(f"/ui/{path}", "POST", json.dumps(sent).encode())
        assert answer.status == 200, answer
        return answer.json()


def heard(opened: socket.socket) -> Answer:
    """Return the answer that a connection brings, to its end."""
    raw = b""
    while piece := opened.recv(1 << 16):
        raw += piece
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = (it.partition(": ") for it in lines)
    return Answer(int(first.split(" ")[1]), {key: it for key, _, it in pairs}, body)


@contextmanager
def serving(
    *registries: Registry,
    read_only: str = "",
    key: str | None = None,
    bounds: Bounds = QUICK,
    interval: float | None = None,
    secrets: Mapping[str, str] | None = None,
) -> Iterator[ServedUi]:
    """Serve registries until the block ends; nothing may have gone wrong by then."""
    pages = LivePages(registries, choice=Choice())
    application = ServedPages(pages, read_only=read_only, interval=interval, secrets=secrets)
    bugs: list[Exception] = []
    server = Server(application, key=key, read_only=bool(read_only), bug=bugs.append, bounds=bounds)
    with running(server, bugs) as found:
        found.application = application
        yield found


@contextmanager
def running(server: Server, bugs: list[Exception]) -> Iterator[ServedUi]:
    """Run a server until the block ends; nothing may have gone wrong by then."""
    found = ServedUi(server)
    found.bugs = bugs
    loop, stop, ready = asyncio.new_event_loop(), asyncio.Event(), asyncio.Event()

    def began(door: Door | OpenDoor) -> None:
        found.door = cast("Door", door)
        ready.set()

    ended: list[BaseException] = []

    def run() -> None:
        try:
            loop.run_until_complete(server.serve(0, stop, began))
        except BaseException as error:
            ended.append(error)
        finally:
            loop.close()

    found.stop = partial(loop.call_soon_threadsafe, stop.set)
    thread = Thread(target=run)
    thread.start()
    asyncio.run_coroutine_threadsafe(ready.wait(), loop).result(PATIENCE)
    try:
        yield found
    finally:
        with suppress(RuntimeError):  # it has ended already
            found.stop()
        thread.join(PATIENCE)
    assert not thread.is_alive()
    assert ended == []
    assert bugs == []
