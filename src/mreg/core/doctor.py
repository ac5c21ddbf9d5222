"""What is wrong with a registry, beyond single tags that cannot be read: over its whole state."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from typing import get_args

from mreg.core import names
from mreg.core.diagnostics import Diagnostic, Severity, problem
from mreg.core.events import NO_PREVIOUS, Event
from mreg.core.kinds import KINDS, held_label
from mreg.core.replay import History, State
from mreg.core.versions import precedence


def of_state(state: State) -> Iterator[Diagnostic]:
    """Iterate over the problems of a state: those met in reading it, then those of its events."""
    yield from state.problems
    for history in state:
        for check in _CHECKS:
            yield from check(history)
    yield from _case_twins(state)


def _numbers(history: History) -> Iterator[Diagnostic]:
    seen: dict[int, str] = {}
    for dated in sorted(history.timeline, key=lambda dated: dated.number):
        if dated.number:
            first = seen.setdefault(dated.number, dated.tag)
            if first != dated.tag:
                yield problem("MR010", dated.tag, f"{first} has the same number")


def _effects(history: History) -> Iterator[Diagnostic]:
    """Check what each event does against how the artifact stands at that point."""
    for past, dated in history.steps():
        event, kind = dated.event, KINDS[dated.event.action]
        if kind.enters_stage and event.version:
            yield from _promotion(history, event, past.standing.active.get(event.version))
        if idle := kind.idle(past.standing, event):
            yield problem("MR016", dated.tag, idle)


def _promotion(history: History, event: Event, registration: Event | None) -> Iterator[Diagnostic]:
    hint = _demotion(history, event)
    if registration is None:
        message = f"it promotes {event.version}, which is not registered at that time"
        yield problem("MR011", event.tag, message, hint=hint)
    elif registration.commit != event.commit:
        message = (
            f"it points to {event.commit[:12]}, but {event.version} is registered at"
            f" {registration.commit[:12]}"
        )
        yield problem("MR012", event.tag, message, hint=hint)


def _demotion(history: History, event: Event) -> str:
    """Say how to take out what an event promoted, if it still is where it was promoted to."""
    if event.version not in history.standing.stages.get(str(event.stage), {}):
        return "nothing to do: the stage no longer holds it"
    return f"mreg demote {history.artifact}@{event.version} {event.stage}"


def _chain(history: History) -> Iterator[Diagnostic]:
    """Follow the `Previous:` trailers: each names an event that is still there, before it."""
    effective = {dated.event.oid: dated.effective for dated in history.timeline}
    for dated in history.timeline:
        previous = dated.event.previous
        if previous is None or previous == NO_PREVIOUS:
            continue
        if previous not in effective:
            message = f"the event before it was {previous[:12]}, which is missing or was rewritten"
            yield problem("MR013", dated.tag, message, hint=history.artifact)
        elif effective[previous] > dated.effective:
            message = f"it follows {previous[:12]}, which is dated after it"
            yield problem("MR013", dated.tag, message, hint=history.artifact)


def _clock(history: History) -> Iterator[Diagnostic]:
    for dated in history.timeline:
        behind = dated.effective - dated.event.time
        if behind > 0:
            message = f"its date is {behind} s before that of the event it follows"
            yield problem("MR015", dated.tag, message)


def _text(history: History) -> Iterator[Diagnostic]:
    for dated in history.timeline:
        try:
            (dated.event.tagger + dated.event.text).decode()
        except UnicodeDecodeError:
            yield problem("MR009", dated.tag, "its message or tagger is not UTF-8")


_CHECKS: tuple[Callable[[History], Iterator[Diagnostic]], ...] = (
    _numbers,
    _effects,
    _chain,
    _clock,
    _text,
)


def unlike_dvc(history: History) -> Iterator[Diagnostic]:
    """Iterate over what of an artifact `dvc artifacts get` hands out though it was taken back.

    It goes by the names of tags: of a stage it takes the newest tag, be it a demotion, and of
    versions those that have a tag. Source: `Artifacts.get_rev` in dvc/repo/artifacts.py of DVC
    3.67.1, and `find` in gto/tag.py of GTO 1.10.1.
    """
    name, standing = history.artifact, history.standing
    said = sorted((it.event for it in history.timeline), key=lambda event: event.time)
    registered = {it.commit: it.version for it in said if KINDS[it.action].registers}
    for stage, event in {it.stage: it for it in said if it.stage}.items():
        holder = standing.current(stage)
        if holder is None or holder.commit != event.commit:
            given = held_label(event.version or registered.get(event.commit), event.commit)
            holds = held_label(holder.version, holder.commit) if holder else "nothing"
            message = f"`dvc artifacts get` with `--stage {stage}` downloads {given}"
            hint = shlex.quote(f"{name}#{stage}")
            yield problem("MR043", event.tag, f"{message}; {stage} holds {holds}", hint=hint)
    tags = {it.version: it.tag for it in said if it.version and not it.stage}
    ended = sorted(tags.keys() - standing.active.keys(), key=precedence)
    if ended:
        more = f" and {len(ended) - 1} more that are" if len(ended) > 1 else ", which is"
        message = f"`dvc artifacts get` downloads {ended[-1]}{more} deregistered"
        yield problem("MR043", tags[ended[-1]], message, hint=shlex.quote(name))


def _case_twins(state: State) -> Iterator[Diagnostic]:
    seen: dict[str, str] = {}
    for history in state:
        first = seen.setdefault(names.fold(history.artifact), history.artifact)
        if first != history.artifact:
            yield problem("MR014", history.artifact, f"it differs from {first} only in case")


def worst_first(problems: list[Diagnostic]) -> list[Diagnostic]:
    """Sort problems: errors before warnings before the rest, then by code and subject."""
    order = get_args(Severity)
    return sorted(problems, key=lambda it: (order.index(it.severity), it.code, it.subject))
