"""What waits for approvals: which versions could go to a stage next, and whose word they lack."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from mreg.core import versions
from mreg.core.events import Event
from mreg.core.replay import History
from mreg.core.tables import NOTHING
from mreg.policy import gates
from mreg.policy.case import Approval, Case, Ruling, Signer
from mreg.policy.model import Gate, Settings
from mreg.policy.tally import by_promoter, tally
from mreg.render.table import Table
from mreg.tuples import NamedTuple


class Pending(NamedTuple):
    """A version that could go to a stage, as far as approvals are concerned.

    Attributes:
        have: the number of approvals that count.
        need: the number of required approvals.
        approved: the principals whose approval counts.
        rejected: the principals whose rejection is in force.
        discounted: approvals and rejections that do not count, each with the reason.
        unknown: the principals whose last decision is unknown, each with the reason.
        approvers: the principals who can still approve; None: anyone.
        promoters: the principals who may then promote it, without having approved it if that does
            not count; None: anyone.
        unmet: the results of the rules about the version itself that it violates: no approval makes
            up for them.
    """

    artifact: str
    version: str
    stage: str
    have: int
    need: int
    approved: tuple[str, ...]
    rejected: tuple[str, ...]
    discounted: tuple[tuple[str, str], ...]
    unknown: tuple[tuple[str, str], ...]
    approvers: tuple[str, ...] | None
    promoters: tuple[str, ...] | None
    unmet: tuple[Ruling, ...] = ()

    @property
    def ready(self) -> bool:
        """Whether no decision is missing any more."""
        return self.have >= self.need and not (self.rejected or self.unknown)


class Candidate(NamedTuple):
    """A version that could go to a stage, the event that registered it, and what was said of it."""

    stage: str
    version: str
    registration: Event
    approvals: tuple[Approval, ...]


def candidates(
    settings: Settings, history: History, approvals: Sequence[Approval]
) -> Iterator[Candidate]:
    """Iterate over the versions of an artifact that could go to a stage which asks for approvals.

    Those are the versions that satisfy its `from`, are not in it, and are above its holder by
    SemVer, or of which anything was said.
    """
    for stage, gate in (settings.stages or {}).items():
        if not gate.approvals:
            continue
        for version, registration in history.standing.active.items():
            said = tuple(it for it in approvals if (it.version, it.stage) == (version, stage))
            if version in history.standing.stages.get(stage, {}):
                continue
            if said or _is_next(gate, history, stage, version):
                yield Candidate(stage, version, registration, said)


def _is_next(gate: Gate, history: History, stage: str, version: str) -> bool:
    """Tell whether a version is above the stage's holder, and satisfies the gate's `from`."""
    held = history.standing.current(stage)
    if held and held.version and versions.precedence(version) <= versions.precedence(held.version):
        return False
    return not gate.after or gates.passed_through(gate, _case(history, version)) is not None


def _case(history: History, version: str, stage: str | None = None) -> Case:
    registration = history.standing.active[version]
    nobody = Signer("", "", "unchecked")
    return Case(
        "promote", history, version, stage, registration.commit, nobody, registration=registration
    )


def pending(
    settings: Settings,
    history: History,
    found: Iterable[Candidate],
    registrants: Mapping[str, Signer],
) -> Iterator[Pending]:
    """Iterate over how each of an artifact's candidates stands.

    Who registered a version is told by the registration's object id.
    """
    for it in found:
        gate = (settings.stages or {})[it.stage]
        case = _case(history, it.version, it.stage)._replace(
            approvals=it.approvals, registrant=registrants.get(it.registration.oid)
        )
        count = tally(settings, gate, case)
        yield Pending(
            history.artifact, it.version, it.stage, len(count.approved), gate.approvals,
            count.approved, count.rejected, count.discounted, count.unknown,
            None if count.anybody else count.open,
            _promoters(settings, gate, case, ready=len(count.approved) >= gate.approvals),
        )  # fmt: skip


def _promoters(
    settings: Settings, gate: Gate, case: Case, *, ready: bool
) -> tuple[str, ...] | None:
    """Return who may promote a version without taking an approval that it needs away with it."""
    able = tuple(
        who
        for who, it in by_promoter(settings, gate, case).items()
        if gate.approvals <= len(it.approved) + (0 if ready else len(it.open))
    )
    return None if gate.by is None and len(able) == len(settings.principals) else able


def table(found: Sequence[Pending]) -> Table:
    """Return what waits for approvals as a table: a row for each version and stage."""
    columns: dict[str, Callable[[Pending], str]] = {
        "version": lambda it: f"{it.artifact}@{it.version}",
        "stage": lambda it: it.stage,
        "approvals": lambda it: f"{it.have} of {it.need}",
        "approved by": lambda it: ", ".join(it.approved) or NOTHING,
        "waits for": _waits_for,
    }
    if any(it.unmet for it in found):
        columns["not met"] = lambda it: (
            "; ".join(f"{rule.rule}: {rule.reason}" for rule in it.unmet) or NOTHING
        )
    names = ("approved by", "waits for")
    return Table.of(
        columns,
        found,
        empty="Nothing waits for approvals.",
        wraps=(*names, "not met"),
        gives_way=("approved by",),
        words=names,
    )


def _waits_for(it: Pending) -> str:
    """Say whose move it is."""
    if it.rejected:
        return f"{', '.join(it.rejected)}, who rejected it"
    if it.unknown:
        return f"{', '.join(who for who, _ in it.unknown)}, to record it again"
    if it.ready:
        able = ("anybody",) if it.promoters is None else it.promoters
        return f"promotion by {' or '.join(able) or 'no one: too few may promote'}"
    if it.approvers is None:
        return "approval by anyone"
    return f"approval by {' or '.join(it.approvers) or 'no one: too few approvers'}"
