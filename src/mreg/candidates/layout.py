"""Candidates as a table and in sentences: which columns, in which words."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import get_args

from mreg.candidates.candidate import Candidates, Part, VersionCandidate
from mreg.compare.diff import MetricChange
from mreg.core import kinds
from mreg.core.kinds import SHORT
from mreg.core.tables import NOTHING, UNCLEAR
from mreg.render import numbers
from mreg.render.moments import Moment
from mreg.render.table import Table

_ID = 12
"""How many characters of a commit's id stand in a command."""


def table(found: Candidates, *, metrics: Sequence[str] | None = None, short: bool = False) -> Table:
    """Return candidates as a table: a row each, and what they are held against.

    Args:
        found: the candidates.
        metrics: the metrics that have a column; None: all.
        short: show no more digits than tell the values of a metric apart.
    """
    names = found.metrics if metrics is None else metrics
    columns: dict[str, Callable[[VersionCandidate], str]] = {
        "where": where,
        "commit": lambda it: it.commit[:SHORT],
        "date": lambda it: Moment.of(it.created_at),
        "author": lambda it: it.author,
    }
    if found.newest:
        columns[_differing(found)] = differs
    for name in names:
        columns[name] = partial(_metric, name, _digits(found, name) if short else None)
    shown = Table.of(
        columns,
        found.candidates,
        title=found.artifact,
        empty=nothing(found),
        wraps=(*_WRAPS, _differing(found)),
    )
    if found.against and found.candidates:
        shown.rows.append(_against(found, shown.header, names, short=short))
    return shown


_WRAPS = ("where", "author")


def _differing(found: Candidates) -> str:
    """Return the heading of the column that says what differs."""
    return f"not as in {found.newest.version}" if found.newest else ""


def where(it: VersionCandidate) -> str:
    """Return the branch or experiment that a candidate is in."""
    place = it.place
    kind = "experiment " if place.kind == "experiment" else ""
    more = f" and {len(it.places) - 1} more" if len(it.places) > 1 else ""
    return f"{kind}{place.name}{more}{' (incomplete)' if it.problems else ''}"


def differs(it: VersionCandidate) -> str:
    """Return what of a candidate differs from the newest version."""
    return "everything" if len(it.differs) == len(get_args(Part)) else ", ".join(it.differs)


def _digits(found: Candidates, name: str) -> int:
    changes = [change for it in found.candidates if (change := it.metric(name))]
    return numbers.digits_for(value for it in changes for value in (it.before, it.after))


def _metric(name: str, digits: int | None, it: VersionCandidate) -> str:
    if change := it.metric(name):
        return value(change, digits or numbers.MOST_DIGITS)
    return UNCLEAR if it.problems else NOTHING


def value(it: MetricChange, digits: int = numbers.MOST_DIGITS) -> str:
    """Return a candidate's metric with its difference: "0.94 (+0.02)"."""
    if it.after is None:
        return NOTHING
    text = numbers.shown(it.after, digits=digits)
    if it.delta is None:
        return text
    return f"{text} ({numbers.signed(it.delta, digits=digits) if it.delta else 'same'})"


def _against(
    found: Candidates, header: Sequence[str], names: Sequence[str], *, short: bool
) -> tuple[str, ...]:
    """Return the row of what candidates are held against."""
    assert found.against is not None
    held = {
        "where": against(found),
        "commit": found.against.commit[:SHORT],
        "date": Moment.of(found.against.created_at),
        "author": found.against.author,
        _differing(found): NOTHING,
    }
    for name in names:
        changes = (it.metric(name) for it in found.candidates)
        before = next((it.before for it in changes if it and it.before is not None), None)
        digits = _digits(found, name) if short else numbers.MOST_DIGITS
        held[name] = NOTHING if before is None else numbers.shown(before, digits=digits)
    return tuple(held[it] for it in header)


def against(found: Candidates) -> str:
    """Say what candidates are held against: "v1.2.0 in prod"."""
    it = found.against
    if it is None:
        return ""
    label = kinds.held_label(it.version, it.commit)
    return f"{label} in {found.stage}" if found.stage else label


def nothing(found: Candidates) -> str:
    """Say that there are no candidates, and what makes one."""
    if found.left_out:
        return f"No candidates of {found.artifact} are shown"
    name = shlex.quote(found.artifact)
    where = "nothing on any branch" if found.looked_at else "no requested branch"
    if not found.newest:
        return (
            f"{found.artifact} has no candidates: {where} annotates it. Run `mreg annotate "
            f"{name} --path FILE`, and commit the file"
        )
    return (
        f"{found.artifact} has no candidates: {where}, and no experiment, differs from"
        f" {found.newest.version} in model, metrics or params. Train a model, and commit the result"
    )


def command(found: Candidates, it: VersionCandidate) -> str:
    """Return the command that registers a candidate."""
    return f"mreg register {shlex.quote(found.artifact)} {it.commit[:_ID]}"


def preferred(found: Candidates) -> VersionCandidate | None:
    """Return the first candidate that the policy allows, and of which all could be read if any."""
    allowed = [it for it in found.candidates if it.allowed]
    return next((it for it in allowed if not it.problems), next(iter(allowed), None))


def advice(found: Candidates) -> Iterator[str]:
    """Iterate over sentences: what is not shown, and how one of the candidates is registered."""
    if found.left_out:
        yield f"{found.left_out} more: --all"
    if found.cut_off:
        yield f"note: {found.cut_off}"
    for it in (why for one in found.candidates for why in one.problems):
        yield f"warning: {it.subject}: {it.message}"
    if not found.candidates:
        return
    first = found.candidates[0]
    if best := preferred(found):
        which = "the first" if best is first else where(best)
        yield f"To register {which}: {command(found, best)}"
        if best.place.kind == "experiment":
            name = shlex.quote(best.place.name)
            yield (
                "An experiment's commit is not on a branch. To create a branch of it: dvc exp "
                f"branch {name} BRANCH"
            )
        return
    yield refused(found)


def refused(found: Candidates) -> str:
    """Say why the policy lets none of the candidates be registered, and what it takes."""
    wanted = " or ".join(found.branches)
    merged = _merge(found.candidates[0], wanted)
    return f"The policy accepts registrations only from {wanted}: {merged}"


def _merge(it: VersionCandidate, wanted: str) -> str:
    name = shlex.quote(it.place.name)
    if it.place.kind == "experiment":
        return f"dvc exp branch {name} BRANCH, merge that into {wanted} and push it"
    return f"merge {name} into {wanted} and push it"
