"""Which commits could become versions, how they differ from one, and which of them is the best."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from mreg.annotations import entry
from mreg.annotations.entry import Annotation
from mreg.annotations.values import Meaning, Unclear, Value, ValueColumn
from mreg.compare import comparison
from mreg.compare.comparison import Comparison, Row
from mreg.compare.diff import Change, MetricChange, metric_change, param_change
from mreg.core.commits import Committed
from mreg.core.diagnostics import Diagnostic
from mreg.core.directions import Direction, Directions
from mreg.core.kinds import SHORT
from mreg.core.queries import Version
from mreg.dvc.whereabouts import Kept
from mreg.errors import NotFound, UsageError
from mreg.render import numbers

if TYPE_CHECKING:
    from datetime import datetime

Part: TypeAlias = Literal["model", "metrics", "params"]
"""What of a commit differs from a version."""

DATE = "date"
"""What candidates are sorted by where no metric is: the newest first."""


class CandidatePlace(NamedTuple):
    """A branch or an experiment.

    Attributes:
        kind: "branch"; "experiment", of DVC; or "head", a HEAD that is in no branch.
        name: its name: "main", "origin/main", "brown-moth".
        ref: its full ref.
        commit: the id of the commit that it holds.
        allowed: whether the policy takes registrations from it.
    """

    kind: Literal["branch", "experiment", "head"]
    name: str
    ref: str
    commit: str
    allowed: bool = True


class SeenCommit(NamedTuple):
    """A commit, and what it says of the artifact.

    Attributes:
        committed: what it says of itself.
        places: the branches and experiments that it is in, the first of all before the others.
        said: its annotation; None if there is none.
        content: what stands at the artifact's path; None if it has none.
    """

    committed: Committed
    places: tuple[CandidatePlace, ...]
    said: Annotation | Diagnostic | None
    content: Kept | None = None


class HeldVersion(NamedTuple):
    """A version, and what its commit says of it, as `SeenCommit`."""

    version: Version
    said: Annotation | Diagnostic | None
    content: Kept | None = None


class VersionCandidate(NamedTuple):
    """A commit that could become a version.

    Attributes:
        commit: its id.
        places: the branches and experiments that have it, or the same in another commit; it itself
            is in the first.
        created_at: when it was written.
        author: who wrote it.
        author_email: that person's e-mail address.
        subject: the first line of its message.
        differs: what differs from the newest version; of what has no version, all that is there.
        metrics: its metrics, in `after`, each against that of the version it is held against.
        params: the params that differ from that version's.
        content: what stands at the artifact's path; None if it has none.
        allowed: whether it is in a branch from which the policy takes registrations.
        problems: what of it could not be read; its metrics and params may lack that.
    """

    commit: str
    places: tuple[CandidatePlace, ...]
    created_at: datetime
    author: str
    author_email: str
    subject: str
    differs: tuple[Part, ...]
    metrics: tuple[MetricChange, ...]
    params: tuple[Change, ...]
    content: Kept | None
    allowed: bool
    problems: tuple[Diagnostic, ...]

    @property
    def place(self) -> CandidatePlace:
        """The branch or experiment that it is in."""
        return self.places[0]

    def metric(self, name: str) -> MetricChange | None:
        """Return one of its metrics."""
        return next((it for it in self.metrics if it.name == name), None)


class Candidates(NamedTuple):
    """What could become a version of an artifact.

    Attributes:
        artifact: the artifact.
        newest: its highest version by SemVer; None if it has none.
        against: the version whose metrics and params those of candidates are held against: what
            holds the main stage, else the newest; None if there is none.
        stage: the main stage, if that is what `against` holds; else None.
        sorted_by: the metric by which the candidates are sorted, the best first; None: by date, the
            newest first.
        direction: which values of it are better.
        metrics: the metrics that any of them has, those that the policy asks about first.
        candidates: the candidates.
        left_out: how many more there are than were asked for.
        looked_at: how many branches and experiments were looked at.
        cut_off: why commits may be missing: the history is longer than what is read of it, or is
            not here; empty if none is.
        branches: the branches from which alone the policy takes registrations; empty: from any.
        annotated: whether any of the commits says anything of the artifact that can be read.
        problems: what could not be read.
    """

    artifact: str
    newest: Version | None
    against: Version | None
    stage: str | None
    sorted_by: str | None
    direction: Direction | None
    metrics: tuple[str, ...]
    candidates: tuple[VersionCandidate, ...]
    left_out: int = 0
    looked_at: int = 0
    cut_off: str = ""
    branches: tuple[str, ...] = ()
    annotated: bool = True
    problems: tuple[Diagnostic, ...] = ()


class Question(NamedTuple):
    """What candidates are held against, and how they are sorted.

    Attributes:
        artifact: the artifact.
        newest: its highest version; None if it has none.
        against: what metrics and params are held against; None: nothing.
        others: other versions: what is the same as one of them is no candidate.
        sort: the metric to sort by, `DATE`, or None: the first of `asked` whose direction is known.
        asked: the metrics that the policy asks about, the first ones first.
        told: which way metrics are better, where their names do not tell.
    """

    artifact: str
    newest: HeldVersion | None = None
    against: HeldVersion | None = None
    others: tuple[HeldVersion, ...] = ()
    sort: str | None = None
    asked: tuple[str, ...] = ()
    told: Directions = Directions()


def choose(question: Question, seen: Sequence[SeenCommit]) -> Candidates:
    """Return the candidates among commits, which come newest first.

    Of several with the same model, metrics and params it is one: one in a branch of which the
    policy takes registrations, else in any branch, else an experiment; of those the newest.

    Raises:
        NotFound: none of them has the metric that they are to be sorted by.
        UsageError: nobody knows which of its values are better.
    """
    known = [_state(it.said, it.content) for it in _versions(question)]
    groups: dict[str, list[SeenCommit]] = {}
    for it in seen:
        state = _state(it.said, it.content)
        if state is not None and state not in known:
            groups.setdefault(state, []).append(it)
    chosen = [_merged(it) for it in groups.values()]
    rows = [_row(question.artifact, it) for it in chosen]
    held = {it.version.tag: comparison.row(it.version, it.said) for it in _versions(question)}
    whole = comparison.compare(question.artifact, [*rows, *held.values()], told=question.told)
    view = _View(whole, question, held)
    found = [view.candidate(*it) for it in zip(chosen, rows, strict=True)]
    found = [it for it in found if it.differs]
    metrics = _in_order(found, whole, question.asked)
    by, direction = _sort(question, found, whole)
    found.sort(key=lambda it: it.created_at, reverse=True)
    if by and direction:
        found.sort(key=lambda it: _rank(it.metric(by), direction))
    return Candidates(
        question.artifact,
        question.newest and question.newest.version,
        question.against and question.against.version,
        None,
        by,
        direction,
        metrics,
        tuple(found),
        annotated=any(isinstance(it.said, Annotation) for it in seen),
        problems=tuple(dict.fromkeys(_unreadable(seen))),
    )


def _versions(question: Question) -> list[HeldVersion]:
    return [it for it in (question.newest, question.against, *question.others) if it]


def _unreadable(seen: Iterable[SeenCommit]) -> Iterable[Diagnostic]:
    """Iterate over why commits are no candidates whose annotations cannot be read."""
    return (it.said for it in seen if isinstance(it.said, Diagnostic))


def _state(said: Annotation | Diagnostic | None, content: Kept | None) -> str | None:
    """Return what tells the model, metrics and params of a commit; None if nothing is known."""
    if not isinstance(said, Annotation):
        return None
    values = (sorted(it.items()) for it in (said.metrics, numbers.flat(said.params)))
    unread = sorted(said.unread.items()) if said.problems else ()
    return repr((_model(said, content), *values, unread, said.problems and said.files))


def _model(said: Annotation, content: Kept | None) -> str | None:
    """Return what tells one model from another."""
    digest = content.content_digest if content else None
    return digest or said.sha256 or said.path


def _merged(same: Sequence[SeenCommit]) -> SeenCommit:
    """Return one of several commits that hold the same, with the places of all."""
    first = min(same, key=lambda it: _standing(it.places[0]))  # of equals the first, the newest
    rest = sorted((place for it in same for place in it.places), key=_standing)
    return first._replace(places=tuple(dict.fromkeys((*first.places, *rest))))


def _standing(it: CandidatePlace) -> tuple[bool, bool]:
    return not it.allowed, it.kind == "experiment"


def _row(artifact: str, it: SeenCommit) -> Row:
    """Return what a commit says in numbers, as that of a version without a name."""
    made, place = it.committed, it.places[0].name
    who = (made.date, made.author, made.author_email, made.subject)
    label = f"{place} ({made.commit[:SHORT]})"
    version = Version(artifact, None, label, made.commit, *who, active=False, stages=(), current=())
    return comparison.row(version, it.said)


class _View(NamedTuple):
    """What candidates and versions say in numbers, by the same names."""

    whole: Comparison
    question: Question
    held: Mapping[str, Row]

    def candidate(self, it: SeenCommit, row: Row) -> VersionCandidate:
        against, made = self.question.against, it.committed
        base = self.held[against.version.tag] if against else None
        return VersionCandidate(
            made.commit,
            it.places,
            made.date,
            made.author,
            made.author_email,
            made.subject,
            self._differs(it, row),
            tuple(self._metrics(row, base)),
            tuple(self._params(row, base)),
            it.content,
            it.places[0].allowed,
            entry.problems(it.said),
        )

    def _metrics(self, row: Row, base: Row | None) -> Iterable[MetricChange]:
        direction = {it.name: it.direction for it in self.whole.metrics}
        for column, *both in self._meant("metrics", row, base):
            before, after = (it.value if isinstance(it, Value) else None for it in both)
            if after is not None:
                yield metric_change(column, before, after, direction[column.name])

    def _params(self, row: Row, base: Row | None) -> Iterable[Change]:
        for column, before, after in self._meant("params", row, base) if base else ():
            clear = all(not isinstance(it, Unclear) or it.blank for it in (before, after))
            if clear and (found := param_change(column, before, after)):
                yield found

    def _meant(
        self, field: str, row: Row, base: Row | None
    ) -> Iterable[tuple[ValueColumn, Meaning, Meaning]]:
        for column in self.whole.columns[field].values():
            yield column, column.of(base, field) if base else None, column.of(row, field)

    def _differs(self, it: SeenCommit, row: Row) -> tuple[Part, ...]:
        """Return what of a commit differs from the newest version."""
        newest = self.question.newest
        base = self.held[newest.version.tag] if newest else None
        old = newest.said if newest and isinstance(newest.said, Annotation) else None
        same = isinstance(it.said, Annotation) and _model(it.said, it.content) == (
            _model(old, newest.content) if old and newest else None
        )
        parts: dict[Part, bool] = {"model": not same}
        fields: tuple[Literal["metrics", "params"], ...] = ("metrics", "params")
        for field in fields:
            parts[field] = any(_other(*both) for _, *both in self._meant(field, row, base))
        return tuple(part for part, is_other in parts.items() if is_other)


def _other(before: Meaning, after: Meaning) -> bool:
    """Tell whether a value is another one than before; of what cannot be told it is not said."""
    if any(isinstance(it, Unclear) and not it.blank for it in (before, after)):
        return False
    old, new = (it.value if isinstance(it, Value) else None for it in (before, after))
    return not (isinstance(before, Value) == isinstance(after, Value) and numbers.same(old, new))


def _in_order(
    found: Sequence[VersionCandidate], whole: Comparison, asked: Sequence[str]
) -> tuple[str, ...]:
    """Return the metrics that candidates have, what is asked about first, then what is judged."""
    having = {metric.name for it in found for metric in it.metrics}
    rank = {name: number for number, name in enumerate(asked)}
    known = [it for it in whole.metrics if it.name in having]
    known.sort(key=lambda it: (rank.get(it.name, len(rank)), it.direction is None, it.name))
    return tuple(it.name for it in known)


def _sort(
    question: Question, found: Sequence[VersionCandidate], whole: Comparison
) -> tuple[str | None, Direction | None]:
    """Return the metric to sort by, and which of its values are better."""
    directions = {it.name: it.direction for it in whole.metrics}
    if question.sort is None:
        having = (it for it in question.asked if directions.get(it))
        by = next((it for it in having if any(one.metric(it) for one in found)), None)
        return by, directions[by] if by else None
    name = question.sort
    if name == DATE or not found:
        return None, None
    if name not in directions:
        known = ", ".join([DATE, *directions])
        raise NotFound(f"no candidate has the metric {name!r}", hint=f"choose one of {known}")
    if directions[name] is None:
        raise UsageError(
            f"cannot determine whether higher or lower values of {name} are better",
            hint=f"pass --higher-better {name} or --lower-better {name}",
        )
    return name, directions[name]


def _rank(it: MetricChange | None, direction: Direction) -> tuple[bool, float]:
    if it is None or it.after is None or not numbers.is_finite(it.after):
        return True, 0.0
    return False, -it.after if direction == "higher" else it.after
