"""The whole registry, artifact by artifact, out of what is kept of each (`mreg.store.answers`).

What HEAD says of an artifact is no part of its kept answer, and is put in here: a commit that
changes artifacts.yaml alone makes nobody read a tag.
"""

from __future__ import annotations

import heapq
import marshal
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mreg.core import answers, kinds, names, queries, tables
from mreg.core.diagnostics import Diagnostic
from mreg.core.events import Event
from mreg.core.plain import PlainStanding
from mreg.core.queries import Stages, Version
from mreg.core.replay import History
from mreg.core.standing import Holder
from mreg.core.tables import ArtifactRow
from mreg.git.repository import Repository
from mreg.registry import read
from mreg.render import json
from mreg.render.table import Table
from mreg.store.answers import AnswerKind, Answers
from mreg.tuples import NamedTuple

if TYPE_CHECKING:
    from mreg.annotations.outline import Outline


class _Row(NamedTuple):
    """The small part of what `mreg show` says of an artifact; plain values.

    Attributes:
        deprecated: whether it is deprecated.
        latest: its latest version, with the commit and the tag of that; None if it has none.
        holders: who holds each stage that is not empty, in words.
    """

    deprecated: bool
    latest: tuple[str, str, str] | None
    holders: dict[str, str]


def _shown(history: History) -> tuple[Any, bytes]:
    standing = history.standing
    version = queries.latest(history)
    event = standing.active[version] if version else None
    latest = (version, event.commit, event.tag) if event else None
    current = queries.current(history).items()
    held = {stage: kinds.held_label(it.version, it.commit) for stage, it in current if it}
    return (standing.deprecated, latest, held), answers.text(history).encode()


def _shown_plain(artifact: str, standing: PlainStanding) -> tuple[Any, bytes]:
    version = standing.latest
    event = standing.active[version] if version else None
    latest = (version, event.commit, event.tag) if event else None
    held = {stage: next(reversed(rows)) for stage, rows in standing.stages.items() if rows}
    return (standing.deprecated, latest, held), standing.text(artifact).encode()


def _staged(history: History) -> tuple[Any, bytes]:
    current = queries.current(history).items()
    plain: Any = {stage: it and (it.version, tuple(it.event)) for stage, it in current}
    return None, marshal.dumps(plain)


_SHOWN = AnswerKind(
    "show", f"{_Row._fields} {Version._fields} {Holder.shown()}", _shown, _shown_plain
)
_STAGED = AnswerKind("stages", f"{Event._fields}", _staged)


class ArtifactList:
    """The artifacts of a registry, as `mreg show` prints them; of many, few are in memory.

    Attributes:
        problems: what could not be read.
    """

    def __init__(
        self,
        found: Answers,
        problems: tuple[Diagnostic, ...],
        said: Mapping[str, Outline],
        rows: Mapping[str, _Row],
        annotated: frozenset[str],
    ) -> None:
        self.problems = problems
        self._found = found
        self._said = said
        self._rows = rows
        self._annotated = annotated

    def __bool__(self) -> bool:
        """Tell whether there is any."""
        return bool(self._rows)

    @property
    def table(self) -> Table:
        """The artifacts as a table."""
        rows = [
            ArtifactRow(name, said.type if said else None, deprecated, latest and latest[0], held)
            for name, (deprecated, latest, held) in sorted(self._rows.items())
            for said in [self._said.get(name)]
        ]
        return tables.artifacts(rows)

    def json(self) -> Iterator[str]:
        """Iterate over pieces of what `mreg.render.json.dumps` writes of the whole."""
        known = ((name, body.decode()) for name, _, body in self._found.each())
        early = {name for name, _ in self._found.rows()}
        news = [(it, answers.text(History(it, []))) for it in sorted(self._annotated - early)]
        between = '{"artifacts": ['
        for name, rest in heapq.merge(known, news):
            if name in self._rows:
                said = self._said.get(name)
                kind, path = (said.type, said.path) if said else (None, None)
                head = (name, kind, path, name in self._annotated)
                yield f"{between}{_HEAD % tuple(map(json.dumps, head))}{rest}"
                between = ", "
        empty = "" if self._rows else between
        yield f'{empty}], "problems": {json.dumps(self.problems)}}}'


_HEAD = '{"name": %s, "type": %s, "path": %s, "annotated": %s, '


def artifacts(
    repo: Repository, at: datetime | str | None, *, deprecated: bool, only: str | None = None
) -> ArtifactList:
    """Return the artifacts as they stand or stood: see `Registry.listed`."""
    found = read.answers(repo, _SHOWN) if at is None else _SHOWN.of(read.state(repo, None, at))
    head = read.at_head(repo)
    at_head = head.annotations
    rows = {name: _Row(*row) for name, row in found.rows()}
    if at is None:
        rows |= {name: _Row(False, None, {}) for name in at_head.keys() - rows.keys()}
    rows = {name: it for name, it in rows.items() if deprecated or not it.deprecated}
    if only is not None:
        rows = {name: it for name, it in rows.items() if names.matches(name, only)}
    lacking = {name: it.latest for name, it in sorted(rows.items()) if name not in at_head}
    said = {**at_head, **_said(repo, {name: it for name, it in lacking.items() if it})}
    problems = (*found.problems, *head.problems)
    return ArtifactList(found, problems, said, rows, frozenset(at_head))


def _said(repo: Repository, latest: Mapping[str, tuple[str, str, str]]) -> dict[str, Outline]:
    """Return what the commits of artifacts' latest versions say of them."""
    if not latest:
        return {}
    from mreg.annotations.entry import Annotation
    from mreg.annotations.outline import Outline
    from mreg.annotations.sources import Wanted

    wanted = [Wanted(name, commit, tag) for name, (_, commit, tag) in latest.items()]
    said = zip(latest, read.entries(repo, wanted), strict=True)
    return {name: Outline(it.type, it.path) for name, it in said if isinstance(it, Annotation)}


def stages(repo: Repository, name: str | None = None) -> Stages:
    """Return every stage that was ever used, by name, and who holds it; or those of an artifact."""
    if name is not None:
        name = names.artifact(name)
        state = read.state(repo, name)
        held = queries.current(read.present(repo, state, name))
        return Stages(queries.stages([(name, held)]), state.problems)
    found = read.answers(repo, _STAGED)
    current = ((artifact, _holders(body)) for artifact, _, body in found.each())
    return Stages(queries.stages(current), found.problems)


def _holders(body: bytes) -> dict[str, Holder | None]:
    held = marshal.loads(body)  # noqa: S302 - see `mreg.store.answers`
    return {stage: it and Holder(it[0], Event._make(it[1])) for stage, it in held.items()}
