"""The server: bounded connections, each with one request, and those that listen for news.

A client that is slow, or malicious, holds a connection and nothing else: requests have to arrive
and answers to be fetched within limits, and if there are too many connections, the one that has
kept the server waiting longest is closed.
"""

from __future__ import annotations

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable, Sequence
from contextlib import suppress
from http import HTTPStatus
from typing import NamedTuple, Protocol

from mreg.web.ui import requests
from mreg.web.ui.door import HEADERS, Door, OpenDoor
from mreg.web.ui.requests import BadRequest, HttpAnswer, HttpRequest, plainly
from mreg.web.ui.workers import Workers

EVENTS = "ui/events"
"""Where pages listen for news."""

HEALTH = "healthz"
"""Where a monitor asks whether a server that is open to anybody is up."""

LOCAL = ("127.0.0.1", "::1")
"""What is listened on: this machine alone, unless something else is said."""


_POSTED = 2
"""How many POST requests are answered at the same time."""


class Bounds(NamedTuple):
    """The limits of a server.

    Attributes:
        connections: connections at a time.
        listeners: of these, pages that listen for news.
        questions: requests that wait for their answers.
        threads: requests that are answered at the same time.
        arriving: seconds for a request to arrive.
        leaving: seconds for an answer to be fetched.
        silence: seconds after which a listening page is sent a sign of life.
        look: seconds between two looks at whether there is anything new.
        ending: seconds for requests to finish when the server ends.
        body: bytes of a request's body.
    """

    connections: int = 512
    listeners: int = 256
    questions: int = 128
    threads: int = 6
    arriving: float = 10
    leaving: float = 30
    silence: float = 10
    look: float = 0.7
    ending: float = 20
    body: int = requests.MOST_BODY


class Application(Protocol):
    """What is served. Its methods are called in threads, several at a time."""

    def answer(self, request: HttpRequest) -> HttpAnswer:
        """Answer a request that the door has let in."""

    def state(self) -> str:
        """Return a text that changes whenever a page may."""

    def catch_up(self) -> float | None:
        """Ask remotes what is new; return after how many seconds to do so again, if at all."""


class Listening(NamedTuple):
    """Where a server that is open to anybody listens.

    Attributes:
        hosts: the addresses that it listens on.
        names: the host names it accepts: see `OpenDoor`.
        shown: the address that people are given; empty for the one it listens on.
    """

    hosts: tuple[str, ...] = LOCAL
    names: frozenset[str] = frozenset()
    shown: str = ""

    def address(self, port: int) -> str:
        """Return the address that people are given."""
        host = self.hosts[0]
        if host in ("0.0.0.0", "::"):  # noqa: S104 - it is all of them; this machine has one of its own
            host = LOCAL[0]
        return self.shown or f"http://{f'[{host}]' if ':' in host else host}:{port}/"


class Server:
    """A server: on loopback for whoever has the key, or at an address for anybody.

    Attributes:
        door: decides which requests are let in; set once the server listens.
    """

    door: Door | OpenDoor

    def __init__(
        self,
        application: Application,
        *,
        key: str | None = None,
        read_only: bool = False,
        anybody: Listening | None = None,
        bug: Callable[[Exception], None],
        bounds: Bounds | None = None,
    ) -> None:
        """Prepare a server.

        Args:
            application: what it serves.
            key: the key; None: one that nobody can guess.
            read_only: refuse whatever would change something.
            anybody: where it listens for anybody; None: on loopback, for whoever has the key.
            bug: called with any error that is a bug in mreg.
            bounds: the limits.
        """
        self._application = application
        self._key = key
        self._read_only = read_only
        self._anybody = anybody
        self._bug = bug
        self._bounds = bounds or Bounds()
        self._workers = Workers(self._bounds.threads)
        self._posted = Workers(_POSTED)  # so that no post waits for a page that is being made
        self._open: set[asyncio.Task[None]] = set()
        self._waited_for: dict[StreamWriter, None] = {}  # the longest first
        self._acting: set[asyncio.Task[HttpAnswer]] = set()
        self._listening: set[asyncio.Event] = set()
        self._state = ""
        self._ending = False
        self._is_new = True

    async def serve(
        self, port: int, stop: asyncio.Event, ready: Callable[[Door | OpenDoor], None]
    ) -> None:
        """Serve until told to stop; then let requests that are being answered finish.

        Args:
            port: the port; 0: any that is free.
            stop: set when it is time.
            ready: called with the door as soon as requests are taken.

        Raises:
            OSError: the port cannot be had.
        """
        listening = await self._listen(port)
        self.door = self._door(_port(listening[0]))
        for server in listening:
            await server.start_serving()
        ready(self.door)
        watching = [asyncio.create_task(it()) for it in (self._look, self._follow)]
        try:
            await stop.wait()
        finally:
            self._ending = True
            await _closed_to_others(listening)
            await self._end(watching)

    def _door(self, port: int) -> Door | OpenDoor:
        if self._anybody:
            return OpenDoor(port, self._anybody.names, self._anybody.address(port))
        return Door.locked(port, self._key, read_only=self._read_only)

    async def _listen(self, port: int) -> list[asyncio.Server]:
        """Listen; on loopback at both addresses that a browser may take "localhost" for."""
        found: list[asyncio.Server] = []
        for host in self._anybody.hosts if self._anybody else LOCAL:
            wanted = _port(found[0]) if found else port
            try:
                found.append(
                    await asyncio.start_server(
                        self._connected,
                        host,
                        wanted,
                        limit=requests.MOST_HEAD,
                        backlog=self._bounds.connections,
                        start_serving=False,
                    )
                )
            except OSError:
                if not found:
                    raise
        return found

    async def _end(self, watching: list[asyncio.Task[None]]) -> None:
        for event in self._listening:
            event.set()
        if self._acting:
            await asyncio.wait(self._acting, timeout=self._bounds.ending)
        if self._open:
            await asyncio.wait(self._open, timeout=1)
        for task in watching:
            task.cancel()
        await asyncio.gather(*watching, return_exceptions=True)
        while self._open:
            for task in self._open:
                task.cancel()
            await asyncio.gather(*self._open, return_exceptions=True)
        await _settled()

    # A connection

    async def _connected(self, reader: StreamReader, writer: StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            await self._converse(reader, writer)
        except (ConnectionError, TimeoutError, asyncio.CancelledError):
            pass  # whoever asked has gone, or the server ends
        except Exception as error:  # whatever happens to one connection, the others go on
            self._bug(error)
        finally:
            self._open.discard(task)
            self._waited_for.pop(writer, None)
            writer.transport.abort()

    async def _converse(self, reader: StreamReader, writer: StreamWriter) -> None:
        is_head = False
        try:
            self._make_room()
            request = await self._arrived(reader, writer)
            if request is None:
                return
            is_head = request.method == "HEAD"
            answer = await self._answer(request)
        except BadRequest as error:
            answer = plainly(error.status, str(error))
            refused = True
        else:
            refused = False
        if answer is None:
            await self._tell_news(reader, writer)
            return
        async with asyncio.timeout(self._bounds.leaving):
            self._waited_for[writer] = None
            body = b"" if is_head else answer.body
            headers = {**HEADERS, **answer.headers}
            writer.write(requests.head_of(answer._replace(headers=headers), len(answer.body)))
            writer.write(body)
            await writer.drain()
            await close(reader, writer, refused=refused)

    def _make_room(self) -> None:
        """If there are too many connections, close the one that has kept us waiting longest.

        That is for its request to arrive, or its answer to be fetched.

        Raises:
            BadRequest: none keeps us waiting.
        """
        if len(self._open) <= self._bounds.connections:
            return
        silent = next(iter(self._waited_for), None)
        if silent is None:
            raise BadRequest(HTTPStatus.SERVICE_UNAVAILABLE, "too many connections")
        del self._waited_for[silent]
        silent.transport.abort()

    async def _arrived(self, reader: StreamReader, writer: StreamWriter) -> HttpRequest | None:
        """Return the request, once it is here.

        Raises:
            BadRequest: it is none, or takes too long.
        """
        self._waited_for[writer] = None
        try:
            async with asyncio.timeout(self._bounds.arriving):
                return await requests.read(reader, self._bounds.body)
        except TimeoutError:
            raise BadRequest(HTTPStatus.REQUEST_TIMEOUT, "the request took too long") from None
        finally:
            self._waited_for.pop(writer, None)

    async def _answer(self, request: HttpRequest) -> HttpAnswer | None:
        """Return the answer to a request; None where it is news that are asked for.

        Raises:
            BadRequest: the door does not let it in.
        """
        door = self.door
        if self._anybody and request.path == HEALTH and request.method in ("GET", "HEAD"):
            return plainly(HTTPStatus.OK, "ok")
        door.check_host(request)
        if request.method not in door.methods:
            return requests.other_method(*door.methods)
        if isinstance(door, Door) and self._opens(door, request):
            # Not a redirection: on one that another site began, the cookie would not be sent.
            headers = {"Refresh": "0; url=/", "Set-Cookie": door.cookie}
            return plainly(HTTPStatus.OK, "Opening the pages ...")._replace(headers=headers)
        door.check(request)
        if request.method == "GET" and request.path == EVENTS:
            if len(self._listening) >= self._bounds.listeners:
                raise BadRequest(HTTPStatus.SERVICE_UNAVAILABLE, "too many pages are open")
            return None
        waiting = self._workers.waiting + self._posted.waiting
        if waiting >= self._bounds.questions or self._ending:
            raise BadRequest(HTTPStatus.SERVICE_UNAVAILABLE, "too many requests are waiting")
        return await self._worked_out(request)

    def _opens(self, door: Door, request: HttpRequest) -> bool:
        key = request.query.get("key", "") if request.method == "GET" else ""
        if self._is_new and door.is_ticket(key):
            self._is_new = False
            return True
        return door.is_key(key)

    async def _worked_out(self, request: HttpRequest) -> HttpAnswer:
        workers = self._posted if request.method == "POST" else self._workers
        task = asyncio.create_task(workers.run(self._application.answer, request))
        if request.method == "POST":  # it is finished even if nobody is left to hear of it
            self._acting.add(task)
            task.add_done_callback(self._acting.discard)
        try:
            return await asyncio.shield(task)
        except BadRequest:
            raise
        except Exception as error:
            self._bug(error)
            return plainly(
                HTTPStatus.INTERNAL_SERVER_ERROR,
                f"this is a bug in mreg ({type(error).__name__}); see the terminal for details",
            )

    # News

    async def _tell_news(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Tell a page of every change, until it goes."""
        kind = HttpAnswer(
            HTTPStatus.OK,
            kind="text/event-stream",
            headers={
                **HEADERS,
                "X-Accel-Buffering": "no",
            },  # a proxy passes news on at once
        )
        writer.write(requests.head_of(kind, None))
        changed, told = asyncio.Event(), None
        self._listening.add(changed)
        try:
            while not (self._ending or reader.at_eof() or writer.is_closing()):
                state = self._state
                if state and state != told:
                    writer.write(f"data: {state}\n\n".encode())
                    told = state
                else:
                    writer.write(b": nothing new\n\n")
                async with asyncio.timeout(self._bounds.leaving):
                    await writer.drain()
                with suppress(TimeoutError):
                    await asyncio.wait_for(changed.wait(), self._bounds.silence)
                changed.clear()
        finally:
            self._listening.discard(changed)

    async def _look(self) -> None:
        """Look, while any page is open, whether there is anything new."""
        while True:
            if self._listening:
                try:
                    state = await self._workers.run(self._application.state)
                except Exception as error:
                    self._bug(error)
                else:
                    self._tell(state)
            await asyncio.sleep(self._bounds.look)

    def _tell(self, state: str) -> None:
        if state != self._state:
            self._state = state
            for event in self._listening:
                event.set()

    async def _follow(self) -> None:
        """Ask remotes for news, while any page is open."""
        wait: float | None = self._bounds.look
        while wait is not None:
            await asyncio.sleep(wait)
            if not self._listening:
                continue
            try:
                wait = await self._workers.run(self._application.catch_up)
            except Exception as error:
                self._bug(error)


async def _closed_to_others(listening: Sequence[asyncio.Server]) -> None:
    """Take no more connections.

    Those that were taken already become connections first: a server that is closed meanwhile fails
    at each of them, and says so on standard error.
    """
    loop = asyncio.get_running_loop()
    for server in listening:
        for it in server.sockets:
            loop.remove_reader(it.fileno())
    await _settled()
    for server in listening:
        server.close()


async def _settled() -> None:
    """Let what is begun in the loop without waiting for anything be done."""
    for _ in range(_ROUNDS):
        await asyncio.sleep(0)


_ROUNDS = 10


def _port(server: asyncio.Server) -> int:
    port: int = server.sockets[0].getsockname()[1]
    return port


_LINGER, _MOST_UNREAD = 1.0, 2 << 20


async def close(reader: StreamReader, writer: StreamWriter, *, refused: bool) -> None:
    """Close a connection so that the answer arrives.

    What is still unread of a request that was refused would reset the connection, and its answer
    with it.
    """
    if refused:
        with suppress(OSError):  # whoever asked has gone already
            writer.write_eof()
        left = _MOST_UNREAD
        with suppress(TimeoutError):
            async with asyncio.timeout(_LINGER):
                while left > 0 and (piece := await reader.read(1 << 16)):
                    left -= len(piece)
    writer.close()
    await writer.wait_closed()
