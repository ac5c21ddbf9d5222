"""Metrics and params as values: made flat, held against each other, and written for a reader."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

Number: TypeAlias = int | float

FEWEST_DIGITS, MOST_DIGITS = 6, 17
"""How many digits of a number a terminal shows, unless two that differ would look alike; and how
many tell any two floats apart."""


def flat(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values without the mappings among them: what is in those has a name joined by dots.

    A mapping stays whole if one of the names in it would be that of another value.
    """
    if not any(isinstance(it, dict) for it in values.values()):
        return dict(values)
    found: dict[str, Any] = {}
    for name, value in values.items():
        inner = {f"{name}.{key}": it for key, it in _inside(value).items()}
        if inner and inner.keys().isdisjoint(values) and inner.keys().isdisjoint(found):
            found.update(inner)
        else:
            found[name] = value
    return found


def _inside(value: Any) -> dict[str, Any]:
    return flat(value) if isinstance(value, dict) else {}


def same(first: Any, second: Any) -> bool:
    """Tell whether two values are the same: not a number is so to itself, and true is not 1."""
    if isinstance(first, dict) and isinstance(second, dict):
        return first.keys() == second.keys() and all(same(first[key], second[key]) for key in first)
    if isinstance(first, list | tuple) and isinstance(second, list | tuple):
        return len(first) == len(second) and all(map(same, first, second))
    if type(first) is not type(second):
        return False
    return bool(first == second) or (first != first and second != second)  # noqa: PLR0124 - NaN


def equal(first: Number, second: Number) -> bool:
    """Tell whether two numbers are equal; 1 and 1.0 are."""
    return first == second or (is_nan(first) and is_nan(second))


def is_nan(value: Number) -> bool:
    """Tell whether a number is not a number."""
    return isinstance(value, float) and math.isnan(value)


def delta(before: Number, after: Number) -> Number | None:
    """Return the difference of two numbers as they are written: 0.3 is 0.1 more than 0.2.

    None where it is no number, or too large for one.
    """
    if isinstance(before, int) and isinstance(after, int):
        return after - before
    if not (is_finite(before) and is_finite(after)):
        return None
    from decimal import Context, Decimal

    found = float(Context(prec=60).subtract(Decimal(str(after)), Decimal(str(before))))
    return found if math.isfinite(found) else None


def ratio(before: Number, difference: Number | None) -> float | None:
    """Return a difference as a part of what it began from; None where that is nothing."""
    if difference is None or before == 0:
        return None
    from decimal import Context, Decimal

    try:
        found = float(Context(prec=60).divide(Decimal(str(difference)), abs(Decimal(str(before)))))
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def is_finite(value: Number) -> bool:
    """Tell whether a number can be more or less than others: it is neither NaN nor infinite."""
    # An integer is finite, and may be too large to be asked as a float.
    return isinstance(value, int) or math.isfinite(value)


def plain(value: Any) -> Any:
    """Return a value as JSON has it: texts for numbers that are not finite, lists for tuples."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {str(key): plain(it) for key, it in value.items()}
    return [plain(it) for it in value] if isinstance(value, list | tuple) else value


def shown(value: Any, *, digits: int = MOST_DIGITS) -> str:
    """Return a value for a reader: a text as it is, a number in its shortest form, else JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, float):
        import json

        return json.dumps(plain(value), ensure_ascii=False)
    full, short = repr(value), f"{value:.{digits}g}"
    if digits == MOST_DIGITS or len(short) >= len(full) or ("e" in short and "e" not in full):
        return full
    return short


def digits_for(values: Iterable[Any]) -> int:
    """Return how many digits it takes to show numbers in short, none like another."""
    numbers = {it for it in values if isinstance(it, float) and math.isfinite(it)}
    for digits in range(FEWEST_DIGITS, MOST_DIGITS):
        if len({shown(it, digits=digits) for it in numbers}) == len(numbers):
            return digits
    return MOST_DIGITS


def signed(value: Number | None, *, digits: int = MOST_DIGITS) -> str:
    """Return a difference with its sign; nothing for none."""
    if value is None:
        return ""
    return f"{'+' if value > 0 else ''}{shown(value, digits=digits)}"


def percent(part: float | None) -> str:
    """Return a part with its sign, in percent; nothing for none."""
    if part is None:
        return ""
    whole = _FEWEST_WITHOUT_POINT <= abs(100 * part) < _MOST_IN_DIGITS
    return f"{100 * part:+{'.0f' if whole else '.3g'}} %"


_FEWEST_WITHOUT_POINT = 999.5
_MOST_IN_DIGITS = 1e6
"""Between them, three significant digits would need an exponent: all digits are written."""
