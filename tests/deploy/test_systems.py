"""For which tag a pipeline runs, as its system's variables say."""

from __future__ import annotations

from typing import Any

import pytest

from environments import COMMIT, SYSTEMS, URL
from mreg.deploy import systems
from mreg.deploy.systems import Trigger

OID = "0123456789abcdef0123456789abcdef01234567"
TAGS = ("churn@v1.2.0", "churn#prod#3", "models/eu=fraud#eu/prod#12", "v1.0")


def test_every_system_of_the_table_is_tried_here() -> None:
    assert list(systems.SYSTEMS) == list(SYSTEMS)


@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("name", systems.SYSTEMS)
def test_each_system_names_the_tag_and_the_repository_without_passwords(
    name: systems.Name, tag: str
) -> None:
    environment = SYSTEMS[name](tag)
    assert systems.detected(environment) == [name]
    assert systems.read(name, environment) == Trigger(name, tag, None, URL)


@pytest.mark.parametrize("name", systems.SYSTEMS)
def test_a_pipeline_of_a_branch_runs_for_no_tag(name: systems.Name) -> None:
    """A branch may be called as a tag is."""
    environment = {
        key: value.replace("refs/tags/", "refs/heads/").replace("tag/churn", "branch/churn")
        for key, value in SYSTEMS[name]("churn@v1.0.0").items()
        if not key.endswith(("_TAG", "TAG_NAME"))
    }
    assert systems.detected(environment) == [name]
    assert systems.read(name, environment).tag is None


@pytest.mark.parametrize(
    ("ref", "tag"),
    [
        ("refs/tags/churn@v1.0.0", "churn@v1.0.0"),
        ("tags/churn@v1.0.0", "churn@v1.0.0"),
        ("tags/v1.0", "v1.0"),
        ("churn@v1.0.0", "churn@v1.0.0"),
        ("churn#prod#3", "churn#prod#3"),
        ("origin/main", None),
        ("v1.0", None),
        ("refs/tags/churn@v1.0.0^{0123456789abcdef0123456789abcdef01234567}", "churn@v1.0.0"),
        ("origin/fix#123", None),
        ("fix#login", None),
        ("refs/heads/churn@v1.0.0", None),
        ("detached", None),
    ],
)
def test_a_tag_has_several_forms(ref: str, tag: str | None) -> None:
    jenkins = {"JENKINS_URL": "https://jenkins", "GIT_BRANCH": ref}
    assert systems.read("jenkins", jenkins).tag == tag
    started_by_hand = {"CODEBUILD_BUILD_ID": "models:1", "CODEBUILD_SOURCE_VERSION": ref}
    assert systems.read("codebuild", started_by_hand).tag == tag
    trigger = {**started_by_hand, "CODEBUILD_WEBHOOK_TRIGGER": "tag/churn@v2.0.0"}
    assert systems.read("codebuild", trigger).tag == "churn@v2.0.0"
    trigger |= {"CODEBUILD_WEBHOOK_TRIGGER": "branch/main"}
    assert systems.read("codebuild", trigger).tag is None


def test_where_systems_are_nested_the_table_says_which_counts() -> None:
    every: dict[str, str] = {}
    for make in SYSTEMS.values():
        every |= make("churn@v1.0.0")
    assert systems.detected(every)[0] == "github"
    assert systems.detected(every)[-1] == "jenkins"
    assert systems.detected({}) == []
    assert systems.detected({"CI": "true", "GITHUB_ACTIONS": "", "TF_BUILD": "no"}) == []


@pytest.mark.parametrize(
    ("payload", "oid"),
    [
        ({"ref": "refs/tags/churn@v1.0.0", "after": OID}, OID),
        ({"ref": "refs/tags/churn@v1.0.0", "after": OID + "0" * 24}, OID + "0" * 24),
        ({"ref": "refs/tags/other@v1.0.0", "after": OID}, None),  # of another event's
        ({"ref": "refs/heads/main", "after": COMMIT}, None),
        ({"ref": "refs/tags/churn@v1.0.0"}, None),  # of a `create` event
        ({"ref": "refs/tags/churn@v1.0.0", "after": "$(id)"}, None),
        ({"ref": "refs/tags/churn@v1.0.0", "after": 7}, None),
        ({}, None),
        ([], None),
        (None, None),
    ],
)
def test_githubs_event_says_which_object_was_pushed(payload: Any, oid: str | None) -> None:
    environment = SYSTEMS["github"]("churn@v1.0.0")
    assert systems.read("github", environment, payload).oid == oid
