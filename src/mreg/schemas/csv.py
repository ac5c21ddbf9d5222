"""Rows of a CSV file as data, of which a schema can be captured. Pure.

A column is of whole numbers, of numbers, of true and false, or of texts: whatever all of its values
are that are not empty. What is empty is missing. Dates are texts, as they are to who reads a file
without being told otherwise, and so are numbers with zeros before them: 007.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Any, Final

from mreg.schemas.capture import SEEN_ROWS, CannotCapture

_WHOLE: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]{1,3})?")
_TRUE_OR_FALSE: Final = {"true": True, "false": False}

_KINDS: Final[tuple[tuple[Callable[[str], object], Callable[[str], Any]], ...]] = (
    (_WHOLE.fullmatch, int),
    (_NUMBER.fullmatch, float),
    (lambda it: it.lower() in _TRUE_OR_FALSE, lambda it: _TRUE_OR_FALSE[it.lower()]),
    (lambda _: True, str),
)


def rows(lines: Iterable[str]) -> list[dict[str, Any]]:
    """Return the rows of a CSV file whose first line has the names of its columns.

    Args:
        lines: its lines with their ends, of which the first 100,000 are read.

    Raises:
        CannotCapture: it is no such file.
    """
    try:
        read = [it for it in islice(csv.reader(lines, strict=True), SEEN_ROWS + 1) if it]
    except csv.Error as error:
        raise CannotCapture(f"it is not valid CSV: {error}") from None
    if not read:
        raise CannotCapture("it is empty")
    header, *found = read
    for number, it in enumerate(found, start=1):
        if len(it) != len(header):
            raise CannotCapture(f"row {number} has {len(it)} values under {len(header)} names")
    if len(set(header)) < len(header):
        raise CannotCapture("two of its columns have the same name")
    columns = [_typed([it[at] for it in found]) for at in range(len(header))]
    return [dict(zip(header, it, strict=True)) for it in zip(*columns, strict=True)]


def _typed(texts: Sequence[str]) -> list[Any]:
    known = {it for it in texts if it}
    convert = next(convert for fits, convert in _KINDS if all(map(fits, known)))
    return [convert(it) if it else None for it in texts]
