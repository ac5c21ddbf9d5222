"""What comes of a wish: the event that it made, or that had made it so before; what follows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from mreg.core import queries, versions
from mreg.core.events import Action, Event
from mreg.core.kinds import KINDS, held_label
from mreg.core.queries import Record
from mreg.core.replay import History
from mreg.core.tag_names import TagNames
from mreg.errors import Refused
from mreg.tuples import NamedTuple


class Existing(Refused):
    """What somebody wants is so already; who carries wishes out takes that for done.

    Attributes:
        event: the event that made it so.
        version: the version that this was about; None for deprecate and bare commits.
    """

    def __init__(self, event: Event, version: str | None, message: str) -> None:
        """Say in words that it is so: "churn v1.0.0 is registered already"."""
        super().__init__(message, hint=f"see the tag {event.tag}")
        self.event = event
        self.version = version


class Outcome(NamedTuple):
    """The outcome of a request.

    Attributes:
        action, artifact, version, stage, tag, commit, created_at, author, author_email, message,
            oid, trailers: as of the `Record` of its event.
        already: if nothing changed, a sentence about the existing state; otherwise empty.
        new: "artifact" and "stage", if this is the first event of it in the registry.
        ends_deprecation: whether the event ends the deprecation of the artifact.
        warnings: warnings for the user.
        holders: the new holders of the affected stages, by stage: the version, or the id of a bare
            commit; None if the stage is empty.
        dry_run: whether it is only the expected outcome.
    """

    action: Action
    artifact: str
    version: str | None
    stage: str | None
    tag: str
    commit: str
    created_at: datetime
    author: str
    author_email: str
    message: str
    oid: str
    trailers: dict[str, str]
    already: str = ""
    new: tuple[str, ...] = ()
    ends_deprecation: bool = False
    warnings: tuple[str, ...] = ()
    holders: dict[str, str | None] = {}  # noqa: RUF012 - nobody changes it
    dry_run: bool = False

    def __str__(self) -> str:
        """Return the line that the command prints: "Registered churn v1.0.0 (tag churn@v1.0.0)"."""
        if self.already:
            return f"{self.already} (tag {self.tag})"
        said = sentence(self, dry_run=self.dry_run)
        return " ".join((said, *(f"(new {what})" for what in self.new)))

    @property
    def changed(self) -> bool:
        """Whether anything changed."""
        return not self.already


def of_existing(history: History, found: Existing) -> Outcome:
    """Return the outcome of a wish for what is there already."""
    stages = [found.event.stage] if found.event.stage else []
    return _outcome(found.event, found.version)._replace(
        already=str(found), holders=_holders(history, stages)
    )


def sentence(record: Record | Outcome, *, dry_run: bool = False) -> str:
    """Say in one line what an event did, or would do."""
    kind, held = KINDS[record.action], held_label(record.version, record.commit)
    verb = f"Would {record.action}" if dry_run else kind.past.capitalize()
    words = kind.phrase(verb, record.artifact, held, record.stage)
    return words if dry_run else f"{words} (tag {record.tag})"


def happened(event: Event) -> str:
    """Say that an event was recorded before: "churn v1.0.0 was promoted to prod already"."""
    kind = KINDS[event.action]
    what = kind.what(event.artifact, event.version or event.commit[:12])
    return f"{what} was already {kind.past}{kind.place(event.stage)}"


def of_event(
    before: History, after: History, event: Event, version: str | None, tags: TagNames
) -> Outcome:
    """Return the outcome of a wish that an event fulfils.

    Args:
        before: the artifact's history without the event.
        after: its history with it.
        event: the event.
        version: the version that it is about.
        tags: the names of the tags before it.
    """
    ends = before.standing.deprecated and not after.standing.deprecated
    lines, now = before.standing.stages, after.standing.stages
    stages = [
        stage
        for stage in sorted(now)
        if ends or stage == event.stage or lines.get(stage, {}).keys() != now[stage].keys()
    ]
    new = []
    if not before.timeline:
        new.append("artifact")
    if event.stage and event.stage not in lines and event.stage not in tags.stages():
        new.append("stage")
    warnings = (
        *_of_gto(before, event, version),
        *_of_order(before, event),
        *_of_rollback(before, event, version),
    )
    return _outcome(event, version)._replace(
        new=tuple(new), ends_deprecation=ends, warnings=warnings, holders=_holders(after, stages)
    )


def _of_gto(before: History, event: Event, version: str | None) -> Iterator[str]:
    """Say that GTO fails on a commit in a stage that has had two versions, even if one ended."""
    kind, known = KINDS[event.action], [it.event for it in before.timeline]
    here = [it for it in known if it.commit == event.commit]
    others = {it.version for it in here if KINDS[it.action].registers} - {version}
    staged = any(it.stage for it in here)
    if not others or not (kind.enters_stage or kind.registers):
        return
    if staged and (kind.enters_stage or len(others) > 1):
        return  # it does so already, and that was said
    when = "from now on" if staged or kind.enters_stage else "as soon as one of them is promoted"
    *most, last = sorted(map(str, {*others, version}))
    yield (
        f"commit {event.commit[:12]} has had {', '.join(most)} and {last} of {event.artifact}:"
        f" GTO fails in all of this repository {when}"
    )


def _of_order(before: History, event: Event) -> Iterator[str]:
    """Say that SemVer orders a version otherwise than its numbers do."""
    if not KINDS[event.action].registers or not event.version:
        return
    known = {*before.standing.active, *before.standing.ended}
    if pair := versions.misordered(event.version, known):
        yield (
            f"SemVer orders {pair[1]} before {pair[0]}, because it compares a number after "
            "letters as text, and only a number after a dot as a number: write rc.10, not rc10, "
            "from the next release on"
        )


def _of_rollback(before: History, event: Event, version: str | None) -> Iterator[str]:
    """Say that what a stage was rolled back from is there again."""
    if not event.stage or not KINDS[event.action].enters_stage:
        return
    if words := queries.rolled_back(before, version or event.commit, event.stage):
        yield f"{words}; this restores it"


def _outcome(event: Event, version: str | None) -> Outcome:
    return Outcome(*queries.record(event, version))


def _holders(history: History, stages: Iterable[str]) -> dict[str, str | None]:
    held = {stage: history.standing.current(stage) for stage in stages}
    return {stage: holder.key if holder else None for stage, holder in held.items()}
