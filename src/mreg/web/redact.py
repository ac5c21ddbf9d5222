"""Leaving e-mail addresses out of what is published."""

from __future__ import annotations

import re
from datetime import datetime
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


_PLAIN = frozenset((int, float, bool, type(None), datetime))


def _values(said: Any) -> Any:
    kind = type(said)
    if kind is str:
        return text(said) if "@" in said else said
    if kind in _PLAIN or not said:
        return said
    if isinstance(said, tuple) and hasattr(kind, "_fields"):
        return kind(*map(_field, kind._fields, said))
    if isinstance(said, dict):
        return {_values(key): _values(it) for key, it in said.items()}
    if isinstance(said, list | tuple):
        return kind(map(_values, said))
    if isinstance(said, bytes):  # an event's own text, undecoded
        return _bytes(said) if b"@" in said else said
    return text(said) if isinstance(said, str) else said


def _field(name: str, said: Any) -> Any:
    return "" if name == "author_email" else _values(said)


def _bytes(said: bytes) -> bytes:
    if _TAGGER.fullmatch(said):
        return said[: said.rindex(b"<")] + b"<>"
    return _ADDRESS.sub(lambda it: it["name"], said.decode("utf-8", "surrogateescape")).encode(
        "utf-8", "surrogateescape"
    )


_TAGGER = re.compile(rb"[^\n]*<[^<>\n]*>\s*")
