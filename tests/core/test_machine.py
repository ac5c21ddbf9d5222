"""Random operations through the plans, against a model that knows nothing of tags or replay.

The model does what each operation means, at once, on plain lists. mreg has to come to the same by
writing tags, reading them back in whatever order, and replaying them, however the clock jumps.
"""

from __future__ import annotations

import copy
import hashlib

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from semver import Version

from handmade import commit, tag_names
from mreg.core import doctor, kinds, parse, plans, queries
from mreg.core.events import Event
from mreg.core.plans import Ground, Plan
from mreg.core.replay import History, State, ordered
from mreg.errors import MregError, Refused
from repositories import ANN, START

VERSIONS = ["v0.1.0", "v1.0.0-rc.1", "v1.0.0", "v1.0.9", "v1.0.10", "v2.0.0"]
versions = st.sampled_from(VERSIONS)
stages = st.sampled_from(["dev", "prod"])
commits = st.sampled_from("abcd")


class Model:
    """What a registry of one artifact is, said as plainly as possible."""

    def __init__(self) -> None:
        self.registered: list[tuple[str, str]] = []
        """Active versions and their commits, in the order of registration."""
        self.ended: set[str] = set()
        self.places: dict[str, list[str]] = {"dev": [], "prod": []}
        """The versions assigned to each stage; the last is current."""
        self.deprecated = False
        self.exists = False

    def happened(self, *, deprecated: bool = False) -> None:
        self.exists = True
        self.deprecated = deprecated

    @property
    def active(self) -> list[str]:
        return [version for version, _ in self.registered]

    @property
    def latest(self) -> str | None:
        return max(self.active, key=lambda it: Version.parse(it[1:]), default=None)

    def current(self, stage: str) -> str | None:
        return self.places[stage][-1] if self.places[stage] else None

    def register(self, version: str, at: str) -> None:
        self.registered.append((version, at))
        self.ended.discard(version)

    def promote(self, version: str, stage: str) -> None:
        self.places[stage] = [it for it in self.places[stage] if it != version] + [version]

    def take_out(self, version: str, stage: str) -> None:
        self.places[stage] = [it for it in self.places[stage] if it != version]

    def before(self, stage: str) -> str | None:
        return self.places[stage][-2] if len(self.places[stage]) > 1 else None

    def roll_back(self, stage: str) -> None:
        self.places[stage].pop()

    def deregister(self, version: str) -> None:
        self.registered = [it for it in self.registered if it[0] != version]
        self.ended.add(version)
        for stage in self.places:
            self.take_out(version, stage)


class Operations(RuleBasedStateMachine):
    """Every operation, in any order, while the clock stands still, runs or goes back."""

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.snapshots: dict[int, Model] = {}
        self.events: list[Event] = []
        self.now = START

    @property
    def history(self) -> History:
        return History("churn", ordered(self.events))

    @property
    def ground(self) -> Ground:
        return Ground(self.history, tag_names(it.tag for it in self.events), self.now)

    def made(self, plan: Plan) -> None:
        """Make the tag that a plan asks for: its bytes, read back as an event."""
        assert plan.tag not in self.ground.tags
        raw = (
            f"object {plan.commit}\ntype commit\ntag {plan.tag}\n"
            f"tagger {ANN} {plan.time} +0000\n\n{plan.message}"
        ).encode()
        name = kinds.parse(plan.tag)
        assert name
        event = parse.read(plan.tag, name, hashlib.sha1(raw).hexdigest(), raw)
        assert isinstance(event, Event)
        self.events.insert(len(self.events) // 2, event)

    def remember(self) -> None:
        self.snapshots[self.history.timeline[-1].effective] = copy.deepcopy(self.model)

    @rule(seconds=st.integers(-50, 50))
    def move_the_clock(self, seconds: int) -> None:
        self.now += seconds

    @rule(version=versions, at=commits, force=st.booleans())
    def register(self, version: str, at: str, force: bool) -> None:
        taken = version in self.model.active
        occupied = any(it == at for _, it in self.model.registered)
        if taken or (occupied and not force):
            with pytest.raises(MregError):
                plans.register(self.ground, commit(at), version=version, force=force)
            return
        self.made(plans.register(self.ground, commit(at), version=version, force=force))
        self.model.register(version, at)
        self.model.happened()
        self.remember()

    @rule(at=commits)
    def register_the_next(self, at: str) -> None:
        plan = plans.register(self.ground, commit(at), force=True)
        assert plan.version
        assert plan.version not in {*self.model.active, *self.model.ended}
        if self.model.latest:
            assert Version.parse(plan.version[1:]) > Version.parse(self.model.latest[1:])
        self.made(plan)
        self.model.register(plan.version, at)
        self.model.happened()
        self.remember()

    @rule(version=versions, stage=stages, force=st.booleans())
    def promote(self, version: str, stage: str, force: bool) -> None:
        repeated = self.model.current(stage) == version
        if version not in self.model.active or (repeated and not force):
            with pytest.raises(MregError):
                plans.promote(self.ground, version, stage, force=force)
            return
        self.made(plans.promote(self.ground, version, stage, force=force))
        self.model.promote(version, stage)
        self.model.happened()
        self.remember()

    @rule(version=versions, stage=stages)
    def demote(self, version: str, stage: str) -> None:
        if version not in self.model.places[stage]:
            with pytest.raises(MregError):
                plans.demote(self.ground, version, stage)
            return
        self.made(plans.demote(self.ground, version, stage))
        self.model.take_out(version, stage)
        self.model.happened()
        self.remember()

    @rule(stage=stages)
    def roll_back(self, stage: str) -> None:
        if not self.model.current(stage) or not self.model.before(stage):
            with pytest.raises(MregError):
                plans.rollback(self.ground, stage)
            return
        plan = plans.rollback(self.ground, stage)
        assert plan.version == self.model.before(stage)
        self.made(plan)
        self.model.roll_back(stage)
        self.model.happened()
        self.remember()

    @rule(version=versions)
    def deregister(self, version: str) -> None:
        if version not in self.model.active:
            with pytest.raises(MregError):
                plans.deregister(self.ground, version)
            return
        if any(self.model.current(stage) == version for stage in self.model.places):
            with pytest.raises(Refused):
                plans.deregister(self.ground, version)
        self.made(plans.deregister(self.ground, version, force=True))
        self.model.deregister(version)
        self.model.happened()
        self.remember()

    @rule()
    def deprecate(self) -> None:
        if self.model.deprecated or not self.model.exists:
            with pytest.raises(MregError):
                plans.deprecate(self.ground, commit("a"))
            return
        self.made(plans.deprecate(self.ground, commit("a")))
        self.model.happened(deprecated=True)
        self.remember()

    @invariant()
    def the_state_is_that_of_the_model(self) -> None:
        same(self.history, self.model)

    @precondition(lambda self: self.snapshots)
    @invariant()
    def each_moment_of_the_past_is_still_the_same(self) -> None:
        for time, model in self.snapshots.items():
            same(self.history.at(time), model)

    @invariant()
    def there_is_nothing_to_complain_of(self) -> None:
        problems = [it for it in doctor.of_state(State.of(self.events)) if it.severity != "info"]
        assert problems == []


def same(history: History, model: Model) -> None:
    """Check that a history has come to what a model says."""
    standing = history.standing
    assert {key: it.commit for key, it in standing.active.items()} == {
        version: commit(at) for version, at in model.registered
    }
    assert set(standing.ended) == model.ended
    assert standing.deprecated == model.deprecated
    assert queries.latest(history) == model.latest
    for at in "abcd":
        here = [version for version, it in model.registered if it == at]
        assert standing.version_at(commit(at)) == (here[-1] if here else None)
    for stage, places in model.places.items():
        assert [it.version for it in standing.holders(stage)] == places[::-1]


TestOperations = Operations.TestCase
TestOperations.settings = settings(stateful_step_count=30)
