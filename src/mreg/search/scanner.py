"""From an expression's text to its words, and to the caret that shows where one is wrong."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal, TypeAlias

from mreg.errors import InvalidQuery
from mreg.render.escape import line
from mreg.tuples import NamedTuple

MAX_LENGTH = 4096
"""How many characters an expression may have."""

_SHOWN = 60
"""How much of a long expression is shown around a fault."""

Rule: TypeAlias = Literal["open", "close", "keyword", "field", "operator", "value", "anything"]
"""What a word may be; which of them is looked for depends on where it stands."""

QUOTED = r"""(?: "(?:[^"]|"")*" | '(?:[^']|'')*' )"""
_BARE = r"[^\s\"'()=!<>~]"
_NAME = r"[^\s\"'()=!<>~.]+"

_PATTERNS: dict[Rule, str] = {
    "open": r"\(",
    "close": r"\)",
    "keyword": rf"(?: and | or | not ) (?! {_BARE} | [=!<>~] )",
    "field": rf"{_NAME} (?: \. (?: {_NAME} | {QUOTED} ) )*",
    "operator": r"!= | <= | >= | [=<>~]",
    "value": rf"{QUOTED} | {_BARE}+",
    "anything": rf"{QUOTED} | {_BARE}+ | [=!<>~]+ | .",
}
_RULES = {
    rule: re.compile(pattern, re.VERBOSE | re.IGNORECASE) for rule, pattern in _PATTERNS.items()
}
_SEGMENT = re.compile(rf"{QUOTED} | {_NAME}", re.VERBOSE)
_BLANK = re.compile(r"\s*")


class Token(NamedTuple):
    """A word of an expression as it stands there, and its place in characters."""

    text: str
    start: int
    end: int


class Scanner:
    """Goes through an expression, word by word."""

    def __init__(self, text: str) -> None:
        """Begin at the start.

        Raises:
            InvalidQuery: it is too long.
        """
        self._text = text
        self._at = 0
        if len(text) > MAX_LENGTH:
            place = Token("", MAX_LENGTH, MAX_LENGTH + 1)
            raise self.fault(f"the expression is longer than {MAX_LENGTH:,} characters", place)

    def take(self, rule: Rule) -> Token | None:
        """Return the next word and go on behind it; None, and stay, if it is none of the rule."""
        found = self.peek(rule)
        if found:
            self._at = found.end
        return found

    def peek(self, rule: Rule) -> Token | None:
        """Return what `take` would, and stay."""
        start = self._next()
        match = _RULES[rule].match(self._text, start)
        return Token(match[0], start, match.end()) if match else None

    def begins_comparison(self) -> bool:
        """Tell whether a field comes next, and then an operator; and stay."""
        start = self._at
        found = self.take("field") and self.peek("operator")
        self._at = start
        return found is not None

    def next(self) -> Token:
        """Return whatever comes next, for an error to point at; at the end an empty word."""
        return self.peek("anything") or Token("", self._next(), self._next())

    def fault(self, message: str, place: Token, *, hint: str = "") -> InvalidQuery:
        """Return the error for what is wrong with a word: what, and the place with a caret."""
        shown = pointed(self._text, place.start, place.end)
        return InvalidQuery(f"{message}\n{shown}", place.start, place.end, hint=hint)

    def _next(self) -> int:
        blank = _BLANK.match(self._text, self._at)
        return blank.end() if blank else self._at


def segments(field: str) -> tuple[str, ...]:
    """Return the names that a field is made of: `metrics."val loss"` has two."""
    return tuple(unquoted(found[0]) for found in _SEGMENT.finditer(field))


def unquoted(text: str) -> str:
    """Return what a value or name says, without the quotes that may stand around it."""
    if text[0] not in "\"'":
        return text
    return text[1:-1].replace(text[0] * 2, text[0])


def quoted(text: str, *, name: bool = False) -> str:
    """Return a value, or a name within a field, as it is typed: in quotes where it needs them."""
    plain = re.fullmatch(_NAME if name else f"{_BARE}+", text)
    if plain and text.lower() not in ("and", "or", "not"):
        return text
    doubled = text.replace('"', '""')
    return f'"{doubled}"'


def pointed(text: str, start: int, end: int) -> str:
    """Return the part of an expression around a place, and carets below the place, as two lines."""
    first = max(0, min(start - _SHOWN // 2, len(text) - _SHOWN))
    last = first + _SHOWN
    before = ("..." if first else "") + line(text[first:start])
    place = line(text[start : min(end, last)])
    behind = line(text[min(end, last) : last]) + ("..." if last < len(text) else "")
    return f"  {before}{place}{behind}\n  {' ' * _width(before)}{'^' * max(1, _width(place))}"


def _width(text: str) -> int:
    """Return how many columns a text takes on a terminal."""
    return sum(map(_columns, text))


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
