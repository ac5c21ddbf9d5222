"""Gates on metrics that several files of a version have: the attack, and both its cures."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cases import promotion, settings
from commandline import CommandLine
from handmade import history
from mreg.annotations.entry import Annotation
from mreg.policy import gates
from mreg.policy.case import Ruling
from mreg.policy.model import Bound, Gate, NoRegression, Requirements, Settings
from repositories import Maker, Repository

PAST = history(("churn@v1.0.0", "a"), ("churn@v2.0.0", "b"), ("churn#prod#1", "b"))
GOOD, BAD = {"acc": 0.95}, {"acc": 0.5}
EITHER = "name the file of the metric in .mreg.yaml: train.json:acc or test.json:acc"
TWICE = "train.json:acc and test.json:acc have it"

Pair = tuple[dict[str, Any] | None, dict[str, Any] | None]


def of(files: Pair) -> Annotation:
    return Annotation(files={"metrics": dict(zip(("train.json", "test.json"), files, strict=True))})


def judged(requires: Requirements, now: Pair, before: Annotation | None = None) -> Ruling:
    case = promotion(PAST, annotation=of(now), holder=before)
    rules = ("metrics", "no_regression", "fields")
    found = gates.check(settings(Gate(requires=requires)), case)
    (ruling,) = (it for it in found if it.rule in rules)
    return ruling


def compared(metric: str, now: Pair, before: Annotation) -> Ruling:
    return judged(Requirements(no_regression=(NoRegression(metric),)), now, before)


@pytest.mark.parametrize(
    ("before", "now", "why", "hint"),
    [
        (({"acc": 0.97}, GOOD), (BAD, BAD), TWICE, EITHER),
        ((GOOD, GOOD), ({"acc": 0.97}, BAD), TWICE, EITHER),
        # The version in prod has it once, the new one twice; and the other way round.
        (({}, GOOD), ({"acc": 0.97}, BAD), TWICE, EITHER),
        ((GOOD, GOOD), ({}, BAD),
         f"of v2.0.0 is unknown, so it cannot be compared: {TWICE}", EITHER),
        # A part of it.
        (({}, GOOD), ({"acc": 0.97}, None),
         "train.json:acc has it, and test.json cannot be read, and may contain acc",
         "add it to artifacts.yaml"),
        (({}, GOOD), ({}, None), "test.json cannot be read, and may contain acc",
         "add it to artifacts.yaml"),
        (({}, GOOD), ({"acc": 0.97}, {"acc": None}), TWICE, EITHER),
        ((None, GOOD), ({}, BAD), "test.json:acc has it, and train.json cannot be read",
         "in .mreg.yaml: test.json:acc"),
    ],
)  # fmt: skip
def test_a_bare_name_that_may_mean_either_is_refused(
    before: Pair, now: Pair, why: str, hint: str
) -> None:
    found = compared("acc", now, of(before))
    assert not found.passed
    assert why in found.reason
    assert hint in found.hint


@pytest.mark.parametrize(
    ("before", "now", "passed"),
    [
        (({"acc": 0.97}, GOOD), (BAD, BAD), False),
        (({"acc": 0.97}, GOOD), ({"acc": 0.1}, {"acc": 0.96}), True),
        (({}, GOOD), ({"acc": 0.97}, BAD), False),
        ((GOOD, GOOD), (None, BAD), False),
        ((None, GOOD), (GOOD, GOOD), True),
        (({}, GOOD), ({"acc": 0.97}, {}), False),
        ((GOOD, None), (GOOD, GOOD), False),
        ((GOOD, {}), (GOOD, GOOD), True),
    ],
)
def test_a_name_with_its_file_is_judged(before: Pair, now: Pair, passed: bool) -> None:
    assert compared("test.json:acc", now, of(before)).passed is passed


def test_a_name_that_is_clear_in_both_is_judged_and_says_where_it_stood() -> None:
    found = compared("acc", ({"acc": 0.97}, {}), of(({}, GOOD)))
    assert found.passed
    assert "acc is 0.97 (train.json:acc), against 0.95 of v2.0.0 (test.json:acc)" in found.reason


def test_which_way_is_better_is_told_by_the_key_alone() -> None:
    key = "neg_mean_squared_error"
    found = compared(f"train.json:{key}", ({key: -3}, {}), of(({key: -2}, {})))
    assert not found.passed
    assert "higher is better" in found.reason


def test_a_holder_that_cannot_be_read_is_not_taken_for_one_without_metrics() -> None:
    found = compared("acc", ({}, BAD), Annotation(unread={"metrics": "line 1: no YAML"}))
    assert not found.passed
    assert "of v2.0.0 is unknown, so it cannot be compared: line 1: no YAML" in found.reason


@pytest.mark.parametrize(
    ("requires", "passed"),
    [
        (Requirements(bounds=(Bound("acc", ">=", 0.9),)), None),
        (Requirements(bounds=(Bound("test.json:acc", ">=", 0.9),)), True),
        (Requirements(bounds=(Bound("train.json:acc", "<", 0.9),)), False),
        (Requirements(("metrics.acc",)), None),
        (Requirements(("metrics.test.json:acc",)), True),
        (Requirements(("metrics.test.json:f1",)), False),
    ],
)
def test_bounds_and_fields(requires: Requirements, passed: bool | None) -> None:
    found = judged(requires, (GOOD, GOOD))
    assert found.passed is bool(passed)
    if passed is None:
        assert TWICE in found.reason
        assert found.hint == EITHER


def test_the_attack(make_repository: Maker, mreg: CommandLine) -> None:
    """Equal values in both files once made the bare name that of a version without a metric."""
    repo = make_repository(commits=[{"README": b"x"}])
    govern(repo, "[acc]")
    version(repo, mreg, 0.97, 0.95)
    mreg.ok("promote", "churn@v0.0.1", "prod", repo=repo)
    version(repo, mreg, 0.5, 0.5)
    refused = refusal(repo, mreg)
    assert f"acc must be compared with v0.0.1, but its value is unknown: {TWICE}" in refused
    assert EITHER in refused
    govern(repo, '["test.json:acc"]')
    refused = refusal(repo, mreg)
    assert "test.json:acc is 0.5, against 0.95 of v0.0.1; higher is better" in refused
    version(repo, mreg, 0.5, 0.96)
    mreg.ok("promote", "churn@v0.0.3", "prod", repo=repo)


def refusal(repo: Repository, mreg: CommandLine) -> str:
    done = mreg("promote", "churn@v0.0.2", "prod", repo=repo)
    assert done.code == 1
    return " ".join(done.err.split())


def govern(repo: Repository, metrics: str) -> None:
    policy = f"signatures: optional\nstages:\n  prod: {{requires: {{no_regression: {metrics}}}}}\n"
    commit(repo, **{".mreg.yaml": policy})


def version(repo: Repository, mreg: CommandLine, train: float, test: float) -> None:
    entry = "churn: {type: model, metrics: [train.json, test.json]}\n"
    values = {"train.json": json.dumps({"acc": train}), "test.json": json.dumps({"acc": test})}
    commit(repo, **{"artifacts.yaml": entry, **values})
    mreg.ok("register", "churn", repo=repo)


def commit(repo: Repository, **files: str) -> None:
    for path, text in files.items():
        (repo.path / path).write_text(text)
    repo.git("add", "-A")
    repo.git("commit", "-q", "-m", "Train")


def test_the_metrics_of_the_last_stages_come_first() -> None:
    dev = Gate(requires=Requirements(bounds=(Bound("loss", "<=", 1), Bound("auc", ">=", 0.5))))
    prod = Gate(requires=Requirements((), (Bound("f1", ">=", 0.8),), (NoRegression("auc"),)))
    assert Settings(stages={"dev": dev, "prod": prod}).metrics == ("auc", "f1", "loss")
