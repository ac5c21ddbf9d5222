"""What was recorded: events, each as the tag that it is."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from itertools import islice
from typing import Unpack

from mreg.core import kinds, names, queries
from mreg.core.queries import Events, Filter, Filters, Record, Selector
from mreg.core.replay import History, State
from mreg.errors import InvalidName, NotFound
from mreg.git import refs
from mreg.git.repository import Repository
from mreg.registry import read
from mreg.store.answers import AnswerKind
from mreg.store.histories import Histories, is_large


def events(
    repo: Repository,
    name: str | None = None,
    version: str | None = None,
    **filters: Unpack[Filters],
) -> Events:
    """Return events, newest first: see `Registry.events`."""
    wanted, most = queries.wanted_events(filters)
    name = None if name is None else names.artifact(name)
    newest = None
    if name is None and most is not None and wanted == Filter(since=wanted.since):
        newest = _newest(repo, most)
    state = newest or read.state(repo, name)
    histories = list(state) if name is None else [read.present(repo, state, name)]
    found = tuple(islice(_of_version(version, histories, wanted), most))
    return Events(found[::-1] if filters.get("reverse") else found, state.problems)


def _of_version(version: str | None, histories: list[History], wanted: Filter) -> Iterator[Record]:
    """Iterate over the events of some artifacts; or over those of a version of the only one."""
    found = queries.records(histories, wanted)
    if version is None:
        return found
    named = queries.find(histories[0], Selector(histories[0].artifact, version)).version
    return (it for it in found if it.version == named)


def _newest(repo: Repository, most: int) -> State | None:
    """Return the artifacts that have the newest events, so many at most; None if all are read."""
    found = read.kept_answers(repo, _NEWEST) if is_large(repo) else None
    if found is None:
        return None
    reader = Histories(repo)
    reader.load(it for it, _ in heapq.nlargest(most, found.rows(), key=lambda it: it[1]))
    return State(reader.state().histories, found.problems)


def _place(history: History) -> tuple[tuple[int, int, str], bytes]:
    return history.timeline[-1][:3], b""


_NEWEST = AnswerKind("newest", "1", _place)
"""Where an artifact's newest event stands in the order of all."""


def event(repo: Repository, ref: str) -> Record:
    """Return the event that a tag stands for: see `Registry.check_ref`."""
    tag = ref.removeprefix(refs.PREFIX)
    name = kinds.parse(tag)
    if name is None:
        near = " (although it resembles one)" if kinds.is_near_miss(tag) else ""
        raise InvalidName(
            f"{tag!r} is not the name of a registry tag{near}",
            hint="registry tags look like churn@v1.2.0 and churn#prod#3",
        )
    state = read.state(repo, name.artifact)
    history = state.history(name.artifact)
    for dated, version in zip(history.timeline, queries.subjects(history), strict=True):
        if dated.tag == tag:
            return queries.record(dated.event, version)
    for found in state.problems:
        if found.subject == tag:
            raise NotFound(f"{tag} is not an event: {found.message}", hint=found.hint)
    raise NotFound(
        f"there is no tag {tag}", hint=f"git fetch origin 'refs/tags/{tag}:refs/tags/{tag}'"
    )
