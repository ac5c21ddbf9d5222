"""What a search found, and how it looks as a table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from mreg.annotations.entry import Annotation
from mreg.annotations.values import Unclear
from mreg.core import tables
from mreg.core.diagnostics import Diagnostic
from mreg.core.queries import Version
from mreg.render import numbers
from mreg.render.moments import Moment
from mreg.render.table import Table
from mreg.search.fields import FIELDS
from mreg.search.query import FieldComparison, Query
from mreg.search.subject import SearchedVersion
from mreg.search.values import EQUAL, Used
from mreg.tuples import NamedTuple


class Found(NamedTuple):
    """A version that a search found.

    Attributes:
        version: the version.
        annotation: its annotation; None if there is none, or if it cannot be read.
    """

    version: Version
    annotation: Annotation | None


class Results(NamedTuple):
    """The results of a search.

    Attributes:
        query: the query.
        found: the versions, by artifact, newest first by SemVer.
        problems: the data that could not be read; a version may be missing.
    """

    query: Query
    found: tuple[Found, ...]
    problems: tuple[Diagnostic, ...]


def table(results: Results, *, short: bool = False) -> Table:
    """Return what was found, with a column for each field of the annotation that was asked about.

    What was asked to be equal to something is left out: the question says it. In `short` no more
    digits are shown than tell the numbers of a column apart.
    """
    asked = {
        it.name: it
        for it in results.query.comparisons()
        if FIELDS[it.field].annotated and it.operator != EQUAL
    }
    columns: dict[str, Callable[[Found], str]] = {
        "name": lambda it: it.version.artifact,
        "version": lambda it: tables.version_cell(it.version),
        "stages": lambda it: tables.stages_cell(it.version),
        **{name: _column(it, results.found, short=short) for name, it in asked.items()},
        "date": lambda it: Moment.of(it.version.created_at),
        "author": lambda it: it.version.author,
    }
    wraps = ("stages", "author", *asked)
    empty = "No version matches."
    return Table.of(
        columns, results.found, title="Versions", empty=empty, wraps=wraps, gives_way=("author",)
    )


def _column(
    asked: FieldComparison, found: Iterable[Found], *, short: bool
) -> Callable[[Found], str]:
    values = map(partial(_values, asked), found) if short else ()
    digits = numbers.digits_for(each for it in values if not isinstance(it, Unclear) for each in it)
    return partial(_cell, asked, digits if short else None)


def _values(asked: FieldComparison, it: Found) -> Sequence[Any] | Unclear:
    searched = SearchedVersion(it.version, annotation=it.annotation)
    values = FIELDS[asked.field].get(searched, asked.key)
    return values if isinstance(values, Unclear) else tuple(values or ())


def _cell(asked: FieldComparison, digits: int | None, it: Found) -> str:
    values = _values(asked, it)
    if isinstance(values, Unclear):
        return tables.UNCLEAR
    return ", ".join(_text(it, digits) for it in values) or tables.NOTHING


def _text(value: Any, digits: int | None) -> str:
    if isinstance(value, float) and digits is not None:
        return numbers.shown(value, digits=digits)
    return value.names[0] if isinstance(value, Used) else str(value)
