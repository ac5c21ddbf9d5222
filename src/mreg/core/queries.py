"""Questions about the state, and the values that answer them.

Everything returned is immutable. Times are aware datetimes with the tagger's offset.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TypedDict

from mreg.core import kinds, names, times, versions
from mreg.core.diagnostics import Diagnostic
from mreg.core.events import Action, Event, identity
from mreg.core.kinds import KINDS
from mreg.core.replay import History
from mreg.core.standing import Holder, Standing
from mreg.errors import InvalidName, NotFound, UnknownArtifact, UsageError
from mreg.render.moments import minute
from mreg.tuples import NamedTuple


class Version(NamedTuple):
    """One version of an artifact.

    Attributes:
        artifact: the artifact's name.
        version: the version; None for a bare commit that holds a stage.
        tag: the name of the tag that registered it (a bare commit: that promoted it).
        commit: the id of the commit.
        created_at: the time of its registration.
        author: the person who registered it, as the tag claims.
        author_email: the author's email address.
        message: its message.
        active: whether it is registered and not deregistered.
        stages: the stages that it is assigned to, sorted.
        current: those of them that it holds now.
        promotion: the promotion to the requested stage; None if no stage was requested.
    """

    artifact: str
    version: str | None
    tag: str
    commit: str
    created_at: datetime
    author: str
    author_email: str
    message: str
    active: bool
    stages: tuple[str, ...]
    current: tuple[str, ...]
    promotion: Holder | None = None


class Record(NamedTuple):
    """One line of the history: an event and its version.

    Attributes:
        action: the kind of event.
        artifact: the artifact's name.
        version: its version; None for deprecate and bare commits.
        stage: the stage of a promote or demote; otherwise None.
        tag: the tag's name.
        commit: the id of the commit.
        created_at: its time.
        author: its author, as the tag claims.
        author_email: the author's email address.
        message: its message.
        oid: the id of the tag object.
        trailers: the trailers at the end of the tag's message.
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


class StageSummary(NamedTuple):
    """A stage of the registry.

    Attributes:
        stage: its name.
        holders: the current holder by artifact, sorted.
        last_promoted_at: the time of the last promotion to it; None if it is empty now.
    """

    stage: str
    holders: dict[str, Holder]
    last_promoted_at: datetime | None


class Events(NamedTuple):
    """Some of the recorded events.

    Attributes:
        events: the events.
        problems: the data that could not be read; an event may be missing.
    """

    events: tuple[Record, ...]
    problems: tuple[Diagnostic, ...]


class Stages(NamedTuple):
    """The stages of the registry.

    Attributes:
        stages: every stage that was ever used, by name.
        problems: the data that could not be read; a holder may be wrong.
    """

    stages: tuple[StageSummary, ...]
    problems: tuple[Diagnostic, ...]


class Selector(NamedTuple):
    """How a person names a version.

    Attributes:
        artifact: the artifact.
        version: a version, "latest" or "release"; None where a stage is named.
        stage: the stage whose current holder is meant; else None.
        plain: whether just the artifact was typed.
    """

    artifact: str
    version: str | None = None
    stage: str | None = None
    plain: bool = False

    @property
    def is_exact(self) -> bool:
        """Whether it names one version, which it does whatever happens later."""
        return self.version not in (None, LATEST, RELEASE)

    def __str__(self) -> str:
        """Return it as it is typed."""
        if self.plain:
            return self.artifact
        return f"{self.artifact}#{self.stage}" if self.stage else f"{self.artifact}@{self.version}"


_BEST = "best"
"""What people write for the version with the best value of a metric; it names none."""

LATEST = "latest"
"""Stands for the highest active version by SemVer, prereleases among them, as in GTO."""

RELEASE = "release"
"""Stands for the highest active version that is no prerelease."""


def parse_selector(text: str) -> Selector:
    """Read a selector: `churn`, `churn@v1.2.0`, `churn@latest`, `churn@release` or `churn#prod`.

    Raises:
        InvalidName: it is none of these.
    """
    found = re.fullmatch(
        r"(?P<artifact> [^@\#]+ ) (?: (?P<mark> [@\#] ) (?P<rest> .+ ) )?", text, re.X
    )
    if found is None:
        raise InvalidName(
            f"{text!r} does not contain a version",
            hint="write NAME, NAME@v1.2.0, NAME@latest, NAME@release or NAME#STAGE",
        )
    artifact, mark, rest = names.artifact(found["artifact"]), found["mark"], found["rest"]
    if not mark:
        return Selector(artifact, LATEST, plain=True)
    if mark == "#":
        if promotion := re.fullmatch(r"(.+?)!?#[0-9]+", rest):
            stage = names.stage(promotion[1])
            raise InvalidName(
                f"{text!r} is the tag of an event, not a version",
                hint=f"run `mreg audit {artifact}#{stage}` to see the version of each tag",
            )
        return Selector(artifact, stage=names.stage(rest))
    if rest in (LATEST, RELEASE):
        return Selector(artifact, rest)
    try:
        return Selector(artifact, versions.normalized(rest))
    except InvalidName as error:
        if not re.fullmatch(r"(?!v[0-9])[A-Za-z][A-Za-z0-9_/-]*", rest):
            raise
        if rest == _BEST:
            hint = f"mreg best {artifact} METRIC --field version"
        else:
            hint = f"{error.hint}; for the version in a stage {rest}, write {artifact}#{rest}"
        raise InvalidName(str(error), hint=hint) from None


_ALIKE = 0.6
"""From which share of common letters on a name may be meant for another."""

_MOST_COMPARED = 100
"""Of so many names, those with most letters in common, it is looked at how these stand."""


def some(names: Sequence[str], most: int = 10) -> str:
    """Return names as a message has them: the first of them, and whether there are more."""
    return ", ".join(names[:most]) + (", ..." if len(names) > most else "")


_MOST_NAMED = 3


def ending_in(wanted: str, known: Iterable[str]) -> list[str]:
    """Return the known names of which the wanted is the end: without a folder, or some of it."""
    return sorted(it for it in known if it.endswith((f":{wanted}", f"/{wanted}")))


def suggestion(wanted: str, known: Iterable[str]) -> str:
    """Return "did you mean ...?" for the known name that is closest to the wanted; or nothing."""
    return did_you_mean(closest(wanted, known))


def did_you_mean(names: Sequence[str]) -> str:
    """Return the question whether one of some names is meant; empty if there are none."""
    return f"did you mean {' or '.join(names[:_MOST_NAMED])}?" if names else ""


def closest(wanted: str, known: Iterable[str]) -> list[str]:
    """Return the known names that end in the wanted; if there are none, the one most like it."""
    import difflib
    import heapq

    known = list(known)
    if close := ending_in(wanted, known):
        return close
    letters = {it: wanted.count(it) for it in wanted}

    def shared(name: str) -> float:
        common = sum([min(count, name.count(it)) for it, count in letters.items()])
        return 2 * common / (len(wanted) + len(name))

    likely = [(share, it) for it in known if (share := shared(it)) >= _ALIKE]
    names = [it for _, it in heapq.nlargest(_MOST_COMPARED, likely)]
    return difflib.get_close_matches(wanted, names, n=1, cutoff=_ALIKE)


def unknown_artifact(
    artifact: str, known: Iterable[str], stages: Container[str] = ()
) -> UnknownArtifact:
    """Return the error for an artifact that has no events; it may be the name of a stage."""
    known = list(known)
    meant = ending_in(artifact, known)
    hint = suggestion(artifact, known)
    if artifact in stages:
        hint = (
            f"{artifact} is a stage: run `mreg stages` to list what it contains, or `mreg history "
            f"--stage {artifact}` to list its events"
        )
    if not hint:
        hint = "run `mreg show` to list the artifacts" if known else f"mreg register {artifact}"
    return UnknownArtifact(
        f"there is no artifact {artifact!r} in this registry",
        hint=hint,
        artifact=artifact,
        meant=meant[0] if len(meant) == 1 else "",
    )


def unknown_version(history: History, version: str) -> NotFound:
    """Return the error for a version that an artifact never had."""
    hint = suggestion(version, history.standing.active)
    return NotFound(
        f"{history.artifact} has no version {version}",
        hint=hint or f"run `mreg show {history.artifact}` to list its versions",
    )


def nothing_in(history: History, stage: str) -> NotFound:
    """Return the error for a stage that holds nothing of an artifact."""
    staged = sorted(stage for stage, holders in history.standing.stages.items() if holders)
    hint = suggestion(stage, staged) or (
        f"stages with a version: {', '.join(staged)}" if staged else ""
    )
    if stage == _BEST:
        hint = "; ".join(
            filter(None, (f"mreg best {history.artifact} METRIC --field version", hint))
        )
    return NotFound(f"{history.artifact} has no version in {stage}", hint=hint)


def latest(history: History, among: Collection[str] | None = None) -> str | None:
    """Return the highest active version by SemVer precedence; of those that are `among` some.

    Of several that differ in build metadata alone, which have the same precedence, it is the one
    registered last.
    """
    active = reversed(history.standing.active)
    known = active if among is None else (it for it in active if it in among)
    return max(known, key=versions.precedence, default=None)


def newest_release(history: History) -> str | None:
    """Return the highest active version that is no prerelease."""
    active = history.standing.active
    return latest(history, [it for it in active if not versions.is_prerelease(it)])


def prerelease_words(history: History, selector: Selector, version: str | None) -> str:
    """Say that what a selector stands for is a prerelease, where none was named; else nothing."""
    if version is None or selector.version != LATEST or not versions.is_prerelease(version):
        return ""
    release, name = newest_release(history), history.artifact
    other = f"the newest release is {release}: {name}@{RELEASE}" if release else "it has no release"
    return f"{selector} is {version}, a prerelease; {other}"


def ended_words(history: History, version: Version) -> str:
    """Say who ended a version, and why; nothing while it is active."""
    if version.active or version.version is None:
        return ""
    ends = records([history], Filter(action="deregister"))
    by = next((it for it in ends if it.version == version.version), None)
    if by is None:
        return ""
    reason = by.message.partition("\n")[0]
    usual = KINDS[by.action].subject(by.artifact, by.version, None)
    why = "" if reason == usual else f": {reason}"
    return f"{version.artifact} {version.version} was deregistered by {by.author}{why}"


def find(history: History, selector: Selector) -> Version:
    """Return the version that a selector names.

    Raises:
        NotFound: there is none.
    """
    standing = history.standing
    if selector.stage:
        holder = standing.current(selector.stage)
        if holder is None:
            raise nothing_in(history, selector.stage)
        return _placed(history, holder)
    version = selector.version
    if version == RELEASE:
        version = newest_release(history)
        if version is None and (found := latest(history)):
            raise NotFound(
                f"{history.artifact} has no release, only prereleases",
                hint=f"{history.artifact}@{LATEST} is {found}",
            )
    elif version == LATEST:
        version = latest(history)
    if version is None:
        raise NotFound(
            f"{history.artifact} has no active version", hint=f"mreg register {history.artifact}"
        )
    if version not in standing.active and version not in standing.ended:
        raise unknown_version(history, version)
    return describe(history, version)


def find_all(history: History, *, ended: bool = False) -> tuple[Version, ...]:
    """Return an artifact's versions, newest first by SemVer; with those that `ended`, if wanted."""
    standing = history.standing
    known = [*standing.active, *(standing.ended if ended else ())]
    known.reverse()
    known.sort(key=versions.precedence, reverse=True)
    stages = _stages_of(history)
    return tuple(_version(history, version, stages) for version in known)


def describe(history: History, version: str) -> Version:
    """Return what there is to say of a version that was registered at some time."""
    stages = [it for it, holders in history.standing.stages.items() if version in holders]
    return _version(history, version, {version: sorted(stages)})


def _stages_of(history: History) -> dict[str, list[str]]:
    """Return, for each version and bare commit, the stages that it is assigned in."""
    found: dict[str, list[str]] = {}
    for stage, holders in sorted(history.standing.stages.items()):
        for key in holders:
            found.setdefault(key, []).append(stage)
    return found


def _version(history: History, version: str, stages: dict[str, list[str]]) -> Version:
    standing = history.standing
    event = standing.active.get(version) or standing.ended[version]
    return _described(history, version, event, stages)


def _placed(history: History, holder: Holder) -> Version:
    """Return the version that holds a stage, even where it is not registered."""
    registrations = {**history.standing.ended, **history.standing.active}
    event = registrations.get(holder.version or "", holder.event)
    found = _described(history, holder.version, event, _stages_of(history))
    return found._replace(promotion=holder)


def _described(
    history: History, version: str | None, event: Event, stages: dict[str, list[str]]
) -> Version:
    standing, key = history.standing, version or event.commit
    assigned = tuple(stages.get(key, ()))
    current = (it for it in assigned if (held := standing.current(it)) and held.key == key)
    return Version(
        history.artifact,
        version,
        event.tag,
        event.commit,
        event.created_at,
        event.author,
        event.author_email,
        event.message,
        version in standing.active,
        assigned,
        tuple(current),
    )


def holders(history: History) -> dict[str, tuple[Holder, ...]]:
    """Return the holders of each stage that has any, the current one first."""
    standing = history.standing
    return {
        stage: tuple(standing.holders(stage))
        for stage, holders in sorted(standing.stages.items())
        if holders
    }


def record(event: Event, version: str | None) -> Record:
    """Return the line of the history for an event that was about a version."""
    return Record(
        event.action,
        event.artifact,
        version,
        event.stage,
        event.tag,
        event.commit,
        event.created_at,
        event.author,
        event.author_email,
        event.message,
        event.oid,
        event.trailers,
    )


class Filters(TypedDict, total=False):
    """Filters for events, and their order.

    Attributes:
        stage: only events of this stage.
        action: only events of this kind.
        author: only events whose author's name or email address contains this text.
        since: only events from this time on; a bare date means the start of that day.
        until: only events up to this time; a bare date means the end of that day.
        limit: at most this number, the newest.
        reverse: the oldest first.
    """

    stage: str | None
    action: Action | None
    author: str | None
    since: datetime | str | None
    until: datetime | str | None
    limit: int | None
    reverse: bool


class Filter(NamedTuple):
    """Which events of the history are wanted; None means any.

    Attributes:
        stage: this stage's.
        action: this action's.
        author: those whose author's name or e-mail address holds this text, in any case.
        since: those that took effect then or later, in seconds since 1970.
        until: those that took effect then or earlier.
    """

    stage: str | None = None
    action: Action | None = None
    author: str | None = None
    since: int | None = None
    until: int | None = None

    def takes(self, event: Event, effective: int) -> bool:
        """Tell whether an event is wanted."""
        return (
            self.stage in (None, event.stage)
            and self.action in (None, event.action)
            and (self.since is None or effective >= self.since)
            and (self.until is None or effective <= self.until)
            and self.takes_author(event.tagger)
        )

    def takes_author(self, tagger: bytes) -> bool:
        """Tell whether the events of an author are wanted, as their tags name them."""
        if self.author is None:
            return True
        it = identity(tagger)
        return self.author.casefold() in f"{it.name} <{it.email}>".casefold()


EVERYTHING = Filter()


def wanted_events(filters: Filters) -> tuple[Filter, int | None]:
    """Return which events are wanted, and how many at most; None: all.

    Raises:
        UsageError: there is no such action, or the limit is less than nothing.
        InvalidName: the stage is no name.
        InvalidTime: a time is none.
    """
    action, stage, limit = filters.get("action"), filters.get("stage"), filters.get("limit")
    if action is not None and action not in KINDS:
        raise UsageError(f"{action!r} is not an action", hint=f"choose one of {(*KINDS,)}")
    refuse_negative(limit, f"a limit of {limit}")
    place = None if stage is None else names.stage(stage)
    between = times.between(filters.get("since"), filters.get("until"))
    most = None if limit is None else min(limit, sys.maxsize)  # islice takes no more
    return Filter(place, action, filters.get("author"), *between), most


def refuse_negative(number: int | None, said: str) -> None:
    """Refuse a number that is less than nothing.

    Raises:
        UsageError: it is.
    """
    if number is not None and number < 0:
        raise UsageError(f"{said} is less than 0")


def records(histories: Iterable[History], wanted: Filter = EVERYTHING) -> Iterator[Record]:
    """Iterate over the events of several artifacts, newest first, as lines of the history."""
    found = [
        (dated, version)
        for history in histories
        for dated, version in zip(history.timeline, subjects(history), strict=True)
        if wanted.takes(dated.event, dated.effective)
    ]
    found.sort(key=lambda pair: pair[0][:3], reverse=True)
    return (record(dated.event, version) for dated, version in found)


def subjects(history: History) -> list[str | None]:
    """Return the versions that an artifact's events were about, the oldest event first.

    A bare commit that was promoted before it became a version counts as that version, as it does
    in the stage.
    """
    standing = Standing()
    events = [dated.event for dated in history.timeline]
    found = [kinds.apply(standing, event) for event in events]
    registered = {
        event.commit: event.version for event in reversed(events) if KINDS[event.action].registers
    }
    return [
        version or (registered.get(event.commit) if event.stage else None)
        for event, version in zip(events, found, strict=True)
    ]


def current(history: History) -> dict[str, Holder | None]:
    """Return who holds each stage that was ever used of an artifact; None where nothing does."""
    standing = history.standing
    return {stage: standing.current(stage) for stage in standing.stages}


def stages(
    current: Iterable[tuple[str, Mapping[str, Holder | None]]],
) -> tuple[StageSummary, ...]:
    """Return every stage that was ever used, sorted by name.

    Args:
        current: each artifact, sorted by name, and who holds each stage that was ever used of it.
    """
    found: dict[str, dict[str, Holder]] = {}
    for artifact, held in current:
        for stage, holder in held.items():
            holders = found.setdefault(stage, {})
            if holder:
                holders[artifact] = holder
    return tuple(
        StageSummary(
            stage, holders, max((holder.created_at for holder in holders.values()), default=None)
        )
        for stage, holders in sorted(found.items())
    )


def registrations(history: History) -> list[str | None]:
    """Return the version of each registration, the oldest first."""
    timeline = history.timeline
    return [it.event.version for it in timeline if KINDS[it.event.action].registers]


def before(history: History, version: str) -> str | None:
    """Return the version that a version follows: what a reader of its changes compares it with.

    It is the highest active one below it by SemVer precedence, of those registered before it; None
    if there is none.
    """
    order = registrations(history)
    last = len(order) - 1 - order[::-1].index(version) if version in order else len(order)
    own = versions.precedence(version)
    active = history.standing.active
    known = (it for it in order[:last] if it and it in active)
    earlier = (it for it in known if versions.precedence(it) < own)
    return max(earlier, key=versions.precedence, default=None)


def predecessor(history: History, stage: str) -> str | None:
    """Return the version that a rollback of a stage puts back; None if there is none.

    It is the first registered one of those behind the current holder. Who was rolled back from,
    demoted or deregistered is not among them, so a second rollback goes one further.
    """
    standing = history.standing
    behind = (holder.version for holder in standing.holders(stage)[1:])
    return next((it for it in behind if it and it in standing.active), None)


def departures(history: History, stage: str) -> dict[str, Event]:
    """Return the events by which what held a stage once, and has no place there now, left it.

    They stand under the version, or the id of the bare commit; what left last stands last.
    """
    found: dict[str, Event] = {}
    for past, dated in history.steps():
        event, kind, gone = dated.event, KINDS[dated.event.action], None
        if kind.enters_stage:
            gone = event.rolled_back
        elif kind.leaves_stage:
            gone = event.version or past.standing.version_at(event.commit) or event.commit
        if event.stage in (stage, None) and gone in past.standing.stages.get(stage, {}):
            found.pop(gone, None)
            found[gone] = event
    present = history.standing.stages.get(stage, {})
    return {key: event for key, event in found.items() if key not in present}


def rolled_back(history: History, key: str, stage: str) -> str:
    """Say who rolled a stage back from a version or bare commit, and when; empty if nobody did."""
    event = departures(history, stage).get(key)
    if event is None or not event.rolled_back:
        return ""
    when = minute(event.created_at)
    return f"{event.author} rolled {stage} back from {history.artifact} {key} at {when}"


def departure(event: Event) -> str:
    """Say in a past participle how what held a stage left it by an event."""
    return "rolled back" if KINDS[event.action].enters_stage else KINDS[event.action].past
