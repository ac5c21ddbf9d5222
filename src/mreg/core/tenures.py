"""Who held a stage when: the past of an artifact's stages, as spans of time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Literal, NamedTuple, TypeAlias

from mreg.core import versions
from mreg.core.events import Event
from mreg.core.kinds import KINDS
from mreg.core.replay import Dated, History
from mreg.core.standing import Holder
from mreg.core.times import moment

Ending: TypeAlias = Literal["", "followed", "rolled back", "returned", "demoted", "deregistered"]
"""How a holder's time ended: not yet; another was promoted; a rollback took it out; an earlier
version was promoted again in its place; it was demoted, or deregistered."""


class Tenure(NamedTuple):
    """A time during which one version was the current holder of a stage.

    Times are those at which events took effect: none is before that of the event before it.

    Attributes:
        stage: the stage.
        version: the version; None of a bare commit.
        commit: the id of the commit.
        since: from when on.
        until: up to when; None: it holds the stage now.
        author: who promoted it, as the tag claims.
        message: what was said of that.
        ending: how it ended.
        ended_by: who ended it, as the tag claims; empty if nobody did.
        reason: what was said of that.
        successor: the version, or the id of the commit, that held the stage then; None if none did.
    """

    stage: str
    version: str | None
    commit: str
    since: datetime
    until: datetime | None = None
    author: str = ""
    message: str = ""
    ending: Ending = ""
    ended_by: str = ""
    reason: str = ""
    successor: str | None = None

    @property
    def key(self) -> str:
        """The version, or the id of the bare commit."""
        return self.version or self.commit

    @property
    def pulled(self) -> bool:
        """Whether it was taken out, and an earlier holder came back."""
        return self.ending not in ("", "followed") and self.successor is not None


def tenures(history: History) -> tuple[Tenure, ...]:
    """Return who held the stages of an artifact when: by stage, the oldest first."""
    open_: dict[str, Tenure] = {}
    found: dict[str, list[Tenure]] = {}
    for dated, stage, holder in _changes(history):
        before = open_.pop(stage, None)
        if before and holder and before.commit == holder.commit and not before.version:
            before = before._replace(version=holder.version)  # a bare commit that was registered
        if before and holder and before.key == holder.key:
            open_[stage] = before
            continue
        if before:
            found[stage].append(_ended(before, dated, holder))
        if holder:
            found.setdefault(stage, [])
            open_[stage] = _begun(stage, dated, holder)
    for stage, held in open_.items():
        found[stage].append(held)
    return tuple(it for stage in sorted(found) for it in found[stage])


def _changes(history: History) -> Iterator[tuple[Dated, str, Holder | None]]:
    """Iterate over the events at which a stage has another holder than before."""
    known: dict[str, Holder | None] = {}
    steps = history.steps()
    previous: Dated | None = None
    for past, dated in steps:
        if previous is not None:
            yield from _changed(past, previous, known)
        previous = dated
    if previous is not None:
        yield from _changed(history, previous, known)


def _changed(
    history: History, dated: Dated, known: dict[str, Holder | None]
) -> Iterator[tuple[Dated, str, Holder | None]]:
    """Iterate over the stages that an event changed, and note their holders."""
    standing, stage = history.standing, dated.event.stage
    for it in (stage,) if stage else tuple(standing.stages):
        holder = standing.current(it)
        if holder is not known.get(it):
            known[it] = holder
            yield dated, it, holder


def _begun(stage: str, dated: Dated, holder: Holder) -> Tenure:
    event = dated.event
    when = moment(dated.effective, event.zone)
    said = event if KINDS[event.action].enters_stage else None
    return Tenure(
        stage,
        holder.version,
        holder.commit,
        when,
        author=said.author if said else event.author,
        message=said.message if said else "",
    )


def _ended(it: Tenure, dated: Dated, successor: Holder | None) -> Tenure:
    event = dated.event
    return it._replace(
        until=moment(dated.effective, event.zone),
        ending=_ending(it, event, successor),
        ended_by=event.author,
        reason=event.message,
        successor=successor.key if successor else None,
    )


def _ending(it: Tenure, event: Event, successor: Holder | None) -> Ending:
    kind = KINDS[event.action]
    if kind.leaves_stage:
        return "deregistered" if event.stage is None else "demoted"
    if event.rolled_back == it.key:
        return "rolled back"
    if it.version and successor and successor.version:
        lower = versions.precedence(successor.version) < versions.precedence(it.version)
        return "returned" if lower else "followed"
    return "followed"
