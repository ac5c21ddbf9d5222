"""Three hundred sequences with real repositories, keys and hooks: who judges them says the same."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import pytest

from commandline import CommandLine
from keys import Key, make_key, use
from model import plain as model
from model.drawn import Drawn, Made, Place, draw
from model.plain import WORDS
from model.policies import PEOPLE, POLICIES
from model.walk import RULES
from mreg import Registry
from mreg.deploy.deployment import Deployment
from mreg.deploy.watch import WatchOptions
from mreg.errors import NotFound, Refused
from mreg.git import verification
from mreg.governance import hooks, receive, settings
from mreg.governance.updates import Update
from repositories import Repository

pytestmark = pytest.mark.integration

COUNT = 300
WORDS_COUNT = 24
BY_COMMAND = 1
"""How many of each policy's are asked about by running the command, or the update hook."""


@cache
def drawn(policy: str) -> list[Drawn]:
    """Return a policy's share of the sequences."""
    first = list(POLICIES).index(policy)
    events = len(range(first, COUNT, len(POLICIES)))
    words = len(range(first, WORDS_COUNT, len(POLICIES)))
    return [*draw(policy, events, words=False), *draw(policy, words, words=True)]


def test_what_is_drawn_is_of_every_kind() -> None:
    found = [it for policy in POLICIES for it in drawn(policy)]
    events = [it for it in found if it.last.action not in WORDS]
    assert len(events) == COUNT
    assert len(found) == COUNT + WORDS_COUNT
    assert {rule for it in events for rule in it.broken} == RULES
    assert sum(not it.broken for it in events) >= COUNT / 3
    assert sum(bool(it.broken) for it in events) >= COUNT / 3
    assert {it.last.action for it in events if not it.broken} == {
        *("register", "promote", "demote", "roll back")
    }
    assert {bool(it.broken) for it in found if it.last.action in WORDS} == {True, False}


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Key]:
    """Return everybody's key."""
    if not shutil.which("ssh-keygen"):
        pytest.skip("needs ssh-keygen, of OpenSSH")
    folder = tmp_path_factory.mktemp("keys")
    return {who: make_key(folder / who) for who in PEOPLE}


@pytest.fixture(autouse=True)
def _each_signature_is_verified_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let who judges in this process ask ssh-keygen once about the same bytes, not each anew."""
    monkeypatch.setattr(verification, "ssh", cache(verification.ssh))


@pytest.mark.parametrize("policy", POLICIES)
def test_everybody_who_judges_says_the_same(
    policy: str, keys: dict[str, Key], tmp_path: Path, mreg: CommandLine
) -> None:
    place = Place(tmp_path, POLICIES[policy], drawn(policy), keys)
    events = [it for it in place.made if it.drawn.last.action not in WORDS]
    expected = {it.tag: set(it.drawn.broken) for it in place.made}
    assert by_pre_receive(place) == expected
    assert by_update(place) == expected
    assert by_policy_check(place, keys, mreg) == {
        it.tag: set(it.drawn.broken) if is_registered(it) else None
        for it in events
        if it.drawn.last.action == "promote"
    }
    assert by_the_watch(place, events) == {tag: bool(it) for tag, it in recorded(expected, events)}
    unguarded = place.copy("recorded.git")
    assert place.push(unguarded, events).taken
    assert by_verify(unguarded, events, mreg) == dict(recorded(expected, events))
    assert by_ci(unguarded, events, mreg) == dict(recorded(expected, events))


def recorded(
    expected: dict[str, set[str]], events: Sequence[Made]
) -> Iterator[tuple[str, set[str]]]:
    return ((it.tag, expected[it.tag]) for it in events)


def is_registered(it: Made) -> bool:
    return model.can_be_wished(it.drawn.state, it.drawn.last)


def rules_of(found: Sequence[Made], broken: set[tuple[str, str]]) -> dict[str, set[str]]:
    """Return the rules that each breaks, of what a hook said."""
    assert {tag for tag, _ in broken} <= {it.tag for it in found}
    return {it.tag: {rule for tag, rule in broken if tag == it.tag} for it in found}


def by_pre_receive(place: Place) -> dict[str, set[str]]:
    """Push what is to be refused, which must change nothing, and then the rest."""
    server = place.copy("pre-receive.git")
    hooks.install(server.opened, "pre-receive")
    bad = [it for it in place.made if it.drawn.broken]
    good = [it for it in place.made if not it.drawn.broken]
    before = server.refs()
    refused = place.push(server, bad)
    assert not refused.taken
    assert server.refs() == before
    taken = place.push(server, good)
    assert taken.taken, taken.said
    assert server.refs() == before | {it.ref: it.oid for it in good}
    return rules_of(place.made, refused.broken | taken.broken)


def by_update(place: Place) -> dict[str, set[str]]:
    """Ask as the hook does, ref by ref; some by the hook itself."""
    server = place.copy("update.git")
    hooks.install(server.opened, "update")
    before = server.refs()
    some = [*place.made[:BY_COMMAND], *place.made[-BY_COMMAND:]]
    pushed = place.push(server, some)
    assert server.refs() == before | {it.ref: it.oid for it in some if not it.drawn.broken}
    found = rules_of(some, pushed.broken)
    governing = settings.governing(place.author.opened, enforcing=True)
    for it in place.made:
        received = receive.check(
            place.author.opened,
            [Update.of(it.old, it.oid, it.ref)],
            lambda: governing,
            present=2_000_000_000,
            one=True,
        )
        rules = {it.code for it in received.refused}
        assert found.setdefault(it.tag, rules) == rules
    return found


def by_policy_check(
    place: Place, keys: dict[str, Key], mreg: CommandLine
) -> dict[str, set[str] | None]:
    """Ask before each promotion; None: there is no such version to be promoted."""
    found: dict[str, set[str] | None] = {}
    for who in PEOPLE:
        asking = place.copy(f"{who}.git")
        be(asking, who, keys[who])
        theirs = [it for it in place.made if it.drawn.last[:2] == ("promote", who)]
        found |= {it.tag: _checked(asking.path, it) for it in theirs}
        for it in theirs[:BY_COMMAND]:
            version, stage = it.drawn.last[2:]
            done = mreg("policy", "check", f"{it.drawn.artifact}@{version}", stage, repo=asking)
            assert (done.code == 0) is (found[it.tag] == set())
    return found


def be(repository: Repository, who: str, key: Key) -> None:
    """Let a repository be used by somebody."""
    known = {"user.name": who.title(), "user.email": f"{who}@example.com", **use(key)}
    for name, value in known.items():
        repository.git("config", name, value)


def _checked(path: Path, it: Made) -> set[str] | None:
    version, stage = it.drawn.last[2:]
    try:
        check = Registry.open(path).check_policy(f"{it.drawn.artifact}@{version}", stage)
    except (NotFound, Refused):
        return None
    broken = {rule.rule for rule in check.rulings if not rule.passed}
    assert check.allowed is not bool(broken)
    return broken


def by_verify(
    unguarded: Repository, events: Sequence[Made], mreg: CommandLine
) -> dict[str, set[str]]:
    """Judge what is recorded, be it allowed or not."""
    judged = Registry.open(unguarded.path).verify([it.tag for it in events])
    for it in events[:BY_COMMAND]:
        assert (mreg("verify", it.tag, repo=unguarded).code == 0) is not bool(it.drawn.broken)
    return {it.tag: {rule.rule for rule in it.failed} for it in judged}


def by_ci(unguarded: Repository, events: Sequence[Made], mreg: CommandLine) -> dict[str, set[str]]:
    """Ask as a pipeline does that is started for each tag."""
    registry = Registry.open(unguarded.path)
    for it in events[:BY_COMMAND]:
        assert (mreg("ci", it.tag, repo=unguarded).code == 0) is not bool(it.drawn.broken)
    found = {}
    for it in events:
        report = registry.deployment_report(it.tag, expect_oid=it.oid, detailed=False)
        assert report.verdict
        found[it.tag] = {rule.rule for rule in report.verdict.failed}
        assert report.refused is bool(found[it.tag])
    return found


def by_the_watch(place: Place, events: Sequence[Made]) -> dict[str, bool]:
    """Watch the events come; tell which are not acted upon."""
    watched = place.copy("watched.git")
    registry = Registry.open(watched.path)
    state = watched.path / "ledger"
    acted: list[str | None] = []

    def act(event: Deployment, _: bool) -> str:
        acted.append(event.tag)
        return ""

    def look() -> dict[str, bool]:
        handled = registry.watch(act, state=state, manner=WatchOptions(once=True))
        return {str(it.event.tag): it.outcome == "refused" for it in handled}

    assert look() == {}
    assert place.push(watched, events).taken
    found = look()
    assert set(acted) == {tag for tag, refused in found.items() if not refused}
    return found
