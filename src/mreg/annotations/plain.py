"""A fast reader of the plain part of YAML that nearly every annotation is written in.

It reads a text only if every line has one of a few forms: a comment, a key in ASCII, an item of a
list; and behind them one scalar, or a list or mapping of scalars in brackets. Nothing in these
forms goes on in the next line. All else is `NotPlain` and left to `mreg.annotations.nodes`, without
a guess; what this reader does read, it reads as that one would (`tests/fuzz/yaml_readers.py`).
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Any

from mreg.annotations import scalars
from mreg.annotations.text import MAX_DEPTH
from mreg.tuples import NamedTuple


class NotPlain(ValueError):
    """A text has more than the plain part of YAML, or is no YAML."""


# Quantifiers are possessive wherever two could share a text: no line takes more than one look.
_KEY = r"[A-Za-z0-9_][A-Za-z0-9_./-]{0,200}+"
_QUOTED = r"""(?: '[^'\n]*+(?>(?:''[^'\n]*+)*)' | "[^"\\\n]*+" )"""
# A plain scalar: no indicator at its start, no ": " and no " #" within, no ":" at its end.
_START = r"(?: [A-Za-z0-9_./+(] | -(?=[A-Za-z0-9_.]) )"
_SCALAR = rf"{_START} [^:\#\n]*+ (?> (?: (?: :(?=\S) | (?<=\S)\# ) [^:\#\n]*+ )* )"
_FLOW_SCALAR = rf"{_START} [^,:'\"\#\[\]{{}}\n]*+"
_FLOW_VALUE = rf"(?: {_QUOTED}[ ]*+ | {_FLOW_SCALAR} )"
_FLOW_PAIR = rf"{_KEY}:[ ]++{_FLOW_VALUE}"


def _listed(item: str) -> str:
    return rf"[ ]*+(?: {item} (?> (?: ,[ ]*+ {item} )* ) )?"


_LINE = re.compile(
    rf"""
    (?P<indent> [ ]*+ )
    (?P<item> -[ ]++ )?
    (?: (?P<key> {_KEY} ) :(?:[ ]++ | $) )?
    (?: (?P<quoted> {_QUOTED} )
      | \[ (?P<list> {_listed(_FLOW_VALUE)} ) \]
      | \{{ (?P<mapping> {_listed(_FLOW_PAIR)} ) \}}
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

STRANGE = r"\x00-\x09\x0b-\x1f\x7f-\xa0\u2028\u2029\ufeff"
"""The characters that are no plain part of YAML, for a pattern: it takes some for ends of lines."""

_HAS_STRANGE = re.compile(f"[{STRANGE}]")

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


def is_clean(text: str) -> bool:
    """Tell whether a text holds no character that the plain part of YAML does not have."""
    return not _HAS_STRANGE.search(text)


def shape(text: str) -> str:
    """Return a text with 0, [] or {} for the values that end its lines, and without comments.

    The shape of a clean text is plain if, and only if, the text is. Entries by the hundred thousand
    have few shapes, and their lines are looked at in C alone.
    """
    patterns = _patterns()
    text = "\n" + text
    text = patterns.comment.sub("", text) if "#" in text else text
    if "- " in text:
        text = patterns.item_scalar.sub(r"\g<before>0", text)
        text = patterns.item_list.sub(r"\g<before>[]", text)
        text = patterns.item_mapping.sub(_without_pairs, text)
    text = patterns.mapping.sub(_without_pairs, text)
    text = patterns.list.sub(": []", text)
    return patterns.scalar.sub(": 0", text)[1:]


def _without_pairs(match: re.Match[str]) -> str:
    """Return a mapping in brackets as an empty one, but for one that is not plain."""
    keys = [it["key"] for it in _FLOW_ITEM.finditer(match["pairs"])]
    return f"{match['before']}{{}}" if len(set(keys)) == len(keys) else match[0]


class _Patterns(NamedTuple):
    """What `shape` looks for: values that end a line, with what stands before each.

    A text at the start of a pattern lets the search be many times as fast. Behind a key that is
    ": ", wherever it is: what it leads to can be in a quoted text, in brackets or in a plain scalar
    only if the line is not plain, and then nothing that ends it makes it so. An item needs the
    start of its line, since a dash may be in a plain scalar.
    """

    comment: re.Pattern[str]
    item_scalar: re.Pattern[str]
    item_list: re.Pattern[str]
    item_mapping: re.Pattern[str]
    mapping: re.Pattern[str]
    list: re.Pattern[str]
    scalar: re.Pattern[str]


@cache  # to compile them takes some milliseconds, which small files do not need
def _patterns() -> _Patterns:
    key, item = r"(?P<before> :[ ] ) [ ]*+", r"(?P<before> \n[ ]*+-[ ] ) [ ]*+"
    end = r"[ ]*+ (?: (?<=[ ]) \#[^\n]*+ )? $"
    scalar, listed = f"(?: {_QUOTED} | {_SCALAR} )", rf"\[ {_listed(_FLOW_VALUE)} \]"
    pairs = rf"\{{ (?P<pairs> {_listed(_FLOW_PAIR)} ) \}}"
    them = (item + scalar, item + listed, item + pairs, key + pairs, key + listed, key + scalar)
    flags = re.VERBOSE | re.MULTILINE
    return _Patterns(
        re.compile(r"\n[ ]*+\#[^\n]*+"), *(re.compile(f"{it} {end}", flags) for it in them)
    )


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
