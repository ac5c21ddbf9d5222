"""The report for people: what it says, that nothing in it is taken for Markdown, and its size."""

from __future__ import annotations

import re

import pytest

from handmade import event
from hostile import CORPUS, deployment
from mreg.compare.diff import Diff, MetricChange
from mreg.core.queries import Version
from mreg.deploy import summary
from mreg.deploy.deployment import Deployment, foreign
from mreg.deploy.summary import Report
from mreg.lineage.graph import Edge, Lineage, Node
from mreg.policy import verdicts
from mreg.policy.case import Ruling
from mreg.policy.verdicts import Audited

AT = event("churn@v1.0.0").created_at


def version(name: str) -> Version:
    tag = f"churn@{name}"
    return Version("churn", name, tag, "a" * 40, AT, "Ann", "a@x.org", "", True, (), ())


def diff(name: str, count: int = 1) -> Diff:
    changes = (
        MetricChange(f"{name}{number}", 0.5, 0.75, 0.25, "higher", "better")
        for number in range(count)
    )
    return Diff(version("v1.0.0"), version("v1.1.0"), tuple(changes))


def lineage(label: str) -> Lineage:
    nodes = (Node("1", "version", label, {}), Node("2", "data", label, {}))
    return Lineage(("1",), "up", nodes, (Edge("2", "1", "data", role=label),), False, ())


def verdict(reason: str, *, passed: bool) -> Audited:
    ruling = Ruling("metrics", passed, reason, "" if passed else reason)
    return verdicts.without_policy(event("churn#prod#1"), "v1.0.0", ruling)._replace(passed=passed)


@pytest.mark.parametrize(
    ("found", "heading"),
    [
        (Deployment("promote", "churn", "v1.0.0", "prod"), "Promote churn v1.0.0 to prod"),
        (
            Deployment("promote", "churn", "v1.0.0", "prod", is_rollback=True),
            "Promote churn v1.0.0 to prod (rollback)",
        ),
        (Deployment("demote", "churn", "v1.0.0", "prod"), "Demote churn v1.0.0 from prod"),
        (
            Deployment("promote", "churn", None, "prod", commit="abcdef012345"),
            "Promote churn commit abcdef0 to prod",
        ),
        (Deployment("register", "churn", "v1.0.0"), "Register churn v1.0.0"),
        (Deployment("deprecate", "churn"), "Deprecate churn"),
        (foreign("v1.0"), "v1.0 is not a registry tag"),
        (foreign(None), "The tag is not set"),
    ],
)
def test_the_heading_says_what_happened(found: Deployment, heading: str) -> None:
    assert summary.heading(Report(found)) == heading


def test_what_moves_is_said_and_what_superseded_it() -> None:
    found = deployment("x")._replace(is_current=False, current_version="v2.0.0")
    text = summary.markdown_of(Report(found))
    assert "| moves | eu/prod: v0.9.0 to v1.0.0-rc.1+a.b |" in text
    assert "| now | superseded by a later event: eu/prod holds v2.0.0 |" in text
    assert "| approved by | ann, bob |" in text
    assert "| signed by | carl |" in text
    demoted = summary.markdown_of(Report(found._replace(event="demote", current_version=None)))
    assert "| now | eu/prod holds nothing |" in demoted


def test_metrics_policy_lineage_and_remarks_are_there() -> None:
    found = deployment("x")
    report = Report(
        found, verdict("because", passed=True), diff("auc"), lineage("data"), ("no dvc.lock",)
    )
    text = summary.markdown_of(report)
    for it in (
        "The policy allows it.",
        "| kept | metrics | because |",
        "| auc0 | 0.5 | 0.75 | +0.25 (+50 %) | better |",
        "```mermaid\nflowchart LR\n",
        "\nno dvc.lock\n",
    ):
        assert it in text


@pytest.mark.parametrize("text", CORPUS)
def test_nothing_in_it_is_taken_for_markdown(text: str) -> None:
    label = text or "x"
    report = Report(
        deployment(text),
        verdict(label, passed=False),
        diff(label),
        lineage(label),
        (label,),
    )
    plain = summary.markdown_of(Report(*_with_words(report)))
    made = summary.markdown_of(report)
    assert re.findall(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]", made) == []
    assert _frame(made) == _frame(plain)
    assert "<b>" not in made
    assert not re.search(r"(?<!\\)\]\(", made)
    assert "@team" not in made.partition("```mermaid")[0]


def _with_words(report: Report) -> Report:
    """Return the same report with a word in the place of every text, and its message's lines."""
    lines = (report.deployment.message or "").count("\n")
    found = deployment("word")._replace(message="\n".join(["word"] * (lines + 1)))
    if not report.deployment.message:
        empty = deployment("")
        found = empty._replace(metrics={"word": 0.5, **found.metrics})
    return Report(found, verdict("word", passed=False), diff("word"), lineage("word"), ("word",))


def _frame(text: str) -> list[str]:
    """Return what the lines of a report begin with, and how many cells a row of a table has."""
    found = []
    for line in text.split("\n"):
        block = re.match(r"#+(?= |$)|> |```|\*\*|[-+*] ", line)
        found.append(f"|{line.count('|')}" if line.startswith("|") else block[0] if block else "")
    return found


def test_it_is_never_larger_than_github_takes() -> None:
    long = "y" * 600_000
    report = Report(deployment(long), None, diff("auc", 3), lineage("data"), (long,))
    text = summary.markdown_of(report)
    assert len(text.encode()) <= summary.MOST_BYTES
    assert "What happened is omitted: the page would be too large." in text
    assert "| auc0 | 0.5 |" in text  # what fits is there
    assert (
        text.endswith("```\n\nA remark is omitted: the page would be too large.\n")
        or "left out" in text
    )
    assert summary.markdown_of(report, 0) == ""


def test_words_that_stand_for_a_part_fit_as_well() -> None:
    report = Report(deployment("x"), None, diff("auc", 50), lineage("data"))
    for room in range(0, 9000, 250):
        assert len(summary.markdown_of(report, room).encode()) <= room
