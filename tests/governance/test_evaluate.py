"""The policy asked before an event is made, in real repositories with real keys."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from commandline import CommandLine
from fixtures_of_policy import People
from keys import use
from mreg import Registry
from people import share
from remotes import bare
from repositories import Maker, Repository, SetClock, run

POLICY = """\
registry: acme
signatures: {signatures}
principals:
  ann: {{emails: [ann@example.com], keys: [{ann}]}}
  bob: {{emails: [bob@sample.org], keys: [{bob}]}}
  carl: {{emails: [carl@sample.org], keys: [{carl}]}}
roles:
  reviewers: [bob, carl]
stages:
  dev: {{}}
"""
METRICS = "churn: {{type: model, owner: ann, metrics: {{auc: {auc}}}}}\n"


class Team:
    """A repository with a policy; whoever works in it signs with a key of their own.

    Attributes:
        repo: the repository.
        people: everybody's keys.
    """

    def __init__(self, repo: Repository, people: People, mreg: CommandLine) -> None:
        self.repo = repo
        self.people = people
        self._mreg = mreg
        self.be("ann", "ann@example.com")

    def be(self, name: str, email: str, key: str = "") -> None:
        """Let somebody work in the repository."""
        settings = {"user.name": name, "user.email": email, **use(self.people[key or name])}
        for setting, value in settings.items():
            self.repo.git("config", setting, value)

    def commit(self, **files: str) -> str:
        """Commit files; `policy` is .mreg.yaml and `annotations` artifacts.yaml."""
        paths = {"policy": ".mreg.yaml", "annotations": "artifacts.yaml"}
        for name, text in files.items():
            (self.repo.path / paths[name]).write_text(text)
            self.repo.git("add", paths[name])
        self.repo.git("commit", "-q", "--allow-empty", "-m", "Change")
        return self.repo.git("rev-parse", "HEAD").strip()

    def govern(self, gate: str, signatures: str = "required", more: str = "") -> None:
        """Commit a policy with a gate before prod."""
        keys = {name: self.people[name].public for name in ("ann", "bob", "carl")}
        text = POLICY.format(signatures=signatures, **keys)
        self.commit(policy=f"{text}  prod: {gate}\n{more}")

    def ok(self, *arguments: str) -> Any:
        return self._mreg.ok(*arguments, repo=self.repo)

    def refused(self, *arguments: str) -> str:
        """Run a command that the policy refuses, and that leaves all refs alone."""
        before = self.repo.refs()
        done = self._mreg(*arguments, repo=self.repo)
        assert (done.code, self.repo.refs()) == (1, before), done.err
        return done.err

    def rules(self, *arguments: str) -> dict[str, bool]:
        """Return what `mreg policy check` says of each rule."""
        found = self._mreg("policy", "check", *arguments, "--json", repo=self.repo)
        assert found.code == (not found.json["allowed"])
        return {it["rule"]: it["passed"] for it in found.json["rulings"]}


@pytest.fixture
def team(make_repository: Maker, people: People, mreg: CommandLine, set_clock: SetClock) -> Team:
    set_clock(1000)
    repo = make_repository(commits=1)
    repo.git("checkout", "-q", "-f", "main")
    return Team(repo, people, mreg)


class TestPromoting:
    def test_every_failed_rule_is_named_with_what_to_do(self, team: Team) -> None:
        team.govern(
            '{from: dev, by: reviewers, approvals: 1, requires: {metrics: {auc: ">= 0.9"}}}'
        )
        team.commit(annotations=METRICS.format(auc=0.8))
        team.ok("register", "churn")
        assert team.refused("promote", "churn", "prod") == (
            "error: the policy on main does not allow promoting churn v0.0.1 to prod\n"
            "  by: ann may not promote to prod\n"
            "    -> ask bob or carl\n"
            "  from: v0.0.1 was not in dev since it was registered\n"
            "    -> mreg promote churn@v0.0.1 dev\n"
            "  metrics: auc is 0.8, but must be >= 0.9\n"
            "    -> promote a better version (`mreg show churn` lists them), or change\n"
            "       .mreg.yaml\n"
            "  approvals: 0 of 1\n"
            "    -> mreg approve churn@v0.0.1 prod, by carl; then mreg promote churn@v0.0.1\n"
            "       prod, by bob\n"
            "hint: run `mreg policy check churn@v0.0.1 prod` to see every rule\n"
        )

    def test_it_is_done_when_all_are_kept(self, team: Team) -> None:
        team.govern("{from: dev, by: reviewers, approvals: 1, approvers: reviewers}")
        team.ok("register", "churn")
        team.ok("promote", "churn", "dev")
        team.be("carl", "carl@sample.org")
        team.ok("approve", "churn", "prod")
        team.be("bob", "bob@sample.org")
        team.ok("promote", "churn", "prod")
        text = team.repo.git("cat-file", "-p", "churn#prod#2")
        registration = team.repo.refs()["refs/tags/churn@v0.0.1"]
        assert f"\nRegistration: {registration}\n" in text
        assert "\nRegistry: acme\n" in text
        assert "-----BEGIN SSH SIGNATURE-----" in text

    def test_ones_own_approval_does_not_count(self, team: Team) -> None:
        team.govern("{approvals: 1}")
        team.ok("register", "churn")
        team.ok("approve", "churn", "prod")
        said = team.refused("promote", "churn", "prod")
        assert "approvals: 0 of 1; ann does not count (registered the version)" in said

    def test_nor_in_one_command_with_the_registration(self, team: Team) -> None:
        team.govern("{approvals: 1}")
        assert "approvals: 0 of 1" in team.refused("promote", "churn", "prod", "--register")
        team.govern("{approvals: 0}")
        team.ok("promote", "churn", "prod", "--register")

    def test_force_does_not_pass_the_policy(self, team: Team) -> None:
        team.govern("{by: bob}")
        team.ok("register", "churn")
        assert "by: ann may not" in team.refused("promote", "churn", "prod", "--force")

    def test_demoting_deregistering_and_deprecating_are_judged_too(self, team: Team) -> None:
        team.govern("{}")
        team.ok("promote", "churn", "prod", "--register")
        team.govern("{by: bob}", more="register: {by: bob}\n")
        for arguments in (
            ["demote", "churn#prod", "prod"],
            ["deregister", "churn@v0.0.1", "--force"],
            ["deprecate", "churn"],
        ):
            assert "  by: ann may not " in team.refused(*arguments)
        team.be("bob", "bob@sample.org")
        team.ok("demote", "churn#prod", "prod")

    def test_a_stage_that_the_policy_does_not_name_is_refused(self, team: Team) -> None:
        team.govern("{}")
        team.ok("register", "churn")
        assert "-> did you mean prod?" in team.refused("promote", "churn", "prd")

    def test_a_dry_run_shows_the_rulings_and_makes_nothing(self, team: Team) -> None:
        team.govern("{by: ann}")
        team.ok("register", "churn")
        before = team.repo.contents()
        said = team.ok("promote", "churn", "prod", "--dry-run").err
        assert team.repo.contents() == before
        assert said == (
            "the policy on main allows promoting churn v0.0.1 to prod:\n"
            "  signature: is checked when the tag is signed\n"
            "  by: ann may promote to prod\n"
            "  stage: prod is one of dev, prod\n"
            "  registered: v0.0.1 is registered: churn@v0.0.1\n"
        )
        team.govern("{by: bob}")
        assert "by: ann may not" in team.refused("promote", "churn", "prod", "--dry-run")

    def test_no_regression_is_measured_on_the_holder_but_not_for_a_rollback(
        self, team: Team
    ) -> None:
        team.govern("{requires: {no_regression: auc}}")
        for auc in (0.8, 0.9):
            team.commit(annotations=METRICS.format(auc=auc))
            team.ok("promote", "churn", "prod", "--register")
        team.commit(annotations=METRICS.format(auc=0.85))
        assert "auc is 0.85, against 0.9 of v0.0.2; higher is better" in team.refused(
            "promote", "churn", "prod", "--register"
        )
        team.ok("rollback", "churn", "prod")


class TestSigning:
    def test_signing_is_not_left_to_gits_settings_where_it_is_required(self, team: Team) -> None:
        team.govern("{}")
        team.repo.git("config", "tag.gpgSign", "false")
        team.ok("register", "churn")
        assert "SSH SIGNATURE" in team.repo.git("cat-file", "-p", "churn@v0.0.1")

    def test_a_key_that_the_policy_does_not_know_is_told_before_it_signs(self, team: Team) -> None:
        team.govern("{}")
        team.be("ann", "ann@example.com", key="mallory")
        said = team.refused("register", "churn")
        assert "  signature: the key that Git signs with is not in the policy" in said

    def test_what_was_signed_decides_before_anything_is_published(
        self, team: Team, people: People, tmp_path: Path
    ) -> None:
        """Whose key it will be cannot be told here before it has signed."""
        team.govern("{}")
        alone = tmp_path / "mallory"
        shutil.copy(people["mallory"].file, alone)
        team.repo.git("config", "user.signingKey", str(alone))
        said = team.refused("register", "churn")
        assert "  signature: its key is not in the policy\n" in said

    def test_another_principals_key_is_another_principal(self, team: Team) -> None:
        team.govern("{by: bob}")
        team.ok("register", "churn")
        team.be("bob", "bob@sample.org", key="ann")
        assert "by: ann may not promote" in team.refused("promote", "churn", "prod")

    def test_without_signatures_the_address_counts_where_they_are_optional(
        self, team: Team
    ) -> None:
        team.govern("{by: bob}", signatures="optional")
        team.repo.git("config", "tag.gpgSign", "false")
        team.ok("register", "churn")
        assert "by: ann may not promote" in team.refused("promote", "churn", "prod")
        team.repo.git("config", "user.email", "BOB@sample.org")
        team.ok("promote", "churn", "prod")


class TestChecking:
    def test_each_rule_is_listed_and_the_exit_code_tells(
        self, team: Team, mreg: CommandLine
    ) -> None:
        team.govern("{by: bob, approvals: 1, approvers: [carl]}")
        team.ok("register", "churn")
        done = mreg("policy", "check", "churn", "prod", repo=team.repo)
        assert done.code == 1
        assert done.out == (
            "ok   signature: is checked when the tag is signed\n"
            "FAIL by: ann may not promote to prod\n"
            "     -> ask bob\n"
            "ok   stage: prod is one of dev, prod\n"
            "ok   registered: v0.0.1 is registered: churn@v0.0.1\n"
            "ok   reject: no one rejects it\n"
            "FAIL approvals: 0 of 1\n"
            "     -> mreg approve churn@v0.0.1 prod, by carl\n"
        )
        assert done.err == (
            "The policy on main does not allow promoting churn v0.0.1 to prod:"
            " 2 of 6 rules failed.\n"
        )

    def test_json_says_where_the_policy_stands(self, team: Team) -> None:
        team.govern("{}")
        team.ok("register", "churn")
        found = team.ok("policy", "check", "churn", "prod", "--json").json
        assert found["allowed"] is True
        assert found["policy"] == {
            "branch": "refs/heads/main",
            "commit": team.repo.git("rev-parse", "main").strip(),
            "blob": team.repo.git("rev-parse", "main:.mreg.yaml").strip(),
        }

    def test_a_registration_of_head_can_be_checked_by_the_name_alone(self, team: Team) -> None:
        team.govern("{}", more="types: [dataset]\nregister: {requires: {fields: [license]}}\n")
        team.commit(annotations=METRICS.format(auc=0.8))
        assert team.rules("churn") == {"signature": True, "type": False, "fields": False}

    def test_what_is_in_the_stage_already_can_be_checked(self, team: Team) -> None:
        team.govern("{}")
        team.ok("promote", "churn", "prod", "--register")
        assert all(team.rules("churn", "prod").values())

    def test_a_selector_without_a_stage_is_a_usage_error(
        self, team: Team, mreg: CommandLine
    ) -> None:
        for arguments in (["check"], ["check", "churn@v1.0.0"], ["show", "churn"]):
            assert mreg("policy", *arguments, repo=team.repo).code == 2

    def test_without_a_policy_anybody_may(self, team: Team) -> None:
        team.ok("register", "churn")
        done = team.ok("policy", "check", "churn", "prod")
        said = "There is no policy: anyone may promote churn v0.0.1 to prod.\n"
        note = "note: the stage prod does not exist yet\n"
        assert (done.out, done.err) == ("", said + note)
        assert team.ok("policy").err == "There is no policy at main: everything is allowed.\n"

    def test_a_stage_that_does_not_exist_yet_is_noted(self, team: Team) -> None:
        team.ok("promote", "churn", "prod", "--register")
        note = "note: the stage canary does not exist yet\n"
        done = team.ok("policy", "check", "churn", "canary")
        assert done.err == f"There is no policy: anyone may promote churn v0.0.1 to canary.\n{note}"
        assert "note: " not in team.ok("policy", "check", "churn", "prod").err
        team.govern("{}")
        assert "note: the stage" not in team.ok("policy", "check", "churn", "dev").err

    def test_a_mistyped_stage_is_refused_as_by_promote(self, team: Team, mreg: CommandLine) -> None:
        team.ok("promote", "churn", "prod", "--register")
        done = mreg("policy", "check", "churn", "prdo", repo=team.repo)
        assert done.code == 1
        assert done.err == mreg("promote", "churn", "prdo", repo=team.repo).err
        assert "there is no stage 'prdo' yet: did you mean prod?" in done.err
        assert team.ok("policy", "check", "churn", "prdo", "--new", "--json").json["new"] == [
            "stage"
        ]

    def test_a_commit_is_no_stage(self, team: Team, mreg: CommandLine) -> None:
        team.ok("register", "churn")
        short = team.repo.git("rev-parse", "--short", "HEAD").strip()

        def refused(word: str) -> None:
            done = mreg("policy", "check", "churn", word, repo=team.repo)
            assert done.code == 2
            assert f"error: {word} is a commit, not a stage\n" in done.err
            assert "`mreg policy check churn` checks a registration of HEAD" in done.err

        refused("HEAD")
        refused(short)
        team.ok("promote", "churn", short)  # a stage may be called so
        assert team.ok("policy", "check", "churn", short, "--json").json["new"] == []
        team.govern("{}")
        refused("HEAD")

    def test_a_policy_that_is_not_at_its_branch_yet_is_said_not_to_count(self, team: Team) -> None:
        """Neither the first, nor a change of the one that counts; comments are none."""
        file = team.repo.path / ".mreg.yaml"
        file.write_text("# stages: [prod]\npush: false\n")
        assert team.ok("policy").err == "There is no policy at main: everything is allowed.\n"
        assert team.ok("policy", "--json").json["differing"] == ""
        file.write_text("stages: [prod]\n")
        said = (
            "warning: .mreg.yaml in the work tree differs, and is not in force: the"
            " policy is that of main; commit your changes to that branch\n"
        )
        assert team.ok("policy").err.endswith(f"everything is allowed.\n{said}")
        team.ok("register", "churn", "--allow-dirty")
        assert team.ok("policy", "check", "churn", "nowhere").err.endswith(said)
        team.commit(policy="stages: [prod]\n")
        assert team.ok("policy").err == ""
        file.write_text("stages: [dev, prod]\n")
        assert team.ok("policy").err == said
        found = team.ok("policy", "--json")
        assert (found.json["differing"], found.err) == (".mreg.yaml", said)

    def test_a_policy_that_was_not_pushed_is_said_not_to_count(
        self, team: Team, tmp_path: Path
    ) -> None:
        team.repo.git("remote", "add", "origin", bare(tmp_path, "origin.git").path.as_uri())
        team.repo.git("push", "-q", "origin", "main")
        team.commit(policy="stages: [prod]\n")
        said = team.ok("policy").err
        assert said.startswith("There is no policy at origin/main: everything is allowed.\n")
        assert said.endswith(
            "that of origin/main; commit your changes to that branch and push it\n"
        )

    def test_the_work_tree_is_not_asked(self, team: Team) -> None:
        team.govern("{by: bob}")
        (team.repo.path / ".mreg.yaml").unlink()
        team.ok("register", "churn", "--allow-dirty")
        assert team.rules("churn", "prod")["by"] is False

    def test_nor_is_a_branch_of_ones_own(self, team: Team) -> None:
        team.govern("{by: bob}")
        team.repo.git("checkout", "-q", "-b", "mine")
        team.govern("{}")
        team.ok("register", "churn")
        assert team.rules("churn", "prod")["by"] is False

    def test_an_annotation_that_cannot_be_read_fails_what_it_bears_on(self, team: Team) -> None:
        team.govern("{requires: {fields: [owner], inputs: prod}}")
        team.commit(annotations="churn: [\n")
        team.ok("register", "churn", "--force")
        rules = team.rules("churn", "prod")
        assert (rules["fields"], rules["inputs"]) == (False, False)


class TestBranches:
    def test_the_commit_has_to_be_in_one_of_them(self, team: Team) -> None:
        team.govern('{branches: [main, "release/*"]}')
        team.repo.git("checkout", "-q", "-b", "work")
        team.commit()
        team.ok("register", "churn")
        assert team.rules("churn", "prod")["branches"] is False
        team.repo.git("branch", "release/1/rc")
        assert team.rules("churn", "prod")["branches"] is True

    def test_in_a_clone_those_of_the_remote_count(
        self, team: Team, mreg: CommandLine, tmp_path: Path, people: People
    ) -> None:
        team.govern("{branches: [main]}")
        team.repo.git("clone", "-q", str(team.repo.path), str(tmp_path / "clone"))
        clone = Team(Repository(tmp_path / "clone"), people, mreg)
        clone.commit()
        clone.ok("register", "churn")
        assert clone.rules("churn", "prod")["branches"] is False
        team.repo.git("config", "receive.denyCurrentBranch", "ignore")
        clone.repo.git("push", "-q", "origin", "main")
        assert clone.rules("churn", "prod")["branches"] is True


class TestInputs:
    def promoted(self, team: Team, made_from: str) -> bool:
        team.commit(annotations=f"churn: {{inputs: [{made_from}]}}\n")
        team.ok("register", "churn")
        return team.rules("churn", "prod")["inputs"]

    def test_each_version_among_them_has_to_hold_the_stage(self, team: Team) -> None:
        team.govern("{requires: {inputs: dev}}")
        team.ok("register", "data")
        assert not self.promoted(team, '{artifact: "data@v0.0.1"}')
        team.ok("promote", "data", "dev")
        assert self.promoted(team, '{artifact: "data@v0.0.1"}')
        assert self.promoted(team, "{artifact: data}")
        assert self.promoted(team, "{path: data.csv}")

    def test_a_version_that_is_named_may_be_registered_later(
        self, team: Team, set_clock: SetClock
    ) -> None:
        team.govern("{requires: {inputs: dev}}")
        assert not self.promoted(team, '{artifact: "data@v0.0.1"}')
        set_clock(1060)
        team.ok("promote", "data", "dev", "--register")
        assert team.rules("churn", "prod")["inputs"]

    def test_what_cannot_be_known_fails(self, team: Team) -> None:
        team.govern("{requires: {inputs: dev}}")
        assert not self.promoted(team, '{artifact: "gone@v1.0.0"}')
        assert not self.promoted(team, '{artifact: "a b"}')
        elsewhere = '{artifact: "data@v1.0.0", repo: "https://example.com/data.git"}'
        assert not self.promoted(team, elsewhere)


class TestPending:
    GATE = "{from: dev, by: ann, approvals: 1, approvers: reviewers}"

    def lines(self, team: Team, *arguments: str) -> list[dict[str, Any]]:
        found = team.ok("pending", *arguments, "--json").json["pending"]
        assert isinstance(found, list)
        return found

    def test_it_says_whose_move_it_is(self, team: Team) -> None:
        team.govern(self.GATE)
        assert team.ok("pending").err == "Nothing waits for approvals.\n"
        team.ok("promote", "churn", "dev", "--register")
        assert team.ok("pending").out == (
            "version       stage  approvals  approved by  waits for\n"
            "churn@v0.0.1  prod   0 of 1     -            approval by bob or carl\n"
        )
        team.be("bob", "bob@sample.org")
        team.ok("approve", "churn", "prod")
        assert "1 of 1     bob          promotion by ann" in team.ok("pending").out
        team.be("carl", "carl@sample.org")
        team.ok("reject", "churn", "prod")
        assert "carl, who rejected it" in team.ok("pending").out

    def test_it_says_what_else_stands_in_the_way(self, team: Team) -> None:
        gate = "{approvals: 1, branches: other, requires: {metrics: {auc: '>= 0.9'}}}"
        team.govern(gate)
        team.commit(annotations=METRICS.format(auc=0.8))
        team.ok("register", "churn")
        team.commit(annotations=METRICS.format(auc=0.95))
        team.ok("register", "churn")
        found = {it["version"]: it["unmet"] for it in self.lines(team)}
        assert [it["rule"] for it in found["v0.0.1"]] == ["metrics"]
        assert found["v0.0.2"] == []
        first, second, header = sorted(team.ok("pending").out.splitlines())
        assert header.endswith("  not met")
        assert f"  metrics: {found['v0.0.1'][0]['reason']}" in first
        assert second.endswith("  -")

    def test_what_is_there_or_below_the_holder_does_not_wait(self, team: Team) -> None:
        team.govern("{from: dev}")
        for _ in range(3):
            team.commit()
            team.ok("promote", "churn", "dev", "--register")
        team.ok("promote", "churn@v0.0.2", "prod")
        team.govern(self.GATE)
        assert [it["version"] for it in self.lines(team)] == ["v0.0.3"]
        team.be("bob", "bob@sample.org")
        team.ok("approve", "churn@v0.0.1", "prod")
        assert {it["version"]: it["have"] for it in self.lines(team, "churn")} == {
            "v0.0.1": 1,
            "v0.0.3": 0,
        }

    def test_the_registrant_is_not_waited_for(self, team: Team) -> None:
        team.govern("{approvals: 1, approvers: [ann, bob]}")
        team.ok("register", "churn")
        assert self.lines(team)[0]["approvers"] == ["bob"]

    def test_json_has_all_of_it(self, team: Team) -> None:
        team.govern("{approvals: 2}")
        team.ok("register", "churn")
        team.ok("approve", "churn", "prod")
        assert self.lines(team) == [
            {
                "artifact": "churn",
                "version": "v0.0.1",
                "stage": "prod",
                "have": 0,
                "need": 2,
                "approved": [],
                "rejected": [],
                "discounted": [["ann", "registered the version"]],
                "unknown": [],
                "approvers": ["bob", "carl"],
                "promoters": ["ann"],  # the two others have to approve
                "unmet": [],
            }
        ]


class TestSharing:
    GATE = "{approvals: 1}"

    @pytest.fixture
    def clones(
        self, make_repository: Maker, tmp_path: Path, people: People, mreg: CommandLine
    ) -> tuple[Team, Team, str]:
        """Ann's and Bob's clones of a remote, where Ann has registered a version; and its URL."""
        shared = share(make_repository, tmp_path, tmp_path.as_uri())
        ann, bob = Team(shared.ann, people, mreg), Team(shared.bob, people, mreg)
        ann.govern(self.GATE)
        ann.repo.git("push", "-q", "origin", "main")
        ann.ok("register", "churn", "--push")
        bob.repo.git("pull", "-q")
        bob.be("bob", "bob@sample.org")
        return ann, bob, shared.url

    def test_an_approval_that_only_the_remote_has_is_fetched_before_it_is_missed(
        self, clones: tuple[Team, Team, str]
    ) -> None:
        ann, bob, _ = clones
        bob.ok("approve", "churn", "prod", "--push")
        assert "approvals: 0 of 1" in ann.refused("promote", "churn", "prod")
        ann.ok("promote", "churn", "prod", "--push")

    def test_a_rejection_that_only_the_remote_has_is_not_passed_over(
        self, clones: tuple[Team, Team, str], mreg: CommandLine
    ) -> None:
        ann, bob, _ = clones
        bob.ok("approve", "churn", "prod", "--push")
        ann.ok("fetch")
        bob.ok("reject", "churn", "prod", "-m", "it leaks", "--push")
        done = mreg("promote", "churn", "prod", "--push", repo=ann.repo)
        assert (done.code, "bob rejects it: it leaks" in done.err) == (1, True)
        bob.ok("approve", "churn", "prod", "--push")
        ann.ok("promote", "churn", "prod", "--push")

    @pytest.mark.parametrize("approved", [True, False])
    def test_a_clone_to_which_approvals_were_never_fetched_says_so(
        self, approved: bool, clones: tuple[Team, Team, str], mreg: CommandLine, tmp_path: Path
    ) -> None:
        """Git clones none; after a fetch it is known what the remote has, were it nothing."""
        _, bob, url = clones
        if approved:
            bob.ok("approve", "churn", "prod", "--push")
        run(tmp_path, "clone", "-q", url, "cloned")
        asked = [["policy", "check", "churn", "prod"], ["pending"], ["promote", "churn", "prod"]]
        warning = "there are no approvals in this clone"
        for arguments in asked:
            assert warning in mreg(*arguments, repo=tmp_path / "cloned").err
        mreg("fetch", repo=tmp_path / "cloned")
        for arguments in asked[:-1]:
            assert warning not in mreg(*arguments, repo=tmp_path / "cloned").err

    def test_by_url_the_policy_is_that_of_the_remote(
        self, clones: tuple[Team, Team, str], mreg: CommandLine, tmp_path: Path
    ) -> None:
        ann, bob, url = clones
        ann.commit(policy="stages: {}")  # which is not published
        for setting, value in use(ann.people["ann"]).items():
            ann.repo.git("config", "--global", setting, value)
        said = mreg("policy", "check", "churn", "prod", "--repo", url, repo=tmp_path)
        assert (said.code, "FAIL approvals: 0 of 1" in said.out) == (1, True)
        assert mreg("promote", "churn", "prod", "--repo", url, repo=tmp_path).code == 1
        bob.ok("approve", "churn", "prod", "--push")
        assert mreg.ok("pending", "--json", "--repo", url, repo=tmp_path).json["pending"][0][
            "approved"
        ] == ["bob"]
        mreg.ok("promote", "churn", "prod", "--repo", url, repo=tmp_path)


def test_the_policy_can_be_shown(team: Team) -> None:
    team.govern('{from: dev, by: bob, approvals: 1, requires: {metrics: {auc: ">= 0.9"}}}')
    assert "prod        dev   bob  1          -         auc >= 0.9\n" in team.ok("policy").out
    found = team.ok("policy", "--json").json
    assert found["settings"]["stages"]["prod"]["from"] == ["dev"]
    assert found["settings"]["stages"]["prod"]["requires"]["bounds"] == [
        {"metric": "auc", "operator": ">=", "value": 0.9}
    ]


def test_the_library_answers_with_values(team: Team) -> None:
    team.govern("{by: bob}")
    team.ok("register", "churn")
    found = Registry.open(team.repo.path).check_policy("churn", "prod")
    assert not found.allowed
    assert [it.rule for it in found.rulings if not it.passed] == ["by"]
