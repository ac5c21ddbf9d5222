"""The versions that a lineage is about, and which of them a selector meant at a moment of the past.

An input that names a version is exact. One that names a stage, the latest version or just the
artifact means what that was when the version that has the input was registered.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping

from mreg.core import kinds, queries, versions
from mreg.core.events import Event
from mreg.core.kinds import KINDS
from mreg.core.queries import LATEST, RELEASE, Selector
from mreg.core.replay import History, State
from mreg.core.standing import Standing
from mreg.tuples import NamedTuple


class Subject(NamedTuple):
    """A version, or a bare commit that was promoted.

    Attributes:
        artifact: the artifact.
        version: the version; None for a bare commit.
        event: what registered it, or promoted it first.
        effective: when that took effect, in seconds since 1970.
        position: how many of the artifact's events came before.
        active: whether it is registered, and was not deregistered since.
    """

    artifact: str
    version: str | None
    event: Event
    effective: int
    position: int
    active: bool

    @property
    def key(self) -> str:
        """The version, or the id of the bare commit."""
        return self.version or self.event.commit

    @property
    def id(self) -> str:
        """The id of its node."""
        return version_id(self.artifact, self.key)


class PinnedSelector(NamedTuple):
    """What a selector meant when so many events of its artifact had come before."""

    selector: Selector
    position: int


def version_id(artifact: str, key: str) -> str:
    """Return the id of a version's node."""
    return f"version:{artifact}@{key}"


def of_state(state: State) -> Iterator[Subject]:
    """Iterate over all versions that were ever registered, and bare commits that were promoted."""
    for history in state:
        yield from of_history(history)


def of_history(history: History) -> Iterator[Subject]:
    """Iterate over one artifact's versions, the first registered first.

    A version that was promoted and never registered, or a bare commit, has its first promotion in
    the place of a registration.
    """
    standing = history.standing
    registered = {
        version: event.oid
        for known in (standing.active, standing.ended)
        for version, event in known.items()
    }
    promoted: set[str] = set()
    known = zip(history.timeline, queries.subjects(history), strict=True)
    for position, (dated, version) in enumerate(known):
        event, key = dated.event, version or dated.event.commit
        if key in registered:
            if event.oid != registered[key]:
                continue
        elif not KINDS[event.action].enters_stage or key in promoted:
            continue
        promoted.add(key)
        yield Subject(
            history.artifact, version, event, dated.effective, position, version in standing.active
        )


def asked(selector: Selector, by: Subject, history: History) -> PinnedSelector:
    """Return what a selector, of an artifact with a history, asks for in a version's inputs."""
    if selector.artifact == by.artifact:  # `latest` is not the version itself, but one before it
        return PinnedSelector(selector, by.position)
    return PinnedSelector(
        selector, bisect_right(history.timeline, by.effective, key=lambda it: it[0])
    )


def answers(
    history: History, wanted: Iterable[PinnedSelector]
) -> Mapping[PinnedSelector, str | None]:
    """Return what selectors meant: a version or bare commit each; None for nothing.

    The history is replayed once, however many there are.
    """
    standing, done = Standing(), 0
    highest = {LATEST: _Highest(), RELEASE: _Highest(releases=True)}
    found: dict[PinnedSelector, str | None] = {}
    for it in sorted(set(wanted), key=lambda it: it.position):
        for dated in history.timeline[done : it.position]:
            kinds.apply(standing, dated.event)
            for followed in highest.values():
                followed.follow(dated.event, standing)
        done = max(done, it.position)
        if it.selector.stage:
            holder = standing.current(it.selector.stage)
            found[it] = holder.key if holder else None
        else:
            found[it] = highest[str(it.selector.version)].version
    return found


class _Highest:
    """The highest active version, kept up to date event by event.

    It is what `queries.latest` would return, or `queries.newest_release` of releases alone.
    """

    def __init__(self, *, releases: bool = False) -> None:
        self.version: str | None = None
        self._releases = releases

    def follow(self, event: Event, standing: Standing) -> None:
        """Take an event that has had its effect."""
        if KINDS[event.action].registers:
            best, new = self.version, str(event.version)
            if self._counts(new) and (
                best is None or versions.precedence(new) >= versions.precedence(best)
            ):
                self.version = new
        elif self.version is not None and self.version not in standing.active:
            active = filter(self._counts, reversed(standing.active))
            self.version = max(active, key=versions.precedence, default=None)

    def _counts(self, version: str) -> bool:
        return not (self._releases and versions.is_prerelease(version))
