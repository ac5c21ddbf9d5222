"""Requests and answers of HTTP/1.1, one a connection, in the strict part of its grammar.

What browsers send is read; everything else is refused before it is looked at: malformed names and
line ends, duplicates of headers that matter, a body of unknown length.
With one request a connection there is no question where it ends.
Source: RFC 9112 (messages), RFC 9110 (what is in them).
"""

from __future__ import annotations

import re
from asyncio import IncompleteReadError, LimitOverrunError, StreamReader
from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote_to_bytes

MOST_HEAD = 16 * 1024
"""How many bytes the head of a request may have."""

MOST_BODY = 64 * 1024
"""How many bytes its body may have."""

MOST_FIELDS = 16
"""How many fields a query may have."""

TEXT, HTML, JSON = "text/plain; charset=utf-8", "text/html; charset=utf-8", "application/json"

_LINE = re.compile(rb"([A-Z]{1,16}) (/[\x21-\x7e]*) HTTP/1\.[01]")
_HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*")
_FETCH = ("sec-fetch-site", "sec-fetch-mode")
_ONCE = frozenset(
    ("host", "content-length", "content-type", "origin", "cookie", "authorization", *_FETCH)
)
_LENGTH = re.compile(r"[0-9]{1,9}")
_NOTHING: Mapping[str, str] = MappingProxyType({})


class BadRequest(Exception):
    """A request that is refused by its form alone.

    Attributes:
        status: the status of the answer.
    """

    def __init__(self, status: HTTPStatus, why: str) -> None:
        super().__init__(why)
        self.status = status


class HttpRequest(NamedTuple):
    """A request.

    Attributes:
        method: "GET" and the like.
        path: its path without the slash it begins with, decoded.
        query: the fields of its query.
        headers: its headers, by name in small letters; of those that are there twice, the first.
        body: its body.
    """

    method: str
    path: str
    query: Mapping[str, str] = _NOTHING
    headers: Mapping[str, str] = _NOTHING
    body: bytes = b""


class HttpAnswer(NamedTuple):
    """An answer.

    Attributes:
        status: its status.
        body: its body.
        kind: the body's media type.
        headers: further headers.
    """

    status: HTTPStatus
    body: bytes = b""
    kind: str = TEXT
    headers: Mapping[str, str] = _NOTHING


def plainly(status: HTTPStatus, text: str) -> HttpAnswer:
    """Return an answer that says something in a line of text."""
    return HttpAnswer(status, f"{text}\n".encode("utf-8", "replace"))


def other_method(*allowed: str) -> HttpAnswer:
    """Return the answer to a request whose method is none of those that are allowed."""
    names = ", ".join(allowed)
    found = plainly(HTTPStatus.METHOD_NOT_ALLOWED, f"Allowed here: {names}.")
    return found._replace(headers={"Allow": names})


async def read(reader: StreamReader, most: int = MOST_BODY) -> HttpRequest | None:
    """Read a request; None where the other side hung up first. Time is the caller's to limit.

    Its body may have so many bytes.

    Raises:
        BadRequest: it is malformed or too large.
    """
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except IncompleteReadError as error:
        if not error.partial:
            return None
        raise BadRequest(HTTPStatus.BAD_REQUEST, "the request is incomplete") from None
    except LimitOverrunError:
        raise BadRequest(
            HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "the request's head is too long"
        ) from None
    request = parse(head)
    try:
        return request._replace(body=await reader.readexactly(_length(request, most)))
    except IncompleteReadError:
        raise BadRequest(HTTPStatus.BAD_REQUEST, "the body is incomplete") from None


def parse(head: bytes) -> HttpRequest:
    """Return the request that a head stands for, without its body.

    Raises:
        BadRequest: it is malformed.
    """
    first, *lines = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    found = _LINE.fullmatch(first)
    if not found:
        raise BadRequest(HTTPStatus.BAD_REQUEST, "this is not an HTTP/1.1 request")
    headers: dict[str, str] = {}
    for line in lines:
        header = _HEADER.fullmatch(line)
        if not header:
            raise BadRequest(HTTPStatus.BAD_REQUEST, "a header is malformed")
        name = header[1].decode().lower()
        if name in headers and name in _ONCE:
            raise BadRequest(HTTPStatus.BAD_REQUEST, f"the header {name} occurs twice")
        headers.setdefault(name, header[2].decode("latin-1"))
    path, _, query = found[2].decode().partition("?")
    return HttpRequest(found[1].decode(), _path(path), _query(query), headers)


def _length(request: HttpRequest, most: int) -> int:
    """Return how long the body is.

    Raises:
        BadRequest: that is not told, or it is longer than it may be.
    """
    if "transfer-encoding" in request.headers:
        raise BadRequest(HTTPStatus.LENGTH_REQUIRED, "a body needs a Content-Length")
    told = request.headers.get("content-length", "0")
    if not _LENGTH.fullmatch(told):
        raise BadRequest(HTTPStatus.BAD_REQUEST, "the length of the body is not a number")
    if int(told) > most:
        raise BadRequest(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a body must have at most {most} bytes"
        )
    return int(told)


def _path(text: str) -> str:
    """Return a path decoded, which leads nowhere but down.

    Raises:
        BadRequest: it does not.
    """
    try:
        path = unquote_to_bytes(text).decode("utf-8")
    except UnicodeDecodeError:
        raise BadRequest(HTTPStatus.BAD_REQUEST, "the path is not UTF-8") from None
    parts = path[1:].split("/")
    climbs = any(it in ("", ".", "..") for it in parts[:-1]) or parts[-1] in (".", "..")
    if climbs or any(it < " " or it in "\\\x7f" for it in path):
        raise BadRequest(HTTPStatus.NOT_FOUND, "there is no such page")
    return path[1:]


def _query(text: str) -> dict[str, str]:
    """Return the fields of a query.

    Raises:
        BadRequest: they are too many, or not UTF-8.
    """
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError:
        raise BadRequest(HTTPStatus.BAD_REQUEST, "the query cannot be read") from None
    return dict(pairs)


def head_of(answer: HttpAnswer, length: int | None) -> bytes:
    """Return an answer's head; without a length, its end is that of the connection.

    Raises:
        ValueError: a header would be more than one.
    """
    headers = {"Content-Type": answer.kind, **answer.headers, "Connection": "close"}
    if length is not None:
        headers["Content-Length"] = str(length)
    lines = [f"HTTP/1.1 {answer.status.value} {answer.status.phrase}"]
    lines += [f"{name}: {it}" for name, it in headers.items()]
    if any(not it.isascii() or not it.isprintable() for it in lines):
        raise ValueError("a header contains a line break")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
