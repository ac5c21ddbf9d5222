"""The names of all tags in a repository, and what a plan asks about them.

There may be a million of them, of which a plan is about a few: they stay the lines of one listing
(`mreg.core.listing`), in which names are looked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from io import BytesIO

from mreg.core import kinds, listing, names
from mreg.core.kinds import TagName


class TagNames:
    """The names of tags, registry tags or not: those of a listing, and some more."""

    def __init__(self, lines: bytes = b"", more: Iterable[str] = ()) -> None:
        self._lines = lines
        self._more = frozenset(more)

    def __or__(self, more: Iterable[str]) -> TagNames:
        return TagNames(self._lines, self._more.union(more))

    def __contains__(self, tag: str) -> bool:
        return tag in self._more or b" %b\n" % _raw(tag) in self._lines

    def __iter__(self) -> Iterator[str]:
        for line in BytesIO(self._lines):
            yield _text(line[line.index(b" ") + 1 : -1])
        yield from self._more

    def beginning(self, start: str) -> Iterator[str]:
        """Iterate over the names that begin so."""
        yield from self._found(self._lines, _raw(start))
        yield from (it for it in self._more if it.startswith(start))

    def alike(self, start: str) -> Iterator[str]:
        """Iterate over the names that begin so, whatever the case of their letters."""
        folded = names.fold(start)
        if self._lines.isascii():
            yield from self._found(self._lowered, _raw(folded))
            rest: Iterable[str] = self._more
        else:  # there are letters that two others stand for, such as the German sharp s
            rest = self
        yield from (it for it in rest if names.fold(it).startswith(folded))

    def artifacts(self) -> set[str]:
        """Return the artifacts of which there is a tag of the registry."""
        more = (it.artifact for it in map(kinds.parse, self._more) if it)
        return {*listing.artifacts(self._lines), *more}

    def stages(self) -> set[str]:
        """Return the stages that tags of the registry have put something in."""
        known: dict[bytes, TagName] = {}  # many artifacts have the same ends: each is read once
        for start, end in _NUMBERED.findall(self._lines):
            if end not in known and (found := kinds.parse(_text(start + end))):
                known[end] = found
        said = (*known.values(), *filter(None, map(kinds.parse, self._more)))
        return {it.stage for it in said if it.stage and kinds.KINDS[it.action].enters_stage}

    @cached_property
    def _lowered(self) -> bytes:
        return self._lines.lower()

    def _found(self, lines: bytes, start: bytes) -> Iterator[str]:
        """Iterate over the names of lines, or of lines as long as ours, that begin so."""
        at = lines.find(b" " + start)
        while at >= 0:
            end = self._lines.index(b"\n", at)
            yield _text(self._lines[at + 1 : end])
            at = lines.find(b" " + start, end)


_NUMBERED = re.compile(rb" ([^#\n]*)(#[^\n]*)\n")


def _raw(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")


def _text(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")
