"""The kinds of value that a field has, and what a comparison with each means.

A maker gets the operator and the value as they were typed and returns the test that a field's value
has to pass. It never gets "!=": that is "=", turned round by whoever asks.
"""

from __future__ import annotations

import operator as operators
import re
from collections.abc import Callable
from datetime import datetime, tzinfo
from typing import Any, NoReturn, get_args

from mreg.core import queries, times, versions
from mreg.core.versions import Precedence
from mreg.errors import InvalidName, InvalidTime
from mreg.render import numbers
from mreg.search.inputs import Meanings
from mreg.tuples import NamedTuple

Test = Callable[[Any], bool]
"""Tells whether a field's value is what a comparison asks for; it never raises."""


class Used(NamedTuple):
    """One input of a version, as a value: what it may be called, and what selectors mean there."""

    names: tuple[str, ...]
    meanings: Meanings


EQUAL, UNEQUAL, CONTAINS = "=", "!=", "~"
OPERATORS = (EQUAL, UNEQUAL, "<", "<=", ">", ">=", CONTAINS)

_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    EQUAL: operators.eq,
    "<": operators.lt,
    "<=": operators.le,
    ">": operators.gt,
    ">=": operators.ge,
}
_NUMERIC = {**_ORDER, EQUAL: numbers.equal}
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}

# The lengths are bounded: converting a long number is slow.
_NUMBER = re.compile(
    r"[-+]?(?:[0-9]{1,100}(?:\.[0-9]{0,100})?|\.[0-9]{1,100})(?:e[-+]?[0-9]{1,9})?"
)
_NOT_FINITE = re.compile(r"nan|[-+]?inf")
_WHOLE = re.compile(r"[-+]?[0-9]{1,100}")
_COMMIT = re.compile(r"[0-9a-f]{4,64}")
_SHORT_VERSION = re.compile(
    r"v?(?P<numbers>[0-9]{1,20}(?:\.[0-9]{1,20}){0,2})(?P<rest>[-+].{0,200})?", re.DOTALL
)
_TRUTH = {"true": True, "false": False}


class Unsuited(ValueError):
    """A comparison makes no sense for the kind of value that the field has.

    Attributes:
        hint: what to write instead.
        of_operator: whether the operator is at fault, not the value.
    """

    def __init__(self, message: str, hint: str, *, of_operator: bool = False) -> None:
        super().__init__(message)
        self.hint = hint
        self.of_operator = of_operator


class Criterion(NamedTuple):
    """What a comparison asks of a field; the operator is any of `OPERATORS` but "!=".

    `resolve` returns the id of the commit that a name stands for, if there is one.
    """

    operator: str
    value: str
    now: datetime
    zone: tzinfo | None = None
    resolve: Callable[[str], str | None] | None = None


Maker = Callable[[Criterion], Test]


def text(asked: Criterion) -> Test:
    """Compare texts: the same, or containing in any case; they have no order."""
    wanted = asked.value
    if asked.operator == CONTAINS:
        return _containing(wanted)
    if asked.operator != EQUAL:
        _refuse_operator("a string has no order", (EQUAL, UNEQUAL, CONTAINS))
    return lambda value: bool(value == wanted)


def truth(asked: Criterion) -> Test:
    """Compare with true or false."""
    if asked.operator != EQUAL:
        _refuse_operator("it is true or false", (EQUAL, UNEQUAL))
    wanted = _TRUTH.get(asked.value.lower())
    if wanted is None:
        raise Unsuited("it is either true or false", "write true or false")
    return lambda value: value is wanted


def commit(asked: Criterion) -> Test:
    """Compare the id of a commit with another, with its beginning, or with what a name means."""
    wanted = asked.value.lower()
    if asked.operator != EQUAL:
        _refuse_operator("the id of a commit has no order", (EQUAL, UNEQUAL))
    if _COMMIT.fullmatch(wanted):
        return lambda value: bool(value.startswith(wanted))
    found = asked.resolve(asked.value) if asked.resolve else None
    if found is None:
        raise Unsuited(
            "this is not the id of a commit, or a name of one in this repository",
            "write 4 or more of its digits (1f3c9a0), HEAD, a branch or a tag",
        )
    return lambda value: bool(value == found)


def number(asked: Criterion) -> Test:
    """Compare numbers."""
    wanted = as_number(asked.value)
    if asked.operator == CONTAINS:
        _refuse_operator("a number contains nothing", (EQUAL, UNEQUAL, *_MIRRORED))
    if wanted is None:
        raise Unsuited("this is not a number", "write a number: 3, 0.95 or 1e-4")
    compare = _NUMERIC[asked.operator]
    return lambda value: _is_number(value) and compare(value, wanted)


def moment(asked: Criterion) -> Test:
    """Compare a time, in seconds since 1970, with another; a bare date is all of that day."""
    if asked.operator == CONTAINS:
        _refuse_operator("a time contains nothing", (EQUAL, UNEQUAL, *_MIRRORED))
    if asked.operator == EQUAL and times.is_duration(asked.value):
        _refuse_operator("a duration means one second that long ago", tuple(_MIRRORED))
    try:
        first, last = (
            times.parse(asked.value, now=asked.now, zone=asked.zone, edge=edge)
            for edge in get_args(times.Edge)
        )
    except InvalidTime as error:
        raise Unsuited("this is not a time", error.hint) from None
    if asked.operator == EQUAL:
        return lambda value: bool(first <= value <= last)
    compare, edge = _ORDER[asked.operator], last if asked.operator in (">", "<=") else first
    return lambda value: compare(value, edge)


def age(asked: Criterion) -> Test:
    """Compare how long ago a time is, in seconds since 1970, with a duration."""
    if asked.operator not in _MIRRORED:
        _refuse_operator("an age changes all the time", tuple(_MIRRORED))
    if not times.is_duration(asked.value):
        raise Unsuited("this is not a duration", "write 30d, 12h, 2w, 6mo or 1y")
    return moment(asked._replace(operator=_MIRRORED[asked.operator]))


def version(asked: Criterion) -> Test:
    """Compare versions by SemVer precedence; missing numbers count as 0."""
    if asked.operator == CONTAINS:
        return _containing(asked.value)
    wanted = precedence(asked.value)
    if wanted is None:
        raise Unsuited("this is not a version", "write v1.2.0, v2.0.0-rc.1 or just 2")
    return _preceding(asked.operator, wanted)


def release(asked: Criterion) -> Test:
    """Compare the versions of software: by precedence where both are like SemVer, else as texts."""
    if asked.operator == CONTAINS:
        return _containing(asked.value)

    def same(value: str) -> bool:
        return asked.operator == EQUAL and value == asked.value

    wanted = precedence(asked.value)
    if wanted is None:
        return same
    ordered = _preceding(asked.operator, wanted)
    return lambda value: ordered(value) or same(value)


def anything(asked: Criterion) -> Test:
    """Compare a value whose kind is not known beforehand: numbers, truths and texts as such."""
    if asked.operator == CONTAINS:
        contains = _containing(asked.value)
        return lambda value: isinstance(value, str) and contains(value)
    compare, wanted = _NUMERIC[asked.operator], as_number(asked.value)

    def test(value: Any) -> bool:
        if _is_number(value):
            return wanted is not None and compare(value, wanted)
        if asked.operator != EQUAL:
            return False
        if isinstance(value, bool):
            return value is _TRUTH.get(asked.value.lower())
        return bool(value == asked.value)

    return test


def used(asked: Criterion) -> Test:
    """Compare an input with a path, a URL, an artifact's name or a selector."""
    if asked.operator == CONTAINS:
        contains = _containing(asked.value)
        return lambda value: any(map(contains, value.names))
    if asked.operator != EQUAL:
        _refuse_operator("an input has no order", (EQUAL, UNEQUAL, CONTAINS))
    try:
        selector = queries.parse_selector(asked.value)
    except InvalidName:
        return lambda value: asked.value in value.names
    if selector.plain:  # any version of it
        return lambda value: asked.value in value.names
    # What is meant is the version that it names today, whatever was declared.
    return lambda value: value.meanings.now(selector) in value.names


def as_number(typed: str) -> int | float | None:
    """Return the number that a text is; None if it is none."""
    typed = typed.lower()
    if _WHOLE.fullmatch(typed):
        return int(typed)
    return float(typed) if _NUMBER.fullmatch(typed) or _NOT_FINITE.fullmatch(typed) else None


def precedence(typed: str) -> Precedence | None:
    """Return a version's place in SemVer's order; missing numbers are 0; None if it has none."""
    found = _SHORT_VERSION.fullmatch(typed)
    if found is None:
        return None
    numbers = [str(int(it)) for it in found["numbers"].split(".")]
    full = f"v{'.'.join([*numbers, '0', '0'][:3])}{found['rest'] or ''}"
    return versions.precedence(full) if versions.is_version(full) else None


def _preceding(operator: str, wanted: Precedence) -> Test:
    compare = _ORDER[operator]

    def test(value: str) -> bool:
        own = precedence(value)
        return own is not None and compare(own, wanted)

    return test


def _containing(wanted: str) -> Test:
    needle = wanted.casefold()
    return lambda value: needle in value.casefold()


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _refuse_operator(why: str, known: tuple[str, ...]) -> NoReturn:
    raise Unsuited(why, f"compare it with {', '.join(known)}", of_operator=True)
