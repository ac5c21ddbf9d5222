"""The numbers of `dvc plots show` and `dvc plots diff`, and mreg's, of one real project."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import experiments as support
import mreg
from experiments import Experiments
from mreg.plots.series import label, value
from mreg.plots.values import Plot, Plots
from repositories import START, run

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def project(experiments: Experiments, tmp_path_factory: pytest.TempPathFactory) -> Experiments:
    """A copy in which each experiment is a version."""
    found = support.copied(experiments, tmp_path_factory.mktemp("plots"))
    for number, (name, commit) in enumerate(found.commits.items(), 1):
        support.tag(found.path, f"churn@v1.{number}.0", commit, START + number)
        assert name
    return found


def of_dvc(printed: str) -> dict[str, Any]:
    found = json.loads(printed)
    assert not found.get("errors"), found["errors"]
    data: dict[str, Any] = found["data"]
    return data


def points(plot: Plot, name: str) -> Counter[tuple[Any, ...]]:
    """Return what one version has in a plot: how often each point of each column is there."""
    found: Counter[tuple[Any, ...]] = Counter()
    for it in plot.series:
        if it.version == name:
            counts = it.counts or [1] * len(it.y)
            for x, y, count in zip(it.x, it.y, counts, strict=True):
                found[x, y] += count
    return found


def points_of_dvc(plot: Any, mine: Plot, rev: str) -> Counter[tuple[Any, ...]]:
    """Return the same as DVC has it: rows with texts for what a CSV file holds."""
    [shown] = plot
    rows = [it for it in shown["content"]["data"]["values"] if it["rev"] == rev]
    x, y = _columns(mine)
    read = label if mine.kind == "confusion" else value
    return Counter((read(it[x]), read(it[y])) for it in rows)


def _columns(mine: Plot) -> tuple[str, str]:
    [field] = {it.field for it in mine.series}
    across = {"confusion": "actual"}.get(mine.kind)
    return across or ("fpr" if "roc" in mine.id else "step"), field


def check(mine: Plots, theirs: dict[str, Any], revs: dict[str, str]) -> None:
    drawn = {it.id: it for it in mine.plots}
    assert drawn.keys() == theirs.keys()
    for id_, plot in drawn.items():
        if plot.kind == "image":
            assert {it.version for it in plot.pictures} == {
                revs[one["revisions"][0]] for one in theirs[id_]
            }
            for one in theirs[id_]:
                [own] = [it for it in plot.pictures if it.version == revs[one["revisions"][0]]]
                assert Path(one["url"]).read_bytes() == own.content
            continue
        for rev, name in revs.items():
            found = points(plot, name)
            assert found, (id_, name)
            assert found == points_of_dvc(theirs[id_], plot, rev), (id_, name)
    assert mine.problems == ()


def test_diff_of_four_commits(project: Experiments, tmp_path: Path) -> None:
    revs = {project.base: "v1.0.0"}
    revs |= {commit: f"v1.{it}.0" for it, commit in enumerate(project.commits.values(), 1)}
    printed = project.dvc("plots", "diff", "--json", "-o", str(tmp_path / "out"), *revs)
    mine = mreg.Registry.open(project.path).plots(*(f"churn@{it}" for it in revs.values()))
    check(mine, of_dvc(printed), revs)
    loss = next(it for it in mine.plots if it.id == "loss")
    assert (loss.title, loss.x_label, loss.y_label) == (
        "Loss of training and validation",
        "epoch",
        "loss",
    )


def test_show_of_the_work_tree_that_is_a_version(project: Experiments, tmp_path: Path) -> None:
    printed = project.dvc("plots", "show", "--json", "-o", str(tmp_path / "out"))
    mine = mreg.Registry.open(project.path).plots("churn@v1.0.0")
    check(mine, of_dvc(printed), {"workspace": "v1.0.0"})


def test_without_dvc_s_cache_what_git_has_is_drawn(project: Experiments, tmp_path: Path) -> None:
    run(tmp_path, "clone", "-q", str(project.path), "clone")
    found = mreg.Registry.open(tmp_path / "clone").plots("churn@v1.0.0")
    assert [it.id for it in found.plots] == ["roc of the test set", "predicted.csv", "roc.json"]
    assert {it.code for it in found.problems} == {"MR029"}
    assert any("dvc fetch" in it.message for it in found.problems)
