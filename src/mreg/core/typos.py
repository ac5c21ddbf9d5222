"""Names that are probably another one, mistyped: what is new is asked about, before it is made."""

from __future__ import annotations

import re
from collections.abc import Iterable

_SHORT, _LONG = 3, 8
"""How long a word is at most in which only a swap is a slip, since eu and us are two; and from when
on there may be two slips, behind the first letter."""
_MOST = 2


def meant(wanted: str, known: Iterable[str]) -> str | None:
    """Return the known name that a new one is probably meant for; None if it may well be new.

    Case, and whether words are joined by "-", "_" or nothing, do not count. Names that differ in
    digits alone are no typos of each other, as v1 and v2 are; nor are short words, as eu and us.
    A name without its folder, as "net" of "proj:net", is taken for one that leaves it out.
    """
    names = set(known)
    inside = sorted(it for it in names if it.endswith(f":{wanted}"))
    if inside and wanted not in names:
        return inside[0]
    close = [] if wanted in names else [it for it in sorted(names) if _is_close(wanted, it)]
    return min(close, key=lambda it: slips(wanted.casefold(), it.casefold()), default=None)


def _is_close(wanted: str, known: str) -> bool:
    one, other = wanted.casefold(), known.casefold()
    if _letters(one) == _letters(other):
        return _joined(one) == _joined(other)  # else they differ in digits alone
    ones, others = _words(one), _words(other)
    return len(ones) == len(others) and all(map(_is_slip, ones, others))


def _letters(name: str) -> str:
    return re.sub(r"[0-9_-]", "", name)


def _joined(name: str) -> str:
    return re.sub(r"[_-]", "", name)


def _words(name: str) -> list[str]:
    return re.split(r"[-_/:.]", name)


def _is_slip(one: str, other: str) -> bool:
    """Tell whether a word is another one, or probably that, mistyped."""
    if one == other:
        return True
    length = max(len(one), len(other))
    if length <= _SHORT and sorted(one) != sorted(other):
        return False
    return slips(one, other) <= (_MOST if length >= _LONG and one[:1] == other[:1] else 1)


def slips(one: str, other: str) -> int:
    """Count the letters to be added, left out, changed, or swapped with the next one."""
    if abs(len(one) - len(other)) > _MOST:
        return abs(len(one) - len(other))
    before: list[int] = []
    row: list[int] = [*range(len(other) + 1)]
    for i, letter in enumerate(one):
        earlier: list[int] = before
        before, row = row, [i + 1]
        for j, its in enumerate(other):
            least = min(before[j] + (letter != its), before[j + 1] + 1, row[j] + 1)
            if i and j and letter == other[j - 1] and one[i - 1] == its:
                least = min(least, earlier[j - 1] + 1)
            row.append(least)
    return row[-1]
