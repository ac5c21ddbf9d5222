"""Whether two answers say the same: numbers but for what rounding does."""

from __future__ import annotations

import math
from typing import Any

_CLOSE = 1e-6
"""How far numbers may be apart, in parts of the larger one."""


def same(one: Any, other: Any) -> bool:
    """Tell whether two values that JSON can say are the same; a missing one is as NaN."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(it, other[key]) for key, it in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if _is_number(one) and _is_number(other):
        return math.isclose(one, other, rel_tol=_CLOSE, abs_tol=_CLOSE)
    return bool(_plain(one) == _plain(other))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not (isinstance(value, bool) or math.isnan(value))


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value
