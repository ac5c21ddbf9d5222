"""The bodies of requests: of a size, in a time, and together in a part of the memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any, Final

from mreg.serve.refusals import RequestRefused

MOST: Final = 64 << 20
"""How many bytes a body may have where nobody says otherwise."""

_AT_ONCE: Final = 4
"""So many bodies of the largest size may be held at the same time."""

_SECONDS: Final = 20.0
_SLOWEST: Final = 32 << 10
"""A body may take so many seconds, and one more for so many bytes of it."""


class BodyReader:
    """Reads bodies, and knows how much of them is held."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._held = 0

    @asynccontextmanager
    async def read(self, request: Any) -> AsyncIterator[bytes]:
        """Read a request's body, and hold it in the block.

        Raises:
            RequestRefused: it is too large, or too slow; or too much is held already.
        """
        self._check_encoding(request)
        self._check_size(request.headers.get("content-length"))
        pieces: list[bytes] = []
        size = 0
        try:
            async for piece in self._pieces(request):
                size += len(piece)
                self._held += len(piece)
                self._check(size)
                pieces.append(piece)
            yield pieces[0] if len(pieces) == 1 else b"".join(pieces)
        finally:
            self._held -= size

    async def _pieces(self, request: Any) -> AsyncIterator[bytes]:
        loop = asyncio.get_running_loop()
        began, size = loop.time(), 0
        try:
            async with asyncio.timeout(_SECONDS) as limit:
                async for piece in request.stream():
                    if piece:
                        size += len(piece)
                        limit.reschedule(began + _SECONDS + size / _SLOWEST)
                        yield piece
        except TimeoutError:
            raise RequestRefused(
                "the body arrived too slowly", HTTPStatus.REQUEST_TIMEOUT
            ) from None

    def _check_encoding(self, request: Any) -> None:
        if request.headers.get("content-encoding", "identity") != "identity":
            raise RequestRefused(
                "the body is compressed, which is not supported",
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            )

    def _check_size(self, said: str | None) -> None:
        if said is not None and said.isdecimal():
            self._check(int(said[:20]))

    def _check(self, size: int) -> None:
        if size > self._most:
            raise RequestRefused(
                f"the body is larger than {self._most} bytes; use --max-body to raise the limit",
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            )
        if self._held > self._most * _AT_ONCE:
            raise RequestRefused(
                "too many large requests at once: try again", HTTPStatus.SERVICE_UNAVAILABLE
            )
