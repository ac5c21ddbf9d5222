"""Plans: which tag says what a person wants, or why there will be none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from handmade import commit, event, events, ground, history
from mreg.core import plans, tagobject
from mreg.core.outcomes import Existing
from mreg.core.plans import Ground, Plan
from mreg.core.replay import History
from mreg.core.versions import Bump
from mreg.errors import InvalidName, MregError, NotFound, Refused, UsageError
from repositories import START

EMPTY = history()
NOW = 100

V1 = history(("churn@v1.0.0", "a"))
"""v1.0.0, registered."""

BOTH = history(("churn@v1.0.0", "a"), ("churn@v2.0.0", "b"), ("churn#prod#1", "b"))
"""v1.0.0, and v2.0.0 in prod."""


def next_tag(past: History, **wanted: Any) -> str:
    return plans.register(ground(past), commit("z"), **wanted).tag


class TestRegister:
    def test_a_plan_says_everything_about_the_tag(self) -> None:
        assert plans.register(ground(EMPTY), commit("a"), message="first try") == Plan(
            "register",
            "churn",
            "v0.0.1",
            None,
            "churn@v0.0.1",
            commit("a"),
            "Register churn v0.0.1\n\nfirst try\n\nPrevious: none\n",
            START + NOW,
        )

    @pytest.mark.parametrize(
        ("bump", "version"),
        [
            (None, "v0.0.1"),
            ("patch", "v0.0.1"),
            ("minor", "v0.1.0"),
            ("major", "v1.0.0"),
            ("prerelease", "v0.0.1-rc.1"),
            ("release", "v0.0.1"),
        ],
    )
    def test_the_first_version_is_what_the_bump_asks_for(
        self, bump: Bump | None, version: str
    ) -> None:
        assert next_tag(EMPTY, bump=bump) == f"churn@{version}"

    @pytest.mark.parametrize(
        ("bump", "version"),
        [
            (None, "v1.0.1"),
            ("minor", "v1.1.0"),
            ("major", "v2.0.0"),
            ("prerelease", "v1.0.1-rc.1"),
        ],
    )
    def test_a_later_version_follows_from_the_latest(self, bump: Bump | None, version: str) -> None:
        assert next_tag(V1, bump=bump) == f"churn@{version}"

    @pytest.mark.parametrize(("bump", "version"), [("prerelease", "v1.0.0-rc.2"), (None, "v1.0.0")])
    def test_a_prerelease_is_followed_by_the_next_or_its_release(
        self, bump: Bump | None, version: str
    ) -> None:
        assert next_tag(history("churn@v1.0.0-rc.1"), bump=bump) == f"churn@{version}"

    def test_it_follows_the_latest_active_version_not_the_last_registered(self) -> None:
        past = history(
            ("churn@v3.0.0", "a"), ("churn@v2.0.0", "b"), ("churn@v1.0.0", "c"), "churn@v3.0.0!"
        )
        assert next_tag(past) == "churn@v2.0.1"

    def test_a_deregistered_version_is_not_used_again_by_itself(self) -> None:
        past = history("churn@v1.0.0", ("churn@v1.0.1", "b"), ("churn@v1.0.1!", "b"))
        assert next_tag(past) == "churn@v1.0.2"

    def test_a_first_version_that_was_deregistered_is_not_used_again_either(self) -> None:
        assert next_tag(history("churn@v0.0.1", "churn@v0.0.1!")) == "churn@v0.0.2"

    def test_a_deregistered_version_can_be_asked_for_and_is_numbered(self) -> None:
        past = history("churn@v1.0.0", "churn@v1.0.0!")
        assert next_tag(past, version="v1.0.0") == "churn@v1.0.0#1"

    def test_the_v_may_be_left_out(self) -> None:
        assert next_tag(EMPTY, version="1.2.0") == "churn@v1.2.0"

    def test_a_directory_is_written_with_an_equals_sign(self) -> None:
        assert next_tag(History("models:churn", [])) == "models=churn@v0.0.1"

    def test_force_gives_a_commit_a_second_version(self) -> None:
        plan = plans.register(ground(V1), commit("a"), force=True)
        assert plan.tag == "churn@v1.0.1"


class TestRegisterRefused:
    @pytest.mark.parametrize(
        ("past", "wanted", "error", "message", "hint"),
        [
            (
                V1,
                {"version": "v1.0.0"},
                Refused,
                "churn v1.0.0 is already registered, by Ann Example at 2023-11-14 22:13Z, commit",
                "choose another --version",
            ),
            (V1, {"bump": "release"}, Refused, "v1.0.0 is already a release", "--bump patch"),
            (
                V1,
                {"version": "v2.0.0", "bump": "major"},
                UsageError,
                "--version and --bump cannot be used together",
                "",
            ),
            (V1, {"version": "2"}, InvalidName, "'2' is not a version", "three numbers"),
            (
                history("churn@v1.0.0-rc.1", "churn@v1.0.0", "churn@v1.0.0!"),
                {"bump": "release"},
                Refused,
                "churn v1.0.0 was registered before, then deregistered",
                "--version v1.0.0",
            ),
            (
                History("ch urn", []),
                {},
                InvalidName,
                "'ch urn' is not an artifact name",
                "letters, digits",
            ),
        ],
    )
    def test_with_reason_and_hint(
        self, past: History, wanted: dict[str, Any], error: type[MregError], message: str, hint: str
    ) -> None:
        with pytest.raises(error) as refused:
            next_tag(past, **wanted)
        assert message in str(refused.value)
        assert hint in refused.value.hint

    def test_a_second_version_at_a_commit(self) -> None:
        with pytest.raises(Refused, match=r"commit aaaaaaaaaaaa is already churn v1\.0\.0") as it:
            plans.register(ground(V1), commit("a"), version="v1.1.0")
        assert "--force" in it.value.hint

    def test_a_commit_whose_version_was_deregistered_is_free(self) -> None:
        past = history("churn@v1.0.0", "churn@v1.0.0!")
        assert plans.register(ground(past), commit("a")).version == "v0.0.1"

    @pytest.mark.parametrize("other", ["Churn@v1.0.0", "CHURN#prod#1", "churN@deprecated"])
    def test_a_new_name_that_differs_from_another_in_case_alone(self, other: str) -> None:
        with pytest.raises(Refused, match="only in case") as refused:
            plans.register(ground(EMPTY, other), commit("a"))
        assert other[:5] in refused.value.hint

    def test_a_name_that_begins_like_another_is_free(self) -> None:
        found = plans.register(ground(EMPTY, "Churn-2@v1.0.0", "CHURNS@v1.0.0"), commit("a"))
        assert found.tag == "churn@v0.0.1"

    def test_an_artifact_that_has_a_twin_already_can_go_on(self) -> None:
        assert plans.register(ground(V1, "Churn@v1.0.0"), commit("z")).tag == "churn@v1.0.1"

    @pytest.mark.parametrize("other", ["churn@v0.0.1/x", "churn@v0.0.1/x/y"])
    def test_a_tag_that_another_needs_for_a_folder(self, other: str) -> None:
        with pytest.raises(Refused, match="folder of the other") as refused:
            plans.register(ground(EMPTY, other), commit("a"))
        assert "choose another name" in refused.value.hint

    @pytest.mark.parametrize("other", ["nlp", "nlp/models"])
    def test_a_tag_that_needs_another_for_a_folder(self, other: str) -> None:
        with pytest.raises(Refused, match=f"together with the tag {other}"):
            plans.register(ground(History("nlp/models/churn", []), other), commit("a"))


class TestPromote:
    def test_a_promotion_names_its_version_and_what_came_before(self) -> None:
        plan = plans.promote(ground(BOTH), "v1.0.0", "prod", message="back")
        assert plan[:6] == ("promote", "churn", "v1.0.0", "prod", "churn#prod#2", commit("a"))
        first, *_, last = (dated.event.oid for dated in BOTH.timeline)
        assert plan.message == (
            "Promote churn v1.0.0 to prod\n\nback\n\n"
            f"Version: v1.0.0\nRegistration: {first}\nPrevious: {last}\n"
        )

    def test_it_names_the_current_registration_of_its_version(self) -> None:
        past = history("churn@v1.0.0", "churn@v1.0.0!#1", "churn@v1.0.0#2")
        message = plans.promote(ground(past), "v1.0.0", "prod").message
        assert f"\nRegistration: {past.timeline[-1].event.oid}\n" in message

    def test_every_event_bears_the_id_of_its_registry(self) -> None:
        where = ground(BOTH)._replace(registry="acme-models")
        made = [
            plans.register(where, commit("c")),
            plans.deregister(where, "v1.0.0"),
            plans.promote(where, "v1.0.0", "prod"),
            plans.demote(where, "v2.0.0", "prod"),
            plans.deprecate(where, commit("a")),
        ]
        assert all(it.message.endswith("\nRegistry: acme-models\n") for it in made)
        assert "Registry" not in plans.deregister(ground(BOTH), "v1.0.0").message

    def test_what_is_behind_the_holder_can_be_promoted(self) -> None:
        past = history(
            ("churn@v1.0.0", "a"), ("churn@v2.0.0", "b"), ("churn#p#1", "a"), ("churn#p#2", "b")
        )
        assert plans.promote(ground(past), "v1.0.0", "p").tag == "churn#p#3"

    def test_force_promotes_what_is_current_already(self) -> None:
        plan = plans.promote(ground(BOTH), "v2.0.0", "prod", force=True)
        assert plan.tag == "churn#prod#2"

    @pytest.mark.parametrize(
        ("past", "version", "stage", "error", "message", "hint"),
        [
            (BOTH, "v2.0.0", "prod", Existing, "churn v2.0.0 is already in prod", "churn#prod#1"),
            (BOTH, "v3.0.0", "prod", NotFound, "churn has no version v3.0.0", "did you mean"),
            (BOTH, "v1.0.0", "pr od", InvalidName, "'pr od' is not a stage name", "letters"),
            (EMPTY, "v1.0.0", "prod", NotFound, "no artifact 'churn'", "mreg register churn"),
            (
                history("churn@v1.0.0", "churn@v1.0.0!"),
                "v1.0.0",
                "prod",
                Refused,
                "churn v1.0.0 was deregistered",
                "mreg register churn REV --version v1.0.0",
            ),
            (BOTH, "v1.0.0", "Prod", Refused, "Prod differs from the stage prod", "to prod"),
        ],
    )
    def test_refused_with_reason_and_hint(
        self,
        past: History,
        version: str,
        stage: str,
        error: type[MregError],
        message: str,
        hint: str,
    ) -> None:
        with pytest.raises(error) as refused:
            plans.promote(ground(past), version, stage)
        assert message in str(refused.value)
        assert hint in refused.value.hint


class TestDemote:
    def test_the_holder_is_taken_out(self) -> None:
        plan = plans.demote(ground(BOTH), "v2.0.0", "prod")
        assert plan[:6] == ("demote", "churn", "v2.0.0", "prod", "churn#prod!#2", commit("b"))
        assert plan.message.startswith("Demote churn v2.0.0 from prod\n\nVersion: v2.0.0\n")

    def test_a_bare_commit_is_taken_out(self) -> None:
        plan = plans.demote(ground(history(("churn#prod#1", "c"))), commit("c"), "prod")
        assert (plan.version, plan.commit) == (None, commit("c"))
        assert plan.message.startswith("Demote churn cccccccccccc from prod\n\nPrevious: ")

    @pytest.mark.parametrize(
        ("version", "stage", "message", "hint"),
        [
            (
                "v1.0.0",
                "prod",
                "churn v1.0.0 is not in prod",
                "prod holds v2.0.0: run `mreg demote",
            ),
            ("v1.0.0", "dev", "churn v1.0.0 is not in dev", "churn has no version in dev"),
            ("c" * 40, "dev", f"churn {'c' * 40} is not in dev", "churn has no version in dev"),
        ],
    )
    def test_refused_with_reason_and_hint(
        self, version: str, stage: str, message: str, hint: str
    ) -> None:
        with pytest.raises(Refused) as refused:
            plans.demote(ground(BOTH), version, stage)
        assert str(refused.value) == message
        assert hint in refused.value.hint


class TestRollback:
    PAST = history(
        ("churn@v1.0.0", "a"), ("churn@v2.0.0", "b"), ("churn#prod#1", "a"), ("churn#prod#2", "b")
    )

    def test_it_promotes_who_held_the_stage_before(self) -> None:
        plan = plans.rollback(ground(self.PAST), "prod")
        assert plan[:6] == ("promote", "churn", "v1.0.0", "prod", "churn#prod#3", commit("a"))
        found = tagobject.message(plan.message.encode())
        assert found.body == "Roll back from v2.0.0 to v1.0.0"
        assert found.trailers["Rollback"] == "v2.0.0"
        assert found.trailers["Version"] == "v1.0.0"

    def test_a_message_takes_the_place_of_ours(self) -> None:
        plan = plans.rollback(ground(self.PAST), "prod", message="it leaks")
        assert tagobject.message(plan.message.encode()).body == "it leaks"

    def test_a_bare_commit_can_be_rolled_back_from(self) -> None:
        past = history(("churn@v1.0.0", "a"), ("churn#prod#1", "a"), ("churn#prod#2", "c"))
        plan = plans.rollback(ground(past), "prod")
        assert plan.version == "v1.0.0"
        assert f"Rollback: {commit('c')}" in plan.message

    @pytest.mark.parametrize(
        ("past", "error", "message", "hint"),
        [
            (V1, NotFound, "churn has no version in prod", "mreg history churn --stage prod"),
            (
                BOTH,
                Refused,
                "no other version of churn held prod before v2.0.0",
                (
                    "run `mreg promote churn@v1.0.0 prod` to use v1.0.0; "
                    "run `mreg demote churn#prod` to empty the stage"
                ),
            ),
            (
                history(
                    *(it.event for it in PAST.timeline),
                    event("churn#prod#3", 4, "a", trailers={"Rollback": "v2.0.0"}),
                ),
                Refused,
                ("no earlier version of churn is left in prod: v2.0.0 was rolled back"),
                (
                    "run `mreg promote churn@v2.0.0 prod` to restore v2.0.0 anyway; "
                    "run `mreg demote churn#prod` to empty the stage"
                ),
            ),
            (
                history(*(it.event for it in PAST.timeline), event("churn@v1.0.0!", 4, "a")),
                Refused,
                "is left in prod: v1.0.0 was deregistered",
                "run `mreg demote churn#prod` to empty the stage",
            ),
            (
                history(("churn@v2.0.0", "b"), ("churn#prod#1", "c"), ("churn#prod#2", "b")),
                Refused,
                f"{commit('c')}, which held prod before, is not a registered version of churn",
                f"run `mreg register churn {commit('c')[:12]}`, then roll back",
            ),
        ],
    )
    def test_refused_with_reason_and_hint(
        self, past: History, error: type[MregError], message: str, hint: str
    ) -> None:
        with pytest.raises(error, match=message) as refused:
            plans.rollback(ground(past), "prod")
        assert hint in refused.value.hint


class TestDeregister:
    def test_it_points_to_the_versions_commit(self) -> None:
        plan = plans.deregister(ground(BOTH), "v1.0.0", message="leaks")
        assert plan[:6] == ("deregister", "churn", "v1.0.0", None, "churn@v1.0.0!", commit("a"))
        assert plan.message.startswith("Deregister churn v1.0.0\n\nleaks\n\nPrevious: ")

    def test_a_second_time_it_is_numbered(self) -> None:
        past = history("churn@v1.0.0", "churn@v1.0.0!", "churn@v1.0.0#1")
        assert plans.deregister(ground(past), "v1.0.0").tag == "churn@v1.0.0!#2"

    @pytest.mark.parametrize(
        ("past", "error", "message"),
        [
            (V1, NotFound, "churn has no version v9.9.9"),
            (EMPTY, NotFound, "there is no artifact 'churn'"),
            (
                history("churn@v9.9.9", "churn@v9.9.9!"),
                Existing,
                "churn v9.9.9 is already deregistered",
            ),
        ],
    )
    def test_refused(self, past: History, error: type[MregError], message: str) -> None:
        with pytest.raises(error, match=message) as refused:
            plans.deregister(ground(past), "v9.9.9")
        assert refused.value.hint


class TestDeprecate:
    def test_it_is_planned(self) -> None:
        plan = plans.deprecate(ground(V1), commit("a"), message="use churn2")
        assert plan[:5] == ("deprecate", "churn", None, None, "churn@deprecated")
        assert plan.message.startswith("Deprecate churn\n\nuse churn2\n\nPrevious: ")

    def test_a_second_time_it_is_numbered(self) -> None:
        past = history("churn@v1.0.0", "churn@deprecated", ("churn@v2.0.0", "b"), "churn#prod#4")
        assert plans.deprecate(ground(past), commit("a")).tag == "churn@deprecated#5"

    def test_what_is_deprecated_already_is_said(self) -> None:
        past = history("churn@v1.0.0", "churn@deprecated")
        with pytest.raises(Existing, match="churn is already deprecated") as existing:
            plans.deprecate(ground(past), commit("a"))
        assert existing.value.event.tag == "churn@deprecated"

    def test_what_does_not_exist_is_refused(self) -> None:
        with pytest.raises(NotFound, match="there is no artifact 'churn'"):
            plans.deprecate(ground(EMPTY), commit("a"))


class TestNumbers:
    @pytest.mark.parametrize(
        ("tags", "number"),
        [
            ([], 1),
            (["churn#prod#1"], 2),
            (["churn@v1.0.0#41", "churn#prod#7"], 42),
            (["churn#prod!#5", "other#prod#77"], 6),
            (["churn2#prod#77"], 1),
            (["churn#prod#09"], 1),
            (["churn#prod"], 1),
        ],
    )
    def test_a_number_is_one_more_than_any_on_the_artifacts_tags(
        self, tags: list[str], number: int
    ) -> None:
        """Also on tags that cannot be read, and so are no events: `tags` are just names here."""
        plan = plans.promote(ground(V1, *tags), "v1.0.0", "dev")
        assert plan.tag == f"churn#dev#{number}"

    def test_a_plain_name_is_numbered_where_it_is_taken(self) -> None:
        plan = plans.register(ground(EMPTY, "churn@v0.0.1"), commit("a"))
        assert plan.tag == "churn@v0.0.1#1"

    def test_an_event_that_must_follow_one_of_the_same_second_is_numbered(self) -> None:
        """Without a number `churn@v1.0.0!` would be replayed before `churn#prod#1`."""
        past = history(event("churn@v1.0.0"), event("churn#prod#1", 5))
        assert plans.deregister(ground(past, now=5), "v1.0.0", force=True).tag == "churn@v1.0.0!#2"
        assert plans.deregister(ground(past, now=6), "v1.0.0", force=True).tag == "churn@v1.0.0!"

    def test_a_registration_after_a_deprecation_of_the_same_second_is_numbered(self) -> None:
        past = history(event("churn@v1.0.0"), event("churn@deprecated#3", 5))
        assert plans.register(ground(past, now=5), commit("b")).tag == "churn@v1.0.1#4"


class TestTime:
    def test_it_is_the_present(self) -> None:
        assert plans.register(ground(V1), commit("b")).time == START + NOW

    def test_it_is_never_before_the_event_that_it_follows(self) -> None:
        ahead = history(event("churn@v1.0.0", 5000))
        assert plans.register(ground(ahead), commit("b")).time == START + 5000


Planned = Callable[[Ground, str], Plan]


@pytest.mark.parametrize(
    "planned",
    [
        lambda on, text: plans.register(on, commit("z"), message=text),
        lambda on, text: plans.promote(on, "v1.0.0", "prod", message=text),
        lambda on, text: plans.demote(on, "v2.0.0", "prod", message=text),
        lambda on, text: plans.deregister(on, "v1.0.0", message=text),
        lambda on, text: plans.deprecate(on, commit("z"), message=text),
        lambda on, text: plans.rollback(on, "prod", message=text),
    ],
)
class TestMessages:
    PAST = history(*events(("churn@v1.0.0", "a"), ("churn@v2.0.0", "b")), event("churn#prod#1", 5))
    ON = ground(history(*[it.event for it in PAST.timeline], event("churn#prod#2", 6, "b")))

    @pytest.mark.parametrize("text", ["", "one line", "two\n\nparagraphs", "Version: v6.6.6"])
    def test_what_was_said_comes_out_as_it_went_in(self, planned: Planned, text: str) -> None:
        plan = planned(self.ON, text)
        found = tagobject.message(plan.message.encode())
        assert found.body in (text, "Roll back from v2.0.0 to v1.0.0")
        assert found.trailers["Previous"] == self.ON.history.timeline[-1].event.oid
        assert found.trailers.get("Version") == (plan.version if plan.stage else None)

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("caf\udce9", "not UTF-8"),
            ("a\0b", "not UTF-8"),
            ("so\n-----BEGIN PGP MESSAGE-----", "a signature"),
            ("-----BEGIN SSH SIGNATURE-----", "a signature"),
        ],
    )
    def test_what_would_not_come_out_again_is_refused(
        self, planned: Planned, text: str, message: str
    ) -> None:
        with pytest.raises(Refused, match=message) as refused:
            planned(self.ON, text)
        assert refused.value.hint


class TestTheNameAsAWhole:
    def test_one_that_git_refuses_is_refused_first(self) -> None:
        with pytest.raises(Refused, match=r"Git cannot hold the tag .*\.lock"):
            plans.register(ground(BOTH), commit("d"), version="v3.0.0-rc.lock")

    def test_one_longer_than_a_files_name_is_refused(self) -> None:
        with pytest.raises(Refused, match="too long for a file name"):
            plans.register(ground(BOTH), commit("d"), version=f"v3.0.0-{'x' * 300}")

    def test_a_version_that_differs_in_case_alone_is_refused(self) -> None:
        past = history(("churn@v1.0.0-rc.1", "a"))
        with pytest.raises(Refused, match="only in case"):
            plans.register(ground(past), commit("d"), version="v1.0.0-RC.1")

    @pytest.mark.parametrize("bump", ["", "bogus"])
    def test_a_bump_that_there_is_not_is_a_usage_error(self, bump: str) -> None:
        with pytest.raises(UsageError, match="is not a valid bump"):
            plans.register(ground(BOTH), commit("d"), bump=bump)  # type: ignore[arg-type]
