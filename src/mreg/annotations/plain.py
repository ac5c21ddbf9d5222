"""A fast reader of the plain part of YAML that nearly every annotation is written in.

Block mappings and lists, scalars of one line, and lists and mappings in brackets of one line. All
else is `NotPlain` and left to `mreg.annotations.nodes`: what this reader does read, it reads as a
full parser would (a test compares the two), about twenty times faster and without loading one.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NamedTuple

from mreg.annotations import scalars
from mreg.annotations.text import MAX_DEPTH


class NotPlain(ValueError):
    """A text has more than the plain part of YAML, or is no YAML."""


_KEY = r"[A-Za-z0-9_][A-Za-z0-9_./-]{0,200}"
_QUOTED = r"""'(?:[^'\n]|'')*' | "[^"\\\n]*" """
# A plain scalar: no indicator at its start, no ": " and no " #" within, no ":" at its end.
_PLAIN = r"(?:[A-Za-z0-9_./+(]|-(?=[^\s]))(?:[^:\#\n]|:(?=[^\s])|(?<=[^\s])\#)*"
_FLOW = r"\[[^\[\]{}\#\n]*\] | \{[^\[\]{}\#\n]*\}"
_COMMENT = r"(?:[ ]+(?:\#[^\n]*)?)?"

_VALUE = rf"(?:(?P<quoted> {_QUOTED}) | (?P<flow> {_FLOW}) | (?P<plain> {_PLAIN}))"
_PAIR_LINE = re.compile(rf"(?P<key> {_KEY}):(?:[ ]+{_VALUE})?{_COMMENT}", re.VERBOSE)
_SCALAR_LINE = re.compile(rf"{_VALUE}{_COMMENT}", re.VERBOSE)

_FLOW_PLAIN = r"(?:[A-Za-z0-9_./+(]|-(?=[A-Za-z0-9_.]))[^,:'\"\#]*"
_FLOW_ITEM = re.compile(
    rf"[ ]*(?:(?P<key> {_KEY}):[ ]+)?(?:(?P<quoted> {_QUOTED}) | (?P<plain> {_FLOW_PLAIN}))"
    r"[ ]*(?:,|$)",
    re.VERBOSE,
)

# Line breaks that only some parsers take for such, control characters and the like.
_STRANGE = re.compile(r"[\t\r\x00-\x09\x0b-\x1f\x7f-\xa0\u2028\u2029\ufeff]")


_MOST_KNOWN = 1 << 14
"""Of so many lines it is remembered what they say: nearly all are the same in many entries."""


class _Line(NamedTuple):
    indent: int
    content: str


class _Pair(NamedTuple):
    """A line with a key, and what stands behind it.

    Attributes:
        key: the key.
        scalar: its value, if that is a scalar.
        flow: its value as it is written, if that is in brackets.
        bare: whether no value stands behind it.
    """

    key: str
    scalar: Any = None
    flow: str | None = None
    bare: bool = False


def parse(text: str) -> Any:
    """Return the value of a text: dicts, lists and scalars; None if it holds nothing.

    Raises:
        NotPlain: it has to be read by a full parser.
    """
    if _STRANGE.search(text):
        raise NotPlain
    lines = [
        line for line in map(_line, text.split("\n")) if line.content and line.content[0] != "#"
    ]
    if not lines:
        return None
    value, end = _block(lines, 0, 1)
    if end < len(lines):
        raise NotPlain
    return value


@lru_cache(_MOST_KNOWN)
def _line(text: str) -> _Line:
    content = text.lstrip(" ")
    return _Line(len(text) - len(content), content)


def _block(lines: list[_Line], at: int, depth: int) -> tuple[Any, int]:
    """Read the mapping or list that begins at a line; return it and the line behind it."""
    if depth > MAX_DEPTH:
        raise NotPlain
    if _is_item(lines[at].content):
        return _list(lines, at, depth)
    return _mapping(lines, at, depth)


def _is_item(content: str) -> bool:
    return content.startswith("- ") or content == "-"


def _mapping(lines: list[_Line], at: int, depth: int) -> tuple[dict[str, Any], int]:
    indent = lines[at].indent
    found: dict[str, Any] = {}
    while at < len(lines) and lines[at].indent == indent:
        pair = _pair(lines[at].content)
        if pair is None or pair.key in found:
            raise NotPlain
        found[pair.key], at = _after_key(pair, lines, at + 1, indent, depth)
    return found, _closed(lines, at, indent)


@lru_cache(_MOST_KNOWN)
def _pair(content: str) -> _Pair | None:
    """Read a line that begins with a key; None if it does not."""
    match = _PAIR_LINE.fullmatch(content)
    if match is None:
        return None
    if match["flow"]:  # read anew each time: whoever gets a list may change it
        return _Pair(match["key"], flow=match["flow"])
    bare = match.lastgroup == "key"
    return _Pair(match["key"], None if bare else _scalar(match), bare=bare)


def _after_key(
    pair: _Pair, lines: list[_Line], at: int, indent: int, depth: int
) -> tuple[Any, int]:
    """Return the value of a key, which stands behind it or on the lines below."""
    if pair.flow:
        return _flow(pair.flow, depth), at
    if pair.bare and at < len(lines):
        below = lines[at]
        if below.indent > indent or (below.indent == indent and _is_item(below.content)):
            return _block(lines, at, depth + 1)
    return pair.scalar, at


def _list(lines: list[_Line], at: int, depth: int) -> tuple[list[Any], int]:
    indent = lines[at].indent
    found: list[Any] = []
    while at < len(lines) and lines[at].indent == indent and _is_item(lines[at].content):
        content = lines[at].content[1:]
        inner = content.lstrip(" ")
        if not inner or inner[0] == "#" or _is_item(inner):
            raise NotPlain
        if _pair(inner):
            lines[at] = _Line(indent + 1 + len(content) - len(inner), inner)
            value, at = _block(lines, at, depth + 1)
        else:
            match = _SCALAR_LINE.fullmatch(inner)
            if match is None:
                raise NotPlain
            value = _flow(match["flow"], depth) if match["flow"] else _scalar(match)
            at += 1
        found.append(value)
    return found, _closed(lines, at, indent)


def _closed(lines: list[_Line], at: int, indent: int) -> int:
    """Return the line behind a block; one that goes on deeper is more than plain."""
    if at < len(lines) and lines[at].indent > indent:
        raise NotPlain
    return at


def _scalar(match: re.Match[str]) -> Any:
    if match["quoted"]:
        return _unquoted(match["quoted"])
    return scalars.resolve(match["plain"].rstrip(" "))


def _unquoted(text: str) -> str:
    return text[1:-1] if text[0] == '"' else text[1:-1].replace("''", "'")


def _flow(text: str, depth: int) -> Any:
    """Read a list or mapping in brackets, of scalars alone."""
    if depth == MAX_DEPTH:
        raise NotPlain
    inner = text[1:-1]
    items = _flow_items(inner) if inner.strip(" ") else ()
    if text[0] == "[":
        if any(key is not None for key, _ in items):
            raise NotPlain
        return [value for _, value in items]
    found = {key: value for key, value in items if key is not None}
    if len(found) < len(items):
        raise NotPlain
    return found


@lru_cache(_MOST_KNOWN)
def _flow_items(inner: str) -> tuple[tuple[str | None, Any], ...]:
    found = []
    at = 0
    while at < len(inner):
        match = _FLOW_ITEM.match(inner, at)
        if match is None:
            raise NotPlain
        quoted = match["quoted"]
        value = _unquoted(quoted) if quoted else scalars.resolve(match["plain"].rstrip(" "))
        found.append((match["key"], value))
        at = match.end()
        if at == len(inner) and match[0].endswith(","):
            raise NotPlain
    return tuple(found)
