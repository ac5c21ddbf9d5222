"""What a client is told whose request cannot be answered."""

from __future__ import annotations

from http import HTTPStatus


class RequestRefused(Exception):
    """A request that is answered with an error, and never reached the model.

    Attributes:
        status: the status of HTTP.
    """

    def __init__(self, message: str, status: int = HTTPStatus.BAD_REQUEST) -> None:
        super().__init__(message)
        self.status = status


class WrongValue(Exception):
    """A value is not what it should be.

    Attributes:
        index: its number among its neighbours; None: it is not about a single one.
    """

    def __init__(self, message: str, index: int | None = None) -> None:
        super().__init__(message)
        self.index = index


_MOST = 100


def quoted(text: object) -> str:
    """Return a name as errors show it, however long it is."""
    shown = str(text)
    return f"`{shown if len(shown) <= _MOST else f'{shown[:_MOST]}...'}`"
