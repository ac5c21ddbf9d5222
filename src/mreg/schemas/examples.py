"""A file with an example of what goes into a model and of what comes out, as JSON. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

LIMIT: Final = 100_000
"""An example has so many bytes at most."""

SIDES: Final = ("input", "output")


class CannotRead(ValueError):
    """A file is no example; the message goes on from its name."""


def read(raw: bytes) -> dict[str, Any]:
    """Read a file with an example; return its "input", its "output" or both.

    Raises:
        CannotRead: it is none.
    """
    if len(raw) > LIMIT:
        raise CannotRead(f"has more than {LIMIT:,} bytes")
    try:
        found = json.loads(raw, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        why = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise CannotRead(f"is not valid JSON: {why}") from None
    if not isinstance(found, dict) or not found or not found.keys() <= {*SIDES}:
        raise CannotRead('is not of the form {"input": ..., "output": ...}')
    return found


def _refuse(constant: str) -> None:
    raise ValueError(f"JSON has no {constant}; write null")


def text(values: Mapping[str, Any]) -> bytes:
    """Return an example as it stands in a file: a row a line."""
    pairs = ",\n".join(f"  {_json_text(name)}: {_rows(it)}" for name, it in values.items())
    return f"{{\n{pairs}\n}}\n".encode()


def _rows(value: Any) -> str:
    if not isinstance(value, list) or not any(isinstance(it, (dict, list)) for it in value):
        return _json_text(value)
    rows = ",\n".join(f"    {_json_text(it)}" for it in value)
    return f"[\n{rows}\n  ]"


def _json_text(value: Any) -> str:
    found = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return found if is_unicode(found) else json.dumps(value, allow_nan=False)


def is_unicode(found: str) -> bool:
    """Tell whether a text can be written as UTF-8: it has no half of a surrogate pair."""
    try:
        found.encode()
    except UnicodeEncodeError:
        return False
    return True
