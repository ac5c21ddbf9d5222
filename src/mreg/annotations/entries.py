"""A file cut into its entries, so that what one of them says is read of its lines alone.

A file is cut only where that cannot be wrong: each line that begins with anything but white space,
a `#` or a `-` has to begin an entry with its key, and each entry has to be a whole document by
itself. Then nothing goes on from one to the next, whatever YAML they hold. That they are is made
sure of once: of what is plain by its shape, in C; of anything else by the full parser.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from itertools import accumulate, compress, islice
from typing import Any

from mreg.annotations import plain
from mreg.annotations.text import OF_A_FILE, Unreadable, line_and_column

_KEY = r"""(?:([A-Za-z0-9_][A-Za-z0-9_./-]{0,200}+)|"([^"\\\n]{1,200}+)"|'([^'\n]{1,200}+)')"""
_HEAD = re.compile(rf"{_KEY}(?=:(?:[ \n]|\Z))")
_HEADS = re.compile(rf"\n{_KEY}(?=:(?:[ \n]|\Z))")
_NEXT = re.compile(r"\n(?=[^\s#-])")
_BEGINS = re.compile(r"[^\s#-]")
_COMMENTS = rf"(?>(?:[ ]*+(?:#[^{plain.STRANGE}\n]*+)?\n)*)"
# What may stand above the first entry.
_MARGIN = re.compile(rf"{_COMMENTS}(?:---[ ]*+\n{_COMMENTS})?")

_FEW = 64
"""So many entries are parsed, rather than looked at by their shapes."""

_FINDS = 4
"""So many entries are looked for, before it is worth knowing where all of them are."""


class Pieces:
    """A text, and the pieces of it that are entries: a key at the margin and what is below it.

    Attributes:
        text: the text, with line feeds as line ends.
        start: where the first entry begins.
    """

    def __init__(self, content: str, start: int) -> None:
        self.text = content
        self.start = start
        self._finds = 0

    @cached_property
    def texts(self) -> list[str]:
        """The entries, each without the line feed that ends it."""
        content = self.text[self.start :].removesuffix("\n")
        return _NEXT.split(content) if content else []

    @property
    def starts(self) -> Iterator[int]:
        """Where the entries begin, in order."""
        ends = accumulate((len(it) + 1 for it in self.texts), initial=self.start)
        return islice(ends, len(self.texts))

    @property
    def keys(self) -> Iterator[str]:
        """The entries' keys, in order; "" for what begins with anything else."""
        return map(_key, map(_HEAD.match, self.texts))

    def find(self, key: str) -> int | None:
        """Return where the entry of a key begins; None if there is none."""
        self._finds += 1
        if self._finds > _FINDS:
            return self._places.get(key)
        places = (it for quote in ("", '"', "'") for it in self._lines(f"{quote}{key}{quote}:"))
        return next((it for it in places if _key(_HEAD.match(self.text, it)) == key), None)

    def _lines(self, head: str) -> Iterator[int]:
        """Iterate over where lines begin that begin so."""
        if self.text.startswith(head, self.start):
            yield self.start
        found = self.text.find(f"\n{head}", self.start)
        while found >= 0:
            yield found + 1
            found = self.text.find(f"\n{head}", found + 1)

    @cached_property
    def _places(self) -> dict[str, int]:
        return dict(zip(self.keys, self.starts, strict=False))

    def at(self, start: int) -> str:
        """Return the entry that begins somewhere."""
        return self.text[start : self.end(start)].removesuffix("\n")

    def end(self, start: int) -> int:
        """Return where the entry that begins somewhere ends: behind its last line feed."""
        following = _NEXT.search(self.text, start)
        return following.start() + 1 if following else len(self.text)

    def before(self, start: int) -> int:
        """Return where the entry begins that ends there; 0 behind what stands above the first."""
        while start > self.start:
            start = self.text.rfind("\n", 0, start - 1) + 1
            if _BEGINS.match(self.text, start):
                return start
        return 0


def cut(content: str) -> Pieces | None:
    """Cut a text into entries; None where it does not begin as one that is made of them."""
    margin = _MARGIN.match(content)
    start = margin.end() if margin else 0
    # The last line end of a block of text is a part of it: without one, it is another text.
    if not content.endswith("\n") and ("|" in content or ">" in content):
        return None
    return Pieces(content, start) if start == len(content) or _HEAD.match(content, start) else None


def _key(head: re.Match[str] | None) -> str:
    return (head[1] or head[2] or head[3]) if head else ""


class EntryReader:
    """Reads entries; what it has read, or made sure of, it knows, whichever files hold it."""

    def __init__(self, *, aliases: bool = False) -> None:
        """Make a reader, of files that may have aliases or not."""
        self._aliases = aliases
        self._sound: set[str] = set()
        self._shapes: set[str] = set()
        self._values: dict[str, Any] = {}

    def value(self, piece: str, *, keep: bool = True) -> Any:
        """Return the value of a plain entry; if it is kept, it is shared between calls.

        Raises:
            NotPlain: the full parser has to read it.
        """
        if piece in self._values:
            return self._values[piece]
        value = _parsed(piece)
        if keep:
            self._values[piece] = value
        return value

    def more_than_plain(self, pieces: Pieces) -> set[str]:
        """Return what of a text has to be made sure of with the full parser: nothing, mostly.

        Raises:
            Unreadable: an entry has no key, or that of another.
        """
        _check_keys(pieces)
        fresh = set(pieces.texts) - self._sound
        if len(fresh) <= _FEW:
            return {it for it in fresh if not self._is_plain(it)}
        found = set()
        if not plain.is_clean(pieces.text):
            found = {it for it in fresh if not plain.is_clean(it)}
        texts = list(fresh - found)
        joined = plain.shape(_HEADS.sub("\na", "\n" + "\n".join(texts)))
        shapes = joined.split("\na:")[1:]
        unknown = set(shapes) - self._shapes
        odd = {it for it in unknown if not _is_plain(f"a:{it}")}
        self._shapes |= unknown - odd
        return found | set(compress(texts, map(odd.__contains__, shapes)))

    def _is_plain(self, piece: str) -> bool:
        try:
            self.value(piece)
        except plain.NotPlain:
            return False
        return True

    def make_sure(self, pieces: Pieces, more: set[str]) -> None:
        """Make sure that a text is made of its entries, of which some are more than plain.

        Raises:
            Unreadable: it is not, or there are too many of those.
        """
        from mreg.annotations import nodes

        left, above = OF_A_FILE.values, pieces.text.count("\n", 0, pieces.start)
        for piece, start in zip(pieces.texts, pieces.starts, strict=True) if more else ():
            if piece in more:
                try:
                    found, size = nodes.mapping(f"{piece}\n", aliases=self._aliases, above=above)
                except Unreadable as error:
                    raise error.below(start) from None
                if list(found) != [_key(_HEAD.match(piece))]:
                    raise Unreadable("MA015", f"{_TOO_LARGE} this is not an entry", start)
                left -= size
                if left < 0:
                    said = f"more than {OF_A_FILE.values:,} values are not in the plain form"
                    raise Unreadable("MA015", said, start)
            above += piece.count("\n") + 1
        self._sound.update(pieces.texts)


_TOO_LARGE = "a file of this size is read entry by entry:"


def _is_plain(content: str) -> bool:
    try:
        plain.parse(content)
    except plain.NotPlain:
        return False
    return True


def _parsed(piece: str) -> Any:
    """Read the value of an entry, whose key may be in quotes."""
    head = _HEAD.match(piece)
    if head is None:
        raise plain.NotPlain
    return plain.parse(f"a{piece[head.end() :]}")["a"]


def _check_keys(pieces: Pieces) -> None:
    """Check that each entry has a key, and no two of them the same."""
    keys = list(pieces.keys)
    if len(set(keys)) == len(keys) and "" not in keys:
        return
    seen: dict[str, int] = {}
    for key, start in zip(keys, pieces.starts, strict=True):
        if not key:
            raise Unreadable("MA015", f"{_TOO_LARGE} an entry cannot start like this", start)
        if key in seen:
            line, _ = line_and_column(pieces.text, seen[key])
            said = f"the key {key!r} is a duplicate of the one in line {line}"
            raise Unreadable("MA011", said, start)
        seen[key] = start
