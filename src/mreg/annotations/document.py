"""A file's bytes as a mapping of names to values: the reading that `mreg show` waits for.

The text is cut into its entries, a key at the margin each, and an entry's text is parsed once,
whichever commits hold it. A plain entry is read by `plain`, any other by `nodes`. Cutting is safe:
whatever goes on across a line that begins with a key at the margin (a quotation, a bracket) leaves
the part before it unfinished, and then the whole text is read by `nodes`, which has the last word.
"""

from __future__ import annotations

import re
from itertools import chain, takewhile
from typing import TYPE_CHECKING, Any

from mreg.annotations import plain, text
from mreg.annotations.text import Unreadable

if TYPE_CHECKING:
    from mreg.annotations.nodes import Twin

FILE = "artifacts.yaml"
"""The name of mreg's own annotation files."""

DVC_FILE = "dvc.yaml"
"""The name of DVC's pipeline files, whose `artifacts:` section annotates too."""

_KEY_FOLLOWS = r"(?=[A-Za-z0-9_'\"])"
# Where entries begin: the first may stand at the very start, the others behind a line feed.
_FIRST = re.compile(f"^{_KEY_FOLLOWS}", re.MULTILINE)
_NEXT = re.compile(f"\n{_KEY_FOLLOWS}")
# The line of an entry's name alone, and where its first field begins.
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./:-]{0,200}:[ ]*(?:[ ]\#.*)?")
_FIELD = re.compile(f"[ ]+{_KEY_FOLLOWS}")
_MARKS = ("\n%", "\n---", "\n...")
"""The marks of a directive, and of where a document begins and ends."""

_MARGIN = re.compile(r"(?:[ ]*(?:\#[^\n]*)?\n)*(?:---[ ]*\n(?:[ ]*(?:\#[^\n]*)?\n)*)?", re.VERBOSE)


class Reader:
    """Reads files; what it has parsed once it knows, as long as it lives."""

    def __init__(self, *, aliases: bool = False) -> None:
        """Make a reader.

        Args:
            aliases: whether it resolves aliases, as in files that are not mreg's own.
        """
        self._aliases = aliases
        self._entries = _Entries(aliases=aliases)

    def load(self, raw: bytes) -> dict[str, Any]:
        """Return the mapping that a file holds; an empty file holds none.

        What is returned is shared between calls: it must not be changed.

        Raises:
            Unreadable: it is no mapping, or it cannot be read.
        """
        content = text.decode(raw)
        try:
            return self._merged(content)
        except plain.NotPlain:
            return _whole(content, aliases=self._aliases)
        except Unreadable as error:
            # What is unfinished in one part may go on in the next. What is too much is final, and
            # too slow to be read twice.
            if error.code in ("MA008", "MA015"):
                raise
            return _whole(content, aliases=self._aliases)

    def _merged(self, content: str) -> dict[str, Any]:
        """Put together what the text's entries hold."""
        first = _FIRST.search(content)
        start = first.start() if first else len(content)
        marked = any(content.find(mark, start) >= 0 for mark in _MARKS)
        if marked or not _MARGIN.fullmatch(content[:start]):
            raise plain.NotPlain
        if not first:
            return {}
        parsed = self._parsed(content[start:], start)
        found = dict(chain.from_iterable(map(dict.items, parsed)))
        if len(found) < sum(map(len, parsed)):
            raise plain.NotPlain
        return found

    def _parsed(self, content: str, offset: int) -> list[dict[str, Any]]:
        """Return what each entry of a text holds, which begins at an offset in its file."""
        entries = _NEXT.split(content.removesuffix("\n"))
        # A line feed at the end is part of some values, and only the last entry may lack it.
        last = entries.pop() if content[-1] != "\n" else None
        try:
            # Thousands of files share nearly all their entries: to look them up is left to C.
            found = list(map(self._entries.__getitem__, entries))
        except Unreadable as error:
            known = takewhile(self._entries.__contains__, entries)
            raise error.moved(offset + sum(len(it) + 1 for it in known)) from None
        if last is not None:
            try:
                found.append(self._entries.parse(last))
            except Unreadable as error:
                raise error.moved(offset + len(content) - len(last)) from None
        return found


class _Entries(dict[str, dict[str, Any]]):
    """What texts of entries hold, by the text without the line feed at its end."""

    def __init__(self, *, aliases: bool) -> None:
        super().__init__()
        self._aliases = aliases

    def __missing__(self, entry: str) -> dict[str, Any]:
        self[entry] = found = self.parse(f"{entry}\n")
        return found

    def parse(self, entry: str) -> dict[str, Any]:
        """Parse the text of an entry, all of it.

        Raises:
            Unreadable: it cannot be read.
            NotPlain: it is none.
        """
        try:
            found = plain.parse(entry)
        except plain.NotPlain:
            found = self._by_fields(entry) or _whole(entry, aliases=self._aliases)
        if not isinstance(found, dict) or not found:  # no key: a text that goes on in the next part
            raise plain.NotPlain
        return found

    def _by_fields(self, entry: str) -> dict[str, Any] | None:
        """Read an entry field by field; None where it has to be read as a whole.

        Of the few fields that are not plain, such as a description of several lines, most are the
        same in many versions. Cutting is as safe here as it is between entries; each field stands
        below the entry's name, so that it is as deep as it was.
        """
        name, _, rest = entry.partition("\n")
        start = _FIELD.match(rest)
        if not start or not _NAME.fullmatch(name) or not entry.endswith("\n"):
            return None
        margin = start[0]
        fields = re.split(f"\n{margin}{_KEY_FOLLOWS}", rest[len(margin) : -1])
        if len(fields) == 1:
            return None
        try:
            parsed = [self[f"{name}\n{margin}{it}"] for it in fields]
        except (plain.NotPlain, Unreadable):
            return None
        inner = [value for found in parsed for value in found.values()]
        if not all(isinstance(it, dict) for it in inner):
            return None
        merged = dict(chain.from_iterable(map(dict.items, inner)))
        return {next(iter(parsed[0])): merged} if len(merged) == sum(map(len, inner)) else None


def load(raw: bytes, *, aliases: bool = False) -> dict[str, Any]:
    """Read one file; otherwise as `Reader` and `Reader.load`."""
    return Reader(aliases=aliases).load(raw)


def load_with_twins(
    raw: bytes, *, aliases: bool = False
) -> tuple[dict[str, Any], tuple[Twin, ...]]:
    """Read one file, in which keys may stand twice: the first counts. Return those, too.

    Raises:
        Unreadable: as for `Reader.load`, but for duplicate keys.
    """
    try:
        return load(raw, aliases=aliases), ()
    except Unreadable as error:
        if error.code != "MA011":
            raise
    from mreg.annotations import nodes

    composed = nodes.compose(text.decode(raw), aliases=aliases)
    assert composed.root is not None
    return composed.root.plain(), composed.twins


def _whole(content: str, *, aliases: bool) -> dict[str, Any]:
    """Read a text of any form with the full parser."""
    from mreg.annotations import nodes

    composed = nodes.compose(content, aliases=aliases)
    if composed.twins:
        twin = composed.twins[0]
        line, _ = text.line_and_column(content, twin.first.start)
        raise Unreadable(
            "MA011",
            f"the key {twin.key.raw!r} is a duplicate of that in line {line}",
            twin.key.start,
        )
    value = composed.root.plain() if composed.root else None
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Unreadable("MA012", "it is not a mapping")
    return value
