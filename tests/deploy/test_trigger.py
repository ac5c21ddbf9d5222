"""What a pipeline may deploy, from reports made by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from handmade import event
from mreg.deploy import trigger
from mreg.deploy.deployment import Deployment
from mreg.deploy.summary import Report
from mreg.deploy.trigger import EventQuestion
from mreg.errors import Refused
from mreg.git.repository import Repository
from mreg.policy import verdicts
from mreg.policy.case import Ruling

CURRENT = Deployment("promote", "churn", "v1.0.0", "prod", "churn#prod#1", is_current=True)
PAST = CURRENT._replace(is_current=False, current_version="v1.1.0")


def judged(*, passed: bool) -> Report:
    ruling = Ruling("approvals", passed, "nobody approved it", "mreg approve churn@v1.0.0")
    verdict = verdicts.without_policy(event("churn#prod#1"), "v1.0.0", ruling)
    return Report(CURRENT, verdict._replace(passed=passed))


@pytest.mark.parametrize("report", [Report(CURRENT), judged(passed=True)])
def test_an_event_that_is_allowed_and_current(report: Report) -> None:
    assert trigger.accepted(report, require_current=True) == CURRENT


def test_what_the_policy_does_not_allow_is_not_deployed() -> None:
    with pytest.raises(Refused, match="the policy does not allow churn#prod#1") as refused:
        trigger.accepted(judged(passed=False))
    assert "nobody approved it" in str(refused.value)


def test_what_is_no_longer_current_is_refused_where_that_is_asked() -> None:
    assert trigger.accepted(Report(PAST)) == PAST
    with pytest.raises(Refused, match=r"superseded by a later event; prod holds v1\.1\.0"):
        trigger.accepted(Report(PAST), require_current=True)


def test_a_tag_that_is_not_the_registrys_is_never_too_late() -> None:
    assert trigger.accepted(Report(Deployment("none", tag="v1")), require_current=True).tag == "v1"


@pytest.mark.parametrize(
    ("tag", "remarks"), [("v1.0.0", 0), ("", 0), ("churn@v1", 1), ("churn#prod#0", 1)]
)
def test_a_foreign_tag_is_answered_without_a_repository(
    tag: str, remarks: int, tmp_path: Path
) -> None:
    found = trigger.answer(Repository.at(tmp_path / "none"), EventQuestion(tag))
    assert (found.deployment.event, found.deployment.tag) == ("none", tag or None)
    assert len(found.remarks) == remarks
