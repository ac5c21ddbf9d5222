"""What a push takes before counts for what comes after, in whatever order its refs are listed."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from types import FrameType
from typing import Any

import pytest

from commandline import CommandLine
from committing import commit
from handmade import event
from mreg.annotations.entry import Annotation, Input
from mreg.annotations.sources import Wanted
from mreg.core.events import Event
from mreg.core.replay import State
from mreg.git.repository import Repository as Opened
from mreg.governance.facts import Facts
from mreg.governance.hooks import Hook
from mreg.governance.receive import _Arrivals, _Receiver
from mreg.policy.model import Gate, Governing, Requirements, Settings
from mreg.policy.verdicts import Audited
from repositories import START, SetClock, opened
from team import Team

NOW = START + 1_000_000
NEEDS_PROD = Settings(stages={"prod": Gate(requires=Requirements(inputs="prod")), "dev": Gate()})


class Known(Facts):
    """What commits say, where nobody has to be asked."""

    def __init__(self, repo: Opened, inputs: Mapping[str, Sequence[str]]) -> None:
        super().__init__(repo, "refs/heads/")
        self._inputs = inputs

    def annotation(self, wanted: Wanted) -> Annotation:
        """Return an annotation that names artifacts as inputs."""
        named = self._inputs.get(wanted.artifact, ())
        return Annotation(inputs=tuple(Input(artifact=it) for it in named))


def judged(
    repo: Opened,
    events: Sequence[Event],
    *,
    settings: Settings = NEEDS_PROD,
    inputs: Mapping[str, Sequence[str]] | None = None,
) -> list[Audited]:
    """Judge events that arrive in one push, where nothing was."""
    arriving: dict[str, list[Event]] = {}
    for it in events:
        arriving.setdefault(it.artifact, []).append(it)
    facts = Known(repo, inputs or {})
    receiver = _Receiver(repo, Governing(settings), facts, State({}), arriving)
    return [*_Arrivals(receiver, facts, arriving, NOW).verdicts()]


def refused(found: Sequence[Audited]) -> dict[str, set[str]]:
    """Return the rules that events break, by tag."""
    return {it.tag: {rule.rule for rule in it.failed} for it in found if not it.passed}


def chained(artifact: str, *tags: str, at: int = 0, every: int = 0) -> list[Event]:
    """Return events of v1.0.0, each after the one before it."""
    made: list[Event] = []
    for place, tag in enumerate(tags):
        lines = {"Previous": made[-1].oid if made else "none"}
        version = None if "@" in tag else "v1.0.0"
        found = event(f"{artifact}{tag}", at + place * every, version=version, trailers=lines)
        made.append(found)
    return made


ROUND = ("@v1.0.0", "#prod#1")


@pytest.mark.parametrize("seed", range(5))
def test_a_version_and_what_it_is_made_from_in_one_second(seed: int, tmp_path: Path) -> None:
    """By name the model comes first, and its data's data last."""
    events = [*chained("a-model", *ROUND), *chained("data", *ROUND), *chained("raw", *ROUND)]
    inputs = {"a-model": ["data@v1.0.0"], "data": ["raw@v1.0.0"]}
    shuffled = Random(seed).sample(events, len(events))
    assert refused(judged(opened(tmp_path), shuffled, inputs=inputs)) == {}
    without = [it for it in shuffled if it.tag != "raw#prod#1"]
    assert refused(judged(opened(tmp_path), without, inputs=inputs)) == {
        "a-model#prod#1": {"inputs"},
        "data#prod#1": {"inputs"},
    }


@pytest.mark.parametrize(("at", "passes"), [(-60, True), (0, True), (300, True), (301, False)])
def test_what_is_dated_after_it_counts_as_far_as_clocks_may_differ(
    at: int, passes: bool, tmp_path: Path
) -> None:
    data = chained("data", *ROUND, at=at - 1000, every=1000)
    found = judged(opened(tmp_path), [*chained("a", *ROUND), *data], inputs={"a": ["data@v1.0.0"]})
    assert refused(found) == ({} if passes else {"a#prod#1": {"inputs"}})


def test_what_was_taken_back_before_does_not_count(tmp_path: Path) -> None:
    data = chained("data", *ROUND, "#prod!#2", every=10)
    model = chained("model", *ROUND, at=1000)
    found = judged(opened(tmp_path), [*model, *data], inputs={"model": ["data@v1.0.0"]})
    assert refused(found) == {"model#prod#1": {"inputs"}}


def test_inputs_in_a_circle_are_refused(tmp_path: Path) -> None:
    inputs = {"a": ["b@v1.0.0"], "b": ["c@v1.0.0"], "c": ["a@v1.0.0"]}
    events = [it for name in inputs for it in chained(name, *ROUND)]
    assert refused(judged(opened(tmp_path), events, inputs=inputs)).keys() == {
        *("a#prod#1", "b#prod#1", "c#prod#1")
    }


def test_a_long_line_of_inputs_ends_in_a_refusal_at_most(tmp_path: Path) -> None:
    """However many artifacts of a push wait for each other, the hook answers."""
    count = 500
    inputs = {f"m{place:03}": [f"m{place + 1:03}@v1.0.0"] for place in range(count - 1)}
    events = [it for place in range(count) for it in chained(f"m{place:03}", *ROUND)]
    found = judged(opened(tmp_path), events, inputs=inputs)
    assert len(found) == 2 * count
    assert {rule for rules in refused(found).values() for rule in rules} <= {"inputs"}


@pytest.mark.parametrize("every", [0, 1])
def test_the_work_grows_with_the_number_of_events(every: int, tmp_path: Path) -> None:
    """Counted in calls of functions; those of one second have another order than they were made."""
    settings = Settings(stages={"staging": Gate(), "prod": Gate(after=("staging",))})
    few, many = (_calls(opened(tmp_path), _life(size, every), settings) for size in (200, 800))
    assert many < 5 * few


def _life(count: int, every: int) -> list[Event]:
    """Return versions that are registered, each at its commit, and promoted to both stages."""
    made: list[Event] = []
    version = ""
    for place in range(count):
        if place % 4 == 0:
            version = f"v0.0.{place}"
        tag = f"churn#{'staging' if place % 4 == 1 else 'prod'}#{place}" if place % 4 else ""
        lines = {"Previous": made[-1].oid if made else "none"}
        found = event(
            tag or f"churn@{version}",
            place * every,
            version=version if tag else None,
            trailers=lines,
        )
        made.append(found._replace(commit=f"{place // 4:040}"))
    return made


def _calls(repo: Opened, events: Sequence[Event], settings: Settings) -> int:
    """Return how many functions are called to judge events, all of which pass."""
    count = 0

    def note(_: FrameType, what: str, __: Any) -> None:
        nonlocal count
        count += what in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        found = judged(repo, events, settings=settings)
    finally:
        sys.setprofile(before)
    assert refused(found) == {}
    return count


POLICY = """\
registry: acme
stages:
  prod: {requires: {inputs: prod}}
"""


class TestByTheHook:
    @pytest.fixture
    def team(self, founded: Team, tmp_path: Path) -> Team:
        """Return a team whose stage asks where the inputs of a version are."""
        made = founded.joined(tmp_path)
        changed = made.change_policy(POLICY)
        text = b"a-model: {path: m, inputs: [{artifact: churn@v1.0.0}]}"
        made.commits["v9.0.0"] = commit(
            made.clone, text, branch="new-main", at=-90, file="artifacts.yaml", start=changed
        )
        made.takes({"refs/heads/main": made.commits["v9.0.0"]})
        made.last = made.registrations["v1.3.0"]
        return made

    def test_a_data_set_and_the_model_that_needs_it(self, team: Team) -> None:
        """The refs of the model come first, and so do their dates, by a minute."""
        team.install("pre-receive")
        registered = team.tag("a-model@v1.0.0", "v9.0.0", Previous="none")
        team.registrations["v9.0.0"] = registered
        at = team.now
        model = team.tag(
            "a-model#prod#1",
            "v9.0.0",
            at=at,
            Version="v1.0.0",
            Previous=registered,
        )
        promoted = {"a-model@v1.0.0": registered, "a-model#prod#1": model}
        team.refuses(promoted, "inputs")
        data = team.promotion("prod", at=at + 60)  # type: ignore[arg-type]
        team.takes({**promoted, **data})

    @pytest.mark.parametrize("hook", ["pre-receive", "update"])
    def test_mreg_push_of_both(
        self, hook: Hook, team: Team, mreg: CommandLine, set_clock: SetClock
    ) -> None:
        """All of one second; the model comes first by name, and an update hook sees no other."""
        team.install(hook)
        for words in (("fetch", "-q"), ("checkout", "-q", "-f", team.commits["v9.0.0"])):
            team.clone.git(*words)
        mreg.ok("fetch", repo=team.clone)
        set_clock(team.now - START + 60)
        mreg.ok("promote", "churn@v1.0.0", "prod", repo=team.clone)
        mreg.ok("register", "a-model", "--force", repo=team.clone)
        mreg.ok("promote", "a-model", "prod", repo=team.clone)
        mreg.ok("push", repo=team.clone)
        assert {"refs/tags/a-model#prod#1", "refs/tags/churn#prod#1"} <= team.server.refs().keys()


class TestABranchOfTheSamePush:
    @pytest.fixture(params=["pre-receive", "update"])
    def team(self, request: pytest.FixtureRequest, founded: Team, tmp_path: Path) -> Team:
        """Return a team with a version on main as it is in the clone, and a promotion of it."""
        made = founded.joined(tmp_path)
        made.install(request.param)
        text = made.server.git("show", "main:.mreg.yaml").replace(
            "register: {by: [ann, bob]}", "register: {by: [ann, bob], branches: [main]}"
        )
        made.takes({"refs/heads/main": made.change_policy(text)})
        made.last = made.registrations["v1.3.0"]
        made.clone.git("fetch", "-q")
        made.clone.git("checkout", "-q", "-f", "-B", "main", "origin/main")
        text = "churn: {type: model, path: m}"
        made.commits["v2.0.0"] = commit(
            made.clone, text.encode(), branch="main", at=-80, file="artifacts.yaml"
        )
        return made

    def test_it_does_not_count_and_the_hook_says_what_to_do(self, team: Team) -> None:
        """Whether the branch will move, nobody knows while the tags are judged."""
        made = {"churn@v2.0.0": team.tag("churn@v2.0.0", "v2.0.0")}
        branch = {"refs/heads/main": team.commits["v2.0.0"]}
        done = team.push({**made, **branch}, "--atomic")
        assert done.rules == {"branches"}
        assert "merge it into main and push that branch first; then the tag" in done.said
        team.takes(branch)
        team.takes(made)

    def test_mreg_push_pushes_it_first(self, team: Team, mreg: CommandLine) -> None:
        mreg.ok("fetch", repo=team.clone)
        oid = team.tag("churn@v2.0.0", "v2.0.0")
        team.clone.git("update-ref", "refs/tags/churn@v2.0.0", oid)
        said = mreg.ok("push", repo=team.clone).err
        assert "Pushed the branch main first" in said
        held = team.server.refs()
        assert held["refs/heads/main"] == team.commits["v2.0.0"]
        assert held["refs/tags/churn@v2.0.0"] == oid

    def test_a_branch_that_went_another_way_is_not_set_back(
        self, team: Team, mreg: CommandLine
    ) -> None:
        mreg.ok("fetch", repo=team.clone)
        before = commit(team.server, b"", branch="main", at=-70)
        oid = team.tag("churn@v2.0.0", "v2.0.0")
        team.clone.git("update-ref", "refs/tags/churn@v2.0.0", oid)
        refused = mreg("push", repo=team.clone)
        assert refused.code == 1
        assert "origin did not accept the branch main" in refused.err
        assert team.server.refs()["refs/heads/main"] == before
        assert "refs/tags/churn@v2.0.0" not in team.server.refs()
