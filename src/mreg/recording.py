"""Recording events: plan them on what is there, make their tags, publish those."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mreg import kinds, queries, reading
from mreg.events import Event
from mreg.git import tags
from mreg.plans import Ground, Plan
from mreg.queries import Record
from mreg.state import History, ordered

if TYPE_CHECKING:
    from mreg.git.writing import Made

Request = Callable[[Ground], Plan]
"""What somebody wants, as a plan for whatever is there when it is carried out."""


def record(
    repo: Path, artifact: str, requests: Sequence[Request], *, dry_run: bool = False
) -> tuple[Record, ...]:
    """Record events of one artifact: all of them or none.

    Args:
        repo: a folder in the repository.
        artifact: the artifact's name.
        requests: what is wanted; each is planned on the ground that the ones before it leave.
        dry_run: decide everything and write nothing.

    Raises:
        MregError: a plan is refused, or Git could not do it.
    """
    # GitPython is slow to import, and questions do without it.
    from mreg.git import writing

    who = writing.tagger(repo)
    history = tags.read_state(repo, artifact).history(artifact)
    taken = frozenset(tag for tag, _ in tags.list_refs(repo))
    made, records = [], []
    for request in requests:
        plan = request(Ground(history, taken, who.now))
        tag = writing.make(repo, plan, who, dry_run=dry_run)
        event = _event(tag)
        history = History(artifact, ordered([*(it.event for it in history.timeline), event]))
        taken |= {tag.tag}
        made.append(tag)
        records.append(queries.record(event, plan.version))
    if not dry_run:
        writing.publish(repo, made)
    return tuple(records)


def _event(made: Made) -> Event:
    """Read back a tag that was just made."""
    name = kinds.parse(made.tag)
    found = reading.read(made.tag, name, made.oid, made.raw) if name else None
    if not isinstance(found, Event):
        raise AssertionError(f"mreg made a tag that it cannot read: {made.tag}")  # noqa: TRY004
    return found
