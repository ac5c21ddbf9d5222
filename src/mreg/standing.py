"""How an artifact stands: its active versions, and who holds its stages.

A `Standing` is what replay builds up, one event at a time. It is mutable while it is built; who
gets one from `mreg.state` does not change it. Every step takes constant time, so that replay is
linear however many versions an artifact has or a stage has seen.
"""

from __future__ import annotations

from typing import NamedTuple

from mreg.events import Event


class Place(NamedTuple):
    """A version's place in a stage.

    Attributes:
        version: the version; None where a bare commit was promoted.
        event: the promotion that put it there.
    """

    version: str | None
    event: Event


class Standing:
    """How one artifact stands after some of its events.

    Attributes:
        active: the registration of each active version, in the order of registration.
        ended: the last registration of each version that was deregistered.
        stages: each stage's places, by version or bare commit. The last is the current holder's;
            before it stand those that take over when it leaves.
        deprecated: whether deprecate is the last event.
    """

    __slots__ = ("_at", "active", "deprecated", "ended", "stages")

    def __init__(self) -> None:
        self.active: dict[str, Event] = {}
        self.ended: dict[str, Event] = {}
        self.stages: dict[str, dict[str, Place]] = {}
        self.deprecated = False
        self._at: dict[str, dict[str, None]] = {}

    def activate(self, version: str, event: Event) -> None:
        """Make a version active; a bare commit of it that holds a stage is that version now."""
        self.end_registration(version)
        self.ended.pop(version, None)
        self.active[version] = event
        self._at.setdefault(event.commit, {})[version] = None
        for stage, places in self.stages.items():
            if event.commit in places:
                self.stages[stage] = {
                    (version if key == event.commit else key): (
                        Place(version, place.event) if key == event.commit else place
                    )
                    for key, place in places.items()
                }

    def end_registration(self, version: str) -> None:
        """Take a version from the active ones; its places in stages stay."""
        registration = self.active.pop(version, None)
        if registration is not None:
            self.ended[version] = registration
            self._at[registration.commit].pop(version, None)

    def end(self, version: str) -> None:
        """End a version and its places in stages."""
        self.end_registration(version)
        for places in self.stages.values():
            places.pop(version, None)

    def put(self, stage: str, version: str | None, event: Event) -> None:
        """Put a version, or the event's bare commit, at the head of a stage."""
        places = self.stages.setdefault(stage, {})
        key = version or event.commit
        places.pop(key, None)
        places[key] = Place(version, event)

    def take_out(self, stage: str, version: str | None, commit: str) -> None:
        """Take a version, or a bare commit, out of a stage."""
        self.stages.get(stage, {}).pop(version or commit, None)

    def version_at(self, commit: str) -> str | None:
        """Return the active version at a commit; the latest registered if there are several."""
        versions = self._at.get(commit)
        return next(reversed(versions)) if versions else None

    def holders(self, stage: str) -> list[Place]:
        """Return the places in a stage, the current holder's first."""
        return list(reversed(self.stages.get(stage, {}).values()))

    def current(self, stage: str) -> Place | None:
        """Return the current holder's place in a stage."""
        places = self.stages.get(stage)
        return next(reversed(places.values())) if places else None
