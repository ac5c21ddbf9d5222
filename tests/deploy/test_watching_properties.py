"""Whatever fails and whenever the watcher is killed: each event once, in order, but those in doubt.

No Git here: events made by hand appear one after the other at a remote that is not there.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from threading import Event as Signal

from hypothesis import given, settings
from hypothesis import strategies as st

from mreg.core.events import Event
from mreg.core.replay import State
from mreg.deploy import deployment, watch
from mreg.deploy.deployment import Deployment
from mreg.deploy.follow import WatchedSource
from mreg.deploy.summary import Report
from mreg.deploy.watch import WatchOptions
from mreg.net.network import Network

ARTIFACTS = ("churn", "fraud", "geo")


def event(artifact: str, number: int, time: int) -> Event:
    """Return a promotion."""
    tag = f"{artifact}#prod#{number}"
    oid = f"{ARTIFACTS.index(artifact)}{number:039}"
    return Event(
        *("promote", artifact, "v1.0.0", "prod", number, tag, oid, "c" * 40, time, "+0000"),
        *(b"Ann <ann@example.com>", b"Go.\n"),
    )


class Remote(WatchedSource):
    """A remote at which more events appear each time that it is asked."""

    def __init__(self, events: Sequence[Event], visible: int) -> None:
        self.name = "a remote"
        self._events = events
        self._visible = visible

    def listing(self) -> dict[str, str]:
        self._visible += 3
        return {it.tag: it.oid for it in self._events[: self._visible]}

    def state(self, artifacts: Iterable[str]) -> State:
        return State.of(self._events[: self._visible])

    def report(self, tag: str, oid: str, present: int) -> Report:
        history = State.of(self._events).history(tag.partition("#")[0])
        found = deployment.of_tag(history, tag)
        assert found is not None
        assert found.oid == oid
        return Report(found)


class Killed(BaseException):
    """The watcher is dead."""


class World:
    """What remains when a watcher is killed: what was done, and how often it is still to fail."""

    def __init__(self, fails: Iterable[str], kills: Iterable[int]) -> None:
        self.done: list[tuple[str, bool]] = []
        self.in_doubt: list[str] = []
        self._fails = set(fails)
        self._kills = set(kills)
        self._steps = 0
        self._acting = ""

    def reached(self, step: str) -> None:
        """Take a step, and be killed before some."""
        self._steps += 1
        if self._steps in self._kills:
            if step == "done":  # it is done, and that is not noted yet
                self.in_doubt.append(self._acting)
            raise Killed

    def act(self, found: Deployment, again: bool) -> str:
        """Act upon an event; some fail the first time."""
        tag = self._acting = str(found.tag)
        if tag in self._fails:
            self._fails.remove(tag)
            return "it fails"
        self.done.append((tag, again))
        return ""


@settings(max_examples=60)
@given(
    order=st.lists(st.sampled_from(ARTIFACTS), min_size=1, max_size=14),
    times=st.lists(st.integers(0, 3), min_size=14, max_size=14),
    fails=st.sets(st.integers(0, 13), max_size=5),
    kills=st.sets(st.integers(1, 40), max_size=8),
)
def test_each_event_once_and_in_order(
    order: list[str], times: list[int], fails: set[int], kills: set[int]
) -> None:
    numbers = dict.fromkeys(ARTIFACTS, 0)
    events = []
    for artifact, time in zip(order, times, strict=False):
        numbers[artifact] += 1
        events.append(event(artifact, numbers[artifact], time))
    world = World((it.tag for at, it in enumerate(events) if at in fails), kills)
    runs = _run_until_all_is_done(events, world)
    assert runs <= 1 + len(kills) + len(events)
    expected = {
        artifact: [f"{artifact}#prod#{number}" for number in range(1, count + 1)]
        for artifact, count in numbers.items()
    }
    for artifact, tags in expected.items():
        done = [tag for tag, _ in world.done if tag.startswith(f"{artifact}#")]
        assert list(dict.fromkeys(done)) == tags
    for tag in {it.tag for it in events}:
        times_done = [again for it, again in world.done if it == tag]
        assert len(times_done) <= 1 + world.in_doubt.count(tag)
        assert all(times_done[1:])  # whoever does it again is told so


def _run_until_all_is_done(events: Sequence[Event], world: World) -> int:
    """Start a watcher again and again, as often as it is killed; return how often it was."""
    manner = WatchOptions(interval=1e-4, jitter=0, from_start=True, once=True, tries=5)
    with tempfile.TemporaryDirectory() as folder:
        runs = visible = 0
        while visible < len(events):
            remote = Remote(events, visible)
            network = Network(reached=world.reached)
            stop = Signal()
            file = Path(folder, "state")
            manner = manner._replace(from_start=None if file.exists() else True)
            try:
                handled = watch.watch(remote, file, world.act, manner, stop=stop, network=network)
                assert {it.outcome for it in handled} <= {"done"}
                visible += 3
            except Killed:
                pass
            runs += 1
    return runs
