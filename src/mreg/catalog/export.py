"""A catalog as files for other tools: a row a version, and a row an event."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias, get_args

from mreg.annotations import entry
from mreg.annotations.entry import Annotation
from mreg.catalog import answers
from mreg.catalog.index import CatalogIndex
from mreg.core import queries
from mreg.core.events import Event
from mreg.errors import GitError, UsageError
from mreg.render import json, numbers
from mreg.system import distribution

if TYPE_CHECKING:
    import pyarrow

ExportFormat: TypeAlias = Literal["parquet", "jsonl"]

_BATCH = 10_000
"""So many rows are in memory at once."""

Row: TypeAlias = dict[str, Any]

_TEXTS = "list<text>"
VERSIONS = {
    "repository": "text",
    "artifact": "text",
    "version": "text",
    "tag": "text",
    "commit": "text",
    "created_at": "time",
    "author": "text",
    "author_email": "text",
    "message": "text",
    "active": "bool",
    "latest": "bool",
    "deprecated": "bool",
    "stages": _TEXTS,
    "current": _TEXTS,
    "type": "text",
    "path": "text",
    "description": "text",
    "owner": "text",
    "license": "text",
    "labels": _TEXTS,
    "metrics": "map<text, number>",
    "params": "map<text, text>",
    "annotation": "text",
}
"""The columns of versions, with what is in them; docs/how-to/catalog.md says more of each."""

EVENTS = {
    "repository": "text",
    "artifact": "text",
    "action": "text",
    "version": "text",
    "stage": "text",
    "tag": "text",
    "commit": "text",
    "created_at": "time",
    "author": "text",
    "author_email": "text",
    "message": "text",
    "oid": "text",
}
"""The columns of events."""


class ExportedFile(NamedTuple):
    """A file that was written: its path, and how many rows it has."""

    path: str
    rows: int


def export(
    index: CatalogIndex, folder: str | os.PathLike[str], form: ExportFormat
) -> tuple[ExportedFile, ...]:
    """Write all versions and all events into files of a folder, each in one step.

    Raises:
        UsageError: there is no such format, or what it needs is not installed.
        GitError: a file cannot be written.
    """
    if form not in get_args(ExportFormat):
        raise UsageError(f"{form!r} is not a format", hint="use parquet or jsonl")
    write = _parquet() if form == "parquet" else _write_lines
    place = Path(folder)
    tables = (("versions", VERSIONS, versions(index)), ("events", EVENTS, events(index)))
    try:
        place.mkdir(parents=True, exist_ok=True)
        return tuple(
            _written(place / f"{name}.{form}", columns, found, write)
            for name, columns, found in tables
        )
    except OSError as error:
        raise GitError(f"{error.filename or place}: {error.strerror}") from None


Write: TypeAlias = Callable[[IO[bytes], Mapping[str, str], Iterator[Row]], int]


def _written(
    file: Path, columns: Mapping[str, str], found: Iterator[Row], write: Write
) -> ExportedFile:
    partial = file.with_name(f".{file.name}-{os.urandom(8).hex()}")
    try:
        with partial.open("wb") as made:
            count = write(made, columns, found)
        partial.replace(file)
    finally:
        with suppress(FileNotFoundError):
            partial.unlink()
    return ExportedFile(os.fspath(file), count)


def _write_lines(file: IO[bytes], _: Mapping[str, str], found: Iterator[Row]) -> int:
    count = 0
    for it in found:
        file.write(f"{json.dumps(it)}\n".encode())
        count += 1
    return count


def _parquet() -> Write:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        hint = f"run `{distribution.command('parquet')}`"
        raise UsageError("Parquet needs pyarrow, which is not installed", hint=hint) from None
    kinds: dict[str, pyarrow.DataType] = {
        "text": pyarrow.string(),
        "time": pyarrow.timestamp("s", tz="UTC"),
        "bool": pyarrow.bool_(),
        _TEXTS: pyarrow.list_(pyarrow.string()),
        "map<text, number>": pyarrow.map_(pyarrow.string(), pyarrow.float64()),
        "map<text, text>": pyarrow.map_(pyarrow.string(), pyarrow.string()),
    }

    def write(file: IO[bytes], columns: Mapping[str, str], found: Iterator[Row]) -> int:
        schema = pyarrow.schema([(name, kinds[kind]) for name, kind in columns.items()])
        count = 0
        with parquet.ParquetWriter(file, schema, compression="zstd") as writer:
            while batch := [*islice(found, _BATCH)]:
                rows = [{name: _arrow(value) for name, value in it.items()} for it in batch]
                writer.write_table(pyarrow.Table.from_pylist(rows, schema))
                count += len(batch)
        return count

    return write


def _arrow(value: Any) -> Any:
    """Return a value as Arrow takes it: a mapping as pairs, a time in UTC, a text as UTF-8."""
    if isinstance(value, dict):
        return [(_arrow(key), _arrow(it)) for key, it in value.items()]
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return [*map(_arrow, value)] if isinstance(value, list) else value


def versions(index: CatalogIndex) -> Iterator[Row]:
    """Iterate over all versions, by repository and artifact, newest first by SemVer."""
    found = index.rows(
        f"SELECT r.label, a.name, v.latest, v.deprecated, v.said, {answers.VERSION} FROM versions v"
        " JOIN artifacts a ON a.id = v.artifact JOIN repositories r ON r.id = a.repository"
        " ORDER BY r.label, v.id"
    )
    for label, name, latest, deprecated, kept, *row in found:
        it = answers.version(name, tuple(row))
        said = answers.said(kept)
        known = said if isinstance(said, Annotation) else Annotation()
        own = {field: getattr(it, field) for field in list(VERSIONS)[1:10]}
        yield {
            "repository": label,
            **own,
            "latest": bool(latest),
            "deprecated": bool(deprecated),
            "stages": [*it.stages],
            "current": [*it.current],
            **{name: getattr(known, name) for name in _OF_ANNOTATIONS},
            "labels": [*known.labels],
            "metrics": dict(known.metrics),
            "params": {key: _text(value) for key, value in numbers.flat(known.params).items()},
            "annotation": json.dumps(entry.as_dict(known)) if known is said else None,
        }


_OF_ANNOTATIONS = ("type", "path", "description", "owner", "license")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def events(index: CatalogIndex) -> Iterator[Row]:
    """Iterate over all events, oldest first."""
    found = index.rows(
        "SELECT r.label, e.about, e.action, a.name, e.version, e.stage, e.number, e.tag,"
        " lower(hex(e.oid)), lower(hex(e.commit_id)), e.time, e.zone, p.tagger, e.text"
        " FROM events e CROSS JOIN people p ON p.id = e.tagger"
        " CROSS JOIN artifacts a ON a.id = e.artifact"
        " CROSS JOIN repositories r ON r.id = a.repository"
        " ORDER BY e.effective, e.number, e.tag, r.label"
    )
    for label, about, *fields in found:
        it = queries.record(Event._make(fields), about)
        yield {"repository": label, **{name: getattr(it, name) for name in list(EVENTS)[1:]}}
