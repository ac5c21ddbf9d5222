"""Editing an annotations file: one field changes, and every other byte stays as it was.

Text in, text out. ruamel.yaml says where everything stands (`mreg.annotations.nodes`), only the
characters of what changes are replaced, and ruamel.yaml reads the result back: unless it holds
exactly what was asked for, the edit is refused and nothing is changed. Of a file that can be cut
into entries that is done with the lines of the one that changes and of the one before it, of which
a comment that stays could become a part; the others must be the same texts before and after.

What YAML itself makes impossible: the only pair of a block mapping cannot be taken out without
putting `{}` behind the mapping's key; a text without a line feed at its end gets one before a line
is added. Where a change would make a comment part of a text that stands before it (a `|` or `>`
block, and a comment indented as deep), it is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from functools import partial
from typing import Any, NamedTuple

from mreg.annotations import entries, nodes, scalars
from mreg.annotations.entries import Pieces
from mreg.annotations.nodes import YamlNode
from mreg.annotations.text import BOM, Unreadable

Path = tuple[str, ...]
"""Where a value is: the keys that lead to it."""

_STEP = 2

_LOOKED_AT = 64
"""So many entries of a file are asked how deep it indents."""

_WIDTH = 100
"""A list of texts that makes a line longer than so many characters gets a line for each."""


class CannotEdit(ValueError):
    """A text cannot be edited so that only what was asked for changes."""


class Edit(NamedTuple):
    """One edit: put a value at a path; or add it to the list there; or remove what is there."""

    path: Path
    value: Any = None
    add: bool = False
    remove: bool = False


class OneLine(dict[str, Any]):
    """A mapping that is written within a line, in brackets."""

    __slots__ = ()


def apply(text: str, changes: Sequence[Edit], pieces: Pieces | None = None) -> str:
    """Return a text with changes made to it, one after the other.

    Args:
        text: the text of a file, with its byte order mark and line ends.
        changes: what to change.
        pieces: the entries that the text is made of, if it is known to be.

    Raises:
        Unreadable: the text is no YAML that mreg reads, or no mapping.
        CannotEdit: a change cannot be made, or not without changing something else.
    """
    mark = BOM if text.startswith(BOM) else ""
    text = text.removeprefix(BOM)
    if pieces is None or len({it.path[0] for it in changes}) != 1:
        return mark + _changed(text, changes)
    newline = "\r\n" if "\r\n" in text else "\n"
    if text != pieces.text.replace("\n", newline):  # the lines end in more than one way
        return mark + _changed(text, changes)
    return mark + _among(pieces, changes).replace("\n", newline)


def _among(pieces: Pieces, changes: Sequence[Edit]) -> str:
    """Change one entry of a text that is made of entries, or add it."""
    start = pieces.find(changes[0].path[0])
    end = len(pieces.text) if start is None else pieces.end(start)
    begin = pieces.before(end if start is None else start)
    part = pieces.text[begin:end]
    changed = _changed(part, changes, partial(_step_of, pieces))
    text = f"{pieces.text[:begin]}{changed}{pieces.text[end:]}"
    if changed != part and not _differ_in(pieces, text, part, changed):
        raise CannotEdit(f"{changes[0].path[0]} cannot be changed without touching other entries")
    return text


def _differ_in(pieces: Pieces, text: str, part: str, changed: str) -> bool:
    """Tell whether two texts are made of the same entries but for those of a part of each."""
    cuts = [entries.cut(it) for it in (text, part, changed)]
    if None in cuts:
        return False
    before = set(pieces.texts)
    after, old, new = (set(it.texts) for it in cuts if it)
    return before - after <= old and after - before <= new


def _step_of(pieces: Pieces) -> int:
    """Return by how much a file indents: as the first nested mapping of its first entries does."""
    found = (_step_in(it, nodes.compose(f"{it}\n").root) for it in pieces.texts[:_LOOKED_AT])
    return next(filter(None, found), _STEP)


def _step_in(text: str, root: YamlNode | None) -> int:
    """Return by how much the first nested mapping of a text is indented; 0 without one."""
    for _, value in root.pairs if root else ():
        if value.kind == "mapping" and not value.flow:
            start = value.pairs[0][0].start
            return start - text.rfind("\n", 0, start) - 1
    return 0


def _changed(text: str, changes: Iterable[Edit], step: Callable[[], int] | None = None) -> str:
    """Return a text with changes made to it, held against the text as a whole."""
    whole = _Whole.of(text)
    for change in changes:
        whole = _applied(whole, change, step)
    return whole.text


class _Whole(NamedTuple):
    """A text, where everything in it stands, and what it holds."""

    text: str
    root: YamlNode | None
    value: dict[str, Any]

    @classmethod
    def of(cls, text: str) -> _Whole:
        composed = nodes.compose(text)
        if composed.twins:
            twin = composed.twins[0]
            raise Unreadable("MA011", f"the key {twin.key.raw!r} is a duplicate", twin.key.start)
        value = composed.root.plain() if composed.root else None
        if value is not None and not isinstance(value, dict):
            raise Unreadable("MA012", "it is not a mapping")
        return cls(text, composed.root, value or {})


def _applied(before: _Whole, change: Edit, step: Callable[[], int] | None) -> _Whole:
    expected = _expected(before.value, change)
    if repr(expected) == repr(before.value):  # types and order count, too
        return before
    edited = _Editor(before, step).apply(change)
    try:
        after = _Whole.of(edited)
    except Unreadable:
        after = None
    if after is None or repr(after.value) != repr(expected):
        raise CannotEdit(f"{'.'.join(change.path)} cannot be changed without touching other lines")
    return after


def _expected(before: dict[str, Any], change: Edit) -> dict[str, Any]:
    """Return what the text should hold after a change."""
    after = deepcopy(before)
    holder: Any = after
    for depth, key in enumerate(change.path[:-1], start=1):
        if change.remove and key not in holder:
            return after
        inner = holder.get(key)
        if inner is None:
            inner = holder[key] = {}
        if not isinstance(inner, dict):
            raise CannotEdit(f"{'.'.join(change.path[:depth])} is not a mapping")
        holder = inner
    last = change.path[-1]
    if change.remove:
        holder.pop(last, None)
    elif change.add:
        items = [] if holder.get(last) is None else holder[last]
        if not isinstance(items, list):
            raise CannotEdit(f"{'.'.join(change.path)} is not a list")
        holder[last] = items if change.value in items else [*items, change.value]
    else:
        holder[last] = change.value
    return after


class _Editor:
    """Splices one text."""

    def __init__(self, whole: _Whole, step: Callable[[], int] | None = None) -> None:
        self._text, self._root = whole.text, whole.root
        self._step = step or (lambda: _step_in(whole.text, whole.root) or _STEP)
        self._newline = "\r\n" if "\r\n" in whole.text else "\n"

    def apply(self, change: Edit) -> str:
        """Return the text with the change in it."""
        pairs = self._pairs_on(change.path)
        if change.remove:
            return self._without(pairs, change.path)
        if len(pairs) < len(change.path):
            value = [change.value] if change.add else change.value
            for key in reversed(change.path[len(pairs) + 1 :]):
                value = {key: value}
            return self._with_pair(pairs, change.path[len(pairs)], value)
        node = pairs[-1][1]
        if change.add and node.kind == "sequence" and node.items:
            return self._with_item(node, change.value)
        value = [change.value] if change.add else change.value
        return self._with_value(pairs, change.path[-1], value)

    def _pairs_on(self, path: Path) -> list[tuple[YamlNode, YamlNode]]:
        """Return the keys and values on the way to a path, as far as there are any."""
        found: list[tuple[YamlNode, YamlNode]] = []
        node = self._root
        for key in path:
            if not (node and (pair := node.get(key))):
                break
            found.append(pair)
            node = pair[1]
        return found

    def _with_value(self, pairs: list[tuple[YamlNode, YamlNode]], name: str, value: Any) -> str:
        """Put a value in the place of the last pair's, of that name: a block in that of a block."""
        node = pairs[-1][1]
        if node.kind == "scalar" or node.flow:
            space = " " if node.start == node.end else ""
            return self._spliced(node.start, node.end, space + in_line(value))
        # A block begins below its key, whose line keeps its comment.
        colon = self._text.index(":", pairs[-1][0].end) + 1
        start, end = self._line_end(colon), self._line_end(node.end)
        indent = self._column(pairs[-1][0].start)
        first, *below = _block(name, value, indent)
        said = first[indent + len(in_line(name)) + 1 :]
        lines = "".join(f"{it}{self._newline}" for it in below)
        return f"{self._text[:colon]}{said}{self._text[colon:start]}{lines}{self._text[end:]}"

    def _with_pair(self, pairs: list[tuple[YamlNode, YamlNode]], key: str, value: Any) -> str:
        """Put a new pair at the end of the innermost mapping that is there."""
        node = pairs[-1][1] if pairs else self._root
        if node and node.kind == "mapping":
            if node.flow:
                return self._in_flow(node, f"{in_line(key)}: {in_line(value)}", bool(node.pairs))
            indent = self._column(node.pairs[0][0].start)
            return self._with_lines(node.end, _block(key, value, indent))
        if not node or not pairs:  # nothing, or nothing but "---"
            return self._with_lines(len(self._text), _block(key, value, 0))
        # A value that is left out: the mapping begins on the lines below its key.
        indent = self._column(pairs[-1][0].start) + self._step()
        cleared = self._text[: node.start] + self._text[node.end :]
        return self._with_lines(node.start, _block(key, value, indent), cleared)

    def _with_item(self, node: YamlNode, value: Any) -> str:
        """Put a new item at the end of a list that has some."""
        if node.flow:
            return self._in_flow(node, in_line(value), more=True)
        dash = self._text.rindex("-", 0, node.items[0].start)
        return self._with_lines(node.end, _item(value, self._column(dash)))

    def _in_flow(self, node: YamlNode, content: str, more: bool) -> str:
        """Put something before the closing bracket."""
        if not more:
            return self._spliced(node.start + 1, node.end - 1, content)
        last = (node.pairs[-1][1] if node.pairs else node.items[-1]).end
        return self._spliced(last, last, f", {content}")

    def _without(self, pairs: list[tuple[YamlNode, YamlNode]], path: Path) -> str:
        """Take the last pair out of its mapping."""
        if len(pairs) < len(path):
            return self._text
        key, value = pairs[-1]
        holder = pairs[-2][1] if len(pairs) > 1 else self._root
        assert holder is not None
        if holder.flow:
            return self._without_flow_pair(holder, key, value)
        start, end = self._line_start(key.start), self._line_end(max(value.end, key.end))
        if len(holder.pairs) > 1 or len(pairs) == 1:
            return self._spliced(start, end, "")
        return self._with_value(pairs[:-1], path[-2], {})

    def _without_flow_pair(self, holder: YamlNode, key: YamlNode, value: YamlNode) -> str:
        at = [it[0] for it in holder.pairs].index(key)
        if at + 1 < len(holder.pairs):
            return self._spliced(key.start, holder.pairs[at + 1][0].start, "")
        if at:
            return self._spliced(holder.pairs[at - 1][1].end, value.end, "")
        return self._spliced(holder.start + 1, holder.end - 1, "")

    def _with_lines(self, at: int, lines: list[str], text: str | None = None) -> str:
        """Put lines behind the line of an offset."""
        text = self._text if text is None else text
        end = self._line_end(at, text)
        before = text[:end]
        if before and not before.endswith("\n"):
            before += self._newline
        return before + "".join(f"{line}{self._newline}" for line in lines) + text[end:]

    def _spliced(self, start: int, end: int, content: str) -> str:
        return self._text[:start] + content + self._text[end:]

    def _column(self, offset: int) -> int:
        return offset - self._line_start(offset)

    def _line_start(self, offset: int) -> int:
        return self._text.rfind("\n", 0, offset) + 1

    def _line_end(self, offset: int, text: str | None = None) -> int:
        """Return the offset behind the line feed that ends the line of an offset."""
        text = self._text if text is None else text
        if offset and text[offset - 1 : offset] == "\n":
            return offset
        found = text.find("\n", offset)
        return len(text) if found < 0 else found + 1


def in_line(value: Any) -> str:
    """Return a value as YAML within a line: plain where that is safe, else in quotes."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{in_line(k)}: {in_line(v)}' for k, v in value.items())}}}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(in_line, value))}]"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, float):
        return repr(value).replace("inf", ".inf").replace("nan", ".nan")
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)


# Texts that need no quotes wherever they stand. Whatever YAML 1.1 would take for something else
# (yes, 1_000, 12:30, a date) gets some, for the sake of other readers.
_BARE = re.compile(r"[A-Za-z_./][A-Za-z0-9_./@+-]*(?: [A-Za-z0-9_./@+(-][A-Za-z0-9_./@+()-]*)*")
_SPECIAL = re.compile(r"(?i:yes|no|on|off|y|n|true|false|null|\.nan|\.inf|\.+|_+)|[.][0-9].*|=|<<")


def _text(value: str) -> str:
    bare = _BARE.fullmatch(value) and not _SPECIAL.fullmatch(value)
    if bare and isinstance(scalars.resolve(value), str):
        return value
    if value.isprintable() and "\\" not in value and '"' not in value:
        return f'"{value}"'
    import json

    if any("\ud800" <= char <= "\udfff" for char in value):
        raise CannotEdit(f"{value!r} contains bytes that are not UTF-8")
    # YAML's escapes are those of JSON, and more.
    quoted = json.dumps(value, ensure_ascii=False)
    return "".join(
        it if it.isprintable() else it.encode("unicode_escape").decode() for it in quoted
    )


def _block(key: str, value: Any, indent: int) -> list[str]:
    """Return a pair as lines: mappings, lists of them and long lists of texts in blocks."""
    head = f"{' ' * indent}{in_line(key)}:"
    if isinstance(value, dict) and value and not isinstance(value, OneLine):
        return [head, *(line for k, v in value.items() for line in _block(k, v, indent + _STEP))]
    whole = f"{head} {in_line(value)}"
    if isinstance(value, list) and (
        any(isinstance(it, dict) for it in value)
        or (len(whole) > _WIDTH and all(isinstance(it, str) for it in value))
    ):
        return [head, *(line for it in value for line in _item(it, indent + _STEP))]
    return [whole]


def _item(value: Any, indent: int) -> list[str]:
    """Return an item of a list as lines."""
    margin = " " * indent
    if not isinstance(value, dict) or not value:
        return [f"{margin}- {in_line(value)}"]
    lines = [line for k, v in value.items() for line in _block(k, v, indent + _STEP)]
    return [f"{margin}- {lines[0].lstrip(' ')}", *lines[1:]]
