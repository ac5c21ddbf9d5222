"""What a principal last said, where no hook keeps their ref: all who ask get the same answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import pytest

from commandline import CommandLine
from committing import commit
from mreg import Registry
from mreg.governance.updates import Update
from repositories import START
from team import Team

REF = "refs/mreg/approvals/churn@v1.0.0/approved/"
BOB, CARL = f"{REF}bob", f"{REF}carl"


@pytest.fixture(scope="module")
def stand(founded: Team, tmp_path_factory: pytest.TempPathFactory) -> Team:
    """Return a team whose server has no hook."""
    return founded.joined(tmp_path_factory.mktemp("covered"))


@pytest.fixture
def team(stand: Team) -> Iterator[Team]:
    """Return that team, as it was at first."""
    refs, last = stand.server.refs(), stand.last
    yield stand
    stand.restore(refs)
    stand.last = last


class Answers(NamedTuple):
    """Whether bob's word, or what stands in its place, keeps the promotion from being good."""

    check: bool
    pending: bool
    verify: bool
    audit: bool
    ci: bool
    hook: bool


REFUSED, ALLOWED = (Answers(*[it] * len(Answers._fields)) for it in (True, False))


def answers(team: Team, mreg: CommandLine) -> Answers:
    """Promote the version, and ask everybody."""
    before = team.last
    (name,) = (made := team.promotion("approved", by="dan"))
    team.takes(made)
    registry = Registry.open(team.server.path)
    (verified,) = registry.verify([name])
    audited = next(it for it in registry.audit() if it.tag == name)
    answer = mreg("ci", name, repo=team.server)
    team.server.git("update-ref", "-d", f"refs/tags/{name}")
    team.last = before
    waiting = registry.pending()
    checked = registry.check_policy("churn@v1.0.0", "approved")
    received = registry.verify_updates([Update("", made[name], f"refs/tags/{name}")])
    rules = {"reject", "approvals"}
    return Answers(
        check=any(it.rule in rules and not it.passed for it in checked.rulings),
        pending=not next(it for it in waiting if it.version == "v1.0.0").ready,
        verify=not verified.passed,
        audit=not audited.passed,
        ci=answer.code == 1,
        hook=bool(received.refused),
    )


def test_what_is_asked_for_is_there(team: Team, mreg: CommandLine) -> None:
    """Two of three have approved: no problems found, whoever is asked."""
    team.takes({**team.word("bob"), **team.word("carl")})
    assert answers(team, mreg) == ALLOWED
    assert not [it for it in Registry.open(team.server.path).problems() if it.code == "MR025"]


def by_mallory(team: Team, previous: str) -> Mapping[str, str]:
    return team.word("bob", key="mallory", previous=previous)


def by_mallory_alone(team: Team, _: str) -> Mapping[str, str]:
    return team.word("bob", key="mallory")


def by_mallory_of_tomorrow(team: Team, _: str) -> Mapping[str, str]:
    return team.word("bob", key="mallory", at=team.now + 86400)


def by_a_colleague(team: Team, previous: str) -> Mapping[str, str]:
    return team.word("bob", key="carl", previous=previous)


def by_nobody(team: Team, previous: str) -> Mapping[str, str]:
    return team.word("bob", key="", previous=previous)


def by_a_revoked_key(team: Team, _: str) -> Mapping[str, str]:
    return team.word("bob", key="dan-old")


def by_a_word_of_another(team: Team, _: str) -> Mapping[str, str]:
    return {BOB: team.word("carl")[CARL]}


def by_their_word_on_another_version(team: Team, _: str) -> Mapping[str, str]:
    (word,) = team.word("bob", version="v1.1.0").values()
    return {BOB: word}


def by_a_commit(team: Team, _: str) -> Mapping[str, str]:
    return {BOB: team.commits["v1.0.0"]}


def by_a_registration(team: Team, _: str) -> Mapping[str, str]:
    return {BOB: team.registrations["v1.0.0"]}


def twice(team: Team, previous: str) -> Mapping[str, str]:
    (first,) = (made := by_mallory(team, previous)).values()
    assert team.push(made, force=True).taken
    return team.word("bob", key="carl", previous=first)


def one_is_enough(team: Team) -> str:
    """Return the policy, but that one approval is enough."""
    return team.server.git("show", "main:.mreg.yaml").replace("approvals: 2", "approvals: 1")


Cover = Callable[[Team, str], Mapping[str, str]]
COVERS: tuple[Cover, ...] = (
    by_mallory,
    by_mallory_alone,
    by_mallory_of_tomorrow,
    by_a_colleague,
    by_nobody,
    by_a_revoked_key,
    by_a_word_of_another,
    by_their_word_on_another_version,
    by_a_commit,
    by_a_registration,
    twice,
)


@pytest.mark.parametrize("cover", COVERS)
def test_a_rejection_that_is_covered(cover: Cover, team: Team, mreg: CommandLine) -> None:
    """Had it never been said, nothing would be wrong: one approval is enough here."""
    team.takes({"refs/heads/main": team.change_policy(one_is_enough(team))})
    (rejection,) = (word := team.word("bob", "reject")).values()
    team.takes({**word, **team.word("carl")})
    assert team.push(cover(team, rejection), force=True).taken
    assert answers(team, mreg) == REFUSED
    found = [it for it in Registry.open(team.server.path).problems() if it.code == "MR025"]
    assert [it.subject for it in found] == [BOB]


@pytest.mark.parametrize("cover", [by_mallory, by_mallory_alone, by_a_commit])
def test_what_was_covered_is_said_anew(cover: Cover, team: Team, mreg: CommandLine) -> None:
    (first,) = (word := team.word("bob")).values()
    team.takes({**word, **team.word("carl")})
    (covered,) = (made := cover(team, first)).values()
    assert team.push(made, force=True).taken
    assert answers(team, mreg) == REFUSED
    team.takes(team.word("bob", previous="none" if cover is by_a_commit else covered), "--force")
    assert answers(team, mreg) == ALLOWED


def test_a_key_that_came_later_makes_nothing_before_it_bad(team: Team) -> None:
    """By the policy of the promotion it is nobody's, so the policy of now is asked, too."""
    policy = one_is_enough(team)
    team.takes({"refs/heads/main": team.change_policy(policy)})
    team.takes(team.word("carl"))
    (name,) = (made := team.promotion("approved", by="dan"))
    team.takes(made)
    team.takes(team.word("bob", "reject", key="mallory"))
    registry = Registry.open(team.server.path)
    assert [it.passed for it in registry.verify([name])] == [False]
    bob, new = (team.keys[it].public for it in ("bob", "mallory"))
    rotated = policy.replace(f'"{bob}"', f'["{bob}", "{new}"]')
    commit(team.server, rotated.encode(), at=team.now - START)
    assert [it.passed for it in registry.verify([name])] == [True]


def test_the_ref_of_somebody_who_may_not_speak_is_in_nobodys_way(
    team: Team, mreg: CommandLine
) -> None:
    """Dan is no reviewer, and nobody is called eve: what their refs hold bears on nothing."""
    team.takes({**team.word("bob"), **team.word("carl"), **team.word("dan", key="mallory")})
    team.takes({f"{REF}eve": team.commits["v1.0.0"]})
    assert answers(team, mreg) == ALLOWED
    found = {it.subject for it in Registry.open(team.server.path).problems() if it.code == "MR025"}
    assert found == {f"{REF}dan", f"{REF}eve"}


def test_a_name_that_is_none_is_told_by_doctor(team: Team) -> None:
    team.takes({"refs/mreg/approvals/churn@v1.1.0": team.commits["v1.0.0"]})
    (found,) = [it for it in Registry.open(team.server.path).problems() if it.code == "MR025"]
    assert found.subject == "refs/mreg/approvals/churn@v1.1.0"


def test_a_policy_that_cannot_be_followed_ends_no_doctor(team: Team) -> None:
    team.takes(team.word("bob"))
    team.takes({"refs/heads/main": team.change_policy("stges: []\n")})
    (found,) = [it for it in Registry.open(team.server.path).problems() if it.code == "MR025"]
    assert "cannot be used" in found.message
