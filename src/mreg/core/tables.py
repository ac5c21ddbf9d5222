"""What the answers look like as tables: which columns, in which words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial

from mreg.core.events import ROLLBACK_TRAILER, Action
from mreg.core.kinds import KINDS, SHORT, held_label
from mreg.core.queries import Record, StageSummary, Version
from mreg.core.standing import Holder
from mreg.render.cell import Cell
from mreg.render.moments import Moment
from mreg.render.table import Table
from mreg.tuples import NamedTuple

NOTHING = "-"
UNCLEAR = "?"
"""What stands in place of a value that cannot be told."""


class ArtifactRow(NamedTuple):
    """A row of the table of artifacts.

    Attributes:
        name: the artifact's name.
        type: what it is; None if that is not said.
        deprecated: whether it is deprecated.
        latest: its highest active version by SemVer; None if there is none.
        holders: who holds each stage that is not empty, in words.
    """

    name: str
    type: str | None
    deprecated: bool
    latest: str | None
    holders: Mapping[str, str]


def artifacts(found: Sequence[ArtifactRow]) -> Table:
    """Return artifacts as a table: a row each, a column a stage with its current holder."""
    stages = sorted({stage for it in found for stage in it.holders})
    columns: dict[str, Callable[[ArtifactRow], str]] = {
        "name": lambda it: Cell.of(f"{it.name} (deprecated)", "dim") if it.deprecated else it.name,
        "type": lambda it: it.type or NOTHING,
        "latest": lambda it: it.latest or NOTHING,
        **{f"#{stage}": partial(_held, stage) for stage in stages},
    }
    empty = "No artifacts yet. Register the first one: mreg register NAME"
    return Table.of(columns, found, title="Artifacts", empty=empty, gives_way=("type",))


def _held(stage: str, it: ArtifactRow) -> str:
    return it.holders.get(stage, NOTHING)


def versions(
    name: str, found: Sequence[Version], unannotated: Sequence[str] = (), *, empty: str = ""
) -> Table:
    """Return an artifact's versions as a table; some of them are not annotated, as others are."""
    bare = frozenset(unannotated)
    columns: dict[str, Callable[[Version], str]] = {
        "version": lambda it: version_cell(it, " (not annotated)" * (it.version in bare)),
        "stages": stages_cell,
        "date": lambda it: Moment.of(it.created_at),
        "author": lambda it: it.author,
        "commit": lambda it: commit_cell(it.commit),
        "message": lambda it: _message(it.message, "register", it.artifact, it.version, None),
    }
    return Table.of(
        columns,
        found,
        title=name,
        empty=empty or f"{name} has no versions.",
        wraps=("message", "author", "stages"),
        gives_way=("commit", "author", "message"),
        words=("stages",),
    )


def version_cell(it: Version, remark: str = "") -> str:
    """Return a version's name and a remark; it leads to its tag where that is shown by a host."""
    text = version_label(it) + remark
    return Cell.of(text, "" if it.active else "dim", kind="tag", whole=it.tag)


def stages_cell(it: Version) -> str:
    """Return a version's stages; those that another version holds now stand in brackets."""
    found = (
        Cell.of(stage) if stage in it.current else Cell.of(f"({stage})", "dim")
        for stage in it.stages
    )
    return Cell.of_parts(found) or NOTHING


def commit_cell(commit: str) -> str:
    """Return a commit's short id, which leads to the commit where it is shown by a host."""
    return Cell.of(commit[:SHORT], kind="commit", whole=commit)


def _message(
    text: str, action: Action, artifact: str, version: str | None, stage: str | None
) -> str:
    """Return a message's first line; of one that mreg wrote, as what need not be told."""
    first = first_line(text)
    usual = first == KINDS[action].subject(artifact, version, stage)
    return Cell.of(first, kind="usual") if usual else first


def version_label(it: Version) -> str:
    """Return a version's name, and whether it is still registered."""
    name = held_label(it.version, it.commit)
    return name if it.active or not it.version else f"{name} (deregistered)"


def holder_label(holders: Sequence[Holder]) -> str:
    """Return the current holder of a stage."""
    if not holders:
        return NOTHING
    return held_label(holders[0].version, holders[0].commit)


def version(
    it: Version, backed: Sequence[tuple[str, str]] = (), ended: Record | None = None
) -> list[tuple[str, str]]:
    """Return one version in full, as pairs of a word and a text.

    Args:
        it: the version.
        backed: who stands behind its promotion.
        ended: the event that deregistered it.
    """
    found = [
        ("artifact", it.artifact),
        ("version", version_cell(it)),
        ("stages", stages_cell(it)),
        *_objects(it.tag, it.commit),
        ("date", Moment.of(it.created_at)),
        ("author", f"{it.author} <{it.author_email}>"),
        ("message", it.message),
    ]
    if ended:
        found += [
            ("deregistered", Moment.of(ended.created_at)),
            ("deregistered by", f"{ended.author} <{ended.author_email}>"),
            ("with message", ended.message),
        ]
    if by := it.promotion:  # how it came into the stage by which it was asked for
        found += [
            (f"in {by.event.stage} since", Moment.of(by.created_at)),
            ("promoted by", f"{by.author} <{by.author_email}>"),
            ("with message", by.message),
            *backed,
        ]
    return found


def records(found: Iterable[Record], *, of_one: bool = False) -> Table:
    """Return lines of the history as a table; of one artifact, its name need not be said."""
    columns: dict[str, Callable[[Record], str]] = {
        "date": lambda it: Moment.of(it.created_at),
        "artifact": lambda it: it.artifact,
        "event": _event,
        "version": lambda it: Cell.of(
            held_label(it.version, it.commit) if it.version or it.stage else NOTHING,
            kind="tag",
            whole=it.tag,
        ),
        "stage": lambda it: it.stage or NOTHING,
        "author": lambda it: it.author,
        "message": lambda it: _message(it.message, it.action, it.artifact, it.version, it.stage),
    }
    if of_one:
        del columns["artifact"]
    return Table.of(
        columns,
        found,
        empty="No events.",
        wraps=("message", "author"),
        gives_way=("author", "message"),
    )


def _event(it: Record) -> str:
    """Return what an event is: a rollback is a promotion that takes another version back."""
    return f"{it.action} (rollback)" if ROLLBACK_TRAILER in it.trailers else it.action


def record(it: Record) -> list[tuple[str, str]]:
    """Return one event in full, as pairs of a word and a text."""
    return [
        ("event", _event(it)),
        ("artifact", it.artifact),
        *((word, text) for word, text in (("version", it.version), ("stage", it.stage)) if text),
        *_objects(it.tag, it.commit),
        ("date", Moment.of(it.created_at)),
        ("author", f"{it.author} <{it.author_email}>"),
        ("message", it.message),
    ]


def _objects(tag: str, commit: str) -> Iterator[tuple[str, str]]:
    """Iterate over a tag and a commit, which lead to where a host shows them."""
    yield "tag", Cell.of(tag, kind="tag", whole=tag)
    yield "commit", Cell.of(commit, kind="commit", whole=commit)


def stages(found: Iterable[StageSummary]) -> Table:
    """Return the registry's stages as a table."""
    columns: dict[str, Callable[[StageSummary], str]] = {
        "stage": lambda it: it.stage,
        "artifacts": lambda it: (
            ", ".join(f"{name} {holder_label([by])}" for name, by in it.holders.items()) or NOTHING
        ),
        "last promotion": lambda it: (
            Moment.of(it.last_promoted_at) if it.last_promoted_at else NOTHING
        ),
    }
    empty = "No stages: no version was promoted yet."
    return Table.of(columns, found, empty=empty, wraps=("artifacts",))


def first_line(text: str) -> str:
    """Return the first line of a message."""
    return text.partition("\n")[0]
