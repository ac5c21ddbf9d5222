"""Experiments of the real DVC: the numbers are those of `dvc exp show`."""

from __future__ import annotations

import json
from typing import Any

import pytest

from experiments import EXPERIMENTS, Experiments, copied
from mreg import Registry

pytestmark = pytest.mark.integration


def of_dvc(project: Experiments) -> dict[str, dict[str, Any]]:
    """Return the metrics and params of each experiment, as DVC prints them."""
    branches = json.loads(project.dvc("exp", "show", "--json"))
    [base] = [it for it in branches if it["rev"] == project.base]
    shown = [it["revs"][0] for it in base["experiments"]]
    return {
        it["name"]: {
            kind: {
                key: value
                for file in it["data"][kind].values()
                for key, value in file["data"].items()
            }
            for kind in ("metrics", "params")
        }
        for it in shown
    }


def flat(values: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in values.items():
        inner = flat(value) if isinstance(value, dict) else {"": value}
        found |= {f"{key}.{name}".rstrip("."): it for name, it in inner.items()}
    return found


def test_the_numbers_are_those_of_dvc(experiments: Experiments) -> None:
    found = Registry.open(experiments.path).candidates("churn")
    assert {it.place.name: it.commit for it in found.candidates} == experiments.commits
    said = of_dvc(experiments)
    assert said.keys() == EXPERIMENTS.keys()
    registry = Registry.open(experiments.path)
    for it in found.candidates:
        shown = said[it.place.name]
        assert {one.name: one.after for one in it.metrics} == flat(shown["metrics"])
        assert registry.annotation("churn", rev=it.commit).params == shown["params"]
        changed = {one.name: float(one.after) for one in it.params}
        assert changed == EXPERIMENTS[it.place.name]
        assert it.differs == ("model", "metrics", "params")
        assert it.content is not None
        assert it.content.place == "dvc"


def test_an_experiment_that_became_a_branch_is_the_same_candidate(
    experiments: Experiments, tmp_path: Any
) -> None:
    project = copied(experiments, tmp_path)
    project.dvc("exp", "branch", "bold", "bolder")
    found = Registry.open(project.path).candidates("churn").candidates
    [it] = [one for one in found if one.commit == project.commits["bold"]]
    assert [one.name for one in it.places] == ["bolder", "bold"]
    Registry.open(project.path).register("churn", it.commit)
    found = Registry.open(project.path).candidates("churn").candidates
    assert {one.place.name for one in found} == {"quick", "patient"}
