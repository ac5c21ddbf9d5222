"""Connections that are bounded in number, and in the time that a client may take over each step.

uvicorn has a limit for connections on which nothing happens, and none for a request that comes a
byte at a time, a header without an end, or an answer that nobody reads.
"""

from __future__ import annotations

from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_CONNECTIONS: Final = 1000
_HEADER_SECONDS: Final = 15.0
_WRITE_SECONDS: Final = 60.0
_MOST_IN_HEADER: Final = 1 << 20
"""How many bytes may come before a header is whole; what comes of a body with it counts, too."""


class BoundedConnection(HttpToolsProtocol):  # type: ignore[misc]
    """A connection."""

    _header_timer: Any = None
    _rest_timer: Any = None
    _write_timer: Any = None
    _in_header = 0

    def connection_made(self, transport: Any) -> None:
        """Begin to wait for a request; of too many connections, none."""
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            transport.abort()
        else:
            self._await_header()

    def _await_header(self) -> None:
        if self._header_timer is None:
            self._in_header = 0
            self._header_timer = self.loop.call_later(_HEADER_SECONDS, self._abort)

    def _abort(self) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.abort()

    def data_received(self, data: bytes) -> None:
        """Take what came."""
        if self._header_timer is not None:
            self._in_header += len(data)
            if self._in_header > _MOST_IN_HEADER:
                self._abort()
                return
        super().data_received(data)
        if self._is_between_requests() and self._rest_timer is None:
            self._rest_timer = self.loop.call_later(_HEADER_SECONDS, self._abort)

    def _is_between_requests(self) -> bool:
        """Tell whether what comes is of a request that was answered, or of none.

        uvicorn's own limit holds until the first byte of that, and not again.
        """
        if self._header_timer is not None or self.timeout_keep_alive_task is not None:
            return False
        return self.cycle is not None and bool(self.cycle.response_complete)

    def on_message_begin(self) -> None:
        """Begin to wait for the end of the next request's header."""
        self._rest_timer = _cancelled(self._rest_timer)
        self._await_header()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Wait no longer for it."""
        self._header_timer = _cancelled(self._header_timer)
        super().on_headers_complete()

    def pause_writing(self) -> None:
        """Begin to wait for a client to read its answer."""
        self._write_timer = self._write_timer or self.loop.call_later(_WRITE_SECONDS, self._abort)
        super().pause_writing()

    def resume_writing(self) -> None:
        """Wait no longer for that."""
        self._write_timer = _cancelled(self._write_timer)
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """End all waiting."""
        self._header_timer = _cancelled(self._header_timer)
        self._rest_timer = _cancelled(self._rest_timer)
        self._write_timer = _cancelled(self._write_timer)
        super().connection_lost(exc)


def _cancelled(timer: Any) -> Any:
    """Cancel a timer, if there is one; return none."""
    if timer is not None:
        timer.cancel()
    return None
