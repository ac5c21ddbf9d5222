"""Rows of the index as the values that a registry's own answers are made of."""

from __future__ import annotations

import marshal
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from mreg.annotations import packed
from mreg.annotations.packed import Said
from mreg.catalog import labels
from mreg.catalog.index import CatalogIndex
from mreg.core import queries
from mreg.core.events import Event
from mreg.core.queries import Version
from mreg.core.replay import Dated, History
from mreg.core.times import moment
from mreg.errors import NotFound, UsageError


class IndexedArtifact(NamedTuple):
    """An artifact in the index.

    Attributes:
        id: its number there.
        repository: the number of its repository.
        label: what its repository is called.
        name: its name.
        type: what it is; None if that is not said.
        path: where it is, likewise.
        annotated: whether artifacts.yaml at HEAD has an entry for it.
        deprecated: whether it is deprecated.
        latest: its highest active version.
    """

    id: int
    repository: int
    label: str
    name: str
    type: str | None
    path: str | None
    annotated: bool
    deprecated: bool
    latest: str | None

    @property
    def model(self) -> str:
        """How it is named in the catalog."""
        return labels.joined(self.label, self.name)


_ARTIFACT = (
    "SELECT a.id, a.repository, r.label, a.name, a.type, a.path, a.annotated, a.deprecated,"
    " a.latest FROM artifacts a JOIN repositories r ON r.id = a.repository"
)


def artifact(index: CatalogIndex, model: str) -> IndexedArtifact:
    """Return the artifact that a text names: `repository//name`, or a name that one has alone.

    Raises:
        InvalidName: the text is malformed.
        NotFound: there is none.
        UsageError: several repositories have one of that name.
    """
    label, name = labels.split(model)
    where = "a.name = ?" + " AND r.label = ?" * bool(label)
    values = (name, label) if label else (name,)
    found = [*index.rows(f"{_ARTIFACT} WHERE {where} ORDER BY r.label", values)]
    if not found:
        raise _unknown(index, label, name)
    if len(found) > 1:
        some = ", ".join(labels.joined(it[2], name) for it in found[:_FEW])
        more = f" and {len(found) - _FEW} more" if len(found) > _FEW else ""
        raise UsageError(
            f"{len(found)} repositories have an artifact {name}", hint=f"choose one: {some}{more}"
        )
    return _artifact(found[0])


_FEW = 5


def artifact_at(index: CatalogIndex, id_: int) -> IndexedArtifact:
    """Return an artifact by its number."""
    return _artifact(index.rows(f"{_ARTIFACT} WHERE a.id = ?", (id_,)).fetchone())


def _artifact(row: tuple[Any, ...]) -> IndexedArtifact:
    it = IndexedArtifact._make(row)
    return it._replace(annotated=bool(it.annotated), deprecated=bool(it.deprecated))


def _unknown(index: CatalogIndex, label: str, name: str) -> NotFound:
    every = [it for (it,) in index.rows("SELECT label FROM repositories")]
    if label and label not in every:
        hint = queries.suggestion(label, every) or "run `mreg catalog status` to list them"
        return NotFound(f"there is no repository {label} in this catalog", hint=hint)
    query = "SELECT r.label, a.name FROM artifacts a JOIN repositories r ON r.id = a.repository"
    among = f"{query} WHERE r.label = ?" if label else query
    known = [labels.joined(*it) for it in index.rows(among, (label,) if label else ())]
    wanted = labels.joined(label, name) if label else name
    close = queries.suggestion(wanted, known)
    hint = close or "run `mreg catalog show` to list the artifacts"
    return NotFound(f"there is no artifact {wanted} in this catalog", hint=hint)


_EVENT = (
    "action, ?, version, stage, number, tag, lower(hex(oid)), lower(hex(commit_id)), time, zone,"
    " p.tagger, text"
)


def history(index: CatalogIndex, it: IndexedArtifact) -> History:
    """Return an artifact's events, in order."""
    from_ = "FROM events e CROSS JOIN people p ON p.id = e.tagger"
    query = f"SELECT effective, {_EVENT} {from_} WHERE artifact = ? ORDER BY e.id"
    rows = index.rows(query, (it.name, it.id))
    return History(
        it.name,
        [
            Dated(effective, event.number, event.tag, event)
            for effective, *fields in rows
            for event in [Event._make(fields)]
        ],
    )


VERSION = (
    "v.version, v.tag, lower(hex(v.commit_id)), v.created, v.zone, v.author, v.email, v.message,"
    " v.active, v.stages, v.current"
)
"""The columns of a version, in the order in which `version` takes them."""


def version(name: str, row: tuple[Any, ...]) -> Version:
    """Return a version out of its columns."""
    number, tag, commit, created, zone, author, email, message, active, stages, current = row
    when = moment(created, zone)
    places = (tuple(stages.split()), tuple(current.split()))
    return Version(name, number, tag, commit, when, author, email, message, bool(active), *places)


def said(kept: bytes | None) -> Said:
    """Return what a commit says, as it is kept."""
    return packed.unpack(marshal.loads(kept)) if kept else None  # noqa: S302 - see `mreg.store.entries`


def all_said(index: CatalogIndex, it: IndexedArtifact) -> Mapping[str, Said]:
    """Return what the commits of an artifact's versions say, by their tags."""
    found = index.rows("SELECT tag, said FROM versions WHERE artifact = ?", (it.id,))
    return {tag: said(kept) for tag, kept in found}


def holders(kept: bytes) -> dict[str, str]:
    """Return who holds an artifact's stages, in words."""
    found: dict[str, str] = marshal.loads(kept)  # noqa: S302 - as above
    return found


def each(
    index: CatalogIndex, where: str = "", values: tuple[Any, ...] = ()
) -> Iterator[IndexedArtifact]:
    """Iterate over artifacts, by repository and name."""
    return map(_artifact, index.rows(f"{_ARTIFACT} {where} ORDER BY r.label, a.name", values))
