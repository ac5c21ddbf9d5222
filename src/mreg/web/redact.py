"""Leaving e-mail addresses out of what is published."""

from __future__ import annotations

import re
from typing import Any, TypeVar

# A selector such as churn@v1.2.0 is no address.
_ADDRESS = re.compile(
    r"(?P<name> [A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+ ) @ (?! v?[0-9]+\. )"
    r" (?: [A-Za-z0-9] [A-Za-z0-9-]* \. )+ [A-Za-z]{2,}",
    re.VERBOSE,
)
_BRACKETED = re.compile(r" ?<[^<>\s@]+@[^<>\s]+>")

_Value = TypeVar("_Value")


def text(said: str) -> str:
    """Return a text in which of each e-mail address only what stands before the "@" is left."""
    if "@" not in said:
        return said
    return _ADDRESS.sub(lambda found: found["name"], _BRACKETED.sub("", said))


def values(said: _Value) -> _Value:
    """Return values with no e-mail address in any of their texts, however deep these are."""
    return _values(said)  # type: ignore[no-any-return]


def _values(said: Any) -> Any:
    if isinstance(said, str):
        return text(said)
    if isinstance(said, bytes):  # an event's own text, undecoded
        return _bytes(said) if b"@" in said else said
    if isinstance(said, dict):
        return {_values(key): _values(it) for key, it in said.items()}
    if isinstance(said, tuple) and hasattr(said, "_fields"):
        return type(said)(
            *(
                "" if name == "author_email" else _values(getattr(said, name))
                for name in said._fields
            )
        )
    if isinstance(said, list | tuple):
        return type(said)(map(_values, said))
    return said


def _bytes(said: bytes) -> bytes:
    if _TAGGER.fullmatch(said):
        return said[: said.rindex(b"<")] + b"<>"
    return _ADDRESS.sub(lambda it: it["name"], said.decode("utf-8", "surrogateescape")).encode(
        "utf-8", "surrogateescape"
    )


_TAGGER = re.compile(rb"[^\n]*<[^<>\n]*>\s*")
