"""What a catalog's answers look like, as tables and as JSON: docs/reference/json.md."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from mreg.catalog import labels
from mreg.catalog.index import RepositoryState
from mreg.core import tables, times
from mreg.core.tables import ArtifactRow
from mreg.registry import documents
from mreg.render import json
from mreg.render.moments import Moment
from mreg.render.table import Table

if TYPE_CHECKING:
    from mreg.catalog.catalog import (
        CatalogDetails,
        CatalogEvents,
        CatalogList,
        CatalogResults,
        CatalogVersion,
    )
    from mreg.catalog.find import CatalogFound
    from mreg.search.found import Results

Document = dict[str, Any]


def states(found: Sequence[RepositoryState]) -> Table:
    """Return how repositories stand as a table."""
    columns: dict[str, Callable[[RepositoryState], str]] = {
        "repository": lambda it: it.repository,
        "models": lambda it: str(it.models),
        "read": lambda it: _moment(it.read),
        "failing since": lambda it: _moment(it.failing),
        "reason": lambda it: tables.first_line(it.reason) or tables.NOTHING,
        "address": lambda it: it.address,
    }
    empty = "The catalog has no repositories."
    wraps = ("reason", "address")
    return Table.of(columns, found, title="Repositories", empty=empty, wraps=wraps)


def _moment(seconds: int | None) -> str:
    return tables.NOTHING if seconds is None else Moment.of(times.moment(seconds))


def state(it: RepositoryState) -> Document:
    """Return how a repository stands."""
    when = {
        name: None if (value := getattr(it, name)) is None else times.moment(value)
        for name in ("read", "failing")
    }
    return {
        **{name: getattr(it, name) for name in ("repository", "address", "models", "problems")},
        "read_at": when["read"],
        "failing_since": when["failing"],
        "reason": it.reason,
        "hint": it.hint,
    }


def status(found: Iterable[RepositoryState]) -> Document:
    """Return what `mreg catalog status` prints."""
    return {"repositories": [state(it) for it in found]}


def _unread(found: Iterable[RepositoryState]) -> list[Document]:
    return [state(it) for it in found]


def artifacts(found: CatalogList) -> Table:
    """Return the artifacts of a catalog as a table."""
    rows = [
        ArtifactRow(labels.joined(label, name), kind, deprecated, latest, current)
        for label, name, kind, deprecated, latest, current, _ in found.rows
    ]
    content = tables.artifacts(rows)
    return content._replace(empty="The catalog has no artifacts.")


def artifacts_json(found: CatalogList) -> Iterator[str]:
    """Iterate over pieces of the JSON of the artifacts of a catalog."""
    between = '{"artifacts": ['
    for label, *_, form in found.rows:
        yield f'{between}{{"repository": {json.dumps(label)}, {form[1:]}'
        between = ", "
    empty = "" if found.rows else between
    yield f'{empty}], "unread": {json.dumps(_unread(found.unread))}}}'


def details(found: CatalogDetails) -> Document:
    """Return what `mreg catalog show REPOSITORY//NAME` prints."""
    said = documents.details(found.details)
    return {"repository": found.repository, **said, "unread": _unread(found.unread)}


def version(found: CatalogVersion) -> Document:
    """Return what `mreg catalog show` prints of one version."""
    said = documents.version(found.version._replace(promotion=None), found.said)
    return {"repository": found.repository, **said, "unread": _unread(found.unread)}


def records(found: CatalogEvents, *, of_one: bool) -> Table:
    """Return events as a table."""
    named = (it._replace(artifact=labels.joined(label, it.artifact)) for label, it in found.events)
    return tables.records(named, of_one=of_one)


def events(found: CatalogEvents) -> Document:
    """Return what `mreg catalog history` prints."""
    said = [{"repository": label, **it._asdict()} for label, it in found.events]
    return {"events": said, "unread": _unread(found.unread)}


def results(found: CatalogResults) -> Document:
    """Return what `mreg catalog search` prints."""
    said = documents.results(_as_results(found, found.found))
    versions = [
        {"repository": it.repository, **document}
        for it, document in zip(found.found, said["versions"], strict=True)
    ]
    return {"versions": versions, "problems": found.problems, "unread": _unread(found.unread)}


def results_table(found: CatalogResults) -> Table:
    """Return what a search found as a table."""
    from mreg.search import found as finds

    named = [
        it._replace(
            version=it.version._replace(artifact=labels.joined(it.repository, it.version.artifact))
        )
        for it in found.found
    ]
    return finds.table(_as_results(found, named))


def _as_results(found: CatalogResults, named: Sequence[CatalogFound]) -> Results:
    from mreg.search.found import Found, Results
    from mreg.search.query import And, Query

    each = tuple(Found(it.version, it.annotation) for it in named)
    return Results(found.query or Query(And(())), each, found.problems)
