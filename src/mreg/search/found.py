"""What a search found, and how it looks as a table."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from mreg.annotations.entry import Annotation
from mreg.annotations.values import Unclear
from mreg.core import tables
from mreg.core.diagnostics import Diagnostic
from mreg.core.queries import Version
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


def table(results: Results) -> Table:
    """Return what was found, with a column for each field of the annotation that was asked about.

    What was asked to be equal to something is left out: the question says it.
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
        **{name: partial(_cell, comparison) for name, comparison in asked.items()},
        "date": lambda it: Moment.of(it.version.created_at),
        "author": lambda it: it.version.author,
    }
    wraps = ("stages", "author", *asked)
    empty = "No version matches."
    return Table.of(
        columns, results.found, title="Versions", empty=empty, wraps=wraps, gives_way=("author",)
    )


def _cell(asked: FieldComparison, it: Found) -> str:
    values = FIELDS[asked.field].get(
        SearchedVersion(it.version, annotation=it.annotation), asked.key
    )
    if isinstance(values, Unclear):
        return tables.UNCLEAR
    shown = (it.names[0] if isinstance(it, Used) else str(it) for it in values or ())
    return ", ".join(shown) or tables.NOTHING
