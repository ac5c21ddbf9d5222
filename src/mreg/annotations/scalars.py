"""What a plain scalar means: the core schema of YAML 1.2.2, section 10.3.2.

Dates stay text, and so do "yes", "no", "on" and "off" and numbers with underscores, which YAML 1.1
took for something else.
"""

from __future__ import annotations

import re

Scalar = str | int | float | bool | None

_NULL = frozenset(("", "~", "null", "Null", "NULL"))
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
LARGEST = 10**100
"""From here on a whole number is none, but a text: no metric needs more, and Python makes no float
of one beyond 1.8e308, and no text of one beyond 4,300 digits."""

# The lengths are bounded for the same reason, and since converting a long one is slow.
_INT = re.compile(r"[-+]?[0-9]{1,100}")
_OCTAL_OR_HEXADECIMAL = re.compile(r"0o[0-7]{1,100}|0x[0-9a-fA-F]{1,100}")
_FLOAT = re.compile(
    r"[-+]?(?:\.[0-9]{1,100}|[0-9]{1,100}(?:\.[0-9]{0,100})?)(?:[eE][-+]?[0-9]{1,9})?"
)
_INFINITE = re.compile(r"([-+]?)\.(?:inf|Inf|INF)")
_NOT_A_NUMBER = frozenset((".nan", ".NaN", ".NAN"))
_MAY_BE_SPECIAL = frozenset("+-.0123456789~nNtTfF")


def resolve(text: str) -> Scalar:
    """Return the value of a plain (unquoted) scalar."""
    if text and text[0] not in _MAY_BE_SPECIAL:
        return text
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if _INT.fullmatch(text):
        return int(text)
    if _OCTAL_OR_HEXADECIMAL.fullmatch(text):
        return int(text, base=0)  # as the prefix says
    if _FLOAT.fullmatch(text):
        return float(text)
    if found := _INFINITE.fullmatch(text):
        return float(f"{found[1]}inf")
    if text in _NOT_A_NUMBER:
        return float("nan")
    return text


def bounded(value: int) -> int | str:
    """Return a whole number of another format as YAML would have it: a long one is a text."""
    if -LARGEST < value < LARGEST:
        return value
    try:
        return str(value)
    except ValueError:  # too long for Python to write in decimal digits
        return hex(value)
