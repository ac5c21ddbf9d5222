"""What an import is to make: names, versions, collisions, and what is new the second time."""

from __future__ import annotations

from typing import Any

import pytest

from import_sources import PLACE, model, version
from mreg.core.queries import Record
from mreg.core.times import moment
from mreg.errors import NotFound, UsageError
from mreg.importers import naming
from mreg.importers.plan import ModelPlan, Naming, Present, chosen, plan
from mreg.importers.source import SourceModel

NOW = 2_000_000


def record(
    action: Any,
    artifact: str,
    at: str,
    origin: str = "",
    *,
    stage: str | None = None,
    time: int = NOW,
) -> Record:
    trailers = {"Imported-From": f"{PLACE}/{origin}"} if origin else {}
    when = moment(time)
    return Record(
        action, artifact, at, stage, "tag", "c" * 40, when, "Ann", "a@b.c", "", "o" * 40, trailers
    )


def one(made: SourceModel, *records: Record, **said: Any) -> ModelPlan:
    (found,) = plan([made], Present(records), Naming(**said))
    return found


def becomes(found: ModelPlan) -> dict[str, str]:
    return {it.source.number: it.version for it in found.versions}


def said(found: ModelPlan) -> str:
    return " / ".join(f"{it.message} ({it.hint})" for it in found.refusals)


class TestNames:
    @pytest.mark.parametrize(
        ("name", "artifact"),
        [
            ("churn", "churn"),
            ("Churn model", "Churn-model"),
            ("  a  b  ", "a-b"),
            ("café.v2", "cafe-v2"),
            ("team/churn:x", "team-churn-x"),
            ("_x_", "x"),
            ("流失", ""),
            ("...", ""),
        ],
    )
    def test_a_name_is_made_safe(self, name: str, artifact: str) -> None:
        assert naming.safe(name) == artifact

    def test_one_that_leaves_nothing_is_asked_for(self) -> None:
        found = one(model("流失", version("x", 1, 1)))
        assert said(found) == (
            "its name contains no character that is allowed in the name of an artifact"
            " (--map '流失=NAME')"
        )

    def test_what_is_mapped_is_called_so(self) -> None:
        assert one(model("A b"), models={"A b": "nlp/a"}).artifact == "nlp/a"
        assert one(model("A b"), models={"A b": "nlp/a"}).branch == "imported/nlp+a"
        assert "not an artifact name" in said(one(model("A"), models={"A": "a b"}))

    def test_two_that_become_one_are_refused_both(self) -> None:
        both = plan([model("A b"), model("a-B"), model("c")], Present([]), Naming())
        assert [bool(it.refusals) for it in both] == [True, True, False]
        assert said(both[0]) == (
            "it would become A-b, the same name as for 'a-B' (--map 'A b=NAME')"
        )

    def test_what_is_there_already_is_not_added_to_without_a_word(self) -> None:
        there = record("register", "churn", "v1.2.0")
        found = one(model("churn", version("churn", 3, 1)), there)
        assert "the artifact churn already exists" in said(found)
        assert "--map churn=churn" in said(found)
        assert not one(model("churn"), there, models={"churn": "churn"}).refusals
        assert "only in letter case" in said(one(model("Churn"), there))

    def test_what_was_said_of_names_has_to_be_about_some(self) -> None:
        assert naming.mapping(["a=b=c", "d="], "--map") == {"a=b": "c", "d": ""}
        with pytest.raises(UsageError, match="is not in the form"):
            naming.mapping(["a"], "--map")
        with pytest.raises(UsageError, match="both 'b' and 'c'"):
            naming.mapping(["a=b", "a=c"], "--map")
        with pytest.raises(UsageError, match="does not exist"):
            chosen(["a"], [], Naming(models={"b": "c"}))
        with pytest.raises(NotFound, match="no model 'b'"):
            chosen(["a"], ["b"], Naming())
        assert chosen(["a", "b"], [], Naming(models={"a": ""})) == ["b"]


class TestVersions:
    def test_an_integer_is_the_major_version(self) -> None:
        found = one(model("m", version("m", 2, 20), version("m", 1, 30)))
        assert becomes(found) == {"1": "v1.0.0", "2": "v2.0.0"}
        assert [it.source.number for it in found.versions] == ["2", "1"], "in the order of time"

    def test_a_tag_that_is_semver_counts(self) -> None:
        tagged = version("m", 1, 1, tags={"version": "1.4.0-rc.1", "other": "v9.0.0"})
        assert becomes(one(model("m", tagged))) == {"1": "v1.4.0-rc.1"}
        assert becomes(one(model("m", tagged), version_tag="other")) == {"1": "v9.0.0"}
        words = version("m", 1, 1, tags={"version": "first"})
        assert becomes(one(model("m", words))) == {"1": "v1.0.0"}

    def test_two_that_become_one_are_refused(self) -> None:
        tagged = version("m", 1, 1, tags={"version": "2.0.0"})
        found = one(model("m", tagged, version("m", 2, 2)))
        assert "version 1 and another version would both become v2.0.0" in said(found)

    def test_a_version_that_is_taken_is_refused(self) -> None:
        there = record("register", "m", "v1.0.0")
        found = one(model("m", version("m", 1, 1)), there, models={"m": "m"})
        assert "version 1 would become v1.0.0, but m already has another v1.0.0, by Ann" in said(
            found
        )

    def test_what_is_not_ready_is_left_out(self) -> None:
        found = one(model("m", version("m", 1, 1, fault="half-written"), held={"prod": "1"}))
        assert (found.versions, found.stages) == ((), ())
        assert found.left_out == {"1": "half-written"}
        assert found.notes == ("prod points to version 1, which is not imported",)


class TestStages:
    def test_aliases_become_promotions(self) -> None:
        found = one(
            model("m", version("m", 1, 1), held={"my prod": "1", "x": "1"}), stages={"x": ""}
        )
        assert [(it.stage, it.version, it.origin) for it in found.stages] == [
            ("my-prod", "v1.0.0", f"{PLACE}/m/1#my%20prod")
        ]

    def test_two_that_become_one_stage_are_refused_unless_they_agree(self) -> None:
        versions = version("m", 1, 1), version("m", 2, 2)
        clash = one(model("m", *versions, held={"Prod": "1", "prod": "2"}))
        assert (
            "Prod and prod would become the same stage (use --stage Prod=STAGE, or --stage Prod= to"
            in said(clash)
        )
        assert not one(model("m", *versions, held={"a b": "1", "a-b": "1"})).refusals

    def test_one_that_is_no_name_is_asked_for(self) -> None:
        assert "is not a valid name of a stage" in said(
            one(model("m", version("m", 1, 1), held={"_": "1"}))
        )


class TestTheSecondTime:
    """What was imported is known by its trailer, whatever it is called here."""

    registered = (
        record("register", "here", "v2.0.0", "m/2"),
        record("register", "here", "v1.0.0", "m/1"),
    )
    both = version("m", 1, 1), version("m", 2, 2)

    def test_only_what_is_new_is_added(self) -> None:
        found = one(model("m", *self.both, version("m", 3, 3)), *self.registered)
        assert (found.artifact, becomes(found), found.present) == ("here", {"3": "v3.0.0"}, 2)
        assert not one(model("m", *self.both), *self.registered).is_new

    def test_another_name_than_before_is_refused(self) -> None:
        found = one(model("m", *self.both), *self.registered, models={"m": "other"})
        assert said(found) == "it was already imported as here (use --map m=here, or omit --map)"

    def test_one_that_was_made_anew_is_another(self) -> None:
        anew = version("m", 1, NOW + 5)
        assert "version 1 was recreated" in said(one(model("m", anew), *self.registered))

    def test_what_is_gone_there_stays(self) -> None:
        found = one(model("m", self.both[0]), *self.registered)
        assert found.notes == ("v2.0.0 was removed at the source, and remains here",)
        assert found.refusals == ()

    @pytest.mark.parametrize(
        ("moves", "number", "promoted", "noted"),
        [
            ([], "1", True, False),
            (["m/1#prod"], "1", False, False),
            (["m/1#prod"], "2", True, False),
            (["m/2#prod", "m/1#prod"], "1", True, False),
            ([None, "m/1#prod"], "1", False, False),
            ([None, "m/1#prod"], "2", False, True),
            ([None], "1", False, True),
        ],
    )
    def test_a_stage_follows_unless_it_was_moved_here(
        self, moves: list[str | None], number: str, promoted: bool, noted: bool
    ) -> None:
        events = [record("promote", "here", "v1.0.0", it or "", stage="prod") for it in moves]
        found = one(model("m", *self.both, held={"prod": number}), *events, *self.registered)
        assert [it.version for it in found.stages] == [f"v{number}.0.0"] * promoted
        assert any("mreg promote here@v" in it for it in found.notes) == noted

    def test_a_stage_keeps_the_name_that_it_was_given_first(self) -> None:
        before = record("promote", "here", "v1.0.0", "m/1#Production", stage="prod")
        held = model("m", *self.both, held={"Production": "2"})
        assert [it.stage for it in one(held, before, *self.registered).stages] == ["prod"]
