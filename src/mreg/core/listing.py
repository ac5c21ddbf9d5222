"""The tags of a registry by artifact, out of one listing of refs.

A listing has a line "OID NAME" for each tag, sorted by name, as `git for-each-ref` prints it. No
name of an artifact holds one of the two marks, @ and #, that follow it in a tag's name. So in a
sorted listing all that begin with "churn@" stand together, and so do all with "churn#": where
these runs end is looked up, and what is in them is read when somebody asks.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from mreg.core import kinds, refnames
from mreg.tuples import NamedTuple

Span: TypeAlias = tuple[int, int]
"""Where a run of lines begins and ends in a listing."""

_STRIDE = 1 << 12
"""How far ahead the end of a run is looked for first: about a hundred tags."""


class Listing(NamedTuple):
    """A listing of a registry's tags, taken apart.

    Attributes:
        lines: the listing itself.
        runs: for each artifact, by name and sorted, where lines of its tags are; each of these
            tags is one of the registry, or almost.
        others: the names of other tags that look meant for the registry, in order.
    """

    lines: bytes
    runs: dict[str, list[Span]]
    others: tuple[str, ...]

    def of(self, artifact: str) -> bytes:
        """Return the lines of an artifact's tags, sorted by name."""
        return b"".join([self.lines[start:end] for start, end in self.runs[artifact]])

    def artifacts(self) -> tuple[str, ...]:
        """Return the artifacts that have a tag of the registry, sorted."""
        return tuple(
            it
            for it in self.runs
            if any(kinds.parse_tail(tag[len(it) :]) for tag, _ in refnames.listed(self.of(it)))
        )


def read(lines: bytes, *, stride: int = _STRIDE) -> Listing:
    """Take a listing apart; the end of a run is looked for in a stride of so many bytes first."""
    found: dict[str, list[Span]] = {}
    others: list[str] = []
    known: dict[bytes, str] = {}
    for prefix, start, end in _runs(lines, stride):
        raw = prefix[:-1]
        name = known.get(raw)
        if name is None:
            name = known[raw] = _artifact(raw.decode("utf-8", "surrogateescape"))
        if name:
            found.setdefault(name, []).append((start, end))
        else:
            tags = (tag for tag, _ in refnames.listed(lines[start:end]))
            others += (tag for tag in tags if kinds.is_near_miss(tag))
    return Listing(lines, {name: found[name] for name in sorted(found)}, tuple(others))


def artifacts(lines: bytes) -> tuple[str, ...]:
    """Return the artifacts of which a listing has a tag of the registry, sorted."""
    return read(lines).artifacts()


def _artifact(raw: str) -> str:
    """Return the artifact whose name stands so in a tag; nothing if there is none of that name."""
    found = kinds.parse(f"{raw}@v0.0.1")
    return found.artifact if found else ""


def _runs(lines: bytes, stride: int) -> Iterator[tuple[bytes, int, int]]:
    """Iterate over the runs of lines whose names begin alike, up to the first mark; and that."""
    behind = lines.find(b" ") + 1
    start, end = 0, len(lines)
    while start < end:
        line_end = lines.index(b"\n", start)
        at = lines.find(b"@", start, line_end)
        number_sign = lines.find(b"#", start, line_end if at < 0 else at)
        mark = at if number_sign < 0 else number_sign
        if mark < 0:
            start = line_end + 1
            continue
        prefix = lines[start + behind : mark + 1]
        stop = _end_of_run(lines, line_end + 1, prefix, behind, stride)
        yield prefix, start, stop
        start = stop


def _end_of_run(lines: bytes, start: int, prefix: bytes, behind: int, stride: int) -> int:
    """Return where the lines end whose names, `behind` their ids, begin with a prefix.

    All before `start` do. Where the run may end is bounded in ever larger strides, then halved.
    """
    low = start
    while (ahead := low + stride) < len(lines):
        ahead = lines.rindex(b"\n", 0, ahead) + 1
        if ahead < low or not lines.startswith(prefix, ahead + behind):
            high = max(ahead, low)
            break
        low, stride = lines.index(b"\n", ahead) + 1, stride * 2
    else:
        high = len(lines)
    while low < high:
        middle = lines.rfind(b"\n", low, (low + high) // 2) + 1 or low
        if lines.startswith(prefix, middle + behind):
            low = lines.index(b"\n", middle) + 1
        else:
            high = middle
    return low
