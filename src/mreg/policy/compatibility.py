"""The rule on a version's schema: nothing may break those who call the version in the stage."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mreg.annotations.entry import Annotation
from mreg.policy.case import Case, Ruling
from mreg.policy.conveniences import FILE
from mreg.policy.model import Gate, Settings

if TYPE_CHECKING:
    from mreg.schemas.model import ModelSchema

MOST_CHANGES = 20
"""So many changes that break callers are named; `mreg diff` has all."""


def schema(_: Settings, gate: Gate, case: Case) -> Iterator[Ruling]:
    """The version takes all that the stage's holder takes, and gives nothing else than that does.

    A rollback is not compared: its callers were served by that version before.
    """
    if gate.schema is not None and case.kind.enters_stage and not case.rollback:
        yield _compared(case)


def _compared(case: Case) -> Ruling:
    name, stage = case.history.artifact, str(case.stage)
    held = case.history.standing.current(stage)
    if held is None or held.key == (case.version or case.commit):
        return _kept(
            f"there is no version to compare it with: no other version of {name} is in {stage}"
        )
    holder = held.version or held.commit[:12]
    if why := case.unreadable or _unread(case.annotation):
        return _broken(f"it cannot be read: {why}", _anew(case, "fix artifacts.yaml, commit it"))
    if why := _unread(case.holder):
        reason = f"the schema of {holder} to compare with cannot be read: {why}"
        return _broken(reason, f"run `mreg demote {name}#{stage} {stage}`, then try again")
    before, now = _said(case.holder), _said(case.annotation)
    if before is None:
        return _kept(f"{holder} has no schema to compare with")
    if now is None:
        reason = f"{case.version or 'the commit'} has no schema, but {holder} has one"
        how = (
            "record the schema: call mreg.log_artifact(..., model=MODEL, example=ROWS) in the "
            "training,"
        )
        return _broken(
            reason, _anew(case, f"{how} or run `mreg annotate {name} --example FILE`; commit it")
        )
    return _judged(case, holder, before, now)


def _judged(case: Case, holder: str, before: ModelSchema, now: ModelSchema) -> Ruling:
    """Judge what differs between the schema of the stage's holder and the version's."""
    from mreg.schemas import compare

    found = compare.changes(before, now)
    breaking = [it.what for it in found if it.breaks]
    if not found:
        return _kept(f"it is the same as that of {holder}")
    if not breaking:
        count = f"{len(found)} changes" if len(found) > 1 else "1 change"
        return _kept(f"{count} against {holder}, and its callers keep working")
    more = len(breaking) - MOST_CHANGES
    named = [*breaking[:MOST_CHANGES], *([f"and {more} more"] if more > 0 else [])]
    reason = f"it would break callers of {holder}: {'; '.join(named)}"
    name = case.history.artifact
    seen = (
        f"run `mreg diff {name}#{case.stage} {name}@{case.version}` to see the changes; "
        if case.version
        else ""
    )
    hint = f"promote a version that accepts and returns the same as {holder}, or change {FILE}"
    return _broken(reason, f"{seen}{hint}")


def _kept(reason: str) -> Ruling:
    return Ruling("schema", True, reason)


def _broken(reason: str, hint: str) -> Ruling:
    return Ruling("schema", False, reason, hint)


def _said(annotation: Annotation | None) -> ModelSchema | None:
    """Return the schema that an annotation has; None where nothing of it says anything."""
    found = annotation.schema if annotation else None
    if found is None or (found.input is None and found.output is None and not found.methods):
        return None
    return found


def _unread(annotation: Annotation | None) -> str:
    return annotation.unread.get("schema", "") if annotation else ""


def _anew(case: Case, first: str) -> str:
    """Return how to mend what is in a commit, which takes a new version."""
    return f"{first}; then run `mreg register {case.history.artifact}` to create a new version"
