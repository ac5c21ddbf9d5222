"""What a shell completes, asked in the test's own process."""

from __future__ import annotations

from pathlib import Path

import pytest

from mreg.cli import completers
from mreg.cli.help import _complete as topics
from repositories import Maker, Repository, Tag

FILES = {
    "artifacts.yaml": b"churn:\n  type: model\n  owner: ann\n  labels: [fraud, eu]\n"
    b"  metrics: {auc: 0.9, loss: 0.1}\n  params: {depth: 3}\nother:\n  type: dataset\n"
}


@pytest.fixture
def repo(make_repository: Maker) -> Repository:
    made = make_repository(
        [
            Tag("churn@v1.0.0"),
            Tag("churn@v1.1.0", 0, 1),
            Tag("churn#prod#1", 0, 2),
            Tag("other@v1.0.0", 0, 3),
            Tag("other#dev#1", 0, 4),
        ],
        commits=[FILES],
    )
    made.git("remote", "add", "origin", "https://git.example.com/nowhere.git")
    made.git("remote", "add", "backup", "https://git.example.com/nowhere.git")
    return made


@pytest.mark.parametrize(
    ("typed", "incomplete", "found"),
    [
        ({"selector": "churn"}, "", ["v1.1.0", "v1.0.0", "latest", "release", "dev", "prod"]),
        ({"name": "churn"}, "v1.0", ["v1.0.0"]),
        ({"selector": "churn@v1.0.0"}, "p", ["prod"]),
        ({"selector": "nothing"}, "", []),
        ({}, "", []),
    ],
)
def test_versions_and_stages_behind_a_name(
    typed: dict[str, str], incomplete: str, found: list[str], repo: Repository
) -> None:
    assert completers.parts(str(repo.path), incomplete, typed) == found


@pytest.mark.parametrize(
    ("typed", "incomplete", "found"),
    [
        ({"selector": "churn"}, "", ["v1.1.0", "v1.0.0", "latest", "release", "prod"]),
        ({"selector": "churn@v1.0.0"}, "", ["prod"]),
        ({"before": "other@v1.0.0"}, "", ["dev"]),
        ({}, "", []),
    ],
)
def test_only_stages_that_the_artifact_is_in(
    typed: dict[str, str], incomplete: str, found: list[str], repo: Repository
) -> None:
    assert completers.own_parts(str(repo.path), incomplete, typed) == found
    held = [it for it in found if it in ("dev", "prod")]
    assert completers.own_stages(str(repo.path), incomplete, typed) == held


def test_what_a_version_is_compared_with(repo: Repository) -> None:
    at = str(repo.path)
    assert completers.others(at, "v1", {"before": "churn"}) == ["v1.1.0", "v1.0.0"]
    assert completers.others(at, "o", {"before": "churn"}) == ["other"]
    assert "other@v1.0.0" in completers.others(at, "other@", {"before": "churn@v1.0.0"})


def test_metrics_params_and_fields(repo: Repository) -> None:
    at = str(repo.path)
    assert completers.metrics(at, "", {"name": "churn"}) == ["auc", "loss"]
    assert completers.metrics(at, "a", {"names": ["churn@v1.0.0"]}) == ["auc"]
    assert completers.metrics(at, "", {"name": "other"}) == []
    assert completers.params(at, "", {}) == ["depth"]
    assert completers.metrics_and_params(at, "", {}) == ["auc", "loss", "depth"]
    found = completers.fields(at, "", {"selector": "churn#prod"})
    assert {"version", "commit", "type", "metrics.auc", "params.depth"} <= {*found}
    assert "promotion" not in found
    assert len(found) == len({*found})


def test_remotes_without_asking_them(repo: Repository) -> None:
    assert sorted(completers.remotes(str(repo.path), "")) == ["backup", "origin"]
    assert completers.remotes(str(repo.path), "or") == ["origin"]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("stage=", ["stage=dev", "stage=prod"]),
        ("type=model and stage=p", ["type=model and stage=prod"]),
        ("(type!=", ["(type!=dataset", "(type!=model"]),
        ("tag=f", ["tag=fraud"]),
        ("owner=", ["owner=ann"]),
        ("artifact=", ["artifact=churn", "artifact=other"]),
        ("message=", []),
        ("metrics.", ["metrics.auc", "metrics.loss"]),
        ("stage=prod and metrics.a", ["stage=prod and metrics.auc"]),
        ("stage=prod and me", ["stage=prod and message", "stage=prod and metrics."]),
        ("(framework.v", ["(framework.version"]),
        ("metrics.auc>0.8", []),
        ("(type=model)", []),
        ("type=model own", ["type=model owner"]),
    ],
)
def test_an_expression(typed: str, found: list[str], repo: Repository) -> None:
    assert completers.query(str(repo.path), typed) == found


def test_where_there_is_no_registry_nothing_is_completed(tmp_path: Path) -> None:
    at = str(tmp_path)
    assert completers.artifacts(at, "") == completers.stages(at, "") == []
    assert completers.selectors(at, "a@") == completers.remotes(at, "") == []
    assert completers.parts(at, "", {"name": "a"}) == completers.metrics(at, "", {}) == []


def test_topics_and_commands() -> None:
    assert topics(".", "exit") == ["exit-codes"]
    assert topics(".", "regis") == ["register"]
