"""A fast reader of the plain part of YAML that nearly every annotation is written in.

It reads a text only if every line has one of a few forms: a comment, a key in ASCII, an item of a
list; and behind them one scalar, or a list or mapping of scalars in brackets. Nothing in these
forms goes on in the next line. All else is `NotPlain` and left to `mreg.annotations.nodes`, without
a guess; what this reader does read, it reads as that one would (`tests/fuzz/yaml_readers.py`).
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple

from mreg.annotations import scalars
from mreg.annotations.text import MAX_DEPTH


class NotPlain(ValueError):
    """A text has more than the plain part of YAML, or is no YAML."""


# Quantifiers are possessive wherever two could share a text: no line takes more than one look.
_KEY = r"[A-Za-z0-9_][A-Za-z0-9_./-]{0,200}+"
_QUOTED = r"""(?: '(?:[^']|'')*+' | "[^"\\]*+" )"""
# A plain scalar: no indicator at its start, no ": " and no " #" within, no ":" at its end.
_START = r"(?: [A-Za-z0-9_./+(] | -(?=[A-Za-z0-9_.]) )"
_SCALAR = rf"{_START} (?: [^:\#] | :(?=\S) | (?<=\S)\# )*+"
_FLOW_SCALAR = rf"{_START} [^,:'\"\#\[\]{{}}]*+"
_FLOW_VALUE = rf"(?: {_QUOTED}[ ]*+ | {_FLOW_SCALAR} )"


def _listed(item: str) -> str:
    return rf"[ ]*+(?: {item} (?: ,[ ]*+ {item} )*+ )?"


_LINE = re.compile(
    rf"""
    (?P<indent> [ ]*+ )
    (?P<item> -[ ]++ )?
    (?: (?P<key> {_KEY} ) :(?:[ ]++ | $) )?
    (?: (?P<quoted> {_QUOTED} )
      | \[ (?P<list> {_listed(_FLOW_VALUE)} ) \]
      | \{{ (?P<mapping> {_listed(f"{_KEY}:[ ]++{_FLOW_VALUE}")} ) \}}
      | (?P<scalar> {_SCALAR} )
    )?
    [ ]*+
    (?: (?: (?<=[ ]) | ^ ) \#.* )?
    """,
    re.VERBOSE,
)
_FLOW_ITEM = re.compile(
    rf"(?: (?P<key> {_KEY} ):[ ]++ )? (?P<value> {_FLOW_VALUE} ) (?:,[ ]*+)?", re.VERBOSE
)

_STRANGE = r"\x00-\x09\x0b-\x1f\x7f-\xa0\u2028\u2029\ufeff"
_HAS_STRANGE = re.compile(f"[{_STRANGE}]")

_COMMENTS = rf"(?:[ ]*+(?:\#[^{_STRANGE}\n]*+)?\n)*+"
# What may stand above the first entry, and where the others begin.
_MARGIN = re.compile(rf"{_COMMENTS}(?:---[ ]*+\n{_COMMENTS})?", re.VERBOSE)
_NEXT = re.compile(r"\n(?=[A-Za-z0-9_])")

_MOST_KNOWN = 1 << 14
"""Of so many lines it is remembered what they say: nearly all are the same in many entries."""


class _Line(NamedTuple):
    """What a line says.

    Attributes:
        indent: how many spaces its key or value stands behind; of an item, its dash.
        inner: of an item of a list, how many its key or value stands behind; else -1.
        value: its scalar; or the items of its list or mapping in brackets.
        brackets: `list` or `dict`, which makes one of the items; None for a scalar.
        is_bare: whether there is no value.
    """

    indent: int
    inner: int
    key: str | None
    value: Any
    brackets: type[list[Any]] | type[dict[str, Any]] | None
    is_bare: bool


class Entries(dict[str, dict[str, Any]]):
    """What texts of entries hold: each a key at the margin, and what is below it.

    An entry's text is parsed once, whichever files hold it. To cut a text into entries is safe only
    where every line of all of them has a known form; one that has not, and none of them counts.
    """

    def __missing__(self, entry: str) -> dict[str, Any]:
        found: dict[str, Any] = parse(entry)
        self[entry] = found
        return found

    def merged(self, content: str) -> dict[str, Any] | None:
        """Return what the entries of a text hold; None if it has to be read by a full parser."""
        margin = _MARGIN.match(content)
        start = margin.end() if margin else 0
        if start == len(content):
            return {}
        if not _NEXT.match(f"\n{content[start]}"):
            return None
        entries = _NEXT.split(content[start:].rstrip("\n"))
        try:
            # Thousands of files share nearly all their entries: to look them up is left to C.
            parsed = list(map(self.__getitem__, entries))
        except NotPlain:
            return None
        found = dict(chain.from_iterable(map(dict.items, parsed)))
        return found if len(found) == len(entries) else None


def parse(text: str) -> Any:
    """Return the value of a text: dicts, lists and scalars; None if it holds nothing.

    Raises:
        NotPlain: it has to be read by a full parser.
    """
    if _HAS_STRANGE.search(text):
        raise NotPlain
    lines = [line for line in map(_line, text.split("\n")) if line]
    if not lines:
        return None
    value, end = _block(lines, 0, 1)
    if end < len(lines):
        raise NotPlain
    return value


@lru_cache(_MOST_KNOWN)
def _line(text: str) -> _Line | None:
    """Read a line; None if it is blank, or a comment."""
    match = _LINE.fullmatch(text)
    if match is None:
        raise NotPlain
    indent, inner, key = match.end("indent"), match.end("item"), match["key"]
    value, brackets = _value(match)
    is_bare = match.lastgroup in ("indent", "item", "key")
    if key is None and is_bare:
        if inner < 0:
            return None
        raise NotPlain  # a dash alone
    return _Line(indent, inner, key, value, brackets, is_bare)


def _value(match: re.Match[str]) -> tuple[Any, type[list[Any]] | type[dict[str, Any]] | None]:
    """Return the scalar that stands in a line, or the items that stand in brackets, and which."""
    if (items := match["list"]) is not None:
        return tuple(_scalar(it["value"]) for it in _FLOW_ITEM.finditer(items)), list
    if (items := match["mapping"]) is not None:
        pairs = tuple((it["key"], _scalar(it["value"])) for it in _FLOW_ITEM.finditer(items))
        if len(dict(pairs)) < len(pairs):
            raise NotPlain
        return pairs, dict
    return _scalar(match["quoted"] or match["scalar"] or ""), None


def _scalar(text: str) -> Any:
    text = text.rstrip(" ")
    if text[:1] == "'":
        return text[1:-1].replace("''", "'")
    return text[1:-1] if text[:1] == '"' else scalars.resolve(text)


def _block(lines: list[_Line], at: int, depth: int) -> tuple[Any, int]:
    """Read the mapping or list that begins at a line; return it and the line behind it."""
    if depth > MAX_DEPTH:
        raise NotPlain
    read = _mapping if lines[at].inner < 0 else _list
    value, end = read(lines, at, depth)
    if end < len(lines) and lines[end].indent > lines[at].indent:
        raise NotPlain
    return value, end


def _mapping(lines: list[_Line], at: int, depth: int) -> tuple[dict[str, Any], int]:
    indent = lines[at].indent
    found: dict[str, Any] = {}
    while at < len(lines) and lines[at].indent == indent and lines[at].inner < 0:
        key = lines[at].key
        if key is None or key in found:
            raise NotPlain
        found[key], at = _after_key(lines, at, depth)
    return found, at


def _after_key(lines: list[_Line], at: int, depth: int) -> tuple[Any, int]:
    """Return the value of a key, which stands behind it or on the lines below."""
    line, below = lines[at], at + 1
    if line.is_bare and below < len(lines):
        deeper = lines[below].indent - line.indent
        if deeper > 0 or (deeper == 0 and lines[below].inner >= 0):
            return _block(lines, below, depth + 1)
    return _of_line(line, depth), below


def _of_line(line: _Line, depth: int) -> Any:
    """Return the value in a line; lines are remembered, so that brackets are made anew."""
    if line.brackets and depth == MAX_DEPTH:
        raise NotPlain
    return line.brackets(line.value) if line.brackets else line.value


def _list(lines: list[_Line], at: int, depth: int) -> tuple[list[Any], int]:
    indent = lines[at].indent
    found: list[Any] = []
    while at < len(lines) and lines[at].indent == indent and lines[at].inner >= 0:
        line = lines[at]
        if line.key is None:
            value, at = _of_line(line, depth), at + 1
        else:
            lines[at] = line._replace(indent=line.inner, inner=-1)
            value, at = _block(lines, at, depth + 1)
        found.append(value)
    return found, at
