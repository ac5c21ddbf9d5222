"""A web server for tests, on the loopback interface: it can break off, lie and lead astray."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

from remotes import Certificate, listening


@dataclass
class Page:
    """What stands at a path, and how the server behaves about it.

    Attributes:
        content: its bytes.
        etag: its validator, quotes included; empty without one.
        ranges: whether a part of it can be had.
        breaks: after how many bytes of a body each of the first answers breaks off.
        statuses: what each of the first answers is instead of the content.
        headers: sent with each answer; they win over the server's own.
        length: whether the size is said.
        location: where it leads on to, if anywhere.
        code: the status of leading on.
    """

    content: bytes = b""
    etag: str = '"1"'
    ranges: bool = True
    breaks: list[int] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    length: bool = True
    location: str = ""
    code: int = 302


@dataclass
class Asked:
    """A request that came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes = b""

    @property
    def range(self) -> str | None:
        return self.headers.get("range")


@dataclass
class Web:
    """The server.

    Attributes:
        url: its address, without a slash at the end.
        pages: what it has, by path.
        asked: all requests so far.
    """

    url: str = ""
    pages: dict[str, Page] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def put(self, path: str, page: Page | bytes) -> str:
        """Let something stand at a path; return its URL."""
        self.pages[path] = Page(page) if isinstance(page, bytes) else page
        return f"{self.url}{path}"

    @property
    def ranges(self) -> list[str | None]:
        """The part that each request so far was about."""
        return [it.range for it in self.asked]


@contextmanager
def web(certificate: Certificate | None = None) -> Iterator[Web]:
    """Serve while the block lasts."""
    made = Web()
    handler = type("Handler", (_Handler,), {"web": made})
    with listening(handler, certificate) as url:
        made.url = url
        yield made


class _Handler(BaseHTTPRequestHandler):
    web: Web

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing of each request."""

    def _answer(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", 0)))
        self.web.asked.append(Asked(self.command, self.path, headers, body))
        page = self.web.pages.get(self.path.partition("?")[0])
        if page is None:
            self._send(404, {}, b"<html>not here</html>")
        elif page.location:
            self._send(page.code, {"Location": page.location, **page.headers}, b"elsewhere")
        elif page.statuses:
            self._send(page.statuses.pop(0), page.headers, b"not now")
        else:
            self._content(page)

    def _content(self, page: Page) -> None:
        first, status = 0, 200
        headers = {"ETag": page.etag} if page.etag else {}
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        same = self.headers.get("If-Range", page.etag) == page.etag
        if asked and page.ranges and same:
            first, status = int(asked[1]), 206
            size = len(page.content)
            headers["Content-Range"] = f"bytes {first}-{size - 1}/{size}"
            if first >= size:
                self._send(416, {"Content-Range": f"bytes */{size}"}, b"")
                return
        body = page.content[first:]
        if page.length:
            headers["Content-Length"] = str(len(body))
        broken = page.breaks.pop(0) if page.breaks else None
        self._send(status, {**headers, **page.headers}, body[:broken])
        if broken is not None:
            self.connection.shutdown(socket.SHUT_RDWR)

    def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True
