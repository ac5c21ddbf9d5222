"""Release notes: an artifact's versions, each with what became of it since the version before."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from mreg.compare import diff
from mreg.compare.diff import MetricChange, Side
from mreg.core import queries, versions
from mreg.core.commits import Committed
from mreg.core.diagnostics import Diagnostic
from mreg.core.directions import Directions
from mreg.core.events import ROLLBACK_TRAILER
from mreg.core.queries import Record, Selector, Version
from mreg.core.replay import History
from mreg.errors import InvalidName, NotFound, UsageError

if TYPE_CHECKING:
    from pandas import DataFrame


class Release(NamedTuple):
    """A version, and its changes.

    Attributes:
        version: the version.
        before: the version that it is compared with, which can be older than the first requested
            one; None if it is the first of all.
        events: its events since the registration, the oldest first: promotions, demotions,
            rollbacks to it and from it, its deregistration.
        metrics: the metrics that differ from those of the version before, by name; for the first
            version, all.
        commits: the commits between the two versions that changed the content at its path, or its
            inputs, the newest first.
        more: the number of further such commits.
    """

    version: Version
    before: Version | None
    events: tuple[Record, ...] = ()
    metrics: tuple[MetricChange, ...] = ()
    commits: tuple[Committed, ...] = ()
    more: int = 0


class Changelog(NamedTuple):
    """An artifact's release notes.

    Attributes:
        artifact: the artifact.
        since: the version after which they begin; None for the first of all.
        until: the version with which they end; None for the last of all.
        releases: the versions, newest first by SemVer.
        problems: the data that could not be read; the notes may then be incomplete.
    """

    artifact: str
    since: str | None
    until: str | None
    releases: tuple[Release, ...]
    problems: tuple[Diagnostic, ...] = ()

    def to_pandas(self) -> DataFrame:
        """Return the release notes as a DataFrame with a row for each version.

        The columns are `version`, `tag`, `commit`, `created_at`, `author`, `message`, `stages`,
        `before` (the version before), `events` and `commits` (how many there are), and for each
        metric that differs somewhere its new value (`metrics.auc`), its old value (`before.auc`)
        and the change (`delta.auc`). The name includes the file if releases use different names.

        Raises:
            UsageError: pandas is not installed.
        """
        from mreg.render import frames

        names = _names(each for it in self.releases for each in it.metrics)
        rows = [_row(it, names) for it in self.releases]
        metrics = sorted({*names.values()})
        parts = (f"{part}.{name}" for name in metrics for part in ("metrics", "before", "delta"))
        return frames.frame(rows, (*_OF_VERSION, "before", "events", "commits", *parts))


_OF_VERSION = ("version", "tag", "commit", "created_at", "author", "message", "stages")


def _names(changes: Iterable[MetricChange]) -> dict[str, str]:
    """Return how each metric is called in all releases, by its full name: in short where it can."""
    pairs = {(it.full_name, it.name) for it in changes}
    times = Counter([full for full, _ in pairs] + [name for full, name in pairs if name != full])
    return {full: name if times[full] == times[name] == 1 else full for full, name in sorted(pairs)}


def _row(it: Release, names: Mapping[str, str]) -> dict[str, Any]:
    """Return a version as a row of a DataFrame."""
    row = {key: getattr(it.version, key) for key in _OF_VERSION}
    row["before"] = it.before.version if it.before else None
    row |= {"events": len(it.events), "commits": len(it.commits) + it.more}
    for each in it.metrics:
        name = names[each.full_name]
        row |= {f"metrics.{name}": each.after, f"before.{name}": each.before}
        row[f"delta.{name}"] = each.delta
    return row


class Touched(NamedTuple):
    """The newest of the commits between two versions that count, and how many there are besides."""

    commits: tuple[Committed, ...] = ()
    more: int = 0


def selector(artifact: str, text: str) -> Selector:
    """Read where release notes begin or end: `v1.0.0`, `churn@v1.0.0`, `churn#prod`, `latest`.

    Raises:
        InvalidName: it names no version of the artifact.
        UsageError: it names one of another artifact.
    """
    if text == artifact:
        return queries.parse_selector(text)
    try:
        found = queries.parse_selector(text if {"@", "#"} & set(text) else f"{artifact}@{text}")
    except InvalidName as error:
        hint = f"write v1.2.0, {artifact}@v1.2.0 or {artifact}#STAGE"
        raise InvalidName(f"{text!r} is not a version of {artifact}", hint=hint) from error
    if found.artifact != artifact:
        raise UsageError(
            f"{text} is not of {artifact}", hint=f"write versions of {artifact}, such as v1.2.0"
        )
    return found


def span(history: History, since: str | None, until: str | None) -> list[Version]:
    """Return the versions after one and up to another, newest first by SemVer.

    Raises:
        UsageError: it would end before it begins.
    """
    known = queries.find_all(history, ended=True)
    place = {it.version: place for place, it in enumerate(known)}
    first = place[until] if until else 0
    last = place[since] if since else len(known)
    if first > last:
        raise UsageError(f"{since} comes after {until}", hint="write the older version first")
    return list(known[first:last])


def named(history: History, wanted: Selector) -> str:
    """Return the version that a selector names.

    Raises:
        NotFound: there is none, or it is a bare commit.
    """
    found = queries.find(history, wanted)
    if found.version is None:
        raise NotFound(
            f"commit {wanted} is not a registered version", hint=f"mreg show {history.artifact}"
        )
    return found.version


def predecessors(history: History) -> dict[str, str | None]:
    """Return the version that each one follows: what `queries.before` says, for all at once."""
    standing = history.standing
    order = queries.registrations(history)
    last = {version: number for number, version in enumerate(order)}
    earlier: list[tuple[versions.Precedence, int, str]] = []
    found: dict[str, str | None] = {}
    for number, version in enumerate(order):
        if version is None:
            continue
        own = versions.precedence(version)
        if last[version] == number:
            place = bisect_left(earlier, (own,))
            found[version] = earlier[place - 1][2] if place else None
        if version in standing.active:
            insort(earlier, (own, -number, version))
    return found


def events(history: History) -> dict[str, list[Record]]:
    """Return what became of each version since it was registered, the oldest event first.

    A rollback is there for both: the version that was put back, and the one that it was from.
    """
    standing = history.standing
    known = {**standing.ended, **standing.active}
    found: dict[str, list[Record]] = {version: [] for version in known}
    for dated, version in zip(history.timeline, queries.subjects(history), strict=True):
        event = dated.event
        record = queries.record(event, version)
        for it in dict.fromkeys((version, event.trailers.get(ROLLBACK_TRAILER))):
            if it in known and event.oid != known[it].oid:
                found[it].append(record)
    return found


def compare(before: Side | None, after: Side, told: Directions) -> tuple[MetricChange, ...]:
    """Return the metrics of a version that differ from those of the version before, if any."""
    return diff.compare(before or Side(after.version), after, told=told).metrics
