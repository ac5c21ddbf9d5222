"""Who one is to a container registry, as values."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from mreg.tuples import NamedTuple


class Login(NamedTuple):
    """A name and password, or a token in their place.

    Attributes:
        name: the name; empty with a token.
        password: the password.
        refresh: a token that others are given for ("identity token").
        token: a token that is shown as it is ("registry token").
    """

    name: str = ""
    password: str = ""
    refresh: str = ""
    token: str = ""

    def __repr__(self) -> str:
        return f"Login({self.name!r})"


Logins: TypeAlias = Callable[[str], Login | None]
"""Returns who one is to the registry at a host; None if that is not known."""


def nobody(_: str) -> None:
    """Know of no registry who one is to it."""
