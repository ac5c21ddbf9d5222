"""Values as JSON: named tuples become objects, times ISO 8601 with their offset."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any


def plain(value: Any) -> Any:
    """Return a value as the dicts, lists and texts that JSON is made of."""
    if isinstance(value, tuple):
        fields = getattr(value, "_fields", None)
        if fields is None:
            return [plain(item) for item in value]
        return {name: plain(item) for name, item in zip(fields, value, strict=True)}
    if isinstance(value, str) or value is None:
        return value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def dumps(value: Any) -> str:
    """Return a value as a JSON text.

    Everything beyond ASCII is escaped, and so is DEL, the one control character that JSON lets
    pass: the text is safe on a terminal.
    """
    return json.dumps(plain(value), indent=2).replace("\x7f", "\\u007f")
