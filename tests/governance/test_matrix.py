"""What a server with mreg's pre-receive hook takes and refuses: real keys, real objects, raw Git.

Each test shows what is refused, for which rule and no other, and beside it what is taken. Whatever
a push can do to refs is really pushed in one test or more; in the others the hook is asked in the
test's own process, which takes a sixth of the time.
"""

from __future__ import annotations

import json

import pytest

from committing import commit
from fixtures_of_policy import PUSHED
from repositories import START
from team import PERMISSIVE, VERSIONS, Team


class TestWhoSigned:
    def test_unsigned(self, team: Team) -> None:
        team.refuses(team.promotion("open", key=""), "signature")
        team.takes(team.promotion("open"))

    def test_an_untrusted_key(self, team: Team) -> None:
        team.refuses(team.promotion("open", by="mallory"), "signature")
        team.refuses(team.promotion("open", by="ann", key="mallory"), "signature")
        team.takes(team.promotion("open", by="carl", key="carl-phone"))

    def test_the_key_of_another_person(self, team: Team) -> None:
        """Bob claims to be Dan, who may; his key tells who he is."""
        said = team.refuses(team.promotion("managed", by="dan", key="bob"), "by").said
        assert "bob may not promote to managed" in said
        # The other way round the address is a claim that proves nothing, and does no harm.
        team.takes(team.promotion("managed", by="bob", key="dan"))


class TestWhatTheTagIs:
    def test_a_replay_under_another_name(self, team: Team) -> None:
        (oid,) = (made := team.promotion("open")).values()
        team.takes(made)
        team.refuses({"churn#managed#9": oid}, "name")
        team.refuses({"churn#open#9": oid}, "name")
        team.takes(team.promotion("open"))

    def test_a_replay_from_another_repository(self, team: Team) -> None:
        team.refuses(team.promotion("open", Registry="other"), "registry")
        team.refuses(team.promotion("open", Registry=None), "registry")
        team.takes(team.promotion("open", Registry="acme"))

    def test_lightweight(self, team: Team) -> None:
        team.refuses({"churn#open#1": team.commits["v1.0.0"]}, "kind")
        team.refuses({"new@v1.0.0": team.commits["v1.0.0"]}, "kind")
        # A tag that is none of the registry's may be.
        team.takes({"v1.0.0": team.commits["v1.0.0"]})

    @PUSHED
    def test_on_a_tree(self, team: Team) -> None:
        tree = team.clone.git("rev-parse", f"{team.commits['v1.0.0']}^{{tree}}").strip()
        team.refuses({"churn#open#1": tree}, "kind")

    @PUSHED
    def test_move(self, team: Team) -> None:
        (name,) = (made := team.promotion("open"))
        team.takes(made)
        team.refuses({name: team.tag(name)}, "move", force=True)
        team.refuses({"churn@v1.0.0": team.tag("churn@v1.0.0")}, "move", force=True)
        team.takes({**team.promotion("open")})

    @PUSHED
    def test_delete(self, team: Team) -> None:
        team.takes({"v1.0.0": team.commits["v1.0.0"]})
        team.refuses({"churn@v1.0.0": ""}, "delete")
        team.refuses({"churn@v1.3.0": ""}, "delete")
        assert team.push({"v1.0.0": ""}).taken

    def test_a_promotion_of_another_commit_than_the_version_is(self, team: Team) -> None:
        other = team.commits["v1.1.0"]
        team.refuses(team.promotion("open", target=other), "registration")
        team.takes(team.promotion("open", target=team.commits["v1.0.0"]))


class TestItsPlace:
    def test_a_wrong_previous(self, team: Team) -> None:
        team.refuses(team.promotion("open", Previous=team.registrations["v1.0.0"]), "previous")
        team.refuses(team.promotion("open", Previous="0" * 40), "previous")
        team.refuses(team.promotion("open", Previous="none"), "previous")
        team.refuses(team.promotion("open", Previous=None), "previous")
        team.takes(team.promotion("open"))

    def test_backdated(self, team: Team) -> None:
        team.refuses(team.promotion("open", at=START), "date")  # type: ignore[arg-type]
        team.refuses(team.promotion("open", at=START - 10**8), "date")  # type: ignore[arg-type]
        team.takes(team.promotion("open"))

    def test_a_number_that_is_given_out(self, team: Team) -> None:
        team.takes({"churn#open#5": team.tag("churn#open#5")})
        team.refuses({"churn#managed#5": team.tag("churn#managed#5", by="dan")}, "number")
        team.refuses({"churn#managed#2": team.tag("churn#managed#2", by="dan")}, "number")
        team.takes({"churn#managed#6": team.tag("churn#managed#6", by="dan")})

    def test_several_tags_of_one_push(self, team: Team) -> None:
        """Each is judged on what those before it leave, in whatever order they are listed."""
        first = team.tag("churn@v2.0.0")
        team.registrations = {**team.registrations, "v2.0.0": first}
        team.commits = {**team.commits, "v2.0.0": team.commits["v1.0.0"]}
        second = team.tag("churn#open#1", "v2.0.0", Previous=first)
        third = team.tag("churn#after#2", "v2.0.0", Previous=second)
        team.refuses({"churn#after#2": third, "churn@v2.0.0": first}, "previous", "from")
        made = {"churn#after#2": third, "churn@v2.0.0": first, "churn#open#1": second}
        team.takes({**made, "refs/mreg/last/churn#": third}, "--atomic")


class TestApprovals:
    def test_none_of_two(self, team: Team) -> None:
        said = team.refuses(team.promotion("approved", by="dan"), "approvals").said
        assert "0 of 2" in said

    def test_one_of_two_and_two_of_two(self, team: Team) -> None:
        team.takes(team.word("bob"))
        assert "1 of 2; bob" in team.refuses(team.promotion("approved", by="dan"), "approvals").said
        team.takes(team.word("carl"))
        team.takes(team.promotion("approved", by="dan"))

    def test_self_approval(self, team: Team) -> None:
        """Ann registered it. Whoever promotes it does not count either."""
        team.takes(team.word("ann"))
        team.takes(team.word("bob"))
        said = team.refuses(team.promotion("approved", by="dan"), "approvals").said
        assert "ann does not count (registered the version)" in said
        team.takes(team.word("carl"))
        said = team.refuses(team.promotion("approved", by="carl"), "approvals").said
        assert "carl does not count (promotes it)" in said
        team.takes(team.promotion("approved", by="dan"))

    def test_the_same_person_with_two_keys(self, team: Team) -> None:
        (first,) = (word := team.word("carl")).values()
        team.takes(word)
        team.takes(team.word("carl", key="carl-phone", previous=first))
        assert "1 of 2" in team.refuses(team.promotion("approved", by="dan"), "approvals").said
        # Nor under a name of its own: the ref has to be that of the key's principal.
        team.refuses(team.word("carl-phone"), "approvals")
        team.takes(team.word("bob"))
        team.takes(team.promotion("approved", by="dan"))

    def test_of_another_version(self, team: Team) -> None:
        team.takes(team.word("bob", version="v1.1.0"))
        team.takes(team.word("carl", version="v1.1.0"))
        said = team.refuses(team.promotion("approved", "v1.0.0", by="dan"), "approvals").said
        assert "0 of 2" in said
        team.takes(team.promotion("approved", "v1.1.0", by="dan"))

    def test_under_the_name_of_another_version(self, team: Team) -> None:
        """An approval's object says itself which ref it is for."""
        (oid,) = team.word("bob", version="v1.1.0").values()
        team.refuses({"refs/mreg/approvals/churn@v1.0.0/approved/bob": oid}, "approvals")

    def test_withdrawn(self, team: Team) -> None:
        (first,) = (word := team.word("bob")).values()
        team.takes(word)
        team.takes(team.word("carl"))
        (second,) = (withdrawn := team.word("bob", "reject", previous=first)).values()
        team.takes(withdrawn)
        team.refuses(team.promotion("approved", by="dan"), "reject", "approvals")
        # The word that was taken back cannot be put back in place by anybody.
        team.refuses(word, "approvals", force=True)
        team.takes(team.word("bob", previous=second))
        team.takes(team.promotion("approved", by="dan"))

    def test_of_the_registration_before_it_was_registered_anew(self, team: Team) -> None:
        team.takes(team.word("bob"))
        team.takes(team.word("carl"))
        team.takes({"churn@v1.0.0!#1": team.tag("churn@v1.0.0!#1")})
        (again,) = (made := {"churn@v1.0.0#2": team.tag("churn@v1.0.0#2")}).values()
        team.takes(made)
        team.registrations = {**team.registrations, "v1.0.0": again}
        team._number = 2
        team.refuses(team.promotion("approved", by="dan"), "approvals")

    @pytest.mark.parametrize(
        "said", [{"key": "mallory"}, {"key": ""}, {"key": "carl"}, {"Registry": "other"}]
    )
    def test_that_are_not_the_principals_own(self, said: dict[str, str], team: Team) -> None:
        team.refuses(team.word("bob", **said), "approvals")  # type: ignore[arg-type]
        team.takes(team.word("bob"))

    @PUSHED
    def test_that_are_removed_or_replaced(self, team: Team) -> None:
        (ref,) = (word := team.word("bob", "reject"))
        team.takes(word)
        team.refuses({ref: ""}, "delete")
        team.refuses(team.word("bob"), "approvals", force=True)
        team.takes(team.word("bob", previous=word[ref]))

    def test_that_come_with_the_promotion(self, team: Team) -> None:
        team.takes(team.word("bob"))
        team.takes({**team.word("carl"), **team.promotion("approved", by="dan")}, "--atomic")


class TestWhichPolicy:
    @PUSHED
    def test_a_permissive_policy_in_the_tags_commit(self, team: Team) -> None:
        branch = team.change_policy(PERMISSIVE)
        team.commits = {**team.commits, "v2.0.0": branch}
        registered = team.tag("churn@v2.0.0", "v2.0.0", by="mallory")
        team.refuses({"churn@v2.0.0": registered, "refs/heads/wild": branch}, "signature", "by")
        team.takes({"churn@v2.0.0": team.tag("churn@v2.0.0", "v2.0.0")})

    @PUSHED
    def test_a_policy_change_and_a_promotion_in_one_push(self, team: Team) -> None:
        changed = team.change_policy(PERMISSIVE)
        made = team.promotion("managed", by="ann")
        team.refuses({"refs/heads/main": changed, **made}, "by")
        team.takes({"refs/heads/main": changed})
        team.takes(made)

    def test_a_branch_that_says_that_it_is_the_protected_one(self, team: Team) -> None:
        made = team.promotion("managed", by="ann")
        changed = team.change_policy("branch: wild\nregistry: acme\n", branch="wild")
        team.refuses({"refs/heads/wild": changed, **made}, "by")
        team.takes({"refs/heads/wild": changed})
        team.refuses(made, "by")

    def test_an_unreviewed_branch(self, team: Team) -> None:
        made = team.promotion("merged", "v1.3.0")
        team.refuses(made, "branches")
        team.takes({"refs/heads/main": team.commits["v1.3.0"]})
        team.takes(made)

    def test_a_policy_that_cannot_be_followed_refuses_until_it_is_mended(self, team: Team) -> None:
        good = team.server.git("show", "main:.mreg.yaml")
        team.takes({"refs/heads/main": team.change_policy("stges: []\n")})
        made = team.promotion("open")
        done = team.push(made)
        assert not done.taken
        assert ".mreg.yaml on main cannot be used" in done.said
        team.takes({"refs/heads/main": team.change_policy(good)})
        team.takes(made)


def register(team: Team, version: str, columns: str) -> None:
    """Register a version that takes a table with these columns, of which none has to be there."""
    rows = {"type": "object", "properties": {it: {} for it in columns.split()}}
    said = {"churn": {"path": "m", "schema": {"input": {"type": "array", "items": rows}}}}
    start = team.commits["v1.2.0"]
    made = commit(
        team.clone, json.dumps(said).encode(), branch=version, file="artifacts.yaml", start=start
    )
    team.commits = {**team.commits, version: made}
    oid = team.tag(f"churn@{version}", version)
    team.registrations = {**team.registrations, version: oid}
    team.takes({f"churn@{version}": oid})


class TestWhatTheVersionIs:
    def test_a_metric_below_its_bound(self, team: Team) -> None:
        said = team.refuses(team.promotion("measured", "v1.1.0"), "metrics").said
        assert "auc is 0.85, but must be >= 0.9" in said
        team.takes(team.promotion("measured", "v1.0.0"))

    def test_a_regression_against_the_holder(self, team: Team) -> None:
        team.takes(team.promotion("better", "v1.0.0"))
        said = team.refuses(team.promotion("better", "v1.1.0"), "no_regression").said
        assert "auc is 0.85, against 0.95 of v1.0.0" in said
        team.takes(team.promotion("better", "v1.2.0"))

    def test_a_schema_that_breaks_the_callers_of_the_holder(self, team: Team) -> None:
        """A rollback is not compared, as its callers were served by that version before."""
        policy = team.server.git("show", "main:.mreg.yaml")
        team.takes(
            {"refs/heads/main": team.change_policy(f"{policy}  called: {{schema: compatible}}\n")}
        )
        for version, columns in (("v3.0.0", "age"), ("v3.1.0", "age plan"), ("v3.2.0", "plan")):
            register(team, version, columns)
        team.takes(team.promotion("called", "v1.0.0"))  # it has no schema
        team.takes(team.promotion("called", "v3.0.0"))
        said = team.refuses(team.promotion("called", "v1.1.0"), "schema").said
        assert "v1.1.0 has no schema, but v3.0.0 has one" in said
        said = team.refuses(team.promotion("called", "v3.2.0"), "schema").said
        assert "it would break callers of v3.0.0: input `age` is removed" in said
        team.takes(team.promotion("called", "v3.1.0"))
        team.refuses(team.promotion("called", "v3.0.0"), "schema")
        team.takes(team.promotion("called", "v3.0.0", Rollback="v3.1.0"))

    def test_a_rollback_that_is_none(self, team: Team) -> None:
        """What a rollback takes back is not compared; who claims one has to make one."""
        team.takes(team.promotion("better", "v1.1.0"))
        team.takes(team.promotion("better", "v1.2.0"))
        team.refuses(team.promotion("better", "v1.0.0", Rollback="v1.2.0"), "no_regression")
        team.refuses(team.promotion("better", "v1.1.0", Rollback="v1.0.0"), "no_regression")
        team.takes(team.promotion("better", "v1.1.0", Rollback="v1.2.0"))


class TestOtherRefs:
    def test_what_is_none_of_the_registrys_passes_whatever_the_policy(self, team: Team) -> None:
        team.takes({"refs/heads/main": team.change_policy("stges: []\n")})
        team.takes({"refs/heads/other": team.commits["v1.0.0"]})
        team.takes({"v1": team.commits["v1.0.0"], "release/2": team.commits["v1.1.0"]})

    def test_a_name_that_is_almost_one(self, team: Team) -> None:
        done = team.push({"churn@1.0.0": team.commits["v1.0.0"]})
        assert done.taken
        assert "churn@1.0.0 looks almost like the name of a registry tag" in done.said

    @PUSHED
    def test_the_last_event(self, team: Team) -> None:
        last = "refs/mreg/last/churn#"
        (oid,) = (made := team.promotion("open")).values()
        team.refuses({last: team.registrations["v1.0.0"]}, "previous")
        team.refuses({last: oid}, "previous")
        team.refuses({"refs/mreg/last/churn": oid}, "name")
        team.takes({**made, last: oid}, "--atomic")
        team.refuses({last: team.registrations["v1.0.0"]}, "previous", force=True)
        team.refuses({last: ""}, "delete")

    def test_a_ref_that_mreg_does_not_have(self, team: Team) -> None:
        team.refuses({"refs/mreg/other": team.commits["v1.0.0"]}, "name")


@PUSHED
def test_what_the_pusher_reads(team: Team) -> None:
    """A line for each rule, with what to do; nothing in it moves the cursor."""
    name = "churn#managed#1"
    said = team.refuses({name: team.tag(name, by="ann")}, "by").said
    lines = [it.rstrip() for it in said.splitlines() if it.startswith("remote: mreg:")]
    assert lines == [
        f"remote: mreg: {name}: by: ann may not promote to managed -> ask dan",
        "remote: mreg: checked against the policy on main",
    ]
    odd = team.tag(name, own_name="churn\x1b[2J")
    assert "\\x1b[2J" in team.refuses({name: odd}, "name").said


@pytest.mark.parametrize("version", VERSIONS)
def test_what_the_server_has_verifies(version: str, team: Team) -> None:
    from mreg import Registry

    team.takes(team.promotion("open", version))
    (found,) = Registry.open(team.server.path).verify([f"churn@{version}"])
    assert found.passed, found.failed
