"""What a tag says, from histories made by hand."""

from __future__ import annotations

import pytest

from handmade import commit, event, history
from mreg.annotations.entry import Annotation
from mreg.core.events import ROLLBACK_TRAILER, Event
from mreg.core.replay import History
from mreg.deploy import deployment
from mreg.deploy.deployment import Deployment

V1, V2, V3 = "v1.0.0", "v1.1.0", "v2.0.0"


def registered() -> list[Event]:
    return [
        event(f"churn@{V1}", 0, "a"),
        event(f"churn@{V2}", 1, "b"),
        event(f"churn@{V3}", 2, "c"),
    ]


def promoted(number: int, version: str, *, rollback: str = "", stage: str = "prod") -> Event:
    on = {V1: "a", V2: "b", V3: "c"}[version]
    trailers = {ROLLBACK_TRAILER: rollback} if rollback else None
    tag = f"churn#{stage}#{number}"
    return event(tag, 10 + number, on, version=version, trailers=trailers)


def said(found: History, tag: str) -> Deployment:
    result = deployment.of_tag(found, tag)
    assert result is not None
    return result


def test_a_promotion_tells_what_moves_from_what_to_what() -> None:
    found = said(history(*registered(), promoted(1, V1), promoted(2, V2)), "churn#prod#2")
    assert found[:7] == (
        *("promote", "churn", V2, "prod", "churn#prod#2"),
        *(promoted(2, V2).oid, commit("b")),
    )
    assert (found.previous_version, found.current_version) == (V1, V2)
    assert (found.is_current, found.is_rollback) == (True, False)
    assert found.created_at == "2023-11-14T22:13:32+00:00"
    assert (found.author, found.author_email) == ("Ann Example", "ann@example.com")


def test_the_first_promotion_takes_nobodys_place() -> None:
    found = said(history(*registered(), promoted(1, V1)), "churn#prod#1")
    assert (found.previous_version, found.is_current) == (None, True)


def test_a_promotion_that_a_newer_one_superseded_says_what_is_there_now() -> None:
    past = history(*registered(), promoted(1, V1), promoted(2, V2), promoted(3, V3))
    found = said(past, "churn#prod#2")
    assert (found.previous_version, found.current_version, found.is_current) == (V1, V3, False)
    assert said(past, "churn#prod#3").is_current


def test_another_stage_supersedes_nothing() -> None:
    past = history(*registered(), promoted(1, V1), promoted(2, V2, stage="dev"))
    assert said(past, "churn#prod#1").is_current


def test_the_same_version_promoted_once_more_supersedes_the_first_time() -> None:
    past = history(*registered(), promoted(1, V1), promoted(2, V1))
    assert not said(past, "churn#prod#1").is_current
    assert said(past, "churn#prod#2").is_current


def test_a_rollback_is_one_if_the_stage_held_what_it_takes_back() -> None:
    back = promoted(3, V1, rollback=V2)
    past = history(*registered(), promoted(1, V1), promoted(2, V2), back)
    assert said(past, "churn#prod#3").is_rollback
    claimed = history(*registered(), promoted(1, V1), promoted(2, V3, rollback=V1))
    assert not said(claimed, "churn#prod#2").is_rollback


def test_a_demotion_says_what_takes_over() -> None:
    demoted = event("churn#prod!#3", 20, "b", version=V2)
    past = history(*registered(), promoted(1, V1), promoted(2, V2), demoted)
    found = said(past, "churn#prod!#3")
    assert (found.event, found.version, found.stage) == ("demote", V2, "prod")
    assert (found.previous_version, found.current_version, found.is_current) == (V2, V1, True)
    assert said(past, "churn#prod#1").is_current  # it holds the stage once more
    later = history(*registered(), promoted(1, V1), promoted(2, V2), demoted, promoted(4, V3))
    assert not said(later, "churn#prod!#3").is_current


def test_a_registration_names_the_version_that_it_follows() -> None:
    found = said(history(*registered()), f"churn@{V2}")
    assert (found.event, found.version, found.stage) == ("register", V2, None)
    assert (found.previous_version, found.current_version, found.is_current) == (V1, V3, True)
    assert said(history(*registered()), f"churn@{V1}").previous_version is None


def test_what_was_taken_back_is_not_current() -> None:
    ended = event(f"churn@{V1}!", 30, "a")
    past = history(*registered(), promoted(1, V1), ended)
    assert not said(past, f"churn@{V1}").is_current
    assert not said(past, "churn#prod#1").is_current
    assert said(past, f"churn@{V1}!").is_current
    again = history(*registered(), ended, event(f"churn@{V1}#9", 40, "a"))
    assert not said(again, f"churn@{V1}!").is_current
    assert said(again, f"churn@{V1}#9").is_current


def test_a_deprecation_ends_with_the_next_event() -> None:
    end = event("churn@deprecated", 30, "c")
    found = said(history(*registered(), end), "churn@deprecated")
    assert (found.event, found.version, found.is_current) == ("deprecate", None, True)
    past = history(*registered(), end, event("churn#prod#7", 40, "c", version=V3))
    assert not said(past, "churn@deprecated").is_current


def test_a_bare_commit_has_no_version() -> None:
    bare = event("churn#prod#2", 20, "f")
    found = said(history(*registered(), promoted(1, V1), bare), "churn#prod#2")
    assert (found.version, found.previous_version, found.current_version) == (None, V1, None)
    assert (found.commit, found.is_current) == (commit("f"), True)


def test_what_its_commit_says_and_who_stands_behind_it() -> None:
    annotation = Annotation(type="model", path="m.pkl", description="a\0b", metrics={"auc": 0.9})
    past = history(*registered())
    found = deployment.of_tag(
        past, f"churn@{V1}", annotation, ("ann", "bob"), "carl", "https://x.org/y"
    )
    assert found is not None
    assert (found.type, found.path, found.description) == ("model", "m.pkl", "a\ufffdb")
    assert found.metrics == {"auc": 0.9}
    assert (found.approved_by, found.signed_by) == (("ann", "bob"), "carl")
    assert found.repository == "https://x.org/y"


def test_what_is_no_event_of_the_history_says_nothing() -> None:
    assert deployment.of_tag(history(*registered()), "churn@v9.0.0") is None


@pytest.mark.parametrize("tag", ["v1.0", None, "lone\udcff"])
def test_a_foreign_tag_has_nothing_but_its_name(tag: str | None) -> None:
    found = deployment.foreign(tag)
    assert found.event == "none"
    assert found.tag == (tag and tag.replace("\udcff", "\ufffd"))
    assert found == Deployment("none", tag=found.tag)
