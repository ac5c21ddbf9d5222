"""A file's bytes as a mapping of names to values: the reading that `mreg show` waits for.

The text is cut into its entries, a key at the margin each, and an entry's text is parsed once,
whichever commits hold it. A plain entry is read by `plain`, any other by `nodes`. Cutting is safe:
whatever goes on across a line that begins with a key at the margin (a quotation, a bracket) leaves
the part before it unfinished, and then the whole text is read by `nodes`, which has the last word.
"""

from __future__ import annotations

import re
from typing import Any

from mreg.annotations import plain, text
from mreg.annotations.text import Unreadable

FILE = "artifacts.yaml"
"""The name of mreg's own annotation files."""

DVC_FILE = "dvc.yaml"
"""The name of DVC's pipeline files, whose `artifacts:` section annotates too."""

_ENTRY = re.compile(r"^(?=[A-Za-z0-9_'\"])", re.MULTILINE)
# The marks of a directive, and of where a document begins and ends.
_MARK = re.compile(r"^(?:%|---|\.\.\.)", re.MULTILINE)
_MARGIN = re.compile(r"(?:[ ]*(?:\#[^\n]*)?\n)*(?:---[ ]*\n(?:[ ]*(?:\#[^\n]*)?\n)*)?", re.VERBOSE)


class Reader:
    """Reads files; what it has parsed once it knows, as long as it lives."""

    def __init__(self, *, aliases: bool = False) -> None:
        """Make a reader.

        Args:
            aliases: whether it resolves aliases, as in files that are not mreg's own.
        """
        self._aliases = aliases
        self._entries: dict[str, dict[str, Any]] = {}

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
            return self._whole(content)
        except Unreadable as error:
            # What is unfinished in one part may go on in the next. What is too much is final, and
            # too slow to be read twice.
            if error.code in ("MA008", "MA015"):
                raise
            return self._whole(content)

    def _merged(self, content: str) -> dict[str, Any]:
        """Put together what the text's entries hold."""
        start, *_ = [*(found.start() for found in _ENTRY.finditer(content)), len(content)]
        if not _MARGIN.fullmatch(content[:start]) or _MARK.search(content, start):
            raise plain.NotPlain
        found: dict[str, Any] = {}
        size, offset = 0, start
        for entry in filter(None, _ENTRY.split(content[start:])):
            try:
                parsed = self._entry(entry)
            except Unreadable as error:
                raise error.moved(offset) from None
            size += len(parsed)
            offset += len(entry)
            found.update(parsed)
        if len(found) < size:
            raise plain.NotPlain
        return found

    def _entry(self, entry: str) -> dict[str, Any]:
        parsed = self._entries.get(entry)
        if parsed is None:
            parsed = self._entries[entry] = self._parse(entry)
        return parsed

    def _parse(self, content: str) -> dict[str, Any]:
        try:
            found = plain.parse(content)
        except plain.NotPlain:
            found = self._whole(content)
        if not isinstance(found, dict) or not found:  # no key: a text that goes on in the next part
            raise plain.NotPlain
        return found

    def _whole(self, content: str) -> dict[str, Any]:
        return _whole(content, aliases=self._aliases)


def load(raw: bytes, *, aliases: bool = False) -> dict[str, Any]:
    """Read one file; otherwise as `Reader` and `Reader.load`."""
    return Reader(aliases=aliases).load(raw)


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
