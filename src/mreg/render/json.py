"""Values as JSON: named tuples become objects, times ISO 8601 with their offset.

A number that is not finite stands as a text: "inf", "-inf" or "nan".
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from functools import cache
from json.encoder import encode_basestring_ascii as _quote
from math import isfinite
from operator import attrgetter
from typing import Any

from mreg.render import log


def dumps(value: Any, *, pretty: bool = False) -> str:
    """Return a value as a JSON text.

    Everything beyond ASCII is escaped, and so is DEL, the one control character that JSON lets
    pass, and what a pipeline's log would take for a command: the text is safe wherever it is shown.

    Args:
        value: named tuples, tuples, lists, dicts with texts for keys, texts, numbers and times.
        pretty: indent it for a reader.

    Raises:
        TypeError: something in it has no form in JSON.
    """
    text = _encode(value)
    return indented(text) if pretty else inert(text)


def compact(value: Any) -> str:
    """Return the same on one line without a space, for what is large and read by programs alone."""
    return line(plain(value))


def line(value: Any) -> str:
    """Return the same of a value that is `plain` already."""
    return inert(json.dumps(value, separators=(",", ":"), allow_nan=False))


def plain(value: Any) -> Any:
    """Return a value made of what Python's own encoder writes in the same forms."""
    if type(value) in _SIMPLE:
        return value
    if isinstance(value, tuple | list):
        get, names = _fields(type(value))
        items = [it if type(it) in _SIMPLE else plain(it) for it in (get(value) if get else value)]
        return dict(zip(names, items, strict=True)) if names else items
    if isinstance(value, dict):
        return {key: plain(it) for key, it in value.items()}
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, float) and not isfinite(value) else value


_SIMPLE = frozenset((str, int, bool, type(None)))


def indented(text: str) -> str:
    """Return a JSON text indented for a reader."""
    return inert(json.dumps(json.loads(text), indent=2))


def inert(text: str) -> str:
    """Return a JSON text in which nothing is left that could act where it is shown."""
    return log.inert_json(text.replace("\x7f", "\\u007f"))


def _encode(value: Any) -> str:
    """Write a value.

    Python's own encoder takes a named tuple for a list. Turning each into a dict first would take
    longer than all the rest: a registry's JSON is hardly anything else.
    """
    if isinstance(value, str):
        return _quote(value)
    if value is None:
        return "null"
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, tuple | list):
        shown, form = _object_form(type(value))
        items = [
            _quote(item) if type(item) is str else _encode(item)
            for item in (shown(value) if shown else value)
        ]
        return form % tuple(items) if form else f"[{', '.join(items)}]"
    if isinstance(value, datetime):
        return f'"{value.isoformat()}"'
    if isinstance(value, float) and not isfinite(value):
        return _quote(str(value))  # JSON has no such number
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_quote(key)}: {_encode(item)}' for key, item in value.items())}}}"
    if isinstance(value, float):
        return float.__repr__(value)
    return json.dumps(value)


@cache
def _object_form(kind: type) -> tuple[Callable[[Any], Any] | None, str]:
    """Return how a named tuple is written: what gets its values, and `{"name": %s, ...}`.

    Of other sequences there is nothing to get.
    """
    get, names = _fields(kind)
    form = ", ".join(f"{_quote(name)}: %s" for name in names)
    return get, f"{{{form}}}" if names else ""


@cache
def _fields(kind: type) -> tuple[Callable[[Any], Any] | None, tuple[str, ...]]:
    """Return what of a named tuple is written, and what gets it, unless that is all in its order.

    The names are those that its `shown()` returns, if it has that, else its fields.
    """
    chosen = getattr(kind, "shown", None)
    names: tuple[str, ...] = chosen() if chosen else getattr(kind, "_fields", ())
    return attrgetter(*names) if chosen else None, names
