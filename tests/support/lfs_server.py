"""A small Git LFS server for tests: the batch API and basic transfers, on the loopback interface.

It can want a password, lie, break off, and give out addresses that expire.
Source: docs/api/batch.md in Git LFS's repository.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from remotes import Certificate, listening

_BATCH = "/info/lfs/objects/batch"


def pointer(content: bytes) -> bytes:
    """Return the pointer of a content."""
    digest = hashlib.sha256(content).hexdigest()
    return (
        f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize {len(content)}\n"
    ).encode()


@dataclass
class LfsServer:
    """A server, and what became of it.

    Attributes:
        url: the repository's URL there; its LFS server is at `url` + ".git/info/lfs".
        objects: what it has, by sha256.
        login: "name:password" that it wants; empty for none.
        extra: a header that it wants beside: (name, value).
        errors: the codes with which it refuses objects, by sha256.
        lies: what it gives out instead of objects, by sha256.
        breaks: after how many bytes it breaks off: one entry a download, as long as there are any.
        ranges: whether it can go on in the middle of an object.
        expires: whether the addresses of the first batch hold no longer.
        elsewhere: another host to which the batch sends those who download; empty for this one.
        answer: what it answers to a batch instead of the truth; None for that.
        batches: what it was asked by the batch API.
        downloads: the sha256 of each download, and the range that was asked for.
    """

    url: str = ""
    objects: dict[str, bytes] = field(default_factory=dict)
    login: str = ""
    extra: tuple[str, str] | None = None
    errors: dict[str, int] = field(default_factory=dict)
    lies: dict[str, bytes] = field(default_factory=dict)
    breaks: list[int] = field(default_factory=list)
    ranges: bool = True
    expires: bool = False
    elsewhere: str = ""
    answer: bytes | None = None
    batches: list[Any] = field(default_factory=list)
    downloads: list[tuple[str, str]] = field(default_factory=list)

    @property
    def endpoint(self) -> str:
        """Its URL as `lfs.url` has it."""
        return f"{self.url}.git/info/lfs"

    def put(self, content: bytes) -> str:
        """Give it a content; return its sha256."""
        digest = hashlib.sha256(content).hexdigest()
        self.objects[digest] = content
        return digest


@contextmanager
def served(certificate: Certificate | None = None) -> Iterator[LfsServer]:
    """Serve a repository's LFS objects while the block lasts."""
    server = LfsServer()
    with listening(type("Handler", (_Handler,), {"server_": server}), certificate) as url:
        server.url = f"{url}/team/models"
        yield server


class _Handler(BaseHTTPRequestHandler):
    server_: LfsServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing of each request."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if not self.path.endswith(_BATCH):
            self._send(404, b"")
        elif self._admitted():
            said = json.loads(body)
            self.server_.batches.append(said)
            rows = {"transfer": "basic", "objects": [*map(self._row, said["objects"])]}
            truth = json.dumps(rows).encode()
            answer = truth if self.server_.answer is None else self.server_.answer
            self._send(200, answer, ("Content-Type", "application/vnd.git-lfs+json"))

    def do_GET(self) -> None:
        server = self.server_
        digest = urlsplit(self.path).path.rpartition("/")[2]
        span = self.headers.get("Range", "")
        server.downloads.append((digest, span))
        batch = parse_qs(urlsplit(self.path).query).get("batch", [""])[0]
        if server.expires and batch == "1":
            self._send(403, b"expired")
        elif self.headers.get("X-Lfs") != "yes":
            self._send(400, b"the header of the action is missing")
        else:
            self._give(server.lies.get(digest, server.objects.get(digest, b"")), span)

    def _row(self, asked: dict[str, Any]) -> dict[str, Any]:
        server = self.server_
        digest = asked["oid"]
        code = server.errors.get(digest, 0 if digest in server.objects else 404)
        if code:
            return {**asked, "error": {"code": code, "message": "so it is"}}
        host = server.elsewhere or server.url
        href = f"{host}/objects/{digest}?batch={len(server.batches)}"
        return {**asked, "actions": {"download": {"href": href, "header": {"X-Lfs": "yes"}}}}

    def _admitted(self) -> bool:
        server = self.server_
        wanted = f"Basic {base64.b64encode(server.login.encode()).decode()}"
        if server.login and self.headers.get("Authorization") != wanted:
            self._send(401, b"", ("LFS-Authenticate", 'Basic realm="Git LFS"'))
            return False
        if server.extra and self.headers.get(server.extra[0]) != server.extra[1]:
            self._send(403, b"")
            return False
        return True

    def _give(self, content: bytes, span: str) -> None:
        server = self.server_
        first = int(span.removeprefix("bytes=").rstrip("-")) if span and server.ranges else 0
        part = content[first:]
        self.send_response(206 if first else 200)
        if first:
            self.send_header("Content-Range", f"bytes {first}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(part)))
        self.end_headers()
        if server.breaks:
            part = part[: server.breaks.pop(0)]
            self.close_connection = True
        self.wfile.write(part)

    def _send(self, status: int, body: bytes, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
