"""A model's row in the index: what the dashboard knows of it, as plain values that are kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeAlias

from mreg.core.tables import first_line
from mreg.render import numbers
from mreg.web import dates, words
from mreg.web.values import MetricPast, Model

if TYPE_CHECKING:
    from mreg.annotations.entry import Annotation
    from mreg.core.tenures import Tenure

Row: TypeAlias = dict[str, Any]
"""JSON's values, by the names that answers of the facade have for them."""

MOST_TENURES, MOST_POINTS, MOST_PULLED, LONGEST = 40, 16, 3, 160


def of_model(model: Model) -> Row:
    """Return a model's row."""
    found, said = model.profile.artifact, model.said
    latest = found.latest
    return {
        "name": found.name,
        "repository": model.repository.name,
        "page": model.page,
        "type": found.type,
        **_described(said),
        "deprecated": found.deprecated,
        "latest": latest
        and {
            "version": latest.version,
            "commit": latest.commit,
            "created_at": dates.stamp(latest.created_at),
        },
        "stage": model.main,
        "stages": {it: _held(model, held) for it in model.stages if (held := model.holder(it))},
        "held": [_spell(it) for it in model.tenures(model.main)[-MOST_TENURES:]],
        "metric": _metric(model),
        "pending": [
            {
                "version": it.version,
                "stage": it.stage,
                "have": it.have,
                "need": it.need,
                "ready": it.ready,
                "approved": it.approved,
                "approvers": it.approvers,
                "promoters": it.promoters,
            }
            for it in model.profile.pending
            if latest
            and it.version == latest.version
            and not _was_pulled(model, it.version, it.stage)
        ],
        "pulled": [_pulled(it) for it in model.profile.tenures if it.pulled][-MOST_PULLED:],
        "problems": [
            f"{it.subject}: {it.message}"[:LONGEST]
            for it in model.profile.problems
            if it.severity != "info"
        ][:MOST_PULLED],
        "updated_at": dates.stamp(model.newest) if model.newest else None,
    }


def _was_pulled(model: Model, version: str, stage: str) -> bool:
    """Tell whether a version left a stage because it was no good there."""
    held = [it for it in model.tenures(stage) if it.version == version]
    return bool(held) and held[-1].pulled


def _described(said: Annotation | None) -> Row:
    """Return what the index knows of an annotation."""
    made = said.framework if said else None
    return {
        "description": first_line(said.description or "")[:LONGEST] if said else "",
        "owner": said.owner if said else None,
        "license": said.license if said else None,
        "framework": made.name if made else None,
        "labels": list(said.labels) if said else [],
    }


def _held(model: Model, it: Tenure) -> Row:
    """Return what holds a stage, with the metric that matters."""
    first = model.metrics[0].values if model.metrics else {}
    return {
        "version": it.version,
        "commit": it.commit,
        "created_at": dates.stamp(it.since),
        "author": it.author,
        "metric": first.get(it.version or ""),
    }


def _spell(it: Tenure) -> list[Any]:
    return [
        it.version or it.commit[:7],
        dates.stamp(it.since),
        dates.stamp(it.until) if it.until else None,
        it.pulled,
    ]


def _pulled(it: Tenure) -> Row:
    return {
        "version": it.version or it.commit[:7],
        "stage": it.stage,
        "at": dates.stamp(it.until) if it.until else None,
        "how": words.pulled(it.ending),
        "message": first_line(it.reason)[:LONGEST],
    }


def _metric(model: Model) -> Row | None:
    """Return the metric that matters, in the main stage, in the latest, and over the versions."""
    if not model.metrics:
        return None
    metric = model.metrics[0]
    held, latest = model.holder(model.main), model.profile.artifact.latest
    own = metric.values.get(held.version or "") if held else None
    new = metric.values.get(str(latest.version)) if latest else None
    past = [
        (it.version, metric.values.get(str(it.version))) for it in reversed(model.profile.versions)
    ]
    known = [(version, value) for version, value in past if value is not None][-MOST_POINTS:]
    at = next((number for number, it in enumerate(known) if held and it[0] == held.version), None)
    return {
        "name": metric.name,
        "direction": metric.direction,
        "value": own,
        "latest": new,
        "delta": numbers.delta(own, new) if own is not None and new is not None else None,
        "better": _better(metric, own, new),
        "values": [value for _, value in known],
        "at": at,
    }


def _better(metric: MetricPast, own: float | None, new: float | None) -> bool | None:
    """Tell whether the latest version is better than what holds the main stage."""
    if own is None or new is None or own == new or metric.direction is None:
        return None
    return (new > own) == (metric.direction == "higher")


def newest(rows: Iterable[Row]) -> datetime | None:
    """Return when the newest event of all was."""
    times = [str(it["updated_at"]) for it in rows if it["updated_at"]]
    return moment(max(times)) if times else None


def moment(stamp: str) -> datetime:
    """Return the time that a row has."""
    return datetime.fromisoformat(stamp)


def place(row: Row) -> dict[str, Any]:
    """Return which model a row is of, and its page, as the site's JSON names them."""
    return {"repository": row["repository"], "artifact": row["name"], "page": row["page"]}


def holder(row: Row) -> Mapping[str, Any] | None:
    """Return what holds a row's main stage."""
    found: Mapping[str, Any] | None = row["stages"].get(row["stage"])
    return found


def is_newer(row: Row) -> bool:
    """Tell whether the latest version is another than what holds the main stage."""
    held = holder(row)
    return bool(held and row["latest"] and held["version"] != row["latest"]["version"])


def ordered(rows: Iterable[Row]) -> list[Row]:
    """Return rows in the order of the dashboard: what was last touched comes first."""
    known = sorted(rows, key=lambda it: (it["repository"], it["name"]))
    known.sort(key=lambda it: it["updated_at"] or "", reverse=True)
    known.sort(key=lambda it: it["deprecated"])
    return known


def labels(rows: Sequence[Row], field: str) -> Iterator[str]:
    """Iterate over the values that rows have in a field, sorted."""
    found = {
        it for row in rows for it in (row[field] if isinstance(row[field], list) else [row[field]])
    }
    yield from sorted(it for it in found if it)
