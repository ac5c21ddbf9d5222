"""What metrics and params there are, for hints and for shells that complete."""

from __future__ import annotations

from mreg.annotations.entry import Annotation
from mreg.compare.comparison import compare
from mreg.core import queries
from mreg.errors import MregError
from mreg.git.repository import Repository
from mreg.registry import comparison, overview, read
from mreg.search.fields import OTHER_NAMES

_MOST_ARTIFACTS = 30
"""So many artifacts are looked at, however many there are."""


def value_names(repo: Repository, name: str | None = None) -> tuple[str, ...]:
    """Return the metrics and params of latest versions: see `Registry.value_names`."""
    known = [name] if name else list(read.artifacts(repo)[:_MOST_ARTIFACTS])
    found: set[str] = set()
    for it in known:
        try:
            rows, _ = comparison.rows(repo, it, limit=1)
        except MregError:
            continue  # nothing can be named of it
        told = compare(it, rows)
        found |= {f"metrics.{metric.name}" for metric in told.metrics}
        found |= {f"params.{param}" for param in told.params}
    return tuple(sorted(found))


def field_values(repo: Repository, field: str) -> tuple[str, ...]:
    """Return the texts that a field has in latest versions: see `Registry.field_values`."""
    field = OTHER_NAMES.get(field, field)
    if field == "artifact":
        return read.artifacts(repo)
    if field in ("stage", "assigned"):
        return tuple(it.stage for it in overview.stages(repo).stages)
    if field not in ("label", "type", "owner", "license"):
        return ()
    found: set[str] = set()
    for name in read.artifacts(repo)[:_MOST_ARTIFACTS]:
        version = queries.latest(history := read.history(repo, name))
        said = read.of_versions(repo, [queries.describe(history, version)]) if version else [None]
        if isinstance(said[0], Annotation):
            found |= {*said[0].labels} if field == "label" else {getattr(said[0], field) or ""}
    return tuple(sorted(found - {""}))
