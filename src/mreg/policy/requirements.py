"""The rules on what a version is: its type, and what its annotation has to say."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

from mreg.annotations import entry, values
from mreg.annotations.entry import Annotation, Number
from mreg.annotations.values import Unclear, Value
from mreg.core import directions
from mreg.core.diagnostics import LET_GIT_KEEP_IT
from mreg.policy.case import Case, Ruling
from mreg.policy.conveniences import FILE
from mreg.policy.model import Better, Gate, NoRegression, Operator, Settings
from mreg.render import numbers

_KEEPS: Final[dict[Operator, Callable[[float, float], bool]]] = {
    ">=": operator.ge, ">": operator.gt, "<=": operator.le, "<": operator.lt, "==": operator.eq,
}  # fmt: skip


def of_type(settings: Settings, _: Gate, case: Case) -> Iterator[Ruling]:
    """The type, if the version has one, is among those that the policy allows."""
    if settings.types is None or case.kind.gate != "whole":
        return
    allowed = ", ".join(sorted(settings.types))
    found = case.annotation.type if case.annotation else None
    if case.unreadable:
        reason = f"its annotation cannot be read: {case.unreadable}"
        yield Ruling("type", False, reason, _mend(case))
    elif why := _unread(case.annotation, "type"):
        yield Ruling("type", False, f"its type cannot be read: {why}", _mend(case))
    elif found is None:
        yield Ruling("type", True, "its annotation has no type")
    elif found in settings.types:
        yield Ruling("type", True, f"{found} is one of {allowed}")
    else:
        hint = _again(case, f"run `mreg annotate {case.history.artifact} --type TYPE --commit`")
        yield Ruling("type", False, f"{found} is not one of {allowed}", hint)


def fields(_: Settings, gate: Gate, case: Case) -> Iterator[Ruling]:
    """Each field that the gate requires is in the annotation, and not empty."""
    for field in gate.requires.fields:
        found = _valued(case.annotation, field)
        if isinstance(found, Unclear):
            reason = f"cannot determine whether {field} exists: {found.why}"
            yield Ruling("fields", False, reason, _sure(found, case))
        elif why := _unread(case.annotation, field):
            yield Ruling("fields", False, f"{field} cannot be read: {why}", _mend(case))
        elif _is_said(found.value) if found else _says(case.annotation, field):
            yield Ruling("fields", True, f"{field} exists")
        else:
            yield Ruling("fields", False, f"{field} is missing{_why(case)}", _mend(case))


def metrics(_: Settings, gate: Gate, case: Case) -> Iterator[Ruling]:
    """Each metric that the gate bounds is there, and keeps its bound."""
    for bound in gate.requires.bounds:
        metric, limit = bound.metric, f"{bound.operator} {bound.value:g}"
        found = _known("metrics", metric, limit, case)
        if isinstance(found, Ruling):
            yield found
        elif not numbers.is_finite(found.value):
            reason = (
                f"{metric} is {found.value}, which does not meet any limit, but must be {limit}"
            )
            yield Ruling("metrics", False, reason, _better_one(case))
        elif _KEEPS[bound.operator](found.value, bound.value):
            yield Ruling("metrics", True, f"{metric} is {found.value}, {limit}")
        else:
            reason = f"{metric} is {found.value}, but must be {limit}"
            yield Ruling("metrics", False, reason, _better_one(case))


def _known(rule: str, metric: str, wanted: str, case: Case) -> Value | Ruling:
    """Return a metric of the version that has to be what is wanted; else why it is not known."""
    found = _metric(case.annotation, metric)
    if found is None:
        reason = f"{metric} is missing, but must be {wanted}{_why(case)}"
        return Ruling(rule, False, reason, _mend(case))
    if isinstance(found, Unclear):
        reason = f"{metric} must be {wanted}, but its value is unknown: {found.why}"
        return Ruling(rule, False, reason, _sure(found, case))
    return found


def no_regression(_: Settings, gate: Gate, case: Case) -> Iterator[Ruling]:
    """No metric that the gate names is worse than that of the version which holds the stage.

    A rollback is not compared: what it takes back is the version that failed.
    """
    if not case.kind.enters_stage or case.rollback:
        return
    for wanted in gate.requires.no_regression:
        yield _compared(wanted, case)


def inputs(_: Settings, gate: Gate, case: Case) -> Iterator[Ruling]:
    """The artifacts' versions among the inputs hold the stage that the gate names."""
    stage = gate.requires.inputs
    if stage is None:
        return
    if case.annotation is None:
        reason = f"its inputs are unknown{_why(case)}"
        yield Ruling("inputs", False, reason, _mend(case))
    elif why := _unread(case.annotation, "inputs"):
        yield Ruling("inputs", False, f"its inputs cannot be read: {why}", _mend(case))
    elif not case.inputs:
        yield Ruling("inputs", True, "none of its inputs is an artifact")
    for fact in case.inputs if case.annotation else ():
        if fact.holds is None:
            reason = f"cannot determine here whether {fact.selector} is in {stage}"
            yield Ruling("inputs", False, reason, _NAME_OURS)
        elif stage in fact.holds:
            yield Ruling("inputs", True, f"{fact.selector} is in {stage}")
        else:
            hint = f"mreg promote {fact.selector} {stage}"
            yield Ruling("inputs", False, f"{fact.selector} is not in {stage}", hint)


_NAME_OURS = "use an input from this registry, such as data@v1.0.0, or remove the rule"


def _compared(wanted: NoRegression, case: Case) -> Ruling:
    """Compare one metric with that of the stage's holder."""
    metric = wanted.metric
    held = case.history.standing.current(str(case.stage))
    if held is None or held.version == case.version:
        who = f"no other version of {case.history.artifact} is in {case.stage}"
        return Ruling("no_regression", True, f"there is no version to compare {metric} with: {who}")
    holder = held.version or held.commit[:12]
    now = _known("no_regression", metric, f"compared with {holder}", case)
    if isinstance(now, Ruling):
        return now
    before = _metric(case.holder, metric)
    if isinstance(before, Unclear):
        reason = f"{metric} of {holder} is unknown, so it cannot be compared: {before.why}"
        out = f"run `mreg demote {case.history.artifact}#{case.stage} {case.stage}`, then try again"
        return Ruling("no_regression", False, reason, _spelled(before) if before.names else out)
    if not numbers.is_finite(now.value):
        reason = f"{metric} is {now.value}, which is worse than any number"
        return Ruling("no_regression", False, reason, _better_one(case))
    if before is None or not numbers.is_finite(before.value):
        its = f"; its own is {before.value}" if before else ""
        return Ruling("no_regression", True, f"{holder} has no {metric} to compare with{its}")
    better = wanted.better or directions.known(now.key)
    if better is None:
        hint = f"set it in {FILE}: no_regression: {{{metric}: {{better: higher}}}}, or lower"
        reason = f"cannot determine whether a higher {metric} is better"
        return Ruling("no_regression", False, reason, hint)
    allowed = f", {wanted.tolerance:g} worse at most" if wanted.tolerance else ""
    first, second = ((f" ({it.name})" if now.name != before.name else "") for it in (now, before))
    against = f"{metric} is {now.value}{first}, against {before.value} of {holder}{second}{allowed}"
    worse = _is_worse(now.value, before.value, better, wanted.tolerance)
    hint = _better_one(case) if worse else ""
    return Ruling("no_regression", not worse, f"{against}; {better} is better", hint)


def _is_worse(now: Number, before: Number, better: Better, tolerance: float) -> bool:
    """Tell whether a value is worse than another by more than the tolerance.

    Decimal, as the numbers were typed: in binary 0.90 - 0.01 is not quite 0.89.
    """
    loss = Decimal(str(before)) - Decimal(str(now))
    return (loss if better == "higher" else -loss) > Decimal(str(tolerance))


def _metric(annotation: Annotation | None, name: str) -> Value | Unclear | None:
    return values.find(annotation, "metrics", name) if annotation else None


def _valued(annotation: Annotation | None, field: str) -> Value | Unclear | None:
    """Return the metric or param that a field such as `metrics.auc` is; None if it is neither."""
    section, _, name = field.partition(".")
    if annotation is None or not name or section not in values.FIELDS:
        return None
    return values.find(annotation, section, name)


def _sure(found: Unclear, case: Case) -> str:
    """Return what to do where it is not known what a name stands for."""
    return _spelled(found) if len(found.names) > 1 else _mend(case)


def _spelled(found: Unclear) -> str:
    return f"name the file of the metric in {FILE}: {' or '.join(found.names)}"


def _unread(annotation: Annotation | None, field: str) -> str:
    """Return why a field cannot be read, wholly or in part; empty if it can."""
    return annotation.unread.get(field.partition(".")[0], "") if annotation else ""


def _says(annotation: Annotation | None, field: str) -> bool:
    """Tell whether an annotation says anything at a dotted path, such as `custom.ticket`."""
    return annotation is not None and _is_said(_at(entry.as_dict(annotation), field))


def _is_said(value: Any) -> bool:
    """Tell whether a value says anything: a list of empty texts is as empty as no list."""
    if isinstance(value, str):
        return bool(value.strip())
    if isinstance(value, Mapping):
        return any(map(_is_said, value.values()))
    return any(map(_is_said, value)) if isinstance(value, (list, tuple)) else value is not None


def _at(value: Any, path: str) -> Any:
    """Return what stands at a dotted path; None if nothing does.

    A key may hold dots itself, as the metrics of a nested file do: the longest that fits wins.
    """
    if not path:
        return value
    if not isinstance(value, Mapping):
        return None
    parts = path.split(".")
    for count in range(len(parts), 0, -1):
        key = ".".join(parts[:count])
        found = _at(value[key], ".".join(parts[count:])) if key in value else None
        if found is not None:
            return found
    return None


def _why(case: Case) -> str:
    """Return why something is missing from an annotation, where more is known than that."""
    if case.unreadable:
        return f": its annotation cannot be read: {case.unreadable}"
    if case.annotation is None:
        return f": {case.history.artifact} is not annotated in its commit"
    if case.annotation.problems:
        return f" ({case.annotation.problems[0].message})"
    return ""


def _mend(case: Case) -> str:
    unread = case.annotation.problems[:1] if case.annotation else ()
    if any(it.hint == LET_GIT_KEEP_IT for it in unread):
        return _again(case, LET_GIT_KEEP_IT)
    return _again(case, "add it to artifacts.yaml (`mreg annotate`), commit it")


def _again(case: Case, first: str) -> str:
    """Return how to mend what is in a commit: what to do first, and that it takes a new one."""
    then = f"run `mreg register {case.history.artifact}`"
    return f"{first}; then {then}{'' if case.kind.registers else ' to create a new version'}"


def _better_one(case: Case) -> str:
    """Return what to do where the numbers are too bad."""
    if case.kind.registers:
        return f"register a better version, or change the limit in {FILE}"
    return (
        f"promote a better version (`mreg show {case.history.artifact}` lists them), or "
        f"change {FILE}"
    )
