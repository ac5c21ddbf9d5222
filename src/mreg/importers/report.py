"""A plan and its outcome, as a table and as JSON (docs/reference/json.md)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from mreg.importers.carry import Carried
from mreg.importers.plan import ModelPlan, Refusal
from mreg.importers.source import ImportSource
from mreg.render.escape import line
from mreg.render.moments import Moment
from mreg.render.table import Table

Row = dict[str, str]


def table(plans: Sequence[ModelPlan]) -> Table:
    """Return a row for each version and promotion that would be made."""
    columns = ("model", "number", "becomes", "stages", "registered")
    rows = [row for it in plans if not it.refusals for row in _rows(it)]
    empty = "Nothing to import." if plans else "It has no models."
    return Table.of({it: _cell(it) for it in columns}, rows, title="Import", empty=empty)


def _cell(column: str) -> Any:
    return lambda row: row[column]


def _rows(it: ModelPlan) -> list[Row]:
    stages: dict[str, list[str]] = {}
    for stage in it.stages:
        stages.setdefault(stage.version, []).append(stage.stage)
    made = {new.version: _when(new.source.created) for new in it.versions}
    numbers = {new.version: new.source.number for new in it.versions}
    numbers |= {stage.version: stage.number for stage in it.stages}
    return [
        {
            "model": it.model.name,
            "number": numbers[version],
            "becomes": f"{it.artifact}@{version}",
            "stages": ", ".join(stages.get(version, ())),
            "registered": Moment.of(made[version]) if version in made else "before",
        }
        for version in {**made, **stages}
    ]


def remarks(plans: Sequence[ModelPlan]) -> list[str]:
    """Return what else there is to say of a plan, a line each: the refusals last."""
    found = [line(f"note: {it.model.name}: {note}") for it in plans for note in it.notes]
    found += (
        line(f"note: {it.model.name}: version {number} is skipped: {why}")
        for it in plans
        for number, why in it.left_out.items()
    )
    return found + [_refused(it, why) for it in plans for why in it.refusals]


def _refused(it: ModelPlan, why: Refusal) -> str:
    said = line(f"refused: {it.model.name}: {why.message}")
    return said + f"\n  {line(why.hint)}" * bool(why.hint)


def outcomes(found: Sequence[Carried]) -> list[str]:
    """Return what became of each model, a line each; one for all that had nothing new."""
    lines = []
    for it in found:
        if it.done and it.plan.is_new:
            new = len(it.plan.versions), len(it.plan.stages)
            said = ", ".join(filter(None, (_count(new[0], "version"), _count(new[1], "promotion"))))
            lines.append(f"Imported {it.plan.model.name} as {it.plan.artifact}: {said}")
    same = sum(it.done and not it.plan.is_new for it in found)
    return lines + ([f"{_count(same, 'model')} had no changes"] if same else [])


def failures(found: Sequence[Carried]) -> list[str]:
    """Return what else there is to say of what became of models, a line each."""
    lines = [line(f"note: {it.plan.model.name}: {note}") for it in found for note in it.notes]
    return lines + [
        line(f"failed: {it.plan.model.name}: {it.failure.message}; nothing was recorded")
        + f"\n  {line(it.failure.hint)}" * bool(it.failure.hint)
        for it in found
        if it.failure
    ]


def document(
    source: ImportSource, plans: Sequence[ModelPlan], found: Sequence[Carried] | None
) -> dict[str, Any]:
    """Return what `mreg import ... --json` prints; of a plan alone, nothing was found."""
    become = {it.plan.model.name: it for it in found or ()}
    return {
        "source": source.address,
        "dry_run": found is None,
        "models": [_model(it, become.get(it.model.name)) for it in plans],
    }


def _model(it: ModelPlan, found: Carried | None) -> dict[str, Any]:
    return {
        "name": it.model.name,
        "artifact": it.artifact or None,
        "branch": it.branch,
        "imported": found.done if found else None,
        "versions": [
            {
                "number": new.source.number,
                "version": new.version,
                "created_at": _when(new.source.created),
                "origin": new.source.origin,
            }
            for new in it.versions
        ],
        "promotions": [
            {"name": stage.label, "stage": stage.stage, "version": stage.version}
            for stage in it.stages
        ],
        "present": it.present,
        "left_out": [{"number": number, "why": why} for number, why in it.left_out.items()],
        "notes": [*it.notes, *(found.notes if found else ())],
        "refused": [why._asdict() for why in it.refusals],
        "failure": found.failure._asdict() if found and found.failure else None,
    }


def _when(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds // 1000, UTC)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}" if number else ""
