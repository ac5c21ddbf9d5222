"""The rules: what each one says of a case, why, and how it is satisfied."""

from __future__ import annotations

from typing import Any

import pytest

from cases import PAST, annotated, promoted, promotion, settings, signer, word
from handmade import event, history
from mreg.annotations.entry import Annotation, Framework
from mreg.core.diagnostics import problem
from mreg.policy import gates
from mreg.policy.case import Case, InputFact, Ruling, Signer
from mreg.policy.model import Bound, Gate, NoRegression, Requirements, Settings


def rulings(rule: str, gate: Gate, case: Case, **changes: Any) -> list[Ruling]:
    return [it for it in gates.check(settings(gate, **changes), case) if it.rule == rule]


def only(rule: str, gate: Gate, case: Case, **changes: Any) -> Ruling:
    (found,) = rulings(rule, gate, case, **changes)
    return found


def test_without_settings_everything_is_allowed() -> None:
    for action in ("register", "deregister", "promote", "demote", "deprecate"):
        case = promotion(actor=signer("eve", "unsigned", principal=None), action=action)
        assert all(it.passed for it in gates.check(Settings(), case))


def test_every_rule_that_applies_appears_and_no_other() -> None:
    gate = Gate(
        by=("bob",),
        requires=Requirements(
            ("owner",), (Bound("auc", ">=", 0.9),), (NoRegression("auc"),), "staging"
        ),
        branches=("main",),
        after=("staging",),
        approvals=1,
        exclusive=True,
        schema="compatible",
    )
    found = gates.check(settings(gate, types=frozenset({"model"})), promotion())
    assert [it.rule for it in found] == [
        "signature",
        "by",
        "stage",
        "registered",
        "from",
        "type",
        "fields",
        "metrics",
        "no_regression",
        "inputs",
        "schema",
        "branches",
        "exclusive",
        "reject",
        "approvals",
    ]
    bare = gates.check(settings(), promotion())
    assert [it.rule for it in bare] == ["signature", "stage"]


def test_what_fails_says_what_to_do_and_what_passes_does_not() -> None:
    gate = Gate(by=("carol",), approvals=2, after=("staging",), branches=("main",))
    for it in gates.check(settings(gate), promotion()):
        assert it.reason
        assert bool(it.hint) == (not it.passed), it


class TestSignature:
    @pytest.mark.parametrize(
        ("signature", "recorded", "required", "optional"),
        [
            ("good", True, True, True),
            ("unsigned", True, False, True),
            ("untrusted", True, False, True),
            ("bad", True, False, False),
            ("revoked", True, False, False),
            ("unchecked", True, False, True),
            ("unchecked", False, True, True),
            ("unsigned", False, False, True),
        ],
    )
    def test_what_each_is_worth(
        self, signature: str, recorded: bool, required: bool, optional: bool
    ) -> None:
        made = event("churn#prod#1") if recorded else None
        case = promotion(actor=signer("bob", signature), event=made)
        assert only("signature", Gate(), case).passed is required
        assert only("signature", Gate(), case, signatures="optional").passed is optional

    def test_the_reason_names_the_key(self) -> None:
        assert only("signature", Gate(), promotion()).reason == "signed by bob with SHA256:bob"

    def test_the_hint_sets_git_up(self) -> None:
        hint = only("signature", Gate(), promotion(actor=signer("bob", "unsigned"))).hint
        assert "git config user.signingKey" in hint


class TestBy:
    @pytest.mark.parametrize(
        ("who", "passed"),
        [
            (signer("bob"), True),
            (signer("ann"), False),
            (signer("bob", "unsigned"), False),
            (signer("bob", "unchecked"), True),
            (signer("bob", "bad"), False),
            (signer("eve", "untrusted", principal=None), False),
        ],
        ids=["member", "another", "unsigned", "yet to be signed", "bad signature", "stranger"],
    )
    def test_only_who_is_named_may(self, who: Signer, passed: bool) -> None:
        assert only("by", Gate(by=("reviewers",)), promotion(actor=who)).passed is passed

    def test_an_unsigned_address_counts_where_signatures_are_optional(self) -> None:
        case = promotion(actor=signer("bob", "unsigned"), event=event("churn#prod#1"))
        assert only("by", Gate(by=("bob",)), case, signatures="optional").passed

    def test_a_revoked_key_speaks_for_nobody_even_then(self) -> None:
        case = promotion(actor=signer("bob", "revoked"))
        assert not only("by", Gate(by=("bob",)), case, signatures="optional").passed

    def test_it_is_said_who_may(self) -> None:
        found = only("by", Gate(by=("reviewers",)), promotion(actor=signer("ann")))
        assert (found.reason, found.hint) == (
            "ann may not promote to prod",
            "ask bob or carol or dan",
        )

    @pytest.mark.parametrize(("action", "words"), [("demote", "demote from prod")])
    def test_who_may_promote_may_demote(self, action: str, words: str) -> None:
        case = promotion(action=action)
        assert only("by", Gate(by=("bob",)), case).reason == f"bob may {words}"

    @pytest.mark.parametrize("action", ["deregister", "deprecate"])
    def test_who_may_register_may_deregister_and_deprecate(self, action: str) -> None:
        register = Gate(by=("ann",), requires=Requirements(("owner",)))
        case = promotion(action=action, stage=None)
        found = gates.check(settings(register=register), case)
        assert [(it.rule, it.passed) for it in found] == [("signature", True), ("by", False)]


class TestStage:
    def test_one_that_the_policy_does_not_name_is_refused(self) -> None:
        found = only("stage", Gate(), promotion(stage="prd"))
        assert not found.passed
        assert found.hint == "did you mean prod?"

    def test_what_is_there_already_may_be_demoted(self) -> None:
        assert rulings("stage", Gate(), promotion(action="demote", stage="old")) == []

    def test_without_a_list_any_is_allowed(self) -> None:
        assert rulings("stage", Gate(), promotion(stage="any"), stages=None) == []


class TestRegistered:
    def test_a_bare_commit_fails_where_the_gate_asks_anything(self) -> None:
        case = promotion(version=None, registration=None)
        found = only("registered", Gate(exclusive=True), case)
        assert not found.passed
        assert found.hint == "mreg register churn zzzzzzzzzzzz"

    def test_it_passes_where_it_asks_nothing(self) -> None:
        assert rulings("registered", Gate(), promotion(version=None, registration=None)) == []


class TestFrom:
    GATE = Gate(after=("dev", "staging"))

    def verdict(self, *tags: Any) -> bool:
        past = history(*tags)
        return only("from", self.GATE, promotion(past)).passed

    def test_a_version_that_holds_the_stage_passes(self) -> None:
        assert self.verdict(event("churn@v1.0.0"), promoted("churn#staging#1", 1))

    def test_so_does_one_that_has_held_it(self) -> None:
        demoted = promoted("churn#staging!#2", 2)
        assert self.verdict(event("churn@v1.0.0"), promoted("churn#staging#1", 1), demoted)

    def test_another_version_in_the_stage_does_not_help(self) -> None:
        other = promoted("churn#staging#1", 2, "v2.0.0", "b")
        both = (event("churn@v1.0.0"), event("churn@v2.0.0", 1, "b"))
        assert not self.verdict(*both, other)

    def test_what_it_held_before_it_was_registered_again_does_not_count(self) -> None:
        past = [
            event("churn@v1.0.0"),
            promoted("churn#staging#1", 1),
            event("churn@v1.0.0!#2", 2),
            event("churn@v1.0.0#3", 3),
        ]
        assert not self.verdict(*past)
        assert self.verdict(*past, promoted("churn#dev#4", 4))

    def test_a_bare_commit_that_became_the_version_counts(self) -> None:
        assert self.verdict(event("churn#staging#1", 0), event("churn@v1.0.0", 1))

    def test_the_hint_is_the_first_stage(self) -> None:
        hint = only("from", self.GATE, promotion()).hint
        assert hint == "mreg promote churn@v1.0.0 dev"


class TestApprovals:
    GATE = Gate(approvals=2, approvers=("reviewers",))

    def ruling(self, *words: Any, gate: Gate = GATE, **changes: Any) -> Ruling:
        case = promotion(approvals=words, actor=signer("dan"))
        return only("approvals", gate, case, **changes)

    def test_enough_different_principals_pass(self) -> None:
        found = self.ruling(word("bob"), word("carol"))
        assert found == Ruling("approvals", True, "2 of 2; bob, carol")

    def test_whose_word_no_signature_proves_is_called_unverified(self) -> None:
        unsigned = signer("bob")._replace(signature="unsigned")
        found = self.ruling(word("bob", signer=unsigned), word("carol"), signatures="optional")
        assert found.reason == "2 of 2; bob (unverified), carol"

    def test_a_rollback_that_lacks_one_may_be_a_demotion(self) -> None:
        past = history(
            event("churn@v1.0.0"),
            event("churn@v2.0.0", 1, "b"),
            promoted("churn#prod#1", 2, "v1.0.0", "a"),
            promoted("churn#prod#2", 3, "v2.0.0", "b"),
        )
        gate = Gate(approvals=1, by=("bob",))
        hint = only("approvals", gate, promotion(past, rollback=True)).hint
        assert hint.endswith("; or mreg demote churn@v2.0.0 prod, which needs no approval")
        assert "demote" not in only("approvals", gate, promotion(past)).hint
        carol = promotion(past, rollback=True, actor=signer("carol"))
        assert "demote" not in only("approvals", gate, carol).hint

    def test_one_is_not_enough_and_it_is_said_who_may(self) -> None:
        found = self.ruling(word("bob"))
        assert found == Ruling(
            "approvals", False, "1 of 2; bob", "mreg approve churn@v1.0.0 prod, by carol"
        )

    @pytest.mark.parametrize(
        ("bad", "why"),
        [
            (word("carol", fault="the ref was moved"), "the ref was moved"),
            (word("carol", registration="0" * 40), "it is for another registration of v1.0.0"),
            (word("carol", version="v0.9.0"), "it is for churn v0.9.0 and prod"),
            (word("carol", stage="staging"), "it is for churn v1.0.0 and staging"),
            (word("carol", artifact="fraud"), "it is for fraud v1.0.0 and prod"),
            (
                word("carol", signer=signer("carol", "unsigned", why="")),
                "not signed with one of their keys: unsigned",
            ),
            (word("carol", signer=signer("bob")), "made by bob"),
            (word("ann"), "not among the approvers"),
            (word("dan"), "promotes it"),
        ],
        ids=lambda it: it if isinstance(it, str) else "",
    )
    def test_what_does_not_count_is_named_with_why(self, bad: Any, why: str) -> None:
        found = self.ruling(word("bob"), bad)
        assert found.reason == f"1 of 2; bob; {bad.principal} does not count ({why})"
        assert not found.passed

    def test_the_registrant_does_not_count_unless_it_is_said(self) -> None:
        gate = Gate(approvals=1)
        assert (
            "ann does not count (registered the version)"
            in self.ruling(word("ann"), gate=gate).reason
        )
        assert self.ruling(word("ann"), gate=gate._replace(self_approval=True)).passed

    def test_a_claimed_address_is_enough_to_be_the_registrant(self) -> None:
        """Who registered under another's address does not approve it as themselves."""
        claimed = signer("ann", "unsigned", principal=None, email="BOB@example.com")
        case = promotion(approvals=(word("bob"),), registrant=claimed, actor=signer("dan"))
        found = only("approvals", Gate(approvals=1), case)
        assert found.reason == "0 of 1; bob does not count (registered the version)"

    def test_two_proven_principals_may_share_an_address(self) -> None:
        shared = "robot@example.com"
        bob = word("bob", signer=signer("bob", email=shared))
        case = promotion(approvals=(bob,), registrant=signer("ann", email=shared))
        assert only("approvals", Gate(approvals=1), case._replace(actor=signer("dan"))).passed

    def test_a_bad_signature_does_not_count_where_none_is_needed(self) -> None:
        bad = word("bob", signer=signer("bob", "bad", why="does not match the content"))
        found = self.ruling(bad, gate=Gate(approvals=1), signatures="optional")
        assert found.reason == "0 of 1; bob does not count (does not match the content)"

    def test_nobody_speaks_for_a_principal_by_the_name_of_the_ref_alone(self) -> None:
        eve = signer("eve", "unsigned", principal=None)
        found = self.ruling(word("bob", signer=eve), gate=Gate(approvals=1), signatures="optional")
        assert found.reason == "0 of 1; bob does not count (made by eve@example.com)"

    def test_everybody_goes_by_their_address_where_there_are_no_principals(self) -> None:
        eve = word("eve@x.org", signer=signer("eve", "unsigned", principal=None, email="Eve@x.org"))
        gate = Gate(approvals=1)
        assert not self.ruling(eve, gate=gate, signatures="optional").passed
        assert self.ruling(eve, gate=gate, signatures="optional", principals={}).passed
        other = eve._replace(principal="bob@x.org")
        assert not self.ruling(other, gate=gate, signatures="optional", principals={}).passed
        hint = self.ruling(gate=gate, signatures="optional", principals={}).hint
        assert hint == "mreg approve churn@v1.0.0 prod, by anyone else"

    def test_it_is_said_when_there_are_too_few_approvers(self) -> None:
        found = self.ruling(gate=Gate(approvals=3, approvers=("dan", "carol")))
        assert found.hint == (
            "mreg approve churn@v1.0.0 prod: only carol may; add more in .mreg.yaml"
        )

    def test_who_is_needed_as_an_approver_lets_another_promote(self) -> None:
        """Of Dan, who promotes here, and Carol, both have to approve."""
        gate = Gate(approvals=2, approvers=("dan", "carol"))
        how, who = "mreg approve churn@v1.0.0 prod, by", "mreg promote churn@v1.0.0 prod, by"
        assert self.ruling(gate=gate).hint == f"{how} carol and dan; then {who} ann"
        assert self.ruling(word("dan"), gate=gate).hint == f"{how} carol; then {who} ann"
        both = (word("carol"), word("dan"))
        assert self.ruling(*both, gate=gate).hint == f"{who} ann"
        assert self.ruling(*both, gate=gate._replace(by=("bob",))).hint == f"{who} bob"
        only_dan = gate._replace(by=("dan",))
        assert self.ruling(*both, gate=only_dan).hint.endswith("; add more in .mreg.yaml")


class TestReject:
    GATE = Gate(approvals=1, approvers=("reviewers",))

    def test_an_approver_blocks_however_many_approve(self) -> None:
        no = word("carol", "reject", message="biased\n\nsee the report")
        case = promotion(approvals=(word("dan"), no))
        assert only("approvals", self.GATE, case).passed
        found = only("reject", self.GATE, case)
        assert (found.passed, found.reason) == (False, "carol rejects it: biased")
        assert found.hint == "mreg approve churn@v1.0.0 prod, by carol, withdraws the rejection"

    @pytest.mark.parametrize("who", ["ann", "eve"])
    def test_nobody_else_does(self, who: str) -> None:
        case = promotion(approvals=(word(who, "reject"),))
        assert only("reject", self.GATE, case).passed

    def test_the_registrant_may_stop_it(self) -> None:
        case = promotion(approvals=(word("ann", "reject"),))
        assert not only("reject", Gate(approvals=1), case).passed

    def test_words_bear_on_nothing_where_no_approval_is_asked_for(self) -> None:
        assert rulings("reject", Gate(), promotion(approvals=(word("ann", "reject"),))) == []


class TestExclusive:
    GATE = Gate(exclusive=True)
    FULL = history(
        event("churn@v1.0.0"),
        event("churn@v2.0.0", 1, "b"),
        promoted("churn#prod#1", 2, "v2.0.0", "b"),
    )

    def test_an_empty_stage_has_room(self) -> None:
        assert only("exclusive", self.GATE, promotion()).passed

    def test_another_holder_is_in_the_way(self) -> None:
        found = only("exclusive", self.GATE, promotion(self.FULL))
        assert found == Ruling(
            "exclusive",
            False,
            "prod allows only one version, and has v2.0.0",
            "mreg demote churn@v2.0.0 prod",
        )

    @pytest.mark.parametrize("head", ["a", "z"])
    def test_a_bare_commit_leaves_with_everything_else(self, head: str) -> None:
        """To demote what the stage holds would take away the version in front of it."""
        bare, known = event("churn#prod#1", 2, "z"), promoted("churn#prod#2", 2, "v2.0.0", "b")
        tags = [event("churn@v1.0.0"), event("churn@v2.0.0", 1, "b"), bare, known]
        if head == "z":
            tags.append(event("churn#prod#3", 3, "z"))
        found = only("exclusive", self.GATE, promotion(history(*tags)))
        assert found.hint == "mreg demote churn prod --all; mreg promote churn@v1.0.0 prod"

    def test_the_version_itself_is_not(self) -> None:
        assert only("exclusive", self.GATE, promotion(self.FULL, "v2.0.0")).passed

    def test_what_a_rollback_takes_out_is_not(self) -> None:
        assert only("exclusive", self.GATE, promotion(self.FULL, rollback=True)).passed


class TestBranches:
    GATE = Gate(branches=("main", "release/*"))

    def test_one_of_them_is_enough(self) -> None:
        found = only("branches", self.GATE, promotion(branches={"main": False, "release/*": True}))
        assert (found.passed, found.reason) == (True, "commit aaaaaaaaaaaa is in release/*")

    def test_none_of_them_fails_and_those_that_are_not_there_are_named(self) -> None:
        found = only("branches", self.GATE, promotion(branches={"main": False}))
        assert not found.passed
        assert found.reason == (
            "commit aaaaaaaaaaaa is not in main or release/* (there is no branch release/* here)"
        )

    @pytest.mark.parametrize(
        ("pattern", "branch", "meant"),
        [
            ("main", "main", True),
            ("main", "mainly", False),
            ("main", "main/x", False),
            ("release/*", "release/1.0", True),
            ("release/*", "release/1/rc", True),
            ("release/*", "release", False),
            ("*", "any/thing", True),
            ("r*-ok", "release-ok", True),
            ("r.lease", "release", False),
            ("[m]ain", "main", False),
        ],
    )
    def test_a_star_is_any_text_and_all_else_is_itself(
        self, pattern: str, branch: str, meant: bool
    ) -> None:
        assert gates.matches(pattern, branch) is meant


class TestFields:
    @pytest.mark.parametrize(
        ("field", "annotation", "there"),
        [
            ("owner", annotated(owner="ann"), True),
            ("owner", annotated(owner=" "), False),
            ("owner", annotated(), False),
            ("labels", annotated(labels=()), False),
            ("labels", annotated(labels=("x",)), True),
            ("framework.name", annotated(framework=Framework("torch")), True),
            ("framework.version", annotated(framework=Framework("torch")), False),
            ("metrics.auc", annotated(metrics={"auc": 0}), True),
            ("metrics.f1", annotated(metrics={"auc": 1}), False),
            ("metrics.train.auc", annotated(metrics={"train.auc": 1}), True),
            ("custom.ticket", annotated(custom={"ticket": "ML-1"}), True),
            ("custom.a.b.c", annotated(custom={"a": {"b.c": False}}), True),
            ("custom.ticket.id", annotated(custom={"ticket": "ML-1"}), False),
            ("custom.ticket", annotated(custom={"ticket": ""}), False),
            ("custom.ticket", annotated(custom=["ticket"]), False),
        ],
    )
    def test_a_field_is_there_or_not(self, field: str, annotation: Annotation, there: bool) -> None:
        gate = Gate(requires=Requirements((field,)))
        assert only("fields", gate, promotion(annotation=annotation)).passed is there

    def test_it_is_said_why_nothing_is_there(self) -> None:
        gate = Gate(requires=Requirements(("owner",)))
        assert only("fields", gate, promotion()).reason == (
            "owner is missing: churn is not annotated in its commit"
        )
        assert only("fields", gate, promotion(unreadable="line 3: no")).reason == (
            "owner is missing: its annotation cannot be read: line 3: no"
        )


class TestMetrics:
    @pytest.mark.parametrize(
        ("bound", "value", "kept"),
        [
            (Bound("auc", ">=", 0.9), 0.9, True),
            (Bound("auc", ">=", 0.9), 0.89, False),
            (Bound("auc", ">", 0.9), 0.9, False),
            (Bound("auc", ">", 0.9), 1, True),
            (Bound("auc", "<=", 0.9), 0.9, True),
            (Bound("auc", "<", 0.9), 0.9, False),
            (Bound("auc", "==", 1), 1.0, True),
            (Bound("auc", ">=", 0.9), float("nan"), False),
            (Bound("auc", "<", 0.9), float("nan"), False),
            (Bound("auc", "==", float("nan")), float("nan"), False),
        ],
    )
    def test_a_bound_is_kept_or_not(self, bound: Bound, value: float, kept: bool) -> None:
        gate = Gate(requires=Requirements(bounds=(bound,)))
        case = promotion(annotation=annotated(metrics={"auc": value}))
        assert only("metrics", gate, case).passed is kept

    def test_a_missing_metric_fails_with_what_kept_it_from_being_read(self) -> None:
        gate = Gate(requires=Requirements(bounds=(Bound("auc", ">=", 0.9),)))
        unread = problem("MR021", "churn@v1.0.0", "m.json: it is not in its commit")
        case = promotion(annotation=annotated(problems=(unread,)))
        assert only("metrics", gate, case).reason == (
            "auc is missing, but must be >= 0.9 (m.json: it is not in its commit)"
        )


class TestNoRegression:
    FULL = TestExclusive.FULL

    def ruling(
        self, now: dict[str, float], before: dict[str, float], wanted: NoRegression, **changes: Any
    ) -> Ruling:
        case = promotion(
            self.FULL, annotation=annotated(metrics=now), holder=annotated(metrics=before)
        )
        gate = Gate(requires=Requirements(no_regression=(wanted,)))
        return only("no_regression", gate, case._replace(**changes))

    @pytest.mark.parametrize(
        ("now", "before", "tolerance", "better", "passed"),
        [
            (0.9, 0.9, 0, "higher", True),
            (0.89, 0.9, 0, "higher", False),
            (0.89, 0.9, 0.01, "higher", True),
            (0.8899, 0.9, 0.01, "higher", False),
            (0.3, 0.1, 0.2, "lower", True),  # 0.3 - 0.1 is more than 0.2 in binary
            (0.31, 0.1, 0.2, "lower", False),
            (5, 6, 0, "lower", True),
            (float("nan"), 0.9, 1, "higher", False),
            (float("inf"), 0.9, 1, "higher", False),
            (0.9, float("nan"), 1, "higher", True),  # as where the holder has no such metric
            (0.9, float("inf"), 0, "higher", True),
        ],
    )
    def test_it_may_be_as_much_worse_as_is_tolerated(
        self, now: float, before: float, tolerance: float, better: Any, passed: bool
    ) -> None:
        wanted = NoRegression("auc", tolerance, better)
        assert self.ruling({"auc": now}, {"auc": before}, wanted).passed is passed

    def test_what_is_missing_fails_where_the_holder_has_it(self) -> None:
        wanted = NoRegression("auc", 0, "higher")
        assert not self.ruling({}, {"auc": 1}, wanted).passed
        found = self.ruling({"auc": 1}, {}, wanted)
        assert (found.passed, found.reason) == (True, "v2.0.0 has no auc to compare with")

    def test_without_a_holder_there_is_nothing_to_compare_with(self) -> None:
        gate = Gate(requires=Requirements(no_regression=(NoRegression("auc"),)))
        assert only("no_regression", gate, promotion()).passed

    def test_a_rollback_is_not_compared(self) -> None:
        gate = Gate(requires=Requirements(no_regression=(NoRegression("auc"),)))
        assert rulings("no_regression", gate, promotion(self.FULL, rollback=True)) == []

    def test_a_direction_that_nobody_knows_fails_with_where_to_say_it(self) -> None:
        found = self.ruling({"zork": 1}, {"zork": 1}, NoRegression("zork"))
        assert not found.passed
        assert "no_regression: {zork: {better: higher}}" in found.hint


class TestInputs:
    GATE = Gate(requires=Requirements(inputs="prod"))

    @pytest.mark.parametrize(
        ("holds", "passed"),
        [(frozenset({"dev", "prod"}), True), (frozenset({"dev"}), False), (None, False)],
    )
    def test_each_has_to_hold_the_stage(self, holds: frozenset[str] | None, passed: bool) -> None:
        facts = (InputFact("good@v1.0.0", frozenset({"prod"})), InputFact("data@v2.0.0", holds))
        found = rulings("inputs", self.GATE, promotion(annotation=annotated(), inputs=facts))
        assert [it.passed for it in found] == [True, passed]

    def test_none_is_all_well_but_not_where_they_are_unknown(self) -> None:
        assert only("inputs", self.GATE, promotion(annotation=annotated())).passed
        assert not only("inputs", self.GATE, promotion()).passed


class TestType:
    def ruling(self, **changes: Any) -> Ruling:
        case = promotion(PAST, **changes)
        return only("type", Gate(), case, types=frozenset({"model", "dataset"}))

    def test_one_that_is_not_allowed_fails(self) -> None:
        assert self.ruling(annotation=annotated(type="model")).passed
        assert not self.ruling(annotation=annotated(type="mdoel")).passed

    def test_none_is_no_wrong_type_but_one_that_cannot_be_read_may_be(self) -> None:
        assert self.ruling().passed
        assert self.ruling(annotation=annotated()).passed
        assert not self.ruling(unreadable="line 1: no").passed


class TestTags:
    def test_a_wish_has_no_tag_to_judge(self) -> None:
        found = {it.rule for it in gates.check(settings(), promotion())}
        assert not found & set(gates.TAG_RULES)

    def test_each_fault_of_a_recorded_one_fails_its_rule_and_the_others_pass(self) -> None:
        made = event("churn#prod#1")
        for rule in gates.TAG_RULES:
            case = promotion(event=made, faults={rule: "it is wrong"})
            found = {it.rule: it for it in gates.check(settings(), case)}
            assert set(gates.TAG_RULES) <= set(found)
            assert [it for it in gates.TAG_RULES if not found[it].passed] == [rule]

    def test_rules_that_ask_nothing_of_it_do_not_appear(self) -> None:
        case = promotion(event=event("churn@v1.0.0"), action="register", stage=None)
        found = {it.rule for it in gates.check(settings(registry=None), case)}
        assert not found & {"registry", "registration"}
