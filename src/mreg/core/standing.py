"""How an artifact stands: its active versions, and who holds its stages.

A `Standing` is what replay builds up, one event at a time. It is mutable while it is built; who
gets one from `mreg.core.replay` does not change it. Every step takes constant time, so that replay
is linear however many versions an artifact has or a stage has seen.
"""

from __future__ import annotations

from datetime import datetime

from mreg.core.events import Event
from mreg.tuples import NamedTuple


class Holder(NamedTuple):
    """A version that holds a stage, and its promotion.

    A stage has a holder for every version that was promoted to it and not taken out since; only
    one is the current. So a holder is no more than what replay knows, and the rest is read out of
    the promotion when it is asked for.

    Attributes:
        version: the version; None where a bare commit was promoted.
        event: its promotion to the stage.
    """

    version: str | None
    event: Event

    @staticmethod
    def shown() -> tuple[str, ...]:
        """Return the attributes that stand for a holder in JSON."""
        return ("version", "tag", "commit", "created_at", "author", "author_email", "message")

    @property
    def key(self) -> str:
        """The version, or the id of the bare commit."""
        return self.version or self.event.commit

    @property
    def tag(self) -> str:
        """The name of the promotion's tag."""
        return self.event.tag

    @property
    def commit(self) -> str:
        """The id of the commit."""
        return self.event.commit

    @property
    def created_at(self) -> datetime:
        """The time of the promotion."""
        return self.event.created_at

    @property
    def author(self) -> str:
        """The person who promoted it, as the tag claims."""
        return self.event.author

    @property
    def author_email(self) -> str:
        """The email address of that person."""
        return self.event.author_email

    @property
    def message(self) -> str:
        """The message of the promotion."""
        return self.event.message


class Standing:
    """How one artifact stands after some of its events.

    Attributes:
        active: the registration of each active version, in the order of registration.
        ended: the last registration of each version that was deregistered.
        stages: each stage's holders, by version or bare commit. The last is the current one; before
            it stand those that take over when it leaves.
        deprecated: whether deprecate is the last event.
    """

    __slots__ = ("_at", "_passed", "active", "deprecated", "ended", "stages")

    def __init__(self) -> None:
        self.active: dict[str, Event] = {}
        self.ended: dict[str, Event] = {}
        self.stages: dict[str, dict[str, Holder]] = {}
        self.deprecated = False
        self._at: dict[str, dict[str, None]] = {}
        self._passed: dict[str, tuple[str, ...]] = {}

    def activate(self, version: str, event: Event) -> None:
        """Make a version active; a bare commit of it that holds a stage is that version now."""
        commit = event.commit
        if version in self.active:
            self.end_registration(version)
        self.ended.pop(version, None)
        self._passed.pop(version, None)
        self.active[version] = event
        self._at.setdefault(commit, {})[version] = None
        for stage, holders in self.stages.items():
            if commit in holders:
                self.stages[stage] = {
                    (version if key == event.commit else key): (
                        Holder(version, holder.event) if key == event.commit else holder
                    )
                    for key, holder in holders.items()
                }

    def end_registration(self, version: str) -> None:
        """Take a version from the active ones; it stays in its stages."""
        registration = self.active.pop(version, None)
        if registration is not None:
            self.ended[version] = registration
            self._at[registration.commit].pop(version, None)

    def end(self, version: str) -> None:
        """End a version, and take it out of its stages."""
        self.end_registration(version)
        for holders in self.stages.values():
            holders.pop(version, None)

    def put(self, stage: str, version: str | None, event: Event) -> None:
        """Put a version, or the event's bare commit, at the head of a stage."""
        holders = self.stages.get(stage)
        if holders is None:
            holders = self.stages[stage] = {}
        key = version or event.commit
        if key in holders:
            del holders[key]
        holders[key] = Holder(version, event)
        if version:
            before = self._passed.get(version, ())
            if stage in before:
                before = tuple([it for it in before if it != stage])
            self._passed[version] = (*before, stage)

    def passed(self, version: str) -> tuple[str, ...]:
        """Return the stages that a version was promoted to since it was registered, in order."""
        return self._passed.get(version, ())

    def take_out(self, stage: str, version: str | None, commit: str) -> None:
        """Take a version, or a bare commit, out of a stage."""
        self.stages.get(stage, {}).pop(version or commit, None)

    def version_at(self, commit: str) -> str | None:
        """Return the active version at a commit; the latest registered if there are several."""
        versions = self._at.get(commit)
        return next(reversed(versions)) if versions else None

    def holders(self, stage: str) -> list[Holder]:
        """Return the holders of a stage, the current one first."""
        return list(reversed(self.stages.get(stage, {}).values()))

    def stages_of(self, commit: str) -> list[str]:
        """Return the stages that a commit holds, by itself or as a version."""
        return [
            stage
            for stage, holders in self.stages.items()
            if any(it.commit == commit for it in holders.values())
        ]

    def current(self, stage: str) -> Holder | None:
        """Return the current holder of a stage."""
        holders = self.stages.get(stage)
        return next(reversed(holders.values())) if holders else None
