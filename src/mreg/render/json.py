"""Values as JSON: named tuples become objects, times ISO 8601 with their offset."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

_ATOMS = frozenset((str, int, float, bool, type(None)))


def plain(value: Any) -> Any:
    """Return a value as the dicts, lists and texts that JSON is made of."""
    kind = type(value)
    if kind in _ATOMS:
        return value
    if isinstance(value, tuple):
        if fields := getattr(kind, "_fields", None):
            # Most of what is printed are rows of atoms, which a call each would make slow.
            return {
                name: item if type(item) in _ATOMS else plain(item)
                for name, item in zip(fields, value, strict=True)
            }
        return [plain(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    raise TypeError(f"{kind.__name__} has no form in JSON")


def dumps(value: Any, *, pretty: bool = False) -> str:
    """Return a value as a JSON text.

    Everything beyond ASCII is escaped, and so is DEL, the one control character that JSON lets
    pass: the text is safe on a terminal.

    Args:
        value: named tuples, dicts, lists, texts, numbers and times.
        pretty: indent it for a reader; Python's JSON is ten times slower at that.
    """
    text = json.dumps(plain(value), indent=2 if pretty else None)
    return text.replace("\x7f", "\\u007f")
