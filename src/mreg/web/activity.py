"""What happened, by month: kept in the site's own JSON, so that a new event renews one month.

Of a month its newest events are shown and kept; of each model it is kept how many events it has in
which month, and a digest of them. So what changed is told without what did not being read again.
"""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Iterator, Mapping, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from mreg.core.events import ROLLBACK_TRAILER
from mreg.core.kinds import KINDS
from mreg.render import json
from mreg.web import dates, frame
from mreg.web.folder import SitePlace
from mreg.web.values import Model

if TYPE_CHECKING:
    from mreg.core.queries import Record

MOST = 300
"""So many events of a month are shown, the newest; a clone has all."""

_LONGEST = 500

Happened: TypeAlias = dict[str, Any]
"""An event as JSON has it, with the repository and the model's page."""

Counts: TypeAlias = dict[str, list[Any]]
"""What is kept of a model, by month: a digest of its events; how many there are; how many of them
are registrations, promotions, and rollbacks, which are no promotions here."""

Key: TypeAlias = tuple[str, str]
"""A model: its repository and its name."""


class Month(NamedTuple):
    """A month in numbers.

    Attributes:
        name: the year and the month: "2026-06".
        events: how many events there were.
        registered: how many of them are registrations.
        promoted: how many are promotions.
        rolled_back: how many are rollbacks, which are not counted as promotions.
        models: of how many models.
    """

    name: str
    events: int
    registered: int
    promoted: int
    rolled_back: int
    models: int

    @property
    def title(self) -> str:
        """What it is called: "Jun 2026"."""
        year, _, number = self.name.partition("-")
        return f"{dates.MONTHS[int(number) - 1]} {int(year)}"


def page(month: str) -> str:
    """Return the page of a month, from the site's root."""
    return f"{frame.ACTIVITY}{month}.html"


def data(month: str) -> str:
    """Return the JSON of a month, likewise."""
    return f"data/activity/{month}.json"


class Activity:
    """What is known of the events of all months, and what the last build left of them."""

    def __init__(self, place: SitePlace, kept: Mapping[str, str]) -> None:
        """Begin with what was kept: of each month, the digest of its JSON."""
        self._place = place
        self._kept = kept
        self._fresh: dict[str, list[_Fresh]] = {}
        self._read: set[Key] = set()

    def take(self, model: Model) -> Counts:
        """Take in the events of a model that was read, and return what is to be kept of them."""
        key = (model.repository.name, model.name)
        by_month: dict[str, list[_Fresh]] = {}
        for it in model.profile.events:
            stamp = dates.stamp(it.created_at)
            by_month.setdefault(stamp[:7], []).append(
                _Fresh(_ordered(stamp, key[0], it), model.page, it)
            )
        if key not in self._read:
            self._read.add(key)
            for month, found in by_month.items():
                known = self._fresh.setdefault(month, [])
                known += found[:MOST]
                if len(known) > 4 * MOST:
                    self._fresh[month] = heapq.nlargest(MOST, known, key=_NEWEST)
        return {month: _counts([it.record for it in found]) for month, found in by_month.items()}

    def lacking(self, before: Mapping[Key, Counts], now: Mapping[Key, Counts]) -> set[Key]:
        """Return the models that have to be read, too, since what was kept of a month does not do.

        It does not where its JSON is not what was written; and where events are gone of a month
        that had more than are kept: then one that was left out is among the newest.
        """
        found: set[Key] = set()
        for month in self._changed(before, now):
            if not self._does(month, before, now):
                found |= {key for key, it in now.items() if month in it}
        return found - self._read

    def _does(self, month: str, before: Mapping[Key, Counts], now: Mapping[Key, Counts]) -> bool:
        """Tell whether what was kept of a month, and what was read, is all that it takes."""
        total = sum(it[month][1] for it in before.values() if month in it)
        if not total:
            return True
        shown = self.of(month, self._kept[month]) if month in self._kept else None
        if shown is None:
            return False
        fresh = {it.identity for it in self._fresh.get(month, ())}
        return total <= MOST or not any(
            _key(it) not in now or (_key(it) in self._read and _identity(it) not in fresh)
            for it in shown
        )

    def renewed(
        self, before: Mapping[Key, Counts], now: Mapping[Key, Counts]
    ) -> tuple[list[tuple[Month, str]], dict[str, str]]:
        """Return the JSON of the months that are others by now, and what to keep of all months.

        Of a month whose repositories cannot be read now, the next build is to begin anew.

        Args:
            before: what was kept of each model.
            now: what is to be kept of each.
        """
        changed = self._changed(before, now)
        found, kept = [], {}
        for month in months(now):
            if month.name not in changed:
                kept[month.name] = self._kept[month.name]
                continue
            fields = {**month._asdict(), "newest": self._events(month.name, now)}
            text = json.dumps(fields) + "\n"
            if self._does(month.name, before, now) or self._has_read(month.name, now):
                kept[month.name] = _digest(text)
            found.append((month, text))
        return found, kept

    def newest(self, now: Mapping[Key, Counts], count: int) -> Iterator[Happened]:
        """Iterate over the newest events of all months, as they stand in the files written."""
        for month in months(now):
            shown = self.of(month.name) or []
            yield from shown[:count]
            count -= len(shown)
            if count <= 0:
                return

    def _changed(self, before: Mapping[Key, Counts], now: Mapping[Key, Counts]) -> set[str]:
        """Return the months of which anything is another thing than before, or is not there."""
        found = {
            month
            for key in before.keys() | now.keys()
            for month in before.get(key, {}).keys() | now.get(key, {}).keys()
            if before.get(key, {}).get(month) != now.get(key, {}).get(month)
        }
        known = {month for it in now.values() for month in it}
        has = self._place.has
        return found | {
            it
            for it in known - found
            if it not in self._kept or not (has(page(it)) and has(data(it)))
        }

    def _has_read(self, month: str, now: Mapping[Key, Counts]) -> bool:
        return all(key in self._read for key, it in now.items() if month in it)

    def _events(self, month: str, now: Mapping[Key, Counts]) -> list[Happened]:
        """Return the newest events of a month: of models that were read, and as kept of others."""
        shown = self.of(month, self._kept[month]) if month in self._kept else None
        old = [it for it in shown or () if _key(it) in now and _key(it) not in self._read]
        fresh = heapq.nlargest(MOST, self._fresh.get(month, ()), key=_NEWEST)
        return heapq.nlargest(MOST, [*old, *map(_happened, fresh)], key=_identity)

    def of(self, month: str, digest: str = "") -> list[Happened] | None:
        """Return the newest events of a month, out of its JSON; None where that is another."""
        import json as parser

        raw = self._place.read(data(month))
        if raw is None or (digest and _digest(raw.decode("utf-8", "replace")) != digest):
            return None
        events: list[Happened] = parser.loads(raw)["newest"]
        return events


class _Fresh(NamedTuple):
    """An event that was read.

    Attributes:
        identity: what it is told from others by, and sorted by: the newest is the largest; of one
            second, the later tag by name.
        page: the model's page.
        record: the event.
    """

    identity: tuple[str, ...]
    page: str
    record: Record


_NEWEST = attrgetter("identity")


def _ordered(stamp: str, repository: str, it: Record) -> tuple[str, ...]:
    return (stamp, repository, it.tag, it.commit, it.author, it.message[:_LONGEST])


def _happened(it: _Fresh) -> Happened:
    stamp, repository, tag, commit, author, message = it.identity
    return {
        "repository": repository,
        "page": it.page,
        "action": it.record.action,
        "artifact": it.record.artifact,
        "version": it.record.version,
        "stage": it.record.stage,
        "tag": tag,
        "commit": commit,
        "created_at": stamp,
        "author": author,
        "message": message,
        "trailers": it.record.trailers,
    }


_IDENTITY = ("created_at", "repository", "tag", "commit", "author", "message")


def _identity(it: Happened) -> tuple[str, ...]:
    return tuple(it[name] for name in _IDENTITY)


def _key(it: Happened) -> Key:
    return (it["repository"], it["artifact"])


def _counts(events: Sequence[Record]) -> list[Any]:
    """Return what is kept of a model's events in a month."""
    shown = [(it.oid, it.tag, it.version) for it in events]
    kinds = [(KINDS[it.action], rolled_back(it.trailers)) for it in events]
    registered = sum(kind.registers for kind, _ in kinds)
    promoted = sum(kind.enters_stage and not bad for kind, bad in kinds)
    backwards = sum(bool(bad) for _, bad in kinds)
    return [_digest(repr(shown))[:12], len(events), registered, promoted, backwards]


def rolled_back(trailers: Mapping[str, str]) -> str:
    """Return the version that an event took out again; empty of any that is no rollback."""
    return trailers.get(ROLLBACK_TRAILER, "")


def months(now: Mapping[Key, Counts]) -> list[Month]:
    """Return the months in which anything happened, the newest first."""
    found: dict[str, list[list[Any]]] = {}
    for counts in now.values():
        for month, it in counts.items():
            found.setdefault(month, []).append([*it[1:], 1])
    return [
        Month(month, *map(sum, zip(*every, strict=True)))
        for month, every in sorted(found.items(), reverse=True)
    ]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()
