"""The data of plots: JSON, YAML, CSV and TSV files as tables, and what an image's bytes are."""

from __future__ import annotations

import csv
import io
import json
import posixpath
from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from itertools import islice
from typing import Any, NamedTuple, TypeAlias

from mreg.annotations import document, text
from mreg.annotations.text import Unreadable
from mreg.core.queries import some

MOST_ROWS = 2_000_000
"""So many rows of a file are read."""

LARGEST = 64 << 20
"""The largest file that is read, in bytes; of JSON and YAML, less."""

LARGEST_IMAGE = 2 << 20
"""The largest image that is shown, in bytes."""

_LARGEST = {".json": 16 << 20, ".yaml": text.MAX_BYTES, ".yml": text.MAX_BYTES}
_SHOWN_FIELDS = 8
_KEPT_ROWS = 20_000

Columns: TypeAlias = Callable[[str], list[Any]]


class NoData(ValueError):
    """Why a file, or a column of it, is no data of a plot."""


class DataTable(NamedTuple):
    """A file's data.

    Attributes:
        fields: what its columns are called.
        last: the column that is shown where nobody names one; empty if there is none.
        column: returns the values of a column, a row each; None where a row has none.
        notes: what of the file is not in it, in sentences.
    """

    fields: tuple[str, ...]
    last: str
    column: Columns
    notes: tuple[str, ...] = ()

    def values(self, field: str) -> list[Any]:
        """Return the values of a column.

        Raises:
            NoData: there is no such column.
        """
        if field not in self.fields:
            known = some(self.fields, _SHOWN_FIELDS) or "none"
            raise NoData(f"it has no column {field} (it has {known})")
        return self.column(field)


def read(raw: bytes, path: str, *, header: bool = True) -> DataTable:
    """Read a file's data; the end of its path says what it is.

    Raises:
        NoData: it is none.
    """
    suffix = posixpath.splitext(path)[1].lower()
    most = _LARGEST.get(suffix, LARGEST)
    if len(raw) > most:
        raise NoData(f"it is larger than {most >> 20} MiB")
    if suffix in (".csv", ".tsv"):
        return _of_rows(_decoded(raw), "\t" if suffix == ".tsv" else ",", header=header)
    if suffix == ".json":
        return _of_records(_json(_decoded(raw)))
    if suffix in (".yaml", ".yml"):
        return _of_records(_yaml(raw))
    raise NoData("only JSON, YAML, CSV and TSV files and images can be plots")


def image_format(raw: bytes) -> str:
    """Return what an image's bytes are, whatever its name says.

    Raises:
        NoData: they are no image that is shown.
    """
    if len(raw) > LARGEST_IMAGE:
        raise NoData(f"it is larger than {LARGEST_IMAGE >> 20} MiB")
    for start, name in _STARTS:
        if raw.startswith(start):
            return name
    if raw[:4] == b"RIFF" and raw[8:12] == b"WEBP":
        return "webp"
    if b"<svg" in raw[:4096]:
        raise NoData("an SVG image can contain scripts and links, so mreg does not show it")
    raise NoData("it is not a PNG, JPEG, GIF or WebP image")


_STARTS = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
)


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NoData(f"byte 0x{raw[error.start]:02x} of it is not UTF-8") from None


# Rows: CSV and TSV


def _of_rows(content: str, delimiter: str, *, header: bool) -> DataTable:
    rows = partial(_rows, content, delimiter)
    first = next(rows(), None)
    if first is None:
        raise NoData("it is empty")
    fields = tuple(first) if header else tuple(map(str, range(len(first))))
    # Of two columns of one name DVC takes the last.
    place = {name: number for number, name in enumerate(fields)}
    begin = int(header)
    lengths = {len(fields)}
    count = odd = 0
    for row in islice(rows(), begin, begin + MOST_ROWS + 1):
        count += 1
        odd += len(row) not in lengths
    if not count:
        raise NoData("it has no rows")
    notes = []
    if odd:
        notes.append(f"{odd} of its rows have more or fewer cells than its header")
    if count > MOST_ROWS:
        notes.append(f"only its first {MOST_ROWS} rows are read")

    def column(name: str) -> list[Any]:
        at = place[name]
        found = islice(rows(), begin, begin + MOST_ROWS)
        return [row[at] if at < len(row) else None for row in found]

    # Of a small file each column is got once: several plots may show it.
    return DataTable(
        fields, fields[-1], cache(column) if count <= _KEPT_ROWS else column, tuple(notes)
    )


def _rows(content: str, delimiter: str) -> Iterator[list[str]]:
    """Iterate over the rows that are not empty."""
    try:
        yield from filter(None, csv.reader(io.StringIO(content, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise NoData(f"it cannot be read as rows: {error}") from None


# Records: JSON and YAML


def _json(content: str) -> Any:
    try:
        return json.loads(content)
    except json.JSONDecodeError as error:
        raise NoData(f"it is not valid JSON: {error.msg}, in line {error.lineno}") from None
    except (ValueError, RecursionError) as error:
        raise NoData(f"mreg cannot read its JSON: {error}") from None


def _yaml(raw: bytes) -> Any:
    """Read YAML; a list is read as the value of a mapping, which is all that is read otherwise."""
    body = raw.removeprefix(b"\xef\xbb\xbf").removeprefix(b"---\n").lstrip(b"\n")
    is_list = body.startswith((b"- ", b"-\n"))
    try:
        return document.load(b"rows:\n" + body if is_list else raw, aliases=True)
    except Unreadable as error:
        raise NoData(f"it cannot be read: {error}") from None


def _of_records(content: Any) -> DataTable:
    """Return the lists of mappings in a content side by side, as DVC does."""
    lists = [*_lists(content)] if isinstance(content, dict | list) else []
    kept = [it for it in lists if it and all(isinstance(row, dict) for row in it)]
    if not kept:
        raise NoData("it has no list of mappings to use as points")
    last = next(reversed(kept[0][0]), "")
    # A list whose mappings have different keys is none of points.
    alike = [it for it in kept if all(row.keys() == it[0].keys() for row in it)]
    if not alike:
        raise NoData("the mappings in its list have different keys")
    count = min(max(map(len, alike)), MOST_ROWS)
    notes = [] if count < MOST_ROWS else [f"only its first {MOST_ROWS} points are read"]
    fields = tuple(dict.fromkeys(str(key) for it in alike for key in it[0]))

    def column(name: str) -> list[Any]:
        found: list[Any] = [None] * count
        for it in alike:
            if name in it[0]:
                for number, row in enumerate(it[:count]):
                    found[number] = row[name]
        return found

    return DataTable(fields, str(last), column, tuple(notes))


def _lists(content: Any, depth: int = 0) -> Iterator[Sequence[Any]]:
    if isinstance(content, list):
        yield content
    elif depth <= text.MAX_DEPTH:
        for value in content.values():
            if isinstance(value, dict | list):
                yield from _lists(value, depth + 1)
