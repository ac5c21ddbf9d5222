"""Numbers of bytes as people read them."""

from __future__ import annotations

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")
_STEP = 1024


def size(count: float) -> str:
    """Return a number of bytes in the unit that suits it: "3 B", "1.5 MiB"."""
    unit = 0
    while count >= _STEP and unit < len(_UNITS) - 1:
        count /= _STEP
        unit += 1
    return f"{count:.1f} {_UNITS[unit]}" if unit else f"{count:.0f} {_UNITS[0]}"


def exact(count: int) -> str:
    """Return a size with its bytes, by which two that are nearly the same differ."""
    return size(count) if count < _STEP else f"{size(count)} ({count} B)"
